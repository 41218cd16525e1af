//! Which media type the caller takes (RFC 9110 §12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

use crate::respond::MediaType;

/// What `/graphql` answers in. Without a wish, and where everything is welcome, it is what clients of before GraphQL's
/// own media type understand. None: nothing of ours is acceptable.
pub(crate) fn graphql(accept: Option<&str>) -> Option<MediaType> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Some(MediaType::Json) };
    let own = weight(accept, "application", "graphql-response+json", true);
    let json = weight(accept, "application", "json", false);
    match (own, json) {
        (0, 0) if events(Some(accept)) => Some(MediaType::EventStream),
        (0, 0) => None,
        (own, json) if own >= json && own > 0 => Some(MediaType::GraphqlResponse),
        _ => Some(MediaType::Json),
    }
}

/// Whether events are asked for by name: whoever takes anything does not wait for them.
pub(crate) fn events(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| weight(accept, "text", "event-stream", true) > 0)
}

/// The same of a request whose head is not at hand.
pub(crate) fn takes_events(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| events(value.to_str().ok()))
}

/// Whether JSON is acceptable.
pub(crate) fn json(accept: Option<&str>) -> bool {
    accept.is_none_or(|accept| accept.trim().is_empty() || weight(accept, "application", "json", false) > 0)
}

/// The weight of a type in thousandths: that of the most specific range that fits it. `named` takes no wildcards.
fn weight(accept: &str, main: &str, sub: &str, named: bool) -> u32 {
    let mut best = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((range_main, range_sub)) = parts.next().and_then(|range| range.split_once('/')) else { continue };
        let specificity = match (range_main.trim(), range_sub.trim()) {
            (m, s) if m.eq_ignore_ascii_case(main) && s.eq_ignore_ascii_case(sub) => 3,
            (m, "*") if m.eq_ignore_ascii_case(main) && !named => 2,
            ("*", "*") if !named => 1,
            _ => continue,
        };
        let quality = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        if specificity > best.0 {
            best = (specificity, quality.unwrap_or(1000));
        }
    }
    best.1
}

/// `0.8` → 800. What is no weight counts as none given.
fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match whole {
        "0" if fraction.len() <= 3 && digits(fraction) => format!("{fraction:0<3}").parse().unwrap_or(1000),
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_the_callers_choice() {
        for (accept, media) in [
            (None, Some(MediaType::Json)),
            (Some(""), Some(MediaType::Json)),
            (Some("*/*"), Some(MediaType::Json)),
            (Some("application/*"), Some(MediaType::Json)),
            (Some("application/json"), Some(MediaType::Json)),
            (Some("application/json; charset=utf-8"), Some(MediaType::Json)),
            (Some("application/graphql-response+json"), Some(MediaType::GraphqlResponse)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(MediaType::GraphqlResponse)),
            (Some("application/json, application/graphql-response+json;q=0.9"), Some(MediaType::Json)),
            (Some("APPLICATION/GraphQL-Response+JSON;charset=utf-8, */*"), Some(MediaType::GraphqlResponse)),
            (Some("text/html"), None),
            (Some("text/event-stream"), Some(MediaType::EventStream)),
            (Some("text/event-stream, application/json;q=0.1"), Some(MediaType::Json)),
            (Some("text/*"), None),
            (Some("text/html, */*;q=0.1"), Some(MediaType::Json)),
            (Some("application/json;q=0"), None),
            (Some("*/*, application/json;q=0"), None),
        ] {
            assert_eq!(graphql(accept), media, "{accept:?}");
        }
    }

    #[test]
    fn rest_answers_are_json_or_nothing() {
        assert!(json(None) && json(Some("*/*")) && json(Some("text/html, application/json;q=0.5")));
        assert!(!json(Some("text/html")) && !json(Some("application/xml, application/json;q=0.0")));
    }
}
