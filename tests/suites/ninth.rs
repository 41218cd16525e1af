//! A vendor that the program has never heard of, connected by a pack file and a tenant's file alone
//! (`tests/kontor/configuration`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portico_gateway::settings::Settings;
use portico_gateway::{AccessSink, Gateway, Running};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The key of the consumer `sales-tool`; its hash stands in the configuration.
const KEY: &str = "pk_1c7b0fef8909_7bea0d101f776c5ef8a4e23014ed41156982bee4aff7c898a2ecb49be5e4de0a";
const ADMIN: &str = "an-administrators-token";

/// The invented system: all documents of a kind that have one of the wanted codes, two a page.
struct Kontor {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Value>>>,
    listening: JoinHandle<()>,
}

impl Kontor {
    async fn start() -> Kontor {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let heard = Arc::clone(&asked);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let heard = Arc::clone(&heard);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answered(request, Arc::clone(&heard)));
                    let http = hyper::server::conn::http1::Builder::new();
                    // A peer that leaves is no failure of this server.
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Kontor { address, asked, listening }
    }

    fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Kontor {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn answered(
    request: Request<Incoming>,
    heard: Arc<Mutex<Vec<Value>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let may = request.headers().get("x-kontor-pass").is_some_and(|pass| pass == "open-sesame");
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let told = match (may, path.strip_prefix("/api/sample/")) {
        (false, _) => json!({ "fault": "NO_ENTRY" }),
        (true, Some(what)) => {
            json!({ "result": { "items": documents(what).first().map(|doc| json!([{ "doc": doc }])) } })
        }
        (true, None) => found(&asked),
    };
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    let mut answer = Response::new(Full::new(Bytes::from(told.to_string())));
    answer.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// One page of what is asked for.
fn found(asked: &Value) -> Value {
    let what = asked["what"].as_str().unwrap_or_default();
    if asked["branch"] != json!(7) {
        return json!({ "fault": "NO_SUCH_BRANCH" });
    }
    let wanted =
        |member: &str, of: &str, doc: &Value| asked[member].as_array().is_none_or(|codes| codes.contains(&doc[of]));
    let all: Vec<Value> = documents(what)
        .into_iter()
        .filter(|doc| {
            wanted("codes", "code", doc) && wanted("numbers", "no", doc) && wanted("partners", "partner", doc)
        })
        .collect();
    let from: usize = asked["cont"].as_str().and_then(|cont| cont.parse().ok()).unwrap_or_default();
    let page: Vec<Value> = all.iter().skip(from).take(2).map(|doc| json!({ "doc": doc })).collect();
    let mut result = json!({ "items": page });
    if from + 2 < all.len() {
        result["cont"] = json!((from + 2).to_string());
    }
    json!({ "result": result })
}

fn documents(what: &str) -> Vec<Value> {
    let sale = |no: &str, partner: &str, state: u8, sum: &str| {
        json!({
            "no": no, "partner": partner, "state": state, "at": 1_764_547_200_000_i64, "sum": sum, "cur": "EUR",
            "lines": [{ "pos": 1, "article": "K-1", "qty": "2.5", "sum": sum }],
        })
    };
    match what {
        "partner" => vec![json!({
            "code": "K-100", "names": { "first": "Hafen", "second": "Kontor" },
            "contact": [{ "kind": "fax", "value": "-" }, { "kind": "mail", "value": "office@hafen.test" }],
            "credit": { "limit": "10000000", "state": 0 },
        })],
        "bill" => vec![
            json!({ "bill": "B-1", "partner": "K-100", "due": 4_102_444_800_000_i64, "open": "1999", "cur": "EUR" }),
            json!({ "bill": "B-2", "partner": "K-100", "due": 4_102_444_800_000_i64, "open": "1", "cur": "EUR" }),
            json!({ "bill": "B-3", "partner": "K-100", "due": 4_102_444_800_000_i64, "open": "100", "cur": "EUR" }),
        ],
        "sale" => vec![sale("S-1", "K-100", 2, "12345"), sale("S-2", "K-100", 7, "100"), sale("S-3", "K-100", 9, "5")],
        _ => Vec::new(),
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("kontor/configuration")
}

async fn front(kontor: &Kontor) -> Running {
    let secrets = [
        ("KONTOR_URL", format!("http://{}", kontor.address)),
        ("KONTOR_PASS", "open-sesame".to_owned()),
        ("KONTOR_ADMIN_TOKEN", ADMIN.to_owned()),
    ];
    let secrets: BTreeMap<String, String> = secrets.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let settings = Settings::check(&folder(), &secrets).expect("a configuration in order");
    Gateway::start(settings, AccessSink::Off).await.expect("a gateway")
}

async fn graphql(gateway: &Running, query: &str) -> Value {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}/graphql", gateway.traffic()))
        .header("x-api-key", KEY)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(json!({ "query": query }).to_string())))
        .expect("a request");
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    body.as_object_mut().expect("an object").shift_remove("extensions");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_is_added_by_files_alone() {
    let kontor = Kontor::start().await;
    let gateway = front(&kontor).await;
    let answer = graphql(
        &gateway,
        r#"{ customer(by: { number: "K-100" }) {
            number name
            receivables { creditLimit { amount currency } openBalance { amount } onHold }
            orders { edges { node { number status orderedAt total { amount currency } lines { sku quantity lineTotal { amount } } } } }
        } }"#,
    )
    .await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer).expect("JSON"), @r#"
    {
      "data": {
        "customer": {
          "number": "K-100",
          "name": "Hafen Kontor",
          "receivables": {
            "creditLimit": {
              "amount": "100000.00",
              "currency": "EUR"
            },
            "openBalance": {
              "amount": "21.00"
            },
            "onHold": false
          },
          "orders": {
            "edges": [
              {
                "node": {
                  "number": "S-1",
                  "status": "OPEN",
                  "orderedAt": "2025-12-01T00:00:00Z",
                  "total": {
                    "amount": "123.45",
                    "currency": "EUR"
                  },
                  "lines": [
                    {
                      "sku": "K-1",
                      "quantity": "2.5",
                      "lineTotal": {
                        "amount": "123.45"
                      }
                    }
                  ]
                }
              },
              {
                "node": {
                  "number": "S-2",
                  "status": "UNKNOWN",
                  "orderedAt": "2025-12-01T00:00:00Z",
                  "total": {
                    "amount": "1.00",
                    "currency": "EUR"
                  },
                  "lines": [
                    {
                      "sku": "K-1",
                      "quantity": "2.5",
                      "lineTotal": {
                        "amount": "1.00"
                      }
                    }
                  ]
                }
              },
              {
                "node": {
                  "number": "S-3",
                  "status": "CANCELLED",
                  "orderedAt": "2025-12-01T00:00:00Z",
                  "total": {
                    "amount": "0.05",
                    "currency": "EUR"
                  },
                  "lines": [
                    {
                      "sku": "K-1",
                      "quantity": "2.5",
                      "lineTotal": {
                        "amount": "0.05"
                      }
                    }
                  ]
                }
              }
            ]
          }
        }
      }
    }
    "#);
    let lines: Vec<Value> = kontor.asked().into_iter().filter(|asked| asked["numbers"].is_array()).collect();
    let first = lines.first().expect("lines were asked for");
    assert_eq!(first["numbers"].as_array().map(Vec::len), Some(3), "of all orders at once");
    assert_eq!(first["branch"], json!(7));
    let credit = graphql(
        &gateway,
        r#"{ creditCheck(customer: { number: "K-100" }, amount: { amount: "99000.00", currency: "EUR" }) { outcome exposure { amount } available { amount } reasons { code } } }"#,
    )
    .await;
    insta::assert_snapshot!(credit, @r#"{"data":{"creditCheck":{"outcome":"APPROVED","exposure":{"amount":"99145.45"},"available":{"amount":"99854.55"},"reasons":[{"code":"within_limit"}]}}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_does_not_know_and_how_it_refuses_is_told_as_everywhere() {
    let kontor = Kontor::start().await;
    let gateway = front(&kontor).await;
    let nobody = graphql(&gateway, r#"{ order(number: "S-404") { number } }"#).await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "not_found", "{nobody}");
    let unknown = graphql(&gateway, r#"{ order(number: "S-2") { status } }"#).await;
    assert_eq!(unknown["data"]["order"]["status"], "UNKNOWN");
    let request = Request::builder()
        .uri(format!("http://{}/api/drift", gateway.admin()))
        .header("authorization", format!("Bearer {ADMIN}"))
        .body(Full::new(Bytes::new()))
        .expect("a request");
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
    let told = answer.into_body().collect().await.expect("a body").to_bytes();
    let told: Value = serde_json::from_slice(&told).expect("JSON");
    let drift = &told["drifts"][0];
    assert_eq!(
        [&drift["tenant"], &drift["system"], &drift["entity"], &drift["field"], &drift["kind"]],
        ["harbour", "kontor", "Order", "status", "unknown_value"]
    );
}
