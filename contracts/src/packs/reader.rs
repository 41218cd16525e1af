//! Walks a document and keeps every mistake, each with its line and the nearest right word.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;

use super::document::{Entry, Kind, Node};
use super::path::Path;
use super::template::{Hole, Json, Part, Template};
use super::{Mistake, Setting};

/// The walk: what was wrong so far, and what settings stand for.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) mistakes: Vec<Mistake>,
    pub(super) settings: IndexMap<String, Setting>,
    /// What the binding gave; absent while only the pack itself is checked.
    pub(super) given: Option<BTreeMap<String, String>>,
    /// Whether what a row leaves out is null.
    pub(super) absent_is_null: bool,
    /// Which members each place may have, for the test that the schema says the same.
    #[cfg(test)]
    pub(super) allowed: BTreeMap<String, std::collections::BTreeSet<String>>,
}

/// A map that is being read: its members by name, and where it stands.
#[derive(Debug)]
pub(super) struct Section<'n> {
    pub(super) at: String,
    pub(super) line: u64,
    entries: &'n [Entry],
}

impl<'n> Section<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub(super) fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    pub(super) fn at(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }
}

impl Reader {
    pub(super) fn mistake(&mut self, line: u64, at: &str, says: impl Into<String>) {
        self.mistakes.push(Mistake { line, at: at.to_owned(), says: says.into() });
    }

    /// A map with any keys.
    pub(super) fn map<'n>(&mut self, node: &'n Node, at: &str) -> Option<Section<'n>> {
        if let Kind::Map(entries) = &node.kind {
            return Some(Section { at: at.to_owned(), line: node.line, entries });
        }
        self.mistake(node.line, at, format!("expected a map, found {}", node.is()));
        None
    }

    /// A map with only these keys.
    pub(super) fn section<'n>(&mut self, node: &'n Node, at: &str, allowed: &[&str]) -> Option<Section<'n>> {
        let section = self.map(node, at)?;
        #[cfg(test)]
        self.allowed.insert(at.to_owned(), allowed.iter().map(|name| (*name).to_owned()).collect());
        for entry in section.entries {
            if !allowed.contains(&entry.key.as_str()) {
                let says = format!("`{}` is not known here{}", entry.key, did_you_mean(&entry.key, allowed));
                self.mistake(entry.line, &section.at(&entry.key), says);
            }
        }
        Some(section)
    }

    /// A scalar's text, as it is written.
    pub(super) fn raw(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        let node = section.get(key)?;
        self.raw_text(node, &section.at(key))
    }

    pub(super) fn raw_text(&mut self, node: &Node, at: &str) -> Option<String> {
        let text = node.scalar();
        if text.is_none() {
            self.mistake(node.line, at, format!("expected text, found {}{}", node.is(), quotes(node)));
        }
        text
    }

    /// The same, where it must be there.
    pub(super) fn required(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        if section.get(key).is_none() {
            self.mistake(section.line, &section.at, format!("`{key}` is missing"));
        }
        self.raw(section, key)
    }

    pub(super) fn number(&mut self, section: &Section<'_>, key: &str) -> Option<u32> {
        let node = section.get(key)?;
        let number = if let Kind::Int(value) = node.kind { u32::try_from(value).ok() } else { None };
        if number.is_none() {
            self.mistake(node.line, &section.at(key), "expected a whole number, 0 or more");
        }
        number
    }

    pub(super) fn flag(&mut self, section: &Section<'_>, key: &str) -> bool {
        match section.get(key).map(|node| (node.line, &node.kind)) {
            None => false,
            Some((_, Kind::Bool(value))) => *value,
            Some((line, _)) => {
                self.mistake(line, &section.at(key), "expected true or false");
                false
            }
        }
    }

    /// `30s`, `5m`, `2h`, `500ms`.
    pub(super) fn duration(&mut self, section: &Section<'_>, key: &str) -> Option<Duration> {
        let text = self.raw(section, key)?;
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (amount, unit) = text.split_at(digits);
        let scale = match unit.trim() {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let millis = scale.and_then(|scale: u64| amount.parse::<u64>().ok()?.checked_mul(scale));
        if millis.is_none() {
            let line = section.get(key).map_or(section.line, |node| node.line);
            self.mistake(line, &section.at(key), format!("`{text}` is not a duration; write `30s`, `5m` or `2h`"));
        }
        millis.map(Duration::from_millis)
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&mut self, section: &Section<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.raw(section, key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let line = section.get(key).map_or(section.line, |node| node.line);
            let says = format!("`{text}` is none of {}{}", known.join(", "), did_you_mean(&text, &known));
            self.mistake(line, &section.at(key), says);
        }
        found
    }

    /// A scalar or a list of scalars.
    pub(super) fn texts(&mut self, section: &Section<'_>, key: &str) -> Vec<String> {
        section.get(key).map(|node| self.texts_of(node, &section.at(key))).unwrap_or_default()
    }

    pub(super) fn texts_of(&mut self, node: &Node, at: &str) -> Vec<String> {
        match &node.kind {
            Kind::List(items) => items.iter().filter_map(|item| self.raw_text(item, at)).collect(),
            _ => self.raw_text(node, at).into_iter().collect(),
        }
    }

    /// Puts settings in. `None` where one of them is optional and was not given.
    pub(super) fn literal(&mut self, text: &str, line: u64, at: &str) -> Option<String> {
        let mut whole = String::new();
        for part in self.parts(text, line, at, &[])? {
            if let Part::Text(text) = part {
                whole.push_str(&text);
            }
        }
        Some(whole)
    }

    /// The same for what becomes part of a name: only letters, digits and a few signs may come from settings.
    pub(super) fn name(&mut self, text: &str, line: u64, at: &str) -> Option<String> {
        let filled = self.literal(text, line, at)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.:@$#-[]=?^\"/".contains(c);
        if text != filled && !filled.chars().all(plain) {
            self.mistake(line, at, format!("`{filled}` holds signs that a name cannot have"));
            return None;
        }
        Some(filled)
    }

    /// A part of a query in the query language itself: what settings put into it are names and numbers, nothing more.
    pub(super) fn fragment(&mut self, text: &str, line: u64, at: &str) -> Option<String> {
        let filled = self.literal(text, line, at)?;
        for name in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
            let value = self.setting(name, line, at, &[])?;
            if !value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.mistake(line, at, format!("`{value}` holds signs that a name cannot have"));
                return None;
            }
        }
        Some(filled)
    }

    pub(super) fn path(&mut self, node: &Node, at: &str) -> Option<Path> {
        if matches!(node.kind, Kind::Bool(_)) {
            self.mistake(node.line, at, "YAML reads this as true or false; a member of that name is written in quotes");
            return None;
        }
        let text = self.raw_text(node, at)?;
        let text = self.name(&text, node.line, at)?;
        match Path::parse(&text) {
            Ok(path) => Some(Path { optional: path.optional || self.absent_is_null, ..path }),
            Err(says) => {
                self.mistake(node.line, at, says);
                None
            }
        }
    }

    pub(super) fn path_at(&mut self, section: &Section<'_>, key: &str) -> Option<Path> {
        let node = section.get(key)?;
        self.path(node, &section.at(key))
    }

    /// A text in which these holes may occur.
    pub(super) fn template(&mut self, text: &str, line: u64, at: &str, holes: &[Hole]) -> Option<Template> {
        self.parts(text, line, at, holes).map(|parts| Template { parts })
    }

    fn parts(&mut self, text: &str, line: u64, at: &str, holes: &[Hole]) -> Option<Vec<Part>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        let mut given = true;
        while let Some((before, after)) = rest.split_once('{') {
            push_text(&mut parts, before);
            let Some((name, after)) = after.split_once('}') else {
                self.mistake(line, at, "a `{` is not closed");
                return None;
            };
            rest = after;
            match Hole::named(name).filter(|hole| holes.contains(hole)) {
                Some(hole) => parts.push(Part::Hole(hole)),
                None => match self.setting(name, line, at, holes) {
                    Some(value) => push_text(&mut parts, &value),
                    None => given = false,
                },
            }
        }
        push_text(&mut parts, rest);
        given.then_some(parts)
    }

    /// What a setting stands for.
    fn setting(&mut self, name: &str, line: u64, at: &str, holes: &[Hole]) -> Option<String> {
        let Some(setting) = self.settings.get(name) else {
            let names = Hole::ALL.iter().filter(|(_, hole)| holes.contains(hole)).map(|(name, _)| *name);
            let known: Vec<&str> = names.chain(self.settings.keys().map(String::as_str)).collect();
            let says = format!("there is no setting `{name}`{}", did_you_mean(name, &known));
            self.mistake(line, at, says);
            return None;
        };
        match &self.given {
            Some(given) => given.get(name).cloned().or_else(|| setting.default.clone()),
            None => Some(setting.default.clone().unwrap_or_else(|| name.to_owned())),
        }
    }

    /// Whether a text is nothing but a setting that is a number.
    fn is_number(&self, text: &str) -> bool {
        let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        name.and_then(|name| self.settings.get(name)).is_some_and(|setting| setting.number)
    }

    /// JSON in which these holes may occur.
    pub(super) fn json(&mut self, node: &Node, at: &str, holes: &[Hole]) -> Option<Json> {
        Some(match &node.kind {
            Kind::Null => Json::Scalar(serde_json::Value::Null),
            Kind::Bool(value) => Json::Scalar((*value).into()),
            Kind::Int(value) => Json::Scalar((*value).into()),
            Kind::Float => {
                self.mistake(node.line, at, format!("expected JSON, found {}{}", node.is(), quotes(node)));
                return None;
            }
            Kind::Text(text) if self.is_number(text) => {
                // While only the pack is checked, the name stands for the number.
                let digits = self.literal(text, node.line, at)?;
                Json::Scalar(digits.parse::<u32>().unwrap_or_default().into())
            }
            Kind::Text(text) => Json::Text(self.template(text, node.line, at, holes)?),
            Kind::List(items) => Json::List(items.iter().filter_map(|item| self.json(item, at, holes)).collect()),
            Kind::Map(entries) => match entries.as_slice() {
                [only] if only.key == "$each" => Json::EachKey(Box::new(self.json(&only.value, at, holes)?)),
                entries => {
                    let read = |entry: &Entry| Some((entry.key.clone(), self.json(&entry.value, at, holes)?));
                    Json::Object(entries.iter().filter_map(read).collect())
                }
            },
        })
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

fn quotes(node: &Node) -> &'static str {
    if matches!(node.kind, Kind::Float) { "; write it in quotes" } else { "" }
}

/// `; did you mean …?` where one of the words is near.
pub(super) fn did_you_mean(given: &str, known: &[&str]) -> String {
    let lower = given.to_ascii_lowercase();
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(&lower, &word.to_ascii_lowercase()), word));
    match near.min_by_key(|(distance, _)| *distance) {
        Some((distance, word)) if distance <= (given.len() / 3).max(2) => format!("; did you mean `{word}`?"),
        _ => String::new(),
    }
}
