//! One tenant's systems and rules: everything about a tenant that planning and answering need.

mod owners;
mod share;

use std::collections::HashMap;
use std::sync::Arc;

use portico_contracts::model::ObjectType;
use portico_contracts::rules::Rules;
use portico_contracts::tenancy::{SystemId, TenantId};

use crate::ask::{LINKS, Upstream};

pub use owners::Owners;
pub(crate) use owners::Rule;
pub use share::{KeyKind, Share, UnfitPattern};

/// A tenant with its systems. Immutable; a reload makes a new one.
#[derive(Debug)]
pub struct Estate {
    tenant: TenantId,
    upstreams: Vec<Arc<dyn Upstream>>,
    /// For each entity the systems that have it; entities that nobody maps are not in it.
    owners: HashMap<&'static str, Arc<Owners>>,
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
    /// Binds each entity to the systems that have it: those that the tenant names, else all systems of the entity's
    /// role that map it.
    pub fn new(
        tenant: TenantId,
        upstreams: Vec<Arc<dyn Upstream>>,
        named: &HashMap<String, Vec<SystemId>>,
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
            if let Some(found) = owners_of(entity, &upstreams, named)? {
                owners.insert(entity.name, Arc::new(found));
            }
        }
        Ok(Estate { tenant, upstreams, owners, rules })
    }

    /// Whose estate it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The systems that have an entity; none where no pack of the tenant maps it.
    pub fn owners(&self, entity: &ObjectType) -> Option<&Arc<Owners>> {
        self.owners.get(entity.name)
    }

    /// The same as a list, which may be empty.
    pub fn having(&self, entity: &ObjectType) -> &[Arc<dyn Upstream>] {
        self.owners(entity).map_or(&[], |owners| owners.members())
    }

    /// Whose ids of an entity a system speaks in, in its rows and when it is asked: its own where it has such records
    /// itself. A customer's id it may keep for another system, which is the entity's only owner. Every other id is
    /// nobody's: two systems may well have given the same one.
    pub(crate) fn giver<'s>(&'s self, system: &'s Arc<dyn Upstream>, of: &'static ObjectType) -> Option<&'s SystemId> {
        if system.provides(of) {
            return Some(system.id());
        }
        let of_customer = LINKS.iter().any(|(_, entity)| *entity == of.name);
        let owners = self.owners(of).filter(|_| of_customer)?;
        owners.lone().map(|owner| owner.id())
    }

    /// All systems, in the order of the configuration.
    pub fn upstreams(&self) -> &[Arc<dyn Upstream>] {
        &self.upstreams
    }
}

fn owners_of(
    entity: &'static ObjectType,
    upstreams: &[Arc<dyn Upstream>],
    named: &HashMap<String, Vec<SystemId>>,
) -> Result<Option<Owners>, Misbound> {
    if let Some(systems) = named.get(entity.name) {
        let one = |system: &SystemId| {
            let found = upstreams.iter().find(|upstream| upstream.id() == system).cloned();
            found.ok_or_else(|| Misbound::NoSuchSystem { entity: entity.name.to_owned(), system: system.clone() })
        };
        let members: Vec<_> = systems.iter().map(one).collect::<Result<_, _>>()?;
        return Ok((!members.is_empty()).then(|| Owners::new(members, true, Vec::new())));
    }
    let role = entity.entity.as_ref().map(|facts| facts.role);
    let peers = || upstreams.iter().filter(|upstream| Some(upstream.role()) == role);
    let members: Vec<_> = peers().filter(|upstream| upstream.provides(entity)).cloned().collect();
    let peers = peers().map(|upstream| upstream.id().clone()).collect();
    Ok((!members.is_empty()).then(|| Owners::new(members, false, peers)))
}
