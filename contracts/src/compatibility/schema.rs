//! JSON Schemas compared, from where a value comes: what callers send may be taken more widely, what they get may be
//! said more narrowly, and never the other way round.
//!
//! Of JSON Schema it knows what our documents are made of. What it does not know it calls dangerous when it changes.

mod bounds;
mod shape;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::unseen;
use super::verdict::{Finding, Verdict};
use shape::Shape;

/// Who makes the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// The caller: a parameter, a body, a configuration file.
    Sent,
    /// We: an answer.
    Answered,
    /// We, to say no: callers decide by fewer of its values from release to release.
    Refused,
}

impl Made {
    pub(super) fn is_sent(self) -> bool {
        self == Made::Sent
    }
}

/// Two documents, and what is found in them.
pub(super) struct Comparison<'a> {
    before: &'a Value,
    now: &'a Value,
    made: Made,
    /// References that are being followed: schemas may contain themselves.
    open: BTreeSet<(String, String)>,
    found: Vec<Finding>,
}

/// Compares documents that are schemas themselves, of what callers send.
pub(super) fn whole(before: &Value, now: &Value) -> Vec<Finding> {
    let mut comparison = Comparison::new(before, now, Made::Sent);
    comparison.schemas(before, now, &At::default());
    unseen::added(comparison.found, before, now)
}

/// Where in a schema: the words, and the path of members that a caller would name.
#[derive(Debug, Clone, Default)]
pub(super) struct At {
    prefix: String,
    members: String,
}

impl At {
    /// Inside what has this name: `200`, `body`.
    pub(super) fn inside(prefix: &str) -> Self {
        At { prefix: prefix.to_owned(), members: String::new() }
    }

    fn member(&self, name: &str) -> Self {
        let dot = if self.members.is_empty() { "" } else { "." };
        At { prefix: self.prefix.clone(), members: format!("{}{dot}{name}", self.members) }
    }

    fn item(&self) -> Self {
        At { prefix: self.prefix.clone(), members: format!("{}[]", self.members) }
    }

    fn words(&self) -> String {
        let space = if self.prefix.is_empty() || self.members.is_empty() { "" } else { " " };
        format!("{}{space}{}", self.prefix, self.members)
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn new(before: &'a Value, now: &'a Value, made: Made) -> Self {
        Comparison { before, now, made, open: BTreeSet::new(), found: Vec::new() }
    }

    pub(super) fn found(self) -> Vec<Finding> {
        self.found
    }

    fn add(&mut self, verdict: Verdict, at: &At, says: impl Into<String>) {
        let members = at.members.replace("[]", "");
        // Of a shared schema it is not known under which member it stands.
        let used = Some(members).filter(|members| !members.is_empty() && !at.prefix.starts_with('#'));
        self.found.push(Finding::new(verdict, at.words(), says).used_by(used));
    }

    /// `wider` where more values are possible than before, else fewer are.
    fn changed(&mut self, wider: bool, at: &At, says: impl Into<String>) {
        let harmless = wider == self.made.is_sent();
        self.add(if harmless { Verdict::Safe } else { Verdict::Breaking }, at, says);
    }

    /// Compares two schemas, through their references.
    pub(super) fn schemas(&mut self, before: &'a Value, now: &'a Value, at: &At) {
        let (old, new) = (Shape::of(self.before, before), Shape::of(self.now, now));
        let (Some(old_name), Some(new_name)) = (old.name, new.name) else { return self.shapes(&old, &new, at) };
        let pair = (old_name.to_owned(), new_name.to_owned());
        if !self.open.insert(pair.clone()) {
            return;
        }
        if old_name == new_name {
            self.nullable(&old, &new, at);
            // What has a name is told under its name, once for all who use it.
            self.choices_of(&old, &new, &At::inside(&format!("#{old_name}")));
        } else {
            self.shapes(&old, &new, at);
            self.open.remove(&pair);
        }
    }

    fn shapes(&mut self, old: &Shape<'a>, new: &Shape<'a>, at: &At) {
        self.nullable(old, new, at);
        self.choices_of(old, new, at);
    }

    fn nullable(&mut self, old: &Shape<'a>, new: &Shape<'a>, at: &At) {
        if old.nullable != new.nullable {
            let says = if new.nullable { "may be null now" } else { "may no longer be null" };
            self.changed(new.nullable, at, says);
        }
    }

    /// `oneOf` and `anyOf`: a choice is the same where it has the same name.
    fn choices_of(&mut self, old: &Shape<'a>, new: &Shape<'a>, at: &At) {
        if old.is_choice && new.is_choice {
            // What stands beside the choices holds for each of them.
            self.plain(old.schema, new.schema, at);
        }
        match (old.choices.as_slice(), new.choices.as_slice()) {
            ([(_, one)], [(_, other)]) if !old.is_choice && !new.is_choice => return self.plain(one, other, at),
            ([(_, one)], [(_, other)]) => return self.plain_or_named(one, other, at),
            _ => {}
        }
        for (name, choice) in &old.choices {
            match new.choices.iter().find(|(other, _)| other == name) {
                Some((_, same)) => self.plain_or_named(choice, same, at),
                None => self.changed(false, at, format!("the choice `{name}` is no longer there")),
            }
        }
        for (name, _) in new.choices.iter().filter(|(name, _)| old.choices.iter().all(|(other, _)| other != name)) {
            self.changed(true, at, format!("the choice `{name}` is new"));
        }
    }

    fn plain_or_named(&mut self, old: &'a Value, new: &'a Value, at: &At) {
        if old.get("$ref").is_some() || new.get("$ref").is_some() {
            return self.schemas(old, new, at);
        }
        self.plain(old, new, at);
    }

    fn plain(&mut self, old: &'a Value, new: &'a Value, at: &At) {
        if !self.types(old, new, at) {
            return;
        }
        self.values(old, new, at);
        self.bounds(old, new, at);
        self.members(old, new, at);
        match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => self.schemas(old, new, &at.item()),
            (Some(_), None) => self.changed(true, at, "its items may be anything now"),
            (None, Some(_)) => self.changed(false, at, "its items may no longer be anything"),
            (None, None) => {}
        }
        self.parts(old, new, at);
        self.unknown(old, new, at);
        if self.made.is_sent() && old.get("default") != new.get("default") {
            let says = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"));
            let says = format!(
                "where it is left out, {} stands in instead of {}",
                says(new.get("default")),
                says(old.get("default"))
            );
            self.add(Verdict::Dangerous, at, says);
        }
    }

    /// Whether anything below is worth comparing.
    fn types(&mut self, old: &Value, new: &Value, at: &At) -> bool {
        let (old, new) = (shape::types(old), shape::types(new));
        if old == new {
            return true;
        }
        let (was, is) = (shape::type_words(&old), shape::type_words(&new));
        let says = format!("was {was} and is {is}");
        if shape::covers(&new, &old) {
            self.changed(true, at, says);
            return true;
        }
        if shape::covers(&old, &new) {
            self.changed(false, at, says);
            return true;
        }
        self.add(Verdict::Breaking, at, says);
        false
    }

    /// Enumerations. A value that never comes any more has been given another name, most likely.
    fn values(&mut self, old: &Value, new: &Value, at: &At) {
        let (old, new) = match (shape::values(old), shape::values(new)) {
            (None, None) => return,
            (Some(_), None) => {
                return self.changed(true, at, "may have any value now, not only those that were listed");
            }
            (None, Some(_)) => return self.changed(false, at, "has only the values of a list now"),
            (Some(old), Some(new)) => (old, new),
        };
        let gone = if self.made == Made::Refused { Verdict::Dangerous } else { Verdict::Breaking };
        for value in old.iter().filter(|value| !new.contains(value)) {
            self.add(gone, at, format!("the value `{value}` is no longer there"));
        }
        let more = if self.made.is_sent() { Verdict::Safe } else { Verdict::Dangerous };
        for value in new.iter().filter(|value| !old.contains(value)) {
            self.add(more, at, format!("the value `{value}` is new"));
        }
    }

    fn members(&mut self, old: &'a Value, new: &'a Value, at: &At) {
        let none = Map::new();
        let of = |schema: &'a Value| schema.get("properties").and_then(Value::as_object);
        let (before, now) = (of(old), of(new));
        let (needed, needs) = (shape::required(old), shape::required(new));
        for (name, schema) in before.into_iter().flatten() {
            let at = at.member(name);
            let Some(same) = now.and_then(|now| now.get(name)) else {
                let verdict = self.member_gone(new);
                self.add(verdict, &at, "is no longer there");
                continue;
            };
            match (needed.contains(name.as_str()), needs.contains(name.as_str())) {
                (true, false) => self.changed(true, &at, "may be missing now"),
                (false, true) if self.made.is_sent() => self.changed(false, &at, "is required now"),
                (false, true) => self.changed(false, &at, "is always there now"),
                _ => {}
            }
            self.schemas(schema, same, &at);
        }
        for name in now.unwrap_or(&none).keys().filter(|name| !before.is_some_and(|before| before.contains_key(*name)))
        {
            let must = self.made.is_sent() && needs.contains(name.as_str());
            let (verdict, says) =
                if must { (Verdict::Breaking, "is new and required") } else { (Verdict::Safe, "is new") };
            self.add(verdict, &at.member(name), says);
        }
        self.others(old, new, at);
    }

    /// A member that is sent though nobody reads it is ignored, where the object is not closed.
    fn member_gone(&self, new: &Value) -> Verdict {
        let open = new.get("additionalProperties") != Some(&Value::Bool(false));
        if self.made.is_sent() && open { Verdict::Dangerous } else { Verdict::Breaking }
    }

    /// Members that are not named.
    fn others(&mut self, old: &'a Value, new: &'a Value, at: &At) {
        let of = |schema: &'a Value| schema.get("additionalProperties");
        let closed = |schema: Option<&Value>| schema == Some(&Value::Bool(false));
        let (before, now) = (of(old), of(new));
        match (closed(before), closed(now)) {
            (false, true) if self.made.is_sent() => self.changed(false, at, "takes no other members any more"),
            (true, false) if self.made.is_sent() => self.changed(true, at, "takes other members now"),
            _ => {}
        }
        match (before.filter(|one| one.is_object()), now.filter(|one| one.is_object())) {
            (Some(before), Some(now)) => self.schemas(before, now, &at.member("*")),
            (Some(_), None) if !closed(now) => self.changed(true, at, "its other members may be anything now"),
            (None, Some(_)) if !closed(before) => {
                self.changed(false, at, "its other members may no longer be anything");
            }
            _ => {}
        }
    }

    /// What all hold together, one by one; and what members may be called.
    fn parts(&mut self, old: &'a Value, new: &'a Value, at: &At) {
        let all = |schema: &'a Value| schema.get("allOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (before, now) = (all(old), all(new));
        for (one, same) in before.iter().zip(now) {
            self.schemas(one, same, at);
        }
        match before.len().cmp(&now.len()) {
            Ordering::Less => self.changed(false, at, "has more conditions to meet"),
            Ordering::Greater => self.changed(true, at, "has fewer conditions to meet"),
            Ordering::Equal => {}
        }
        match (old.get("propertyNames"), new.get("propertyNames")) {
            (Some(old), Some(new)) => self.schemas(old, new, &at.member("(name)")),
            (Some(_), None) => self.changed(true, at, "its members may be called anything now"),
            (None, Some(_)) => self.changed(false, at, "its members may no longer be called anything"),
            (None, None) => {}
        }
    }

    /// Words of JSON Schema that are not compared here; annotations are no difference.
    fn unknown(&mut self, old: &'a Value, new: &'a Value, at: &At) {
        let words = |schema: &'a Value| schema.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
        let words: BTreeSet<&str> = words(old).chain(words(new)).filter(|word| !shape::is_known(word)).collect();
        for word in words.into_iter().filter(|word| old.get(word) != new.get(word)) {
            self.add(Verdict::Dangerous, at, format!("`{word}` is not what it was"));
        }
    }
}
