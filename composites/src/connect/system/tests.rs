use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use portico_contracts::model::expect_object;
use portico_contracts::packs::Auth;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::{ConsumerId, Tier};

use super::*;
use crate::ask::{Narrow, Tally};
use crate::connect::credentials::{ClientCredentials, SignedAssertion, SigningAlgorithm, SigningKey};
use crate::connect::network::Network;
use crate::connect::stage::{Asked, Play, Stage};
use crate::connect::wire::Drift;
use crate::endure::BreakerState;
use crate::estate::Share;

mod packs;

const PACK: &str = r#"
pack: test
title: Test
driver: rest
paging: { link: next, size: 2, pages: 3 }
entities:
  Customer:
    rows: rows[]
    fields:
      number: num
      name: name
    by:
      number:
        batch: 4
        keys: { refuse: "," }
        request: { path: /customers, query: { num: "{keys}" } }
"#;

/// Remembers what was reported.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Meter for Notes {
    fn called(&self, at: Place<'_>, entity: &'static str, outcome: &'static str, _: Duration) {
        self.0.lock().push(format!("{}/{} {entity} {outcome}", at.tenant, at.system));
    }
    fn drifted(&self, _: Place<'_>, drift: &Drift) {
        self.0.lock().push(format!("drift {}.{} {}", drift.entity, drift.field, drift.kind));
    }
    fn strayed(&self, _: Place<'_>, entity: &'static str, rows: usize) {
        self.0.lock().push(format!("{rows} stray {entity}"));
    }
}

struct Scene {
    stage: Stage,
    system: System,
    notes: Arc<Notes>,
    call: Call,
}

fn settings(url: Url, credentials: Credentials) -> SystemSettings {
    SystemSettings {
        tenant: TenantId::parse("acme").unwrap(),
        id: SystemId::parse("acme-erp").unwrap(),
        role: Role::Erp,
        pack: Arc::new(Pack::parse("test", PACK).unwrap()),
        binding: Binding::default(),
        url,
        credentials,
        client: ClientSettings { network: Network::Private, largest_answer: 10_000, ..ClientSettings::default() },
        endure: EndureSettings {
            timeout: Duration::from_millis(500),
            backoff: Duration::from_millis(1),
            ..EndureSettings::default()
        },
        freshness: Arc::default(),
        share: Share::default(),
    }
}

async fn scene(script: impl Fn(&Asked) -> Play + Send + Sync + 'static) -> Scene {
    scene_with(|stage| settings(stage.url("/base/"), Credentials::Bearer(Secret::new("sk"))), script).await
}

async fn scene_with(
    settings: impl FnOnce(&Stage) -> SystemSettings,
    script: impl Fn(&Asked) -> Play + Send + Sync + 'static,
) -> Scene {
    let stage = Stage::playing(script).await;
    let notes = Arc::new(Notes::default());
    let system = System::new(settings(&stage), notes.clone()).unwrap();
    let call = Call {
        tenant: system.tenant.clone(),
        consumer: ConsumerId::parse("console").unwrap(),
        tier: Tier::Standard,
        deadline: Instant::now() + Duration::from_secs(4),
        request_id: Arc::from("req-1"),
        traceparent: Arc::from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        tally: Arc::new(Tally::default()),
        urgency: None,
        subject: None,
    };
    Scene { stage, system, notes, call }
}

impl Scene {
    /// What came of each key: the names of its rows, or the code.
    async fn look_up(&self, keys: &[&str]) -> Vec<String> {
        let ask = Ask { entity: expect_object("Customer"), by: "number", narrow: Narrow::default() };
        let keys: Vec<Key> = keys.iter().map(|key| Arc::from(*key)).collect();
        let found = self.system.look_up(&ask, &keys, &self.call).await;
        assert_eq!(found.len(), keys.len());
        found.into_iter().map(told).collect()
    }

    async fn one(&self) -> String {
        self.look_up(&["C-1"]).await.remove(0)
    }

    fn calls(&self) -> u32 {
        self.call.tally.so_far().get(&self.system.id).map_or(0, |cost| cost.calls)
    }
}

fn told(found: Result<Page, Arc<Failure>>) -> String {
    match found {
        Ok(page) => {
            let names: Vec<&str> = page.rows.iter().filter_map(|row| row.get("name").as_text()).collect();
            names.join("+")
        }
        Err(failure) => {
            assert_eq!(failure.system.as_ref().map(SystemId::as_str), Some("acme-erp"));
            assert_eq!(failure.role, Some(Role::Erp));
            failure.code.to_string()
        }
    }
}

/// The numbers that a request asks for.
fn numbers(asked: &Asked) -> Vec<String> {
    let url: Url = format!("http://x{}", asked.target).parse().unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    query.get("num").map(|list| list.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

fn rows(numbers: &[String], next: Option<&str>) -> Play {
    let rows: Vec<_> = numbers.iter().map(|no| serde_json::json!({"num": no, "name": format!("{no} Ltd")})).collect();
    Play::json(serde_json::json!({"rows": rows, "next": next}))
}

#[tokio::test]
async fn keys_go_out_in_chunks_and_come_back_in_order() {
    let scene = scene(|asked| {
        let known: Vec<String> = numbers(asked).into_iter().filter(|no| no != "C-3").rev().collect();
        rows(&known, None)
    })
    .await;
    let told = scene.look_up(&["C-5", "C-1", "C-2", "C-3", "a,b", "C-4"]).await;
    assert_eq!(told, ["C-5 Ltd", "C-1 Ltd", "C-2 Ltd", "", "key_refused", "C-4 Ltd"]);
    assert_eq!((scene.calls(), scene.stage.asked().len()), (2, 2));
    let asked = &scene.stage.asked()[0];
    assert!(asked.target.starts_with("/base/customers?"), "{}", asked.target);
    assert_eq!(asked.header("authorization"), Some("Bearer sk"));
    assert_eq!(asked.header("x-request-id"), Some("req-1"));
    assert!(asked.header("traceparent").is_some_and(|parent| parent.starts_with("00-0af7")));
    assert_eq!(*scene.notes.0.lock(), ["acme/acme-erp Customer ok", "acme/acme-erp Customer ok"]);
}

#[tokio::test]
async fn every_fault_has_its_code_and_nothing_hangs() {
    let gone = |code: u16| Play::status(code);
    let raw = |text: &str| Play::Raw(text.as_bytes().to_vec());
    let headed = |status, name, value: &str| Play::Answer(status, vec![(name, value.to_owned())], "{}".to_owned());
    let mut lines = Vec::new();
    for (name, play) in [
        ("down", raw("")),
        ("hang", Play::Hang),
        ("500", gone(500)),
        ("503", gone(503)),
        ("400", gone(400)),
        ("401", gone(401)),
        ("403", gone(403)),
        ("429 in a minute", headed(429, "retry-after", "60")),
        ("302", headed(302, "location", "http://169.254.169.254/")),
        ("304", gone(304)),
        ("HTML", Play::json("<html><body>Down for maintenance</body></html>")),
        ("truncated", raw("HTTP/1.1 200 .\r\ncontent-length: 99\r\n\r\n{\"rows\":[")),
        ("half", Play::json("{\"rows\":[")),
        ("endless", Play::Endless),
        ("gzip", headed(200, "content-encoding", "gzip")),
        ("other shape", Play::json(r#"{"error":"no"}"#)),
        ("leads elsewhere", Play::json(r#"{"rows":[],"next":"http://evil.test/base/customers?page=2"}"#)),
    ] {
        let scene = scene(move |_| play.clone()).await;
        let began = Instant::now();
        let told = scene.one().await;
        assert!(began.elapsed() < Duration::from_secs(4), "{name}");
        lines.push(format!("{name}: {told} after {}", scene.calls()));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    down: upstream_unavailable after 3
    hang: upstream_timeout after 3
    500: upstream_error after 3
    503: upstream_error after 3
    400: upstream_error after 1
    401: upstream_refused after 1
    403: upstream_refused after 1
    429 in a minute: upstream_throttled after 1
    302: upstream_error after 1
    304: upstream_error after 1
    HTML: upstream_malformed after 1
    truncated: upstream_unavailable after 3
    half: upstream_malformed after 1
    endless: upstream_malformed after 1
    gzip: upstream_malformed after 1
    other shape: upstream_malformed after 1
    leads elsewhere: upstream_malformed after 1
    ");
}

#[tokio::test]
async fn a_system_that_is_not_there_cannot_be_reached() {
    let scene =
        scene_with(|_| settings("http://127.0.0.1:1/".parse().unwrap(), Credentials::None), |_| Play::json("{}")).await;
    assert_eq!(scene.one().await, "upstream_unavailable");
    let inside = |url: &str| {
        let mut settings = settings(url.parse().unwrap(), Credentials::None);
        settings.client.network = Network::Public;
        settings
    };
    let url = scene.stage.url("/").to_string();
    let public = scene_with(|_| inside(&url), |_| Play::json("{}")).await;
    assert_eq!(public.one().await, "upstream_unavailable");
    assert!(scene.stage.asked().is_empty(), "a private address is not asked by a public system");
}

#[tokio::test]
async fn what_may_be_repeated_is_and_succeeds() {
    let tries = Mutex::new(0);
    let scene = scene(move |asked| {
        let mut tries = tries.lock();
        *tries += 1;
        if *tries < 3 { Play::status(503) } else { rows(&numbers(asked), None) }
    })
    .await;
    assert_eq!((scene.one().await.as_str(), scene.calls()), ("C-1 Ltd", 3));
    assert_eq!(scene.system.standing().retries, 2);
}

#[tokio::test]
async fn one_bad_key_costs_one_value() {
    let scene = scene(|asked| {
        let numbers = numbers(asked);
        if numbers.iter().any(|no| no == "BAD") { Play::status(400) } else { rows(&numbers, None) }
    })
    .await;
    let told = scene.look_up(&["C-1", "C-2", "BAD", "C-4"]).await;
    assert_eq!(told, ["C-1 Ltd", "C-2 Ltd", "upstream_error", "C-4 Ltd"]);
    let refusing = self::scene(|_| Play::status(400)).await;
    assert_eq!(refusing.look_up(&["C-1", "C-2", "C-3", "C-4"]).await, ["upstream_error"; 4]);
    assert_eq!(refusing.calls(), 3, "who refuses both halves is not asked for each key");
}

#[tokio::test]
async fn rows_that_were_not_asked_for_are_dropped_and_reported() {
    let scene = scene(|_| rows(&["C-1".into(), "C-2".into()], None)).await;
    assert_eq!(scene.one().await, "C-1 Ltd");
    assert!(scene.notes.0.lock().contains(&"1 stray Customer".to_owned()));
}

#[tokio::test]
async fn pages_are_followed_but_not_in_circles() {
    let scene = scene(|asked| match asked.target.rsplit_once("page=").map(|(_, page)| page) {
        None => rows(&["C-1".into()], Some("/base/customers?page=2")),
        Some("2") => rows(&["C-2".into()], Some("/base/customers?page=3")),
        _ => rows(&["C-3".into()], None),
    })
    .await;
    assert_eq!(scene.look_up(&["C-1", "C-2", "C-3"]).await, ["C-1 Ltd", "C-2 Ltd", "C-3 Ltd"]);
    let circle = self::scene(|asked| {
        let next = if asked.target.contains("page=2") { "/base/customers?page=1" } else { "/base/customers?page=2" };
        rows(&["C-1".into()], Some(next))
    })
    .await;
    assert_ne!(circle.one().await, "C-1 Ltd");
    assert!(circle.calls() <= 3);
}

async fn with_token(lifetime_of_a_token: usize) -> Scene {
    let minted = Mutex::new(0);
    let used = Mutex::new(0);
    let settings = |stage: &Stage| {
        let credentials =
            ClientCredentials::new(&Auth::default(), stage.url("/token"), Secret::new("id"), Secret::new("secret"));
        settings(stage.url("/base"), Credentials::ClientCredentials(credentials))
    };
    scene_with(settings, move |asked| {
        let mut minted = minted.lock();
        let mut used = used.lock();
        if asked.target == "/token" {
            (*minted, *used) = (*minted + 1, 0);
            return Play::json(format_args!(r#"{{"access_token":"t{minted}","expires_in":3600}}"#));
        }
        *used += 1;
        let valid = asked.header("authorization") == Some(&format!("Bearer t{minted}"));
        if valid && *used <= lifetime_of_a_token { rows(&numbers(asked), None) } else { Play::status(401) }
    })
    .await
}

#[tokio::test]
async fn a_token_that_ended_is_replaced_and_the_call_repeated_once() {
    let scene = with_token(1).await;
    assert_eq!((scene.one().await.as_str(), scene.one().await.as_str()), ("C-1 Ltd", "C-1 Ltd"));
    assert_eq!((scene.stage.count("/token"), scene.calls()), (2, 3));
    let never = with_token(0).await;
    assert_eq!(never.one().await, "upstream_refused");
    assert_eq!((never.stage.count("/token"), never.calls()), (2, 2));
}

#[tokio::test]
async fn a_proxied_call_gets_its_authorization_here() {
    let scene = with_token(1).await;
    let authorization = scene.system.authorization(&scene.call).await.unwrap();
    let (name, value) = authorization.header.clone().unwrap();
    assert_eq!((name.as_str(), value.to_str().unwrap()), ("authorization", "Bearer t1"));
    assert!(scene.system.credential_rejected(&authorization));
    let another = scene.system.authorization(&scene.call).await.unwrap();
    assert_eq!(another.header.unwrap().1.to_str().unwrap(), "Bearer t2");
    assert_eq!(scene.system.addresses(&scene.call).await.unwrap(), [scene.stage.address]);
}

#[tokio::test]
async fn a_system_that_keeps_failing_is_left_alone() {
    let scene = scene(|_| Play::status(500)).await;
    for _ in 0..10 {
        scene.one().await;
    }
    assert_eq!(scene.system.standing().breaker, BreakerState::Open);
    let before = scene.calls();
    assert_eq!((scene.one().await.as_str(), scene.calls()), ("breaker_open", before));
}

#[tokio::test]
async fn a_request_s_deadline_is_the_calls_deadline() {
    let mut scene = scene(|_| Play::Hang).await;
    scene.call.deadline = Instant::now() + Duration::from_millis(100);
    assert_eq!(scene.one().await, "deadline_exceeded");
    assert!(Instant::now() < scene.call.deadline + Duration::from_millis(50));
}

#[tokio::test]
async fn the_identity_changes_with_whatever_may_change_an_answer() {
    let url = || "http://127.0.0.1:1/".parse().unwrap();
    let base = settings(url(), Credentials::Bearer(Secret::new("one")));
    let same = settings(url(), Credentials::Bearer(Secret::new("one")));
    assert_eq!(identity_of(&base), identity_of(&same));
    let other_secret = settings(url(), Credentials::Bearer(Secret::new("two")));
    let other_address = settings("http://127.0.0.1:2/".parse().unwrap(), Credentials::Bearer(Secret::new("one")));
    let mut other_binding = settings(url(), Credentials::Bearer(Secret::new("one")));
    other_binding.binding.settings.insert("company".into(), "usmf".into());
    for other in [other_secret, other_address, other_binding] {
        assert_ne!(identity_of(&base), identity_of(&other));
    }
}

#[test]
fn a_system_without_an_address_of_http_is_refused() {
    for url in ["ftp://x/", "http://user@x/", "mailto:a@b"] {
        let refused = System::new(settings(url.parse().unwrap(), Credentials::None), Arc::new(Notes::default()));
        assert!(matches!(refused, Err(SystemError::Address)), "{url}");
    }
}

#[tokio::test]
async fn what_answers_report_limits_the_next_and_every_request_counts() {
    let pack =
        format!("{PACK}limits:\n  reported:\n    - {{ window: hour, limit: x-limit, remaining: x-remaining }}\n");
    let pack = Arc::new(Pack::parse("test", &pack).unwrap());
    let limits = Limits::of(&pack.limits, &crate::endure::limits::Written::default());
    let scene = scene_with(
        |stage| {
            let settings = settings(stage.url("/base/"), Credentials::Bearer(Secret::new("sk")));
            let endure = EndureSettings { limits, ..settings.endure };
            SystemSettings { pack, endure, ..settings }
        },
        |asked| {
            let Play::Answer(status, mut headers, body) = rows(&numbers(asked), None) else { panic!("an answer") };
            headers.extend([("x-limit", "100".to_owned()), ("x-remaining", "11".to_owned())]);
            Play::Answer(status, headers, body)
        },
    )
    .await;
    assert_eq!(scene.one().await, "C-1 Ltd");
    // Eleven are left, ten of them are kept; each answer says that there are eleven again.
    assert_eq!(scene.one().await, "C-1 Ltd");
    let hour = scene.system.steward().standing().windows.remove(0);
    assert_eq!((hour.limit, hour.used, hour.remaining), (Some(100), 2, Some(11)));
}

#[tokio::test]
async fn a_pause_is_told_to_those_who_come_next_without_asking() {
    let scene = scene(|_| Play::Answer(429, vec![("retry-after", "30".to_owned())], "{}".to_owned())).await;
    assert_eq!((scene.one().await, scene.calls()), ("upstream_throttled".to_owned(), 1));
    let began = Instant::now();
    assert_eq!((scene.one().await, scene.calls()), ("upstream_throttled".to_owned(), 1));
    let place = scene.system.place(&scene.call).await.unwrap_err();
    assert_eq!(place.code.to_string(), "upstream_throttled");
    assert!(place.retry_after > Some(Duration::from_secs(20)) && began.elapsed() < Duration::from_secs(1));
    assert_eq!(scene.system.steward().standing().withheld, 2);
}
