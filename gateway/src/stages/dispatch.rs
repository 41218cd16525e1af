//! Stage 10: what was permitted is done. It takes the [`Permit`]: without one there is nothing to dispatch.

mod compose;
mod notices;
mod subscribe;

use pingora::Result;
use pingora::proxy::Session;

use crate::exchange::Exchange;
use crate::respond;
use crate::stages::forward::Forwarding;
use crate::stages::prepare::{Permit, Work, invite};

pub(crate) use notices::forget;

/// Answers in this process, or leaves the permit in the exchange until pingora asks for the upstream (`false`).
pub(crate) async fn dispatch(permit: Permit, session: &mut Session, exchange: &mut Exchange) -> Result<bool> {
    let origin = exchange.identified(session).clone();
    match permit.work() {
        Work::Forward(_) => {
            invite(session).await?;
            exchange.forwarding = Forwarding::new(permit, &origin, exchange.subject.take());
            return Ok(false);
        }
        Work::Describe(version) => {
            let description = exchange.snapshot.published.description(version).cloned().unwrap_or_default();
            respond::write(session, exchange, respond::json(description)).await?;
        }
        Work::Compose(_) => compose::answer(permit, session, exchange).await?,
        Work::Subscribe(_) => subscribe::stream(permit, session, exchange).await?,
    }
    Ok(true)
}
