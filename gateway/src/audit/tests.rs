use std::path::Path;

use portico_policies::audit::Inspector;
use serde_json::Value;

use super::*;

fn settings(folder: &Path) -> AuditSettings {
    AuditSettings {
        path: folder.join("audit.jsonl"),
        rotate: 1 << 20,
        keep: None,
        wait: Duration::from_millis(10),
        key: Some(Secret::new("hush")),
    }
}

fn entries(folder: &Path) -> Vec<Value> {
    let path = folder.join("audit.jsonl");
    let mut inspector = Inspector::new(Sealer::new(Some(&Secret::new("hush"))), None);
    let mut entries = Vec::new();
    for file in put_aside(&path).unwrap().into_iter().chain([path]) {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            inspector.line(line).unwrap();
            entries.push(serde_json::from_str(line).unwrap());
        }
    }
    entries
}

fn events(folder: &Path) -> Vec<String> {
    entries(folder).iter().map(|entry| entry["event"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_restart_goes_on_behind_the_last_entry() {
    let folder = tempfile::tempdir().unwrap();
    for generation in 1..=3 {
        let trail = reopened(&settings(folder.path())).await;
        trail.note(Event::ConfigurationApplied { generation, by: Actor::Program });
        trail.flush().await;
        assert_eq!(trail.newest().number, generation * 2);
    }
    assert_eq!(
        events(folder.path()),
        ["started", "configuration_applied", "started", "configuration_applied", "started", "configuration_applied"]
    );
}

#[tokio::test]
async fn files_are_put_aside_with_the_chain_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let small = AuditSettings { rotate: 400, ..settings(folder.path()) };
    let trail = Trail::open(&small, AuditCounters::default()).unwrap();
    for generation in 1..=9 {
        trail.note(Event::ConfigurationApplied { generation, by: Actor::Program });
        trail.flush().await;
    }
    assert!(put_aside(&small.path).unwrap().len() >= 4);
    assert_eq!(entries(folder.path()).len(), 10);
    drop(trail);
    // Also where it was put aside and nothing was written since.
    let last = put_aside(&small.path).unwrap().len();
    let trail = reopened(&AuditSettings { keep: Some(2), ..small.clone() }).await;
    trail.note(Event::Stopped);
    trail.flush().await;
    assert!(put_aside(&small.path).unwrap().len() <= last);
}

/// The thread of a trail that was dropped lets its file go in its own time.
async fn reopened(settings: &AuditSettings) -> Trail {
    loop {
        match Trail::open(settings, AuditCounters::default()) {
            Ok(trail) => return trail,
            Err(fault) => assert!(fault.to_string().contains("another process"), "{fault}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_entry_that_a_crash_tore_is_removed_and_told() {
    let folder = tempfile::tempdir().unwrap();
    drop(Trail::open(&settings(folder.path()), AuditCounters::default()).unwrap());
    let path = folder.path().join("audit.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{}", &whole[..50])).unwrap();
    let trail = reopened(&settings(folder.path())).await;
    trail.flush().await;
    assert_eq!(entries(folder.path())[1]["torn"], 50);
}

#[tokio::test]
async fn what_is_no_trail_is_not_written_to_and_nobody_writes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    std::fs::write(&path, "my diary\n").unwrap();
    let fault = Trail::open(&settings(folder.path()), AuditCounters::default()).unwrap_err();
    assert!(fault.to_string().contains("does not end in an entry"), "{fault}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "my diary\n");
    std::fs::remove_file(&path).unwrap();
    let _first = Trail::open(&settings(folder.path()), AuditCounters::default()).unwrap();
    let fault = Trail::open(&settings(folder.path()), AuditCounters::default()).unwrap_err();
    assert!(fault.to_string().contains("another process writes to it"), "{fault}");
}

#[tokio::test]
async fn a_full_queue_costs_a_wait_and_then_the_entry_which_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let counters = AuditCounters::default();
    let trail = Trail::open(&settings(folder.path()), counters.clone()).unwrap();
    // As if nobody wrote: entries are lost one by one, and the next that is written says how many.
    trail.lose();
    trail.lose();
    trail.note(Event::ConfigurationApplied { generation: 1, by: Actor::Program });
    trail.flush().await;
    assert_eq!(counters.lost.get(), 2);
    let last = entries(folder.path()).pop().unwrap();
    assert_eq!((last["event"].as_str(), last["entries"].as_u64()), (Some("entries_lost"), Some(2)));
}
