//! What several gateways count together, as a whole: heartbeats, settling, the end, and how it stands.

use std::sync::Arc;
use std::time::Duration;

use super::leases::{Counted, Hub, Leases, Standing};
use super::{Common, Throttle};

/// How often an end looks whether everything was heard.
const LOOK: Duration = Duration::from_millis(5);

impl Common {
    pub(super) fn new(hub: &Arc<Hub>) -> Self {
        Common {
            rate: Leases::new("rate", hub),
            cost: Leases::new("cost", hub),
            day: Leases::new("day", hub),
            month: Leases::new("month", hub),
            places: Leases::new("route", hub),
            tenant: Leases::new("tenant", hub),
            tenant_day: Leases::new("tenant-day", hub),
            tenant_month: Leases::new("tenant-month", hub),
            hub: Arc::clone(hub),
        }
    }

    fn tend(&self, remind: bool) {
        [&self.rate, &self.cost, &self.day, &self.month].iter().for_each(|leases| leases.tend(remind));
        [&self.tenant, &self.tenant_day, &self.tenant_month].iter().for_each(|leases| leases.tend(remind));
        self.places.tend(remind);
    }

    fn close(&self) {
        [&self.rate, &self.cost, &self.day, &self.month].iter().for_each(|leases| leases.close());
        [&self.tenant, &self.tenant_day, &self.tenant_month].iter().for_each(|leases| leases.close());
        self.places.close();
    }

    fn is_settled(&self) -> bool {
        [&self.rate, &self.cost, &self.day, &self.month].iter().all(|leases| leases.is_settled())
            && [&self.tenant, &self.tenant_day, &self.tenant_month].iter().all(|leases| leases.is_settled())
            && self.places.is_settled()
    }

    fn counted(&self) -> Vec<Counted> {
        let of_consumers = [&self.rate, &self.cost, &self.day, &self.month].map(|leases| leases.counted());
        let of_tenants = [&self.tenant, &self.tenant_day, &self.tenant_month].map(|leases| leases.counted());
        of_consumers.into_iter().chain(of_tenants).chain([self.places.counted()]).collect()
    }
}

impl Throttle {
    /// What asks the common store; none where this gateway counts by itself.
    pub fn hub(&self) -> Option<&Arc<Hub>> {
        self.common.as_ref().map(|common| &common.hub)
    }

    /// One heartbeat: finds out whether the common store is there, settles what was counted without it, gives back what
    /// nobody needs. For a background service, every second or so.
    pub async fn keep_in_touch(&self) {
        let Some(common) = &self.common else { return };
        let lost = common.hub.meet().await;
        if common.hub.is_up() {
            common.tend(lost);
        }
    }

    /// Gives back what this gateway holds, and says that it ends. Whatever was not heard within this time is lost to
    /// the others: leases that were not spent.
    pub async fn leave(&self, within: Duration) {
        let Some(common) = self.common.as_ref().filter(|common| common.hub.is_up()) else { return };
        common.close();
        let heard = async {
            while !common.is_settled() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let _ = tokio::time::timeout(within, heard).await;
        common.hub.leave().await;
    }

    /// How takings of the limits went that several gateways count together, and how it stands with their store.
    pub fn together(&self) -> Option<(Standing, Vec<Counted>)> {
        self.common.as_ref().map(|common| (common.hub.standing(), common.counted()))
    }
}
