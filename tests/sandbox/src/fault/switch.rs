//! Which fault a system has at the moment.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{Depth, Fault};

/// One system's fault, seen by its port, its connections and its answers.
pub(crate) struct Switch {
    set: watch::Sender<Option<Active>>,
    in_effect: watch::Sender<Depth>,
}

#[derive(Clone)]
struct Active {
    fault: Fault,
    until: Option<Instant>,
}

impl Active {
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }
}

impl Switch {
    pub(crate) fn new() -> Self {
        Self { set: watch::Sender::new(None), in_effect: watch::Sender::new(Depth::Exchange) }
    }

    /// The fault, unless its time is over.
    pub(crate) fn current(&self) -> Option<Fault> {
        self.set.borrow().as_ref().filter(|active| !active.is_over()).map(|active| active.fault.clone())
    }

    /// Sets or clears the fault and waits until the port shows it.
    pub(crate) async fn turn(&self, fault: Option<Fault>, lasts: Option<Duration>) {
        let depth = fault.as_ref().map_or(Depth::Exchange, Fault::depth);
        let until = lasts.and_then(|lasts| Instant::now().checked_add(lasts));
        self.set.send_replace(fault.map(|fault| Active { fault, until }));
        let mut shown = self.in_effect.subscribe();
        tokio::select! {
            _ = shown.wait_for(|shown| *shown == depth) => {}
            // Too short to be noticed, or somebody else turned it meanwhile.
            () = self.leaves(depth) => {}
        }
    }

    /// The port now behaves like this.
    pub(crate) fn shows(&self, depth: Depth) {
        self.in_effect.send_replace(depth);
    }

    pub(crate) fn depth(&self) -> Depth {
        self.current().map_or(Depth::Exchange, |fault| fault.depth())
    }

    /// Waits until the fault sits at another depth.
    pub(crate) async fn leaves(&self, depth: Depth) {
        self.until(|switch| switch.depth() != depth).await;
    }

    /// Waits until the fault is over or another one.
    pub(crate) async fn outlives(&self, fault: &Fault) {
        self.until(|switch| switch.current().as_ref() != Some(fault)).await;
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let mut changes = self.set.subscribe();
        loop {
            let end = changes.borrow_and_update().as_ref().and_then(|active| active.until);
            if is_so(self) {
                return;
            }
            match end {
                Some(end) if end > Instant::now() => {
                    tokio::select! { _ = changes.changed() => {}, () = sleep_until(end) => {} }
                }
                _ => {
                    let _ = changes.changed().await;
                }
            }
        }
    }
}
