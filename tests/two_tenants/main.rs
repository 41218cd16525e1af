//! Two companies behind one gateway, hundreds of callers at once, systems that fail, configurations that change: no byte
//! of one is seen by the other.
//!
//! Who asks what is decided by a seed, which a failure prints; `PORTICO_SEED` repeats it. A run takes some seconds, and
//! some minutes with `PORTICO_LONG`. It is a program of its own, so that nobody's diagnostics but its own are searched
//! and no other test is slowed down.

mod dice;
mod marks;
mod questions;
mod watch;
mod weather;
mod wire;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use futures_util::future::{join_all, select};
use portico_contracts::secret::Secret;
use portico_gateway::AccessSink;
use portico_gateway::audit::AuditSettings;
use portico_gateway::settings::{Settings, SystemSettings};
use portico_tests::{Scene, Tenant};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::questions::{Callers, question};
use crate::watch::{Diagnostics, Found, Watch};
use crate::wire::{Line, Shared};

/// How many ask at once.
const CALLERS: usize = 240;
/// How many of them share connections of HTTP/2.
const BY_HTTP2: usize = 80;

fn lasting() -> Duration {
    Duration::from_secs(if std::env::var_os("PORTICO_LONG").is_some() { 180 } else { 6 })
}

fn audited(folder: &Path) -> impl Fn(&mut Settings) + use<> {
    let path = folder.join("audit.jsonl");
    move |settings| {
        weather::unhurried(settings);
        settings.audit = Some(AuditSettings {
            path: path.clone(),
            rotate: 1 << 30,
            keep: None,
            wait: Duration::from_millis(20),
            key: Some(Secret::new("the-trails-key")),
        });
    }
}

/// Both tenants' callers and all weathers for so long; what was found. `plant` changes settings for the worse.
async fn everything_at_once(dice: &Dice, lasts: Duration, plant: impl Fn(&mut Settings) + Copy) -> Found {
    let diagnostics = DIAGNOSTICS.get_or_init(Diagnostics::kept);
    diagnostics.take();
    let folder = tempfile::tempdir().expect("there is room");
    let settle = {
        let audited = audited(folder.path());
        move |settings: &mut Settings| {
            audited(settings);
            plant(settings);
        }
    };
    let (sender, lines) = sync_channel(1 << 18);
    let scene = Scene::try_start_with(AccessSink::Channel(sender), &settle).await.expect("the demo starts");
    let scene = Arc::new(scene);
    let watch = Arc::new(Watch::over(&scene));
    let until = Instant::now() + lasts;
    let busy = async {
        let around = async {
            tokio::join!(
                weather::faults(&scene, dice.of(1), until),
                weather::reloads(&scene, dice.of(2), until, &settle),
                weather::changes(&scene, dice.of(3), until),
            )
        };
        let asking = callers(&scene, &watch, dice, until);
        tokio::join!(around, asking, listeners(&scene, &watch, until), operator(&scene, &watch, until)).0
    };
    let (faults, reloads, notices) = busy.await;
    println!("{faults} faults, {reloads} configurations, {notices} notices");
    let scene = Arc::into_inner(scene).expect("nobody asks any more");
    scene.stop().await;
    for line in lines.try_iter() {
        watch.logged("the access log", &line);
    }
    let trail = std::fs::read_to_string(folder.path().join("audit.jsonl")).expect("the trail is there");
    assert!(trail.lines().count() > 10);
    trail.lines().for_each(|line| watch.logged("the audit trail", line.as_bytes()));
    diagnostics.take().lines().for_each(|line| watch.logged("the diagnostics", line.as_bytes()));
    Arc::into_inner(watch).expect("nobody looks any more").end()
}

static DIAGNOSTICS: std::sync::OnceLock<Diagnostics> = std::sync::OnceLock::new();

async fn callers(scene: &Arc<Scene>, watch: &Arc<Watch>, dice: &Dice, until: Instant) {
    let known = Arc::new(Callers::of(scene));
    let mut shared = Vec::new();
    for _ in 0..4 {
        shared.push(Shared::to(scene.traffic()).await);
    }
    let mut asking = JoinSet::new();
    for at in 0..CALLERS {
        let (scene, watch, known) = (Arc::clone(scene), Arc::clone(watch), Arc::clone(&known));
        let mut stream = shared[at % shared.len()].clone();
        let mut own = dice.of(100 + at as u64);
        asking.spawn(async move {
            let mut line = Line::to(scene.traffic());
            while Instant::now() < until {
                if at < BY_HTTP2 {
                    by_http2(&scene, &watch, &known, &mut stream, &mut own).await;
                } else {
                    by_http1(&scene, &watch, &known, &mut line, &mut own).await;
                }
            }
        });
    }
    asking.join_all().await;
}

async fn by_http1(scene: &Scene, watch: &Watch, known: &Callers, line: &mut Line, dice: &mut Dice) {
    let asked: Vec<_> = (0..=dice.below(2))
        .map(|_| {
            let tenant = *dice.one_of(&Tenant::ALL);
            question(scene, known, tenant, dice)
        })
        .collect();
    if dice.percent(8) {
        return line.leave_after(&asked[0], dice.below(1_200)).await;
    }
    let answers = line.ask(&asked.iter().collect::<Vec<_>>()).await;
    for (question, answer) in asked.iter().zip(answers) {
        let words = String::from_utf8_lossy(&question.bytes()).into_owned();
        watch.answered(question.tenant, answer.status, &answer.bytes, &words);
    }
}

async fn by_http2(scene: &Scene, watch: &Watch, known: &Callers, stream: &mut Shared, dice: &mut Dice) {
    let tenant = *dice.one_of(&Tenant::ALL);
    let asked = question(scene, known, tenant, dice);
    if dice.percent(8) {
        return stream.leave(&asked, Duration::from_millis(dice.below(60) as u64)).await;
    }
    if let Some(answer) = stream.ask(&asked).await {
        let words = String::from_utf8_lossy(&asked.bytes()).into_owned();
        watch.answered(tenant, answer.status, &answer.bytes, &words);
    }
}

/// Some of each tenant who listen to the order that both have under the same number.
async fn listeners(scene: &Scene, watch: &Watch, until: Instant) {
    let query = r#"subscription { orderChanged(number: "SO-9999") { number purchaseOrder customer { name } } }"#;
    let all = (0..8).map(|at| async move {
        let tenant = Tenant::ALL[at % 2];
        let listening = async {
            loop {
                let ask = scene.post("/graphql", &json!({ "query": query })).of(tenant, "support-console");
                let mut events = ask.listen().await;
                let status = events.status.as_u16();
                watch.answered(tenant, status, format!("{:?}", events.headers).as_bytes(), query);
                while let Some(event) = events.any().await {
                    watch.answered(tenant, status, event.data.as_bytes(), query);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        select(Box::pin(listening), Box::pin(tokio::time::sleep_until(until))).await;
    });
    join_all(all).await;
}

/// What is told beside the traffic: to anybody who reads metrics, and to the administrator.
async fn operator(scene: &Scene, watch: &Watch, until: Instant) {
    let token = scene.environment("PORTICO_ADMIN_TOKEN");
    while Instant::now() < until {
        let metrics = scene.admin_get("/metrics").send().await.text();
        watch.told_to_the_operator("the metrics", &metrics);
        for page in ["/api/status", "/api/drift"] {
            let told = scene.admin_get(page).bearer(&token).send().await.text();
            // One document of both tenants: it is split where a tenant or a system begins.
            watch.told_to_the_operator(page, &told.replace("{\"tenant\"", "\n{\"tenant\""));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn many(tenant: Tenant, found: &Found) -> usize {
    found.own.get(tenant.name()).copied().unwrap_or_default()
}

/// The mistake that all of this is about, made on purpose.
fn with_acmes_systems_behind_both(settings: &mut Settings) {
    let acme = settings.tenants.values().find(|tenant| tenant.id.as_str() == "acme");
    let systems = acme.map(|acme| acme.systems.clone()).unwrap_or_default();
    let globex = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "globex").and_then(Arc::get_mut);
    let globex = globex.expect("nobody else holds the settings yet");
    globex.hooks.clear();
    globex.owners.clear();
    globex.systems.clear();
    for (id, system) in systems {
        let moved = SystemSettings { tenant: globex.id.clone(), ..SystemSettings::clone(&system) };
        globex.systems.insert(id, Arc::new(moved));
    }
}

/// One test, so that the diagnostics of one run are never searched for another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_one_tenant_reaches_the_other_whatever_happens() {
    let seed = Dice::seed();
    println!("PORTICO_SEED={seed}");
    // A search that cannot find anything proves nothing: with acme's systems behind both names it must.
    let planted = everything_at_once(&Dice::new(seed), Duration::from_secs(1), with_acmes_systems_behind_both).await;
    let crossed = planted.leaks.iter().filter(|leak| leak.contains("what globex was answered")).count();
    assert!(crossed > 0, "only {crossed} of the planted leaks were found; PORTICO_SEED={seed}");

    let found = everything_at_once(&Dice::new(seed), lasting(), |_| {}).await;
    println!("{:?}\nwith data of one's own: {:?}", found.answers, found.own);
    let first: Vec<&String> = found.leaks.iter().take(3).collect();
    assert!(first.is_empty(), "{} leaks; PORTICO_SEED={seed}\n{first:#?}", found.leaks.len());
    for tenant in Tenant::ALL {
        assert!(many(tenant, &found) > 30, "{}: {:?}; PORTICO_SEED={seed}", tenant.name(), found.own);
    }
}
