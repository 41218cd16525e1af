//! What the version is, where it stands in its life, and how callers say who they are.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Stage, VersionFacts};

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Stage::Preview => "preview",
            Stage::Active => "active",
            Stage::Deprecated => "deprecated",
            Stage::Retired => "retired",
        }
    }
}

pub(super) fn info(facts: &VersionFacts<'_>) -> Value {
    let life = lifecycle(facts);
    let description = facts.description.map_or_else(|| life.clone(), |said| format!("{}\n\n{life}", said.trim()));
    json!({
        "title": facts.title,
        "version": facts.version,
        "description": description,
        "x-lifecycle": calendar(facts),
    })
}

/// The life in words.
fn lifecycle(facts: &VersionFacts<'_>) -> String {
    let life = &facts.life;
    let mut words = match life.stage {
        Stage::Preview => "This version is a preview: it may still change.".to_owned(),
        Stage::Active => "This version is active: changes only ever add to it.".to_owned(),
        Stage::Deprecated => "This version is deprecated: it still works and will end.".to_owned(),
        Stage::Retired => "This version is retired: every call is answered with 410.".to_owned(),
    };
    if let Some(since) = life.deprecated_on {
        words += &format!(" Deprecated from {}.", day(since));
    }
    if let Some(sunset) = life.sunset_on {
        words += &format!(" Gone from {}.", day(sunset));
    }
    if let Some(successor) = life.successor {
        words += &format!(" Use `/{}/{successor}` instead.", facts.api);
    }
    words
}

/// The life for programs: OpenAPI has no words of its own for it.
fn calendar(facts: &VersionFacts<'_>) -> Value {
    let life = &facts.life;
    let mut calendar = Map::new();
    calendar.insert("state".to_owned(), life.stage.as_str().into());
    let dates = [("deprecatedOn", life.deprecated_on), ("sunsetOn", life.sunset_on)];
    for (name, date) in dates {
        if let Some(date) = date {
            calendar.insert(name.to_owned(), day(date).into());
        }
    }
    if let Some(successor) = life.successor {
        calendar.insert("successor".to_owned(), successor.into());
    }
    calendar.into()
}

fn day(date: DateTime<Utc>) -> String {
    date.format("%Y-%m-%d").to_string()
}

pub(super) fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of an issuer that the tenant trusts."
        },
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "A key that the operator gave to the application."
        }
    })
}

/// One of the two, never both. The scopes are what the application must hold, whichever way it says who it is.
pub(super) fn security(scopes: &[&str]) -> Value {
    json!([{ "bearer": scopes }, { "apiKey": scopes }])
}
