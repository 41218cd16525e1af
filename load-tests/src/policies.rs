//! What the checks of one request cost by themselves: CPU time of the policies, without sockets, for callers whose
//! identity is known already.
//!
//! The gateway's own stages (reading heads, routing) and the composite layer are not in these figures; scenarios
//! measure the whole.

mod issuer;
mod thread_time;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use http::HeaderMap;
use portico_contracts::problem::Problem;
use portico_contracts::tenancy::{ConsumerId, TenantId, Tier};
use portico_policies::authenticate::{Authenticated, Authenticator, Circumstances, Credential, Issuers};
use portico_policies::authorize::condition::{Condition, Declared, Facts, RouteFacts};
use portico_policies::authorize::{Grant, Need, authorize};
use portico_policies::throttle::{Limits, Places, Plan, Rate, Throttle, WhenAway};
use portico_policies::version::{Api, Lifecycle, VersionNumber};
use portico_policies::{Caller, Consumer, ConsumerKey, Now, Ticks};
use serde_json::{Map, Value};

use issuer::Issued;
use thread_time::thread_time;

/// Callers that take turns, so that nothing is measured that is hot for one of them alone.
const CALLERS: usize = 64;
/// Calls that are timed together, and how often; the median of the rounds is told.
const CALLS: u32 = 4_000;
const ROUNDS: usize = 41;
/// The goal for all checks of a cached identity.
const GOAL: Duration = Duration::from_micros(10);

/// CPU time of one check, by its name, in nanoseconds.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Costs {
    /// One check each.
    nanoseconds: Vec<(&'static str, u64)>,
    /// All of them in a row, for one request.
    together: u64,
}

/// Everything that a gateway would hold.
struct Checks {
    authenticator: Authenticator,
    throttle: Throttle,
    api: Api,
    condition: Condition,
    tokens: Vec<String>,
    arguments: Map<String, Value>,
}

/// Measures them.
pub(crate) fn measure() -> anyhow::Result<Costs> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let checks = Checks::new().await?;
        let mut nanoseconds = Vec::new();
        for (name, check) in checks.one_by_one().await? {
            nanoseconds.push((name, median(check)?));
        }
        let together = checks.together().await?;
        Ok(Costs { nanoseconds, together })
    })
}

impl Costs {
    /// Whether the goal is met.
    pub(crate) fn meets_goal(&self) -> bool {
        Duration::from_nanos(self.together) < GOAL
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<34} {:>10}", "check", "CPU ns")?;
        for (name, nanoseconds) in &self.nanoseconds {
            writeln!(f, "{name:<34} {nanoseconds:>10}")?;
        }
        writeln!(f, "{:<34} {:>10}", "all of a request, in a row", self.together)?;
        let goal = GOAL.as_micros();
        write!(f, "goal: under {goal} µs: {}", if self.meets_goal() { "met" } else { "missed" })
    }
}

type Check<'c> = Box<dyn Fn(usize) -> anyhow::Result<()> + 'c>;

impl Checks {
    async fn new() -> anyhow::Result<Self> {
        let issued = Issued::new(CALLERS)?;
        let key = |at: usize| {
            Ok::<_, anyhow::Error>(ConsumerKey {
                tenant: TenantId::parse("acme")?,
                consumer: ConsumerId::parse(&issuer::consumer(at))?,
            })
        };
        let consumers = (0..CALLERS).map(|at| Ok((key(at)?, consumer()))).collect::<anyhow::Result<Vec<_>>>()?;
        let issuers = Issuers::new([issued.issuer()?], &issued.provider(), &Default::default(), None);
        let authenticator = Authenticator::new(issuers, consumers.into_iter().collect(), []);
        let arguments = serde_json::json!({ "number": "SO-1042" });
        let declared = [Declared { name: "number", ty: None, optional: false }];
        let condition = r#"principal.tier != "best_effort" && arguments.number.startsWith("SO-")"#;
        let checks = Checks {
            authenticator,
            throttle: Throttle::new(&limits()?, Ticks::real(), None),
            api: Api::new("partner", [(VersionNumber(2), Some("api:partner".to_owned()), Lifecycle::default())]),
            condition: Condition::compile(condition, &declared)?,
            tokens: issued.tokens,
            arguments: arguments.as_object().cloned().unwrap_or_default(),
        };
        // The first look at each token is not what is measured.
        for token in &checks.tokens {
            checks.believed(token).await.context("a token is not believed")?;
        }
        Ok(checks)
    }

    fn token(&self, call: usize) -> &str {
        &self.tokens[call % self.tokens.len()]
    }

    async fn believed(&self, token: &str) -> anyhow::Result<Authenticated> {
        let circumstances = Circumstances { certificate: None, asked: None };
        let believed = self.authenticator.authenticate(Credential::Token(token), circumstances, now()).await;
        believed.map_err(|rejected| said(&rejected.problem))
    }

    fn granted(caller: &Arc<Caller>) -> anyhow::Result<Grant> {
        let need = |place, scope| Need { place, scope: Some(scope) };
        let needs = [need("the API `partner`", "api:partner"), need("this path", "order:read")];
        authorize(caller, &needs).map_err(|problem| said(&problem))
    }

    fn condition(&self, caller: &Caller) -> anyhow::Result<()> {
        let route = RouteFacts { api: "partner", version: "v2", path: "/partner/v2/orders/{number}", method: "GET" };
        let facts = Facts { caller, route, arguments: &self.arguments };
        self.condition.require("This operation", &facts).map_err(|problem| said(&problem))
    }

    fn version(&self, caller: &Caller) -> anyhow::Result<()> {
        let scopes = &caller.principal.scopes;
        let selected = self.api.select(Some(VersionNumber(2)), &HeaderMap::new(), None, scopes, now());
        selected.map(drop).map_err(|none| said(&none.problem))
    }

    fn throttled(&self, caller: &Caller) -> anyhow::Result<()> {
        let admitted = at_once(self.throttle.admit(caller, Places::default(), now()))?;
        let allowance = admitted.map_err(|refused| said(&refused.problem))?;
        at_once(self.throttle.spend(caller, 8, now()))?.map_err(|refused| said(&refused.problem))?;
        self.throttle.refund(caller, 6, Duration::ZERO);
        drop(allowance);
        Ok(())
    }

    fn address(&self, call: usize) -> anyhow::Result<()> {
        let last = u8::try_from(call % CALLERS).unwrap_or_default();
        let address = std::net::Ipv4Addr::new(192, 0, 2, last).into();
        self.throttle.address(address).map_err(|problem| said(&problem))
    }

    /// Each check by itself.
    async fn one_by_one(&self) -> anyhow::Result<Vec<(&'static str, Check<'_>)>> {
        let mut callers = Vec::new();
        for token in &self.tokens {
            callers.push(self.believed(token).await?.caller);
        }
        let callers = Arc::new(callers);
        let of = |callers: &Arc<Vec<Arc<Caller>>>| {
            let callers = Arc::clone(callers);
            move |call: usize| Arc::clone(&callers[call % callers.len()])
        };
        let (one, two, three, four) = (of(&callers), of(&callers), of(&callers), of(&callers));
        Ok(vec![
            ("address", Box::new(|call| self.address(call)) as Check<'_>),
            ("authenticate, a known token", Box::new(|call| at_once(self.believed(self.token(call)))?.map(drop))),
            ("version", Box::new(move |call| self.version(&one(call)))),
            ("authorize, two scopes", Box::new(move |call| Self::granted(&two(call)).map(drop))),
            ("condition of two terms", Box::new(move |call| self.condition(&three(call)))),
            ("throttle, cost and its refund", Box::new(move |call| self.throttled(&four(call)))),
        ])
    }

    /// All of them, in the order of a request.
    async fn together(&self) -> anyhow::Result<u64> {
        median(|call| {
            self.address(call)?;
            let caller = at_once(self.believed(self.token(call)))??.caller;
            self.version(&caller)?;
            let grant = Self::granted(&caller)?;
            self.condition(grant.caller())?;
            self.throttled(grant.caller())
        })
    }
}

/// The median of some rounds, in nanoseconds of this thread's CPU time a call.
fn median(mut check: impl FnMut(usize) -> anyhow::Result<()>) -> anyhow::Result<u64> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let before = thread_time()?;
        for call in 0..CALLS as usize {
            check(round * CALLS as usize + call)?;
        }
        rounds.push((thread_time()? - before) / CALLS);
    }
    rounds.sort_unstable();
    Ok(u64::try_from(rounds[ROUNDS / 2].as_nanos()).unwrap_or(u64::MAX))
}

/// What a known identity is told without waiting for anybody.
fn at_once<T>(answer: impl Future<Output = T>) -> anyhow::Result<T> {
    use futures_util::FutureExt;
    answer.now_or_never().context("a known identity was waited for")
}

fn consumer() -> Consumer {
    let scopes = ["api:partner", "order:read", "product:read", "customer:read"].into_iter().collect();
    Consumer { plan: "gold".into(), tier: Tier::Standard, scopes: Arc::new(scopes), customers: None, documents: None }
}

/// Limits that count and are never met.
fn limits() -> anyhow::Result<Limits> {
    let many = NonZeroU32::new(100_000_000).context("not zero")?;
    let rate = Rate::new(many, Duration::from_secs(1), many)?;
    let daily = NonZeroU32::new(u32::MAX);
    let plan = Plan { rate, daily, monthly: None, concurrency: many, cost: rate, away: WhenAway::default() };
    Ok(Limits {
        plans: HashMap::from([("gold".into(), plan)]),
        tenants: HashMap::new(),
        places: Vec::new(),
        address: rate,
        addresses: 1_000,
    })
}

fn now() -> Now {
    Now::new(SystemTime::now(), Instant::now())
}

fn said(problem: &Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem}: {}", problem.cause.as_deref().unwrap_or("without a cause"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long they take is for a quiet machine to say; that every check is made and none is skipped, any may.
    #[test]
    fn every_check_is_made_and_costs_something() {
        let costs = measure().expect("every check passes");
        assert_eq!(costs.nanoseconds.len(), 6);
        assert!(costs.nanoseconds.iter().all(|(_, nanoseconds)| *nanoseconds > 0), "{costs}");
        let most = costs.nanoseconds.iter().map(|(_, nanoseconds)| *nanoseconds).max();
        assert!(Some(costs.together) > most, "{costs}");
    }
}
