//! A tenant's upstreams: pack, address, credentials, limits.

mod limits;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use portico_composites::connect::client::ClientSettings;
use portico_composites::connect::driver::{Binding, Driver};
use portico_composites::endure::{EndureSettings, Limits};
use portico_composites::fresh::FreshnessTable;
use portico_contracts::tenancy::{SystemId, TenantId};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use url::Url;

use super::credentials;
use super::files::Files;
use super::issuer::network;
use super::ledger::{Ledger, UNRESOLVED};
use super::shared;
use crate::settings::SystemSettings;
use crate::settings::read::At;
use crate::settings::written::{SystemSection, TenantFile};

/// What holds for every system of one tenant.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) freshness: &'a Arc<FreshnessTable>,
    pub(super) files: &'a Files,
}

pub(super) fn check_all(
    written: &TenantFile,
    owner: Owner<'_>,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<SystemId, Arc<SystemSettings>> {
    let mut systems = BTreeMap::new();
    for (name, section) in &written.systems {
        let id = SystemId::parse(name);
        let id = ledger.take(&section.place, id);
        let system = check(id, section, owner, ledger);
        systems.extend(system.map(|system| (system.id.clone(), Arc::new(system))));
    }
    systems
}

fn check(
    id: Option<SystemId>,
    section: &At<SystemSection>,
    owner: Owner<'_>,
    ledger: &mut Ledger<'_>,
) -> Option<SystemSettings> {
    let network = network(section.network);
    let pack = owner.files.packs.find(&section.pack, ledger);
    let url = ledger.url(&section.url, network);
    let client = ClientSettings { network, authorities: authorities(section, ledger), ..ClientSettings::default() };
    let (timing, limits) = (endure(section, ledger), limits::check(section, ledger));
    let share = shared::share(section, ledger);
    let settings = section.settings.iter().map(|(name, word)| (name.clone(), word.0.clone())).collect();
    let extensions = section.extensions.iter().map(|(entity, fields)| (entity.clone(), fields.value.clone())).collect();
    let binding = Binding { settings, extensions, of: id.clone().map(|id| (id, section.role)) };
    // Tokens are had where the pack says, at the system's own address; a wrong address hides no mistake in the rest.
    let somewhere = url.clone().or_else(|| Url::parse(UNRESOLVED).ok())?;
    let pack = pack?;
    let endure = EndureSettings { limits: Limits::of(&pack.limits, &limits), ..timing };
    let credentials = credentials::check(section, &pack, &somewhere, ledger);
    if let Err(mistakes) = Driver::new(&pack, &binding, &somewhere) {
        mistakes.into_iter().for_each(|says| ledger.wrong(&section.place, says));
    }
    Some(SystemSettings {
        tenant: owner.tenant.clone(),
        id: id?,
        role: section.role,
        pack,
        binding,
        url: url?,
        credentials: credentials?,
        client,
        endure,
        freshness: Arc::clone(owner.freshness),
        share,
    })
}

fn endure(section: &At<SystemSection>, ledger: &mut Ledger<'_>) -> EndureSettings {
    let usual = EndureSettings::default();
    EndureSettings {
        timeout: ledger.span(section.timeout.as_ref(), Duration::from_secs(5)),
        retries: section.retries.as_ref().map_or(usual.retries, |at| at.value),
        ..usual
    }
}

fn authorities(section: &At<SystemSection>, ledger: &mut Ledger<'_>) -> Vec<CertificateDer<'static>> {
    let Some(at) = section.authority.as_ref().filter(|_| ledger.resolves()) else { return Vec::new() };
    let found = ledger.folder.named(at).and_then(|path| {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        read.ok().filter(|all| !all.is_empty()).ok_or_else(|| format!("\"{}\" holds no PEM certificates", at.value))
    });
    ledger.take(&at.place, found).unwrap_or_default()
}
