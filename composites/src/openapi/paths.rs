//! All paths of a version, in their order, under names that stand once.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Map, Value, json};

use super::{Endpoint, Route, VersionFacts, published, routes};

/// What stands for `/**`, which OpenAPI cannot say.
const TAIL: &str = "path";

/// The paths, and the tags that group their operations.
pub(super) fn paths(facts: &VersionFacts<'_>, endpoints: &[Endpoint<'_>], proxied: &[Route<'_>]) -> (Value, Value) {
    let mut table = Table::default();
    let mut endpoints: Vec<&Endpoint<'_>> = endpoints.iter().collect();
    endpoints.sort_by_key(|endpoint| (endpoint.path, endpoint.method.as_str()));
    for endpoint in &endpoints {
        let shown = table.spelling(endpoint.path);
        let id = table.identify(endpoint.operation.document().name(), &endpoint.method, &shown);
        let names: BTreeMap<&str, &str> = parameters(&shown).zip(parameters(endpoint.path)).collect();
        let operation = published::operation(facts, endpoint, &id, &names);
        table.put(&shown, &endpoint.method, operation);
    }
    let mut proxied: Vec<&Route<'_>> = proxied.iter().collect();
    proxied.sort_by_key(|route| route.path);
    for route in &proxied {
        let (path, tail) = without_tail(route.path);
        let shown = table.spelling(&path);
        let tail = if tail { parameters(&shown).last() } else { None };
        for method in route.methods {
            let id = table.identify(None, method, &shown);
            let operation = routes::operation(facts, route, method, &shown, tail, &id);
            table.put(&shown, method, operation);
        }
    }
    let tagged = endpoints.iter().map(|endpoint| endpoint.path).chain(proxied.iter().map(|route| route.path));
    let tags: BTreeSet<String> = tagged.map(|path| tag(facts, path)).collect();
    let tags = tags.into_iter().map(|name| json!({ "name": name })).collect();
    (table.written(), tags)
}

/// Operations that are about the same things stand together: by the path's first word.
pub(super) fn tag(facts: &VersionFacts<'_>, path: &str) -> String {
    let first = path.split('/').find(|segment| !segment.is_empty());
    first.filter(|segment| !segment.starts_with(['{', '*'])).unwrap_or(facts.api).to_owned()
}

/// The names of a path's parameters.
pub(super) fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// `PartnerOrder` → `Partner order`.
pub(super) fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter == '_' || (letter.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(' ');
        }
        let starts_word = letter.is_ascii_uppercase() && before.is_ascii_lowercase();
        if letter != '_' {
            words.push(if starts_word { letter.to_ascii_lowercase() } else { letter });
        }
        before = letter;
    }
    words.trim().to_owned()
}

fn without_tail(path: &str) -> (String, bool) {
    let Some(front) = path.strip_suffix("/**") else { return (path.to_owned(), false) };
    let taken = parameters(front).any(|name| name == TAIL);
    (format!("{front}/{{{TAIL}{}}}", if taken { "_below" } else { "" }), true)
}

/// What is written already.
#[derive(Default)]
struct Table {
    items: BTreeMap<String, BTreeMap<usize, (&'static str, Value)>>,
    /// A path without the names of its parameters → the path as it is spelled first: OpenAPI takes each once.
    spelled: BTreeMap<String, String>,
    ids: BTreeSet<String>,
}

impl Table {
    fn spelling(&mut self, path: &str) -> String {
        let shape = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        let shape = shape.collect::<Vec<_>>().join("/");
        self.spelled.entry(shape).or_insert_with(|| path.to_owned()).clone()
    }

    /// The document's name; where it has none, or one that is taken, one made of method and path.
    fn identify(&mut self, name: Option<&str>, method: &Method, path: &str) -> String {
        let own = name.map(str::to_owned).into_iter();
        let made = made_of(method, path);
        let numbered = (2_u32..).map(|number| format!("{made}{number}"));
        let mut candidates = own.chain([made.clone()]).chain(numbered);
        candidates.find(|candidate| self.ids.insert(candidate.clone())).unwrap_or(made)
    }

    /// The first of two on the same path and method stands: documents go before routes, here as in the gateway.
    fn put(&mut self, path: &str, method: &Method, operation: Value) {
        const METHODS: [(&str, &str); 6] = [
            ("GET", "get"),
            ("HEAD", "head"),
            ("POST", "post"),
            ("PUT", "put"),
            ("PATCH", "patch"),
            ("DELETE", "delete"),
        ];
        let Some(at) = METHODS.iter().position(|(name, _)| *name == method.as_str()) else { return };
        let item = self.items.entry(path.to_owned()).or_default();
        item.entry(at).or_insert((METHODS[at].1, operation));
    }

    fn written(self) -> Value {
        let item = |(path, methods): (String, BTreeMap<usize, (&'static str, Value)>)| {
            let methods = methods.into_values().map(|(name, operation)| (name.to_owned(), operation));
            (path, Value::Object(methods.collect()))
        };
        Value::Object(self.items.into_iter().map(item).collect::<Map<_, _>>())
    }
}

/// `GET /orders/{number}` → `getOrdersByNumber`.
fn made_of(method: &Method, path: &str) -> String {
    let mut name = method.as_str().to_ascii_lowercase();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let (front, word) = match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(parameter) => ("By", parameter),
            None => ("", segment),
        };
        name.push_str(front);
        for part in word.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
            let (first, rest) = part.split_at(1);
            name.push_str(&first.to_ascii_uppercase());
            name.push_str(rest);
        }
    }
    name
}
