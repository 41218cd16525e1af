//! Several gateways over a store in memory: every clock is turned by hand, and none is right.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use portico_contracts::problem::Code;
use proptest::prelude::*;

use super::super::store::memory::{Memory, Mood};
use super::super::*;
use super::*;
use crate::authenticate::samples::{caller, now};
use crate::{Caller, Ticks};

const SECOND: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_millis(50);

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn limits(change: impl FnOnce(&mut Plan)) -> Limits {
    let fast = Rate::new(n(1_000_000), SECOND, n(1_000_000)).unwrap();
    let mut gold =
        Plan { rate: fast, daily: None, monthly: None, concurrency: n(1_000), cost: fast, away: WhenAway::Deny };
    change(&mut gold);
    Limits {
        plans: [("gold".into(), gold)].into(),
        tenants: HashMap::new(),
        places: Vec::new(),
        address: fast,
        addresses: 10,
    }
}

/// One gateway: its clock, and by how many hours its calendar is wrong.
struct One {
    throttle: Throttle,
    hand: FakeRelativeClock,
    askew: i64,
    _serving: tokio::task::JoinHandle<()>,
}

impl One {
    fn new(name: &str, store: &Arc<Memory>, limits: &Limits, askew: i64) -> One {
        let (ticks, hand) = Ticks::fake();
        hand.advance(3_600 * SECOND);
        let settings = HubSettings { gateway: name.into(), timeout: TIMEOUT, lease_percent: 10, gateways: 1 };
        let hub = Hub::new(Arc::clone(store) as Arc<dyn store::Store>, settings, ticks.clone());
        let serving = tokio::spawn({
            let hub = Arc::clone(&hub);
            async move { hub.serve().await }
        });
        One { throttle: Throttle::new(limits, ticks, Some(hub)), hand, askew, _serving: serving }
    }

    fn now(&self) -> Now {
        let unix = now().unix.saturating_add_signed(self.askew * 3_600);
        Now { unix, ..now() }
    }

    async fn admits(&self, caller: &Caller) -> bool {
        self.throttle.admit(caller, Places::default(), self.now()).await.is_ok()
    }

    async fn refusal(&self, caller: &Caller) -> Problem {
        self.throttle.admit(caller, Places::default(), self.now()).await.expect_err("it is refused").problem
    }

    async fn admitted(&self, caller: &Caller, of: usize) -> usize {
        let mut admitted = 0;
        for _ in 0..of {
            admitted += usize::from(self.admits(caller).await);
        }
        admitted
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self._serving.abort();
    }
}

/// So many gateways that know each other.
async fn gateways(store: &Arc<Memory>, limits: &Limits, askew: &[i64]) -> Vec<One> {
    let all: Vec<One> =
        askew.iter().enumerate().map(|(at, askew)| One::new(&format!("g{at}"), store, limits, *askew)).collect();
    meet(&all).await;
    meet(&all).await;
    all
}

async fn meet(all: &[One]) {
    for one in all {
        one.throttle.keep_in_touch().await;
    }
    settle().await;
}

/// Lets the background do what it has to do.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn memory() -> Arc<Memory> {
    Memory::new(now().unix + 12 * 3_600)
}

fn pass(store: &Memory, all: &[One], time: Duration) {
    store.advance(time);
    all.iter().for_each(|one| one.hand.advance(time));
}

#[tokio::test(start_paused = true)]
async fn calendars_that_are_days_apart_have_one_day() {
    let store = memory();
    let all = gateways(&store, &limits(|plan| plan.daily = Some(n(100))), &[-30, 0, 50]).await;
    let crm = caller("acme", "crm", &[]);
    let mut total = 0;
    for _ in 0..40 {
        for one in &all {
            total += one.admitted(&crm, 1).await;
            settle().await;
        }
    }
    assert!((98..=100).contains(&total), "{total}");
    let refused = all[0].refusal(&crm).await;
    assert_eq!((refused.code, refused.retry_after), (Code::QuotaExceeded, Some(12 * 3_600 * SECOND)));
    // Midnight, by the store's clock: what was held of the old day is worth nothing.
    pass(&store, &all, 12 * 3_600 * SECOND);
    let mut total = 0;
    for _ in 0..40 {
        for one in &all {
            total += one.admitted(&crm, 1).await;
            settle().await;
        }
    }
    assert!((98..=100).contains(&total), "{total} on the next day");
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_spent_without_asking_and_the_next_is_asked_for_in_time() {
    let store = memory();
    let all = gateways(&store, &limits(|_| {}), &[0]).await;
    let crm = caller("acme", "crm", &[]);
    for _ in 0..5_000 {
        assert!(all[0].admits(&crm).await);
        settle().await;
    }
    let (_, counted) = all[0].throttle.together().unwrap();
    let rate = counted.iter().find(|counted| counted.limit == "rate").unwrap();
    assert_eq!(rate.leased + rate.waited, 5_000);
    assert!(rate.waited <= 5, "{} of 5000 waited", rate.waited);
    assert!(store.settled() < 100, "{} questions for 5000 requests", store.settled());
}

#[tokio::test(start_paused = true)]
async fn tenants_and_names_that_look_alike_have_accounts_of_their_own() {
    let store = memory();
    let all = gateways(&store, &limits(|plan| plan.daily = Some(n(5))), &[0]).await;
    for (tenant, consumer) in [("a", "bc"), ("ab", "c"), ("acme", "crm"), ("globex", "crm")] {
        let caller = caller(tenant, consumer, &[]);
        assert_eq!(all[0].admitted(&caller, 9).await, 5, "{tenant} {consumer}");
    }
    insta::assert_snapshot!(store.accounts().join("\n"), @"
    day:1:a:2:bc
    day:2:ab:1:c
    day:4:acme:3:crm
    day:6:globex:3:crm
    rate:1:a:2:bc
    rate:2:ab:1:c
    rate:4:acme:3:crm
    rate:6:globex:3:crm
    ");
}

proptest! {
    #[test]
    fn no_two_keys_are_written_alike(parts in prop::collection::vec(("[a-z][a-z0-9-]{0,6}", "[a-z][a-z0-9-]{0,6}", ".{0,12}"), 2..6)) {
        let mut seen: HashMap<String, PlaceKey> = HashMap::new();
        for (tenant, consumer, place) in parts {
            let consumer = crate::authenticate::samples::consumer_key(&tenant, &consumer);
            let key = PlaceKey { consumer, place: place.into() };
            let mut name = String::new();
            key.spell(&mut name);
            let before = seen.insert(name, key.clone());
            prop_assert!(before.is_none_or(|before| before == key));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_do_not_make_the_wait_longer_and_do_not_ask_each_time() {
    let store = memory();
    let rate = Rate::new(n(1), SECOND, n(10)).unwrap();
    let all = gateways(&store, &limits(|plan| plan.rate = rate), &[0]).await;
    let crm = caller("acme", "crm", &[]);
    assert_eq!(all[0].admitted(&crm, 20).await, 10);
    let asked = store.settled();
    for _ in 0..1_000 {
        let refused = all[0].refusal(&crm).await;
        assert!(refused.retry_after.unwrap() <= SECOND, "{refused:?}");
        settle().await;
    }
    assert!(store.settled() <= asked + 2, "a flood of refusals does not reach the store");
    pass(&store, &all, 2 * SECOND);
    assert_eq!(all[0].admitted(&crm, 5).await, 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_neither_forgotten_nor_counted_twice() {
    let store = memory();
    let share = |plan: &mut Plan| (plan.daily, plan.away) = (Some(n(1_000)), WhenAway::Share);
    let all = gateways(&store, &limits(share), &[0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    let mut total = 0;
    for mood in [Mood::Well, Mood::Mute, Mood::Away, Mood::Mute, Mood::Well, Mood::Mute, Mood::Away] {
        store.is(mood);
        for one in &all {
            total += one.admitted(&crm, 7).await;
        }
        settle().await;
        store.is(Mood::Well);
        meet(&all).await;
    }
    assert_eq!(total, 2 * 7 * 7);
    for one in &all {
        one.throttle.leave(SECOND).await;
    }
    let day = store.accounts().into_iter().find(|name| name.starts_with("day")).unwrap();
    assert_eq!(store.total(&day), total as i64);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_forgot_everything_is_told_again_also_of_gateways_that_are_gone() {
    let store = memory();
    let all = gateways(&store, &limits(|plan| plan.daily = Some(n(100))), &[0, 0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    let mut total = 0;
    for one in &all {
        total += one.admitted(&crm, 20).await;
    }
    assert_eq!(total, 60);
    settle().await;
    // The last one heard of the others' when it asked last; the first one ends.
    all[0].throttle.leave(SECOND).await;
    store.flush();
    meet(&all[1..]).await;
    meet(&all[1..]).await;
    for _ in 0..60 {
        for one in &all[1..] {
            total += one.admitted(&crm, 1).await;
            settle().await;
        }
    }
    assert!((90..=100).contains(&total), "{total} of 100");
}

#[tokio::test(start_paused = true)]
async fn the_store_is_away_and_each_limit_does_what_was_chosen() {
    for (away, expected) in [(WhenAway::Deny, 0..=0), (WhenAway::Share, 27..=30), (WhenAway::Allow, 54..=60)] {
        let store = memory();
        let rate = Rate::new(n(30), 3_600 * SECOND, n(30)).unwrap();
        let all = gateways(&store, &limits(|plan| (plan.rate, plan.away) = (rate, away)), &[0, 0]).await;
        store.is(Mood::Away);
        meet(&all).await;
        let crm = caller("acme", "crm", &[]);
        let mut total = 0;
        for one in &all {
            total += one.admitted(&crm, 40).await;
            let refused = one.refusal(&crm).await;
            let code = if away == WhenAway::Deny { Code::LimitsUnavailable } else { Code::RateLimited };
            assert_eq!(refused.code, code);
            assert!(refused.retry_after.is_some());
        }
        assert!(expected.contains(&total), "{away:?}: {total}");
        store.is(Mood::Well);
        meet(&all).await;
        let after = all[0].admitted(&crm, 30).await;
        let left = if away == WhenAway::Deny { 27..=30 } else { 0..=3 };
        assert!(left.contains(&after), "{away:?}: {after} once the store is back");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_no_longer_than_it_may() {
    let store = memory();
    let all = gateways(&store, &limits(|plan| plan.away = WhenAway::Allow), &[0]).await;
    // Nobody serves: no question is ever answered.
    all[0]._serving.abort();
    settle().await;
    let begun = tokio::time::Instant::now();
    assert!(all[0].admits(&caller("acme", "crm", &[])).await);
    assert_eq!(begun.elapsed().as_millis(), TIMEOUT.as_millis());
}

#[tokio::test(start_paused = true)]
async fn whoever_is_idle_gives_back_and_is_forgotten() {
    let store = memory();
    let all = gateways(&store, &limits(|_| {}), &[0]).await;
    for name in ["a", "b", "c"] {
        assert!(all[0].admits(&caller("acme", name, &[])).await);
    }
    let counted = || all[0].throttle.common.as_ref().unwrap().rate.len();
    assert_eq!(counted(), 3);
    pass(&store, &all, 60 * SECOND);
    for _ in 0..3 {
        meet(&all).await;
    }
    assert_eq!(counted(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_forgotten_and_comes_again_is_heard() {
    let store = memory();
    let rate = Rate::new(n(1), SECOND, n(100)).unwrap();
    let all = gateways(&store, &limits(|plan| (plan.rate, plan.away) = (rate, WhenAway::Allow)), &[0]).await;
    let crm = caller("acme", "crm", &[]);
    for _ in 0..3 {
        assert!(all[0].admits(&crm).await);
        pass(&store, &all, 40 * SECOND);
        meet(&all).await;
        meet(&all).await;
    }
    // What is taken alone, by an account that is known anew, is not mistaken for what was said long ago.
    store.is(Mood::Away);
    meet(&all).await;
    assert_eq!(all[0].admitted(&crm, 100).await, 100);
    store.is(Mood::Well);
    meet(&all).await;
    let other = gateways(&store, &limits(|plan| plan.rate = rate), &[0]).await;
    assert!(other[0].admitted(&crm, 10).await <= 1);
}

#[tokio::test(start_paused = true)]
async fn however_many_limits_there_are_a_request_waits_once() {
    let store = memory();
    let many = limits(|plan| (plan.daily, plan.monthly, plan.away) = (Some(n(9)), Some(n(9)), WhenAway::Allow));
    let all = gateways(&store, &many, &[0]).await;
    all[0]._serving.abort();
    settle().await;
    let begun = tokio::time::Instant::now();
    assert!(all[0].admits(&caller("acme", "crm", &[])).await);
    assert_eq!(begun.elapsed().as_millis(), TIMEOUT.as_millis());
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_what_is_held_and_known() {
    let store = memory();
    let before = limits(|plan| plan.daily = Some(n(10)));
    let all = gateways(&store, &before, &[0]).await;
    let crm = caller("acme", "crm", &[]);
    assert_eq!(all[0].admitted(&crm, 6).await, 6);
    let reloaded = all[0].throttle.carry_over(&limits(|plan| plan.daily = Some(n(8))));
    let mut total = 6;
    for _ in 0..10 {
        total += usize::from(reloaded.admit(&crm, Places::default(), now()).await.is_ok());
        settle().await;
    }
    assert_eq!(total, 8);
}

#[tokio::test(start_paused = true)]
async fn cost_that_was_not_used_comes_back() {
    let store = memory();
    let cost = Rate::new(n(100), 3_600 * SECOND, n(100)).unwrap();
    let all = gateways(&store, &limits(|plan| plan.cost = cost), &[0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    for _ in 0..50 {
        assert!(all[0].throttle.spend(&crm, 90, now()).await.is_ok());
        all[0].throttle.refund(&crm, 90, Duration::ZERO);
        settle().await;
    }
    assert!(all[1].throttle.spend(&crm, 80, now()).await.is_ok(), "what one does not use, another has");
    let refused = all[0].throttle.spend(&crm, 80, now()).await.unwrap_err();
    assert_eq!(refused.problem.code, Code::CostBudgetSpent);
    assert_eq!(all[0].throttle.spend(&crm, 101, now()).await.unwrap_err().problem.code, Code::QueryTooCostly);
}

#[tokio::test(start_paused = true)]
async fn what_a_gateway_says_last_counts_once_also_when_it_is_said_twice() {
    let store = memory();
    let all = gateways(&store, &limits(|plan| plan.daily = Some(n(100))), &[0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    let mut total = all[0].admitted(&crm, 40).await;
    settle().await;
    // The store hears the farewell, and its answer is lost; then it is said again.
    store.is(Mood::Mute);
    let ends = &all[0].throttle;
    let again = async {
        settle().await;
        store.is(Mood::Well);
        ends.keep_in_touch().await;
        settle().await;
    };
    tokio::join!(ends.leave(SECOND), again);
    settle().await;
    for _ in 0..70 {
        total += all[1].admitted(&crm, 1).await;
        settle().await;
    }
    let day = store.accounts().into_iter().find(|name| name.starts_with("day")).unwrap();
    assert_eq!((total, store.total(&day)), (100, 100));
}

/// Spends, and says how many questions that took.
async fn questions(store: &Memory, one: &One, cost: u64) -> usize {
    let (crm, before) = (caller("acme", "crm", &[]), store.settled());
    let mut spending = Box::pin(one.throttle.spend(&crm, cost, now()));
    for _ in 0..1_000 {
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(spending.as_mut().poll(context))).await;
        if let std::task::Poll::Ready(spent) = polled {
            assert!(spent.is_ok(), "{cost}: {spent:?}");
            return store.settled() - before;
        }
        tokio::task::yield_now().await;
    }
    panic!("{cost} waits for ever, and has asked {} times", store.settled() - before);
}

#[tokio::test(start_paused = true)]
async fn whatever_there_is_enough_of_is_had_for_a_few_questions() {
    for cost in [1, 2, 3, 10, 55, 99, 100, 101, 200, 500, 999, 1_000] {
        for idle in [0, 8] {
            let store = memory();
            let dear = Rate::new(n(100), SECOND, n(1_000)).unwrap();
            let all = gateways(&store, &limits(|plan| plan.cost = dear), &[0]).await;
            let crm = caller("acme", "crm", &[]);
            for _ in 0..40 {
                assert!(all[0].throttle.spend(&crm, 1, now()).await.is_ok());
                settle().await;
            }
            all[0].throttle.refund(&crm, 39, Duration::ZERO);
            // Then all has come back.
            pass(&store, &all, SECOND / 2 + idle * SECOND);
            let asked = questions(&store, &all[0], cost).await;
            assert!(asked <= 4, "{cost} after {idle} s: {asked} questions");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_comes_back_older_is_told_again_and_nothing_counts_twice() {
    let store = memory();
    let rate = Rate::new(n(100), 3_600 * SECOND, n(200)).unwrap();
    let all = gateways(&store, &limits(|plan| (plan.rate, plan.daily) = (rate, Some(n(100)))), &[0, 0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    let mut total = 0;
    for one in &all {
        total += one.admitted(&crm, 5).await;
    }
    let older = store.snapshot();
    for one in &all {
        total += one.admitted(&crm, 20).await;
        settle().await;
    }
    assert_eq!(total, 75);
    // The first one ends: what it took, the others have heard of.
    all[0].throttle.leave(SECOND).await;
    store.restore(older);
    for _ in 0..3 {
        meet(&all[1..]).await;
    }
    for _ in 0..60 {
        for one in &all[1..] {
            total += one.admitted(&crm, 1).await;
            settle().await;
        }
    }
    assert!((90..=100).contains(&total), "{total} of 100");
}

#[tokio::test(start_paused = true)]
async fn shares_of_what_is_dear_are_paid_for_in_full() {
    let store = memory();
    let cost = Rate::new(n(10), SECOND, n(100)).unwrap();
    let share = |plan: &mut Plan| (plan.cost, plan.away) = (cost, WhenAway::Share);
    let all = gateways(&store, &limits(share), &[0, 0, 0, 0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    store.is(Mood::Away);
    meet(&all).await;
    for dear in [100, 30] {
        pass(&store, &all, 1_000 * SECOND);
        let mut total = 0;
        for _ in 0..200 {
            for one in &all {
                total += if one.throttle.spend(&crm, dear, one.now()).await.is_ok() { dear } else { 0 };
            }
            pass(&store, &all, SECOND);
        }
        // Burst + rate × time + (N − 1) × n.
        assert!(total <= 100 + 10 * 200 + 4 * dear, "{total} of {dear} each");
        assert!(total >= 10 * 200 - 5 * dear, "{total} of {dear} each");
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_back_by_itself_is_not_refunded_too() {
    let cost = Rate::new(n(100), SECOND, n(100)).unwrap();
    let (limits, crm) = (limits(|plan| plan.cost = cost), caller("acme", "crm", &[]));
    let store = memory();
    let together = gateways(&store, &limits, &[0]).await;
    let (ticks, hand) = Ticks::fake();
    let alone = Throttle::new(&limits, ticks, None);
    for (throttle, hand) in [(&together[0].throttle, &together[0].hand), (&alone, &hand)] {
        for _ in 0..20 {
            assert!(throttle.spend(&crm, 100, now()).await.is_ok(), "each a second's worth");
            settle().await;
            store.advance(SECOND);
            hand.advance(SECOND);
        }
        let mut spent = 0;
        for ago in (1..=20).rev() {
            // Each ends having cost next to nothing, and as much as there is of that is spent at once.
            throttle.refund(&crm, 99, ago * SECOND);
            settle().await;
            while throttle.spend(&crm, 10, now()).await.is_ok() {
                spent += 10;
                settle().await;
            }
        }
        assert!((90..=100).contains(&spent), "{spent} of 100");
    }
    let stranger = caller("acme", "stranger", &[]);
    together[0].throttle.refund(&stranger, 99, Duration::ZERO);
    let known = || together[0].throttle.common.as_ref().unwrap().cost.len();
    assert_eq!(known(), 1, "nobody has credit who never paid");
}

#[tokio::test(start_paused = true)]
async fn what_another_gateway_gives_back_is_seen_soon() {
    let store = memory();
    let cost = Rate::new(n(100), 3_600 * SECOND, n(100)).unwrap();
    let all = gateways(&store, &limits(|plan| plan.cost = cost), &[0, 0]).await;
    let crm = caller("acme", "crm", &[]);
    assert!(all[0].throttle.spend(&crm, 95, now()).await.is_ok());
    settle().await;
    assert!(all[1].throttle.spend(&crm, 50, now()).await.is_err());
    all[0].throttle.refund(&crm, 95, Duration::ZERO);
    meet(&all).await;
    pass(&store, &all, SECOND);
    meet(&all).await;
    // The first to come is refused by what is known, and has it asked for.
    assert!(all[1].throttle.spend(&crm, 50, now()).await.is_err());
    settle().await;
    assert!(all[1].throttle.spend(&crm, 50, now()).await.is_ok());
    // However many are refused, one question a second is asked.
    let asked = store.settled();
    for _ in 0..1_000 {
        assert!(all[1].throttle.spend(&crm, 90, now()).await.is_err());
        settle().await;
    }
    assert!(store.settled() <= asked + 2, "{} questions", store.settled() - asked);
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Ask(usize, usize),
    Pass(u64),
    Lose,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3usize, 1..40usize).prop_map(|(who, times)| Step::Ask(who, times)),
        3 => (1..700u64).prop_map(Step::Pass),
        1 => Just(Step::Lose),
    ];
    prop::collection::vec(step, 1..60)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Burst + rate × time + N × L, in every stretch of time, by the store's clock.
    #[test]
    fn what_is_admitted_beyond_a_rate_stays_within_the_bound(steps in steps(), drift in prop::array::uniform3(50..200u64)) {
        let (burst, leases) = (40, 3 * 4);
        let admitted = run(async {
            let store = memory();
            let rate = Rate::new(n(100), SECOND, n(40)).unwrap();
            let all = gateways(&store, &limits(|plan| plan.rate = rate), &[-5, 0, 7]).await;
            let crm = caller("acme", "crm", &[]);
            let (mut at, mut admitted) = (0u64, Vec::new());
            for step in steps {
                match step {
                    Step::Ask(who, times) => {
                        for _ in 0..times {
                            if all[who].admits(&crm).await {
                                admitted.push(at);
                            }
                        }
                        settle().await;
                    }
                    Step::Pass(millis) => {
                        at += millis;
                        store.advance(Duration::from_millis(millis));
                        // No two of their clocks run at the same speed.
                        for (one, percent) in all.iter().zip(drift) {
                            one.hand.advance(Duration::from_micros(millis * 10 * percent));
                        }
                    }
                    Step::Lose => {
                        store.is(Mood::Mute);
                        all[0].admits(&crm).await.then(|| admitted.push(at));
                        settle().await;
                        store.is(Mood::Well);
                        meet(&all).await;
                    }
                }
            }
            admitted
        });
        for (from, begin) in admitted.iter().enumerate() {
            for (to, end) in admitted.iter().enumerate().skip(from) {
                let (count, millis) = ((to - from + 1) as u64, end - begin);
                // A tenth of a cell a millisecond.
                prop_assert!(10 * count <= 10 * (burst + leases) + millis, "{count} in {millis} ms");
            }
        }
    }

    /// A quota is never exceeded, whatever is lost on the way.
    #[test]
    fn a_quota_is_never_exceeded(steps in steps()) {
        let (total, told) = run(async {
            let store = memory();
            let all = gateways(&store, &limits(|plan| plan.daily = Some(n(200))), &[-5, 0, 7]).await;
            let crm = caller("acme", "crm", &[]);
            let mut total = 0;
            for step in steps {
                match step {
                    Step::Ask(who, times) => {
                        total += all[who].admitted(&crm, times).await;
                        settle().await;
                    }
                    Step::Pass(millis) => pass(&store, &all, Duration::from_millis(millis)),
                    Step::Lose => {
                        store.is(Mood::Mute);
                        total += all[1].admitted(&crm, 3).await;
                        settle().await;
                        store.is(Mood::Well);
                        meet(&all).await;
                    }
                }
            }
            for one in &all {
                one.throttle.leave(SECOND).await;
            }
            let day = store.accounts().into_iter().find(|name| name.starts_with("day"));
            (total, day.map_or(0, |day| store.total(&day)))
        });
        prop_assert!(total <= 200, "{total}");
        prop_assert_eq!(told, total as i64, "what the store knows in the end is what was admitted");
    }
}
