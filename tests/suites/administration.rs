//! What an administrator changes of a running gateway, by the command line, and how it stands in the audit trail.

use portico_tests::{Reply, Role, Scene, Tenant};
use serde_json::Value;

use crate::audit::{audited, shown, written};
use crate::command_line::program;

/// Runs the program as the administrator of this gateway.
async fn administer(scene: &Scene, arguments: &[&str]) -> (bool, String) {
    let environment = [
        ("PORTICO_ADMIN_URL", scene.environment("PORTICO_ADMIN_URL")),
        ("PORTICO_ADMIN_TOKEN", scene.environment("PORTICO_ADMIN_TOKEN")),
    ];
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        program::told(&arguments, &environment)
    };
    tokio::task::spawn_blocking(run).await.expect("it runs")
}

async fn order(scene: &Scene) -> Reply {
    scene.get("/partner/v2/orders/SO-1042").as_consumer("partner-one").send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_takes_away_what_was_named_and_nothing_else() {
    let scene = Scene::start().await;
    // The first use of the program may build it, and what is kept here grows old meanwhile.
    assert!(administer(&scene, &["--version"]).await.0);
    let others = || scene.get("/partner/v2/orders/SO-7042").of(Tenant::Globex, "partner-one").send();
    order(&scene).await;
    others().await;
    assert_eq!(order(&scene).await.header("cache-status"), "portico; hit");
    let key = ["cache", "purge", "--tenant", "acme", "--system", "acme-erp", "--entity", "Order", "--key", "SO-1042"];
    for narrower in [&key[..], &key[..8], &key[..6], &key[..4]] {
        let (done, said) = administer(&scene, narrower).await;
        assert!(done && said.ends_with(" values were removed\n") && !said.starts_with('0'), "{narrower:?} {said}");
        assert_eq!(order(&scene).await.header("cache-status"), "portico; fwd=miss", "{narrower:?}");
        assert_eq!(others().await.header("cache-status"), "portico; hit", "another tenant's stay");
    }
    // What is not there is no success.
    for (arguments, says) in [
        (&["cache", "purge", "--tenant", "akme"][..], "There is no tenant `akme`."),
        (&["cache", "purge", "--tenant", "acme", "--system", "globex-erp"], "acme has no system `globex-erp`."),
        (
            &["cache", "purge", "--tenant", "acme", "--system", "acme-erp", "--entity", "Ordre"],
            "There is no entity `Ordre`.",
        ),
        (&["cache", "purge", "--tenant", "acme", "--entity", "Order"], "--system"),
    ] {
        let (done, said) = administer(&scene, arguments).await;
        assert!(!done && said.contains(says), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_stand_in_the_audit_trail_with_who_made_them() {
    let folder = tempfile::tempdir().expect("there is room");
    let scene = audited(folder.path()).await;
    order(&scene).await;
    let key = ["cache", "purge", "--tenant", "acme", "--system", "acme-erp", "--entity", "Order", "--key", "SO-1042"];
    assert!(administer(&scene, &key).await.0);
    let (done, said) = administer(&scene, &["reload"]).await;
    assert_eq!((done, said.as_str()), (true, "the configuration was applied; it is number 2\n"));
    let stranger = scene.admin_post("/api/reload").bearer("a-guess").send().await;
    assert_eq!((stranger.status.as_u16(), stranger.code()), (401, "key_invalid".to_owned()));
    let reader = scene.admin_get("/api/reload").bearer(scene.environment("PORTICO_ADMIN_TOKEN")).send().await;
    assert_eq!((reader.status.as_u16(), reader.header("allow")), (405, "POST".to_owned()));
    scene.reload_with(|_| {});

    let (_, entries) = written(scene, folder.path()).await;
    let changes: Vec<String> =
        entries.iter().filter(|entry| entry["kind"] == "gateway" && entry["event"] != "started").map(shown).collect();
    insta::assert_snapshot!(changes.join("\n"), @r#"
    {"n":3,"by":{"who":"administrator","network":"127.0.0.0/24"},"values":1,"kind":"gateway","event":"cache_purged","tenant":"acme","system":"acme-erp","entity":"Order","key":"Order.key:f534520abebff0353822"}
    {"n":4,"by":{"who":"administrator","network":"127.0.0.0/24"},"generation":2,"kind":"gateway","event":"configuration_applied"}
    {"n":5,"network":"127.0.0.0/24","rule":"key_invalid","kind":"gateway","event":"administration_refused","action":"reload"}
    {"n":6,"by":{"who":"program"},"generation":3,"kind":"gateway","event":"configuration_applied"}
    {"n":7,"event":"stopped","kind":"gateway"}
    "#);
    let text = entries.iter().map(Value::to_string).collect::<String>();
    assert!(!text.contains("SO-1042") && !text.contains("a-guess"), "no key and no token");
}

/// What was counted, cached and connected outlasts a reload that changes none of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_the_same_keeps_what_is_cached() {
    let scene = Scene::start().await;
    assert!(administer(&scene, &["--version"]).await.0);
    order(&scene).await;
    let asked = scene.sandbox().calls_to(Tenant::Acme, Role::Erp);
    assert!(administer(&scene, &["reload"]).await.0);
    assert_eq!(order(&scene).await.header("cache-status"), "portico; hit");
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Erp), asked);
}
