use super::*;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

struct Test {
    limits: Limits,
    budget: Budget,
    start: Instant,
    wall: DateTime<Utc>,
}

impl Test {
    fn new(window: Window, calls: Calls) -> Self {
        Self::with(window, Limits { windows: [(window, calls)].into(), ..Limits::default() })
    }

    fn with(window: Window, limits: Limits) -> Self {
        let (start, wall) = (Instant::now(), "2026-06-15T18:00:00Z".parse().unwrap());
        Test { budget: Budget::new(window, &limits, start, wall), limits, start, wall }
    }

    /// In how many milliseconds a tier may, asked after this time.
    fn opens(&mut self, tier: Tier, after: Duration) -> u128 {
        let (now, wall) = (self.start + after, self.wall + after);
        let opens = self.budget.opens(tier, &self.limits, now, wall);
        opens.map_or(0, |opens| (opens - now).as_millis())
    }

    /// Takes what there is for a tier.
    fn takes(&mut self, tier: Tier, after: Duration) -> usize {
        let may = |test: &mut Self| test.opens(tier, after) == 0;
        (0..10_000).take_while(|_| may(self) && self.budget.take(self.start + after) > 0).count()
    }

    fn hears(&mut self, limit: u64, remaining: u64, resets_in: Option<Duration>, after: Duration) {
        let window = self.budget.window();
        let reported = Reported { window, limit: Some(limit), remaining: Some(remaining), resets_in };
        self.budget.hear(&reported, self.budget.number, self.start + after);
    }
}

fn written(calls: u32) -> Calls {
    Calls { written: Some(calls), usual: None }
}

#[test]
fn the_last_share_is_for_the_critical() {
    let mut test = Test::new(Window::Second, written(100));
    assert_eq!(test.takes(Tier::BestEffort, Duration::ZERO), 80);
    assert_eq!(test.takes(Tier::Standard, Duration::ZERO), 10);
    assert_eq!((test.opens(Tier::Standard, Duration::ZERO), test.opens(Tier::Critical, Duration::ZERO)), (1_100, 0));
    assert_eq!(test.takes(Tier::Critical, Duration::ZERO), 10);
    assert_eq!(test.opens(Tier::Critical, SECOND / 2), 600);
    assert_eq!(test.takes(Tier::Standard, SECOND + SECOND / 10), 90);
}

#[test]
fn a_days_calls_are_forgotten_at_midnight_or_one_by_one() {
    let day = |day| Limits { windows: [(Window::Day, written(10))].into(), day, ..Limits::default() };
    let mut test = Test::with(Window::Day, day(Day::Utc));
    assert_eq!(test.takes(Tier::Critical, HOUR), 10);
    assert_eq!(test.opens(Tier::Critical, 2 * HOUR), 4 * HOUR.as_millis());
    assert_eq!(test.takes(Tier::Critical, 6 * HOUR), 10);
    assert_eq!(test.opens(Tier::Critical, 7 * HOUR), 23 * HOUR.as_millis());
    let mut test = Test::with(Window::Day, day(Day::Rolling));
    assert_eq!(test.takes(Tier::Critical, HOUR), 10);
    assert_eq!(test.opens(Tier::Critical, 7 * HOUR), 19 * HOUR.as_millis());
}

#[test]
fn the_smaller_of_both_counts_is_believed() {
    let mut test = Test::new(Window::Day, Calls::default());
    assert_eq!(test.opens(Tier::BestEffort, Duration::ZERO), 0);
    // Others have used nearly all.
    test.hears(1_000, 103, None, Duration::ZERO);
    assert_eq!(test.takes(Tier::BestEffort, Duration::ZERO), 0);
    assert_eq!(test.takes(Tier::Standard, Duration::ZERO), 3);
    assert_eq!(test.takes(Tier::Critical, Duration::ZERO), 100);
    // What it says of a call that was made before others is known not to count them.
    let mut test = Test::new(Window::Minute, written(20));
    test.hears(1_000, 900, None, Duration::ZERO);
    assert_eq!(test.takes(Tier::Critical, Duration::ZERO), 20);
    let early = Reported { window: Window::Minute, limit: Some(1_000), remaining: Some(999), resets_in: None };
    test.budget.hear(&early, 1, test.start);
    assert_ne!(test.opens(Tier::Critical, Duration::ZERO), 0);
}

#[test]
fn what_is_usual_holds_until_the_system_says_more() {
    let mut test = Test::new(Window::TenSeconds, Calls { written: None, usual: Some(100) });
    assert_eq!(test.takes(Tier::Critical, Duration::ZERO), 100);
    test.hears(190, 90, None, SECOND);
    assert_eq!(test.takes(Tier::Critical, SECOND), 90);
}

#[test]
fn a_window_that_is_said_to_begin_anew_does() {
    let mut test = Test::new(Window::Minute, Calls::default());
    test.takes(Tier::Critical, Duration::ZERO);
    test.hears(700, 0, Some(43 * SECOND), Duration::ZERO);
    assert_ne!(test.opens(Tier::Critical, SECOND), 0);
    assert_eq!(test.takes(Tier::Critical, 43 * SECOND), 700);
    // Nobody has a window that is longer than it is.
    test.hears(700, 0, Some(24 * HOUR), 44 * SECOND);
    assert_eq!(test.takes(Tier::Critical, 110 * SECOND), 700);
}

#[test]
fn a_figure_does_not_keep_everybody_out_for_ever() {
    let mut test = Test::with(
        Window::Day,
        Limits { windows: [(Window::Day, Calls::default())].into(), day: Day::Rolling, ..Limits::default() },
    );
    test.hears(15_000, 0, None, Duration::ZERO);
    assert_eq!(test.opens(Tier::Standard, SECOND), 299_000);
    assert_eq!(test.takes(Tier::Standard, 300 * SECOND), 1, "to hear how it is now");
    assert_eq!(test.opens(Tier::Standard, 301 * SECOND), 299_000);
    test.hears(15_000, 5_000, None, 302 * SECOND);
    assert_eq!(test.takes(Tier::Standard, 303 * SECOND), 3_500);
}

#[test]
fn a_call_that_was_not_made_is_taken_back() {
    let mut test = Test::new(Window::Hour, written(2));
    test.takes(Tier::Critical, Duration::ZERO);
    test.budget.take_back(test.start);
    assert_eq!(test.takes(Tier::Critical, Duration::ZERO), 1);
}
