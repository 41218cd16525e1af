//! What answers say about a version's age: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), `Link` (RFC 8288).

use std::time::{Duration, UNIX_EPOCH};

use http::header::LINK;
use http::{HeaderName, HeaderValue};

use super::Lifecycle;

/// Headers, written once when the configuration is read. A date that lies ahead is told as well: that is the warning.
#[derive(Debug, Clone, Default)]
pub struct Notices(Vec<(HeaderName, HeaderValue)>);

impl Notices {
    pub(crate) fn of(api: &str, lifecycle: &Lifecycle) -> Self {
        let deprecation =
            lifecycle.deprecated_at.map(|date| (HeaderName::from_static("deprecation"), format!("@{date}")));
        let sunset = lifecycle.sunset_at.map(|date| (HeaderName::from_static("sunset"), http_date(date)));
        let links = links(api, lifecycle);
        let link = (!links.is_empty()).then(|| (LINK, links.join(", ")));
        let all = deprecation.into_iter().chain(sunset).chain(link);
        Notices(all.filter_map(|(name, text)| Some((name, HeaderValue::try_from(text).ok()?))).collect())
    }

    /// Each header and its value.
    pub fn iter(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.0.iter()
    }
}

fn links(api: &str, lifecycle: &Lifecycle) -> Vec<String> {
    let successor = lifecycle.successor.map(|number| format!("</{api}/{number}>; rel=\"successor-version\""));
    let page = lifecycle.more.as_ref().filter(|page| fits_in_brackets(page));
    let about = |dated: Option<u64>, rel: &str| {
        page.filter(|_| dated.is_some()).map(|page| format!("<{page}>; rel=\"{rel}\"; type=\"text/html\""))
    };
    let deprecation = about(lifecycle.deprecated_at, "deprecation");
    successor.into_iter().chain(deprecation).chain(about(lifecycle.sunset_at, "sunset")).collect()
}

fn fits_in_brackets(target: &str) -> bool {
    target.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

/// Dates beyond the year 9999 have no HTTP form; no version lives that long.
fn http_date(unix: u64) -> String {
    const LAST: u64 = 253_402_300_799;
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix.min(LAST)))
}
