//! What a pack reads, held against what there is.

use std::collections::{BTreeMap, BTreeSet};

use portico_contracts::packs::{EntityMapping, Kind, Path};

use super::Findings;
use crate::connect::driver::Driver;

/// A field as a system describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldShape {
    /// What it holds; `None` where that is not said, or is not one of these.
    pub(super) holds: Option<Holds>,
    /// The system's own word for that.
    pub(super) called: String,
    /// The words that it may have; empty where that is not said.
    pub(super) words: Vec<String>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Number,
    Truth,
    Moment,
    /// Something that is no scalar.
    Structure,
}

/// What is there, where one path leads.
#[derive(Debug)]
pub(super) enum There {
    Field(FieldShape),
    /// Nothing, with the nearest that is there.
    Nothing(Option<String>),
}

/// One thing that a pack reads of an entity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'p> {
    /// For which field, or what else.
    pub(super) field: &'p str,
    pub(super) path: &'p Path,
    /// What it becomes; `None` where it only has to be there.
    pub(super) kind: Option<&'p Kind>,
    /// The only words that count.
    pub(super) only: Option<&'p [String]>,
}

/// Findings that are being collected.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The entities that are compared.
    entities: BTreeSet<&'static str>,
    findings: Findings,
    /// Each place once, however many fields read it.
    seen: BTreeMap<String, ()>,
}

impl Comparison {
    pub(super) fn of(entities: BTreeSet<&'static str>) -> Self {
        Comparison { entities, findings: Findings::default(), seen: BTreeMap::new() }
    }

    /// What is to be compared of a driver's pack, in the pack's order.
    pub(super) fn entities<'d>(&self, driver: &'d Driver) -> Vec<&'d EntityMapping> {
        driver.pack.entities.values().filter(|mapping| self.entities.contains(mapping.of.name)).collect()
    }

    pub(super) fn into_findings(self) -> Findings {
        self.findings
    }

    pub(super) fn compared(&mut self) {
        self.findings.compared += 1;
    }

    pub(super) fn note(&mut self, says: String) {
        if !self.findings.notes.contains(&says) {
            self.findings.notes.push(says);
        }
    }

    pub(super) fn difference(&mut self, says: String) {
        if self.seen.insert(says.clone(), ()).is_none() {
            self.findings.differences.push(says);
        }
    }

    /// One thing that is read, and what stands there.
    pub(super) fn hold(&mut self, entity: &str, of: &str, wanted: Wanted<'_>, there: &There) {
        let Wanted { field, path, kind, only } = wanted;
        match there {
            There::Nothing(_) if path.optional => {
                self.note(format!("{entity}.{field} reads `{path}`, which `{of}` does not have; the pack allows that"));
            }
            There::Nothing(near) => {
                let near = near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                self.difference(format!("{entity}.{field} reads `{path}`, which `{of}` does not have{near}"));
            }
            There::Field(shape) => {
                let Some(kind) = kind else { return };
                if let Some(holds) = shape.holds.filter(|holds| !fits(kind, *holds)) {
                    let (wants, is) = (wants(kind), called(holds, &shape.called));
                    self.difference(format!("{entity}.{field} wants {wants}, and `{path}` of `{of}` is {is}"));
                }
                self.words((entity, field), kind, only, shape);
            }
        }
    }

    /// Words that the pack does not know.
    fn words(&mut self, (entity, field): (&str, &str), kind: &Kind, only: Option<&[String]>, shape: &FieldShape) {
        let (known, fallback): (Vec<&str>, Option<String>) = match kind {
            Kind::Enum { of, map, otherwise } if map.is_empty() => {
                (of.values.keys().copied().collect(), otherwise.map(str::to_owned))
            }
            Kind::Enum { map, otherwise, .. } => {
                (map.keys().map(String::as_str).collect(), otherwise.map(str::to_owned))
            }
            Kind::Bool { map, otherwise } if !map.is_empty() => {
                (map.keys().map(String::as_str).collect(), otherwise.map(|word| word.to_string()))
            }
            _ => return,
        };
        let counts = |word: &&String| only.is_none_or(|only| only.iter().any(|one| one.eq_ignore_ascii_case(word)));
        let unknown = shape.words.iter().filter(counts).filter(|word| !known.contains(&word.as_str()));
        let unknown: Vec<String> = unknown.map(|word| format!("`{word}`")).collect();
        if unknown.is_empty() {
            return;
        }
        let words = unknown.join(", ");
        match fallback {
            Some(fallback) => self.note(format!("{entity}.{field} may be {words}, which the pack takes as {fallback}")),
            None => self.difference(format!("{entity}.{field} may be {words}, which the pack does not know")),
        }
    }
}

/// Everything that a pack reads of an entity's rows.
pub(super) fn wanted<'p>(driver: &'p Driver, mapping: &'p EntityMapping) -> Vec<Wanted<'p>> {
    let mut all = Vec::new();
    for (_, field, how) in &mapping.fields {
        // What is looked at beside the value itself (a condition) only has to be there.
        all.extend(how.reads().into_iter().map(|read| Wanted {
            field,
            path: read.path,
            kind: read.kind,
            only: read.only,
        }));
    }
    let conditions =
        mapping.filters.iter().map(|one| ("where", one)).chain(mapping.skip.iter().map(|one| ("skip_if", one)));
    all.extend(conditions.map(|(field, one)| Wanted { field, path: &one.path, kind: None, only: None }));
    for look_up in mapping.by.values() {
        if !look_up.path.steps.is_empty() {
            all.push(Wanted { field: look_up.by, path: &look_up.path, kind: None, only: None });
        }
    }
    let extensions = driver.extensions.get(mapping.of.name).map_or(&[][..], Vec::as_slice);
    all.extend(extensions.iter().map(|(name, path)| Wanted { field: name, path, kind: None, only: None }));
    all
}

/// The nearest of the known names.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let near = known.map(|word| (strsim::damerau_levenshtein(&lower, &word.to_ascii_lowercase()), word));
    let (distance, word) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (name.len() / 3).max(2)).then(|| word.to_owned())
}

/// Whether a value of this kind can be had from what the field holds.
fn fits(kind: &Kind, holds: Holds) -> bool {
    match (kind, holds) {
        (_, Holds::Structure) => false,
        (Kind::Text(_), holds) => holds != Holds::Truth,
        (Kind::Int(_) | Kind::Decimal | Kind::Money { .. }, holds) => matches!(holds, Holds::Number | Holds::Text),
        (Kind::Bool { map, .. }, Holds::Truth) => {
            map.is_empty() || map.contains_key("true") || map.contains_key("false")
        }
        (Kind::Bool { map, .. }, _) => !map.is_empty(),
        (Kind::Enum { map, .. }, Holds::Truth) => map.contains_key("true") || map.contains_key("false"),
        (Kind::Enum { .. }, holds) => holds != Holds::Moment,
        (Kind::Date(_) | Kind::DateTime(_), holds) => holds != Holds::Truth,
    }
}

fn wants(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "text",
        Kind::Int(_) => "a whole number",
        Kind::Decimal => "a number",
        Kind::Bool { .. } => "a truth value",
        Kind::Enum { .. } => "a word",
        Kind::Money { .. } => "an amount",
        Kind::Date(_) | Kind::DateTime(_) => "a day or a moment",
    }
}

fn called(holds: Holds, word: &str) -> String {
    let is = match holds {
        Holds::Text => "text",
        Holds::Number => "a number",
        Holds::Truth => "a truth value",
        Holds::Moment => "a day or a moment",
        Holds::Structure => "a structure",
    };
    if word.is_empty() { is.to_owned() } else { format!("{is} (`{word}`)") }
}
