//! Real billing behind Portico: localstripe, a foreign server that answers as Stripe did years ago, connected by a pack
//! file of the configuration (`tests/localstripe/configuration`) and no line of Rust. The pack that ships is for newer
//! shapes.
//!
//! What it answers is asserted whole. Days are shown relative to the day of the data: `day+7`.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portico_gateway::settings::Settings;
use portico_gateway::{AccessSink, Gateway, Running};
use portico_tests::Reply;
use serde_json::{Value, json};

use crate::foreign::{own, python};

/// The key of the consumer `sales-tool`; its hash stands in the configuration.
const KEY: &str = "pk_1c7b0fef8909_7bea0d101f776c5ef8a4e23014ed41156982bee4aff7c898a2ecb49be5e4de0a";

/// A localstripe with a business in it. It ends when its standard input does, which is when this is dropped.
struct Billing {
    server: Child,
    url: String,
    /// The day on which the business was entered.
    day: NaiveDate,
}

impl Billing {
    /// None where PyPI cannot be reached; that is said and is no failure.
    fn start() -> Option<Billing> {
        let python =
            python("localstripe-1.15", &own("localstripe/requirements.txt")).expect("localstripe is installed")?;
        let mut server = Command::new(python)
            .arg(own("localstripe/serve.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut told = String::new();
        let output = server.stdout.take().expect("serve.py has an output");
        BufReader::new(output).read_line(&mut told).expect("serve.py says where it is");
        let told: Value = serde_json::from_str(&told).expect("serve.py listens; what it said stands above");
        let entered = DateTime::from_timestamp(told["entered"].as_i64().expect("a moment"), 0).expect("a moment");
        Some(Billing { server, url: format!("http://127.0.0.1:{}", told["port"]), day: entered.date_naive() })
    }

    /// Stops it, and waits until it is gone.
    fn stop(&mut self) {
        drop(self.server.stdin.take());
        self.server.wait().expect("it ends");
    }
}

impl Drop for Billing {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A gateway in front of it.
struct Front {
    billing: Billing,
    gateway: Running,
}

impl Front {
    async fn start() -> Option<Front> {
        let billing = tokio::task::spawn_blocking(Billing::start).await.expect("it starts or says why not")?;
        let secrets = BTreeMap::from([
            ("LOCALSTRIPE_URL".to_owned(), billing.url.clone()),
            ("LOCALSTRIPE_KEY".to_owned(), "sk_test_localstripe".to_owned()),
        ]);
        let settings = Settings::check(&own("localstripe/configuration"), &secrets).expect("a configuration in order");
        let gateway = Gateway::start(settings, AccessSink::Off).await.expect("a gateway");
        Some(Front { billing, gateway })
    }

    async fn ask(&self, query: &str) -> Reply {
        let request = Request::post(format!("http://{}/graphql", self.gateway.traffic()))
            .header("x-api-key", KEY)
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json")
            .body(Full::new(Bytes::from(json!({ "query": query }).to_string())))
            .expect("a request");
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request).await.expect("the gateway answers").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Reply { status: head.status, headers: head.headers, body }
    }

    /// Data and errors, with ids by the order in which they come and days relative to the business's.
    async fn graphql(&self, query: &str) -> String {
        let reply = self.ask(query).await;
        let mut data = reply.data();
        steady(&mut data, self.billing.day, &mut HashMap::new());
        format!("{data:#}\n{}", reply.errors().join("\n")).trim_end().to_owned()
    }
}

/// The ids are made at random, and the moments are of today.
fn steady(value: &mut Value, day: NaiveDate, ids: &mut HashMap<String, String>) {
    match value {
        Value::String(text) => {
            let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.naive_utc().date());
            if let Ok(date) = text.parse::<NaiveDate>().or(moment) {
                *text = format!("day{:+}", (date - day).num_days());
            } else if let Some((kind, _)) = text.split_once('_').filter(|(kind, _)| ["cus", "in", "sub"].contains(kind))
            {
                let number = ids.len() + 1;
                let name = format!("{kind}_{number}");
                *text = ids.entry(text.clone()).or_insert(name).clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| steady(item, day, ids)),
        Value::Object(members) => members.values_mut().for_each(|member| steady(member, day, ids)),
        _ => {}
    }
}

/// Everything that is asked of one customer.
const CUSTOMER: &str = "
    number name billingId
    subscriptions { id status plan quantity amount { amount currency } currentPeriodEnd cancelAtPeriodEnd }
    invoices { edges { node { number status issuedOn total { amount currency } openAmount { amount currency } } } }
    source { system role state }";

fn customer(number: &str) -> String {
    format!(r#"{{ customer(by: {{ number: "{number}" }}) {{ {CUSTOMER} }} }}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_answered_with_subscriptions_and_invoices() {
    let Some(front) = Front::start().await else { return };
    insta::assert_snapshot!(front.graphql(&customer("C-1001")).await, @r#"
    {
      "customer": {
        "number": "C-1001",
        "name": "Riverside Labs GmbH",
        "billingId": "cus_1",
        "subscriptions": [
          {
            "id": "sub_2",
            "status": "ACTIVE",
            "plan": "Care",
            "quantity": "3",
            "amount": {
              "amount": "149.97",
              "currency": "EUR"
            },
            "currentPeriodEnd": "day+7",
            "cancelAtPeriodEnd": false
          },
          {
            "id": "sub_3",
            "status": "CANCELLED",
            "plan": "Fleet",
            "quantity": "2",
            "amount": {
              "amount": "10000",
              "currency": "JPY"
            },
            "currentPeriodEnd": "day+7",
            "cancelAtPeriodEnd": false
          },
          {
            "id": "sub_4",
            "status": "ACTIVE",
            "plan": "Care",
            "quantity": "1",
            "amount": {
              "amount": "49.99",
              "currency": "EUR"
            },
            "currentPeriodEnd": "day+7",
            "cancelAtPeriodEnd": true
          }
        ],
        "invoices": {
          "edges": [
            {
              "node": {
                "number": "in_5",
                "status": "PAID",
                "issuedOn": "day+0",
                "total": {
                  "amount": "49.99",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "0.00",
                  "currency": "EUR"
                }
              }
            },
            {
              "node": {
                "number": "in_6",
                "status": "PAID",
                "issuedOn": "day+0",
                "total": {
                  "amount": "10000",
                  "currency": "JPY"
                },
                "openAmount": {
                  "amount": "0",
                  "currency": "JPY"
                }
              }
            },
            {
              "node": {
                "number": "in_7",
                "status": "PAID",
                "issuedOn": "day+0",
                "total": {
                  "amount": "149.97",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "0.00",
                  "currency": "EUR"
                }
              }
            }
          ]
        },
        "source": {
          "system": "localstripe",
          "role": "BILLING",
          "state": "FETCHED"
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_paid_is_open_and_what_was_given_up_is_void() {
    let Some(front) = Front::start().await else { return };
    let fields = "subscriptions { status } invoices { edges { node { status total { amount currency } openAmount { amount } } } }";
    let query = format!(
        r#"{{ late: customer(by: {{ number: "C-1002" }}) {{ {fields} }} gone: customer(by: {{ number: "C-1003" }}) {{ {fields} }}
              once: customer(by: {{ number: "C-1004" }}) {{ {fields} }} }}"#
    );
    insta::assert_snapshot!(front.graphql(&query).await, @r#"
    {
      "late": {
        "subscriptions": [
          {
            "status": "PAST_DUE"
          }
        ],
        "invoices": {
          "edges": [
            {
              "node": {
                "status": "OPEN",
                "total": {
                  "amount": "49.99",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "49.99"
                }
              }
            }
          ]
        }
      },
      "gone": {
        "subscriptions": [
          {
            "status": "CANCELLED"
          }
        ],
        "invoices": {
          "edges": [
            {
              "node": {
                "status": "VOID",
                "total": {
                  "amount": "99.98",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "0.00"
                }
              }
            }
          ]
        }
      },
      "once": {
        "subscriptions": [
          {
            "status": "ACTIVE"
          }
        ],
        "invoices": {
          "edges": [
            {
              "node": {
                "status": "DRAFT",
                "total": {
                  "amount": "175.49",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "175.49"
                }
              }
            },
            {
              "node": {
                "status": "PAID",
                "total": {
                  "amount": "49.99",
                  "currency": "EUR"
                },
                "openAmount": {
                  "amount": "0.00"
                }
              }
            }
          ]
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_another_ones_mailbox_is_not_taken_for_him() {
    let Some(front) = Front::start().await else { return };
    insta::assert_snapshot!(front.graphql(&customer("C-1005")).await, @r#"
    {
      "customer": null
    }
    customer not_found localstripe
    "#);
    insta::assert_snapshot!(front.graphql(&customer("C-9999")).await, @r#"
    {
      "customer": null
    }
    customer not_found localstripe
    "#);
    insta::assert_snapshot!(front.graphql(&customer("C-1001@billing.riverside.example")).await, @r#"
    {
      "customer": null
    }
    customer.number key_refused localstripe
    customer.name key_refused localstripe
    customer.billingId key_refused localstripe
    customer.subscriptions key_refused localstripe
    customer.invoices key_refused localstripe
    customer.source upstream_unavailable
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_invoice_leads_to_its_customer() {
    let Some(front) = Front::start().await else { return };
    let found = front.ask(r#"{ customer(by: { number: "C-1002" }) { invoices { edges { node { number } } } } }"#).await;
    let number = found.data()["customer"]["invoices"]["edges"][0]["node"]["number"].clone();
    let query = format!("{{ invoice(number: {number}) {{ status total {{ amount }} customer {{ number name }} }} }}");
    insta::assert_snapshot!(front.graphql(&query).await, @r#"
    {
      "invoice": {
        "status": "OPEN",
        "total": {
          "amount": "49.99"
        },
        "customer": {
          "number": "C-1002",
          "name": "Oldcastle Ltd"
        }
      }
    }
    "#);
    insta::assert_snapshot!(front.graphql(r#"{ invoice(number: "in_0") { status } }"#).await, @r#"
    {
      "invoice": null
    }
    invoice not_found localstripe
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stopped_costs_its_fields_and_is_named() {
    let Some(mut front) = Front::start().await else { return };
    front.billing.stop();
    insta::assert_snapshot!(front.graphql(&customer("C-1001")).await, @r#"
    {
      "customer": null
    }
    customer.number upstream_unavailable localstripe
    customer.name upstream_unavailable localstripe
    customer.billingId upstream_unavailable localstripe
    customer.subscriptions upstream_unavailable localstripe
    customer.invoices upstream_unavailable localstripe
    customer.source upstream_unavailable
    "#);
}
