use std::time::{Duration, Instant, UNIX_EPOCH};

use super::*;
use http::HeaderValue;

const JAN: u64 = 1_767_225_600; // 2026-01-01
const DAY: u64 = 86_400;

fn at(unix: u64) -> Now {
    Now::new(UNIX_EPOCH + Duration::from_secs(unix), Instant::now())
}

fn partner() -> Api {
    let v = VersionNumber;
    let retired = Lifecycle {
        declared: Stage::Retired,
        sunset_at: Some(JAN - 365 * DAY),
        successor: Some(v(1)),
        ..Default::default()
    };
    let ageing = Lifecycle {
        deprecated_at: Some(JAN),
        sunset_at: Some(JAN + 180 * DAY),
        successor: Some(v(2)),
        more: Some("https://docs.example/partner/v2".to_owned()),
        ..Default::default()
    };
    let preview = Lifecycle { declared: Stage::Preview, ..Default::default() };
    Api::new(
        "partner",
        [
            (v(0), None, retired),
            (v(1), Some("partner:read".to_owned()), ageing),
            (v(2), Some("partner:read".to_owned()), Lifecycle::default()),
            (v(3), Some("partner:preview".to_owned()), preview),
        ],
    )
}

fn select(number: u32, scopes: &[&str], unix: u64) -> String {
    describe(partner().select(Some(VersionNumber(number)), &HeaderMap::new(), None, &scopes.iter().collect(), at(unix)))
}

fn describe(selected: Result<Selected<'_>, Box<NoVersion>>) -> String {
    let (mut text, notices) = match selected {
        Ok(selected) => (format!("{} {:?}", selected.version.number, selected.stage), selected.notices().clone()),
        Err(none) => (none.problem.to_string(), none.notices),
    };
    for (name, value) in notices.iter() {
        text += &format!("\n{name}: {}", value.to_str().unwrap());
    }
    text
}

#[test]
fn dates_take_effect_by_themselves() {
    insta::assert_snapshot!(select(1, &[], JAN - 1), @r#"
    v1 Active
    deprecation: @1767225600
    sunset: Tue, 30 Jun 2026 00:00:00 GMT
    link: </partner/v2>; rel="successor-version", <https://docs.example/partner/v2>; rel="deprecation"; type="text/html", <https://docs.example/partner/v2>; rel="sunset"; type="text/html"
    "#);
    assert!(select(1, &[], JAN).starts_with("v1 Deprecated\n"));
    assert!(select(1, &[], JAN + 180 * DAY - 1).starts_with("v1 Deprecated\n"));
    insta::assert_snapshot!(select(1, &[], JAN + 180 * DAY), @r#"
    version_retired: v1 of the API `partner` is retired; move to `/partner/v2`.
    deprecation: @1767225600
    sunset: Tue, 30 Jun 2026 00:00:00 GMT
    link: </partner/v2>; rel="successor-version", <https://docs.example/partner/v2>; rel="deprecation"; type="text/html", <https://docs.example/partner/v2>; rel="sunset"; type="text/html"
    "#);
}

#[test]
fn a_stable_version_says_nothing_about_its_age() {
    insta::assert_snapshot!(select(2, &[], JAN), @"v2 Active");
}

#[test]
fn a_retired_version_names_its_successor() {
    insta::assert_snapshot!(select(0, &[], JAN), @r#"
    version_retired: v0 of the API `partner` is retired; move to `/partner/v1`.
    sunset: Wed, 01 Jan 2025 00:00:00 GMT
    link: </partner/v1>; rel="successor-version"
    "#);
}

#[test]
fn a_preview_is_for_those_who_hold_its_scope() {
    insta::assert_snapshot!(select(3, &["partner:preview"], JAN), @"v3 Preview");
    insta::assert_snapshot!(select(3, &["partner:read"], JAN), @"forbidden: v3 of the API `partner` is a preview and needs the scope `partner:preview`.");
    let unscoped = Lifecycle { declared: Stage::Preview, ..Default::default() };
    let api = Api::new("x", [(VersionNumber(1), None, unscoped)]);
    assert!(api.select(Some(VersionNumber(1)), &HeaderMap::new(), None, &Scopes::default(), at(JAN)).is_err());
}

#[test]
fn an_unknown_version_hears_what_exists_and_no_hidden_preview() {
    insta::assert_snapshot!(select(9, &[], JAN), @"version_unknown: The API `partner` has v1, v2.");
    insta::assert_snapshot!(select(9, &["partner:preview"], JAN), @"version_unknown: The API `partner` has v1, v2, v3.");
    insta::assert_snapshot!(select(9, &[], JAN + 365 * DAY), @"version_unknown: The API `partner` has v2.");
    let mut headers = HeaderMap::new();
    headers.insert("api-version", HeaderValue::from_static("latest"));
    let nonsense = partner();
    let nonsense = nonsense.select(None, &headers, None, &Scopes::default(), at(JAN));
    assert_eq!(nonsense.unwrap_err().problem.code, Code::VersionUnknown);
}

#[test]
fn a_pin_speaks_where_the_request_is_silent_and_the_newest_active_version_last() {
    let api = partner();
    let pick = |path: Option<u32>, pin: Option<u32>| {
        describe(api.select(
            path.map(VersionNumber),
            &HeaderMap::new(),
            pin.map(VersionNumber),
            &Scopes::default(),
            at(JAN),
        ))
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
    };
    assert_eq!(pick(None, Some(1)), "v1 Deprecated");
    assert_eq!(pick(Some(2), Some(1)), "v2 Active");
    assert_eq!(pick(None, None), "v2 Active");
}
