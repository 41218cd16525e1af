//! How a tenant's systems tell that something changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use portico_contracts::packs::Proof;
use portico_contracts::tenancy::SystemId;
use portico_policies::notices::Seal;

use super::files::Files;
use super::ledger::Ledger;
use crate::settings::read::At;
use crate::settings::written::{NoticesSection, TenantFile};
use crate::settings::{Hook, SystemSettings};

/// How far the time of a signed notice may be from ours: what vendors themselves propose.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// A secret that is shorter can be guessed.
const SHORTEST: usize = 16;

pub(super) fn check_all(
    written: &TenantFile,
    systems: &BTreeMap<SystemId, Arc<SystemSettings>>,
    files: &Files,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<SystemId, Arc<Hook>> {
    let mut hooks = BTreeMap::new();
    for (name, section) in &written.systems {
        let Some(notices) = &section.notices else { continue };
        let Some(system) = systems.values().find(|system| system.id.as_str() == name) else { continue };
        if let Some(hook) = check(notices, system, files, ledger) {
            hooks.insert(system.id.clone(), Arc::new(hook));
        }
    }
    hooks
}

fn check(
    section: &At<NoticesSection>,
    system: &SystemSettings,
    files: &Files,
    ledger: &mut Ledger<'_>,
) -> Option<Hook> {
    // What is wrong with the settings is said where the system is checked.
    let pack = system.pack.bind(&system.binding.settings).ok()?;
    let Some(notices) = &pack.notices else {
        let says = format!("the pack {} does not say what notices of its systems look like", pack.name);
        ledger.wrong(&section.place, says);
        return None;
    };
    let proof = notices.proof.clone();
    let gateway = files.gateway.written.as_ref();
    if proof.covers_address() && gateway.is_some_and(|gateway| gateway.listen.public_url.is_none()) {
        let says = format!("{} signs the address that it calls: say `listen.public_url` in portico.yaml", pack.title);
        ledger.wrong(&section.place, says);
    }
    if let (Some(window), Proof::Shown(_)) = (&section.replay_window, &proof) {
        ledger.wrong(&window.place, format!("{} signs nothing, and so no time that could be looked at", pack.title));
    }
    let window = ledger.span(section.replay_window.as_ref(), WINDOW);
    let mut secrets = Vec::new();
    for at in std::iter::once(&section.secret).chain(&section.old_secrets) {
        let secret = ledger.secret(at)?;
        if ledger.resolves() && secret.reveal().len() < SHORTEST {
            ledger.wrong(&at.place, format!("a secret of fewer than {SHORTEST} characters can be guessed"));
        }
        secrets.push(secret);
    }
    Some(Hook { seal: Seal { proof, secrets, window }, pack, role: system.role })
}
