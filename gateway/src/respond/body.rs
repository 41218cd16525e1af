//! The two shapes of a refusal.

use bytes::Bytes;
use portico_contracts::problem::{Code, Problem};
use serde::Serialize;

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MediaType {
    /// RFC 9457, everywhere but on `/graphql`.
    #[default]
    ProblemJson,
    /// GraphQL for clients of before its own media type.
    Json,
    /// GraphQL over HTTP's own.
    GraphqlResponse,
    /// Server-sent events, for whoever takes nothing else.
    EventStream,
}

impl MediaType {
    /// As `Content-Type` says it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            MediaType::ProblemJson => "application/problem+json",
            MediaType::Json => "application/json; charset=utf-8",
            MediaType::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            MediaType::EventStream => "text/event-stream; charset=utf-8",
        }
    }
}

/// RFC 9457, with members of ours.
#[derive(Serialize)]
struct Details<'p> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'p str,
    instance: String,
    code: Code,
    advice: &'static str,
    request_id: &'p str,
    retryable: bool,
    /// Of a system's limits; `Retry-After` has only whole seconds.
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
    #[serde(rename = "violated-policies", skip_serializing_if = "<[_]>::is_empty")]
    violated: &'p [std::borrow::Cow<'static, str>],
}

#[derive(Serialize)]
struct Errors<'p> {
    errors: [GraphqlError<'p>; 1],
}

#[derive(Serialize)]
struct GraphqlError<'p> {
    message: &'p str,
    extensions: Extensions<'p>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions<'p> {
    code: Code,
    advice: &'static str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
    request_id: &'p str,
}

/// The body of a refused GraphQL document. There is no `data`: nothing was executed.
pub(super) fn errors(errors: &[serde_json::Value]) -> Bytes {
    Bytes::from(serde_json::json!({ "errors": errors }).to_string())
}

/// One answer as events: it, and that there is no other.
pub(crate) fn only_event(answer: &[u8]) -> Bytes {
    Bytes::from([NEXT, answer, b"\n\n", COMPLETE].concat())
}

/// What begins an event with an answer in it; two line breaks end it. JSON that is written without indentation has none.
pub(crate) const NEXT: &[u8] = b"event: next\ndata: ";
/// What says that nothing more follows.
pub(crate) const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// The body of a refusal.
pub(crate) fn problem(problem: &Problem, media: MediaType, request_id: &str) -> Bytes {
    let written = match media {
        MediaType::ProblemJson => serde_json::to_vec(&details(problem, request_id)),
        MediaType::Json | MediaType::GraphqlResponse | MediaType::EventStream => serde_json::to_vec(&Errors {
            errors: [GraphqlError {
                message: &problem.detail,
                extensions: Extensions {
                    code: problem.code,
                    advice: problem.code.advice(),
                    retryable: problem.code.retryable(),
                    retry_after_ms: problem.retry_after.map(|wait| wait.as_millis()),
                    request_id,
                },
            }],
        }),
    };
    // Strings and numbers can always be written.
    Bytes::from(written.unwrap_or_default())
}

fn details<'p>(problem: &'p Problem, request_id: &'p str) -> Details<'p> {
    // The RateLimit draft names the type of problem for limits of its own.
    let r#type = if problem.violated.is_empty() {
        format!("urn:portico:problem:{}", problem.code)
    } else {
        "https://iana.org/assignments/http-problem-types#quota-exceeded".to_owned()
    };
    Details {
        r#type,
        title: problem.code.title(),
        status: problem.code.status().as_u16(),
        detail: &problem.detail,
        instance: format!("urn:portico:request:{request_id}"),
        code: problem.code,
        advice: problem.code.advice(),
        request_id,
        retryable: problem.code.retryable(),
        retry_after_ms: problem
            .retry_after
            .filter(|_| problem.code == Code::UpstreamThrottled)
            .map(|wait| wait.as_millis()),
        violated: &problem.violated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn limited() -> Problem {
        Problem::new(Code::RateLimited, "The limit `rate` is used up; come back in 2 seconds.")
            .retry_after(Duration::from_millis(1500))
            .violates("rate")
            .because("never shown")
    }

    fn written(media: MediaType) -> String {
        let body = problem(&limited(), media, "r-1");
        serde_json::to_string_pretty(&serde_json::from_slice::<serde_json::Value>(&body).unwrap()).unwrap()
    }

    #[test]
    fn elsewhere_a_refusal_is_problem_details() {
        insta::assert_snapshot!(written(MediaType::ProblemJson), @r#"
        {
          "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
          "title": "Too many requests",
          "status": 429,
          "detail": "The limit `rate` is used up; come back in 2 seconds.",
          "instance": "urn:portico:request:r-1",
          "code": "rate_limited",
          "advice": "Wait as long as Retry-After says.",
          "request_id": "r-1",
          "retryable": true,
          "violated-policies": [
            "rate"
          ]
        }
        "#);
    }

    #[test]
    fn on_graphql_it_is_a_graphql_error() {
        insta::assert_snapshot!(written(MediaType::GraphqlResponse), @r#"
        {
          "errors": [
            {
              "message": "The limit `rate` is used up; come back in 2 seconds.",
              "extensions": {
                "code": "rate_limited",
                "advice": "Wait as long as Retry-After says.",
                "retryable": true,
                "retryAfterMs": 1500,
                "requestId": "r-1"
              }
            }
          ]
        }
        "#);
    }
}
