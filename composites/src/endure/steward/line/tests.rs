use std::time::Duration;

use super::*;

fn consumer(name: &str) -> ConsumerId {
    ConsumerId::parse(name).unwrap()
}

struct Test {
    line: Line<()>,
    kept: Vec<oneshot::Receiver<()>>,
    start: Instant,
    last: u64,
}

impl Test {
    fn new() -> Self {
        Test { line: Line::default(), kept: Vec::new(), start: Instant::now(), last: 0 }
    }

    fn join(&mut self, tier: Tier, name: &str) -> Option<u64> {
        self.join_until(tier, name, 60)
    }

    fn join_until(&mut self, tier: Tier, name: &str, seconds: u64) -> Option<u64> {
        let (tell, kept) = oneshot::channel();
        self.kept.push(kept);
        self.last += 1;
        let waiter = Waiter { id: self.last, until: self.start + Duration::from_secs(seconds), tell };
        self.line.join(tier, &consumer(name), waiter).ok().map(|()| self.last)
    }

    fn all(&mut self, tier: Tier) -> Vec<u64> {
        std::iter::from_fn(|| self.line.next(tier)).map(|waiter| waiter.id).collect()
    }
}

#[test]
fn each_consumer_has_its_turn_and_the_first_who_came_is_the_first_of_its_own() {
    let mut test = Test::new();
    (0..4).for_each(|_| assert!(test.join(Tier::Standard, "flood").is_some()));
    test.join(Tier::Standard, "quiet");
    test.join(Tier::Standard, "other");
    test.join(Tier::Standard, "quiet");
    test.join(Tier::Critical, "crm");
    assert_eq!((test.line.len(), test.line.ahead_of(Tier::Critical), test.line.ahead_of(Tier::BestEffort)), (8, 1, 8));
    assert_eq!(test.all(Tier::Standard), [1, 5, 6, 2, 7, 3, 4]);
    assert_eq!((test.all(Tier::BestEffort), test.all(Tier::Critical)), (vec![], vec![8]));
    assert_eq!(test.line.len(), 0);
}

#[test]
fn who_leaves_is_gone_with_its_consumers_turn() {
    let mut test = Test::new();
    for name in ["one", "two", "one", "three"] {
        test.join(Tier::Standard, name);
    }
    assert_eq!(test.line.leave(Tier::Standard, &consumer("two"), 2).map(|waiter| waiter.id), Some(2));
    assert!(test.line.leave(Tier::Standard, &consumer("two"), 2).is_none());
    assert!(test.line.leave(Tier::Standard, &consumer("one"), 1).is_some());
    assert_eq!(test.all(Tier::Standard), [3, 4]);
}

#[test]
fn who_waits_in_vain_is_told_at_once() {
    let mut test = Test::new();
    test.join_until(Tier::Standard, "one", 1);
    test.join_until(Tier::Standard, "one", 9);
    test.join_until(Tier::Standard, "two", 2);
    let opens = test.start + Duration::from_secs(5);
    let mut gone: Vec<u64> = test.line.in_vain(Tier::Standard, opens).iter().map(|waiter| waiter.id).collect();
    gone.sort_unstable();
    assert_eq!((gone, test.line.len()), (vec![1, 3], 1));
    assert_eq!(test.all(Tier::Standard), [2]);
}

#[test]
fn a_full_line_has_no_place_but_for_the_more_urgent() {
    let mut test = Test::new();
    let of_one = (0..300).filter(|_| test.join(Tier::BestEffort, "flood").is_some()).count();
    assert_eq!(of_one, LONGEST_OF_ONE);
    for consumers in 0..5_000 {
        test.join(Tier::BestEffort, &format!("c{consumers}"));
    }
    assert_eq!(test.line.len(), LONGEST);
    assert!(test.join(Tier::BestEffort, "late").is_none());
    assert!(test.join(Tier::Standard, "late").is_some() && test.join(Tier::Critical, "crm").is_some());
    assert_eq!((test.line.len(), test.line.len_of(Tier::BestEffort)), (LONGEST, LONGEST - 2));
    // Of whom most waited.
    assert!(test.kept[255].try_recv().is_err() && test.kept[254].try_recv().is_err());
    assert_eq!(test.kept[255].try_recv(), Err(oneshot::error::TryRecvError::Closed));
    assert_eq!(test.kept[253].try_recv(), Err(oneshot::error::TryRecvError::Empty));
}
