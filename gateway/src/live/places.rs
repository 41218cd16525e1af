//! How many subscriptions are open: of one consumer and of all, so that none of them can keep the others out.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use portico_contracts::problem::{Code, Problem};
use portico_policies::ConsumerKey;

/// The open subscriptions of one process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_consumer: HashMap<ConsumerKey, usize>,
}

/// One open subscription; dropping it frees its place.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    consumer: ConsumerKey,
}

impl Places {
    /// Takes a place where there is one. 429.
    pub(crate) fn take(&self, consumer: &ConsumerKey, of_consumer: usize, of_all: usize) -> Result<Place, Problem> {
        let mut taken = self.0.lock();
        let mine = taken.by_consumer.get(consumer).copied().unwrap_or_default();
        if mine >= of_consumer {
            let detail = format!("This application has {of_consumer} subscriptions open, which is all it may have.");
            return Err(Problem::new(Code::TooManyConcurrent, detail));
        }
        if taken.all >= of_all {
            return Err(Problem::new(Code::Overloaded, "The gateway has no room for more subscriptions."));
        }
        taken.all += 1;
        *taken.by_consumer.entry(consumer.clone()).or_default() += 1;
        Ok(Place { places: self.clone(), consumer: consumer.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(mine) = taken.by_consumer.get_mut(&self.consumer) {
            *mine -= 1;
            if *mine == 0 {
                taken.by_consumer.remove(&self.consumer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use portico_contracts::tenancy::{ConsumerId, TenantId};

    use super::*;

    fn consumer(tenant: &str, name: &str) -> ConsumerKey {
        let parsed = (TenantId::parse(tenant), ConsumerId::parse(name));
        let (Ok(tenant), Ok(consumer)) = parsed else { unreachable!("names of the test's own") };
        ConsumerKey { tenant, consumer }
    }

    #[test]
    fn nobody_takes_more_than_their_own_and_all_together_no_more_than_there_is() {
        let (places, one, other) = (Places::default(), consumer("acme", "crm"), consumer("globex", "crm"));
        let code = |taken: Result<Place, Problem>| taken.err().map(|problem| problem.code);
        let first = places.take(&one, 2, 3).expect("a place");
        let _second = places.take(&one, 2, 3).expect("a place");
        assert_eq!(code(places.take(&one, 2, 3)), Some(Code::TooManyConcurrent));
        let _third = places.take(&other, 2, 3).expect("a place of another tenant's");
        assert_eq!(code(places.take(&other, 2, 3)), Some(Code::Overloaded));
        drop(first);
        let again = places.take(&one, 2, 3);
        assert!(again.is_ok());
    }

    #[test]
    fn nothing_is_kept_of_who_has_left() {
        let (places, one) = (Places::default(), consumer("acme", "crm"));
        drop(places.take(&one, 1, 1));
        assert!(places.0.lock().by_consumer.is_empty());
    }
}
