//! What the demo's parts are told about each other, as environment variables would tell it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use portico_policies::authenticate::{NoRandomness, new_key};
use portico_sandbox::{Sandbox, SystemInfo, Tenant};

use super::Demo;

type Environment = BTreeMap<String, String>;

/// API keys of the partners, made anew for each estate.
pub(crate) struct Keys {
    hashes: Environment,
    plain: Environment,
}

impl Keys {
    /// Makes them.
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let mut keys = Keys { hashes: Environment::new(), plain: Environment::new() };
        for (tenant, suffix) in [(Tenant::Acme, ""), (Tenant::Globex, "_2")] {
            for (number, name) in [("ONE", "KEY_PARTNER"), ("TWO", "KEY_PARTNER_TWO")] {
                let key = new_key()?;
                keys.hashes.insert(format!("{}_PARTNER_{number}_KEY_HASH", upper(tenant.name())), key.hash.to_string());
                keys.plain.insert(format!("{name}{suffix}"), key.plaintext);
            }
        }
        Ok(keys)
    }
}

/// What the gateway's configuration refers to.
pub(super) fn secrets(
    sandbox: &Sandbox,
    keys: &Keys,
    (traffic, admin): (SocketAddr, SocketAddr),
    admin_token: &str,
) -> Environment {
    let mut known = of_systems(sandbox, keys);
    known.insert("PORTICO_LISTEN".to_owned(), traffic.to_string());
    known.insert("PORTICO_ADMIN_LISTEN".to_owned(), admin.to_string());
    known.insert("PORTICO_ADMIN_TOKEN".to_owned(), admin_token.to_owned());
    known
}

/// What a configuration in front of this sandbox has to know of its systems, issuer and API keys.
pub(super) fn of_systems(sandbox: &Sandbox, keys: &Keys) -> Environment {
    let mut known = Environment::new();
    known.insert("PORTICO_ISSUER_URL".to_owned(), sandbox.issuer_url().to_owned());
    for system in sandbox.systems() {
        add_system(&mut known, &system);
    }
    known.extend(keys.hashes.clone());
    known
}

fn add_system(known: &mut Environment, system: &SystemInfo) {
    let prefix = upper(&system.name);
    let access = &system.credentials;
    let facts = [
        ("URL", Some(&system.address)),
        ("TOKEN_URL", access.token_url.as_ref()),
        ("CLIENT_ID", access.client_id.as_ref()),
        ("CLIENT_SECRET", access.client_secret.as_ref()),
        ("SCOPE", access.scope.as_ref()),
        ("API_KEY", access.api_key.as_ref()),
        ("CERTIFICATE_ID", access.certificate_id.as_ref()),
        ("PRIVATE_KEY", access.private_key.as_ref()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            known.insert(format!("{prefix}_{name}"), value.clone());
        }
    }
}

fn upper(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// What callers of the demo have to know.
pub(super) fn of_callers(demo: &Demo) -> Environment {
    let mut known = Environment::new();
    let mut tell = |name: &str, value: String| known.insert(name.to_owned(), value);
    tell("PORTICO_URL", format!("http://{}", demo.gateway.traffic()));
    tell("PORTICO_ADMIN_URL", format!("http://{}", demo.gateway.admin()));
    tell("PORTICO_ADMIN_TOKEN", demo.admin_token.clone());
    tell("PORTICO_ISSUER_URL", demo.sandbox.issuer_url().to_owned());
    tell("PORTICO_SANDBOX_URL", demo.sandbox.control_url().to_owned());
    known.extend(tokens(&demo.sandbox, &demo.keys));
    known
}

/// A token for each consumer and the partners' API keys; the second tenant's end in `_2`.
pub(super) fn tokens(sandbox: &Sandbox, keys: &Keys) -> Environment {
    let mut known = keys.plain.clone();
    for (tenant, suffix) in [(Tenant::Acme, ""), (Tenant::Globex, "_2")] {
        let consumers = [
            ("SUPPORT", "support-console"),
            ("CRM", "crm"),
            ("PARTNER", "partner-one"),
            ("PARTNER_TWO", "partner-two"),
        ];
        for (name, consumer) in consumers {
            known.insert(format!("TOKEN_{name}{suffix}"), sandbox.token(tenant, consumer));
        }
    }
    known
}

/// As a file that a shell can read.
pub(crate) fn as_file(known: &Environment) -> String {
    known.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}
