//! Where a version stands in its life, and what follows it.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};

use super::files::Files;
use super::ledger::Ledger;
use crate::settings::mistake::suggestion;
use crate::settings::read::At;
use crate::settings::units::Day;
use crate::settings::written::{ApiFile, StateWord};
use crate::settings::{ApiName, Lifecycle, VersionName};

pub(super) fn check(
    api: &ApiName,
    version: &VersionName,
    written: &At<ApiFile>,
    files: &Files,
    ledger: &mut Ledger<'_>,
) -> Option<Lifecycle> {
    let successor = written.successor.as_ref().and_then(|named| successor(api, version, named, files, ledger));
    match written.state.value {
        StateWord::Preview | StateWord::Active => {
            refuse_end(written, ledger);
            let preview = written.state.value == StateWord::Preview;
            Some(if preview { Lifecycle::Preview } else { Lifecycle::Active })
        }
        StateWord::Retired => Some(Lifecycle::Retired { successor }),
        StateWord::Deprecated => {
            let Some(since) = &written.deprecated_on else {
                ledger.wrong(&written.state.place, "a deprecated version says since when: `deprecated_on`");
                return None;
            };
            if let Some(sunset) = written.sunset_on.as_ref().filter(|sunset| sunset.0 < since.0) {
                ledger.wrong(&sunset.place, format!("the sunset comes before {}, the day of deprecation", since.0));
            }
            Some(Lifecycle::Deprecated {
                since: midnight(since),
                sunset: written.sunset_on.as_ref().map(midnight),
                successor,
            })
        }
    }
}

fn midnight(day: &At<Day>) -> DateTime<Utc> {
    day.0.and_time(NaiveTime::MIN).and_utc()
}

/// Dates and successors are for versions that end.
fn refuse_end(written: &ApiFile, ledger: &mut Ledger<'_>) {
    let places = [
        written.deprecated_on.as_ref().map(|at| &at.place),
        written.sunset_on.as_ref().map(|at| &at.place),
        written.successor.as_ref().map(|at| &at.place),
    ];
    for place in places.into_iter().flatten() {
        ledger.wrong(place, "this is for versions that are `deprecated` or `retired`");
    }
}

fn successor(
    api: &ApiName,
    version: &VersionName,
    named: &At<String>,
    files: &Files,
    ledger: &mut Ledger<'_>,
) -> Option<VersionName> {
    if named.value == version.as_str() {
        ledger.wrong(&named.place, "a version cannot follow itself");
        return None;
    }
    let Some(folder) = files.apis.get(&(api.to_string(), named.value.clone())) else {
        let others = files.apis.keys().filter(|(name, other)| name == api.as_str() && other != version.as_str());
        let versions = others.map(|(_, version)| version.as_str());
        let says = format!("{api} has no version \"{}\"{}", named.value, suggestion(named, versions));
        ledger.wrong(&named.place, says);
        return None;
    };
    if folder.api.written.as_ref().is_some_and(|next| next.state.value == StateWord::Retired) {
        ledger.wrong(&named.place, format!("{api} {} is retired itself", named.value));
    }
    Some(VersionName(Arc::from(named.as_str())))
}
