//! What holds for every simulated system, whoever its vendor is.

use portico_sandbox::{Fault, Options, Role, Sandbox, Tenant};

use crate::visitor::{authorization, read, small};

#[tokio::test]
async fn each_system_lets_in_its_own_clients_only() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let systems = sandbox.systems();
    let mut credentials = Vec::new();
    for system in &systems {
        credentials.push(authorization(system).await?);
    }
    for (at, system) in systems.iter().enumerate() {
        for (whose, credential) in credentials.iter().enumerate() {
            let answer = read(system, credential).await?;
            let is_welcome = answer.status == 200;
            assert_eq!(is_welcome, at == whose, "{} with a credential of {}", system.name, systems[whose].name);
            if is_welcome {
                let answer = answer.json();
                let rows = answer.pointer(small(&system.vendor).rows);
                assert_eq!(rows.and_then(|rows| rows.as_array()).map(Vec::len), Some(1), "{}: {answer}", system.name);
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
    for (tenant, role) in Tenant::ALL.into_iter().flat_map(|tenant| Role::ALL.map(|role| (tenant, role))) {
        let system = sandbox.system(tenant, role);
        let credential = authorization(system).await?;
        sandbox.set_fault(tenant, role, Fault::ExpiredToken).await;
        assert_eq!(read(system, &credential).await?.status, 401, "{}", system.name);
        sandbox.set_fault(tenant, role, Fault::Throttled(Some(3))).await;
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
            let answer = read(system, &authorization(system).await?).await?;
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains(other), "{}: {text}", system.name);
        }
    }
    Ok(())
}
