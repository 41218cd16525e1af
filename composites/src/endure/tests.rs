use std::cell::Cell;
use std::future::{pending, ready};
use std::rc::Rc;

use futures_util::future::join_all;
use portico_contracts::tenancy::{ConsumerId, TenantId};
use tokio::time::advance;

use super::*;
use crate::fresh::SystemClock;

const SECOND: Duration = Duration::from_secs(1);

fn endure() -> Endure {
    endure_with(EndureSettings::default())
}

fn endure_with(settings: EndureSettings) -> Endure {
    let steward = Steward::new(settings.limits.clone(), Arc::new(SystemClock));
    Endure::new(settings, steward)
}

fn until(deadline: Instant) -> Call {
    Call {
        tenant: TenantId::parse("acme").unwrap(),
        consumer: ConsumerId::parse("console").unwrap(),
        tier: Tier::Standard,
        deadline,
        request_id: Arc::from("r"),
        traceparent: Arc::from("t"),
        tally: Arc::default(),
        urgency: None,
        subject: None,
    }
}

fn at_once(concurrency: usize) -> Limits {
    Limits { concurrency, reserve_percent: 0, ..Limits::default() }
}

/// Not asked, because the system wants a pause.
fn pausing(seconds: u64) -> Trouble {
    Trouble::Withheld(Withheld { lacks: Lack::Pause, wait: Duration::from_secs(seconds) })
}

fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

fn failing() -> Trouble {
    Trouble::Rejected(Rejection::Failed { retryable: true, cause: "503".into() })
}

fn throttled(seconds: Option<u64>) -> Trouble {
    Trouble::Rejected(Rejection::Throttled(seconds.map(Duration::from_secs)))
}

/// Runs with prepared results, the last one again and again, and says how often it was tried.
async fn run(endure: &Endure, deadline: Instant, results: &[Result<(), Trouble>]) -> (Result<(), Trouble>, usize) {
    let tries = Rc::new(Cell::new(0));
    let result = endure
        .run(&until(deadline), |_| {
            let at = tries.get();
            tries.set(at + 1);
            ready(results[at.min(results.len() - 1)].clone())
        })
        .await;
    (result, tries.get())
}

#[tokio::test(start_paused = true)]
async fn what_may_help_is_repeated_twice_and_what_cannot_is_not() {
    let endure = endure();
    assert_eq!(run(&endure, in_seconds(5), &[Err(failing()), Ok(())]).await, (Ok(()), 2));
    let began = Instant::now();
    assert_eq!(run(&endure, in_seconds(5), &[Err(Trouble::Unreachable("reset".into()))]).await.1, 2, "budget");
    assert!(began.elapsed() <= Duration::from_millis(100));
    for last in [
        Trouble::Rejected(Rejection::Unauthorized),
        Trouble::Rejected(Rejection::Forbidden("no".into())),
        Trouble::Rejected(Rejection::Malformed("<html>".into())),
        Trouble::Rejected(Rejection::Failed { retryable: false, cause: "400".into() }),
    ] {
        assert_eq!(run(&endure, in_seconds(5), &[Err(last.clone())]).await, (Err(last), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn repetitions_end_with_their_budget() {
    let settings = EndureSettings {
        breaker: BreakerSettings { volume: u32::MAX, ..BreakerSettings::default() },
        ..EndureSettings::default()
    };
    let endure = endure_with(settings);
    let mut tries = 0;
    for _ in 0..100 {
        tries += run(&endure, in_seconds(1), &[Err(failing())]).await.1;
    }
    assert!((120..=135).contains(&tries), "a fifth of the calls and a small floor: {tries}");
    assert!(endure.standing().retries_refused >= 70);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_if_it_fits_or_else_told() {
    let endure = endure();
    let began = Instant::now();
    assert_eq!(run(&endure, in_seconds(5), &[Err(throttled(Some(2))), Ok(())]).await, (Ok(()), 2));
    assert!(began.elapsed() >= 2 * SECOND);
    let began = Instant::now();
    assert_eq!(run(&endure, in_seconds(5), &[Err(throttled(Some(60)))]).await, (Err(throttled(Some(60))), 1));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_for_everybody_and_nobody_asks_meanwhile() {
    let endure = endure();
    let _ = run(&endure, in_seconds(1), &[Err(throttled(Some(30)))]).await;
    advance(10 * SECOND).await;
    assert_eq!(run(&endure, in_seconds(5), &[Ok(())]).await, (Err(pausing(20)), 0));
    let _ = run(&endure, in_seconds(1), &[Err(throttled(Some(1)))]).await;
    assert_eq!(endure.standing().cooling_for, Some(20 * SECOND), "a shorter pause does not end a longer one");
    advance(20 * SECOND).await;
    assert_eq!(run(&endure, in_seconds(5), &[Ok(())]).await, (Ok(()), 1));
    let _ = run(&endure, in_seconds(1), &[Err(throttled(Some(u64::MAX)))]).await;
    assert_eq!(endure.standing().cooling_for, Some(24 * 3600 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_its_time_out_and_the_whole_its_deadline() {
    let endure = endure();
    let began = Instant::now();
    let eight = until(in_seconds(8));
    let result = endure.run(&eight, |turn| {
        assert!(turn.until <= began + 8 * SECOND);
        pending::<Result<(), Trouble>>()
    });
    assert_eq!(result.await, Err(Trouble::TimedOut));
    assert_eq!(began.elapsed(), 8 * SECOND);
    let one = until(in_seconds(1));
    let hasty = endure.run(&one, |_| pending::<Result<(), Trouble>>());
    assert_eq!(hasty.await, Err(Trouble::OutOfTime));
}

#[tokio::test(start_paused = true)]
async fn the_breaker_opens_and_closes_again() {
    let endure = endure();
    for _ in 0..12 {
        let _ = run(&endure, in_seconds(1), &[Err(failing())]).await;
    }
    assert_eq!(endure.standing().breaker, BreakerState::Open);
    let (result, tries) = run(&endure, in_seconds(1), &[Ok(())]).await;
    assert!(matches!(result, Err(Trouble::Paused(_))) && tries == 0);
    advance(5 * SECOND).await;
    assert_eq!(run(&endure, in_seconds(1), &[Ok(())]).await, (Ok(()), 1));
    assert_eq!(endure.standing().breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn hasty_callers_and_refusals_do_not_open_it() {
    let endure = endure();
    for _ in 0..30 {
        let call = until(Instant::now() + SECOND);
        let hasty = endure.run(&call, |_| pending::<Result<(), Trouble>>());
        assert_eq!(hasty.await, Err(Trouble::OutOfTime));
        let _ = run(&endure, in_seconds(1), &[Err(Trouble::Rejected(Rejection::NotFound))]).await;
    }
    assert_eq!(endure.standing().breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn so_many_at_once_and_the_rest_waits_no_longer_than_its_deadline() {
    let endure = endure_with(EndureSettings { limits: at_once(2), ..EndureSettings::default() });
    let most = Cell::new(0_usize);
    let call = until(Instant::now() + 2 * SECOND + SECOND / 2);
    let one = || {
        let (endure, most) = (&endure, &most);
        endure.run(&call, move |_| async move {
            most.set(most.get().max(endure.standing().in_flight));
            sleep(SECOND).await;
            Ok::<(), Trouble>(())
        })
    };
    let results = join_all((0..6).map(|_| one())).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 4);
    assert_eq!(results.iter().filter(|result| **result == Err(Trouble::OutOfTime)).count(), 2);
    assert_eq!((most.get(), endure.standing().in_flight), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_gives_back_place_and_trial() {
    let endure = endure_with(EndureSettings { limits: at_once(1), ..EndureSettings::default() });
    for _ in 0..12 {
        let _ = run(&endure, in_seconds(1), &[Err(failing())]).await;
    }
    advance(5 * SECOND).await;
    let call = until(in_seconds(60));
    let leaving = tokio::time::timeout(SECOND, endure.run(&call, |_| pending::<Result<(), Trouble>>()));
    assert!(leaving.await.is_err());
    assert_eq!(endure.standing().in_flight, 0);
    assert_eq!(run(&endure, in_seconds(1), &[Ok(())]).await, (Ok(()), 1), "the next one may try");
}

#[tokio::test(start_paused = true)]
async fn nobody_spends_the_repetitions_of_the_critical() {
    let endure = endure_with(EndureSettings {
        breaker: BreakerSettings { volume: u32::MAX, ..BreakerSettings::default() },
        ..EndureSettings::default()
    });
    for _ in 0..20 {
        let _ = run(&endure, in_seconds(1), &[Err(failing())]).await;
    }
    assert!(endure.standing().retries_refused > 0);
    let critical = Call { tier: Tier::Critical, ..until(in_seconds(1)) };
    let tries = Cell::new(0);
    let result = endure.run(&critical, |_| {
        tries.set(tries.get() + 1);
        ready(if tries.get() < 3 { Err(failing()) } else { Ok(()) })
    });
    assert_eq!(result.await, Ok(()));
}
