//! Issuers: who may speak for which tenants.

use std::collections::BTreeSet;
use std::time::Duration;

use portico_contracts::tenancy::TenantId;
use portico_policies::authenticate::{self, Issuer, SigningAlgorithm};

use super::files::Files;
use super::introspection;
use super::ledger::Ledger;
use crate::settings::Network;
use crate::settings::mistake::suggestion;
use crate::settings::read::{At, Place};
use crate::settings::written::{GatewayFile, IssuerSection, NetworkWord};

const USUAL_ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];

pub(super) fn check_all(files: &Files, written: &GatewayFile, ledger: &mut Ledger<'_>) -> Vec<Issuer> {
    let mut seen = BTreeSet::new();
    let mut issuers = Vec::new();
    for section in written.issuers.values() {
        let Some(issuer) = check(section, files, ledger) else { continue };
        if ledger.resolves() && !seen.insert(issuer.url.clone()) {
            ledger.wrong(&section.url.place, "another issuer has this address already");
        }
        issuers.push(issuer);
    }
    introspection::cross(files, written, ledger);
    issuers
}

fn check(section: &At<IssuerSection>, files: &Files, ledger: &mut Ledger<'_>) -> Option<Issuer> {
    let network = network(section.network);
    let url = match ledger.url(&section.url, network) {
        Some(unresolved) if !ledger.resolves() => Some(unresolved.to_string()),
        // `iss` is compared character by character, so it is kept as it was written.
        Some(_) => ledger.text(&section.url),
        None => None,
    };
    let audiences = audiences(&section.audience, ledger);
    let tenants = tenants(section, files, ledger);
    let algorithms = algorithms(section, ledger);
    if let Some(at) = section.leeway.as_ref().filter(|leeway| leeway.0 > LONGEST_LEEWAY) {
        ledger.wrong(&at.place, "clocks that differ by more than 5m are broken; set them right");
    }
    let tenant_claim = claim(section.tenant_claim.as_ref(), "tenant", ledger);
    let consumer_claim = claim(section.consumer_claim.as_ref(), "client_id", ledger);
    let introspection = section.introspection.as_ref().map(|asked| introspection::check(asked, network, ledger));
    let nonce_key = section.dpop_nonce_key.as_ref().map(|key| ledger.secret(key));
    Some(Issuer {
        url: url?,
        audiences,
        algorithms,
        tenants,
        tenant_claim,
        consumer_claim,
        leeway: section.leeway.as_ref().map_or(Duration::from_secs(60), |leeway| leeway.0),
        require_at_jwt: section.require_at_jwt,
        network: match network {
            Network::Public => authenticate::Network::Public,
            Network::Private => authenticate::Network::Private,
        },
        require_bound: section.require_bound,
        nonce_key: required(nonce_key)?,
        introspection: required(introspection)?,
    })
}

/// What was written and is wrong must not pass for what was left out.
fn required<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    match written {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}

fn claim(at: Option<&At<String>>, usual: &str, ledger: &mut Ledger<'_>) -> String {
    if let Some(at) = at.filter(|at| at.trim().is_empty()) {
        ledger.wrong(&at.place, "this is empty");
    }
    at.map_or_else(|| usual.to_owned(), |at| at.value.clone())
}

const LONGEST_LEEWAY: Duration = Duration::from_secs(300);

fn audiences(list: &At<Vec<At<String>>>, ledger: &mut Ledger<'_>) -> Vec<String> {
    if list.is_empty() {
        ledger.wrong(&list.place, "tokens for anybody would be accepted: name at least one audience");
    }
    for word in list.iter().filter(|word| word.trim().is_empty()) {
        ledger.wrong(&word.place, "this is empty");
    }
    list.iter().map(|word| word.value.clone()).collect()
}

fn tenants(section: &At<IssuerSection>, files: &Files, ledger: &mut Ledger<'_>) -> BTreeSet<TenantId> {
    let mut tenants = BTreeSet::new();
    if section.tenants.is_empty() {
        ledger.wrong(&section.tenants.place, "an issuer that may name no tenant is of no use: name at least one");
    }
    for name in section.tenants.iter() {
        match TenantId::parse(name) {
            Ok(tenant) if files.tenants.contains_key(&name.value) => {
                tenants.insert(tenant);
            }
            _ => {
                let known = files.tenants.keys().map(String::as_str);
                let says = format!("there is no tenant \"{}\" in tenants/{}", name.value, suggestion(name, known));
                ledger.wrong(&name.place, says);
            }
        }
    }
    tenants
}

fn algorithms(section: &At<IssuerSection>, ledger: &mut Ledger<'_>) -> Vec<SigningAlgorithm> {
    let Some(written) = &section.algorithms else { return USUAL_ALGORITHMS.to_vec() };
    if written.is_empty() {
        ledger.wrong(&written.place, "name at least one algorithm, or leave the setting out");
    }
    written.iter().filter_map(|word| algorithm(&word.value, &word.place, ledger)).collect()
}

fn algorithm(word: &str, place: &Place, ledger: &mut Ledger<'_>) -> Option<SigningAlgorithm> {
    let found = SigningAlgorithm::parse(word);
    if found.is_none() {
        let says = match word {
            _ if word.eq_ignore_ascii_case("none") => "tokens without a signature are never accepted".to_owned(),
            "HS256" | "HS384" | "HS512" => {
                format!("{word} is symmetric: whoever checks a token could make one, so it is never accepted")
            }
            _ => {
                let known = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str());
                format!("\"{word}\" is not an algorithm that is accepted{}", suggestion(word, known))
            }
        };
        ledger.wrong(place, says);
    }
    found
}

pub(super) fn network(word: NetworkWord) -> Network {
    match word {
        NetworkWord::Public => Network::Public,
        NetworkWord::Private => Network::Private,
    }
}
