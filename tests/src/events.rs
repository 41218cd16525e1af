//! Server-sent events as a client reads them (WHATWG HTML, section 9.2).

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

/// Longer than any test waits for what comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer that goes on.
#[derive(Debug)]
pub struct Events {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    body: Incoming,
    read: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name; empty for a comment.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl Event {
    /// The data as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or(Value::Null)
    }
}

impl Events {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Incoming) -> Self {
        Events { status, headers, body, read: String::new() }
    }

    /// The next event or comment; none where the answer has ended, cut off or not.
    ///
    /// # Panics
    /// Where nothing comes for long.
    pub async fn any(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let event = event(block);
                self.read = rest.to_owned();
                return Some(event);
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("something comes");
            let bytes = frame?.ok()?.into_data().ok()?;
            self.read.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// The next event that is no comment.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.any().await {
                Some(event) if event.name.is_empty() => {}
                other => return other,
            }
        }
    }
}

fn event(block: &str) -> Event {
    let field = |name: &str| {
        let lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        lines.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect::<Vec<_>>().join("\n")
    };
    Event { name: field("event"), data: field("data") }
}
