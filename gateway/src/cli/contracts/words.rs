//! Differences in words, and as JSON, with those who would notice.

use std::collections::BTreeMap;
use std::fmt::Write;

use portico_contracts::compatibility::{Difference, Usage, Verdict};
use serde_json::{Value, json};

use super::Failure;

/// One consumer's calls, added up.
#[derive(Default)]
struct Calls {
    count: u64,
    last: Option<String>,
}

/// `tenant/consumer` → its calls.
fn noticed(difference: &Difference, usage: &[Usage]) -> BTreeMap<String, Calls> {
    let mut noticed: BTreeMap<String, Calls> = BTreeMap::new();
    for one in usage.iter().filter(|one| difference.verdict != Verdict::Safe && one.notices(difference)) {
        let calls = noticed.entry(format!("{}/{}", one.tenant, one.consumer)).or_default();
        calls.count = calls.count.saturating_add(one.count);
        calls.last = calls.last.take().max(one.last.clone());
    }
    noticed
}

pub(super) fn told(differences: &[Difference], usage: &[Usage]) -> String {
    let mut text = String::new();
    for difference in differences {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:<10} {difference}", difference.verdict.as_str());
        for (who, calls) in noticed(difference, usage) {
            let last = calls.last.map_or_else(String::new, |last| format!(", the last {last}"));
            let count = super::super::check::count(usize::try_from(calls.count).unwrap_or(usize::MAX), "call");
            let _ = writeln!(text, "{:<10}   {who} would notice: {count}{last}", "");
        }
    }
    text + &summary(differences)
}

fn summary(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "nothing differs from what is published\n".to_owned();
    }
    let count = |verdict| format!("{} {}", of(differences, verdict), verdict.as_str());
    format!("{}, {}, {}\n", count(Verdict::Breaking), count(Verdict::Dangerous), count(Verdict::Safe))
}

fn of(differences: &[Difference], verdict: Verdict) -> usize {
    differences.iter().filter(|difference| difference.verdict == verdict).count()
}

pub(super) fn json(differences: &[Difference], usage: &[Usage]) -> Result<String, Failure> {
    let one = |difference: &Difference| -> Result<Value, Failure> {
        let noticed = noticed(difference, usage).into_iter();
        let noticed = noticed.map(|(who, calls)| json!({ "consumer": who, "count": calls.count, "last": calls.last }));
        let mut written = serde_json::to_value(difference)?;
        written["noticedBy"] = noticed.collect();
        Ok(written)
    };
    let report = json!({
        "breaking": of(differences, Verdict::Breaking),
        "dangerous": of(differences, Verdict::Dangerous),
        "safe": of(differences, Verdict::Safe),
        "differences": differences.iter().map(one).collect::<Result<Vec<_>, _>>()?,
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
