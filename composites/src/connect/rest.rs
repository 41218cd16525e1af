//! Requests as templates: what a REST pack says, with keys, fields and limits filled in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use portico_contracts::packs::{Escape, Hole, Json, KeyClass, Part, Path, QueryValue, RequestTemplate, Step, Template};
use serde_json::Value;

use super::driver::Query;
use super::keys::encode;

/// Target and body of a request.
pub(super) fn request(query: &Query<'_>, template: &RequestTemplate) -> (String, Option<Bytes>) {
    let fill = Fill { query, template };
    let mut pairs: Vec<String> = query.pack.parameters.iter().map(|(k, v)| pair(k, v)).collect();
    for (name, value) in &template.query {
        match value {
            QueryValue::Text(text) if text.only() == Some(Hole::Fields) => {
                pairs.extend(query.select.iter().map(|field| pair(name, field)));
            }
            QueryValue::Text(text) => pairs.extend(fill.text(text).map(|value| pair(name, &value))),
            QueryValue::Base64(json) => {
                let json = fill.json(json, None).to_string();
                pairs.push(pair(name, &URL_SAFE.encode(json)));
            }
        }
    }
    let mut target = fill.path(&template.path);
    if !pairs.is_empty() {
        target.push('?');
        target.push_str(&pairs.join("&"));
    }
    let body = template.body.as_ref().map(|body| Bytes::from(fill.json(body, None).to_string()));
    (target, body)
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encode(name), encode(value))
}

/// The members that a look-up reads, from the outermost list on, as dotted paths.
pub(super) fn select<'p>(rows: &Path, paths: impl Iterator<Item = &'p Path>) -> Vec<String> {
    let mut levels: Vec<Vec<&str>> = Vec::new();
    let mut prefix: Vec<&str> = Vec::new();
    for step in &rows.steps {
        match step {
            // What leads to the outermost list is the envelope, not a member of its rows.
            Step::Each if levels.is_empty() => {
                prefix.clear();
                levels.push(Vec::new());
            }
            Step::Each => levels.push(prefix.clone()),
            Step::Member(name) => prefix.push(name),
            Step::Index(_) | Step::Having(..) => {}
        }
    }
    if levels.is_empty() {
        levels.push(Vec::new());
    }
    let mut select: Vec<String> = Vec::new();
    for path in paths {
        let Some(level) = levels.len().checked_sub(path.up + 1) else { continue };
        let mut whole = levels[level].clone();
        for step in &path.steps {
            match step {
                Step::Member(name) => whole.push(name),
                // What an element is chosen by must be there to choose by.
                Step::Having(name, _) => add(&mut select, &[&whole[..], &[name]].concat()),
                Step::Each | Step::Index(_) => {}
            }
        }
        add(&mut select, &whole);
    }
    select
}

fn add(select: &mut Vec<String>, members: &[&str]) {
    let whole = members.join(".");
    if !whole.is_empty() && !select.contains(&whole) {
        select.push(whole);
    }
}

struct Fill<'f> {
    query: &'f Query<'f>,
    template: &'f RequestTemplate,
}

impl Fill<'_> {
    /// The path: each hole stays inside its segment.
    fn path(&self, template: &Template) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Hole(hole) => encode(&self.hole(*hole).unwrap_or_default()),
        };
        template.parts.iter().map(part).collect()
    }

    /// A text; `None` where it is a hole that has nothing to hold.
    fn text(&self, template: &Template) -> Option<String> {
        let mut whole = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Hole(hole) => match self.hole(*hole) {
                    Some(value) => whole.push_str(&value),
                    None if template.parts.len() == 1 => return None,
                    None => {}
                },
            }
        }
        Some(whole)
    }

    fn hole(&self, hole: Hole) -> Option<String> {
        let query = self.query;
        match hole {
            Hole::Keys => {
                Some(query.keys.iter().map(|key| self.each(key)).collect::<Vec<_>>().join(&self.template.join))
            }
            Hole::Key => query.keys.first().map(|key| escape(key, self.template.escape)),
            Hole::Fields => Some(query.select.join(",")),
            Hole::Limit => Some(self.limit().to_string()),
            Hole::Offset => (query.pushed.skip > 0).then(|| query.pushed.skip.to_string()),
            Hole::Open => query.open_fragment().map(str::to_owned),
            Hole::Statuses => self.statuses(),
            Hole::Shape => None,
            Hole::Marks => Some(vec!["?"; query.keys.len()].join(",")),
        }
    }

    fn limit(&self) -> u32 {
        self.query.pushed.top.unwrap_or(self.query.paging.size)
    }

    fn statuses(&self) -> Option<String> {
        let filter = self.query.mapping.statuses.as_ref()?;
        if self.query.pushed.statuses.is_empty() {
            return None;
        }
        let words = self.query.pushed.statuses.iter().map(|word| filter.each.replace("{status}", word));
        Some(words.collect::<Vec<_>>().join(&filter.join))
    }

    fn each(&self, key: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Hole(_) => escape(key, self.template.escape),
        };
        self.template.each.parts.iter().map(part).collect()
    }

    fn json(&self, json: &Json, each: Option<&str>) -> Value {
        match json {
            Json::Scalar(value) => value.clone(),
            Json::List(items) => items.iter().map(|item| self.json(item, each)).collect(),
            Json::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.json(member, each))).collect()
            }
            Json::EachKey(item) => self.query.keys.iter().map(|key| self.json(item, Some(key))).collect(),
            Json::Text(text) => match (text.only(), each) {
                (Some(Hole::Keys), _) => self.query.keys.iter().map(|key| self.key(key)).collect(),
                (Some(Hole::Key), Some(key)) => self.key(key),
                (Some(Hole::Key), None) => self.query.keys.first().map_or(Value::Null, |key| self.key(key)),
                (Some(Hole::Fields), _) => self.query.select.iter().map(|field| Value::from(field.as_str())).collect(),
                (Some(Hole::Limit), _) => self.limit().into(),
                (Some(Hole::Offset), _) => self.query.pushed.skip.into(),
                _ => self.text(text).map_or(Value::Null, Value::from),
            },
        }
    }

    /// A key as JSON: its own quoting makes it safe.
    fn key(&self, key: &str) -> Value {
        let digits = self.query.look_up.keys.allow == KeyClass::Digits;
        let number = digits.then(|| key.parse::<u64>().ok()).flatten();
        number.map_or_else(|| Value::from(key), Value::from)
    }
}

fn escape(key: &str, escape: Escape) -> String {
    match escape {
        Escape::None => key.to_owned(),
        Escape::Backslash => {
            key.chars().flat_map(|c| matches!(c, '\\' | '\'' | '"').then_some('\\').into_iter().chain([c])).collect()
        }
        Escape::Json => {
            let quoted = Value::from(key).to_string();
            quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An independent reading of `'…'` with backslashes.
    fn read(literal: &str) -> Option<String> {
        let mut inside = literal.strip_prefix('\'')?.chars();
        let mut value = String::new();
        loop {
            match inside.next()? {
                '\'' => return inside.next().is_none().then_some(value),
                '\\' => value.push(inside.next()?),
                other => value.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn a_key_stays_inside_its_quotes(key in "\\PC*|['\\\\ OR:]*") {
            let quoted = format!("'{}'", escape(&key, Escape::Backslash));
            prop_assert_eq!(read(&quoted), Some(key.clone()));
            let json: String = serde_json::from_str(&format!("\"{}\"", escape(&key, Escape::Json))).expect("JSON");
            prop_assert_eq!(json, key);
        }
    }

    #[test]
    fn members_of_inner_rows_are_asked_for_from_the_outermost_list_on() {
        let rows = Path::parse("[].shipments[]").expect("a path");
        let paths = ["number", "^.number", "carrier.name", "^.^.beyond", "parcels[lost=].weight"];
        let paths = paths.map(|path| Path::parse(path).expect("a path"));
        assert_eq!(
            select(&rows, paths.iter()),
            [
                "shipments.number",
                "number",
                "shipments.carrier.name",
                "shipments.parcels.lost",
                "shipments.parcels.weight"
            ]
        );
    }
}
