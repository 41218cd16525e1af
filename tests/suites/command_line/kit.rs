//! The tools of who writes a pack, and of who wants to know before traffic does what a vendor has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use portico_tests::{Drift, Fault, JsonType, Role, Scene, Tenant};
use serde_json::Value;

use super::program::{portico, run, shown};

/// The demo's configuration as a folder, with acme only, and what its references stand for.
fn acme(scene: &Scene) -> (tempfile::TempDir, BTreeMap<String, String>) {
    only(scene, Tenant::Acme)
}

/// The same with one tenant.
fn only(scene: &Scene, tenant: Tenant) -> (tempfile::TempDir, BTreeMap<String, String>) {
    let file = format!("tenants/{}.yaml", tenant.name());
    let folder = tempfile::tempdir().expect("a folder");
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/templates/demo");
    let written = fs::read_to_string(template.join(&file)).expect("the demo's tenant");
    // Consumers need plans and APIs, which are beside the point here.
    let (systems, _) = written.split_once("\nconsumers:").expect("consumers are behind systems");
    fs::create_dir(folder.path().join("tenants")).expect("a folder");
    fs::write(folder.path().join(&file), systems).expect("written");
    fs::write(
        folder.path().join("portico.yaml"),
        "listen: { address: 127.0.0.1:0, public_url: https://portico.example }\n",
    )
    .expect("written");
    let mut known = BTreeMap::new();
    for line in systems.lines() {
        if let Some((_, name)) = line.split_once("env:") {
            let name = name.trim_end_matches([' ', '}', '"']);
            known.insert(name.to_owned(), of_sandbox(scene, tenant, name));
        }
    }
    (folder, known)
}

/// `ACME_ERP_TOKEN_URL` and its like, from the sandbox.
fn of_sandbox(scene: &Scene, tenant: Tenant, name: &str) -> String {
    let mut parts = name.splitn(3, '_').skip(1);
    let (role, what) = (parts.next().expect("a role"), parts.next().expect("a word"));
    let role = match role {
        "ERP" => Role::Erp,
        "CRM" => Role::Crm,
        "BILLING" => Role::Billing,
        _ => Role::Support,
    };
    let system = scene.sandbox().system(tenant, role);
    let access = &system.credentials;
    let value = match what {
        "URL" => Some(system.address.clone()),
        "CLIENT_ID" => access.client_id.clone(),
        "CLIENT_SECRET" => access.client_secret.clone(),
        "TOKEN_URL" => access.token_url.clone(),
        "SCOPE" => access.scope.clone(),
        "CERTIFICATE_ID" => access.certificate_id.clone(),
        "PRIVATE_KEY" => access.private_key.clone(),
        "NOTICE_SECRET" => Some(system.notice_secret()),
        _ => access.api_key.clone(),
    };
    value.unwrap_or_default()
}

/// Runs the program in a folder.
fn told(folder: &Path, known: &BTreeMap<String, String>, arguments: &[&str]) -> String {
    let mut command = Command::new(portico());
    let output = command.args(arguments).current_dir(folder).env_clear().envs(known).output().expect("it runs");
    let said = shown(&output, folder);
    for (name, secret) in known.iter().filter(|(name, _)| name.contains("SECRET") || name.contains("KEY")) {
        assert!(!said.contains(secret.as_str()), "{name} is shown: {said}");
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn check_live_tells_what_a_vendor_has_changed_before_traffic_does() {
    let scene = Scene::start().await;
    let (folder, known) = acme(&scene);
    let check = ["check", "--live", "."];
    insta::assert_snapshot!(told(folder.path(), &known, &check), @"
    0
    .: in order: 1 tenant, 4 systems, 0 APIs, 0 versions
    acme/acme-billing (stripe): 2 entities compared: as its pack says
    acme/acme-crm (salesforce): 5 entities compared: as its pack says
    acme/acme-erp (dynamics365): 9 entities compared: as its pack says
    acme/acme-support (zendesk): 3 entities compared: as its pack says
    warning: tenants/acme.yaml: no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call
    ");
    let fault = |field: &str, becomes| Fault::Drift(Drift { field: field.to_owned(), becomes });
    let sandbox = scene.sandbox();
    sandbox.set_fault(Tenant::Acme, Role::Erp, fault("CreditLimit", None)).await;
    sandbox.set_fault(Tenant::Acme, Role::Crm, fault("Warranty_End__c", Some(JsonType::Bool))).await;
    sandbox.set_fault(Tenant::Acme, Role::Support, Fault::Status(403)).await;
    insta::assert_snapshot!(told(folder.path(), &known, &check), @"
    1
    .: in order: 1 tenant, 4 systems, 0 APIs, 0 versions
    acme/acme-billing (stripe): 2 entities compared: as its pack says
    acme/acme-crm (salesforce): 5 entities compared: 1 difference
      Asset.warrantyEndsOn wants a day or a moment, and `Warranty_End__c` of `Asset` is a truth value (`boolean`)
    acme/acme-erp (dynamics365): 9 entities compared: 1 difference
      Receivables.creditLimit reads `CreditLimit`, which `CustomersV3` does not have
    acme/acme-support (zendesk): does not allow us to read this: token endpoint: 403 no code
    warning: tenants/acme.yaml: no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call
    portico: 3 systems are not as expected
    ");
    sandbox.clear_faults().await;
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Hang).await;
    sandbox.set_fault(Tenant::Acme, Role::Crm, Fault::Html).await;
    insta::assert_snapshot!(told(folder.path(), &known, &["check", "--live", "--seconds", "1", "."]), @"
    1
    .: in order: 1 tenant, 4 systems, 0 APIs, 0 versions
    acme/acme-billing (stripe): 2 entities compared: as its pack says
    acme/acme-crm (salesforce): described itself with something that is no JSON
    acme/acme-erp (dynamics365): did not answer in time
    acme/acme-support (zendesk): 3 entities compared: as its pack says
    warning: tenants/acme.yaml: no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call
    portico: 2 systems are not as expected
    ");
    assert!(
        told(folder.path(), &known, &["check", "--live", "--tenant", "nobody", "."]).contains("no tenant `nobody`")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_live_asks_the_other_vendors_too() {
    let scene = Scene::start().await;
    let (folder, known) = only(&scene, Tenant::Globex);
    let check = ["check", "--live", "."];
    insta::assert_snapshot!(told(folder.path(), &known, &check), @"
    0
    .: in order: 1 tenant, 4 systems, 0 APIs, 0 versions
    globex/globex-billing (chargebee): 2 entities compared: as its pack says
    globex/globex-crm (hubspot): 2 entities compared: as its pack says
      note: AccountOwner was not compared: the pack does not say its `shape`
      note: Contact.accountId reads `associatedcompanyid?`, which `contacts` does not have; the pack allows that
    globex/globex-erp (netsuite): 9 entities compared: as its pack says
    globex/globex-support (servicenow): 7 entities compared: as its pack says
    warning: tenants/globex.yaml: no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call
    ");
    let fault = |field: &str, becomes| Fault::Drift(Drift { field: field.to_owned(), becomes });
    let sandbox = scene.sandbox();
    sandbox.set_fault(Tenant::Globex, Role::Support, fault("warranty_expiration", None)).await;
    sandbox.set_fault(Tenant::Globex, Role::Billing, fault("status", Some(JsonType::Object))).await;
    sandbox.set_fault(Tenant::Globex, Role::Crm, Fault::Status(500)).await;
    sandbox.set_fault(Tenant::Globex, Role::Erp, Fault::Down).await;
    insta::assert_snapshot!(told(folder.path(), &known, &check), @"
    1
    .: in order: 1 tenant, 4 systems, 0 APIs, 0 versions
    globex/globex-billing (chargebee): 2 entities compared: 2 differences
      BillingSubscription.status is missing from a row of `subscriptions`
      BillingSubscription.cancelAtPeriodEnd has another type in a row of `subscriptions`
    globex/globex-crm (hubspot): did not describe itself (HTTP 500)
    globex/globex-erp (netsuite): cannot be reached: token endpoint: client error (Connect): tcp connect error: Connection refused (os error 111)
    globex/globex-support (servicenow): 7 entities compared: 1 difference
      Asset.warrantyEndsOn is missing from a row of `alm_asset`
    warning: tenants/globex.yaml: no issuer names this tenant and no consumer of it has an API key or a certificate: nobody can call
    portico: 4 systems are not as expected
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_live_compares_what_owners_name_and_what_leads_there() {
    let scene = Scene::start().await;
    for (tenant, owners) in [
        (Tenant::Acme, "owners: { Account: acme-support, Contact: acme-support, Product: acme-billing }"),
        (Tenant::Globex, "  Account: globex-support\n  Contact: globex-support\n  Product: globex-billing"),
    ] {
        let (folder, known) = only(&scene, tenant);
        let file = folder.path().join(format!("tenants/{}.yaml", tenant.name()));
        let written = fs::read_to_string(&file).expect("the tenant");
        fs::write(&file, format!("{}\n{owners}\n", written.trim_end())).expect("written");
        let said = told(folder.path(), &known, &["check", "--live", "."]);
        let compared: Vec<&str> = said.lines().filter(|line| line.contains("compared")).collect();
        match tenant {
            Tenant::Acme => insta::assert_snapshot!(compared.join("\n"), @"
            acme/acme-billing (stripe): 3 entities compared: as its pack says
            acme/acme-crm (salesforce): 3 entities compared: as its pack says
            acme/acme-erp (dynamics365): 8 entities compared: as its pack says
            acme/acme-support (zendesk): 5 entities compared: as its pack says
            "),
            Tenant::Globex => insta::assert_snapshot!(compared.join("\n"), @"
            globex/globex-billing (chargebee): 3 entities compared: as its pack says
            globex/globex-crm (hubspot): nothing could be compared
              note: AccountOwner was not compared: the pack does not say its `shape`
            globex/globex-erp (netsuite): 8 entities compared: as its pack says
            globex/globex-support (servicenow): 9 entities compared: as its pack says
            "),
        }
    }
    // Contacts alone: by e-mail address they lead to accounts of the same system.
    let (folder, known) = only(&scene, Tenant::Acme);
    let file = folder.path().join("tenants/acme.yaml");
    let written = fs::read_to_string(&file).expect("the tenant");
    fs::write(&file, format!("{}\nowners: {{ Contact: acme-support }}\n", written.trim_end())).expect("written");
    let said = told(folder.path(), &known, &["check", "--live", "."]);
    assert!(said.contains("acme-support (zendesk): 5 entities compared"), "{said}");
    assert!(said.contains("acme-crm (salesforce): 4 entities compared"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pack_try_shows_each_step_and_no_credential() {
    let scene = Scene::start().await;
    let (folder, known) = acme(&scene);
    let erp = ["pack", "try", "--dir", ".", "--tenant", "acme", "--system", "acme-erp"];
    let without_time = |said: String| {
        let line = |line: &str| {
            line.split_once(" bytes, ").map_or_else(|| line.to_owned(), |(before, _)| format!("{before} bytes"))
        };
        said.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    let shown = told(
        folder.path(),
        &known,
        &[&erp[..], &["Receivables", "--by", "customerNumber", "--key", "C-1001"]].concat(),
    );
    insta::assert_snapshot!(without_time(shown), @r#"
    0
    request 1
      GET /data/CustomersV3?cross-company=true&$filter=dataAreaId%20eq%20%27acmf%27%20and%20CustomerAccount%20eq%20%27C-1001%27&$select=CustomerAccount,CreditLimit,OnHoldStatus,PaymentTerms,dataAreaId&$orderby=CustomerAccount
    answer
      HTTP 200, 322 bytes
      (--show-body shows the body)
    row 1
      customerNumber     CustomerAccount = "C-1001" → "C-1001"
      creditLimit        CreditLimit = 100000 → 100000 EUR
      onHold             OnHoldStatus = "No" → false
      holdReason         OnHoldStatus = "No" → null: it does not count here (`only_if`)
      paymentTerms       PaymentTerms = "Net30" → "Net30"
      currency           always the same → "EUR"

    Receivables by customerNumber: 1 row
    "#);
    let nobody = told(folder.path(), &known, &[&erp[..], &["Customer", "--by", "number", "--key", "C-0"]].concat());
    assert!(nobody.starts_with("1\n") && nobody.contains("nothing was mapped"), "{nobody}");
    let refused = told(folder.path(), &known, &[&erp[..], &["Customer", "--by", "number", "--key", "C-*"]].concat());
    assert!(refused.starts_with("1\n") && refused.contains("the key holds `*`"), "{refused}");
    let unknown = told(folder.path(), &known, &[&erp[..], &["Customer", "--by", "email", "--key", "x"]].concat());
    assert!(unknown.contains("only by number"), "{unknown}");
    // Two steps: which contacts, and then the contacts; a pack file in place of the system's own.
    let own = Pack(folder.path());
    own.write("  Order:\n    from: SalesOrderHeadersV2\n    fields: { number: SalesOrderNumber, statusText: Nothing }\n    by: { number: }\n");
    let tried =
        [&erp[..], &["Order", "--by", "number", "--key", "SO-1042", "--pack", "own.yaml", "--show-body"]].concat();
    let tried = told(folder.path(), &known, &tried);
    assert!(tried.starts_with("1\n") && tried.contains("HTTP 400") && tried.contains("Nothing"), "{tried}");
}

/// A pack file beside a configuration, for Dynamics 365.
struct Pack<'f>(&'f Path);

impl Pack<'_> {
    fn write(&self, entities: &str) {
        let settings = "settings: { company: { about: x }, currency: { about: x } }";
        let text = format!("pack: own\ntitle: Own\ndriver: odata\npath: /data/\n{settings}\nentities:\n{entities}");
        fs::write(self.0.join("own.yaml"), text).expect("it can be written");
    }
}

#[test]
fn pack_check_tells_every_mistake_and_what_is_covered() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Pack(folder.path());
    own.write("  Order:\n    from: Orders\n    rows: value[]\n    fields: { number: Number, total: Sum }\n    by: { nmber: }\n");
    let file = folder.path().join("own.yaml").display().to_string();
    insta::assert_snapshot!(shown(&run(&["pack", "check", &file]), folder.path()), @"
    1
    DIR/own.yaml:9 entities.Order.rows: the driver `odata` does not read `rows`
    DIR/own.yaml:10 entities.Order.fields.total: an amount needs its currency: `{path: …, currency: …}`
    DIR/own.yaml:11 entities.Order.by.nmber: `nmber` is not mapped, so that rows could not be told apart by it; did you mean `number`?
    portico: 1 pack is not in order
    ");
    own.write("  Order:\n    from: Orders\n    fields: { number: Number, status: { path: State, map: { a: OPEN } } }\n    by: { number: { batch: 1 } }\n");
    insta::assert_snapshot!(shown(&run(&["pack", "check", "--strict", &file]), folder.path()), @"
    1
    DIR/own.yaml: in order: Own, driver odata, cannot be asked by `check --live`: it says no `shapes`

      Order: 2 of 9 fields
        mapped        number status
        not mapped    statusText orderedAt requestedShipDate purchaseOrder shipTo total customerNumber
        looked up by  number (one key a request)
        key by key    Query.order, Subscription.orderChanged, Invoice.order, Warranty.order
        not followed  Query.orders, Customer.orders

      settings that nothing uses: company, currency
    portico: 1 pack is not in order
    ");
    for shipped in portico_contracts::packs::Pack::built_in_names() {
        assert!(run(&["pack", "check", shipped]).status.success(), "{shipped}");
    }
    insta::assert_snapshot!(shown(&run(&["pack", "check", "salesfroce"]), folder.path()), @"
    1
    salesfroce: there is no such file, and no shipped pack of that name: chargebee, dynamics365, hubspot, netsuite, salesforce, servicenow, stripe, tryton, zendesk
    portico: 1 pack is not in order
    ");
}

#[test]
fn the_schema_of_packs_is_printed() {
    let output = run(&["schema", "pack"]);
    let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let order = &schema["properties"]["entities"]["properties"]["Order"]["properties"]["fields"]["properties"];
    assert_eq!(order["status"]["properties"]["otherwise"]["enum"][0], "DRAFT");
}
