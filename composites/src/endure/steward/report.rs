//! What an answer's header fields tell about a window.

use std::time::Duration;

use chrono::DateTime;
use http::{HeaderMap, HeaderName, header};
use portico_contracts::packs::limits::{Figures, Report, Resets, Window};

/// What a system reported about one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Which.
    pub window: Window,
    /// How many calls it allows.
    pub limit: Option<u64>,
    /// How many of them are left.
    pub remaining: Option<u64>,
    /// When it begins anew.
    pub resets_in: Option<Duration>,
}

/// Reads what is told; what makes no sense is not there.
pub fn read(reports: &[Report], headers: &HeaderMap) -> Vec<Reported> {
    reports.iter().filter_map(|report| one(report, headers)).collect()
}

fn one(report: &Report, headers: &HeaderMap) -> Option<Reported> {
    let (limit, remaining) = match &report.figures {
        Figures::UsedOf { header, name } => {
            let (used, limit) = used_of(text(headers, header)?, name)?;
            (Some(limit), Some(limit.saturating_sub(used)))
        }
        Figures::Numbers { limit, remaining } => {
            let number = |name: &Option<HeaderName>| text(headers, name.as_ref()?)?.parse().ok();
            (number(limit), number(remaining))
        }
    };
    let limit = limit.filter(|limit| *limit > 0);
    if limit.is_none() && remaining.is_none() {
        return None;
    }
    let resets_in = report.resets.as_ref().and_then(|resets| resets_in(resets, headers));
    Some(Reported { window: report.window, limit, remaining, resets_in })
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `api-usage=18/5000, per-app-api-usage=17/250(appName=sample)`.
fn used_of(list: &str, name: &str) -> Option<(u64, u64)> {
    let value = list.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))?;
    let (used, limit) = value.split_once('/')?;
    let digits = limit.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(limit.len());
    Some((used.parse().ok()?, limit[..digits].parse().ok()?))
}

/// A moment is held against the answer's own `Date`, so that nobody's clock has to be right.
fn resets_in(resets: &Resets, headers: &HeaderMap) -> Option<Duration> {
    match resets {
        Resets::In(name) => text(headers, name)?.parse().ok().map(Duration::from_secs),
        Resets::At(name) => {
            let at: i64 = text(headers, name)?.parse().ok()?;
            let now = DateTime::parse_from_rfc2822(text(headers, &header::DATE)?).ok()?.timestamp();
            u64::try_from(at.checked_sub(now)?).ok().map(Duration::from_secs)
        }
    }
}

#[cfg(test)]
mod tests {
    use portico_contracts::packs::Pack;

    use super::*;

    /// What a pack's reports make of an answer: window, limit, what is left, seconds until it begins anew.
    fn told(pack: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let pack = Pack::built_in(pack).unwrap();
        let headers =
            fields.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect();
        let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        let told = |one: Reported| {
            let resets = number(one.resets_in.map(|wait| wait.as_secs()));
            format!("{} {} {} {resets}", one.window.as_str(), number(one.limit), number(one.remaining))
        };
        read(&pack.limits.reported, &headers).into_iter().map(told).collect()
    }

    #[test]
    fn every_vendors_own_words_are_understood() {
        let salesforce = "api-usage=891/15000, per-app-api-usage=17/250(appName=sample-connected-app)";
        assert_eq!(told("salesforce", &[("sforce-limit-info", salesforce)]), ["day 15000 14109 ?"]);
        let hubspot = [
            ("x-hubspot-ratelimit-max", "110"),
            ("x-hubspot-ratelimit-remaining", "104"),
            ("x-hubspot-ratelimit-daily", "250000"),
            ("x-hubspot-ratelimit-daily-remaining", "249900"),
        ];
        assert_eq!(told("hubspot", &hubspot), ["10_seconds 110 104 ?", "day 250000 249900 ?"]);
        let zendesk = [("ratelimit-limit", "700"), ("ratelimit-remaining", "516"), ("ratelimit-reset", "43")];
        assert_eq!(told("zendesk", &zendesk), ["minute 700 516 43"]);
        let servicenow = [
            ("date", "Tue, 22 Sep 2026 11:44:00 GMT"),
            ("x-ratelimit-limit", "1000"),
            ("x-ratelimit-reset", "1790078400"),
        ];
        assert_eq!(told("servicenow", &servicenow), ["hour 1000 ? 960"]);
    }

    #[test]
    fn nonsense_tells_nothing() {
        let nothing: [&str; 0] = [];
        for value in ["", "api-usage", "api-usage=", "api-usage=a/b", "api-usage=5", "other=1/2", "api-usage=-1/5"] {
            assert_eq!(told("salesforce", &[("sforce-limit-info", value)]), nothing, "{value}");
        }
        assert_eq!(told("zendesk", &[("ratelimit-limit", "0"), ("ratelimit-remaining", "many")]), nothing);
        let long_ago = [("x-ratelimit-limit", "5"), ("x-ratelimit-reset", "1")];
        assert_eq!(told("servicenow", &long_ago), ["hour 5 ? ?"]);
    }
}
