//! How fresh the caller wants it: `Cache-Control` of the request (RFC 9111 §5.2.1). Only ever stricter than the class.

use std::time::Duration;

use http::HeaderMap;
use http::header::CACHE_CONTROL;
use portico_composites::fresh::Wish;

/// Reads the wish. What is not understood asks for nothing.
pub(super) fn wish(headers: &HeaderMap) -> Wish {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives = values.flat_map(|value| value.split(',')).map(str::trim);
    directives.map(directive).fold(Wish::default(), Wish::and)
}

fn directive(directive: &str) -> Wish {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "no-cache" | "no-store" => Wish::FRESH,
        "only-if-cached" => Wish { only_if_cached: true, ..Wish::default() },
        "max-age" => {
            let seconds = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
            Wish { max_age: seconds, ..Wish::default() }
        }
        _ => Wish::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &'static str) -> Wish {
        wish(&HeaderMap::from_iter([(CACHE_CONTROL, http::HeaderValue::from_static(value))]))
    }

    #[test]
    fn callers_may_be_stricter_and_never_laxer() {
        assert_eq!(of("no-cache"), Wish::FRESH);
        assert_eq!(of("Max-Age=30, only-if-cached").max_age, Some(Duration::from_secs(30)));
        assert!(of("max-age=30, only-if-cached").only_if_cached);
        assert_eq!(of("max-age=60, max-age=5").max_age, Some(Duration::from_secs(5)));
        for nothing in ["max-stale=100", "max-age=-1", "max-age=x", ""] {
            assert_eq!(of(nothing), Wish::default(), "{nothing}");
        }
    }
}
