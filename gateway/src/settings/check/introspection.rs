//! Issuers that are asked about their tokens. A token is a credential, so it must be beyond doubt who is asked.

use std::time::Duration;

use portico_contracts::tenancy::TenantId;
use portico_policies::authenticate::{ClientAuth, Introspection};

use super::files::Files;
use super::ledger::Ledger;
use crate::settings::Network;
use crate::settings::read::At;
use crate::settings::written::{GatewayFile, IntrospectionAuthWord, IntrospectionSection, IssuerSection};

const BELIEVED: Duration = Duration::from_secs(10);
const LONGEST_BELIEVED: Duration = Duration::from_secs(60);

pub(super) fn check(
    section: &At<IntrospectionSection>,
    network: Network,
    ledger: &mut Ledger<'_>,
) -> Option<Introspection> {
    let endpoint = ledger.url(&section.endpoint, network);
    let client_id = ledger.secret(&section.client_id);
    let client_secret = ledger.secret(&section.client_secret);
    if let Some(at) = section.prefix.as_ref().filter(|prefix| !is_telling(prefix)) {
        let says = "a prefix is 3 to 64 letters, digits and `-._~+/=`, and neither that of API keys (`pk_`) nor of JWTs (`ey`)";
        ledger.wrong(&at.place, says);
    }
    if let Some(at) = section.believed.as_ref().filter(|at| at.0 > LONGEST_BELIEVED) {
        ledger.wrong(&at.place, "a token that was withdrawn works for so long: up to 60s");
    }
    Some(Introspection {
        endpoint: endpoint?,
        client_id: client_id?,
        client_secret: client_secret?,
        client_auth: match section.client_auth {
            IntrospectionAuthWord::Basic => ClientAuth::Basic,
            IntrospectionAuthWord::Form => ClientAuth::Form,
        },
        prefix: section.prefix.as_ref().map(|at| at.value.clone()),
        always: section.always,
        believed: section.believed.as_ref().map_or(BELIEVED, |at| at.0),
    })
}

fn is_telling(prefix: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (3..=64).contains(&prefix.len())
        && prefix.bytes().all(fits)
        && !prefix.starts_with("pk_")
        && !prefix.starts_with("ey")
}

/// Each opaque token must have one issuer at most.
pub(super) fn cross(files: &Files, written: &GatewayFile, ledger: &mut Ledger<'_>) {
    let asked: Vec<(&str, &At<IssuerSection>, &At<IntrospectionSection>)> = written
        .issuers
        .iter()
        .filter_map(|(name, section)| Some((name.as_str(), section, section.introspection.as_ref()?)))
        .collect();
    for (at, (_, issuer, section)) in asked.iter().enumerate() {
        match &section.prefix {
            Some(prefix) => {
                let others = asked.iter().enumerate().filter(|(other, _)| *other != at);
                let mut named = others.filter_map(|(_, (name, _, other))| Some((name, other.prefix.as_ref()?)));
                if let Some((name, _)) = named.find(|(_, other)| prefix.starts_with(other.as_str())) {
                    let says = format!("tokens with this prefix could be those of issuer {name}, too");
                    ledger.wrong(&prefix.place, says);
                }
            }
            None if asked.len() > 1 => {
                let says = "several issuers are asked about tokens: give each a `prefix`, or a token could be shown to another's";
                ledger.wrong(&section.place, says);
            }
            None => {
                let speaks_for = |tenant: &&String| issuer.tenants.iter().any(|named| named.value == **tenant);
                let other = files.tenants.keys().find(|tenant| TenantId::parse(tenant).is_ok() && !speaks_for(tenant));
                if let Some(other) = other {
                    let says = format!(
                        "without a `prefix` it would be shown the tokens of tenant {other}, too, for which it does not speak"
                    );
                    ledger.wrong(&section.place, says);
                }
            }
        }
    }
}
