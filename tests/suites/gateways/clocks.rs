//! Gateways whose calendars are days apart, over a real Redis: its clock counts, theirs do not.
//!
//! The same over a store in memory, with clocks that run at different speeds, is in `policies/src/throttle/leases/tests.rs`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use portico_contracts::problem::Code;
use portico_contracts::tenancy::{ConsumerId, Scopes, TenantId, Tier};
use portico_gateway::store::RedisStore;
use portico_policies::authenticate::api_key::{KeyRecord, new_key};
use portico_policies::authenticate::{Authenticator, Circumstances, Credential, Issuers};
use portico_policies::throttle::{Hub, HubSettings, Limits, Places, Plan, Throttle, WhenAway};
use portico_policies::{Caller, Consumer, ConsumerKey, Now, Ticks};
use tokio::task::JoinHandle;

use super::rate;
use super::redis::Redis;

/// A caller who shows a key, which is the only way to be one.
async fn caller() -> Arc<Caller> {
    let key = new_key().expect("there is randomness");
    let owner = ConsumerKey {
        tenant: TenantId::parse("acme").expect("a name"),
        consumer: ConsumerId::parse("crm").expect("a name"),
    };
    let (plan, scopes) = (Arc::from("gold"), Arc::new(Scopes::default()));
    let consumer = Consumer { plan, tier: Tier::Standard, scopes, customers: None, documents: None };
    let consumers = [(owner.clone(), consumer)].into_iter().collect();
    let record = KeyRecord { owner, name: "test".into(), hash: key.hash, expires: None, scopes: None };
    let authenticator = Authenticator::new(Issuers::default(), consumers, [record]);
    let shown = Credential::Key(&key.plaintext);
    authenticator.authenticate(shown, Circumstances::default(), askew(0)).await.expect("it is known").caller
}

/// Now, by a calendar that is so many hours wrong.
fn askew(hours: i64) -> Now {
    let now = Now::new(SystemTime::now(), Instant::now());
    Now { unix: now.unix.saturating_add_signed(hours * 3_600), ..now }
}

struct One {
    throttle: Arc<Throttle>,
    hours: i64,
    serving: JoinHandle<()>,
}

impl One {
    fn new(redis: &Redis, limits: &Limits, hours: i64) -> One {
        let store = Arc::new(RedisStore::new(&redis.store()).expect("an address"));
        let ticks = Ticks::real();
        let settings = HubSettings {
            gateway: format!("askew{hours}").into(),
            timeout: Duration::from_secs(1),
            lease_percent: 5,
            gateways: 1,
        };
        let hub = Hub::new(store, settings, ticks.clone());
        let serving = tokio::spawn({
            let hub = Arc::clone(&hub);
            async move { hub.serve().await }
        });
        One { throttle: Arc::new(Throttle::new(limits, ticks, Some(hub))), hours, serving }
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_that_are_days_apart_have_one_day_and_one_month() {
    let redis = Redis::start();
    let fast = rate(100_000, Duration::from_secs(1), 100_000);
    let gold = |daily: Option<u32>, monthly: Option<u32>| Plan {
        rate: fast,
        daily: daily.and_then(|n| n.try_into().ok()),
        monthly: monthly.and_then(|n| n.try_into().ok()),
        concurrency: 100.try_into().expect("not zero"),
        cost: fast,
        away: WhenAway::Deny,
    };
    let caller = caller().await;
    for (plan, limit, violated) in [(gold(Some(90), None), 90, "day"), (gold(None, Some(200)), 200, "month")] {
        let limits = Limits {
            plans: [("gold".into(), plan)].into(),
            tenants: HashMap::new(),
            places: Vec::new(),
            address: fast,
            addresses: 10,
        };
        let all: Vec<One> = [-40 * 24, -7, 0, 31, 40 * 24].map(|hours| One::new(&redis, &limits, hours)).into();
        for one in all.iter().chain(&all) {
            one.throttle.keep_in_touch().await;
        }
        let (mut admitted, mut refused) = (0, 0);
        // Until nobody has any more: a lease that one holds is not another's.
        while refused < 2 * all.len() {
            for one in &all {
                match one.throttle.admit(&caller, Places::default(), askew(one.hours)).await {
                    Ok(_) => (admitted, refused) = (admitted + 1, 0),
                    Err(no) => {
                        refused += 1;
                        assert_eq!(
                            (no.problem.code, &*no.problem.violated),
                            (Code::QuotaExceeded, &[violated.into()][..])
                        );
                    }
                }
            }
        }
        assert!((limit - 5..=limit).contains(&admitted), "{admitted} of {limit}");
    }
}
