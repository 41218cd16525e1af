//! Stage 9: for GraphQL and operations, the bounded body, its document's price and its fields' scopes. The last check:
//! only it can make a [`Permit`]. A proxied body is not read; it streams.

pub(crate) mod accept;
mod body;
mod compose;
mod conditions;
mod graphql;
mod permit;
mod subscribe;
mod wish;

use std::sync::Arc;

use pingora::proxy::Session;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::Tier;
use portico_policies::authorize::Grant;
use portico_policies::throttle::Allowance;
use tokio::time::Instant;

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::ApiVersion;
use crate::stages::admit::Head;
use crate::stages::forward::Errand;
use crate::stages::route::Wanted;
use crate::stages::version::Versioned;

pub(crate) use body::{invite, whole};
pub(crate) use compose::Composition;
pub(crate) use permit::{Held, Permit, Time};
pub(crate) use subscribe::{Ended, Refreshed, Subscription};

/// What is permitted.
pub(crate) enum Work {
    /// To answer from the composite layer.
    Compose(Box<Composition>),
    /// To answer from it again and again, whenever something changed.
    Subscribe(Box<Subscription>),
    /// To carry the request to a tenant's system.
    Forward(Box<Errand>),
    /// To describe the version.
    Describe(Arc<ApiVersion>),
}

/// Makes ready what was asked for, or says why it cannot be had. 400, 403, 406, 408, 413, 415, 429.
pub(crate) async fn prepare(
    session: &mut Session,
    exchange: &mut Exchange,
    head: Head,
    wanted: Versioned,
    grant: Grant,
    allowance: Allowance,
) -> Result<Permit, Refusal> {
    let tier = tier(&wanted).unwrap_or(grant.caller().tier);
    let deadline = deadline(exchange, tier, &grant);
    let version = wanted.version;
    let work = match wanted.wanted {
        Wanted::Graphql => {
            let question = graphql::read(session, exchange, &head, grant.caller()).await?;
            let headers = &session.req_header().headers;
            match compose::graphql(&question, &head, headers, exchange, &grant).await? {
                composition if composition.prepared.is_subscription() => {
                    let subscription = subscribe::open(question, &composition.prepared, &head, exchange, &grant)?;
                    Work::Subscribe(Box::new(subscription))
                }
                composition => Work::Compose(Box::new(composition)),
            }
        }
        Wanted::Operation(operation, path) => {
            must_accept_json(&head)?;
            let sent = body::sent_to(&operation, session, exchange, &head).await?;
            let headers = &session.req_header().headers;
            Work::Compose(Box::new(compose::operation(&operation, &path, sent, headers, exchange, &grant).await?))
        }
        Wanted::Proxied(route, path, _) => Work::Forward(Box::new(Errand::new(&route, &path, head, exchange, &grant)?)),
        Wanted::Description => {
            must_accept_json(&head)?;
            Work::Describe(version.ok_or_else(|| Problem::new(Code::Internal, "A description without a version."))?)
        }
    };
    Ok(Permit::issue(grant, allowance, work, Time { deadline, tier }))
}

/// When the whole request must have been answered: as much as its tier gives, capped by the plan.
fn deadline(exchange: &Exchange, tier: Tier, grant: &Grant) -> Instant {
    let settings = &exchange.snapshot.settings;
    let patience = match settings.plans.get(&*grant.caller().plan) {
        Some(plan) => settings.deadline(tier, plan),
        None => settings.tiers.deadline(tier),
    };
    Instant::from_std(exchange.started) + patience
}

fn tier(wanted: &Versioned) -> Option<Tier> {
    let of_operation = match &wanted.wanted {
        Wanted::Operation(operation, _) => operation.tier,
        Wanted::Graphql | Wanted::Proxied(..) | Wanted::Description => None,
    };
    of_operation.or_else(|| wanted.version.as_ref().and_then(|version| version.tier))
}

fn must_accept_json(head: &Head) -> Result<(), Refusal> {
    if accept::json(head.accept.as_deref()) {
        return Ok(());
    }
    Err(Problem::new(Code::NotAcceptable, "This is answered as application/json.").into())
}
