use std::ops::ControlFlow;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use portico_contracts::canonical::{Provenance, Record, Value};
use portico_contracts::model::{ObjectType, expect_object};
use portico_contracts::tenancy::{ConsumerId, Role, SystemId, Tier};
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::ask::{Narrow, Support, Tally};

const MOMENT: Duration = Duration::from_millis(50);

/// The wall clock runs with tokio's paused one.
#[derive(Debug)]
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + self.0.elapsed()
    }
}

/// A system whose answers name the moment at which it was asked, and that counts its calls.
#[derive(Debug)]
struct Fake {
    tenant: TenantId,
    id: SystemId,
    identity: Mutex<&'static str>,
    freshness: Freshness,
    delay: Mutex<Duration>,
    mood: Mutex<Mood>,
    calls: Mutex<Vec<Vec<String>>>,
    /// How urgent a call was when it had been under way for its time.
    urgency: Mutex<Vec<Urgency>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Answers,
    HasNothing,
    Fails(Code),
    Panics,
}

#[async_trait]
impl Upstream for Fake {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }
    fn id(&self) -> &SystemId {
        &self.id
    }
    fn role(&self) -> Role {
        Role::Erp
    }
    fn identity(&self, _call: &Call) -> Arc<str> {
        Arc::from(*self.identity.lock())
    }
    fn freshness(&self, _class: Class) -> Freshness {
        self.freshness
    }
    fn provides(&self, _entity: &'static ObjectType) -> bool {
        true
    }
    fn provides_field(&self, _entity: &'static ObjectType, _field: &str) -> bool {
        true
    }
    fn supports(&self, _entity: &'static ObjectType, _by: &str) -> Option<Support> {
        Some(Support { batch: 100 })
    }
    async fn look_up(&self, ask: &Ask, keys: &[Key], call: &Call) -> Vec<Result<Page, Arc<Failure>>> {
        self.calls.lock().push(keys.iter().map(|key| key.to_string()).collect());
        let (asked, delay) = (Instant::now(), *self.delay.lock());
        sleep(delay).await;
        self.urgency.lock().push(call.urgency());
        let mood = *self.mood.lock();
        keys.iter().map(|key| self.one(ask, key, asked, mood)).collect()
    }
}

impl Fake {
    fn one(&self, ask: &Ask, key: &Key, asked: Instant, mood: Mood) -> Result<Page, Arc<Failure>> {
        match mood {
            Mood::Answers if &**key != "bad" => {
                let text = format!("{}/{key}@{asked:?}", self.tenant);
                let row = Record::new(ask.entity).with("number", Value::text(text));
                Ok(Page { rows: vec![Arc::new(row)], ..Page::default() })
            }
            Mood::Answers => Err(Arc::new(Failure::new(Code::KeyRefused, "No."))),
            Mood::HasNothing => Ok(Page::default()),
            Mood::Fails(code) => Err(Arc::new(Failure::new(code, "Down."))),
            Mood::Panics => panic!("on purpose"),
        }
    }

    fn calls(&self) -> usize {
        self.calls.lock().len()
    }
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn fake(tenant_name: &str, freshness: Freshness) -> Arc<Fake> {
    Arc::new(Fake {
        tenant: tenant(tenant_name),
        id: SystemId::parse("erp").unwrap(),
        identity: Mutex::new("service account"),
        freshness,
        delay: Mutex::new(MOMENT),
        mood: Mutex::new(Mood::Answers),
        calls: Mutex::default(),
        urgency: Mutex::default(),
    })
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn orders() -> Freshness {
    Freshness {
        ttl: seconds(10),
        stale_while_revalidate: seconds(20),
        stale_if_error: seconds(100),
        negative_ttl: seconds(3),
        ceiling: seconds(60),
    }
}

struct Scene {
    cache: Cache,
    fake: Arc<Fake>,
}

fn scene(freshness: Freshness) -> Scene {
    Scene { cache: cache_of(Limits::default()), fake: fake("acme", freshness) }
}

fn cache_of(limits: Limits) -> Cache {
    Cache::new(limits, Arc::new(TestClock(Instant::now())))
}

fn call_of(tenant: &TenantId) -> Call {
    Call {
        tenant: tenant.clone(),
        consumer: ConsumerId::parse("console").unwrap(),
        tier: Tier::Standard,
        deadline: Instant::now() + seconds(2),
        request_id: Arc::from("r"),
        traceparent: Arc::from("t"),
        tally: Arc::new(Tally::default()),
        urgency: None,
        subject: None,
    }
}

fn ask_orders() -> Ask {
    Ask { entity: expect_object("Order"), by: "number", narrow: Narrow::default() }
}

fn keys(names: &[&str]) -> Vec<Key> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

async fn get(cache: &Cache, fake: &Arc<Fake>, names: &[&str], wish: Wish) -> Vec<Outcome> {
    let upstream: Arc<dyn Upstream> = fake.clone();
    cache.get(&upstream, &ask_orders(), &keys(names), &wish, &call_of(&fake.tenant)).await
}

impl Scene {
    async fn get(&self, names: &[&str]) -> Vec<String> {
        self.wishing(names, Wish::default()).await
    }

    async fn wishing(&self, names: &[&str], wish: Wish) -> Vec<String> {
        get(&self.cache, &self.fake, names, wish).await.iter().map(told).collect()
    }

    async fn one(&self, wish: Wish) -> String {
        self.wishing(&["SO-1"], wish).await.remove(0)
    }
}

/// An outcome in one word.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Found(_, provenance) => provenance.state.graphql().to_owned(),
        Outcome::Absent(provenance) => format!("absent {}", provenance.state.graphql()),
        Outcome::Failed(failure) => failure.code.to_string(),
    }
}

fn provenance(outcome: &Outcome) -> Option<&Provenance> {
    match outcome {
        Outcome::Found(_, provenance) | Outcome::Absent(provenance) => Some(provenance),
        Outcome::Failed(_) => None,
    }
}

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Found(page, _) => page.rows[0].get("number").as_text().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_lives_through_its_states() {
    let scene = scene(orders());
    assert_eq!(scene.get(&["SO-1"]).await, ["FETCHED"]);
    assert_eq!(scene.get(&["SO-1"]).await, ["HIT"]);
    advance(seconds(10)).await;
    assert_eq!(scene.get(&["SO-1"]).await, ["STALE"]);
    assert_eq!(scene.get(&["SO-1"]).await, ["STALE"], "one refresh at a time");
    sleep(MOMENT * 2).await;
    assert_eq!(scene.get(&["SO-1"]).await, ["HIT"], "refreshed in the background");
    assert_eq!(scene.fake.calls(), 2);
    *scene.fake.mood.lock() = Mood::Fails(Code::UpstreamUnavailable);
    advance(seconds(40)).await;
    assert_eq!(scene.get(&["SO-1"]).await, ["STALE_IF_ERROR"]);
    advance(seconds(20)).await;
    assert_eq!(scene.get(&["SO-1"]).await, ["upstream_unavailable"], "past the ceiling");
}

#[tokio::test(start_paused = true)]
async fn only_what_misses_is_asked_in_one_call_and_each_key_once() {
    let scene = scene(orders());
    scene.get(&["SO-1", "SO-2"]).await;
    let told = scene.get(&["SO-3", "SO-1", "bad", "SO-3", "SO-2", "SO-4"]).await;
    assert_eq!(told, ["FETCHED", "HIT", "key_refused", "FETCHED", "HIT", "FETCHED"]);
    assert_eq!(*scene.fake.calls.lock(), [vec!["SO-1", "SO-2"], vec!["SO-3", "bad", "SO-4"]]);
    assert_eq!(scene.get(&["bad"]).await, ["key_refused"]);
    assert_eq!(scene.fake.calls(), 3, "failures are not kept");
}

#[tokio::test(start_paused = true)]
async fn that_there_is_nothing_is_remembered_briefly_and_never_stands_in() {
    let scene = scene(orders());
    *scene.fake.mood.lock() = Mood::HasNothing;
    assert_eq!(scene.get(&["SO-1"]).await, ["absent FETCHED"]);
    assert_eq!(scene.get(&["SO-1"]).await, ["absent HIT"]);
    advance(seconds(3)).await;
    *scene.fake.mood.lock() = Mood::Fails(Code::UpstreamTimeout);
    assert_eq!(scene.get(&["SO-1"]).await, ["upstream_timeout"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_gets_fresher_than_the_class_and_never_staler() {
    let scene = scene(orders());
    scene.get(&["SO-1"]).await;
    advance(seconds(5)).await;
    let at_most = |age| Wish { max_age: Some(seconds(age)), ..Wish::default() };
    assert_eq!(scene.one(at_most(6)).await, "HIT");
    assert_eq!(scene.one(at_most(4)).await, "FETCHED");
    assert_eq!(scene.one(at_most(0)).await, "FETCHED");
    advance(seconds(40)).await;
    *scene.fake.mood.lock() = Mood::Fails(Code::UpstreamError);
    assert_eq!(scene.one(at_most(30)).await, "upstream_error");
    assert_eq!(scene.one(Wish::FRESH).await, "upstream_error", "who asks for fresh gets no old value");
    assert_eq!(scene.one(at_most(3600)).await, "STALE_IF_ERROR");
}

#[tokio::test(start_paused = true)]
async fn only_if_cached_asks_nobody() {
    let scene = scene(orders());
    let wish = Wish { only_if_cached: true, ..Wish::default() };
    assert_eq!(scene.one(wish).await, "not_cached");
    scene.get(&["SO-1"]).await;
    assert_eq!(scene.one(wish).await, "HIT");
    advance(seconds(15)).await;
    assert_eq!(scene.one(wish).await, "STALE");
    sleep(MOMENT * 2).await;
    assert_eq!(scene.fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_who_ask_at_once_make_one_call_with_one_value() {
    let scene = scene(Freshness::uncached(seconds(60)));
    let outcomes = join_all((0..100).map(|_| get(&scene.cache, &scene.fake, &["SO-1"], Wish::default()))).await;
    assert_eq!(scene.fake.calls(), 1);
    let states: Vec<String> = outcomes.iter().map(|one| told(&one[0])).collect();
    assert_eq!(states.iter().filter(|state| *state == "COALESCED").count(), 99);
    assert!(outcomes.iter().all(|one| text(&one[0]) == text(&outcomes[0][0])));
    assert_eq!(scene.get(&["SO-1"]).await, ["FETCHED"], "nothing of this class is kept");
}

#[tokio::test(start_paused = true)]
async fn who_wants_fresh_joins_nobody_and_is_joined() {
    let scene = scene(orders());
    let early = get(&scene.cache, &scene.fake, &["SO-1"], Wish::default());
    let fresh = async {
        sleep(MOMENT / 2).await;
        get(&scene.cache, &scene.fake, &["SO-1"], Wish::FRESH).await
    };
    let (early, fresh) = tokio::join!(early, fresh);
    assert_eq!((told(&early[0]), told(&fresh[0])), ("FETCHED".into(), "FETCHED".into()));
    assert_ne!(text(&early[0]), text(&fresh[0]));
    let kept = get(&scene.cache, &scene.fake, &["SO-1"], Wish::default()).await;
    assert_eq!(text(&kept[0]), text(&fresh[0]), "the later question's answer is kept");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_leaves_costs_the_others_nothing() {
    let scene = scene(orders());
    let mut leader = Box::pin(get(&scene.cache, &scene.fake, &["SO-1"], Wish::default()));
    let polled = futures_util::future::poll_fn(|context| {
        std::task::Poll::Ready(match leader.as_mut().poll(context) {
            std::task::Poll::Pending => ControlFlow::Continue(()),
            std::task::Poll::Ready(_) => ControlFlow::Break(()),
        })
    });
    assert!(polled.await.is_continue());
    let joiner = get(&scene.cache, &scene.fake, &["SO-1"], Wish::default());
    let (_, outcome) = tokio::join!(async { drop(leader) }, joiner);
    assert_eq!(told(&outcome[0]), "COALESCED");
    assert_eq!(scene.fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_frees_its_keys() {
    let scene = scene(orders());
    *scene.fake.mood.lock() = Mood::Panics;
    assert_eq!(scene.get(&["SO-1", "SO-2"]).await, ["internal", "internal"]);
    *scene.fake.mood.lock() = Mood::Answers;
    assert_eq!(scene.get(&["SO-1"]).await, ["FETCHED"]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_ends_at_its_own_deadline() {
    let scene = scene(orders());
    scene.get(&["SO-1"]).await;
    advance(seconds(35)).await;
    *scene.fake.delay.lock() = seconds(10);
    let began = Instant::now();
    assert_eq!(scene.get(&["SO-1", "SO-2"]).await, ["STALE_IF_ERROR", "deadline_exceeded"]);
    assert_eq!(began.elapsed(), seconds(2));
}

#[tokio::test(start_paused = true)]
async fn what_is_purged_is_gone_and_a_fetch_begun_before_is_neither_kept_nor_shared() {
    let scene = scene(orders());
    let acme = tenant("acme");
    let early = get(&scene.cache, &scene.fake, &["SO-1"], Wish::default());
    let later = async {
        sleep(MOMENT / 2).await;
        scene.cache.purge(&acme, &Purge::Entity(scene.fake.id.clone(), "Order".into()));
        get(&scene.cache, &scene.fake, &["SO-1"], Wish::default()).await
    };
    let (early, later) = tokio::join!(early, later);
    assert_ne!(text(&early[0]), text(&later[0]), "who asks after the purge does not share what was asked before it");
    let kept = get(&scene.cache, &scene.fake, &["SO-1"], Wish::default()).await;
    assert_eq!(text(&kept[0]), text(&later[0]));
    *scene.fake.mood.lock() = Mood::Fails(Code::UpstreamUnavailable);
    assert_eq!(scene.cache.purge(&acme, &Purge::All), 1);
    assert_eq!(scene.get(&["SO-1"]).await, ["upstream_unavailable"], "what was purged does not stand in either");
}

#[tokio::test(start_paused = true)]
async fn a_purge_by_key_removes_that_key_and_rows_that_hold_it() {
    let scene = scene(orders());
    let outcomes = get(&scene.cache, &scene.fake, &["SO-1", "SO-2", "SO-3"], Wish::default()).await;
    let purge = |key: &str| Purge::Key(scene.fake.id.clone(), "Order".into(), Arc::from(key));
    assert_eq!(scene.cache.purge(&tenant("acme"), &purge("SO-1")), 1);
    assert_eq!(scene.cache.purge(&tenant("acme"), &purge(&text(&outcomes[1]))), 1);
    assert_eq!(scene.cache.purge(&tenant("globex"), &Purge::All), 0);
    assert_eq!(scene.get(&["SO-1", "SO-2", "SO-3"]).await, ["FETCHED", "FETCHED", "HIT"]);
}

#[tokio::test(start_paused = true)]
async fn tenants_and_identities_share_nothing() {
    let scene = scene(orders());
    let other = fake("globex", orders());
    let (one, two) = tokio::join!(
        get(&scene.cache, &scene.fake, &["SO-1"], Wish::default()),
        get(&scene.cache, &other, &["SO-1"], Wish::default())
    );
    assert!(text(&one[0]).starts_with("acme/") && text(&two[0]).starts_with("globex/"));
    *scene.fake.identity.lock() = "another account";
    assert_eq!(scene.get(&["SO-1"]).await, ["FETCHED"]);
    *scene.fake.identity.lock() = "";
    assert_eq!(scene.get(&["SO-1"]).await, ["internal"]);
    let upstream: Arc<dyn Upstream> = other;
    let call = call_of(&tenant("acme"));
    let crossed = scene.cache.get(&upstream, &ask_orders(), &keys(&["SO-1"]), &Wish::default(), &call).await;
    assert_eq!(told(&crossed[0]), "internal");
}

#[tokio::test(start_paused = true)]
async fn a_busy_tenant_cannot_push_out_a_quiet_one() {
    let scene = Scene { cache: cache_of(Limits { bytes: 200_000, ..Limits::default() }), fake: fake("acme", orders()) };
    let busy = fake("globex", orders());
    scene.get(&["SO-1", "SO-2"]).await;
    *busy.delay.lock() = Duration::ZERO;
    for number in 0..2_000 {
        get(&scene.cache, &busy, &[&format!("SO-{number}")], Wish::default()).await;
    }
    let figures = scene.cache.figures();
    assert!(figures.bytes <= 200_000 && figures.evicted > 500, "{figures:?}");
    let kept = scene.wishing(&["SO-1", "SO-2"], Wish { only_if_cached: true, ..Wish::default() }).await;
    assert_eq!(kept, ["HIT", "HIT"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_of_no_use_is_let_go() {
    let scene = scene(orders());
    scene.get(&["SO-1", "SO-2"]).await;
    assert_eq!((scene.cache.figures().values, scene.cache.figures().oldest.len()), (2, 1));
    advance(seconds(60)).await;
    scene.cache.tend();
    assert_eq!((scene.cache.figures().values, scene.cache.figures().bytes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_spared_is_tallied() {
    let scene = scene(orders());
    scene.get(&["SO-1"]).await;
    let upstream: Arc<dyn Upstream> = scene.fake.clone();
    let call = call_of(&tenant("acme"));
    scene.cache.get(&upstream, &ask_orders(), &keys(&["SO-1", "SO-2"]), &Wish::default(), &call).await;
    assert_eq!(call.tally.so_far()[&scene.fake.id].cache_hits, 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Over random schedules, freshnesses and wishes: what is served tells the truth about its age and state, and
    /// nothing that was not fetched for this very request is past the class's ceiling or the caller's wish.
    #[test]
    fn nothing_is_served_past_its_ceiling(
        (ttl, revalidate, if_error, negative, ceiling) in (0_u64..20, 0_u64..20, 0_u64..40, 0_u64..10, 0_u64..40),
        steps in proptest::collection::vec(
            (0_u64..25_000, 0_u64..4_000, 0_u8..8, proptest::option::of(0_u64..30), 0_u8..8), 1..40),
    ) {
        let freshness = Freshness {
            ttl: seconds(ttl),
            stale_while_revalidate: seconds(revalidate),
            stale_if_error: seconds(if_error),
            negative_ttl: seconds(negative),
            ceiling: seconds(ceiling),
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let scene = scene(freshness);
            for (pause, delay, mood, max_age, kind) in steps {
                *scene.fake.delay.lock() = Duration::from_millis(delay);
                *scene.fake.mood.lock() = match mood {
                    0 => Mood::Fails(Code::UpstreamError),
                    1 => Mood::HasNothing,
                    _ => Mood::Answers,
                };
                let wish = Wish { max_age: max_age.map(seconds), fresh: kind == 0, only_if_cached: kind == 1 };
                let two = || get(&scene.cache, &scene.fake, &["SO-1"], wish);
                let began = scene.cache.0.clock.wall();
                let (one, (other, other_began)) = tokio::join!(two(), async {
                    sleep(Duration::from_millis(delay / 2)).await;
                    let began = scene.cache.0.clock.wall();
                    (two().await, began)
                });
                for (outcome, began) in [(&one[0], began), (&other[0], other_began)] {
                    truthful(outcome, began, &freshness, &wish);
                }
                sleep(Duration::from_millis(pause)).await;
            }
        });
    }
}

fn truthful(outcome: &Outcome, began: DateTime<Utc>, freshness: &Freshness, wish: &Wish) {
    let Some(provenance) = provenance(outcome) else { return };
    let age = (began - provenance.fetched_at).to_std().unwrap_or_default();
    if provenance.state == CacheState::Fetched {
        assert!(provenance.fetched_at >= began, "fetched means: for this request");
        return;
    }
    assert!(!wish.fresh && age < freshness.ceiling, "{outcome:?} at {age:?}");
    assert!(wish.max_age.is_none_or(|most| age <= most), "{outcome:?} at {age:?}");
    match provenance.state {
        CacheState::Hit if matches!(outcome, Outcome::Absent(_)) => assert!(age < freshness.negative_ttl),
        CacheState::Hit => assert!(age < freshness.ttl),
        CacheState::Stale => assert!(age >= freshness.ttl && age < freshness.ttl + freshness.stale_while_revalidate),
        CacheState::StaleIfError => assert!(age < freshness.ttl + freshness.stale_if_error),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_as_urgent_as_to_the_most_urgent_who_waits_for_it() {
    let scene = scene(orders());
    let ask = |tier: Tier, within: u64| {
        let deadline = Instant::now() + seconds(within);
        let call = Call { tier, deadline, ..call_of(&scene.fake.tenant) };
        let (cache, upstream): (_, Arc<dyn Upstream>) = (scene.cache.clone(), scene.fake.clone());
        async move { cache.get(&upstream, &ask_orders(), &keys(&["SO-1"]), &Wish::default(), &call).await }
    };
    let began = Instant::now();
    let joined = async {
        sleep(MOMENT / 5).await;
        ask(Tier::Critical, 2).await
    };
    let (led, joined) = tokio::join!(ask(Tier::BestEffort, 10), joined);
    assert_eq!((told(&led[0]).as_str(), told(&joined[0]).as_str()), ("FETCHED", "COALESCED"));
    let urgency = Urgency { tier: Tier::Critical, until: began + seconds(10) };
    assert_eq!(*scene.fake.urgency.lock(), [urgency]);
    // What only freshens the cache is nobody's business, whoever was served the stale value.
    advance(seconds(15)).await;
    assert_eq!(told(&ask(Tier::Critical, 2).await[0]), "STALE");
    sleep(MOMENT * 2).await;
    assert_eq!(scene.fake.urgency.lock().last().map(|urgency| urgency.tier), Some(Tier::BestEffort));
}
