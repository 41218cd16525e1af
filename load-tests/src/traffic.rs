//! A scenario's requests, ready to be sent: keys and callers take turns.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;

use crate::scenario::{Expect, Scenario, Shape};

/// All requests of a scenario, endlessly.
#[derive(Debug)]
pub(crate) struct Traffic {
    method: Method,
    headers: HeaderMap,
    callers: Vec<HeaderValue>,
    targets: Vec<Target>,
    next: AtomicUsize,
}

/// What is asked with one key.
#[derive(Debug)]
struct Target {
    uri: Uri,
    body: Bytes,
    expect: Expect,
}

impl Traffic {
    /// The scenario's requests to `authority`, each token in `tokens` a caller.
    pub(crate) fn new(scenario: &Scenario, authority: &str, tokens: &[String]) -> anyhow::Result<Self> {
        let shape = &scenario.request;
        let mut headers = HeaderMap::new();
        headers.insert(HOST, authority.parse()?);
        if shape.graphql.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in &shape.headers {
            headers.insert(name.parse::<HeaderName>()?, value.parse()?);
        }
        let callers = tokens.iter().map(|token| caller(token)).collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(!callers.is_empty(), "a scenario needs at least one caller");
        let keys = scenario.keys.as_ref().map_or_else(|| vec![String::new()], |keys| keys.all());
        let targets =
            keys.iter().map(|key| Target::new(shape, &scenario.expect, key)).collect::<anyhow::Result<_>>()?;
        let method = shape.method.parse()?;
        Ok(Self { method, headers, callers, targets, next: AtomicUsize::new(0) })
    }

    /// The next request, and what its answer must be.
    pub(crate) fn next(&self) -> (Request<Full<Bytes>>, &Expect) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let target = &self.targets[turn % self.targets.len()];
        let mut request = Request::new(Full::new(target.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(AUTHORIZATION, self.callers[turn % self.callers.len()].clone());
        (request, &target.expect)
    }
}

impl Target {
    fn new(shape: &Shape, expect: &Expect, key: &str) -> anyhow::Result<Self> {
        let with_key = |text: &str| text.replace("{key}", key);
        let path = with_key(&shape.path);
        let uri = path.parse().with_context(|| format!("`{path}` is no request target"))?;
        let body = match &shape.graphql {
            // Keys are plain words: they need no escaping in JSON.
            Some(graphql) => Bytes::from(with_key(&serde_json::to_string(graphql)?)),
            None => Bytes::new(),
        };
        let text = |text: &Option<String>| text.as_deref().map(with_key);
        let expect = Expect { status: expect.status, contains: text(&expect.contains), lacks: text(&expect.lacks) };
        Ok(Self { uri, body, expect })
    }
}

fn caller(token: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Expect {
    /// Whether an answer is right.
    pub(crate) fn fits(&self, status: u16, body: &[u8]) -> bool {
        let Ok(body) = str::from_utf8(body) else { return false };
        status == self.status
            && self.contains.as_ref().is_none_or(|text| body.contains(text))
            && self.lacks.as_ref().is_none_or(|text| !body.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        let text = r#"
            about: a test
            upstream: sandbox
            consumer: crm
            callers: 2
            connections: 1
            request:
              method: POST
              path: /graphql
              headers: { cache-control: no-cache }
              graphql: { query: "query($n: String!) { order(number: $n) { number } }", variables: { n: "{key}" } }
            keys: { prefix: SO-, first: 1, count: 3 }
            expect: { status: 200, contains: '"{key}"', lacks: '"errors"' }
        "#;
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn keys_and_callers_take_turns() {
        let traffic = Traffic::new(&scenario(), "127.0.0.1:1", &["one".to_owned(), "two".to_owned()]).unwrap();
        let seen: Vec<(String, String)> = (0..4)
            .map(|_| {
                let (request, expect) = traffic.next();
                let caller = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
                (caller, expect.contains.clone().unwrap())
            })
            .collect();
        let as_text: Vec<String> = seen.iter().map(|(caller, key)| format!("{caller} {key}")).collect();
        assert_eq!(
            as_text,
            [r#"Bearer one "SO-1""#, r#"Bearer two "SO-2""#, r#"Bearer one "SO-3""#, r#"Bearer two "SO-1""#]
        );
    }

    #[test]
    fn a_fast_answer_that_is_wrong_does_not_count() {
        let traffic = Traffic::new(&scenario(), "127.0.0.1:1", &["one".to_owned()]).unwrap();
        let (_, expect) = traffic.next();
        assert!(expect.fits(200, br#"{"data":{"order":{"number":"SO-1"}}}"#));
        assert!(!expect.fits(200, br#"{"data":{"order":{"number":"SO-2"}}}"#));
        assert!(!expect.fits(200, br#"{"data":{"order":{"number":"SO-1"}},"errors":[]}"#));
        assert!(!expect.fits(429, br#"{"number":"SO-1"}"#));
        assert!(!expect.fits(200, b"\xff"));
    }
}
