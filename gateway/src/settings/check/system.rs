//! A tenant's upstreams: pack, address, credentials, limits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use portico_contracts::model::Model;
use portico_contracts::packs::Pack;
use portico_contracts::tenancy::SystemId;

use super::files::Files;
use super::issuer::network;
use super::ledger::Ledger;
use crate::settings::mistake::suggestion;
use crate::settings::read::At;
use crate::settings::written::{ClientAuthWord, CredentialsSection, SystemSection, TenantFile};
use crate::settings::{ClientAuth, Credentials, Network, System};

pub(super) fn check_all(written: &TenantFile, files: &Files, ledger: &mut Ledger<'_>) -> BTreeMap<SystemId, Arc<System>> {
    let mut systems = BTreeMap::new();
    for (name, section) in &written.systems {
        let id = SystemId::parse(name);
        let id = ledger.take(&section.place, id);
        let system = check(id, section, files, ledger);
        systems.extend(system.map(|system| (system.id.clone(), Arc::new(system))));
    }
    systems
}

fn check(id: Option<SystemId>, section: &At<SystemSection>, files: &Files, ledger: &mut Ledger<'_>) -> Option<System> {
    let network = network(section.network);
    let settings: BTreeMap<String, String> =
        section.settings.iter().map(|(name, word)| (name.clone(), word.0.clone())).collect();
    let pack = files.packs.find(&section.pack, ledger).and_then(|pack| bound(&pack, &settings, section, ledger));
    let url = ledger.url(&section.url, network);
    let credentials = match &section.credentials {
        Some(at) => credentials(at, network, ledger),
        None => Some(Credentials::None),
    };
    let extensions = extensions(section, pack.as_deref(), ledger);
    let timeout = ledger.span(section.timeout.as_ref(), Duration::from_secs(5));
    let concurrency = ledger.count(section.concurrency.as_ref(), 16);
    Some(System {
        id: id?,
        role: section.role,
        pack: pack?,
        url: url?,
        network,
        credentials: credentials?,
        settings,
        extensions,
        timeout,
        concurrency,
    })
}

/// The pack with the tenant's settings in it. References are not settings: a pack puts these into paths and queries.
fn bound(
    pack: &Pack,
    settings: &BTreeMap<String, String>,
    section: &At<SystemSection>,
    ledger: &mut Ledger<'_>,
) -> Option<Arc<Pack>> {
    let place = section.place.below("settings");
    match pack.bind(settings) {
        Ok(pack) => Some(Arc::new(pack)),
        Err(says) => {
            says.into_iter().for_each(|says| ledger.wrong(&place, says));
            None
        }
    }
}

fn extensions(
    section: &At<SystemSection>,
    pack: Option<&Pack>,
    ledger: &mut Ledger<'_>,
) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let mut extensions = BTreeMap::new();
    for (entity, fields) in &section.extensions {
        let Some(known) = Model::get().entity(entity) else {
            let entities = Model::get().entities().map(|entity| entity.name);
            ledger.wrong(&fields.place, format!("there is no entity \"{entity}\"{}", suggestion(entity, entities)));
            continue;
        };
        if let Some(pack) = pack.filter(|pack| !pack.entities.contains_key(known.name)) {
            ledger.wrong(&fields.place, format!("the pack {} does not know {entity}", pack.name));
        }
        extensions.insert(known.name, fields.value.clone());
    }
    extensions
}

fn credentials(at: &At<CredentialsSection>, network: Network, ledger: &mut Ledger<'_>) -> Option<Credentials> {
    match &at.value {
        CredentialsSection::None => Some(Credentials::None),
        CredentialsSection::Oauth2ClientCredentials(oauth) => {
            let token_url = ledger.url(&oauth.token_url, network);
            let client_id = ledger.secret(&oauth.client_id);
            let client_secret = ledger.secret(&oauth.client_secret);
            let client_auth = match oauth.client_auth {
                None | Some(ClientAuthWord::Basic) => ClientAuth::Basic,
                Some(ClientAuthWord::Form) => ClientAuth::Form,
            };
            Some(Credentials::OauthClientCredentials {
                token_url: token_url?,
                client_id: client_id?,
                client_secret: client_secret?,
                scope: oauth.scope.as_ref().map(|scope| scope.value.clone()),
                client_auth,
                parameters: oauth.parameters.clone(),
            })
        }
        CredentialsSection::Bearer(bearer) => ledger.secret(&bearer.token).map(|token| Credentials::Bearer { token }),
        CredentialsSection::Basic(basic) => {
            let user = ledger.secret(&basic.user);
            let password = match &basic.password {
                Some(password) => ledger.secret(password),
                None => Some(portico_contracts::secret::Secret::new("")),
            };
            Some(Credentials::Basic { user: user?, password: password? })
        }
        CredentialsSection::Header(header) => {
            let name = header_name(&header.name, ledger);
            let value = ledger.secret(&header.value);
            Some(Credentials::Header { name: name?, value: value? })
        }
    }
}

/// Headers that frame a message or route it are not credentials.
const NOT_CREDENTIALS: [&str; 8] = [
    "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "content-type",
];

fn header_name(at: &At<String>, ledger: &mut Ledger<'_>) -> Option<HeaderName> {
    match HeaderName::try_from(at.value.as_str()) {
        Ok(name) if !NOT_CREDENTIALS.contains(&name.as_str()) => Some(name),
        _ => {
            ledger.wrong(&at.place, format!("\"{}\" is not a header that can carry a credential", at.value));
            None
        }
    }
}
