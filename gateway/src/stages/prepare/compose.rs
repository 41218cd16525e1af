//! The seam to the composite layer: a request becomes a prepared plan, with its scopes checked and its price charged.

use http::header::CACHE_CONTROL;
use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};
use portico_policies::authorize::Grant;

use super::body::Sent;
use super::graphql::GraphqlRequest;
use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::Operation;

/// A prepared answer of the composite layer.
pub(crate) struct Composition {}

/// Prepares a GraphQL request.
pub(super) fn graphql(
    _request: GraphqlRequest,
    session: &Session,
    _exchange: &mut Exchange,
    _grant: &Grant,
) -> Result<Composition, Refusal> {
    let _ = session.get_header(CACHE_CONTROL);
    Err(Problem::new(Code::Overloaded, "The composite layer is not plugged in yet.").into())
}

/// Prepares a published operation.
pub(super) fn operation(
    _operation: &Operation,
    _path: Vec<(String, String)>,
    _sent: Sent,
    _session: &Session,
    _exchange: &mut Exchange,
    _grant: &Grant,
) -> Result<Composition, Refusal> {
    Err(Problem::new(Code::Overloaded, "The composite layer is not plugged in yet.").into())
}
