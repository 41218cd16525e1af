//! HubSpot as the system that has orders, products, invoices, subscriptions and tickets, and as the only one.

use portico_contracts::tenancy::Role as RoleOf;
use portico_gateway::settings::Settings;
use portico_tests::{Fault, Hooks, Role, Scene, Tenant, WrongRows};
use serde_json::{Value, json};

use super::{alone_as, asked, give, laid_out, own, system};

const CRM: (Tenant, Role) = (Tenant::Globex, Role::Crm);
const GLOBEX: Tenant = Tenant::Globex;

const SETTINGS: [(&str, &str); 8] = [
    ("open_amount_property", "hs_balance_due"),
    ("currency", "EUR"),
    ("purchase_order_property", "customer_reference"),
    ("unit_property", "unit"),
    ("warranty_months_property", "warranty_months"),
    ("credit_limit_property", "credit_limit"),
    ("hold_property", "deliveries_stopped"),
    ("terms_property", "payment_terms"),
];

const ENTITIES: [&str; 8] =
    ["Order", "OrderLine", "Invoice", "OpenItem", "Product", "Case", "Requester", "SupportOrganization"];

fn owning(settings: &mut Settings) {
    give(settings, CRM, &SETTINGS);
    own(settings, CRM, &ENTITIES);
}

/// What HubSpot was asked.
fn paths(scene: &Scene) -> Vec<String> {
    let calls = scene.sandbox().latest_calls().into_iter().filter(|call| call.system == "globex-crm");
    calls.map(|call| call.target.split('?').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_all_that_hangs_on_it_comes_from_hubspot_and_the_customer_from_the_erp() {
    let scene = Scene::with(owning).await;
    let query = r#"{ order(number: "SO-7042") {
        number status statusText orderedAt purchaseOrder total { amount currency }
        shipTo { street city postalCode country } source { system role }
        customer { number name source { system } }
        lines { lineNumber sku description quantity unitPrice { amount currency } lineTotal { amount } product { name source { system } } }
        shipments { number source { system } }
        invoices { number }
        cases { subject status priority openedAt updatedAt source { system } }
    } }"#;
    insta::assert_snapshot!(laid_out(&scene, GLOBEX, query).await, @r#"
    {
      "order": {
        "number": "SO-7042",
        "status": "PARTIALLY_SHIPPED",
        "statusText": "partially_shipped",
        "orderedAt": "2026-06-03T09:00:00Z",
        "purchaseOrder": "PO-778-A",
        "total": {
          "amount": "5901.00",
          "currency": "EUR"
        },
        "shipTo": {
          "street": "Hafenstrasse 1",
          "city": "Hamburg",
          "postalCode": "20095",
          "country": "Germany"
        },
        "source": {
          "system": "globex-crm",
          "role": "CRM"
        },
        "customer": {
          "number": "G-2001",
          "name": "Alpine Instruments AG",
          "source": {
            "system": "globex-erp"
          }
        },
        "lines": [
          {
            "lineNumber": 0,
            "sku": "GB-100",
            "description": "Feed pump 100",
            "quantity": "2",
            "unitPrice": {
              "amount": "1250.50",
              "currency": "EUR"
            },
            "lineTotal": {
              "amount": "2501.00"
            },
            "product": {
              "name": "GB Feed pump 100",
              "source": {
                "system": "globex-crm"
              }
            }
          },
          {
            "lineNumber": 1,
            "sku": "GB-200",
            "description": "Dosing pump 200",
            "quantity": "1",
            "unitPrice": {
              "amount": "3400.00",
              "currency": "EUR"
            },
            "lineTotal": {
              "amount": "3400.00"
            },
            "product": {
              "name": "GB Dosing pump 200",
              "source": {
                "system": "globex-crm"
              }
            }
          }
        ],
        "shipments": [
          {
            "number": "PS-7042",
            "source": {
              "system": "globex-erp"
            }
          }
        ],
        "invoices": [],
        "cases": [
          {
            "subject": "Feed pump is noisy",
            "status": "OPEN",
            "priority": "HIGH",
            "openedAt": "2026-06-13T09:00:00Z",
            "updatedAt": "2026-06-13T12:00:00Z",
            "source": {
              "system": "globex-crm"
            }
          }
        ]
      }
    }
    "#);
    // The order's lines and cases are found through its id, each in three steps.
    let mut paths = paths(&scene);
    paths.sort_unstable();
    insta::assert_snapshot!(paths.join("\n"), @"
    /crm/v3/objects/line_items/batch/read
    /crm/v3/objects/orders/batch/read
    /crm/v3/objects/orders/batch/read
    /crm/v3/objects/orders/batch/read
    /crm/v3/objects/orders/batch/read
    /crm/v3/objects/products/batch/read
    /crm/v3/objects/tickets/batch/read
    /crm/v4/associations/orders/invoices/batch/read
    /crm/v4/associations/orders/line_items/batch/read
    /crm/v4/associations/orders/tickets/batch/read
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_many_orders_take_as_many_calls_as_those_of_one() {
    let scene = Scene::with(owning).await;
    let query = r#"{ orders(customer: { number: "G-2001" }, first: 30) { edges { node { number orderedAt lines { sku quantity } } } } }"#;
    let reply = asked(&scene, GLOBEX, query).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    let edges = reply.data()["orders"]["edges"].as_array().cloned().unwrap_or_default();
    assert_eq!(edges.len(), 30);
    assert!(edges.iter().all(|edge| edge["node"]["lines"].as_array().is_some_and(|lines| !lines.is_empty())));
    let days: Vec<&str> = edges.iter().filter_map(|edge| edge["node"]["orderedAt"].as_str()).collect();
    assert!(days.is_sorted_by(|one, two| one >= two), "newest first: {days:?}");
    insta::assert_snapshot!(paths(&scene).join("\n"), @"
    /crm/v3/objects/companies/batch/read
    /crm/v4/associations/companies/orders/batch/read
    /crm/v3/objects/orders/batch/read
    /crm/v3/objects/orders/batch/read
    /crm/v4/associations/orders/line_items/batch/read
    /crm/v3/objects/line_items/batch/read
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_customer_is_found_by_its_number() {
    let scene = Scene::with(|settings| {
        owning(settings);
        own(settings, CRM, &["BillingCustomer", "BillingSubscription"]);
    })
    .await;
    let query = r#"{ customer(by: { number: "G-2001" }) {
        orders(status: [PARTIALLY_SHIPPED, INVOICED], first: 2) { edges { node { number status orderedAt } } pageInfo { hasNextPage } }
        invoices(open: true) { edges { node { number status issuedOn dueOn total { amount currency } openAmount { amount } } } }
        open: cases(open: true) { subject status }
        closed: cases(open: false) { subject status }
        subscriptions { status plan currentPeriodEnd }
    } }"#;
    insta::assert_snapshot!(laid_out(&scene, GLOBEX, query).await, @r#"
    {
      "customer": {
        "orders": {
          "edges": [
            {
              "node": {
                "number": "SO-7042",
                "status": "PARTIALLY_SHIPPED",
                "orderedAt": "2026-06-03T09:00:00Z"
              }
            },
            {
              "node": {
                "number": "SO-7051",
                "status": "INVOICED",
                "orderedAt": "2026-05-26T09:00:00Z"
              }
            }
          ],
          "pageInfo": {
            "hasNextPage": true
          }
        },
        "invoices": {
          "edges": [
            {
              "node": {
                "number": "INV-7051",
                "status": "OPEN",
                "issuedOn": "2026-06-05",
                "dueOn": "2026-07-05",
                "total": {
                  "amount": "12400.00",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "12400.00"
                }
              }
            }
          ]
        },
        "open": [
          {
            "subject": "Feed pump is noisy",
            "status": "OPEN"
          }
        ],
        "closed": [
          {
            "subject": "Question about an invoice",
            "status": "CLOSED"
          }
        ],
        "subscriptions": [
          {
            "status": "ACTIVE",
            "plan": "Premium Care",
            "currentPeriodEnd": "2026-07-05T00:00:00Z"
          }
        ]
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn products_invoices_and_tickets_are_found_by_what_names_them() {
    let scene = Scene::with(owning).await;
    let cases = asked(&scene, GLOBEX, r#"{ order(number: "SO-7042") { cases { number } } }"#).await;
    let ticket = cases.data()["order"]["cases"][0]["number"].as_str().expect("a ticket").to_owned();
    let query = r#"{
        product(sku: "GB-100") { sku name description unit listPrice { amount currency } warrantyMonths source { system } }
        lower: product(sku: "gb-100") { sku }
        invoice(number: "INV-7051") { number status total { amount currency } openAmount { amount } order { number } customer { number } }
        case(number: "%") { subject status requester { name email role } }
        none: case(number: "1") { number }
        text: case(number: "T-1") { number }
    }"#;
    insta::assert_snapshot!(laid_out(&scene, GLOBEX, &query.replace('%', &ticket)).await, @r#"
    {
      "product": {
        "sku": "GB-100",
        "name": "GB Feed pump 100",
        "description": "GB Feed pump 100, made to last",
        "unit": "pcs",
        "listPrice": {
          "amount": "1250.00",
          "currency": "EUR"
        },
        "warrantyMonths": 24,
        "source": {
          "system": "globex-crm"
        }
      },
      "lower": {
        "sku": "GB-100"
      },
      "invoice": {
        "number": "INV-7051",
        "status": "OPEN",
        "total": {
          "amount": "12400.00",
          "currency": "EUR"
        },
        "openAmount": {
          "amount": "12400.00"
        },
        "order": {
          "number": "SO-7051"
        },
        "customer": {
          "number": "G-2001"
        }
      },
      "case": {
        "subject": "Feed pump is noisy",
        "status": "OPEN",
        "requester": {
          "name": "Luca Moser",
          "email": "luca.moser@alpine-instruments.example",
          "role": "Maintenance Engineer"
        }
      },
      "none": null,
      "text": null
    }
    none not_found globex-crm
    text key_refused globex-crm
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tenant_does_not_have_there_hubspot_is_not_asked_for() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-7042") { source { system } lines { sku } cases { source { system } } } product(sku: "GB-100") { source { system } } }"#;
    let reply = asked(&scene, GLOBEX, query).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["order"]["source"]["system"], "globex-erp");
    assert_eq!(paths(&scene), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_values_and_never_part_of_an_address_or_a_filter() {
    let scene = Scene::with(owning).await;
    for key in ["SO-7042\"}]}", "../../contacts/1", "*", "SO-*", "INV-7051?archived=true", "%2e%2e"] {
        let written = serde_json::to_string(key).expect("JSON");
        let query = format!(
            "{{ order(number: {written}) {{ number lines {{ sku }} }} product(sku: {written}) {{ sku }} invoice(number: {written}) {{ number }} case(number: {written}) {{ number }} }}"
        );
        let reply = asked(&scene, GLOBEX, &query).await;
        assert_eq!(reply.data(), json!({ "order": null, "product": null, "invoice": null, "case": null }), "{key}");
    }
    let known = ["orders/batch/read", "products/batch/read", "invoices/search"];
    for path in paths(&scene) {
        assert!(known.iter().any(|known| path == format!("/crm/v3/objects/{known}")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_asked_for_reach_no_answer() {
    let scene = Scene::with(owning).await;
    let query = r#"{ order(number: "SO-7042") { number lines { sku } cases { subject } } product(sku: "GB-100") { sku } invoice(number: "INV-7051") { number } }"#;
    let right = asked(&scene, GLOBEX, query).await.data();
    for how in [WrongRows::Added, WrongRows::InPlace] {
        let scene = Scene::with(owning).await;
        scene.sandbox().set_fault(GLOBEX, Role::Crm, Fault::WrongRows(how)).await;
        let reply = asked(&scene, GLOBEX, query).await.data();
        for field in ["order", "product", "invoice"] {
            // What is there is what was asked for; what is not is no other's.
            let (is, was) = (&reply[field], &right[field]);
            let same = |name: &str| is[name] == was[name] || is[name].is_null();
            assert!(["number", "sku", "lines", "cases"].iter().all(|name| same(name)), "{how:?} {field}: {is}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_system_are_not_taken_for_hubspots() {
    // Only the tickets are HubSpot's: a service desk's id is nobody's there.
    let scene = Scene::with(|settings| {
        give(settings, CRM, &SETTINGS);
        own(settings, CRM, &["Case"]);
    })
    .await;
    let known = asked(&scene, GLOBEX, r#"{ customer(by: { number: "G-2001" }) { supportId } }"#).await.data();
    let theirs = known["customer"]["supportId"].as_str().expect("an id").to_owned();
    let query = format!(
        r#"{{ customer(by: {{ supportId: "{theirs}" }}) {{ number cases {{ subject requester {{ name }} }} }} }}"#
    );
    let reply = asked(&scene, GLOBEX, &query).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["customer"]["cases"].as_array().map(Vec::len), Some(2), "{}", reply.shown());
    assert_eq!(reply.data()["customer"]["cases"][0]["requester"], Value::Null);
    assert_eq!(reply.json()["extensions"]["notProvided"], json!(["customer.cases.requester"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_has_nothing_but_hubspot_is_answered_from_it() {
    let scene = Scene::with(|settings| {
        give(settings, CRM, &SETTINGS);
        alone_as(settings, CRM, RoleOf::Erp);
    })
    .await;
    let query = r#"{ customer(by: { number: "G-2004" }) { number name source { system role } receivables { openBalance { amount currency } overdueBalance { amount } oldestOverdueDays onHold paymentTerms } } }"#;
    insta::assert_snapshot!(laid_out(&scene, GLOBEX, query).await, @r#"
    {
      "customer": {
        "number": "G-2004",
        "name": "Tyrol Maschinen GmbH",
        "source": {
          "system": "globex-crm",
          "role": "ERP"
        },
        "receivables": {
          "openBalance": {
            "amount": "5950.00",
            "currency": "EUR"
          },
          "overdueBalance": {
            "amount": "5950.00"
          },
          "oldestOverdueDays": 60,
          "onHold": false,
          "paymentTerms": "Net30"
        }
      }
    }
    "#);
    let check = r#"{ creditCheck(customer: { number: "G-2001" }, amount: { amount: "100.00", currency: "EUR" }) { outcome limit { amount } exposure { amount } reasons { code } } }"#;
    insta::assert_snapshot!(scene.graphql(check).of(GLOBEX, "crm").send().await.data(), @r#"{"creditCheck":{"outcome":"APPROVED","limit":{"amount":"100000.00"},"exposure":{"amount":"18401.00"},"reasons":[{"code":"within_limit"}]}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_says_that_invoices_are_hubspots_no_credit_is_granted() {
    let scene = Scene::with(|settings| {
        give(settings, CRM, &SETTINGS);
        system(settings, CRM).binding.settings.remove("open_amount_property");
        alone_as(settings, CRM, RoleOf::Erp);
    })
    .await;
    let check = r#"{ creditCheck(customer: { number: "G-2001" }, amount: { amount: "0.01", currency: "EUR" }) { outcome limit { amount } exposure { amount } reasons { code } } }"#;
    insta::assert_snapshot!(scene.graphql(check).of(GLOBEX, "crm").send().await.data(), @r#"{"creditCheck":{"outcome":"REVIEW","limit":{"amount":"100000.00"},"exposure":null,"reasons":[{"code":"overdue_unknown"},{"code":"balance_unknown"}]}}"#);
    let query = r#"{ customer(by: { number: "G-2004" }) { receivables { openBalance { amount } overdueBalance { amount } oldestOverdueDays paymentTerms } invoices { edges { node { openAmount { amount } } } } } }"#;
    let reply = asked(&scene, GLOBEX, query).await;
    insta::assert_snapshot!(format!("{} {}", reply.data(), reply.json()["extensions"]["notProvided"]), @r#"{"customer":{"receivables":{"openBalance":null,"overdueBalance":null,"oldestOverdueDays":null,"paymentTerms":"Net30"},"invoices":{"edges":[{"node":{"openAmount":{"amount":"4800.00"}}},{"node":{"openAmount":{"amount":"1150.00"}}}]}}} ["customer.receivables.openBalance","customer.receivables.overdueBalance","customer.receivables.oldestOverdueDays"]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_makes_orders_and_tickets_be_asked_for_again() {
    let scene = Scene::with(owning).await;
    let public = "https://portico.example";
    let hooks = Hooks { url: format!("http://{}", scene.traffic()), public_url: public.to_owned() };
    let query = r#"{ order(number: "SO-7042") { status source { state } cases { status source { state } } lines { sku } } product(sku: "GB-100") { source { state } } }"#;
    for _ in 0..2 {
        asked(&scene, GLOBEX, query).await;
    }
    let case = scene
        .sandbox()
        .estate(GLOBEX)
        .read()
        .cases
        .iter()
        .find(|case| case.order.is_some())
        .map(|case| case.number.clone());
    let mut shown = vec![asked(&scene, GLOBEX, query).await.data().to_string()];
    for (entity, key) in [("order", "SO-7042"), ("case", &*case.expect("a case about an order")), ("product", "GB-100")]
    {
        scene.sandbox().change(GLOBEX, entity, key).expect("there is such a thing");
        let notice = scene.sandbox().notice(GLOBEX, Role::Crm, &hooks, entity, key).expect("HubSpot has it");
        let ask = scene.ask(http::Method::POST, "/hooks/globex/globex-crm").body(notice.body.clone());
        let ask = notice.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
        assert_eq!(ask.send().await.status, 204);
        shown.push(asked(&scene, GLOBEX, query).await.data().to_string());
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"order":{"status":"PARTIALLY_SHIPPED","source":{"state":"HIT"},"cases":[{"status":"OPEN","source":{"state":"HIT"}}],"lines":[{"sku":"GB-100"},{"sku":"GB-200"}]},"product":{"source":{"state":"HIT"}}}
    {"order":{"status":"SHIPPED","source":{"state":"FETCHED"},"cases":[{"status":"OPEN","source":{"state":"HIT"}}],"lines":[{"sku":"GB-100"},{"sku":"GB-200"}]},"product":{"source":{"state":"HIT"}}}
    {"order":{"status":"SHIPPED","source":{"state":"HIT"},"cases":[{"status":"CLOSED","source":{"state":"FETCHED"}}],"lines":[{"sku":"GB-100"},{"sku":"GB-200"}]},"product":{"source":{"state":"HIT"}}}
    {"order":{"status":"SHIPPED","source":{"state":"HIT"},"cases":[{"status":"CLOSED","source":{"state":"HIT"}}],"lines":[{"sku":"GB-100"},{"sku":"GB-200"}]},"product":{"source":{"state":"FETCHED"}}}
    "#);
}
