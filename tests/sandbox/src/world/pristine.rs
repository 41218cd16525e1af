//! Generated once per process: hundreds of tests start from the same company of the same day.

use std::sync::Arc;

use chrono::NaiveDate;
use parking_lot::Mutex;

use super::World;
use crate::tenant::Tenant;

/// The latest company of each tenant. Who changes one gets a copy (see [`super::Estate`]).
static LATEST: Mutex<Vec<Arc<World>>> = Mutex::new(Vec::new());

pub(super) fn world(tenant: Tenant, today: NaiveDate) -> Arc<World> {
    if let Some(found) = LATEST.lock().iter().find(|world| world.tenant == tenant && world.today == today) {
        return Arc::clone(found);
    }
    let made = Arc::new(World::generate(tenant, today));
    let mut latest = LATEST.lock();
    latest.retain(|world| world.tenant != tenant);
    latest.push(Arc::clone(&made));
    made
}
