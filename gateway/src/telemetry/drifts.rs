//! Where systems and packs disagree, for the administrator: counted by system, entity, field and kind, with when it was
//! first and last seen. Bounded, and without a value of anybody's.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use parking_lot::Mutex;
use portico_composites::connect::meter::Place;
use portico_composites::connect::wire::Drift;
use portico_contracts::tenancy::{SystemId, TenantId};
use serde::Serialize;

/// So many are kept; of more than that the one that was not seen for longest is forgotten.
const MOST: usize = 4_096;

/// What was seen since the process began.
#[derive(Debug, Default)]
pub(crate) struct Drifts(Mutex<Ledger>);

#[derive(Debug, Default)]
struct Ledger {
    seen: BTreeMap<Where, Seen>,
    forgotten: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Where {
    tenant: TenantId,
    system: SystemId,
    entity: &'static str,
    field: &'static str,
    kind: &'static str,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    role: &'static str,
    answers: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

/// What is said of one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// In how many fields it differs from its pack, by kind of difference.
    differences: usize,
    /// When one was seen last.
    last_seen: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'l> {
    /// One for each system, entity, field and kind.
    drifts: Vec<Line<'l>>,
    /// How many were forgotten because there were too many.
    forgotten: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'l> {
    tenant: &'l str,
    system: &'l str,
    role: &'static str,
    entity: &'static str,
    field: &'static str,
    kind: &'static str,
    /// In how many answers of the system.
    answers: u64,
    first_seen: String,
    last_seen: String,
}

impl Drifts {
    /// One answer differed.
    pub(super) fn note(&self, at: Place<'_>, drift: &Drift, now: DateTime<Utc>) {
        let place = Where {
            tenant: at.tenant.clone(),
            system: at.system.clone(),
            entity: drift.entity,
            field: drift.field,
            kind: drift.kind,
        };
        let mut ledger = self.0.lock();
        if let Some(seen) = ledger.seen.get_mut(&place) {
            seen.answers = seen.answers.saturating_add(1);
            seen.last = now;
            return;
        }
        ledger.make_room();
        ledger.seen.insert(place, Seen { role: at.role.as_str(), answers: 1, first: now, last: now });
    }

    /// All of it as JSON.
    pub(crate) fn json(&self) -> Vec<u8> {
        let ledger = self.0.lock();
        let line = |(place, seen): (&Where, &Seen)| -> (Where, Seen) { (place.clone(), *seen) };
        let (all, forgotten): (Vec<_>, u64) = (ledger.seen.iter().map(line).collect(), ledger.forgotten);
        // Whoever reads slowly must not hold up those who count.
        drop(ledger);
        let drifts = all.iter().map(|(place, seen)| Line {
            tenant: place.tenant.as_str(),
            system: place.system.as_str(),
            role: seen.role,
            entity: place.entity,
            field: place.field,
            kind: place.kind,
            answers: seen.answers,
            first_seen: shown(seen.first),
            last_seen: shown(seen.last),
        });
        // Strings and numbers can always be written.
        serde_json::to_vec(&Report { drifts: drifts.collect(), forgotten }).unwrap_or_default()
    }

    /// What is known of one system; `None` where it is as its pack says.
    pub(crate) fn of(&self, tenant: &TenantId, system: &SystemId) -> Option<Summary> {
        let ledger = self.0.lock();
        let own = ledger.seen.iter().filter(|(place, _)| place.tenant == *tenant && place.system == *system);
        let lasts: Vec<DateTime<Utc>> = own.map(|(_, seen)| seen.last).collect();
        lasts.iter().max().map(|last| Summary { differences: lasts.len(), last_seen: shown(*last) })
    }
}

impl Ledger {
    fn make_room(&mut self) {
        if self.seen.len() < MOST {
            return;
        }
        let oldest = self.seen.iter().min_by_key(|(_, seen)| seen.last).map(|(place, _)| place.clone());
        if let Some(oldest) = oldest {
            self.seen.remove(&oldest);
            self.forgotten += 1;
        }
    }
}

fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use portico_contracts::tenancy::Role;
    use serde_json::{Value, json};

    use super::*;

    fn note(drifts: &Drifts, tenant: &str, system: &str, field: &'static str, second: i64) {
        let tenant = TenantId::parse(tenant).unwrap();
        let system = SystemId::parse(system).unwrap();
        let at = Place { tenant: &tenant, system: &system, role: Role::Erp };
        let drift = Drift { entity: "Order", field, kind: "missing" };
        drifts.note(at, &drift, DateTime::from_timestamp(second, 0).unwrap());
    }

    #[test]
    fn what_differs_is_counted_for_each_system_alone() {
        let drifts = Drifts::default();
        note(&drifts, "acme", "acme-erp", "total", 10);
        note(&drifts, "acme", "acme-erp", "total", 20);
        note(&drifts, "globex", "globex-erp", "total", 30);
        let told: Value = serde_json::from_slice(&drifts.json()).unwrap();
        assert_eq!(
            told["drifts"][0],
            json!({
                "tenant": "acme", "system": "acme-erp", "role": "erp", "entity": "Order", "field": "total",
                "kind": "missing", "answers": 2, "firstSeen": "1970-01-01T00:00:10Z", "lastSeen": "1970-01-01T00:00:20Z",
            })
        );
        assert_eq!(told["drifts"].as_array().unwrap().len(), 2);
        let (acme, erp) = (TenantId::parse("acme").unwrap(), SystemId::parse("acme-erp").unwrap());
        let summary = drifts.of(&acme, &erp).unwrap();
        assert_eq!((summary.differences, &*summary.last_seen), (1, "1970-01-01T00:00:20Z"));
        assert_eq!(drifts.of(&acme, &SystemId::parse("globex-erp").unwrap()), None);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let drifts = Drifts::default();
        for number in 0..=MOST {
            note(&drifts, "acme", &format!("system-{number}"), "total", i64::try_from(number).unwrap());
        }
        let told: Value = serde_json::from_slice(&drifts.json()).unwrap();
        assert_eq!((told["drifts"].as_array().unwrap().len(), &told["forgotten"]), (MOST, &json!(1)));
        assert!(drifts.of(&TenantId::parse("acme").unwrap(), &SystemId::parse("system-0").unwrap()).is_none());
    }
}
