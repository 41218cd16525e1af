//! Stage 10: what was permitted is done. It takes the [`Permit`]: without one there is nothing to dispatch.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use pingora::Result;
use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};

use crate::exchange::Exchange;
use crate::respond::{self, Refusal, Reply};
use crate::stages::forward;
use crate::stages::prepare::{Permit, Work, invite};

/// Answers in this process, or leaves the permit in the exchange until pingora asks for the upstream (`false`).
pub(crate) async fn dispatch(mut permit: Permit, session: &mut Session, exchange: &mut Exchange) -> Result<bool> {
    match permit.work() {
        Work::Compose(_) => {
            let refusal = Refusal::from(Problem::new(Code::Internal, "The composite layer is not plugged in yet."));
            respond::refuse(session, exchange, refusal).await?;
        }
        Work::Describe(_) => respond::write(session, exchange, description()).await?,
        Work::Forward(_) => {
            invite(session).await?;
            exchange.forwarding = Some(forward::Forwarding::new(permit));
            return Ok(false);
        }
    }
    Ok(true)
}

fn description() -> Reply {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Reply { status: StatusCode::OK, headers, body: Bytes::from_static(b"{}") }
}
