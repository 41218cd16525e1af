//! What pingora reports as an error, as a problem of the catalogue.

use pingora::proxy::{FailToProxy, Session};
use pingora::{Error, ErrorSource, ErrorType};
use portico_contracts::problem::{Code, Problem};

use crate::exchange::Exchange;
use crate::respond::{self, Refusal};

/// Answers for an exchange that failed, if there is still somebody and something to answer.
pub(crate) async fn failed(session: &mut Session, error: &Error, exchange: &mut Exchange) -> FailToProxy {
    let fault = exchange.forwarding.as_mut().and_then(|forwarding| forwarding.fault.take());
    let upstream = *error.esource() == ErrorSource::Upstream;
    if upstream && let Some(forwarding) = &exchange.forwarding {
        exchange.upstream_time = forwarding.begun.elapsed();
        let role = forwarding.errand.role();
        exchange.telemetry.upstream_called(role, "proxied", "failed", exchange.upstream_time);
    }
    let problem = fault.or_else(|| problem(error).map(|problem| problem.because(cause(error))));
    let written = session.response_written().is_some_and(|response| !response.status.is_informational());
    let error_code = match problem {
        None => {
            exchange.abandoned = true;
            0
        }
        // Half an answer cannot be taken back; the connection is closed, so that nobody takes it for a whole one.
        Some(problem) if written => {
            let code = problem.code.status().as_u16();
            exchange.note_refusal(problem);
            code
        }
        Some(problem) => {
            let code = problem.code.status().as_u16();
            if respond::refuse(session, exchange, Refusal::closing(problem)).await.is_err() {
                exchange.abandoned = true;
            }
            code
        }
    };
    exchange.forwarding = None;
    FailToProxy { error_code, can_reuse_downstream: false }
}

/// None where the client is gone: there is nobody to tell.
fn problem(error: &Error) -> Option<Problem> {
    use ErrorType::{
        ConnectTimedout, ConnectionClosed, H1Error, H2Error, InvalidH2, InvalidHTTPHeader, ReadError, ReadTimedout,
        TLSHandshakeTimedout, WriteError, WriteTimedout,
    };
    let problem = match (error.esource(), error.etype()) {
        (ErrorSource::Downstream, ReadError | WriteError | WriteTimedout | ConnectionClosed | H2Error) => return None,
        (ErrorSource::Downstream, ReadTimedout) => {
            Problem::new(Code::RequestTimeout, "The body did not arrive in time.")
        }
        (ErrorSource::Downstream, _) => Problem::new(Code::BadRequest, "The request is malformed."),
        (ErrorSource::Upstream, ConnectTimedout | ReadTimedout | WriteTimedout | TLSHandshakeTimedout) => {
            Problem::new(Code::UpstreamTimeout, "The system of record did not answer in time.")
        }
        (ErrorSource::Upstream, InvalidHTTPHeader | H1Error | InvalidH2) => {
            Problem::new(Code::UpstreamMalformed, "The system of record sent an answer that cannot be read.")
        }
        (ErrorSource::Upstream, _) => {
            Problem::new(Code::UpstreamUnavailable, "The system of record cannot be reached.")
        }
        (ErrorSource::Internal | ErrorSource::Unset, _) => {
            Problem::new(Code::Internal, "The gateway failed on this request.")
        }
    };
    Some(problem)
}

/// The kind of error only: pingora's context repeats addresses and heads.
fn cause(error: &Error) -> String {
    format!("{} {}", error.source_str(), error.reason_str()).trim().to_owned()
}
