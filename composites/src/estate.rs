//! One tenant's systems and rules: everything about a tenant that planning and answering need.

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::model::ObjectType;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{SystemId, TenantId};

use crate::ask::Upstream;

/// A tenant with its systems. Immutable; a reload makes a new one.
#[derive(Debug)]
pub struct Estate {
    tenant: TenantId,
    upstreams: Vec<Arc<dyn Upstream>>,
    /// For each entity the system that owns it; entities that nobody maps are not in it.
    owners: HashMap<&'static str, usize>,
    /// The tenant's business rules.
    pub rules: Rules,
}

/// A binding that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misbound {
    /// A system of another tenant.
    #[error("system {system} belongs to tenant {owner}, not to {tenant}")]
    ForeignSystem {
        /// The system.
        system: SystemId,
        /// Whose it is.
        owner: TenantId,
        /// For whom it was meant to be bound.
        tenant: TenantId,
    },
    /// An owner that is no system of the tenant.
    #[error("entity {entity}: the tenant has no system {system}")]
    NoSuchSystem {
        /// The entity.
        entity: String,
        /// The missing system.
        system: SystemId,
    },
}

impl Estate {
    /// Binds each entity to the system that owns it: the one that the tenant names, else the first system of the
    /// entity's role that maps it.
    pub fn new(
        tenant: TenantId,
        upstreams: Vec<Arc<dyn Upstream>>,
        named: &HashMap<String, SystemId>,
        rules: Rules,
    ) -> Result<Self, Misbound> {
        if let Some(foreign) = upstreams.iter().find(|upstream| *upstream.tenant() != tenant) {
            return Err(Misbound::ForeignSystem {
                system: foreign.id().clone(),
                owner: foreign.tenant().clone(),
                tenant,
            });
        }
        let mut owners = HashMap::new();
        for entity in portico_contracts::model::Model::get().entities() {
            if let Some(at) = owner_of(entity, &upstreams, named)? {
                owners.insert(entity.name, at);
            }
        }
        Ok(Estate { tenant, upstreams, owners, rules })
    }

    /// Whose estate it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The system that owns an entity; none where no pack of the tenant maps it.
    pub fn owner(&self, entity: &ObjectType) -> Option<&Arc<dyn Upstream>> {
        self.owners.get(entity.name).and_then(|at| self.upstreams.get(*at))
    }

    /// All systems, in the order of the configuration.
    pub fn upstreams(&self) -> &[Arc<dyn Upstream>] {
        &self.upstreams
    }
}

fn owner_of(
    entity: &'static ObjectType,
    upstreams: &[Arc<dyn Upstream>],
    named: &HashMap<String, SystemId>,
) -> Result<Option<usize>, Misbound> {
    if let Some(system) = named.get(entity.name) {
        let at = upstreams.iter().position(|upstream| upstream.id() == system);
        let missing = || Misbound::NoSuchSystem { entity: entity.name.to_owned(), system: system.clone() };
        return at.map(Some).ok_or_else(missing);
    }
    let role = entity.entity.as_ref().map(|facts| facts.role);
    Ok(upstreams.iter().position(|upstream| Some(upstream.role()) == role && upstream.provides(entity)))
}
