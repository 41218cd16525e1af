//! A subscription: what is asked again whenever something changed, and everything that is checked again each time.
//!
//! Each event is like a request of its own. The credential is looked at again by the configuration in force, so that
//! an expired token, a revoked key, a lost scope or a smaller plan end it or change what it shows; the price is charged.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use portico_composites::connect::subject::Subject;
use portico_composites::engine::{Asking, Prepared, Question, Refused};
use portico_composites::fresh::Wish;
use portico_composites::news::Listener;
use portico_contracts::problem::{Code, Problem};
use portico_policies::authenticate::Authenticated;
use portico_policies::authorize::Grant;
use portico_policies::{Caller, ConsumerKey};
use tokio::time::Instant;

use super::{accept, conditions};
use crate::exchange::Exchange;
use crate::live::{Full, Place};
use crate::respond::Refusal;
use crate::serve::now;
use crate::snapshot::Snapshot;
use crate::stages::admit::Head;
use crate::stages::authenticate::Kept;
use crate::stages::authorize::authorize;
use crate::stages::route::Wanted;
use crate::stages::version::Versioned;

/// Before a budget that is spent is looked at again.
const PAUSE: Duration = Duration::from_secs(1);

/// An open subscription.
pub(crate) struct Subscription {
    question: Question,
    credential: Kept,
    consumer: ConsumerKey,
    listener: Option<Listener>,
    _place: Place<ConsumerKey>,
}

/// What one event may ask.
pub(crate) struct Refreshed {
    /// The question, prepared by the configuration in force.
    pub(crate) prepared: Prepared,
    /// Who asks, as of now.
    pub(crate) caller: Arc<Caller>,
    /// Its token, where a system exchanges it.
    pub(crate) subject: Option<Subject>,
    /// What is left of its budget for cost.
    pub(crate) remaining: Option<u64>,
    /// When it must have been answered.
    pub(crate) deadline: Instant,
}

/// Why there are no more events.
pub(crate) enum Ended {
    /// The caller may not ask any more.
    Caller,
    /// The question may not be asked any more.
    Question(Refused),
}

/// Opens one: it listens from now on. Nothing is asked yet, so its price is given back. 405, 406, 429, 503.
pub(super) fn open(
    question: Question,
    prepared: &Prepared,
    head: &Head,
    exchange: &mut Exchange,
    grant: &Grant,
) -> Result<Subscription, Refusal> {
    let price = prepared.price().points();
    let opened = may_open(question, prepared, head, exchange, grant);
    let unused = if opened.is_ok() { price.saturating_sub(1) } else { price };
    exchange.snapshot.throttle.refund(grant.caller(), unused, Duration::ZERO);
    exchange.cost = Some(u64::from(opened.is_ok()));
    opened.map_err(Refusal::from)
}

fn may_open(
    question: Question,
    prepared: &Prepared,
    head: &Head,
    exchange: &mut Exchange,
    grant: &Grant,
) -> Result<Subscription, Problem> {
    let credential = match exchange.credential.take() {
        Some(credential) if accept::events(head.accept.as_deref()) => credential,
        _ => return Err(Problem::new(Code::NotAcceptable, "A subscription is answered as text/event-stream.")),
    };
    if head.method == Method::HEAD {
        let detail = "A subscription takes GET, POST.";
        return Err(Problem::new(Code::MethodNotAllowed, detail).allow("GET, POST"));
    }
    let nobody = || Problem::new(Code::KeyUnsupported, "No system of this tenant can tell of such changes.");
    let topic = prepared.topic().ok_or_else(nobody)?;
    let (snapshot, caller) = (&exchange.snapshot, grant.caller());
    let plan = snapshot.settings.plans.get(&*caller.plan);
    let of_consumer = plan.map_or(1, |plan| plan.subscriptions);
    let place = snapshot.live.places.take(&caller.key, of_consumer, snapshot.settings.limits.subscriptions);
    let place = place.map_err(|full| no_place(full, of_consumer))?;
    let listener = snapshot.live.news.listen(&caller.principal.tenant, topic.entity, &topic.key);
    Ok(Subscription { question, credential, consumer: caller.key.clone(), listener: Some(listener), _place: place })
}

fn no_place(full: Full, of_consumer: usize) -> Problem {
    match full {
        Full::OfOne => Problem::new(
            Code::TooManyConcurrent,
            format!("This application has {of_consumer} subscriptions open, which is all it may have."),
        ),
        Full::OfAll => Problem::new(Code::Overloaded, "The gateway has no room for more subscriptions."),
    }
}

impl Subscription {
    /// What hears of the changes; once.
    pub(crate) fn listener(&mut self) -> Option<Listener> {
        self.listener.take()
    }

    /// Whether the caller is still who it was and may still ask.
    pub(crate) async fn caller(&self, snapshot: &Snapshot) -> Option<Arc<Caller>> {
        self.believed(snapshot).await.map(|believed| believed.caller)
    }

    async fn believed(&self, snapshot: &Snapshot) -> Option<Authenticated> {
        let believed = self.credential.again(snapshot, now()).await.ok()?;
        let wanted = Versioned { version: None, wanted: Wanted::Graphql };
        let caller = &believed.caller;
        let may = caller.key == self.consumer && authorize(caller, &wanted, &snapshot.graphql, &Method::POST).is_ok();
        may.then_some(believed)
    }

    /// Makes ready to ask again. Where the caller's budget is spent, it waits until there is some.
    pub(crate) async fn refresh(&self, snapshot: &Snapshot) -> Result<Refreshed, Ended> {
        loop {
            let believed = self.believed(snapshot).await.ok_or(Ended::Caller)?;
            let caller = Arc::clone(&believed.caller);
            if caller.documents.as_ref().is_some_and(|list| !list.trusts(&self.question.query)) {
                return Err(Ended::Caller);
            }
            let principal = &caller.principal;
            let estate = snapshot.estates.of(&principal.tenant).ok_or(Ended::Caller)?;
            let prepared = {
                let gate = conditions::gate(snapshot, &caller, &snapshot.graphql, &Method::POST);
                let by = Asking { principal, wish: Wish::default(), gate: &gate };
                snapshot.engine.prepare(&self.question, estate, &by)
            };
            let prepared = prepared.map_err(Ended::Question)?;
            match snapshot.throttle.spend(&caller, prepared.price().points(), now()).await {
                Ok(left) => {
                    let patience = match snapshot.settings.plans.get(&*caller.plan) {
                        Some(plan) => snapshot.settings.deadline(caller.tier, plan),
                        None => snapshot.settings.tiers.deadline(caller.tier),
                    };
                    let remaining = left.cost();
                    let subject = self.credential.subject(&believed, snapshot, now());
                    return Ok(Refreshed { prepared, caller, subject, remaining, deadline: Instant::now() + patience });
                }
                Err(refused) => tokio::time::sleep(refused.problem.retry_after.unwrap_or(PAUSE).max(PAUSE)).await,
            }
        }
    }
}
