//! What an answer means, and the rows in it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use http::{HeaderMap, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use portico_contracts::canonical::{Record, Value};
use portico_contracts::packs::{
    After, EntityMapping, ErrorRule, Language, LastPage, Links, LookUp, Meaning, Pack, Paging, PagingStyle, Path,
};
use portico_contracts::tenancy::{Role, SystemId};
use serde_json::Value as Json;
use url::Url;

use super::keys::encode;
use super::map::Mapper;
use super::rows::{self, Found, cannot_be_told, find, find_all, holds, text_of};
use super::wire::{Answer, Rejection, Request, Rows};
use crate::ask::Key;

/// No system can make us wait longer than this by a header.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is needed to read answers to one look-up.
#[derive(Debug)]
pub(super) struct Reading<'d> {
    pub(super) pack: &'d Pack,
    pub(super) mapping: &'d EntityMapping,
    pub(super) look_up: &'d LookUp,
    pub(super) paging: &'d Paging,
    pub(super) extensions: &'d [(Arc<str>, Path)],
    pub(super) base: &'d Url,
    pub(super) of: Option<&'d (SystemId, Role)>,
}

impl Reading<'_> {
    pub(super) fn read(&self, asked: &Request, answer: &Answer) -> Result<Rows, Rejection> {
        let mut body = self.body(answer)?;
        if self.pack.language == Language::Suiteql {
            rows::in_lower_case(&mut body, "items");
        }
        let found = rows::rows(&body, &self.look_up.rows)
            .ok_or_else(|| Rejection::Malformed("the rows are not where the pack says".to_owned()))?;
        let mut mapper = Mapper::new(self.pack, self.mapping, self.of);
        let mut rows = Rows::default();
        if found.lost {
            rows.unreadable = Some(mapper.lost_rows());
        }
        for frames in &found.rows {
            if self.mapping.filters.iter().any(|condition| cannot_be_told(condition, frames)) {
                // Dropped, they would look like rows that are not there.
                return Err(Rejection::Malformed(
                    "the rows do not tell whether they belong to what was asked".to_owned(),
                ));
            }
            if !self.mapping.filters.iter().all(|condition| holds(condition, frames)) {
                rows.strays += 1;
                continue;
            }
            let skip = &self.mapping.skip;
            if !skip.is_empty() && skip.iter().all(|condition| holds(condition, frames)) {
                continue;
            }
            match mapper.record(frames, self.extensions) {
                Ok(record) => rows.records.push(self.with_id(record, frames)),
                Err(failure) => rows.unreadable = Some(failure),
            }
        }
        rows.drifts = mapper.into_drifts();
        rows.partial = self.look_up.truncated.iter().any(|condition| holds(condition, &[&body]));
        rows.next = self.next(asked, answer, &body, found.rows.len())?;
        Ok(rows)
    }

    /// A row that links lead to stands for its id until it is told whose it is.
    fn with_id(&self, mut record: Record, frames: &[&Json]) -> Record {
        let Some(After::RowsWithIdAt(path)) = self.look_up.links.as_ref().map(Links::id) else { return record };
        let id = if let Found::Value(id) = find(path, frames) { text_of(id) } else { None };
        if let Some(ordinal) = record.of.ordinal(self.look_up.by) {
            record.put(ordinal, id.map_or(Value::Null, Value::text));
        }
        record
    }

    /// Which ids belong to which key, and whether not all of them were told.
    pub(super) fn links(&self, links: &Links, answer: &Answer) -> Result<(Vec<(Key, Key)>, bool), Rejection> {
        let body = match self.body(answer) {
            Err(Rejection::NotFound) => return Ok((Vec::new(), false)),
            body => body?,
        };
        let wrong = |_| Rejection::Malformed("the links are not where the pack says".to_owned());
        let found = rows::rows(&body, &links.rows).ok_or(Found::Mismatch).map_err(wrong)?;
        if found.lost {
            return Err(wrong(Found::Mismatch));
        }
        let mut pairs = Vec::new();
        for frames in &found.rows {
            let key = match find(&links.key, frames) {
                Found::Value(key) => text_of(key).ok_or(Found::Mismatch),
                other => Err(other),
            };
            let key: Key = key.map_err(wrong)?.into();
            for id in find_all(&links.ids, frames).map_err(wrong)? {
                pairs.push((key.clone(), text_of(id).ok_or(Found::Mismatch).map_err(wrong)?.into()));
            }
        }
        let mut known = HashSet::new();
        pairs.retain(|pair| known.insert(pair.clone()));
        Ok((pairs, self.look_up.truncated.iter().any(|condition| holds(condition, &[&body]))))
    }

    /// The body of an answer that is no refusal.
    pub(super) fn body(&self, answer: &Answer) -> Result<Json, Rejection> {
        let body: Result<Json, String> = if says_html(&answer.headers) {
            Err("an HTML page".to_owned())
        } else {
            serde_json::from_slice(&answer.body).map_err(|error| format!("no JSON: {}", category(&error)))
        };
        match self.refusal(answer, body.as_ref().ok()) {
            Some(rejection) => Err(rejection),
            None => body.map_err(Rejection::Malformed),
        }
    }

    /// Whether the answer is a refusal: by the pack's rules first, then by what HTTP says.
    fn refusal(&self, answer: &Answer, body: Option<&Json>) -> Option<Rejection> {
        let rule = self.pack.errors.iter().find(|rule| fits(rule, answer, body));
        let wait = retry_after(&answer.headers);
        let cause = || cause(answer.status, body);
        if let Some(rule) = rule {
            return Some(match rule.means {
                Meaning::Throttled => Rejection::Throttled(wait.or(rule.wait)),
                Meaning::Unauthorized => Rejection::Unauthorized,
                Meaning::Forbidden => Rejection::Forbidden(cause()),
                Meaning::NotFound => Rejection::NotFound,
                Meaning::Retry => Rejection::Failed { retryable: true, cause: cause() },
                Meaning::Failed => Rejection::Failed { retryable: false, cause: cause() },
            });
        }
        let status = answer.status;
        match status.as_u16() {
            200..=299 => None,
            401 => Some(Rejection::Unauthorized),
            403 => Some(Rejection::Forbidden(cause())),
            429 => Some(Rejection::Throttled(wait)),
            503 if wait.is_some() => Some(Rejection::Throttled(wait)),
            408 | 425 | 500..=599 => Some(Rejection::Failed { retryable: status.as_u16() != 501, cause: cause() }),
            _ => Some(Rejection::Failed { retryable: false, cause: cause() }),
        }
    }

    /// How to ask for the page behind this one.
    fn next(&self, asked: &Request, answer: &Answer, body: &Json, count: usize) -> Result<Option<Request>, Rejection> {
        let target = match &self.paging.style {
            PagingStyle::None => None,
            PagingStyle::Link(path) => match find(path, &[body]) {
                Found::Value(Json::String(link)) if !link.is_empty() => Some(self.follow(link)?),
                _ => None,
            },
            PagingStyle::Cursor { path, parameter, in_body: true } => match find(path, &[body]) {
                Found::Value(value) => {
                    return Ok(text_of(value).and_then(|cursor| with_member(asked, parameter, cursor)));
                }
                _ => None,
            },
            PagingStyle::Cursor { path, parameter, in_body: false } => match find(path, &[body]) {
                Found::Value(value) => text_of(value).map(|cursor| with_parameter(&asked.target, parameter, cursor)),
                _ => None,
            },
            PagingStyle::After { more, id, parameter } => match find(more, &[body]) {
                Found::Value(Json::Bool(true)) => {
                    let last = find_all(id, &[body]).ok().and_then(|ids| ids.last().copied().and_then(text_of));
                    let last = last.ok_or_else(|| Rejection::Malformed("more is said, but no row given".to_owned()))?;
                    Some(with_parameter(&asked.target, parameter, last))
                }
                _ => None,
            },
            PagingStyle::Offset { parameter, last } => {
                let before: usize = number_of(&asked.target, parameter).unwrap_or(0);
                let behind = self.behind(last, asked, answer, body, before, count);
                behind.map(|behind| with_parameter(&asked.target, parameter, &behind.to_string()))
            }
        };
        let Some(target) = target else { return Ok(None) };
        if target == asked.target {
            return Err(Rejection::Malformed("the next page is the same page".to_owned()));
        }
        let body = if matches!(self.paging.style, PagingStyle::Link(_)) { None } else { asked.body.clone() };
        let method = if body.is_some() { asked.method.clone() } else { Method::GET };
        Ok(Some(Request { method, target, headers: asked.headers.clone(), body, linked: None }))
    }

    /// How many rows are before the next page, where there is one.
    fn behind(
        &self,
        last: &LastPage,
        asked: &Request,
        answer: &Answer,
        body: &Json,
        before: usize,
        count: usize,
    ) -> Option<usize> {
        let size = self.paging.size as usize;
        let full = count > 0 && count >= size;
        let length = |limit: &String| number_of(&asked.target, limit).filter(|length| *length > 0).unwrap_or(size);
        match last {
            LastPage::Short => full.then_some(before + count),
            LastPage::Said { more, limit } => {
                matches!(find(more, &[body]), Found::Value(Json::Bool(true))).then(|| before + length(limit))
            }
            LastPage::Counted { header, limit } => {
                let behind = before + length(limit);
                let total = answer.headers.get(header).and_then(|total| total.to_str().ok()?.trim().parse().ok());
                let more = total.map_or(full, |total: usize| behind < total);
                more.then_some(behind)
            }
        }
    }

    /// A link's target below the system's base address; a link to anywhere else is refused.
    fn follow(&self, link: &str) -> Result<String, Rejection> {
        let elsewhere = || Rejection::Malformed("the next page is at another host".to_owned());
        let url = self.base.join(link).map_err(|_| Rejection::Malformed("the next page's address".to_owned()))?;
        let same = url.scheme() == self.base.scheme()
            && url.host() == self.base.host()
            && url.port_or_known_default() == self.base.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none();
        let below =
            url.path().strip_prefix(self.base.path().trim_end_matches('/')).filter(|rest| rest.starts_with('/'));
        let path = below.filter(|_| same).ok_or_else(elsewhere)?;
        Ok(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    }
}

fn says_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// What kind of mistake it was, without a word of the body.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "its syntax is wrong",
        _ => "it cannot be read",
    }
}

fn fits(rule: &ErrorRule, answer: &Answer, body: Option<&Json>) -> bool {
    let status = rule.status.contains(&answer.status.as_u16()) || rule.status.is_empty();
    if !status {
        return false;
    }
    let Some(path) = &rule.at else {
        // Good answers are not searched for words.
        let text = || String::from_utf8_lossy(&answer.body).into_owned();
        return rule.is.is_empty()
            || (!answer.status.is_success() && rule.is.iter().any(|words| text().contains(words.as_str())));
    };
    let Some(body) = body else { return false };
    let found = match path.is_many() {
        true => find_all(path, &[body]).unwrap_or_default(),
        false => match find(path, &[body]) {
            Found::Value(value) => vec![value],
            _ => Vec::new(),
        },
    };
    found.into_iter().any(|value| match text_of(value) {
        Some(code) if rule.is.is_empty() => !rule.except.iter().any(|not| not == code),
        Some(code) => rule.is.iter().any(|is| is == code),
        None => rule.is.is_empty(),
    })
}

/// For our log: the status and, where it looks like a code, the system's error code. Never its text.
fn cause(status: StatusCode, body: Option<&Json>) -> String {
    let places = ["/0/errorCode", "/error/code", "/error/type", "/error", "/errorCode", "/category", "/code"];
    let code = body.and_then(|body| places.iter().find_map(|place| body.pointer(place)?.as_str()));
    let plain = |code: &&str| {
        (1..=48).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    match code.filter(plain) {
        Some(code) => format!("HTTP {} {code}", status.as_u16()),
        None => format!("HTTP {}", status.as_u16()),
    }
}

/// `Retry-After`: seconds, or a date held against the answer's own `Date`. Nonsense is none, and a year is a day.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let given = text(header::RETRY_AFTER)?.trim();
    if given.bytes().all(|b| b.is_ascii_digit()) && !given.is_empty() {
        let seconds = given.parse().map_or(LONGEST_WAIT, Duration::from_secs);
        return Some(seconds.min(LONGEST_WAIT));
    }
    let until = DateTime::parse_from_rfc2822(given).ok()?;
    let now = DateTime::parse_from_rfc2822(text(header::DATE)?.trim()).ok()?;
    let wait = until.signed_duration_since(now).to_std().unwrap_or_default();
    Some(wait.min(LONGEST_WAIT))
}

/// A target with a query parameter set.
fn with_parameter(target: &str, name: &str, value: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty() && !is_named(pair, name));
    let own = format!("{}={}", encode(name), encode(value));
    let pairs: Vec<&str> = others.chain([own.as_str()]).collect();
    format!("{path}?{}", pairs.join("&"))
}

/// The same request with a member of its body set.
fn with_member(asked: &Request, name: &str, value: &str) -> Option<Request> {
    let mut body: Json = serde_json::from_slice(asked.body.as_ref()?).ok()?;
    body.as_object_mut()?.insert(name.to_owned(), value.into());
    Some(Request { body: Some(body.to_string().into()), ..asked.clone() })
}

fn number_of(target: &str, name: &str) -> Option<usize> {
    parameter_of(target, name)?.parse().ok()
}

fn parameter_of(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let pair = query.split('&').find(|pair| is_named(pair, name))?;
    let value = pair.split_once('=').map_or("", |(_, value)| value);
    percent_decode_str(value).decode_utf8().ok().map(|value| value.into_owned())
}

fn is_named(pair: &str, name: &str) -> bool {
    let given = pair.split_once('=').map_or(pair, |(given, _)| given);
    percent_decode_str(given).decode_utf8().is_ok_and(|given| given == name)
}
