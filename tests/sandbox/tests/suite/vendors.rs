//! What holds for every simulated system, whoever its vendor is.

use portico_sandbox::{Fault, Options, Role, Sandbox, SystemInfo, Tenant};
use serde_json::json;

use crate::client::{Answer, send, sign_in};

/// Something small to read at a system of that kind, and the member that holds its rows.
fn readable(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Crm => ("/services/data/v66.0/query?q=SELECT+Id,Name+FROM+Account+LIMIT+1", "records"),
        Role::Erp => ("/data/CustomersV3?$top=1", "value"),
        Role::Billing => ("/v1/customers?limit=1", "data"),
        Role::Support => ("/api/v2/organizations?page%5Bsize%5D=1", "organizations"),
    }
}

async fn credential(system: &SystemInfo) -> anyhow::Result<String> {
    let access = &system.credentials;
    // A vendor that takes keys as well hands out tokens first.
    if access.token_url.is_none() {
        return Ok(access.api_key.clone().unwrap_or_default());
    }
    if system.role != Role::Support {
        return sign_in(system).await;
    }
    let body = json!({"grant_type": "client_credentials", "client_id": access.client_id,
                      "client_secret": access.client_secret, "scope": "read"});
    let url = access.token_url.as_deref().unwrap_or_default();
    let answer = send("POST", url, &[("content-type", "application/json")], body.to_string()).await?;
    Ok(answer.json()["access_token"].as_str().unwrap_or_default().to_owned())
}

async fn read(system: &SystemInfo, credential: &str) -> anyhow::Result<Answer> {
    let url = format!("{}{}", system.address, readable(system.role).0);
    send("GET", &url, &[("authorization", &format!("Bearer {credential}"))], "").await
}

#[tokio::test]
async fn each_system_lets_in_its_own_clients_only() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let systems = sandbox.systems();
    let mut credentials = Vec::new();
    for system in &systems {
        credentials.push(credential(system).await?);
    }
    for (at, system) in systems.iter().enumerate() {
        for (whose, credential) in credentials.iter().enumerate() {
            let answer = read(system, credential).await?;
            let is_welcome = answer.status == 200;
            assert_eq!(is_welcome, at == whose, "{} with a credential of {}", system.name, systems[whose].name);
            if is_welcome {
                let rows = &answer.json()[readable(system.role).1];
                assert_eq!(rows.as_array().map(Vec::len), Some(1), "{}: {rows}", system.name);
            } else {
                assert_eq!(answer.status, 401, "{}", system.name);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_vendor_has_its_own_words_for_expiry_and_for_too_many_calls() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    for role in Role::ALL {
        let system = sandbox.system(Tenant::Globex, role);
        let credential = credential(system).await?;
        sandbox.set_fault(Tenant::Globex, role, Fault::ExpiredToken).await;
        assert_eq!(read(system, &credential).await?.status, 401, "{}", system.name);
        sandbox.set_fault(Tenant::Globex, role, Fault::Throttled(Some(3))).await;
        let throttled = read(system, &credential).await?;
        assert!(matches!(throttled.status, 429 | 403), "{}: {}", system.name, throttled.status);
        assert!(!throttled.body.is_empty(), "{}", system.name);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_of_one_tenant_shows_at_the_other() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    for (tenant, other) in [(Tenant::Acme, "globex"), (Tenant::Globex, "acme")] {
        for role in Role::ALL {
            let system = sandbox.system(tenant, role);
            let answer = read(system, &credential(system).await?).await?;
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains(other), "{}: {text}", system.name);
        }
    }
    Ok(())
}
