//! The audit trail: who asked for what and what was decided, without anybody's data, and so that tampering shows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use portico_contracts::secret::Secret;
use portico_gateway::audit::AuditSettings;
use portico_tests::{Fault, Role, Scene, Tenant};
use serde_json::{Value, json};

use crate::command_line::program;

pub(crate) async fn audited(folder: &Path) -> Scene {
    let path = folder.join("audit.jsonl");
    Scene::with(|settings| {
        settings.audit = Some(AuditSettings {
            path,
            rotate: 64 << 20,
            keep: None,
            wait: Duration::from_millis(20),
            key: Some(Secret::new("the-trails-key")),
        });
    })
    .await
}

/// Everything that was written, once the gateway has stopped.
pub(crate) async fn written(scene: Scene, folder: &Path) -> (PathBuf, Vec<Value>) {
    scene.stop().await;
    let path = folder.join("audit.jsonl");
    let text = std::fs::read_to_string(&path).expect("the trail is there");
    (path, text.lines().map(|line| serde_json::from_str(line).expect("an entry is JSON")).collect())
}

/// An entry without what differs each time.
pub(crate) fn shown(entry: &Value) -> String {
    let mut entry = entry.clone();
    let members = entry.as_object_mut().expect("an entry is an object");
    for name in ["prev", "seal", "time"] {
        assert!(members.remove(name).is_some_and(|value| value.is_string()), "{name}");
    }
    assert_eq!(members.remove("request_id").is_some(), members["kind"] == "request");
    for decision in members.get_mut("decisions").and_then(Value::as_array_mut).into_iter().flatten() {
        decision["id"] = "[id]".into();
    }
    entry.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_what_and_what_was_decided_is_written_without_anybodys_data() {
    let folder = tempfile::tempdir().expect("there is room");
    let scene = audited(folder.path()).await;
    let credit = json!({ "customer": { "number": "C-1001" }, "amount": { "amount": "25000.00", "currency": "EUR" } });
    let decided = scene.post("/credit/v1/checks", &credit).as_consumer("crm").send().await;
    scene
        .graphql(r#"query Look { order(number: "SO-1042") { number customer { name } } }"#)
        .as_consumer("support-console")
        .send()
        .await;
    scene.get("/partner/v2/orders/SO-1042").send().await;
    scene.get("/partner/v2/orders/SO-1042").as_consumer("crm").send().await;
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Down).await;
    scene.get("/partner/v2/orders/SO-1043").as_consumer("partner-one").send().await;
    let (path, entries) = written(scene, folder.path()).await;
    insta::assert_snapshot!(entries.iter().map(shown).collect::<Vec<_>>().join("\n"), @r#"
    {"n":1,"version":"0.1.0","event":"started","kind":"gateway"}
    {"n":2,"decisions":[{"id":"[id]","outcome":"APPROVED"}],"systems":{"acme-erp":4},"kind":"request","keys":["OpenItem.customerNumber:1880139712aa39a05b37","Order.customerNumber:43e74c5cff5a35b7eab2","Receivables.customerNumber:f0f586dd62b2b3a12ade"],"network":"127.0.0.0/24","tenant":"acme","consumer":"crm","subject":"acme/crm","api":"credit","version":"v1","route":"/credit/v1/checks","method":"POST","status":200,"decision":"allowed","rule":null,"operation":"CreditCheck"}
    {"n":3,"systems":{"acme-erp":2},"keys":["Order.number:a49c08a5c30cde16d8a2"],"kind":"request","operation":"Look","network":"127.0.0.0/24","tenant":"acme","consumer":"support-console","subject":"acme/support-console","api":"graphql","version":"none","route":"/graphql","method":"POST","status":200,"decision":"allowed","rule":null}
    {"n":4,"rule":"credentials_missing","decision":"refused","kind":"request","status":401,"network":"127.0.0.0/24","tenant":null,"consumer":null,"subject":null,"api":"partner","version":"v2","route":"/partner/v2/orders/{number}","method":"GET"}
    {"n":5,"rule":"forbidden","decision":"refused","kind":"request","status":403,"network":"127.0.0.0/24","tenant":"acme","consumer":"crm","subject":"acme/crm","api":"partner","version":"v2","route":"/partner/v2/orders/{number}","method":"GET"}
    {"n":6,"nulls":{"upstream_unavailable":1},"systems":{"acme-erp":3},"kind":"request","keys":["Order.number:524a96eef9b7e3e72cae"],"network":"127.0.0.0/24","tenant":"acme","consumer":"partner-one","subject":"acme/partner-one","api":"partner","version":"v2","route":"/partner/v2/orders/{number}","method":"GET","status":502,"decision":"failed","rule":"upstream_unavailable","operation":"PartnerOrder"}
    {"n":7,"event":"stopped","kind":"gateway"}
    "#);
    // The decision can be found by what the caller was told.
    assert_eq!(entries[1]["decisions"][0]["id"], decided.json()["decisionId"]);
    let text = std::fs::read_to_string(path).expect("the trail is there").to_lowercase();
    for datum in ["c-1001", "so-1042", "so-1043", "hanseatic", "25000", "bearer", "127.0.0.1"] {
        assert!(!text.contains(datum), "{datum}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_was_tampered_with_is_found_out() {
    let folder = tempfile::tempdir().expect("there is room");
    let scene = audited(folder.path()).await;
    for number in 1..=5 {
        let query = format!(r#"{{ customer(by: {{ number: "C-100{number}" }}) {{ number }} }}"#);
        scene.graphql(&query).as_consumer("support-console").send().await;
    }
    let status = scene.admin_get("/api/status").bearer(scene.environment("PORTICO_ADMIN_TOKEN")).send().await.json();
    let (path, entries) = written(scene, folder.path()).await;
    let newest = entries.last().and_then(|entry| entry["seal"].as_str()).expect("there are entries").to_owned();
    assert!(status["audit"]["entries"].as_u64().is_some_and(|written| written >= 1), "{status}");
    let key = ["--key-env", "TRAIL_KEY"];
    let trail = path.to_str().expect("a plain path");
    let verify = |more: &[&str]| {
        let arguments = [&["audit", "verify", trail], &key[..], more].concat();
        let (succeeded, said) = program::told(&arguments, &[("TRAIL_KEY", "the-trails-key")]);
        (succeeded, said.replace(trail, "[trail]").replace(&newest, "[seal]"))
    };
    insta::assert_snapshot!(verify(&[]).1, @"
    Entries 1 to 7 are as they were written.
    The newest has the seal [seal].
    ");
    assert!(verify(&["--expect", &newest]).0);
    let whole = std::fs::read_to_string(&path).expect("the trail is there");
    let lines: Vec<&str> = whole.lines().collect();
    let mut told = Vec::new();
    let mut tamper = |what: &str, lines: &[&str], more: &[&str]| {
        std::fs::write(&path, lines.join("\n") + "\n").expect("there is room");
        let (succeeded, said) = verify(more);
        assert!(!succeeded, "{what}");
        told.push(format!("{what}: {}", said.trim()));
    };
    let edited = lines[2].replace("support-console", "somebody-else");
    tamper("edited", &[&lines[..2], &[&edited], &lines[3..]].concat(), &[]);
    tamper("removed", &[&lines[..2], &lines[4..]].concat(), &[]);
    tamper("reordered", &[&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat(), &[]);
    tamper("cut off", &lines[..3], &["--expect", &newest]);
    insta::assert_snapshot!(told.join("\n"), @"
    edited: portico: [trail]:3: entry 3 was edited, or the key is another one: its seal does not fit what is written
    removed: portico: [trail]:3: entries 3 to 4 are missing before this one
    reordered: portico: [trail]:3: entry 3 is missing before this one
    cut off: portico: the entry with seal [seal] is not in the trail: the newest entries were cut off, or it is another trail
    ");
    // A key of a record is found by its digest.
    let digest = ["audit", "digest", "--tenant", "acme", "Customer.number", "C-1001", "--key-env", "TRAIL_KEY"];
    let (_, digest) = program::told(&digest, &[("TRAIL_KEY", "the-trails-key")]);
    let keys = entries[1]["keys"].as_array().expect("keys were named");
    assert!(keys.iter().any(|key| key == digest.trim()), "{digest} in {keys:?}");
}
