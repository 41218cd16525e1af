//! The control plane.

use portico_sandbox::{Options, Role, Sandbox, Tenant};

use crate::client::{get, send};

#[tokio::test]
async fn systems_are_listed_with_their_credentials() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let list = get(&format!("{}/_sandbox/systems", sandbox.control_url())).await?.json();
    let erp = &list["systems"].as_array().expect("a list")[1];
    assert_eq!(erp["name"], "acme-erp");
    assert_eq!((&erp["tenant"], &erp["role"]), (&"acme".into(), &"erp".into()));
    assert_eq!(erp["address"], sandbox.system(Tenant::Acme, Role::Erp).address.as_str());
    assert!(erp["credentials"]["token_url"].as_str().is_some_and(|url| url.ends_with("/oauth2/v2.0/token")));
    Ok(())
}

#[tokio::test]
async fn calls_are_counted_and_forgotten() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let erp = sandbox.system(Tenant::Acme, Role::Erp).address.clone();
    get(&format!("{erp}/data/CustomersV3?$top=1")).await?;
    get(&format!("{erp}/data/CustomersV3?$top=2")).await?;
    let url = format!("{}/_sandbox/calls", sandbox.control_url());
    let calls = get(&url).await?.json();
    assert_eq!(
        calls["calls"],
        serde_json::json!([{"system": "acme-erp", "method": "GET", "path": "/data/CustomersV3", "count": 2}])
    );
    assert_eq!(sandbox.latest_calls().last().map(|call| call.target.clone()), Some("/data/CustomersV3?$top=2".into()));
    assert_eq!(send("DELETE", &url, &[], "").await?.status, 204);
    assert_eq!(sandbox.calls(), vec![]);
    Ok(())
}

#[tokio::test]
async fn a_fault_can_be_set_and_cleared_from_outside() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let erp = sandbox.system(Tenant::Acme, Role::Erp).address.clone();
    let faults = format!("{}/_sandbox/faults", sandbox.control_url());
    let order = r#"{"tenant":"acme","role":"erp","fault":"status","value":503,"seconds":30}"#;
    assert_eq!(send("POST", &faults, &[], order).await?.status, 200);
    assert_eq!(get(&erp).await?.status, 503);
    assert_eq!(send("DELETE", &faults, &[], "").await?.status, 204);
    assert_eq!(get(&erp).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn limits_can_be_set_and_lifted_from_outside() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let crm = format!("{}/services/data", sandbox.system(Tenant::Acme, Role::Crm).address);
    let limits = format!("{}/_sandbox/limits", sandbox.control_url());
    let order = r#"{"tenant":"acme","role":"crm","per_day":15000,"spent":14999}"#;
    assert_eq!(send("POST", &limits, &[], order).await?.json()["limited"], true);
    let told = |answer: &crate::client::Answer| answer.header("sforce-limit-info").unwrap_or_default().to_owned();
    let last = get(&crm).await?;
    assert_eq!((last.status, told(&last).as_str()), (200, "api-usage=15000/15000"));
    let refused = get(&crm).await?;
    assert_eq!((refused.status, &refused.json()[0]["errorCode"]), (403, &"REQUEST_LIMIT_EXCEEDED".into()));
    let metered = sandbox.metered(Tenant::Acme, Role::Crm);
    assert_eq!((metered.answered, metered.refused), (1, 1));
    assert_eq!(send("POST", &limits, &[], r#"{"tenant":"acme","role":"crm"}"#).await?.json()["limited"], false);
    assert_eq!(get(&crm).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_change_is_told_to_whoever_is_to_be_told() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let control = sandbox.control_url();
    let order = r#"{"tenant":"acme","entity":"customer","key":"C-1001"}"#;
    let hooks = format!(r#"{{"url":"{}"}}"#, sandbox.elsewhere_url());
    assert_eq!(send("POST", &format!("{control}/_sandbox/hooks"), &[], hooks).await?.status, 204);
    let told = send("POST", &format!("{control}/_sandbox/change"), &[], order).await?.json();
    // All four know the customer. Salesforce wants to be told in SOAP that its message was taken, and nobody did.
    let expected = serde_json::json!([
        { "system": "acme-crm", "status": 200, "taken": false },
        { "system": "acme-erp", "status": 200, "taken": true },
        { "system": "acme-billing", "status": 200, "taken": true },
        { "system": "acme-support", "status": 200, "taken": true },
    ]);
    assert_eq!(told["notices"], expected);
    let calls: Vec<String> =
        sandbox.latest_calls().into_iter().map(|call| format!("{} {}", call.method, call.target)).collect();
    assert!(calls.iter().any(|call| call == "POST /hooks/acme/acme-billing"), "{calls:?}");
    assert_eq!(send("DELETE", &format!("{control}/_sandbox/hooks"), &[], "").await?.status, 204);
    let told = send("POST", &format!("{control}/_sandbox/change"), &[], order).await?.json();
    assert_eq!(told["notices"], serde_json::json!([]));
    Ok(())
}

#[tokio::test]
async fn a_change_shows_and_bad_orders_are_refused() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let control = sandbox.control_url();
    let order = r#"{"tenant":"acme","entity":"customer","key":"C-1001"}"#;
    let answer = send("POST", &format!("{control}/_sandbox/change"), &[], order).await?;
    assert_eq!((answer.status, &answer.json()["notices"]), (200, &serde_json::json!([])));
    let estate = sandbox.estate(Tenant::Acme).read();
    assert!(estate.customers.get("C-1001").is_some_and(|customer| customer.name.ends_with("(renamed)")));
    drop(estate);
    for (path, order, says) in [
        ("change", r#"{"tenant":"acme","entity":"planet","key":"x"}"#, "planet"),
        ("change", r#"{"tenant":"acme","entity":"order","key":"SO-0"}"#, "SO-0"),
        ("faults", r#"{"tenant":"umbrella","role":"erp","fault":"down"}"#, "umbrella"),
        ("faults", r#"{"tenant":"acme","role":"hr","fault":"down"}"#, "hr"),
        ("faults", r#"{"tenant":"acme","role":"erp","fault":"sleepy"}"#, "sleepy"),
        ("faults", r#"{"tenant":"acme","role":"erp","fault":"slow"}"#, "slow"),
        ("faults", r#"{"tenant":"acme","role":"erp","fault":"down","extra":1}"#, "extra"),
        ("faults", "no json", "expected"),
        ("limits", r#"{"tenant":"acme","role":"erp","per_week":1}"#, "per_week"),
    ] {
        let answer = send("POST", &format!("{control}/_sandbox/{path}"), &[], order).await?;
        let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 400 && error.contains(says), "{order}: {} {error}", answer.status);
    }
    assert_eq!(get(&format!("{control}/_sandbox/faults")).await?.status, 405);
    assert_eq!(get(&format!("{control}/nothing")).await?.status, 404);
    Ok(())
}
