//! The seam to the composite layer: a request becomes a prepared plan, its scopes checked and its price charged.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use portico_composites::engine::{Asking, Prepared, Question, Refused};
use portico_composites::estate::Estate;
use portico_composites::operations::Operation;
use portico_contracts::problem::{Code, Problem};
use portico_policies::authorize::Grant;

use super::body::Sent;
use super::conditions;
use super::wish::wish;
use crate::exchange::Exchange;
use crate::respond::{MediaType, Refusal};
use crate::serve::now;
use crate::settings::{self, HttpProfile};
use crate::stages::admit::Head;
use crate::stages::authorize::require;

/// A prepared answer of the composite layer.
pub(crate) struct Composition {
    /// What is to be asked.
    pub(crate) prepared: Prepared,
    /// In which shape it is answered: GraphQL's, or the published operation's.
    pub(crate) operation: Option<Arc<Operation>>,
}

/// Prepares a GraphQL request.
pub(super) async fn graphql(
    question: &Question,
    head: &Head,
    headers: &HeaderMap,
    exchange: &mut Exchange,
    grant: &Grant,
) -> Result<Composition, Refusal> {
    let snapshot = Arc::clone(&exchange.snapshot);
    let estate = estate(exchange, grant)?;
    let prepared = {
        let gate = conditions::gate(&snapshot, grant.caller(), &exchange.place, &head.method);
        let by = Asking { principal: &grant.caller().principal, wish: wish(headers), gate: &gate };
        snapshot.engine.prepare(question, &estate, &by)
    };
    let prepared = prepared.map_err(|refused| refusal(refused, head, exchange))?;
    note_asked(&prepared, exchange, grant);
    charge(&prepared, exchange, grant).await?;
    Ok(Composition { prepared, operation: None })
}

/// Prepares a published operation.
pub(super) async fn operation(
    published: &settings::Operation,
    path: &[(String, String)],
    sent: Sent,
    headers: &HeaderMap,
    exchange: &mut Exchange,
    grant: &Grant,
) -> Result<Composition, Refusal> {
    let snapshot = Arc::clone(&exchange.snapshot);
    let estate = estate(exchange, grant)?;
    let compiled = snapshot
        .published
        .operation(published)
        .ok_or_else(|| Problem::new(Code::Internal, "The operation is not compiled.").because(&published.file))?;
    let path: Vec<(&str, &str)> = path.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let query = sent.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let variables = match sent.body {
        Some(_) if !sent.query.is_empty() => {
            return Err(Problem::new(Code::ParameterInvalid, "This path takes its parameters in the body.").into());
        }
        Some(body) => compiled.from_body(&path, body)?,
        None => compiled.from_query(&path, query)?,
    };
    if let Some(condition) = &published.condition {
        require(condition, "This operation", grant.caller(), (&exchange.place, &exchange.method), &variables)?;
    }
    let prepared = {
        let gate = conditions::gate(&snapshot, grant.caller(), &exchange.place, &exchange.method);
        let by = Asking { principal: &grant.caller().principal, wish: wish(headers), gate: &gate };
        snapshot.engine.prepare_document(Arc::clone(compiled.document()), &variables, &estate, &by)
    };
    let prepared = prepared.map_err(|refused| Refusal::from(refused.problem))?;
    note_asked(&prepared, exchange, grant);
    charge(&prepared, exchange, grant).await?;
    Ok(Composition { prepared, operation: Some(Arc::clone(compiled)) })
}

/// The caller's tenant decides whose systems are asked; nothing in the request does.
fn estate(exchange: &Exchange, grant: &Grant) -> Result<Arc<Estate>, Refusal> {
    let estate = exchange.snapshot.estates.of(&grant.caller().principal.tenant).cloned();
    estate.ok_or_else(|| Problem::new(Code::Internal, "The tenant's systems are not set up.").into())
}

/// For the audit trail: what is asked for, as digests.
fn note_asked(prepared: &Prepared, exchange: &mut Exchange, grant: &Grant) {
    let Some(trail) = exchange.telemetry.trail() else { return };
    let (digests, tenant) = (trail.digests(), &grant.caller().principal.tenant);
    let of_key =
        |(entity, by, key): (&str, &str, &str)| format!("{entity}.{by}:{}", digests.of(tenant, entity, by, key));
    let mut keys: Vec<String> = prepared.keys().map(of_key).collect();
    keys.sort_unstable();
    keys.dedup();
    exchange.audited.keys = keys;
    exchange.audited.operation = prepared.operation_name().map(str::to_owned);
}

/// Takes the price before anything is asked; what was not used is given back with the answer.
async fn charge(prepared: &Prepared, exchange: &mut Exchange, grant: &Grant) -> Result<(), Refusal> {
    let price = prepared.price().points();
    exchange.cost = Some(price);
    let charged = exchange.snapshot.throttle.spend(grant.caller(), price, now()).await;
    let left = exchange.left.take().unwrap_or_default();
    match charged {
        Ok(cost) => {
            exchange.left = Some(left.and(&cost));
            Ok(())
        }
        Err(refused) => {
            exchange.left = Some(left.and(&refused.left));
            Err(refused.problem.into())
        }
    }
}

/// A refused document, in the status that the profile and the caller's media type ask for.
fn refusal(mut refused: Refused, head: &Head, exchange: &Exchange) -> Refusal {
    if refused.problem.code == Code::MutationNotAllowed {
        if head.method != Method::POST {
            return refused.problem.allow("POST").into();
        }
        // Over POST it is one more thing that the schema does not have.
        refused.problem.code = Code::DocumentInvalid;
        refused.of_document = true;
    }
    let errors = refused.graphql(exchange.request_id());
    let status = match (exchange.snapshot.settings.graphql.profile, exchange.media) {
        _ if !refused.of_document => refused.problem.code.status(),
        (HttpProfile::Audit, MediaType::Json) => StatusCode::OK,
        (HttpProfile::Audit, _) => StatusCode::BAD_REQUEST,
        (HttpProfile::Draft2026, _) if refused.problem.code == Code::DocumentMalformed => StatusCode::BAD_REQUEST,
        (HttpProfile::Draft2026, _) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Refusal::from(refused.problem).with_errors(status, errors)
}
