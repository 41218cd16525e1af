//! Pages: by cursor when a client asks for `page[size]`, otherwise by number.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::errors::Refusal;
use crate::vendor::Call;

/// The largest page, and the one given without a wish.
const PAGE: usize = 100;
/// How many records numbered pages reach.
const DEEPEST: usize = 10_000;

/// What a call wants of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// So many records from a place on.
    Cursor(usize, usize),
    /// The nth page of a size.
    Number(usize, usize),
}

/// Reads which page a call wants.
pub(crate) fn wish(call: &Call) -> Result<Wish, Refusal> {
    if !call.query.iter().any(|(name, _)| name.starts_with("page[")) {
        let page = number(call, "page")?.unwrap_or(1).max(1);
        let size = number(call, "per_page")?.unwrap_or(PAGE).clamp(1, PAGE);
        return if page.saturating_mul(size) > DEEPEST {
            Err(Refusal::too_deep())
        } else {
            Ok(Wish::Number(page, size))
        };
    }
    let wrong = |what: &str| Refusal::invalid(&format!("page[{what}] is not valid"));
    let size = number(call, "page[size]")?.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        return Err(wrong("size"));
    }
    let from = match (call.param("page[after]"), call.param("page[before]")) {
        (Some(cursor), _) => place(cursor).ok_or_else(|| wrong("after"))?,
        (None, Some(cursor)) => place(cursor).ok_or_else(|| wrong("before"))?.saturating_sub(size + 1),
        (None, None) => 0,
    };
    Ok(Wish::Cursor(from, size))
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, Refusal> {
    let wrong = |_| Refusal::invalid(&format!("{name} must be an integer"));
    call.param(name).map(|text| text.parse().map_err(wrong)).transpose()
}

impl Wish {
    /// The records it means.
    pub(crate) fn of<T>(self, all: &[T]) -> &[T] {
        let (from, size) = match self {
            Self::Cursor(from, size) => (from, size),
            Self::Number(number, size) => ((number - 1).saturating_mul(size), size),
        };
        all.get(from.min(all.len())..from.saturating_add(size).min(all.len())).unwrap_or_default()
    }

    /// What is said about the rest of a list of `total` records.
    pub(crate) fn surroundings(self, call: &Call, total: usize) -> Map<String, Value> {
        let body = match self {
            Self::Number(number, size) => {
                let link =
                    |number: usize| linked(call, &[("page", number.to_string()), ("per_page", size.to_string())]);
                let next = (number.saturating_mul(size) < total).then(|| link(number + 1));
                let previous = (number > 1).then(|| link(number - 1));
                json!({ "next_page": next, "previous_page": previous, "count": total })
            }
            Self::Cursor(from, size) => {
                let until = from.saturating_add(size).min(total);
                let (before, after) = (cursor(from.saturating_add(1)), cursor(until));
                let link = |way: &str, cursor: &str| {
                    linked(call, &[(way, cursor.to_owned()), ("page[size]", size.to_string())])
                };
                let next = (until < total).then(|| link("page[after]", &after));
                let previous = (from > 0).then(|| link("page[before]", &before));
                let empty = from >= total;
                json!({
                    "meta": {
                        "has_more": until < total,
                        "after_cursor": (!empty).then_some(after),
                        "before_cursor": (!empty).then_some(before),
                    },
                    "links": { "prev": previous, "next": next },
                })
            }
        };
        match body {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

fn cursor(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("place:{place}"))
}

fn place(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("place:")?.parse().ok()
}

/// The call's own absolute address with other paging parameters.
fn linked(call: &Call, paging: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let kept =
        call.query.iter().filter(|(name, _)| !(name == "page" || name == "per_page" || name.starts_with("page[")));
    query.extend_pairs(kept).extend_pairs(paging);
    format!("{}{}?{}", call.base_url, call.path, query.finish())
}
