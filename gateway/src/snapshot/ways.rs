//! What pingora's own connector needs to know of a system beside its address. Composites have their own client.

use std::collections::HashMap;
use std::sync::Arc;

use pingora::protocols::tls::CaType;
use pingora::utils::tls::{WrappedX509, parse_x509};
use portico_contracts::tenancy::{SystemId, TenantId};

use crate::settings::Settings;

/// Every system, numbered.
#[derive(Default)]
pub(super) struct Ways(HashMap<(TenantId, SystemId), Numbered>);

struct Numbered {
    number: u32,
    authorities: Option<Arc<CaType>>,
}

/// How one system is connected to.
pub(crate) struct Way {
    /// A number that no other system has: its connections are never another's, nor those of an earlier configuration.
    pub(crate) group: u64,
    /// The private authorities that may vouch for it; none: the machine's do.
    pub(crate) authorities: Option<Arc<CaType>>,
}

impl Ways {
    /// Numbers the systems and reads their authorities' certificates, which the settings have checked.
    pub(super) fn new(settings: &Settings) -> Self {
        let systems = settings.tenants.values().flat_map(|tenant| tenant.systems.values());
        let numbered = systems.zip(1..).map(|(system, number)| {
            let authorities = &system.client.authorities;
            let read = || authorities.iter().map(|der| WrappedX509::new(der.to_vec(), parse_x509)).collect();
            let authorities = (!authorities.is_empty()).then(read);
            ((system.tenant.clone(), system.id.clone()), Numbered { number, authorities })
        });
        Ways(numbered.collect())
    }

    /// The way to a system.
    pub(super) fn to(&self, tenant: &TenantId, system: &SystemId, generation: u64) -> Way {
        let known = self.0.get(&(tenant.clone(), system.clone()));
        Way {
            group: generation << 32 | u64::from(known.map_or(0, |known| known.number)),
            authorities: known.and_then(|known| known.authorities.clone()),
        }
    }
}
