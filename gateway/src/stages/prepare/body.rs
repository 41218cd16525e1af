//! A request's body, read whole and within bounds: for GraphQL and operations. Proxied bodies are never read here.

use std::collections::HashSet;
use std::fmt;

use bytes::{Bytes, BytesMut};
use http::Method;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::{Limits, Operation};
use crate::stages::admit::Head;

/// Reads a JSON object: the whole body, in UTF-8, with no member named twice.
pub(super) async fn json_object(
    session: &mut Session,
    limits: &Limits,
) -> Result<serde_json::Map<String, Value>, Refusal> {
    must_be_json(session)?;
    let body = whole(session, limits).await?;
    parse_object(&body).map_err(Refusal::from)
}

/// A body that nobody reads would be taken for the next request by whoever watches for the client to leave.
pub(super) fn must_be_absent(session: &mut Session) -> Result<(), Refusal> {
    if session.is_body_empty() {
        return Ok(());
    }
    Err(Problem::new(Code::BadRequest, "A GET has no body here; send a POST.").into())
}

fn must_be_json(session: &Session) -> Result<(), Refusal> {
    let unsupported = |detail: &'static str| Refusal::from(Problem::new(Code::MediaTypeUnsupported, detail));
    if session.get_header(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unsupported("Send the body without Content-Encoding."));
    }
    let mut types = session.req_header().headers.get_all(CONTENT_TYPE).iter();
    let kind = types.next().and_then(|value| value.to_str().ok()).filter(|_| types.next().is_none());
    match kind {
        Some(kind) if is_json(kind) => Ok(()),
        _ => Err(unsupported("The body must be JSON in UTF-8: `Content-Type: application/json`.")),
    }
}

/// `application/json`, with no other charset than UTF-8. Forms of other sites can send neither.
fn is_json(kind: &str) -> bool {
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// Reads the body, within its limits of size and time.
pub(crate) async fn whole(session: &mut Session, limits: &Limits) -> Result<Bytes, Refusal> {
    let too_large = || {
        let detail = format!("The body may have {} bytes.", limits.body_bytes);
        Refusal::from(Problem::new(Code::BodyTooLarge, detail))
    };
    if declared_length(session).is_some_and(|length| length > limits.body_bytes) {
        return Err(too_large());
    }
    invite(session).await.map_err(|error| gone(&error))?;
    let reading = async {
        let mut body = BytesMut::new();
        while let Some(bytes) = session.read_request_body().await.map_err(|error| gone(&error))? {
            if body.len() + bytes.len() > limits.body_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&bytes);
        }
        Ok(body.freeze())
    };
    match tokio::time::timeout(limits.body_timeout, reading).await {
        Ok(body) => body,
        Err(_) => Err(late()),
    }
}

fn late() -> Refusal {
    Refusal::closing(Problem::new(Code::RequestTimeout, "The body did not arrive in time."))
}

fn declared_length(session: &Session) -> Option<usize> {
    session.get_header(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Answers `Expect: 100-continue`, which pingora leaves to us.
pub(crate) async fn invite(session: &mut Session) -> pingora::Result<()> {
    let expects =
        session.get_header(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    if expects {
        // An interim answer before the body's end is no reason to close the connection after the final one.
        session.set_close_on_response_before_downstream_finish(false);
        session.set_ignore_info_resp(false);
        session.write_continue_response().await?;
        session.set_ignore_info_resp(true);
        session.set_close_on_response_before_downstream_finish(true);
        session.req_header_mut().remove_header(&EXPECT);
    }
    Ok(())
}

/// pingora's patience with one read is ours with the whole, and may end first.
fn gone(error: &pingora::Error) -> Refusal {
    if error.etype() == &pingora::ErrorType::ReadTimedout {
        return late();
    }
    Refusal::closing(Problem::new(Code::BodyMalformed, "The body broke off or is framed wrongly.").because(error))
}

/// What an operation's caller sent beside its path.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The query's parameters, decoded, in their order.
    pub(crate) query: Vec<(String, String)>,
    /// The body's members.
    pub(crate) body: Option<serde_json::Map<String, Value>>,
}

/// Reads what was sent to an operation.
pub(super) async fn sent_to(
    operation: &Operation,
    session: &mut Session,
    exchange: &Exchange,
    head: &Head,
) -> Result<Sent, Refusal> {
    let query = head.query.as_deref().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes());
    let query = query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let body = match operation.method {
        Method::POST => Some(json_object(session, &exchange.snapshot.settings.limits).await?),
        _ => {
            must_be_absent(session)?;
            None
        }
    };
    Ok(Sent { query, body })
}

/// Parses JSON that has one reading.
pub(super) fn unambiguous(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str::<Unambiguous>(text)?;
    serde_json::from_str(text)
}

fn parse_object(body: &[u8]) -> Result<serde_json::Map<String, Value>, Problem> {
    let malformed = |detail: String| Problem::new(Code::BodyMalformed, detail);
    let text = std::str::from_utf8(body).map_err(|_| malformed("The body is not UTF-8.".to_owned()))?;
    match unambiguous(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(Value::Array(_)) => Err(malformed("Batches are not supported: send one JSON object.".to_owned())),
        Ok(_) => Err(malformed("The body must be a JSON object.".to_owned())),
        // The place only: the error's own words would repeat what was sent.
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            Err(malformed(format!("The body is not well-formed JSON, or names a member twice: {place}.")))
        }
    }
}

/// JSON in which no object has a member twice: readers differ about which one counts.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Unambiguous)
    }
}

macro_rules! any_scalar {
    ($($visit:ident($kind:ty)),* $(,)?) => { $(
        fn $visit<E>(self, _: $kind) -> Result<Self, E> { Ok(self) }
    )* };
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    any_scalar! { visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str) }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Unambiguous>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !seen.insert(name) {
                // Read to the end of the value, so that the place given is the member's.
                let _: IgnoredAny = members.next_value()?;
                return Err(serde::de::Error::custom("a member stands twice"));
            }
            let _: Unambiguous = members.next_value()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf8_is_a_body() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;version=2",
            "application/json; charset=\"utf-8\"",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "multipart/form-data",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }

    #[test]
    fn a_body_has_one_reading() {
        assert!(parse_object(br#"{"a":1,"b":{"a":[1.50,{"a":null}]},"c":"\u0061"}"#).is_ok());
        for bad in [
            &br#"{"a":1,"a":2}"#[..],
            br#"{"a":1,"\u0061":2}"#,
            br#"{"a":{"b":1,"b":1}}"#,
            br#"[{"b":1,"b":1}]"#,
            br#"[{"query":"{a}"}]"#,
            b"\"text\"",
            b"{\"a\":\"\xff\"}",
            b"{} {}",
            b"",
            b"{",
        ] {
            let refused = parse_object(bad).unwrap_err();
            assert_eq!(refused.code, Code::BodyMalformed, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(parse_object(deep.as_bytes()).is_err());
    }
}
