//! A real ERP behind Portico: Tryton 8.2 with a small company in it, connected by its pack and no line of Rust.
//!
//! What it answers is asserted whole. Days are shown relative to the day of the data: `day-10`, `day+20`.

mod erp;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use bytes::Bytes;
use chrono::NaiveDate;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portico_gateway::settings::Settings;
use portico_gateway::{AccessSink, Gateway, Running};
use portico_tests::Reply;
use serde_json::{Value, json};

use erp::{Erp, erp};

/// The key of the consumer `sales-tool`; its hash stands in the configuration.
const KEY: &str = "pk_1c7b0fef8909_7bea0d101f776c5ef8a4e23014ed41156982bee4aff7c898a2ecb49be5e4de0a";

/// A gateway in front of the ERP.
struct Front {
    erp: &'static Erp,
    gateway: Running,
}

impl Front {
    /// Starts it with the configuration of `tests/tryton`.
    async fn start() -> Option<Front> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tryton/configuration");
        Self::start_with(&folder).await
    }

    async fn start_with(folder: &Path) -> Option<Front> {
        let erp = erp()?;
        let secrets =
            BTreeMap::from([("TRYTON_URL".to_owned(), erp.url.clone()), ("TRYTON_KEY".to_owned(), erp.key.clone())]);
        let settings = Settings::check(folder, &secrets).expect("a configuration in order");
        let gateway = Gateway::start(settings, AccessSink::Off).await.expect("a gateway");
        Some(Front { erp, gateway })
    }

    async fn graphql(&self, query: &str) -> String {
        self.shown(Method::POST, "/graphql", &json!({ "query": query })).await
    }

    async fn get(&self, path: &str) -> String {
        self.shown(Method::GET, path, &Value::Null).await
    }

    async fn post(&self, path: &str, body: &Value) -> String {
        self.shown(Method::POST, path, body).await
    }

    async fn shown(&self, method: Method, path: &str, body: &Value) -> String {
        let reply = self.ask(method, path, body).await.expect("an answer");
        laid_out(&reply, self.erp.today)
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Reply> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.gateway.traffic()))
            .header("x-api-key", KEY);
        let mut bytes = Bytes::new();
        if !body.is_null() {
            request = request.header("content-type", "application/json");
            bytes = Bytes::from(body.to_string());
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request.body(Full::new(bytes))?).await.context("the gateway does not answer")?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

/// Status and body, one member on a line, with days relative to `today`.
fn laid_out(reply: &Reply, today: NaiveDate) -> String {
    let shown = reply.shown();
    let (status, body) = shown.split_once(' ').unwrap_or((&shown, ""));
    let body = match serde_json::from_str::<Value>(body) {
        Ok(mut body) => {
            count_days(&mut body, today);
            format!("{body:#}")
        }
        Err(_) => body.to_owned(),
    };
    format!("{status}\n{body}")
}

fn count_days(value: &mut Value, today: NaiveDate) {
    match value {
        Value::String(text) => {
            let day = text.strip_suffix("T00:00:00Z").unwrap_or(text);
            if let Ok(day) = day.parse::<NaiveDate>() {
                *text = format!("day{:+}", (day - today).num_days());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| count_days(item, today)),
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| count_days(member, today)),
        _ => {}
    }
}

const ORDER: &str = r#"{ order(number: "SO-3") {
    number status statusText orderedAt requestedShipDate purchaseOrder
    total { amount currency }
    shipTo { street city postalCode country }
    customer { number name }
    lines { lineNumber sku quantity unit unitPrice { amount currency } lineTotal { amount currency }
            product { name unit listPrice { amount currency } } }
    shipments { number status shippedAt }
    invoices { number status issuedOn dueOn total { amount currency } openAmount { amount currency } }
    source { system role state }
} }"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_answered_with_its_lines_shipment_and_invoice() {
    let Some(front) = Front::start().await else { return };
    insta::assert_snapshot!(front.graphql(ORDER).await, @r#"
    200
    {
      "data": {
        "order": {
          "number": "SO-3",
          "status": "INVOICED",
          "statusText": "processing",
          "orderedAt": "day-20",
          "requestedShipDate": "day-6",
          "purchaseOrder": "PO-7002",
          "total": {
            "amount": "476.00",
            "currency": "EUR"
          },
          "shipTo": {
            "street": "Am Fluss 4",
            "city": "Ulm",
            "postalCode": "89073",
            "country": null
          },
          "customer": {
            "number": "C-1001",
            "name": "Riverside Labs GmbH"
          },
          "lines": [
            {
              "lineNumber": 3,
              "sku": "SRV-9",
              "quantity": "3.0",
              "unit": "u",
              "unitPrice": {
                "amount": "125.5000",
                "currency": "EUR"
              },
              "lineTotal": {
                "amount": "376.50",
                "currency": "EUR"
              },
              "product": {
                "name": "Servo drive 9",
                "unit": "u",
                "listPrice": {
                  "amount": "125.50",
                  "currency": "EUR"
                }
              }
            },
            {
              "lineNumber": 4,
              "sku": "CBL-2",
              "quantity": "10.0",
              "unit": "u",
              "unitPrice": {
                "amount": "9.9500",
                "currency": "EUR"
              },
              "lineTotal": {
                "amount": "99.50",
                "currency": "EUR"
              },
              "product": {
                "name": "Cable 2 m",
                "unit": "u",
                "listPrice": {
                  "amount": "9.95",
                  "currency": "EUR"
                }
              }
            }
          ],
          "shipments": [
            {
              "number": "OUT-3",
              "status": "DELIVERED",
              "shippedAt": "day-10"
            }
          ],
          "invoices": [
            {
              "number": "INV-3",
              "status": "OPEN",
              "issuedOn": "day-10",
              "dueOn": "day+20",
              "total": {
                "amount": "476.00",
                "currency": "EUR"
              },
              "openAmount": {
                "amount": "376.00",
                "currency": "EUR"
              }
            }
          ],
          "source": {
            "system": "tryton",
            "role": "ERP",
            "state": "FETCHED"
          }
        }
      },
      "extensions": {
        "cost": {
          "requested": 6,
          "actual": "…",
          "remaining": "…",
          "systems": [
            {
              "system": "tryton",
              "requested": 6,
              "actual": "…"
            }
          ]
        },
        "sources": [
          {
            "system": "tryton",
            "calls": 6,
            "cacheHits": 0,
            "state": "FETCHED"
          }
        ],
        "deadline": {
          "budgetMs": "…",
          "usedMs": "…"
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_answered_with_what_it_owes_and_what_it_ordered() {
    let Some(front) = Front::start().await else { return };
    let query = r#"{ customer(by: { number: "C-1001" }) {
        number name
        receivables {
            creditLimit { amount currency } openBalance { amount currency } overdueBalance { amount currency }
            oldestOverdueDays paymentTerms onHold source { system }
        }
        orders(first: 3) { edges { node { number status total { amount } } } pageInfo { hasNextPage } }
        invoices { edges { node { number status dueOn total { amount } openAmount { amount } } } }
    } }"#;
    insta::assert_snapshot!(front.graphql(query).await, @r#"
    200
    {
      "data": {
        "customer": {
          "number": "C-1001",
          "name": "Riverside Labs GmbH",
          "receivables": {
            "creditLimit": {
              "amount": "10000.00",
              "currency": "EUR"
            },
            "openBalance": {
              "amount": "376.00",
              "currency": "EUR"
            },
            "overdueBalance": {
              "amount": "0.00",
              "currency": "EUR"
            },
            "oldestOverdueDays": 0,
            "paymentTerms": "30 days net",
            "onHold": null,
            "source": {
              "system": "tryton"
            }
          },
          "orders": {
            "edges": [
              {
                "node": {
                  "number": "SO-5",
                  "status": "OPEN",
                  "total": {
                    "amount": "251.00"
                  }
                }
              },
              {
                "node": {
                  "number": "SO-4",
                  "status": "OPEN",
                  "total": {
                    "amount": "995.00"
                  }
                }
              },
              {
                "node": {
                  "number": "SO-3",
                  "status": "INVOICED",
                  "total": {
                    "amount": "476.00"
                  }
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
                  "number": "INV-3",
                  "status": "OPEN",
                  "dueOn": "day+20",
                  "total": {
                    "amount": "476.00"
                  },
                  "openAmount": {
                    "amount": "376.00"
                  }
                }
              },
              {
                "node": {
                  "number": "INV-2",
                  "status": "PAID",
                  "dueOn": "day-50",
                  "total": {
                    "amount": "125.50"
                  },
                  "openAmount": {
                    "amount": "0.00"
                  }
                }
              }
            ]
          }
        }
      },
      "extensions": {
        "cost": {
          "requested": 6,
          "actual": "…",
          "remaining": "…",
          "systems": [
            {
              "system": "tryton",
              "requested": 6,
              "actual": "…"
            }
          ]
        },
        "sources": [
          {
            "system": "tryton",
            "calls": 6,
            "cacheHits": 0,
            "state": "FETCHED"
          }
        ],
        "deadline": {
          "budgetMs": "…",
          "usedMs": "…"
        },
        "notProvided": [
          "customer.receivables.onHold"
        ]
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_is_counted_from_the_half_that_is_not_paid() {
    let Some(front) = Front::start().await else { return };
    insta::assert_snapshot!(front.get("/erp-facade/v1/customers/C-1002").await, @r#"
    200
    {
      "number": "C-1002",
      "name": "Oldcastle Ltd",
      "receivables": {
        "creditLimit": {
          "amount": "5000.00",
          "currency": "EUR"
        },
        "openBalance": {
          "amount": "502.00",
          "currency": "EUR"
        },
        "overdueBalance": {
          "amount": "502.00",
          "currency": "EUR"
        },
        "oldestOverdueDays": 55,
        "paymentTerms": "30 days net"
      },
      "orders": {
        "edges": [
          {
            "node": {
              "number": "SO-1",
              "status": "INVOICED"
            }
          }
        ]
      },
      "invoices": {
        "edges": [
          {
            "node": {
              "number": "INV-1",
              "status": "OPEN",
              "dueOn": "day-55",
              "total": {
                "amount": "1004.00",
                "currency": "EUR"
              },
              "openAmount": {
                "amount": "502.00",
                "currency": "EUR"
              }
            }
          }
        ]
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credit_check_adds_up_what_is_owed_ordered_and_asked_about() {
    let Some(front) = Front::start().await else { return };
    let check = |number: &str, amount: &str| {
        format!(
            r#"creditCheck(customer: {{ number: "{number}" }}, amount: {{ amount: "{amount}", currency: "EUR" }}) {{
                outcome reasons {{ code message }} limit {{ amount }} exposure {{ amount }} available {{ amount }}
                sources {{ system state }}
            }}"#
        )
    };
    let query = format!(
        "{{ within: {} exactly: {} beyond: {} late: {} noLimit: {} nobody: {} }}",
        check("C-1001", "500"),
        check("C-1001", "8378.00"),
        check("C-1001", "8378.01"),
        check("C-1002", "1"),
        check("C-1003", "1"),
        check("C-9999", "1"),
    );
    insta::assert_snapshot!(front.graphql(&query).await, @r#"
    200
    {
      "data": {
        "within": {
          "outcome": "APPROVED",
          "reasons": [
            {
              "code": "within_limit",
              "message": "The exposure stays within the limit, nothing is overdue too long and there is no hold."
            }
          ],
          "limit": {
            "amount": "10000.00"
          },
          "exposure": {
            "amount": "2122.00"
          },
          "available": {
            "amount": "8378.00"
          },
          "sources": [
            {
              "system": "tryton",
              "state": "FETCHED"
            }
          ]
        },
        "exactly": {
          "outcome": "APPROVED",
          "reasons": [
            {
              "code": "within_limit",
              "message": "The exposure stays within the limit, nothing is overdue too long and there is no hold."
            }
          ],
          "limit": {
            "amount": "10000.00"
          },
          "exposure": {
            "amount": "10000.00"
          },
          "available": {
            "amount": "8378.00"
          },
          "sources": [
            {
              "system": "tryton",
              "state": "FETCHED"
            }
          ]
        },
        "beyond": {
          "outcome": "DECLINED",
          "reasons": [
            {
              "code": "limit_exceeded",
              "message": "The exposure would be above the limit."
            }
          ],
          "limit": {
            "amount": "10000.00"
          },
          "exposure": {
            "amount": "10000.01"
          },
          "available": {
            "amount": "8378.00"
          },
          "sources": [
            {
              "system": "tryton",
              "state": "FETCHED"
            }
          ]
        },
        "late": {
          "outcome": "DECLINED",
          "reasons": [
            {
              "code": "overdue",
              "message": "The oldest open amount is 55 days overdue."
            }
          ],
          "limit": {
            "amount": "5000.00"
          },
          "exposure": {
            "amount": "503.00"
          },
          "available": {
            "amount": "4498.00"
          },
          "sources": [
            {
              "system": "tryton",
              "state": "FETCHED"
            }
          ]
        },
        "noLimit": {
          "outcome": "REVIEW",
          "reasons": [
            {
              "code": "limit_unknown",
              "message": "No credit limit is known."
            }
          ],
          "limit": null,
          "exposure": {
            "amount": "1.00"
          },
          "available": null,
          "sources": [
            {
              "system": "tryton",
              "state": "FETCHED"
            }
          ]
        },
        "nobody": null
      },
      "errors": [
        {
          "message": "tryton knows no customer by this key.",
          "path": [
            "nobody"
          ],
          "extensions": {
            "code": "not_found",
            "system": "tryton",
            "role": "erp",
            "retryable": false,
            "requestId": "…"
          }
        }
      ],
      "extensions": {
        "cost": {
          "requested": 64,
          "actual": "…",
          "remaining": "…",
          "systems": [
            {
              "system": "tryton",
              "requested": 20,
              "actual": "…"
            }
          ]
        },
        "sources": [
          {
            "system": "tryton",
            "calls": 4,
            "cacheHits": 0,
            "state": "FETCHED"
          }
        ],
        "deadline": {
          "budgetMs": "…",
          "usedMs": "…"
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_is_answered_by_rest() {
    let Some(front) = Front::start().await else { return };
    insta::assert_snapshot!(front.get("/erp-facade/v1/orders/SO-2").await, @r#"
    200
    {
      "number": "SO-2",
      "status": "CLOSED",
      "statusText": "done",
      "orderedAt": "day-90",
      "requestedShipDate": "day-76",
      "purchaseOrder": "PO-7001",
      "total": {
        "amount": "125.50",
        "currency": "EUR"
      },
      "shipTo": {
        "street": "Am Fluss 4",
        "city": "Ulm",
        "postalCode": "89073",
        "country": null
      },
      "customer": {
        "number": "C-1001",
        "name": "Riverside Labs GmbH"
      },
      "lines": [
        {
          "lineNumber": 2,
          "sku": "SRV-9",
          "quantity": "1.0",
          "unit": "u",
          "unitPrice": {
            "amount": "125.5000",
            "currency": "EUR"
          },
          "lineTotal": {
            "amount": "125.50",
            "currency": "EUR"
          },
          "product": {
            "name": "Servo drive 9",
            "listPrice": {
              "amount": "125.50",
              "currency": "EUR"
            }
          }
        }
      ],
      "shipments": [
        {
          "number": "OUT-2",
          "status": "DELIVERED",
          "shippedAt": "day-80"
        }
      ],
      "invoices": [
        {
          "number": "INV-2",
          "status": "PAID",
          "issuedOn": "day-80",
          "dueOn": "day-50",
          "total": {
            "amount": "125.50",
            "currency": "EUR"
          },
          "openAmount": {
            "amount": "0.00",
            "currency": "EUR"
          }
        }
      ]
    }
    "#);
    let asked = json!({ "customer": { "number": "C-1001" }, "amount": { "amount": "500", "currency": "EUR" } });
    insta::assert_snapshot!(front.post("/erp-facade/v1/credit-checks", &asked).await, @r#"
    200
    {
      "outcome": "APPROVED",
      "reasons": [
        {
          "code": "within_limit",
          "message": "The exposure stays within the limit, nothing is overdue too long and there is no hold."
        }
      ],
      "limit": {
        "amount": "10000.00",
        "currency": "EUR"
      },
      "exposure": {
        "amount": "2122.00",
        "currency": "EUR"
      },
      "available": {
        "amount": "8378.00",
        "currency": "EUR"
      },
      "decisionId": "…",
      "decidedAt": "…",
      "validUntil": "…"
    }
    "#);
    insta::assert_snapshot!(front.get("/erp-facade/v1/orders/SO-99").await, @r#"
    404
    {
      "type": "urn:portico:problem:not_found",
      "title": "There is no such thing",
      "status": 404,
      "detail": "tryton has no Order by this number.",
      "instance": "…",
      "code": "not_found",
      "advice": "Check the key.",
      "request_id": "…",
      "retryable": false
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_orders_of_several_states_are_told_apart() {
    let Some(front) = Front::start().await else { return };
    let query = r#"{ orders(customer: { number: "C-1001" }) { edges { node {
        number status statusText shipments { number status } invoices { number status }
    } } } }"#;
    insta::assert_snapshot!(front.graphql(query).await, @r#"
    200
    {
      "data": {
        "orders": {
          "edges": [
            {
              "node": {
                "number": "SO-5",
                "status": "OPEN",
                "statusText": "processing",
                "shipments": [
                  {
                    "number": "OUT-5",
                    "status": "PLANNED"
                  }
                ],
                "invoices": []
              }
            },
            {
              "node": {
                "number": "SO-4",
                "status": "OPEN",
                "statusText": "processing",
                "shipments": [
                  {
                    "number": "OUT-4",
                    "status": "PLANNED"
                  }
                ],
                "invoices": []
              }
            },
            {
              "node": {
                "number": "SO-3",
                "status": "INVOICED",
                "statusText": "processing",
                "shipments": [
                  {
                    "number": "OUT-3",
                    "status": "DELIVERED"
                  }
                ],
                "invoices": [
                  {
                    "number": "INV-3",
                    "status": "OPEN"
                  }
                ]
              }
            },
            {
              "node": {
                "number": "SO-2",
                "status": "CLOSED",
                "statusText": "done",
                "shipments": [
                  {
                    "number": "OUT-2",
                    "status": "DELIVERED"
                  }
                ],
                "invoices": [
                  {
                    "number": "INV-2",
                    "status": "PAID"
                  }
                ]
              }
            }
          ]
        }
      },
      "extensions": {
        "cost": {
          "requested": 7,
          "actual": "…",
          "remaining": "…",
          "systems": [
            {
              "system": "tryton",
              "requested": 3,
              "actual": "…"
            }
          ]
        },
        "sources": [
          {
            "system": "tryton",
            "calls": 3,
            "cacheHits": 0,
            "state": "FETCHED"
          }
        ],
        "deadline": {
          "budgetMs": "…",
          "usedMs": "…"
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_of_ones_own_is_a_file_of_the_configuration() {
    if erp().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("tryton/configuration"), folder.path()).expect("a copy");
    let pack = std::fs::read_to_string(root.join("../contracts/systems/tryton/pack.yaml")).expect("the pack");
    let pack = pack.replace("pack: tryton\ntitle: Tryton", "pack: house-erp\ntitle: The house's ERP");
    std::fs::create_dir_all(folder.path().join("packs")).expect("a folder");
    std::fs::write(folder.path().join("packs/house-erp.yaml"), pack).expect("written");
    let tenant = folder.path().join("tenants/riverside.yaml");
    let text = std::fs::read_to_string(&tenant).expect("the tenant").replace("pack: tryton", "pack: house-erp");
    std::fs::write(&tenant, text).expect("written");
    let by_file = Front::start_with(folder.path()).await.expect("a gateway");
    let built_in = Front::start().await.expect("a gateway");
    assert_eq!(by_file.graphql(ORDER).await, built_in.graphql(ORDER).await);
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
