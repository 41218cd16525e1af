//! The life of a version: it goes on in one direction, and ends no earlier than was announced.

use chrono::NaiveDate;
use serde_json::Value;

use super::super::verdict::{Finding, Verdict};

/// A version's stages, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Preview,
    Active,
    Deprecated,
    Retired,
}

impl Stage {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "preview" => Stage::Preview,
            "active" => Stage::Active,
            "deprecated" => Stage::Deprecated,
            "retired" => Stage::Retired,
            _ => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Stage::Preview => "preview",
            Stage::Active => "active",
            Stage::Deprecated => "deprecated",
            Stage::Retired => "retired",
        }
    }
}

/// What a document says of its life, in `info.x-lifecycle`.
pub(super) struct Life {
    pub(super) stage: Option<Stage>,
    sunset: Option<NaiveDate>,
    deprecated: Option<String>,
    successor: Option<String>,
}

impl Life {
    pub(super) fn of(document: &Value) -> Self {
        let calendar = &document["info"]["x-lifecycle"];
        Life {
            stage: calendar["state"].as_str().and_then(Stage::parse),
            deprecated: calendar["deprecatedOn"].as_str().map(str::to_owned),
            successor: calendar["successor"].as_str().map(str::to_owned),
            sunset: calendar["sunsetOn"].as_str().and_then(|day| day.parse().ok()),
        }
    }
}

pub(super) fn compare(before: &Life, now: &Life, today: NaiveDate) -> Vec<Finding> {
    let stages = match (before.stage, now.stage) {
        (Some(was), Some(is)) if was != is => Some(moved(was, is, before, today)),
        (Some(was), None) => Some((Verdict::Dangerous, format!("was {} and no longer says what it is", was.as_str()))),
        _ => None,
    };
    let retired = now.stage == Some(Stage::Retired);
    let sunsets = if retired { None } else { sunset(before.sunset, now.sunset, today) };
    let finding = |(verdict, says): (Verdict, String)| Finding::new(verdict, "lifecycle", says);
    let same_stage = stages.is_none();
    let told = [
        told("the day of deprecation", before.deprecated.as_deref(), now.deprecated.as_deref()),
        told("the successor", before.successor.as_deref(), now.successor.as_deref()),
    ];
    stages.into_iter().chain(sunsets).chain(told.into_iter().flatten().filter(|_| same_stage)).map(finding).collect()
}

/// What callers are told and nothing depends on.
fn told(what: &str, before: Option<&str>, now: Option<&str>) -> Option<(Verdict, String)> {
    let words = |value: Option<&str>| value.unwrap_or("not told").to_owned();
    (before != now).then(|| (Verdict::Safe, format!("{what} was {} and is {}", words(before), words(now))))
}

fn moved(was: Stage, is: Stage, before: &Life, today: NaiveDate) -> (Verdict, String) {
    let says = format!("was {} and is {}", was.as_str(), is.as_str());
    match (was, is) {
        (Stage::Preview, Stage::Retired) => (Verdict::Dangerous, says),
        (_, Stage::Retired) => match before.sunset {
            Some(sunset) if sunset <= today => (Verdict::Safe, format!("{says}, after its sunset on {sunset}")),
            Some(sunset) => (Verdict::Breaking, format!("{says} before its sunset on {sunset}")),
            None => (Verdict::Breaking, format!("{says} without a sunset that was published")),
        },
        (_, Stage::Deprecated) => (Verdict::Dangerous, format!("{says}: its callers have to leave")),
        (Stage::Deprecated, Stage::Active) => {
            (Verdict::Dangerous, format!("{says} again: its callers were told to leave"))
        }
        _ if is < was => (Verdict::Breaking, format!("{says}: a version's life does not go backwards")),
        _ => (Verdict::Safe, says),
    }
}

fn sunset(before: Option<NaiveDate>, now: Option<NaiveDate>, today: NaiveDate) -> Option<(Verdict, String)> {
    Some(match (before, now) {
        (Some(was), Some(is)) if is < was => {
            (Verdict::Breaking, format!("the sunset is on {is}, earlier than the published {was}"))
        }
        (Some(was), Some(is)) if is > was => {
            (Verdict::Safe, format!("the sunset is on {is}, later than the published {was}"))
        }
        (Some(was), None) => (Verdict::Safe, format!("the sunset on {was} is taken back")),
        (None, Some(is)) if is <= today => {
            (Verdict::Breaking, format!("the sunset is on {is}, and nobody was told before"))
        }
        (None, Some(is)) => (Verdict::Dangerous, format!("the sunset is on {is}")),
        _ => return None,
    })
}
