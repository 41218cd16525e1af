//! What the driver asks of the simulated estate: where its systems are, how often they were called, tokens.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Deserialize;

use crate::ask;

/// A running sandbox.
#[derive(Debug, Clone)]
pub(crate) struct Sandbox {
    /// Its control plane.
    pub(crate) url: String,
    /// Who signs tokens.
    pub(crate) issuer_url: String,
}

#[derive(Debug, Deserialize)]
struct Systems {
    systems: Vec<System>,
}

#[derive(Debug, Deserialize)]
struct System {
    name: String,
    address: String,
    credentials: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Calls {
    calls: Vec<CallCount>,
}

#[derive(Debug, Deserialize)]
struct CallCount {
    system: String,
    count: u64,
}

#[derive(Debug, Deserialize)]
struct Token {
    access_token: String,
}

impl Sandbox {
    /// The environment by which a configuration reaches the systems: `ACME_ERP_URL`, `ACME_ERP_CLIENT_ID` and so on.
    pub(crate) async fn environment(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let known: Systems = ask::get(&format!("{}/_sandbox/systems", self.url)).await?;
        Ok(environment(&known.systems))
    }

    /// Forgets the calls so far.
    pub(crate) async fn clear_calls(&self) -> anyhow::Result<()> {
        let url = format!("{}/_sandbox/calls", self.url);
        let (status, _) = ask::ask(Method::DELETE, &url, String::new()).await?;
        anyhow::ensure!(status.is_success(), "{url} answers {status} to DELETE");
        Ok(())
    }

    /// Calls by system since they were last forgotten.
    pub(crate) async fn calls(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        let counted: Calls = ask::get(&format!("{}/_sandbox/calls", self.url)).await?;
        Ok(by_system(counted.calls))
    }

    /// Different tokens of one consumer of acme's, by client credentials.
    pub(crate) async fn tokens(&self, consumer: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let url = format!("{}/token", self.issuer_url);
        let client = format!("demo-acme-consumer-{consumer}");
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={client}-secret");
        let mut tokens = Vec::with_capacity(count);
        while tokens.len() < count {
            let (status, body) = ask::ask(Method::POST, &url, form.clone()).await?;
            anyhow::ensure!(status == StatusCode::OK, "{url} answers {status} to {client}");
            tokens.push(serde_json::from_slice::<Token>(&body)?.access_token);
        }
        Ok(tokens)
    }
}

fn environment(systems: &[System]) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    for system in systems {
        let prefix = system.name.to_uppercase().replace('-', "_");
        environment.insert(format!("{prefix}_URL"), system.address.clone());
        for (name, value) in &system.credentials {
            environment.insert(format!("{prefix}_{}", name.to_uppercase()), value.clone());
        }
    }
    environment
}

fn by_system(calls: Vec<CallCount>) -> BTreeMap<String, u64> {
    let mut systems = BTreeMap::new();
    for call in calls {
        *systems.entry(call.system).or_default() += call.count;
    }
    systems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_become_the_variables_of_the_configuration() {
        let listed = r#"{"systems":[
            {"name":"acme-erp","vendor":"Dynamics 365","tenant":"acme","role":"erp","address":"http://127.0.0.1:5",
             "credentials":{"client_id":"id","client_secret":"secret","token_url":"http://127.0.0.1:5/t","scope":"s"}},
            {"name":"acme-billing","vendor":"Stripe","tenant":"acme","role":"billing","address":"http://127.0.0.1:6",
             "credentials":{"api_key":"key"}}]}"#;
        let systems: Systems = serde_json::from_str(listed).unwrap();
        let lines: Vec<String> = environment(&systems.systems).iter().map(|(k, v)| format!("{k}={v}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        ACME_BILLING_API_KEY=key
        ACME_BILLING_URL=http://127.0.0.1:6
        ACME_ERP_CLIENT_ID=id
        ACME_ERP_CLIENT_SECRET=secret
        ACME_ERP_SCOPE=s
        ACME_ERP_TOKEN_URL=http://127.0.0.1:5/t
        ACME_ERP_URL=http://127.0.0.1:5
        ");
    }

    #[test]
    fn calls_add_up_by_system() {
        let counted = r#"{"calls":[{"system":"acme-erp","method":"GET","path":"/a","count":2},
            {"system":"acme-erp","method":"GET","path":"/b","count":3},
            {"system":"acme-crm","method":"GET","path":"/c","count":1}]}"#;
        let counted: Calls = serde_json::from_str(counted).unwrap();
        assert_eq!(by_system(counted.calls), BTreeMap::from([("acme-crm".to_owned(), 1), ("acme-erp".to_owned(), 5)]));
    }
}
