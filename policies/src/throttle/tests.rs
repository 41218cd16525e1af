use std::time::Instant;

use governor::clock::FakeRelativeClock;

use super::*;
use crate::authenticate::samples::{caller, now, tenant};

const SECOND: Duration = Duration::from_secs(1);

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn rate(count: u32, burst: u32) -> Rate {
    Rate::new(n(count), SECOND, n(burst)).unwrap()
}

fn limits() -> Limits {
    let gold = Plan {
        rate: rate(10, 20),
        daily: None,
        monthly: None,
        concurrency: n(30),
        cost: Rate::new(n(600), 60 * SECOND, n(100)).unwrap(),
        away: WhenAway::Share,
    };
    let silver = Plan { rate: rate(2, 2), daily: Some(n(5)), ..gold };
    Limits {
        plans: [("gold".into(), gold), ("silver".into(), silver)].into(),
        tenants: HashMap::new(),
        places: Vec::new(),
        address: rate(5, 5),
        addresses: 1000,
    }
}

fn throttle(limits: &Limits) -> (Throttle, FakeRelativeClock) {
    let (ticks, hand) = Ticks::fake();
    hand.advance(3600 * SECOND);
    (Throttle::new(limits, ticks, None), hand)
}

fn on(plan: &str, tenant: &str, consumer: &str) -> Caller {
    let mut caller = Arc::into_inner(caller(tenant, consumer, &[])).unwrap();
    caller.plan = plan.into();
    caller
}

/// What does not wait: where one gateway counts by itself, nothing does.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

fn admit(throttle: &Throttle, caller: &Caller, now: Now) -> Result<Allowance, Box<Refused>> {
    at_once(throttle.admit(caller, Places::default(), now))
}

fn answer(result: &Result<Allowance, Box<Refused>>) -> String {
    let (mut text, left) = match result {
        Ok(allowance) => ("admitted".to_owned(), &*allowance.left),
        Err(refused) => (format!("{} after {:?}", refused.problem, refused.problem.retry_after), &refused.left),
    };
    for (name, value) in left.headers() {
        text += &format!("\n{name}: {}", value.to_str().unwrap());
    }
    text
}

/// How many of so many requests are admitted now, one after the other.
fn admitted(throttle: &Throttle, caller: &Caller, of: u32) -> usize {
    (0..of).filter(|_| admit(throttle, caller, now()).is_ok()).count()
}

#[test]
fn an_answer_tells_what_was_agreed_and_what_is_left() {
    let (throttle, _) = throttle(&limits());
    insta::assert_snapshot!(answer(&admit(&throttle, &on("gold", "acme", "crm"), now())), @r#"
    admitted
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=10;t=1, "concurrent";r=29
    "#);
    insta::assert_snapshot!(answer(&admit(&throttle, &on("silver", "acme", "partner"), now())), @r#"
    admitted
    ratelimit-policy: "rate";q=2;w=1, "day";q=5;w=86400, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=1;t=1, "day";r=4;t=86400, "concurrent";r=29
    "#);
}

#[test]
fn a_burst_is_admitted_and_then_the_rate() {
    let (throttle, hand) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    assert_eq!(admitted(&throttle, &crm, 50), 20);
    insta::assert_snapshot!(answer(&admit(&throttle, &crm, now())), @r#"
    rate_limited: The limit `rate` is used up; come back in 1 second. after Some(100ms)
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=0;t=1, "concurrent";r=29
    "#);
    hand.advance(Duration::from_millis(99));
    assert_eq!(admitted(&throttle, &crm, 5), 0);
    hand.advance(Duration::from_millis(1));
    assert_eq!(admitted(&throttle, &crm, 5), 1);
    hand.advance(SECOND);
    assert_eq!(admitted(&throttle, &crm, 50), 10);
    hand.advance(3600 * SECOND);
    assert_eq!(admitted(&throttle, &crm, 50), 20, "a long rest saves up no more than the burst");
}

#[test]
fn no_window_edge_doubles_the_rate() {
    let (throttle, hand) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    let mut total = 0;
    for _ in 0..100 {
        total += admitted(&throttle, &crm, 50);
        hand.advance(Duration::from_millis(100));
    }
    assert!(total <= 20 + 100, "{total} in ten seconds at 10/s with a burst of 20");
}

#[test]
fn asking_again_does_not_make_the_wait_longer() {
    let (throttle, hand) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    admitted(&throttle, &crm, 20);
    for _ in 0..1000 {
        let refused = admit(&throttle, &crm, now()).unwrap_err();
        assert_eq!(refused.problem.retry_after, Some(Duration::from_millis(100)));
    }
    hand.advance(Duration::from_millis(100));
    assert_eq!(admitted(&throttle, &crm, 1), 1);
}

#[test]
fn neither_consumers_nor_tenants_of_the_same_name_share() {
    let (throttle, _) = throttle(&limits());
    assert_eq!(admitted(&throttle, &on("gold", "acme", "crm"), 50), 20);
    assert_eq!(admitted(&throttle, &on("gold", "globex", "crm"), 50), 20);
    assert_eq!(admitted(&throttle, &on("gold", "acme", "support"), 50), 20);
    assert_eq!(admitted(&throttle, &on("gold", "a", "bc"), 50), 20);
    assert_eq!(admitted(&throttle, &on("gold", "ab", "c"), 50), 20, "no delimiter, no collision");
}

#[test]
fn the_day_has_an_end() {
    let (throttle, hand) = throttle(&limits());
    let partner = on("silver", "acme", "partner");
    for _ in 0..10 {
        drop(admit(&throttle, &partner, now()));
        hand.advance(SECOND);
    }
    insta::assert_snapshot!(answer(&admit(&throttle, &partner, now())), @r#"
    quota_exceeded: The limit `day` is used up; come back in 86400 seconds. after Some(86400s)
    ratelimit-policy: "rate";q=2;w=1, "day";q=5;w=86400, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=1;t=1, "day";r=0;t=86400, "concurrent";r=29
    "#);
    assert!(admit(&throttle, &partner, now().later(86_400 * SECOND)).is_ok());
}

#[test]
fn the_month_has_an_end_and_what_it_refuses_costs_nothing_of_the_day() {
    let mut limits = limits();
    let silver = limits.plans.get_mut("silver").unwrap();
    (silver.rate, silver.monthly) = (rate(100, 100), Some(n(7)));
    let (throttle, _) = throttle(&limits);
    let partner = on("silver", "acme", "partner");
    let day = 86_400 * SECOND;
    assert_eq!(admitted(&throttle, &partner, 9), 5);
    let tomorrow = now().later(day);
    insta::assert_snapshot!(answer(&admit(&throttle, &partner, tomorrow)), @r#"
    admitted
    ratelimit-policy: "rate";q=100;w=1, "day";q=5;w=86400, "month";q=7;w=2678400, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=94;t=1, "day";r=4;t=86400, "month";r=1;t=2592000, "concurrent";r=29
    "#);
    assert!(admit(&throttle, &partner, tomorrow).is_ok());
    for _ in 0..20 {
        let refused = admit(&throttle, &partner, tomorrow).unwrap_err().problem;
        assert_eq!((refused.code, refused.violated), (Code::QuotaExceeded, vec!["month".into()]));
        assert_eq!(refused.retry_after, Some(30 * day), "the test begins on the first of January");
    }
    let february = now().later(31 * day);
    insta::assert_snapshot!(answer(&admit(&throttle, &partner, february)), @r#"
    admitted
    ratelimit-policy: "rate";q=100;w=1, "day";q=5;w=86400, "month";q=7;w=2678400, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=92;t=1, "day";r=4;t=86400, "month";r=6;t=2419200, "concurrent";r=29
    "#);
}

#[test]
fn a_place_has_a_limit_for_each_consumer_beside_its_plan() {
    let mut limits = limits();
    let (api, route) = (place("partner/v1", 3), place("partner/v1 GET /orders", 1));
    limits.places = vec![api.clone(), route.clone()];
    let (throttle, hand) = throttle(&limits);
    let (crm, support) = (on("gold", "acme", "crm"), on("gold", "acme", "support"));
    let ask = |caller: &Caller, places: Places<'_>| answer(&at_once(throttle.admit(caller, places, now())));
    let orders = Places { api: Some(&api), route: Some(&route) };
    insta::assert_snapshot!(ask(&crm, orders), @r#"
    admitted
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost", "api";q=1;w=1, "route";q=1;w=1
    ratelimit: "rate";r=10;t=1, "concurrent";r=29, "api";r=1;t=1, "route";r=0;t=1
    "#);
    insta::assert_snapshot!(ask(&crm, orders), @r#"
    rate_limited: The limit `route` is used up; come back in 1 second. after Some(1s)
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost", "api";q=1;w=1, "route";q=1;w=1
    ratelimit: "rate";r=10;t=1, "concurrent";r=29, "api";r=1;t=1, "route";r=0;t=1
    "#);
    // The route's refusal cost nothing of the version's limit.
    for _ in 0..2 {
        assert!(ask(&crm, Places { api: Some(&api), route: None }).starts_with("admitted"));
    }
    assert!(ask(&crm, Places { api: Some(&api), route: None }).contains("The limit `api` is used up"));
    assert!(ask(&crm, Places::default()).starts_with("admitted"));
    assert!(ask(&support, orders).starts_with("admitted"), "others have their own");
    assert!(ask(&on("gold", "globex", "crm"), orders).starts_with("admitted"), "and so have other tenants");
    let reloaded = throttle.carry_over(&limits);
    assert!(at_once(reloaded.admit(&crm, orders, now())).is_err(), "a reload keeps what was counted");
    hand.advance(SECOND);
    assert!(at_once(reloaded.admit(&crm, orders, now())).is_ok());
}

fn place(name: &str, burst: u32) -> PlaceLimit {
    PlaceLimit { place: name.into(), rate: rate(1, burst) }
}

#[test]
fn a_tenants_day_is_shared_by_its_consumers_and_nobody_else() {
    let mut limits = limits();
    let together = TenantPlan { daily: Some(n(3)), monthly: Some(n(100)), ..TenantPlan::default() };
    limits.tenants.insert(tenant("acme"), together);
    let (throttle, _) = throttle(&limits);
    assert_eq!(admitted(&throttle, &on("gold", "acme", "crm"), 2), 2);
    assert_eq!(admitted(&throttle, &on("gold", "acme", "support"), 2), 1);
    insta::assert_snapshot!(answer(&admit(&throttle, &on("gold", "acme", "support"), now())), @r#"
    quota_exceeded: The limit `tenant-day` is used up; come back in 86400 seconds. after Some(86400s)
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost", "tenant-day";q=3;w=86400, "tenant-month";q=100;w=2678400
    ratelimit: "rate";r=10;t=1, "concurrent";r=29, "tenant-day";r=0;t=86400
    "#);
    assert_eq!(admitted(&throttle, &on("gold", "globex", "crm"), 20), 20);
}

#[test]
fn requests_at_once_are_limited_until_one_ends() {
    let mut limits = limits();
    limits.plans.get_mut("gold").unwrap().concurrency = n(2);
    let (throttle, _) = throttle(&limits);
    let crm = on("gold", "acme", "crm");
    let (first, second) = (admit(&throttle, &crm, now()).unwrap(), admit(&throttle, &crm, now()).unwrap());
    insta::assert_snapshot!(answer(&admit(&throttle, &crm, now())), @r#"
    too_many_concurrent: The limit `concurrent` allows 2 requests at once. after Some(1s)
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=2;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "concurrent";r=0
    "#);
    drop(first);
    assert!(admit(&throttle, &crm, now()).is_ok());
    drop(second);
    for _ in 0..100 {
        drop(admit(&throttle, &crm, now()));
    }
    let places = [admit(&throttle, &crm, now()), admit(&throttle, &crm, now())];
    assert!(
        places.iter().all(|place| !matches!(place, Err(refused) if refused.problem.code == Code::TooManyConcurrent)),
        "refusals leak no place"
    );
}

#[test]
fn a_tenants_limit_holds_for_all_its_consumers_and_costs_the_refused_nothing() {
    let mut limits = limits();
    let together = TenantPlan { rate: Some(rate(1, 25)), concurrency: Some(n(40)), ..TenantPlan::default() };
    limits.tenants.insert(tenant("acme"), together);
    let (throttle, hand) = throttle(&limits);
    let (crm, support) = (on("gold", "acme", "crm"), on("gold", "acme", "support"));
    assert_eq!(admitted(&throttle, &crm, 50), 20, "a flood beyond its own rate does not spend the tenant's");
    assert_eq!(admitted(&throttle, &support, 50), 5);
    insta::assert_snapshot!(answer(&admit(&throttle, &support, now())), @r#"
    rate_limited: The limit `tenant` is used up; come back in 1 second. after Some(1s)
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost", "tenant";q=1;w=1, "tenant-concurrent";q=40;qu="concurrent-requests"
    ratelimit: "rate";r=10;t=1, "concurrent";r=29, "tenant";r=0;t=1, "tenant-concurrent";r=39
    "#);
    assert_eq!(admitted(&throttle, &on("gold", "globex", "crm"), 50), 20, "others do not feel it");
    hand.advance(25 * SECOND);
    assert_eq!(admitted(&throttle, &support, 50), 20, "its own budget was not spent by refusals");
}

#[test]
fn a_tenants_places_are_shared() {
    let mut limits = limits();
    limits.tenants.insert(tenant("acme"), TenantPlan { concurrency: Some(n(1)), ..TenantPlan::default() });
    let (throttle, _) = throttle(&limits);
    let place = admit(&throttle, &on("gold", "acme", "crm"), now()).unwrap();
    let refused = admit(&throttle, &on("gold", "acme", "support"), now()).unwrap_err();
    assert_eq!(refused.problem.violated, ["tenant-concurrent"]);
    drop(place);
    assert!(admit(&throttle, &on("gold", "acme", "support"), now()).is_ok());
}

#[test]
fn query_cost_is_charged_before_it_is_caused() {
    let (throttle, hand) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    let spend = |cost| match at_once(throttle.spend(&crm, cost, now())) {
        Ok(left) => left.limit_header(),
        Err(refused) => {
            format!("{} after {:?}; {}", refused.problem, refused.problem.retry_after, refused.left.limit_header())
        }
    };
    let mut answers = vec![spend(101), spend(u64::MAX), spend(60), spend(60), spend(40), spend(1), spend(0)];
    hand.advance(SECOND);
    answers.push(spend(10));
    throttle.refund(&crm, 10, Duration::ZERO);
    answers.push(spend(10));
    throttle.refund(&crm, u64::MAX, Duration::ZERO);
    answers.push(spend(100));
    insta::assert_snapshot!(answers.join("\n"), @r#"
    query_too_costly: The query costs 101 and the plan allows 100 at once. after None; 
    query_too_costly: The query costs 18446744073709551615 and the plan allows 100 at once. after None; 
    "cost";r=40;t=56
    cost_budget_spent: The query costs 60 and 40 are left of the plan's budget. after Some(2s); "cost";r=40;t=2
    "cost";r=0;t=60
    cost_budget_spent: The query costs 1 and 0 are left of the plan's budget. after Some(100ms); "cost";r=0;t=1
    cost_budget_spent: The query costs 0 and 0 are left of the plan's budget. after Some(100ms); "cost";r=0;t=1
    "cost";r=0;t=60
    "cost";r=0;t=60
    "cost";r=0;t=60
    "#);
}

#[test]
fn an_unknown_plan_is_never_unlimited() {
    let (throttle, _) = throttle(&limits());
    let nobody = on("platinum", "acme", "crm");
    assert_eq!(admit(&throttle, &nobody, now()).unwrap_err().problem.code, Code::Internal);
    assert_eq!(at_once(throttle.spend(&nobody, 1, now())).unwrap_err().problem.code, Code::Internal);
}

#[test]
fn a_reload_keeps_what_was_counted() {
    let before = limits();
    let (throttle, hand) = throttle(&before);
    let (crm, partner) = (on("gold", "acme", "crm"), on("silver", "acme", "partner"));
    admitted(&throttle, &crm, 20);
    admitted(&throttle, &partner, 2);
    let place = admit(&throttle, &on("gold", "acme", "support"), now()).unwrap();
    let mut after = before;
    let silver = after.plans.get_mut("silver").unwrap();
    silver.rate = rate(4, 4);
    silver.daily = Some(n(3));
    after.plans.get_mut("gold").unwrap().concurrency = n(1);
    let reloaded = throttle.carry_over(&after);
    assert_eq!(admitted(&reloaded, &crm, 5), 0, "a rate that did not change is still spent");
    assert_eq!(admitted(&reloaded, &partner, 5), 1, "a new rate starts fresh, the day goes on");
    let refused = admit(&reloaded, &on("gold", "acme", "support"), now()).unwrap_err();
    assert_eq!(refused.problem.code, Code::TooManyConcurrent, "requests under way are counted by the new limit");
    drop(place);
    hand.advance(SECOND);
    assert!(admit(&reloaded, &on("gold", "acme", "support"), now()).is_ok());
}

#[test]
fn an_address_is_slowed_down_and_an_ipv6_network_is_one_address() {
    let (throttle, hand) = throttle(&limits());
    let tries = |address: &str| (0..20).filter(|_| throttle.address(address.parse().unwrap()).is_ok()).count();
    assert_eq!(tries("192.0.2.1"), 5);
    assert_eq!(tries("192.0.2.2"), 5);
    assert_eq!(tries("2001:db8::1"), 5);
    assert_eq!(tries("2001:db8::2"), 0);
    let refused = throttle.address("192.0.2.1".parse().unwrap()).unwrap_err();
    insta::assert_snapshot!(refused, @"address_rate_limited: The limit `address` is used up; come back in 1 second.");
    assert_eq!(refused.retry_after, Some(Duration::from_millis(200)));
    hand.advance(SECOND);
    assert_eq!(tries("192.0.2.1"), 5);
}

#[test]
fn a_flood_of_addresses_meets_a_bound_and_spares_those_already_known() {
    let (throttle, hand) = throttle(&limits());
    let friend: IpAddr = "192.0.2.1".parse().unwrap();
    assert!(throttle.address(friend).is_ok());
    let mut refused = 0;
    for n in 0..100_000u32 {
        refused += u32::from(throttle.address(std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).into()).is_err());
    }
    assert_eq!(throttle.addresses_counted(), 1000);
    assert!(refused > 90_000, "strangers beyond the bound share: {refused} refused");
    assert!(throttle.address(friend).is_ok());
    hand.advance(10 * SECOND);
    throttle.prune(now());
    assert_eq!(throttle.addresses_counted(), 0);
    assert!(throttle.address("198.51.100.1".parse().unwrap()).is_ok());
}

#[test]
fn pruning_forgets_the_idle_and_no_one_else() {
    let (throttle, hand) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    admitted(&throttle, &crm, 20);
    throttle.prune(now());
    assert_eq!(admitted(&throttle, &crm, 5), 0, "a spent budget is remembered");
    hand.advance(3 * SECOND);
    throttle.prune(now());
    assert_eq!(throttle.plans["gold"].rate.limiter().unwrap().len(), 0);
    assert_eq!(admitted(&throttle, &crm, 50), 20);
}

#[test]
fn many_threads_are_admitted_exactly_the_burst() {
    let (throttle, _) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    let total: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| admitted(&throttle, &crm, 1000))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(total, 20);
}

/// Not a measurement: those are made with optimisation, in `load-tests`. It fails if something becomes slow by orders.
#[test]
fn a_check_is_cheap() {
    let mut limits = limits();
    limits.plans.get_mut("gold").unwrap().rate = rate(1_000_000, 1_000_000);
    let throttle = Throttle::new(&limits, Ticks::real(), None);
    let crm = on("gold", "acme", "crm");
    let started = Instant::now();
    for _ in 0..10_000 {
        drop(admit(&throttle, &crm, now()));
    }
    let each = started.elapsed() / 10_000;
    assert!(each < Duration::from_micros(100), "{each:?} a check");
}
