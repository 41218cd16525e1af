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
        concurrency: n(30),
        cost: Rate::new(n(600), 60 * SECOND, n(100)).unwrap(),
    };
    let silver = Plan { rate: rate(2, 2), daily: Some(n(5)), ..gold };
    Limits {
        plans: [("gold".into(), gold), ("silver".into(), silver)].into(),
        tenants: HashMap::new(),
        address: rate(5, 5),
        addresses: 1000,
    }
}

fn throttle(limits: &Limits) -> (Throttle, FakeRelativeClock) {
    let (ticks, hand) = Ticks::fake();
    hand.advance(3600 * SECOND);
    (Throttle::new(limits, ticks), hand)
}

fn on(plan: &str, tenant: &str, consumer: &str) -> Caller {
    let mut caller = Arc::into_inner(caller(tenant, consumer, &[])).unwrap();
    caller.plan = plan.into();
    caller
}

fn answer(result: &Result<Allowance, Box<Refused>>) -> String {
    let (mut text, left) = match result {
        Ok(allowance) => ("admitted".to_owned(), &allowance.left),
        Err(refused) => (format!("{} after {:?}", refused.problem, refused.problem.retry_after), &refused.left),
    };
    for (name, value) in left.headers() {
        text += &format!("\n{name}: {}", value.to_str().unwrap());
    }
    text
}

/// How many of so many requests are admitted now, one after the other.
fn admitted(throttle: &Throttle, caller: &Caller, of: u32) -> usize {
    (0..of).filter(|_| throttle.admit(caller, now()).is_ok()).count()
}

#[test]
fn an_answer_tells_what_was_agreed_and_what_is_left() {
    let (throttle, _) = throttle(&limits());
    insta::assert_snapshot!(answer(&throttle.admit(&on("gold", "acme", "crm"), now())), @r#"
    admitted
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=10;t=1, "concurrent";r=29
    "#);
    insta::assert_snapshot!(answer(&throttle.admit(&on("silver", "acme", "partner"), now())), @r#"
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
    insta::assert_snapshot!(answer(&throttle.admit(&crm, now())), @r#"
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
        let refused = throttle.admit(&crm, now()).unwrap_err();
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
        drop(throttle.admit(&partner, now()));
        hand.advance(SECOND);
    }
    insta::assert_snapshot!(answer(&throttle.admit(&partner, now())), @r#"
    rate_limited: The limit `day` is used up; come back in 86400 seconds. after Some(86400s)
    ratelimit-policy: "rate";q=2;w=1, "day";q=5;w=86400, "concurrent";q=30;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "rate";r=1;t=1, "day";r=0;t=86400, "concurrent";r=29
    "#);
    assert!(throttle.admit(&partner, now().later(86_400 * SECOND)).is_ok());
}

#[test]
fn requests_at_once_are_limited_until_one_ends() {
    let mut limits = limits();
    limits.plans.get_mut("gold").unwrap().concurrency = n(2);
    let (throttle, _) = throttle(&limits);
    let crm = on("gold", "acme", "crm");
    let (first, second) = (throttle.admit(&crm, now()).unwrap(), throttle.admit(&crm, now()).unwrap());
    insta::assert_snapshot!(answer(&throttle.admit(&crm, now())), @r#"
    too_many_concurrent: The limit `concurrent` allows 2 requests at once. after Some(1s)
    ratelimit-policy: "rate";q=10;w=1, "concurrent";q=2;qu="concurrent-requests", "cost";q=600;w=60;qu="cost"
    ratelimit: "concurrent";r=0
    "#);
    drop(first);
    assert!(throttle.admit(&crm, now()).is_ok());
    drop(second);
    for _ in 0..100 {
        drop(throttle.admit(&crm, now()));
    }
    let places = [throttle.admit(&crm, now()), throttle.admit(&crm, now())];
    assert!(
        places.iter().all(|place| !matches!(place, Err(refused) if refused.problem.code == Code::TooManyConcurrent)),
        "refusals leak no place"
    );
}

#[test]
fn a_tenants_limit_holds_for_all_its_consumers_and_costs_the_refused_nothing() {
    let mut limits = limits();
    let together = TenantPlan { rate: Some(rate(1, 25)), concurrency: Some(n(40)) };
    limits.tenants.insert(tenant("acme"), together);
    let (throttle, hand) = throttle(&limits);
    let (crm, support) = (on("gold", "acme", "crm"), on("gold", "acme", "support"));
    assert_eq!(admitted(&throttle, &crm, 50), 20, "a flood beyond its own rate does not spend the tenant's");
    assert_eq!(admitted(&throttle, &support, 50), 5);
    insta::assert_snapshot!(answer(&throttle.admit(&support, now())), @r#"
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
    limits.tenants.insert(tenant("acme"), TenantPlan { rate: None, concurrency: Some(n(1)) });
    let (throttle, _) = throttle(&limits);
    let place = throttle.admit(&on("gold", "acme", "crm"), now()).unwrap();
    let refused = throttle.admit(&on("gold", "acme", "support"), now()).unwrap_err();
    assert_eq!(refused.problem.violated, ["tenant-concurrent"]);
    drop(place);
    assert!(throttle.admit(&on("gold", "acme", "support"), now()).is_ok());
}

#[test]
fn query_cost_is_charged_before_it_is_caused() {
    let (throttle, hand) = throttle(&limits());
    let crm = on("gold", "acme", "crm");
    let spend = |cost| match throttle.spend(&crm, cost) {
        Ok(left) => left.limit_header(),
        Err(refused) => {
            format!("{} after {:?}; {}", refused.problem, refused.problem.retry_after, refused.left.limit_header())
        }
    };
    let mut answers = vec![spend(101), spend(u64::MAX), spend(60), spend(60), spend(40), spend(1), spend(0)];
    hand.advance(SECOND);
    answers.push(spend(10));
    throttle.refund(&crm, 10);
    answers.push(spend(10));
    throttle.refund(&crm, u64::MAX);
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
    assert_eq!(throttle.admit(&nobody, now()).unwrap_err().problem.code, Code::Internal);
    assert_eq!(throttle.spend(&nobody, 1).unwrap_err().problem.code, Code::Internal);
}

#[test]
fn a_reload_keeps_what_was_counted() {
    let before = limits();
    let (throttle, hand) = throttle(&before);
    let (crm, partner) = (on("gold", "acme", "crm"), on("silver", "acme", "partner"));
    admitted(&throttle, &crm, 20);
    admitted(&throttle, &partner, 2);
    let place = throttle.admit(&on("gold", "acme", "support"), now()).unwrap();
    let mut after = before;
    let silver = after.plans.get_mut("silver").unwrap();
    silver.rate = rate(4, 4);
    silver.daily = Some(n(3));
    after.plans.get_mut("gold").unwrap().concurrency = n(1);
    let reloaded = throttle.carry_over(&after);
    assert_eq!(admitted(&reloaded, &crm, 5), 0, "a rate that did not change is still spent");
    assert_eq!(admitted(&reloaded, &partner, 5), 1, "a new rate starts fresh, the day goes on");
    let refused = reloaded.admit(&on("gold", "acme", "support"), now()).unwrap_err();
    assert_eq!(refused.problem.code, Code::TooManyConcurrent, "requests under way are counted by the new limit");
    drop(place);
    hand.advance(SECOND);
    assert!(reloaded.admit(&on("gold", "acme", "support"), now()).is_ok());
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
    assert_eq!(throttle.plans["gold"].rate.len(), 0);
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
    let throttle = Throttle::new(&limits, Ticks::real());
    let crm = on("gold", "acme", "crm");
    let started = Instant::now();
    for _ in 0..10_000 {
        drop(throttle.admit(&crm, now()));
    }
    let each = started.elapsed() / 10_000;
    assert!(each < Duration::from_micros(100), "{each:?} a check");
}
