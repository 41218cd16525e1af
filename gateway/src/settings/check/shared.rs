//! Several systems of one role: whose keys are whose, and whose word counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_composites::estate::{KeyKind, Share};
use portico_contracts::model::Model;
use portico_contracts::tenancy::SystemId;

use super::ledger::Ledger;
use crate::settings::SystemSettings;
use crate::settings::read::{At, Place};
use crate::settings::written::{SystemSection, TenantFile};

type Systems = BTreeMap<SystemId, Arc<SystemSettings>>;

/// What a system has of its role.
pub(super) fn share(section: &At<SystemSection>, ledger: &mut Ledger<'_>) -> Share {
    let mut share = Share::default();
    share.primary = section.primary;
    let keys = &section.keys;
    let patterns = [
        (KeyKind::Number, &keys.number),
        (KeyKind::Order, &keys.order),
        (KeyKind::Invoice, &keys.invoice),
        (KeyKind::Sku, &keys.sku),
        (KeyKind::SerialNumber, &keys.serial_number),
        (KeyKind::Case, &keys.case),
        (KeyKind::CrmId, &keys.crm_id),
        (KeyKind::BillingId, &keys.billing_id),
        (KeyKind::SupportId, &keys.support_id),
        (KeyKind::Email, &keys.email),
        (KeyKind::Domain, &keys.domain),
    ];
    for (kind, at) in patterns {
        if let Some(at) = at {
            ledger.take(&at.place, share.add(kind, at));
        }
    }
    share
}

/// At most one word counts, and what only matters beside others is said beside others.
pub(super) fn check(
    written: &At<TenantFile>,
    systems: &Systems,
    owners: &BTreeMap<&'static str, Vec<SystemId>>,
    ledger: &mut Ledger<'_>,
) {
    let place = |system: &SystemId| match written.systems.get(system.as_str()) {
        Some(section) => section.place.clone(),
        None => written.place.clone(),
    };
    let mut told: Vec<(&SystemId, &SystemId)> = Vec::new();
    for entity in Model::get().entities() {
        let having = having(entity.name, systems, owners);
        let mut primary = having.iter().filter(|system| system.share.primary);
        let (Some(first), Some(second)) = (primary.next(), primary.next()) else { continue };
        if !told.contains(&(&first.id, &second.id)) {
            told.push((&first.id, &second.id));
            let says =
                format!("{} is primary already, and both have {}: only one word can count", first.id, entity.name);
            ledger.wrong(&place(&second.id), says);
        }
    }
    for system in systems.values().filter(|system| !system.share.is_whole()) {
        let is_shared = |entity: &str| {
            let having = having(entity, systems, owners);
            having.len() > 1 && having.iter().any(|one| one.id == system.id)
        };
        if !Model::get().entities().any(|entity| is_shared(entity.name)) {
            odd(&place(&system.id), ledger);
        }
    }
}

fn odd(place: &Place, ledger: &mut Ledger<'_>) {
    ledger.odd(place, "`keys` and `primary` change nothing here: no other system of this tenant has the same entities");
}

/// The systems that have an entity.
fn having<'s>(
    entity: &str,
    systems: &'s Systems,
    owners: &BTreeMap<&'static str, Vec<SystemId>>,
) -> Vec<&'s Arc<SystemSettings>> {
    if let Some(named) = owners.get(entity) {
        return named.iter().filter_map(|system| systems.get(system)).collect();
    }
    let role = Model::get().entity(entity).and_then(|entity| entity.entity.as_ref()).map(|facts| facts.role);
    let of_role = systems.values().filter(|system| Some(system.role) == role);
    of_role.filter(|system| system.pack.entities.contains_key(entity)).collect()
}
