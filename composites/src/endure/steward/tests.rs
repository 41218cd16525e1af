use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::join_all;
use portico_contracts::packs::limits::Day;
use portico_contracts::tenancy::TenantId;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{advance, sleep};

use super::*;
use crate::endure::limits::Calls;
use crate::fresh::SystemClock;

const SECOND: Duration = Duration::from_secs(1);

fn at_once(concurrency: usize, reserve_percent: u32) -> Limits {
    Limits { concurrency, reserve_percent, ..Limits::default() }
}

fn in_window(window: Window, calls: u32) -> Limits {
    let calls = Calls { written: Some(calls), usual: None };
    Limits { windows: BTreeMap::from([(window, calls)]), day: Day::Rolling, ..Limits::default() }
}

fn steward(limits: Limits) -> Arc<Steward> {
    Steward::new(limits, Arc::new(SystemClock))
}

fn call(tier: Tier, consumer: &str, within: Duration) -> Call {
    Call {
        tenant: TenantId::parse("acme").unwrap(),
        consumer: ConsumerId::parse(consumer).unwrap(),
        tier,
        deadline: Instant::now() + within,
        request_id: Arc::from("r"),
        traceparent: Arc::from("t"),
        tally: Arc::default(),
        urgency: None,
        subject: None,
    }
}

/// A place, if there is one now.
fn now(steward: &Arc<Steward>, tier: Tier) -> Option<Granted> {
    steward.place(&call(tier, "one", 10 * SECOND)).now_or_never()
}

/// Takes places that are free for a tier, and keeps them.
fn taken(steward: &Arc<Steward>, tier: Tier) -> Vec<Place> {
    std::iter::from_fn(|| now(steward, tier)).map_while(Result::ok).collect()
}

fn begun(places: Vec<Place>) -> usize {
    places.into_iter().map(|mut place| place.begin()).count()
}

/// Asks for a call that takes a second, and notes who had it.
async fn ask(steward: &Arc<Steward>, tier: Tier, consumer: &'static str, had: &Mutex<Vec<&'static str>>) {
    let mut place = steward.place(&call(tier, consumer, 600 * SECOND)).await.unwrap();
    place.begin();
    had.lock().push(consumer);
    sleep(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_places_are_for_the_critical() {
    let steward = steward(at_once(10, 20));
    let best_effort = taken(&steward, Tier::BestEffort);
    let standard = taken(&steward, Tier::Standard);
    let critical = taken(&steward, Tier::Critical);
    assert_eq!((best_effort.len(), standard.len(), critical.len()), (6, 2, 2));
    drop(best_effort);
    assert_eq!((steward.in_use(), taken(&steward, Tier::Standard).len()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn the_more_urgent_go_first_and_consumers_in_turn() {
    let steward = steward(at_once(1, 0));
    let had = Mutex::new(Vec::new());
    let first = steward.place(&call(Tier::Standard, "first", SECOND)).await.unwrap();
    let mut asks = Vec::new();
    for (tier, consumer) in [
        (Tier::BestEffort, "partner"),
        (Tier::Standard, "flood"),
        (Tier::Standard, "flood"),
        (Tier::Standard, "flood"),
        (Tier::Standard, "quiet"),
        (Tier::Critical, "crm"),
        (Tier::Standard, "quiet"),
    ] {
        asks.push(ask(&steward, tier, consumer, &had).boxed_local());
    }
    let all = async {
        yield_now().await;
        assert_eq!(steward.standing().waiting.map(|(_, waiting)| waiting), [1, 5, 1]);
        drop(first);
    };
    tokio::join!(join_all(asks), all);
    assert_eq!(*had.lock(), ["crm", "flood", "quiet", "flood", "quiet", "flood", "partner"]);
    assert_eq!(steward.in_use(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_line_costs_nobody_a_place() {
    let steward = steward(at_once(1, 0));
    let first = steward.place(&call(Tier::Standard, "one", SECOND)).await.unwrap();
    let (here, gone) = (call(Tier::Standard, "one", 60 * SECOND), call(Tier::Standard, "one", 60 * SECOND));
    let mut leaving = Box::pin(steward.place(&gone));
    let mut staying = Box::pin(steward.place(&here));
    assert!(leaving.as_mut().now_or_never().is_none() && staying.as_mut().now_or_never().is_none());
    // It is granted the place and leaves in the same moment.
    drop(first);
    drop(leaving);
    assert!(staying.await.is_ok());
    assert_eq!((steward.in_use(), steward.standing().waiting[1].1), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_is_told_when_to_come_back() {
    let steward = steward(at_once(1, 0));
    let _first = steward.place(&call(Tier::Standard, "one", SECOND)).await.unwrap();
    let began = Instant::now();
    let told = steward.place(&call(Tier::Standard, "two", 2 * SECOND)).await.unwrap_err();
    assert_eq!(told.lacks, Lack::Places);
    assert!(told.wait >= SOONEST && began.elapsed() < 2 * SECOND);
    assert_eq!((steward.standing().withheld, steward.standing().waiting[1].1), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_spent_window_is_waited_for_or_refused_at_once() {
    let steward = steward(in_window(Window::TenSeconds, 10));
    assert_eq!(begun(taken(&steward, Tier::BestEffort)), 8);
    let began = Instant::now();
    let hasty = steward.place(&call(Tier::BestEffort, "one", 3 * SECOND)).await.unwrap_err();
    assert_eq!(
        (hasty.lacks, hasty.wait, began.elapsed()),
        (Lack::Window(Window::TenSeconds), 11 * SECOND, Duration::ZERO)
    );
    assert_eq!(begun(taken(&steward, Tier::Standard)), 1);
    assert_eq!(begun(taken(&steward, Tier::Critical)), 1);
    // All who wait are let go in the moment in which there is something again, and no more than there is.
    let patient: Vec<Call> = (0..12).map(|_| call(Tier::Standard, "two", 15 * SECOND)).collect();
    let told = join_all(patient.iter().map(|call| async {
        let told = steward.place(call).await.map(|mut place| drop(place.begin()));
        (told.is_ok(), began.elapsed().as_secs())
    }));
    let told = told.await;
    assert_eq!(told.iter().filter(|told| **told == (true, 11)).count(), 9);
    assert_eq!(told.iter().filter(|told| !told.0 && told.1 < 15).count(), 3, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_in_vain_waits_and_is_obeyed_in_whole() {
    let steward = steward(at_once(1, 0));
    let first = steward.place(&call(Tier::Standard, "one", SECOND)).await.unwrap();
    let (hasty, patient) = (call(Tier::Standard, "one", 5 * SECOND), call(Tier::Critical, "crm", 60 * SECOND));
    let began = Instant::now();
    let pause = async {
        yield_now().await;
        steward.pause(30 * SECOND);
        drop(first);
    };
    let (hasty, patient, ()) = tokio::join!(
        async { (steward.place(&hasty).await.map(drop), began.elapsed()) },
        async { (steward.place(&patient).await.map(drop), began.elapsed()) },
        pause
    );
    let withheld = Withheld { lacks: Lack::Pause, wait: 30 * SECOND };
    assert_eq!(hasty, (Err(withheld), Duration::ZERO));
    assert!(patient.0.is_ok() && patient.1 >= 30 * SECOND, "{patient:?}");
}

#[tokio::test(start_paused = true)]
async fn what_several_wait_for_is_as_urgent_as_to_the_most_urgent() {
    let steward = steward(at_once(1, 0));
    let had = Mutex::new(Vec::new());
    let first = steward.place(&call(Tier::Standard, "first", SECOND)).await.unwrap();
    let urgency = watch::Sender::new(Urgency { tier: Tier::BestEffort, until: Instant::now() + SECOND });
    let shared = Call { urgency: Some(urgency.subscribe()), ..call(Tier::BestEffort, "partner", 600 * SECOND) };
    let shared = async {
        let _place = steward.place(&shared).await.unwrap();
        had.lock().push("shared");
    };
    let hurry = async {
        yield_now().await;
        let until = Instant::now() + 60 * SECOND;
        urgency.send_modify(|before| *before = before.and(Urgency { tier: Tier::Critical, until }));
        yield_now().await;
        advance(2 * SECOND).await;
        drop(first);
    };
    tokio::join!(ask(&steward, Tier::Standard, "flood", &had), shared, hurry);
    assert_eq!(*had.lock(), ["shared", "flood"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_system_reports_corrects_our_count() {
    let mut limits = in_window(Window::Day, 1_000_000);
    limits.windows.insert(Window::Day, Calls::default());
    let steward = steward(limits.clone());
    let mut place = steward.place(&call(Tier::Standard, "one", SECOND)).await.unwrap();
    let ticket = place.begin();
    drop(place);
    ticket.hear(&[Reported { window: Window::Day, limit: Some(1_000), remaining: Some(101), resets_in: None }]);
    assert_eq!(begun(taken(&steward, Tier::Standard)), 1);
    let refused = now(&steward, Tier::Standard).unwrap().unwrap_err();
    assert_eq!(refused.lacks, Lack::Window(Window::Day));
    assert!(now(&steward, Tier::Critical).unwrap().is_ok());
    let standing = steward.standing().windows.remove(0);
    assert_eq!((standing.limit, standing.used, standing.remaining), (Some(1_000), 2, Some(100)));
    // Nothing is forgotten for other limits; an operator may choose not to believe it.
    steward.adopt(Limits { concurrency: 3, ..limits.clone() });
    assert!(now(&steward, Tier::Standard).unwrap().is_err());
    steward.adopt(Limits { reported: false, ..limits });
    assert!(now(&steward, Tier::Standard).unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn more_places_are_given_out_at_once() {
    let steward = steward(at_once(1, 0));
    let _first = steward.place(&call(Tier::Standard, "one", SECOND)).await.unwrap();
    let waiting = call(Tier::Standard, "two", 60 * SECOND);
    let began = Instant::now();
    let (place, ()) = tokio::join!(steward.place(&waiting), async {
        yield_now().await;
        steward.adopt(at_once(2, 0));
    });
    assert!(place.is_ok() && began.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn after_too_many_calls_there_are_fewer_but_for_the_critical() {
    let steward = steward(at_once(10, 0));
    let places = taken(&steward, Tier::Standard);
    assert_eq!(places.len(), 10);
    steward.pause(SECOND);
    // Refused together: one refusal.
    steward.pause(SECOND);
    drop(places);
    advance(SECOND).await;
    assert_eq!(steward.standing().open, 5);
    let standard = taken(&steward, Tier::Standard);
    let critical = taken(&steward, Tier::Critical);
    assert_eq!((standard.len(), critical.len()), (5, 5));
    drop(critical);
    // The next place opens by itself.
    let began = Instant::now();
    let next = steward.place(&call(Tier::Standard, "one", 10 * SECOND)).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 1);
    drop((next, standard));
    advance(10 * SECOND).await;
    assert_eq!(taken(&steward, Tier::Standard).len(), 10);
}
