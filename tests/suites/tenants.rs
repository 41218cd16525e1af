//! Two companies with the same numbers: neither sees a byte of the other, whoever asks first and whatever fails.

use futures_util::StreamExt;
use futures_util::stream;
use portico_tests::{Ask, Fault, Reply, Role, Scene, Tenant, TokenRequest};
use serde_json::json;

/// Everything that is kept under the shared numbers, of every system. Only cases are numbered by the vendor.
fn everything(tenant: Tenant) -> String {
    let case = match tenant {
        Tenant::Acme => "99990",
        Tenant::Globex => "CS0099990",
    };
    EVERYTHING.replace("[case]", case)
}

const EVERYTHING: &str = r#"{
    customer(by: { number: "C-9999" }) {
        number name account { name owner segment billingAddress { street city postalCode } }
        contacts { name email phone role } receivables { openBalance { amount } }
        orders(first: 5) { edges { node { number purchaseOrder } } } invoices(first: 5) { edges { node { number } } }
        subscriptions { plan } contracts { number } assets { serialNumber sku product { name } } cases { subject }
        source { system }
    }
    order(number: "SO-9999") {
        number purchaseOrder customer { name } lines { sku description product { name } }
        shipments { trackingNumber carrier } cases { subject } source { system }
    }
    warranty(serialNumber: "SN-9999") { status coverage { reference source { system } } asset { sku } sources { system } }
    entitlement(customer: { number: "C-9999" }) { level contract { number } subscription { plan } sources { system } }
    case(number: "[case]") { subject requester { name email } }
}"#;

fn other(tenant: Tenant) -> Tenant {
    match tenant {
        Tenant::Acme => Tenant::Globex,
        Tenant::Globex => Tenant::Acme,
    }
}

/// Status, headers and body hold nothing of the other tenant's; where systems answered, everything is one's own.
fn is_clean(reply: &Reply, tenant: Tenant) {
    let headers = format!("{:?}", reply.headers).to_lowercase();
    let body = reply.text().to_lowercase();
    let stranger = other(tenant).name();
    assert!(!headers.contains(stranger), "{stranger} in {headers}");
    assert!(!body.contains(stranger), "{stranger} in {body}");
}

fn its_erp(tenant: Tenant) -> &'static str {
    match tenant {
        Tenant::Acme => "/erp/v1/CustomersV3?$filter=CustomerAccount%20eq%20'C-9999'",
        Tenant::Globex => "/erp/v1/services/rest/system/v1/serverTime",
    }
}

/// The ways in which the shared numbers can be asked for.
fn asks(scene: &Scene, tenant: Tenant) -> Vec<Ask<'_>> {
    let rest = |path: &str, consumer: &str| scene.get(path).of(tenant, consumer);
    let check = json!({ "customer": { "number": "C-9999" }, "amount": { "amount": "1.00", "currency": "EUR" } });
    vec![
        scene.graphql(&everything(tenant)).of(tenant, "support-console"),
        rest("/partner/v1/orders/SO-9999", "partner-one"),
        rest("/partner/v2/orders/SO-9999", "partner-one"),
        rest("/partner/v3/orders/SO-9999", "partner-one"),
        rest("/partner/v2/warranties/SN-9999", "partner-one"),
        rest("/partner/v2/orders?customer=C-9999", "partner-one"),
        rest("/support/v1/customers/C-9999", "support-console"),
        rest("/support/v1/entitlements?customer=C-9999", "support-console"),
        scene.post("/credit/v1/checks", &check).of(tenant, "crm"),
        rest(its_erp(tenant), "crm"),
    ]
}

/// Both tenants ask everything, sixteen at a time, each pair in turns.
async fn both_ask(scene: &Scene, rounds: usize, first: Tenant) -> usize {
    let mut all = Vec::new();
    for _ in 0..rounds {
        for (one, two) in asks(scene, first).into_iter().zip(asks(scene, other(first))) {
            all.extend([(first, one), (other(first), two)]);
        }
    }
    let count = all.len();
    let answers = stream::iter(all).map(|(tenant, ask)| async move { (tenant, ask.send().await) });
    answers.buffer_unordered(16).for_each(|(tenant, reply)| async move { is_clean(&reply, tenant) }).await;
    count
}

/// Nobody is slowed down here: what is tested is who sees what.
async fn start() -> Scene {
    Scene::with(|settings| {
        for plan in settings.plans.values_mut() {
            let gold = portico_policies::throttle::Rate::new(
                1_000.try_into().expect("not zero"),
                std::time::Duration::from_secs(1),
                10_000.try_into().expect("not zero"),
            );
            std::sync::Arc::make_mut(plan).throttle.rate = gold.expect("a rate of a thousand a second");
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_is_another_thing_for_each() {
    let scene = start().await;
    for tenant in Tenant::ALL {
        let reply = scene.graphql(&everything(tenant)).of(tenant, "support-console").send().await;
        assert_eq!(reply.errors(), Vec::<String>::new());
        is_clean(&reply, tenant);
        assert_eq!(reply.data()["customer"]["name"], format!("{} customer", tenant.name()));
        assert_eq!(reply.data()["order"]["purchaseOrder"], format!("{}-PO", tenant.name()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_crosses_over_when_both_ask_at_once() {
    let scene = start().await;
    // Cold in one order, then warm in the other.
    let asked = both_ask(&scene, 4, Tenant::Acme).await + both_ask(&scene, 4, Tenant::Globex).await;
    assert_eq!(asked, 160);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_crosses_over_when_systems_fail_in_between() {
    let scene = start().await;
    for (tenant, role, fault) in [
        (Tenant::Acme, Role::Erp, Fault::Down),
        (Tenant::Globex, Role::Crm, Fault::Status(500)),
        (Tenant::Acme, Role::Support, Fault::Html),
        (Tenant::Globex, Role::Erp, Fault::Throttled(Some(1))),
    ] {
        both_ask(&scene, 1, tenant).await;
        scene.sandbox().set_fault(tenant, role, fault).await;
        both_ask(&scene, 2, other(tenant)).await;
        scene.sandbox().clear_faults().await;
        both_ask(&scene, 1, tenant).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_numbers_are_not_found() {
    let scene = start().await;
    let mut shown = Vec::new();
    for (tenant, customer, order, serial) in
        [(Tenant::Acme, "G-2001", "SO-7042", "GX-77"), (Tenant::Globex, "C-1001", "SO-1042", "SN-77")]
    {
        let query = format!(
            r#"{{ customer(by: {{ number: "{customer}" }}) {{ name }} order(number: "{order}") {{ number customer {{ name }} }}
                warranty(serialNumber: "{serial}") {{ status reasons {{ code }} }} }}"#
        );
        let reply = scene.graphql(&query).of(tenant, "support-console").send().await;
        is_clean(&reply, tenant);
        shown.push(format!("{} {}", reply.data(), reply.errors().join(", ")));
        let partner = scene.get(&format!("/partner/v2/orders/{order}")).of(tenant, "partner-one").send().await;
        shown.push(partner.shown());
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"customer":null,"order":null,"warranty":{"status":"UNKNOWN","reasons":[{"code":"asset_unknown"}]}} customer not_found acme-erp, order not_found acme-erp
    404 {"type":"urn:portico:problem:not_found","title":"There is no such thing","status":404,"detail":"acme-erp has no Order by this number.","instance":"…","code":"not_found","advice":"Check the key.","request_id":"…","retryable":false}
    {"customer":null,"order":null,"warranty":{"status":"UNKNOWN","reasons":[{"code":"asset_unknown"}]}} customer not_found globex-erp, order not_found globex-erp
    404 {"type":"urn:portico:problem:not_found","title":"There is no such thing","status":404,"detail":"globex-erp has no Order by this number.","instance":"…","code":"not_found","advice":"Check the key.","request_id":"…","retryable":false}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_makes_one_tenant_another() {
    let scene = start().await;
    let path = "/partner/v3/orders/SO-9999";
    let plain = scene.get(path).of(Tenant::Acme, "partner-one").send().await;
    for (name, value) in [
        ("x-tenant-id", "globex"),
        ("x-tenant", "globex"),
        ("X_Tenant_Id", "globex"),
        ("x-consumer-id", "globex/partner-one"),
        ("x-portico-tenant", "globex"),
        ("x-forwarded-host", "globex.example"),
        ("forwarded", "host=globex.example"),
        ("x-original-url", "/partner/v2/orders/SO-7042"),
        ("x-http-method-override", "DELETE"),
        ("host", "globex.example"),
        ("cookie", "tenant=globex"),
    ] {
        let reply = scene.get(path).of(Tenant::Acme, "partner-one").header(name, value).send().await;
        assert_eq!((reply.status, reply.text()), (plain.status, plain.text()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_speaks_for_its_own_tenant_only() {
    let scene = start().await;
    for (tenant, name) in [(Tenant::Acme, "KEY_PARTNER"), (Tenant::Globex, "KEY_PARTNER_2")] {
        let reply = scene.get("/partner/v3/orders/SO-9999").header("x-api-key", scene.environment(name)).send().await;
        assert_eq!(reply.json()["customer"]["name"], format!("{} customer", tenant.name()));
        is_clean(&reply, tenant);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_speaks_for_the_tenant_that_it_names_and_no_other() {
    let scene = start().await;
    let token = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").claim("tenant_id", "globex"));
    let reply = scene.get("/partner/v3/orders/SO-9999").bearer(token).send().await;
    assert_eq!(reply.json()["customer"]["name"], "acme customer");
    let foreign = scene.sandbox().mint(&TokenRequest::new(Tenant::Acme, "partner-one").claim("tenant", "Acme"));
    assert_eq!(scene.get("/partner/v3/orders/SO-9999").bearer(foreign).send().await.code(), "tenant_not_allowed");
}
