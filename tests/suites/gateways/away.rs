//! Redis dies, comes back empty, or loses everything: each limit does what its plan says, and nothing is forgotten or
//! counted twice.

use std::time::Duration;

use portico_gateway::settings::Settings;
use portico_policies::throttle::WhenAway;
use portico_tests::Scene;

use super::redis::Redis;
use super::{admitted, an_hour, ask, gateways, metric, plans, rate, share_of, slow, until};

/// Gateways whose Redis dies after each has asked it once.
async fn bereft(redis: &mut Redis, away: WhenAway, change: impl Fn(&mut Settings)) -> Vec<Scene> {
    let scenes = gateways(3, |settings| {
        redis.shared()(settings);
        plans(settings, share_of(away));
        change(settings);
    })
    .await;
    for scene in &scenes {
        assert_eq!(ask(scene, "partner-one").await.status, 200);
    }
    redis.kill();
    for scene in &scenes {
        until(scene, "portico_limits_store_up", |up| up == 0).await;
    }
    scenes
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_to_be_given_without_redis_the_answer_is_503_and_says_why() {
    let mut redis = Redis::start();
    let scenes = bereft(&mut redis, WhenAway::Deny, |settings| plans(settings, |plan| plan.rate = an_hour(60))).await;
    let mut refused = ask(&scenes[0], "partner-one").await;
    while refused.status == 200 {
        // What was leased before is still good.
        refused = ask(&scenes[0], "partner-one").await;
    }
    insta::assert_snapshot!(refused.whole(), @r#"
    503
    cache-control: no-store
    connection: keep-alive
    content-type: application/problem+json
    ratelimit-policy: "rate";q=60;w=3600, "day";q=10000;w=86400, "concurrent";q=100;qu="concurrent-requests", "cost";q=20000;w=1;qu="cost"
    ratelimit: "rate";r=…;t=…, "day";r=…;t=…, "concurrent";r=…, "cost";r=…;away=deny
    retry-after: 1
    x-content-type-options: nosniff
    x-request-id: …
    {"type":"urn:portico:problem:limits_unavailable","title":"The limits cannot be checked now","status":503,"detail":"The limit `cost` cannot be checked now.","instance":"…","code":"limits_unavailable","advice":"Try again as Retry-After says.","request_id":"…","retryable":true}
    "#);
    assert!(metric(&scenes[0], "portico_limits_degraded_total").await >= 1);
    redis.begin();
    for scene in &scenes {
        until(scene, "portico_limits_store_up", |up| up == 1).await;
        assert_eq!(ask(scene, "partner-one").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_gateway_gives_its_share_and_says_so() {
    let mut redis = Redis::start();
    let scenes = bereft(&mut redis, WhenAway::Share, |settings| plans(settings, |plan| plan.rate = an_hour(60))).await;
    let served = admitted(&scenes, "partner-one", 40).await;
    // A third of sixty each, and what was leased before.
    assert!((51..=60 + 9).contains(&served), "{served} of 60");
    let refused = ask(&scenes[0], "partner-one").await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("ratelimit").contains(";away=share"), "{}", refused.header("ratelimit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_gateway_gives_all_where_that_was_chosen() {
    let mut redis = Redis::start();
    let scenes = bereft(&mut redis, WhenAway::Allow, |settings| plans(settings, |plan| plan.rate = an_hour(60))).await;
    let served = admitted(&scenes, "partner-one", 70).await;
    // Each knows that some are gone, of its own and of others.
    assert!((3 * 50..=3 * 60 + 9).contains(&served), "{served} of three times 60");
    let refused = ask(&scenes[0], "partner-one").await;
    assert!(refused.header("ratelimit").contains(";away=allow"), "{}", refused.header("ratelimit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_empty_is_told_what_was_used_before_and_meanwhile() {
    let mut redis = Redis::start();
    let scenes = gateways(3, |settings| {
        redis.shared()(settings);
        plans(settings, |plan| {
            plan.rate = rate(10_000, Duration::from_secs(1), 10_000);
            plan.daily = 120.try_into().ok();
        });
    })
    .await;
    let before = admitted(&scenes, "partner-one", 15).await;
    assert_eq!(before, 45);
    redis.kill();
    for scene in &scenes {
        until(scene, "portico_limits_store_up", |up| up == 0).await;
    }
    let meanwhile = admitted(&scenes, "partner-one", 10).await;
    assert_eq!(meanwhile, 30, "a third of what was left is more than this for each");
    redis.begin();
    for scene in &scenes {
        until(scene, "portico_limits_store_losses_total", |losses| losses == 1).await;
    }
    let mut total = before + meanwhile;
    for _ in 0..3 {
        total += admitted(&scenes, "partner-one", 20).await;
    }
    assert!((114..=120).contains(&total), "{total} of 120");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_while_redis_was_away_counts_once() {
    let redis = Redis::start();
    let way = redis.behind(Duration::ZERO).await;
    let scenes = gateways(2, |settings| {
        slow(&way)(settings);
        if let Some(store) = &mut settings.store {
            store.timeout = Duration::from_millis(200);
        }
        plans(settings, |plan| {
            plan.rate = rate(10_000, Duration::from_secs(1), 10_000);
            plan.daily = 200.try_into().ok();
        });
    })
    .await;
    let mut total = admitted(&scenes, "partner-one", 10).await;
    for _ in 0..2 {
        // It hears everything and answers too late: what was said is said again.
        way.takes(Duration::from_millis(450));
        for scene in &scenes {
            until(scene, "portico_limits_store_up", |up| up == 0).await;
        }
        total += admitted(&scenes, "partner-one", 7).await;
        way.takes(Duration::ZERO);
        for scene in &scenes {
            until(scene, "portico_limits_store_up", |up| up == 1).await;
        }
        total += admitted(&scenes, "partner-one", 3).await;
    }
    assert_eq!(total, 2 * (10 + 2 * 7 + 2 * 3));
    for scene in scenes {
        scene.stop().await;
    }
    let day = redis.keys().into_iter().find(|key| key.contains(":day:")).expect("the day's account");
    let sum: u64 = redis.ask(&["HGET", &day, "sum"]);
    assert_eq!(sum, total as u64, "neither forgotten nor doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_loses_everything_is_told_again() {
    let redis = Redis::start();
    let scenes = gateways(2, |settings| {
        redis.shared()(settings);
        plans(settings, |plan| {
            plan.rate = an_hour(1_000);
            plan.daily = 100.try_into().ok();
        });
    })
    .await;
    let before = admitted(&scenes, "partner-one", 30).await;
    assert_eq!(before, 60);
    let _: String = redis.ask(&["FLUSHALL"]);
    for scene in &scenes {
        until(scene, "portico_limits_store_losses_total", |losses| losses == 1).await;
    }
    let after = admitted(&scenes, "partner-one", 40).await;
    assert!((95..=100).contains(&(before + after)), "{before} and {after} of 100");
}
