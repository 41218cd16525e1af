//! Several gateways and one Redis: the same limits hold across them, approximately and visibly so while it is away.
//!
//! The bounds that are asserted here stand in docs/decisions/leases-from-a-common-store.md.

mod away;
mod clocks;
mod redis;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use portico_contracts::secret::Secret;
use portico_gateway::settings::Settings;
use portico_policies::throttle::{Plan, Rate, WhenAway};
use portico_tests::{Reply, Scene, Tenant};
use redis::{Redis, SlowWay};

/// The cheapest request that passes every limit: a product that is in the cache after the first one.
const PRODUCT: &str = "/partner/v2/products/AC-100";

fn rate(count: u32, per: Duration, burst: u32) -> Rate {
    let [count, burst] = [count, burst].map(|n| n.try_into().expect("not zero"));
    Rate::new(count, per, burst).expect("a rate like any other")
}

/// So many an hour: nothing comes back while a test runs.
fn an_hour(count: u32) -> Rate {
    rate(count, Duration::from_secs(3_600), count)
}

fn plans(settings: &mut Settings, change: impl Fn(&mut Plan)) {
    settings.plans.values_mut().for_each(|plan| change(&mut Arc::make_mut(plan).throttle));
}

/// Gateways that count together, once all of them know of all.
async fn gateways(count: usize, change: impl Fn(&mut Settings)) -> Vec<Scene> {
    let scenes = join_all((0..count).map(|_| Scene::with(&change))).await;
    for scene in &scenes {
        until(scene, "portico_limits_gateways", |known| known == count as u64).await;
    }
    scenes
}

/// One of a gateway's metrics: the sum over its labels.
async fn metric(scene: &Scene, name: &str) -> u64 {
    let text = scene.admin_get("/metrics").send().await.text();
    let of_it = |line: &&str| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} "));
    text.lines().filter(of_it).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// Asks until a metric is as it should be.
async fn until(scene: &Scene, name: &str, fits: impl Fn(u64) -> bool) {
    let begun = Instant::now();
    loop {
        let now = metric(scene, name).await;
        if fits(now) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} stays {now}");
        tokio::task::yield_now().await;
    }
}

async fn ask(scene: &Scene, consumer: &str) -> Reply {
    scene.get(PRODUCT).as_consumer(consumer).send().await
}

/// So many requests to each gateway at once; how many were admitted. Nothing else than 200 and 429 is answered.
async fn admitted(scenes: &[Scene], consumer: &str, each: usize) -> usize {
    let replies = join_all(scenes.iter().flat_map(|scene| (0..each).map(move |_| ask(scene, consumer)))).await;
    let served = replies.iter().filter(|reply| reply.status == 200).count();
    let refused = replies.iter().filter(|reply| reply.status == 429).count();
    assert_eq!(served + refused, replies.len(), "{:?}", replies.iter().find(|r| r.status != 200 && r.status != 429));
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn three_gateways_admit_together_what_one_would() {
    let redis = Redis::start();
    let scenes = gateways(3, |settings| {
        redis.shared()(settings);
        plans(settings, |plan| plan.rate = an_hour(60));
    })
    .await;
    let served = admitted(&scenes, "partner-one", 60).await;
    assert!((57..=60).contains(&served), "{served} of 60");
    // A consumer of the same name is another tenant's, and another consumer is another.
    assert_eq!(scenes[0].get(PRODUCT).of(Tenant::Globex, "partner-one").send().await.code(), "not_found");
    assert_eq!(ask(&scenes[1], "partner-two").await.status, 200);
    // A reload forgets nothing.
    scenes[0].reload_with(|settings| {
        redis.shared()(settings);
        plans(settings, |plan| plan.rate = an_hour(60));
    });
    let after = admitted(&scenes, "partner-one", 10).await;
    assert!(served + after <= 60, "{served} and {after} of 60");
}

/// When one request was answered that was admitted: from before it was sent until after.
type Span = (Duration, Duration);

/// Asks each gateway without a pause, by several callers at once, for so long.
async fn flood(scenes: &[Scene], callers: usize, during: Duration) -> (Vec<Span>, usize) {
    let begun = Instant::now();
    let calling = scenes.iter().flat_map(|scene| (0..callers).map(move |_| scene)).map(|scene| async move {
        let (mut served, mut asked) = (Vec::new(), 0);
        while begun.elapsed() < during {
            let sent = begun.elapsed();
            let reply = ask(scene, "partner-one").await;
            asked += 1;
            match reply.status.as_u16() {
                200 => served.push((sent, begun.elapsed())),
                status => assert_eq!(status, 429, "{reply:?}"),
            }
        }
        (served, asked)
    });
    let all = join_all(calling).await;
    let asked = all.iter().map(|(_, asked)| asked).sum();
    (all.into_iter().flat_map(|(served, _)| served).collect(), asked)
}

/// By how much any stretch of time exceeded the rate and its burst, in thousandths of a request: what was certainly
/// admitted within it.
fn excess(served: &[Span], rate: Rate) -> i128 {
    let nanos = |time: Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    let (burst, count) = (i128::from(rate.burst().get()), i128::from(rate.count().get()));
    let mut most = i128::MIN;
    for (from, _) in served {
        let mut ends: Vec<Duration> = served.iter().filter(|(sent, _)| sent >= from).map(|(_, end)| *end).collect();
        ends.sort_unstable();
        for (admitted, end) in (1_i128..).zip(ends) {
            let refilled = 1_000 * count * nanos(end - *from) / nanos(rate.per());
            most = most.max(1_000 * (admitted - burst) - refilled);
        }
    }
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_admitted_beyond_a_rate_stays_within_the_bound_also_where_redis_is_slow() {
    for delay in [0, 15] {
        let redis = Redis::start();
        let way = redis.behind(Duration::from_millis(delay)).await;
        let agreed = rate(100, Duration::from_secs(1), 40);
        let scenes = gateways(3, |settings| {
            settings.store = Some(way.store());
            plans(settings, |plan| plan.rate = agreed);
        })
        .await;
        let (served, asked) = flood(&scenes, 3, Duration::from_millis(1_500)).await;
        // N × L, where L is 5 % of the burst.
        let bound = 3 * 2;
        let excess = excess(&served, agreed);
        println!(
            "{delay} ms: {} of {asked} admitted, {excess} thousandths beyond the rate; the bound is {bound}",
            served.len()
        );
        assert!(excess <= 1_000 * bound, "{excess} thousandths beyond the rate, with {delay} ms");
        // And little is left lying.
        assert!(served.len() >= 120, "{} were admitted in 1.5 s at 100/s with 40 at once, of {asked}", served.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_requests_wait_for_redis() {
    let redis = Redis::start();
    let way = redis.behind(Duration::from_millis(2)).await;
    let scenes = gateways(2, |settings| {
        settings.store = Some(way.store());
        plans(settings, |plan| {
            plan.rate = rate(5_000, Duration::from_secs(1), 10_000);
            plan.daily = 1_000_000.try_into().ok();
        });
    })
    .await;
    let (served, asked) = flood(&scenes, 4, Duration::from_millis(1_500)).await;
    assert_eq!(served.len(), asked);
    let (mut waited, mut all) = (0, 0);
    for scene in &scenes {
        let text = scene.admin_get("/metrics").send().await.text();
        for line in text.lines().filter(|line| line.starts_with("portico_limits_checks_total")) {
            let count: u64 = line.rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a number");
            all += count;
            waited += if line.contains("waited") { count } else { 0 };
        }
        assert_eq!(metric(scene, "portico_limits_degraded_total").await, 0);
    }
    println!("{waited} of {all} checks waited");
    assert!(all as usize >= 3 * asked, "rate, day and cost of each: {all} of {asked}");
    assert!(waited * 20 <= all, "{waited} of {all} checks waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_never_exceeded_and_survives_every_gateway() {
    let redis = Redis::start();
    let change = |settings: &mut Settings| {
        redis.shared()(settings);
        plans(settings, |plan| {
            plan.daily = 90.try_into().ok();
            plan.monthly = 100.try_into().ok();
            plan.rate = rate(10_000, Duration::from_secs(1), 10_000);
        });
    };
    let scenes = gateways(3, change).await;
    let first = admitted(&scenes, "partner-one", 20).await;
    assert_eq!(first, 60, "there is enough for all");
    for scene in scenes {
        scene.stop().await;
    }
    let scenes = gateways(2, change).await;
    let served = first + admitted(&scenes, "partner-one", 30).await;
    assert!((86..=90).contains(&served), "{served} of 90");
    let refused = ask(&scenes[0], "partner-one").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "quota_exceeded"));
    insta::assert_snapshot!(refused.json()["violated-policies"], @r#"["day"]"#);
    assert_eq!(ask(&scenes[0], "partner-two").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_leave_nothing_in_redis_and_what_is_there_ends() {
    let redis = Redis::start();
    let scenes = gateways(1, redis.shared()).await;
    ask(&scenes[0], "partner-one").await;
    let known = redis.keys();
    assert_eq!(known.len(), 4, "{known:?}");
    let guesses = (0..300).map(|n| scenes[0].get(PRODUCT).header("x-api-key", format!("pk_{n}")).send());
    assert!(join_all(guesses).await.iter().all(|reply| reply.status == 401));
    assert_eq!(redis.keys(), known);
    for key in known.iter().filter(|key| !key.ends_with(":gateways")) {
        let left: i64 = redis.ask(&["TTL", key]);
        assert!((0..=26 * 3_600).contains(&left), "{key} lives for {left} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_redis_has_forgotten_are_told_again() {
    let redis = Redis::start();
    let scenes = gateways(1, |settings| {
        redis.shared()(settings);
        plans(settings, |plan| plan.daily = 50.try_into().ok());
    })
    .await;
    for _ in 0..10 {
        assert_eq!(ask(&scenes[0], "partner-one").await.status, 200);
        let _: String = redis.ask(&["SCRIPT", "FLUSH", "SYNC"]);
    }
    assert_eq!(metric(&scenes[0], "portico_limits_degraded_total").await, 0);
    assert_eq!(metric(&scenes[0], "portico_limits_store_outages_total").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_the_rights_that_are_documented_suffices() {
    let redis = Redis::start();
    let page = include_str!("../../docs/operations.md");
    let rights = page.split("A user needs `").nth(1).and_then(|rest| rest.split('`').next()).expect("they stand there");
    let words = ["ACL", "SETUSER", "portico", "on", ">hunter2", "resetkeys", "~portico:*", "-@all"];
    let _: String = redis.ask(&words.into_iter().chain(rights.split(' ')).collect::<Vec<_>>());
    let scenes = gateways(1, |settings| {
        redis.shared()(settings);
        if let Some(store) = &mut settings.store {
            (store.user, store.password) = (Some("portico".to_owned()), Some(Secret::new("hunter2")));
        }
        plans(settings, |plan| plan.daily = 50.try_into().ok());
    })
    .await;
    assert_eq!(admitted(&scenes, "partner-one", 20).await, 20);
    assert_eq!(metric(&scenes[0], "portico_limits_degraded_total").await, 0);
    assert!(redis.keys().iter().any(|key| key.starts_with("portico:day:4:acme:")), "{:?}", redis.keys());
    let status = scenes[0].admin_get("/api/status").bearer(scenes[0].environment("PORTICO_ADMIN_TOKEN")).send().await;
    let store = &status.json()["store"];
    assert_eq!((store["up"].as_bool(), store["gateways"].as_u64()), (Some(true), Some(1)), "{store}");
    scenes.into_iter().next().expect("one").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_cost_is_counted_together_and_what_was_not_used_comes_back() {
    let redis = Redis::start();
    let scenes = gateways(2, |settings| {
        redis.shared()(settings);
        plans(settings, |plan| plan.cost = an_hour(60));
    })
    .await;
    let mut served = 0;
    for number in 1001..1061 {
        let query = format!(r#"{{ order(number: "SO-{number}") {{ number }} }}"#);
        let scene = &scenes[number % 2];
        let reply = scene.graphql(&query).as_consumer("support-console").send().await;
        match reply.status.as_u16() {
            200 => served += reply.json()["extensions"]["cost"]["actual"].as_u64().expect("a price"),
            429 => break,
            _ => panic!("{reply:?}"),
        }
    }
    assert!((40..=60).contains(&served), "{served} points of 60");
}

fn share_of(away: WhenAway) -> impl Fn(&mut Plan) {
    move |plan| plan.away = away
}

fn slow(way: &SlowWay) -> impl Fn(&mut Settings) {
    let store = way.store();
    move |settings| settings.store = Some(store.clone())
}
