//! Salesforce as the system that has orders, shipments, invoices, products and cases, and as the only one.

use portico_contracts::tenancy::Role as RoleOf;
use portico_gateway::settings::Settings;
use portico_tests::{Fault, Hooks, Notice, Role, Scene, Tenant, WrongRows};
use serde_json::{Value, json};

use super::{alone_as, asked, give, laid_out, own};

const CRM: (Tenant, Role) = (Tenant::Acme, Role::Crm);
const ACME: Tenant = Tenant::Acme;

/// Nothing here names what it needs but this organisation's own fields.
const SETTINGS: [(&str, &str); 12] = [
    ("currency", "EUR"),
    ("purchase_order_field", "PoNumber"),
    ("requested_ship_field", "Requested_Ship__c"),
    ("case_order_field", "Order_Number__c"),
    ("price_book", "01s5gAc00000001ABA"),
    ("warranty_months_field", "Warranty_Months__c"),
    ("shipment_object", "Shipment"),
    ("invoice_object", "Invoice"),
    ("credit_limit_field", "Credit_Limit__c"),
    ("balance_field", "Open_Balance__c"),
    ("hold_field", "Credit_Hold__c"),
    ("terms_field", "Payment_Terms__c"),
];

const ENTITIES: [&str; 8] =
    ["Order", "OrderLine", "Shipment", "Invoice", "Product", "Case", "Requester", "SupportOrganization"];

fn owning(settings: &mut Settings) {
    give(settings, CRM, &SETTINGS);
    own(settings, CRM, &ENTITIES);
}

fn calls(scene: &Scene) -> [u64; 3] {
    [Role::Erp, Role::Support, Role::Crm].map(|role| scene.sandbox().calls_to(ACME, role))
}

/// What Salesforce was asked, decoded.
fn queries(scene: &Scene) -> Vec<String> {
    let calls = scene.sandbox().latest_calls().into_iter().filter(|call| call.system == "acme-crm");
    let queries = calls.filter_map(|call| call.target.split_once("q=").map(|(_, query)| query.to_owned()));
    queries.map(|query| query.replace("%20", " ").replace("%27", "'").replace("%5C", "\\")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_all_that_hangs_on_it_comes_from_salesforce_and_the_customer_from_the_erp() {
    let scene = Scene::with(owning).await;
    let query = r#"{ order(number: "SO-1042") {
        number status statusText orderedAt requestedShipDate purchaseOrder total { amount currency }
        shipTo { street city region postalCode country } source { system role }
        customer { number name source { system } }
        lines { lineNumber sku description quantity unit unitPrice { amount currency } lineTotal { amount } product { name source { system } } }
        shipments { number status carrier trackingNumber shippedAt deliveredAt source { system } }
        invoices { number }
        cases { number subject status priority openedAt updatedAt requester { name email phone role } source { system } }
    } }"#;
    insta::assert_snapshot!(laid_out(&scene, ACME, query).await, @r#"
    {
      "order": {
        "number": "SO-1042",
        "status": "PARTIALLY_SHIPPED",
        "statusText": "Partially Shipped",
        "orderedAt": "2026-06-03T00:00:00Z",
        "requestedShipDate": "2026-06-17",
        "purchaseOrder": "PO-778-A",
        "total": {
          "amount": "5901.00",
          "currency": "EUR"
        },
        "shipTo": {
          "street": "Hafenstrasse 1",
          "city": "Hamburg",
          "region": null,
          "postalCode": "20095",
          "country": "Germany"
        },
        "source": {
          "system": "acme-crm",
          "role": "CRM"
        },
        "customer": {
          "number": "C-1001",
          "name": "Hanseatic Pumps GmbH",
          "source": {
            "system": "acme-erp"
          }
        },
        "lines": [
          {
            "lineNumber": 1921,
            "sku": "AC-100",
            "description": "Feed pump 100",
            "quantity": "2",
            "unit": "pcs",
            "unitPrice": {
              "amount": "1250.50",
              "currency": "EUR"
            },
            "lineTotal": {
              "amount": "2501.00"
            },
            "product": {
              "name": "AC Feed pump 100",
              "source": {
                "system": "acme-crm"
              }
            }
          },
          {
            "lineNumber": 1922,
            "sku": "AC-200",
            "description": "Dosing pump 200",
            "quantity": "1",
            "unit": "pcs",
            "unitPrice": {
              "amount": "3400.00",
              "currency": "EUR"
            },
            "lineTotal": {
              "amount": "3400.00"
            },
            "product": {
              "name": "AC Dosing pump 200",
              "source": {
                "system": "acme-crm"
              }
            }
          }
        ],
        "shipments": [
          {
            "number": "PS-1042",
            "status": "SHIPPED",
            "carrier": "Parcel Express",
            "trackingNumber": "PX10420001",
            "shippedAt": null,
            "deliveredAt": null,
            "source": {
              "system": "acme-crm"
            }
          }
        ],
        "invoices": null,
        "cases": [
          {
            "number": "00010011",
            "subject": "Feed pump is noisy",
            "status": "OPEN",
            "priority": "HIGH",
            "openedAt": "2026-06-13T09:00:00Z",
            "updatedAt": "2026-06-13T12:00:00Z",
            "requester": {
              "name": "Jonas Keller",
              "email": "jonas.keller@hanseatic-pumps.example",
              "phone": "+49 30 5550199",
              "role": "Maintenance Engineer"
            },
            "source": {
              "system": "acme-crm"
            }
          }
        ]
      }
    }
    "#);
    // Shipments and invoices of an order, and what a product is, in as many calls as there are kinds of things.
    insta::assert_snapshot!(format!("{:?}", calls(&scene)), @"[2, 0, 7]");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_invoices_and_cases_of_a_customer_are_found_by_its_number() {
    let scene = Scene::with(owning).await;
    let query = r#"{ customer(by: { number: "C-1001" }) {
        orders(status: [PARTIALLY_SHIPPED, INVOICED], first: 2) { edges { node { number status orderedAt lines { sku } } } pageInfo { hasNextPage } }
        invoices(first: 2) { edges { node { number issuedOn dueOn total { amount currency } } } }
        open: cases(open: true) { number status }
        closed: cases(open: false) { number status }
    } }"#;
    insta::assert_snapshot!(laid_out(&scene, ACME, query).await, @r#"
    {
      "customer": {
        "orders": {
          "edges": [
            {
              "node": {
                "number": "SO-1042",
                "status": "PARTIALLY_SHIPPED",
                "orderedAt": "2026-06-03T00:00:00Z",
                "lines": [
                  {
                    "sku": "AC-100"
                  },
                  {
                    "sku": "AC-200"
                  }
                ]
              }
            },
            {
              "node": {
                "number": "SO-1051",
                "status": "INVOICED",
                "orderedAt": "2026-05-26T00:00:00Z",
                "lines": [
                  {
                    "sku": "AC-500"
                  }
                ]
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
                "number": "INV-1051",
                "issuedOn": "2026-06-05",
                "dueOn": "2026-07-05",
                "total": {
                  "amount": "12400.00",
                  "currency": "EUR"
                }
              }
            },
            {
              "node": {
                "number": "INV-1001",
                "issuedOn": "2025-12-02",
                "dueOn": "2026-01-01",
                "total": {
                  "amount": "89.00",
                  "currency": "EUR"
                }
              }
            }
          ]
        },
        "open": [
          {
            "number": "00010011",
            "status": "OPEN"
          }
        ],
        "closed": [
          {
            "number": "00010012",
            "status": "SOLVED"
          }
        ]
      }
    }
    "#);
    let second = r#"{ orders(customer: { number: "C-1001" }, first: 2, after: "%") { edges { node { number } } } }"#;
    let first = asked(&scene, ACME, &second.replace(r#", after: "%""#, "").replace("node", "cursor node")).await;
    let cursor = first.data()["orders"]["edges"][1]["cursor"].as_str().unwrap_or_default().to_owned();
    insta::assert_snapshot!(format!("{} {}", first.data(), laid_out(&scene, ACME, &second.replace('%', &cursor)).await), @r#"
    {"orders":{"edges":[{"cursor":"MS5TTy0xMDQy","node":{"number":"SO-1042"}},{"cursor":"Mi5TTy0xMDUx","node":{"number":"SO-1051"}}]}} {
      "orders": {
        "edges": [
          {
            "node": {
              "number": "SO-1001"
            }
          },
          {
            "node": {
              "number": "SO-1002"
            }
          }
        ]
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn products_and_cases_are_found_by_what_names_them() {
    let scene = Scene::with(owning).await;
    // A case's number has eight digits, and is text.
    let query = r#"{
        product(sku: "AC-100") { sku name description unit listPrice { amount currency } warrantyMonths source { system } }
        invoice(number: "INV-1051") { number total { amount } customer { number } }
        case(number: "00010013") { number subject status priority requester { name } }
        short: case(number: "10013") { number }
        none: product(sku: "AC-0") { sku }
    }"#;
    insta::assert_snapshot!(laid_out(&scene, ACME, query).await, @r#"
    {
      "product": {
        "sku": "AC-100",
        "name": "AC Feed pump 100",
        "description": "AC Feed pump 100, made to last",
        "unit": "pcs",
        "listPrice": {
          "amount": "1250.00",
          "currency": "EUR"
        },
        "warrantyMonths": 24,
        "source": {
          "system": "acme-crm"
        }
      },
      "invoice": {
        "number": "INV-1051",
        "total": {
          "amount": "12400.00"
        },
        "customer": {
          "number": "C-1001"
        }
      },
      "case": {
        "number": "00010013",
        "subject": "Delivery stopped",
        "status": "WAITING",
        "priority": "URGENT",
        "requester": {
          "name": "Jonas Keller"
        }
      },
      "short": null,
      "none": null
    }
    short not_found acme-crm
    none not_found acme-crm
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tenant_does_not_have_there_salesforce_is_not_asked_for() {
    let scene = Scene::start().await;
    let query = r#"{ order(number: "SO-1042") { number source { system } lines { sku } cases { source { system } } } product(sku: "AC-100") { source { system } } }"#;
    let reply = asked(&scene, ACME, query).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["order"]["source"]["system"], "acme-erp");
    assert_eq!(reply.data()["order"]["cases"][0]["source"]["system"], "acme-support");
    assert_eq!(queries(&scene), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_stay_inside_their_quotes() {
    let scene = Scene::with(owning).await;
    for key in [r"SO-1042\\' OR OrderNumber != '", "SO-1042' OR OrderNumber != '", "') OR (Id != null", "SO-1042%27"] {
        let written = serde_json::to_string(key).expect("JSON");
        let query = format!(
            "{{ order(number: {written}) {{ number }} product(sku: {written}) {{ sku }} case(number: {written}) {{ number }} invoice(number: {written}) {{ number }} }}"
        );
        let reply = asked(&scene, ACME, &query).await;
        assert_eq!(reply.data(), json!({ "order": null, "product": null, "case": null, "invoice": null }), "{key}");
        let codes: Vec<String> = reply.errors();
        assert!(codes.iter().all(|error| error.contains("not_found")), "{key}: {codes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_asked_for_reach_no_answer() {
    let scene = Scene::with(owning).await;
    let query = r#"{ order(number: "SO-1042") { number lines { sku } shipments { number } cases { number } } product(sku: "AC-100") { sku } case(number: "00010013") { number subject } }"#;
    let right = asked(&scene, ACME, query).await.data();
    for how in [WrongRows::Added, WrongRows::InPlace] {
        let scene = Scene::with(owning).await;
        scene.sandbox().set_fault(ACME, Role::Crm, Fault::WrongRows(how)).await;
        let reply = asked(&scene, ACME, query).await;
        for field in ["order", "product", "case"] {
            // What is there is what was asked for; what is not is no other's.
            let (is, was) = (&reply.data()[field], &right[field]);
            let same = |name: &&str| is[name] == was[name] || is[name].is_null();
            let wrong =
                ["number", "sku", "subject", "lines", "shipments", "cases"].into_iter().find(|name| !same(name));
            assert_eq!(wrong, None, "{how:?} {field}: {is}");
        }
        assert_eq!(reply.errors().is_empty(), how == WrongRows::Added, "{:?}", reply.errors());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_have_ids_of_fifteen_and_eighteen_characters_and_those_of_other_systems_are_not_theirs() {
    let scene = Scene::with(owning).await;
    let account = asked(&scene, ACME, r#"{ customer(by: { number: "C-1001" }) { crmId supportId } }"#).await.data();
    let id = account["customer"]["crmId"].as_str().expect("an id").to_owned();
    assert_eq!((id.len(), &account["customer"]["supportId"]), (18, &Value::from(id.clone())));
    let cases = |id: &str| format!(r#"{{ customer(by: {{ supportId: "{id}" }}) {{ number cases {{ number }} }} }}"#);
    let long = asked(&scene, ACME, &cases(&id)).await;
    assert_eq!(long.data()["customer"]["number"], "C-1001");
    assert_eq!(long.data()["customer"]["cases"].as_array().map(Vec::len), Some(2));
    assert_eq!(asked(&scene, ACME, &cases(&id[..15])).await.data(), long.data());
    let lower = asked(&scene, ACME, &cases(&id[..15].to_lowercase())).await;
    assert_eq!(lower.errors(), ["customer not_found acme-crm"]);

    // Only the cases are Salesforce's: an id of Zendesk's is nobody's there, and one of a contact nobody's at Zendesk.
    let scene = Scene::with(|settings| {
        give(settings, CRM, &SETTINGS);
        own(settings, CRM, &["Case"]);
    })
    .await;
    let known = asked(&scene, ACME, r#"{ customer(by: { number: "C-1001" }) { supportId } }"#).await.data();
    let theirs = known["customer"]["supportId"].as_str().expect("an id").to_owned();
    scene.sandbox().clear_calls();
    let reply = asked(&scene, ACME, &cases(&theirs).replace("{ number }", "{ number requester { name } }")).await;
    assert_eq!(reply.errors(), Vec::<String>::new());
    assert_eq!(reply.data()["customer"]["cases"].as_array().map(Vec::len), Some(2), "{}", reply.shown());
    assert_eq!(reply.data()["customer"]["cases"][0]["requester"], Value::Null);
    assert_eq!(reply.json()["extensions"]["notProvided"], json!(["customer.cases.requester"]));
    assert!(queries(&scene).iter().all(|query| !query.contains(&theirs)), "{:?}", queries(&scene));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_organisation_does_not_say_where_to_find_is_not_provided() {
    let scene = Scene::with(|settings| {
        own(settings, CRM, &["Order", "OrderLine", "Product", "Case", "Requester", "SupportOrganization"]);
    })
    .await;
    let query = r#"{ order(number: "SO-1042") { number purchaseOrder total { amount } lines { sku unitPrice { amount } } cases { number } } product(sku: "AC-100") { name listPrice { amount } } }"#;
    let reply = asked(&scene, ACME, query).await;
    insta::assert_snapshot!(format!("{} {} {}", reply.data(), reply.errors().join(", "), reply.json()["extensions"]["notProvided"]), @r#"{"order":{"number":"SO-1042","purchaseOrder":null,"total":null,"lines":[{"sku":"AC-100","unitPrice":null},{"sku":"AC-200","unitPrice":null}],"cases":null},"product":{"name":"AC Feed pump 100","listPrice":null}}  ["order.purchaseOrder","order.total","order.lines.unitPrice","order.cases","product.listPrice"]"#);
    assert!(queries(&scene).iter().all(|query| !query.contains("__c") && !query.contains("PricebookEntries")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_has_nothing_but_salesforce_is_answered_from_it() {
    let scene = Scene::with(|settings| {
        give(settings, CRM, &SETTINGS);
        alone_as(settings, CRM, RoleOf::Erp);
    })
    .await;
    let query = r#"{ customer(by: { number: "C-1002" }) { number name source { system role } receivables { openBalance { amount currency } onHold paymentTerms } orders { edges { node { number } } } } }"#;
    insta::assert_snapshot!(laid_out(&scene, ACME, query).await, @r#"
    {
      "customer": {
        "number": "C-1002",
        "name": "Rhein Armaturen AG",
        "source": {
          "system": "acme-crm",
          "role": "ERP"
        },
        "receivables": {
          "openBalance": {
            "amount": "3000.00",
            "currency": "EUR"
          },
          "onHold": true,
          "paymentTerms": "Net30"
        },
        "orders": {
          "edges": [
            {
              "node": {
                "number": "SO-1052"
              }
            }
          ]
        }
      }
    }
    "#);
    let check = |amount: &str| {
        format!(
            r#"{{ creditCheck(customer: {{ number: "C-1001" }}, amount: {{ amount: "{amount}", currency: "EUR" }}) {{ outcome limit {{ amount }} exposure {{ amount }} reasons {{ code }} }} }}"#
        )
    };
    let mut outcomes = Vec::new();
    for amount in ["100.00", "1000000.00"] {
        outcomes.push(scene.graphql(&check(amount)).of(ACME, "crm").send().await.data().to_string());
    }
    insta::assert_snapshot!(outcomes.join("\n"), @r#"
    {"creditCheck":{"outcome":"REVIEW","limit":{"amount":"100000.00"},"exposure":{"amount":"18401.00"},"reasons":[{"code":"overdue_unknown"}]}}
    {"creditCheck":{"outcome":"DECLINED","limit":{"amount":"100000.00"},"exposure":{"amount":"1018301.00"},"reasons":[{"code":"limit_exceeded"},{"code":"overdue_unknown"}]}}
    "#);
}

fn hooks(scene: &Scene) -> Hooks {
    let url = format!("http://{}", scene.traffic());
    Hooks { url: url.clone(), public_url: url }
}

async fn deliver(scene: &Scene, notice: &Notice) {
    let path = format!("/hooks/acme/acme-crm?{}", notice.query.clone().unwrap_or_default());
    let message = scene.ask(http::Method::POST, &path).body(notice.body.clone());
    let message = notice.headers.iter().fold(message, |message, (name, value)| message.header(name, value));
    assert_eq!(message.send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_message_makes_orders_and_cases_be_asked_for_again() {
    let scene = Scene::with(owning).await;
    let query = r#"{ order(number: "SO-1042") { status source { state } lines { sku } } other: order(number: "SO-1007") { source { state } } case(number: "00010013") { status source { state } } product(sku: "AC-100") { source { state } } }"#;
    for _ in 0..2 {
        asked(&scene, ACME, query).await;
    }
    let mut shown = vec![asked(&scene, ACME, query).await.data().to_string()];
    for (entity, key) in [("order", "SO-1042"), ("case", "10013"), ("product", "AC-100")] {
        scene.sandbox().change(ACME, entity, key).expect("there is such a thing");
        let notice = scene.sandbox().notice(ACME, Role::Crm, &hooks(&scene), entity, key);
        deliver(&scene, &notice.expect("Salesforce has it")).await;
        shown.push(asked(&scene, ACME, query).await.data().to_string());
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"order":{"status":"PARTIALLY_SHIPPED","source":{"state":"HIT"},"lines":[{"sku":"AC-100"},{"sku":"AC-200"}]},"other":{"source":{"state":"HIT"}},"case":{"status":"WAITING","source":{"state":"HIT"}},"product":{"source":{"state":"HIT"}}}
    {"order":{"status":"SHIPPED","source":{"state":"FETCHED"},"lines":[{"sku":"AC-100"},{"sku":"AC-200"}]},"other":{"source":{"state":"HIT"}},"case":{"status":"WAITING","source":{"state":"HIT"}},"product":{"source":{"state":"HIT"}}}
    {"order":{"status":"SHIPPED","source":{"state":"HIT"},"lines":[{"sku":"AC-100"},{"sku":"AC-200"}]},"other":{"source":{"state":"HIT"}},"case":{"status":"SOLVED","source":{"state":"FETCHED"}},"product":{"source":{"state":"HIT"}}}
    {"order":{"status":"SHIPPED","source":{"state":"HIT"},"lines":[{"sku":"AC-100"},{"sku":"AC-200"}]},"other":{"source":{"state":"HIT"}},"case":{"status":"SOLVED","source":{"state":"HIT"}},"product":{"source":{"state":"FETCHED"}}}
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_to_the_erps_orders_hears_nothing_of_salesforces() {
    let subscription = r#"subscription { orderChanged(number: "SO-1042") { status source { system } } }"#;
    let mut heard = Vec::new();
    for owned in [false, true] {
        let scene = Scene::with(|settings| {
            if owned {
                owning(settings);
            }
        })
        .await;
        let mut events = scene.graphql(subscription).of(ACME, "support-console").listen().await;
        assert!(events.any().await.is_some(), "it has begun");
        let notice = scene.sandbox().notice(ACME, Role::Crm, &hooks(&scene), "order", "SO-1042");
        deliver(&scene, &notice.expect("Salesforce has it")).await;
        if !owned {
            // What is heard first is what the ERP tells, with what has changed there.
            scene.sandbox().change_and_tell(ACME, "order", "SO-1042").await.expect("there is such an order");
        }
        heard.push(events.next().await.expect("an event").json()["data"]["orderChanged"].to_string());
    }
    insta::assert_snapshot!(heard.join("\n"), @r#"
    {"status":"SHIPPED","source":{"system":"acme-erp"}}
    {"status":"PARTIALLY_SHIPPED","source":{"system":"acme-crm"}}
    "#);
}
