//! What goes on around the callers: systems fail and mend, things change and are told, configurations are applied.

use std::sync::Arc;
use std::time::Duration;

use portico_gateway::settings::{Settings, Tiers};
use portico_policies::throttle::Rate;
use portico_tests::{Drift, Fault, JsonType, Role, Scene, Tenant, WrongRows};
use tokio::time::{Instant, sleep};

use crate::dice::Dice;

/// Nobody is slowed down: what is tested is who sees what.
pub(crate) fn unhurried(settings: &mut Settings) {
    settings.listen.h2c = true;
    // Nobody waits long for what has failed, so that more is asked in the same time.
    let short = Duration::from_millis(1_500);
    settings.tiers = Tiers { critical: short, standard: short, best_effort: short };
    for plan in settings.plans.values_mut() {
        let plan = Arc::make_mut(plan);
        let (often, burst) = (9_000.try_into().expect("not zero"), 90_000.try_into().expect("not zero"));
        let many = Rate::new(often, Duration::from_secs(1), burst).expect("a rate like any other");
        plan.throttle.rate = many;
        plan.throttle.cost = many;
        plan.throttle.daily = None;
        plan.throttle.concurrency = 2_000.try_into().expect("not zero");
        plan.subscriptions = 50;
    }
}

/// Systems fail and mend until then.
pub(crate) async fn faults(scene: &Scene, mut dice: Dice, until: Instant) -> usize {
    let mut set = 0;
    while Instant::now() < until {
        let (tenant, role) = (*dice.one_of(&Tenant::ALL), *dice.one_of(&Role::ALL));
        scene.sandbox().set_fault(tenant, role, fault(&mut dice)).await;
        set += 1;
        sleep(Duration::from_millis(50 + 10 * dice.below(40) as u64)).await;
        if dice.percent(60) {
            scene.sandbox().clear_faults().await;
            sleep(Duration::from_millis(10 * dice.below(60) as u64)).await;
        }
    }
    scene.sandbox().clear_faults().await;
    set
}

fn fault(dice: &mut Dice) -> Fault {
    let faults = [
        Fault::Down,
        Fault::Slow(Duration::from_millis(150)),
        Fault::Status(500),
        Fault::Status(404),
        Fault::Throttled(Some(1)),
        Fault::Html,
        Fault::Truncated,
        Fault::Malformed,
        Fault::ExpiredToken,
        Fault::WrongRows(WrongRows::Added),
        Fault::WrongRows(WrongRows::InPlace),
        Fault::Redirect,
        Fault::NextLinkElsewhere,
        Fault::Reset,
        Fault::Drift(Drift { field: "name".to_owned(), becomes: Some(JsonType::Object) }),
    ];
    dice.one_of(&faults).clone()
}

/// The configuration is applied again and again until then, each time a little different.
pub(crate) async fn reloads(scene: &Scene, mut dice: Dice, until: Instant, settle: impl Fn(&mut Settings)) -> usize {
    let mut applied = 0;
    while Instant::now() < until {
        scene.reload_with(|settings| {
            settle(settings);
            settings.cache_bytes = *dice.one_of(&[0, 1 << 16, 1 << 24, 64 << 20]);
            settings.graphql.max_cost = 4_000 + u32::try_from(dice.below(1_000)).expect("small");
            if dice.percent(30) {
                without_a_consumer(settings, &mut dice);
            }
        });
        applied += 1;
        sleep(Duration::from_millis(100 + 10 * dice.below(40) as u64)).await;
    }
    scene.reload_with(settle);
    applied
}

/// Somebody loses its place for a while.
fn without_a_consumer(settings: &mut Settings, dice: &mut Dice) {
    let of = dice.below(settings.tenants.len());
    let tenant = settings.tenants.values_mut().nth(of).and_then(Arc::get_mut);
    let tenant = tenant.expect("nobody else holds the settings yet");
    let who = tenant.consumers.keys().nth(dice.below(tenant.consumers.len())).cloned();
    tenant.consumers.remove(&who.expect("each tenant has consumers"));
}

/// Things change and their systems say so, until then.
pub(crate) async fn changes(scene: &Scene, mut dice: Dice, until: Instant) -> usize {
    let mut told = 0;
    while Instant::now() < until {
        let tenant = *dice.one_of(&Tenant::ALL);
        let (entity, key) = *dice.one_of(&[("order", "SO-9999"), ("customer", "C-9999"), ("asset", "SN-9999")]);
        // Who is down while it changes tells nobody.
        told += scene.sandbox().change_and_tell(tenant, entity, key).await.map_or(0, |all| all.len());
        sleep(Duration::from_millis(40 + 10 * dice.below(20) as u64)).await;
    }
    told
}
