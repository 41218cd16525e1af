//! Headers of answers, described once and named wherever they are sent.

use serde_json::{Map, Value, json};

use super::{Life, VersionFacts};

const EVERYWHERE: [&str; 3] = ["X-Request-Id", "RateLimit", "RateLimit-Policy"];
const LIFE: [&str; 3] = ["Deprecation", "Sunset", "Link"];

fn known() -> [(&'static str, Value, &'static str); 11] {
    let text = || json!({ "type": "string" });
    let number = || json!({ "type": "integer", "minimum": 0 });
    [
        ("X-Request-Id", text(), "Names the request; tell it when you report a fault."),
        ("RateLimit", text(), "What is left of each limit and when it is full again, for example `\"rate\";r=19;t=1`."),
        ("RateLimit-Policy", text(), "The limits, for example `\"rate\";q=20;w=1`: 20 requests in a second."),
        ("Retry-After", number(), "After how many seconds to come back."),
        ("WWW-Authenticate", text(), "How to say who you are, and what is wrong with how you did."),
        ("ETag", text(), "A weak validator of the answer."),
        ("Age", number(), "How many seconds old the oldest value of the answer is."),
        ("Cache-Status", text(), "Whether systems were asked for this answer (RFC 9211)."),
        ("Deprecation", text(), "Since when the version is deprecated (RFC 9745), for example `@1772323200`."),
        ("Sunset", text(), "From when the version is gone (RFC 8594), as an HTTP date."),
        ("Link", text(), "The successor (`successor-version`) and the page about the change."),
    ]
}

/// The headers' descriptions; those about the version's end only where it has one.
pub(super) fn components(facts: &VersionFacts<'_>) -> Value {
    let ending = facts.life.is_ending();
    let told = known().into_iter().filter(|(name, ..)| ending || !LIFE.contains(name));
    let component = |(name, schema, description): (&str, Value, &str)| {
        (name.to_owned(), json!({ "description": description, "schema": schema }))
    };
    told.map(component).collect::<Map<_, _>>().into()
}

/// References to the headers of every answer and to `more`.
pub(super) fn named(life: &Life<'_>, more: &[&str]) -> Value {
    let of_life: &[&str] = if life.is_ending() { &LIFE } else { &[] };
    let names = EVERYWHERE.iter().chain(more).chain(of_life);
    let reference = |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    names.map(reference).collect::<Map<_, _>>().into()
}
