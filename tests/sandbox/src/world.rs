//! What is true in a tenant's company: its customers, orders, machines and cases, whoever stores them.
//!
//! Generated from the tenant and a day, always the same for the same two. Each simulated vendor shows the part
//! that such a vendor holds; [`World`] is the only place where facts live, so that two systems agree
//! unless they are meant to disagree ([`Customer::name_in`]).

mod billing;
mod bulk;
mod customer;
mod dice;
mod named;
mod order;
mod pristine;
mod product;
mod service;
mod table;

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveTime};
use parking_lot::{MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use billing::{Invoice, Subscription, SubscriptionStatus};
pub use customer::{Address, Contact, Customer};
pub use order::{Order, OrderLine, OrderStatus, Shipment};
pub use product::{Product, Stock};
pub use service::{Asset, Case, CasePriority, CaseStatus, Entitlement, ServiceContract, SupportLevel};
pub use table::{Row, Table};

use crate::tenant::Tenant;

/// A tenant's company, shared by its four systems.
#[derive(Debug)]
pub struct Estate {
    /// Whose it is.
    pub tenant: Tenant,
    /// The day everything is relative to.
    pub today: NaiveDate,
    world: RwLock<Arc<World>>,
}

impl Estate {
    /// A freshly generated company.
    #[must_use]
    pub fn new(tenant: Tenant, today: NaiveDate) -> Self {
        Self { tenant, today, world: RwLock::new(pristine::world(tenant, today)) }
    }

    /// The facts, for the length of one answer.
    pub fn read(&self) -> MappedRwLockReadGuard<'_, World> {
        RwLockReadGuard::map(self.world.read(), Arc::as_ref)
    }

    /// The facts, to change them; this estate's own copy from then on.
    pub fn write(&self) -> MappedRwLockWriteGuard<'_, World> {
        RwLockWriteGuard::map(self.world.write(), Arc::make_mut)
    }
}

/// All facts of one company.
#[derive(Debug, Clone)]
pub struct World {
    /// Whose they are.
    pub tenant: Tenant,
    /// The day they are relative to.
    pub today: NaiveDate,
    /// Customers by number, the prospect included.
    pub customers: Table<Customer>,
    /// Sales orders by number.
    pub orders: Table<Order>,
    /// Shipments by packing slip number.
    pub shipments: Table<Shipment>,
    /// The ERP's invoices by number, paid or open.
    pub invoices: Table<Invoice>,
    /// Products by sku; they belong to no customer.
    pub products: Table<Product>,
    /// Delivered machines by serial number.
    pub assets: Table<Asset>,
    /// Service contracts by number.
    pub contracts: Table<ServiceContract>,
    /// Entitlements by number.
    pub entitlements: Table<Entitlement>,
    /// Subscriptions by number.
    pub subscriptions: Table<Subscription>,
    /// Support cases by number.
    pub cases: Table<Case>,
}

impl World {
    /// The tenant's main company: the named examples and a bulk of customers and orders.
    #[must_use]
    pub fn generate(tenant: Tenant, today: NaiveDate) -> Self {
        let mut world = Self::empty(tenant, today);
        named::fill(&mut world);
        bulk::fill(&mut world);
        world
    }

    /// A few rows of another legal entity in the same ERP, whose numbers overlap with the main one's.
    #[must_use]
    pub fn second_company(tenant: Tenant, today: NaiveDate) -> Self {
        let mut world = Self::empty(tenant, today);
        named::fill_second_company(&mut world);
        world
    }

    /// What a customer owes: the open amounts of its ERP invoices.
    #[must_use]
    pub fn open_balance(&self, customer: &str) -> rust_decimal::Decimal {
        self.invoices.of(customer).map(|invoice| invoice.open_amount).sum()
    }

    /// What left for an order; packing slips are numbered after it.
    pub fn shipments_of(&self, order: &str) -> impl Iterator<Item = &Shipment> {
        self.shipments.get(&numbered_after("PS", order)).into_iter()
    }

    /// What was charged for an order; invoices are numbered after it.
    pub fn invoices_of(&self, order: &str) -> impl Iterator<Item = &Invoice> {
        self.invoices.get(&numbered_after("INV", order)).into_iter()
    }

    fn empty(tenant: Tenant, today: NaiveDate) -> Self {
        Self {
            tenant,
            today,
            customers: Table::default(),
            orders: Table::default(),
            shipments: Table::default(),
            invoices: Table::default(),
            products: Table::default(),
            assets: Table::default(),
            contracts: Table::default(),
            entitlements: Table::default(),
            subscriptions: Table::default(),
            cases: Table::default(),
        }
    }
}

/// When everything that has a time of day happens.
const NINE: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).expect("nine o'clock exists");

/// `INV-1042` for `SO-1042`.
fn numbered_after(prefix: &str, order: &str) -> String {
    format!("{prefix}-{}", order.trim_start_matches("SO-"))
}

/// A day so many days after `today`, or before it when negative.
fn day(today: NaiveDate, offset: i64) -> NaiveDate {
    let days = Days::new(offset.unsigned_abs());
    let moved = if offset < 0 { today.checked_sub_days(days) } else { today.checked_add_days(days) };
    moved.unwrap_or(today)
}
