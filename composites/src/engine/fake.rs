//! A system of records in memory, for the engine's tests: it counts how it is asked, and fails when told to.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use portico_contracts::canonical::{Failure, Record, Value};
use portico_contracts::model::{Class, ObjectType, expect_object};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId, TenantId};

use crate::ask::{Ask, Call, Key, Page, Support, Upstream};
use crate::estate::{KeyKind, Share};
use crate::fresh::Freshness;

/// How a fake answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Down,
    Hanging,
}

#[derive(Debug)]
pub(super) struct Fake {
    tenant: TenantId,
    id: SystemId,
    role: Role,
    rows: HashMap<&'static str, Vec<Arc<Record>>>,
    mood: Mutex<Mood>,
    /// Entity, field and number of keys of each call.
    calls: Mutex<Vec<(&'static str, &'static str, usize)>>,
    share: Share,
}

impl Fake {
    pub(super) fn new(tenant: &str, id: &str, role: Role) -> Self {
        Fake {
            tenant: TenantId::parse(tenant).expect("a name"),
            id: SystemId::parse(id).expect("a name"),
            role,
            rows: HashMap::new(),
            mood: Mutex::new(Mood::Well),
            calls: Mutex::default(),
            share: Share::default(),
        }
    }

    /// A record with these fields.
    pub(super) fn with(mut self, entity: &'static str, fields: &[(&str, Value)]) -> Self {
        let mut record = Record::new(expect_object(entity));
        for (name, value) in fields {
            record.set(name, value.clone());
        }
        record.origin = Some(self.id.clone());
        self.rows.entry(entity).or_default().push(Arc::new(record));
        self
    }

    /// Its pack maps no such entity.
    pub(super) fn without(mut self, entity: &str) -> Self {
        self.rows.remove(entity);
        self
    }

    /// The keys that are its own.
    pub(super) fn with_keys(mut self, kind: KeyKind, pattern: &str) -> Self {
        self.share.add(kind, pattern).expect("a pattern");
        self
    }

    /// Its word counts.
    pub(super) fn primary(mut self) -> Self {
        self.share.primary = true;
        self
    }

    pub(super) fn be(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }

    pub(super) fn calls(&self) -> Vec<(&'static str, &'static str, usize)> {
        std::mem::take(&mut self.calls.lock())
    }
}

#[async_trait]
impl Upstream for Fake {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    fn id(&self) -> &SystemId {
        &self.id
    }

    fn role(&self) -> Role {
        self.role
    }

    fn freshness(&self, class: Class) -> Freshness {
        Freshness::of_class(class)
    }

    fn identity(&self, _: &Call) -> Arc<str> {
        Arc::from(format!("{}/{}", self.tenant, self.id))
    }

    fn provides(&self, entity: &'static ObjectType) -> bool {
        self.rows.contains_key(entity.name)
    }

    fn provides_field(&self, entity: &'static ObjectType, field: &str) -> bool {
        self.rows.get(entity.name).is_some_and(|rows| rows.iter().any(|row| !row.get(field).is_null()))
    }

    fn supports(&self, entity: &'static ObjectType, by: &str) -> Option<Support> {
        self.provides_field(entity, by).then_some(Support { batch: 50 })
    }

    fn share(&self) -> &Share {
        &self.share
    }

    async fn look_up(&self, ask: &Ask, keys: &[Key], call: &Call) -> Vec<Result<Page, Arc<Failure>>> {
        self.calls.lock().push((ask.entity.name, ask.by, keys.len()));
        call.tally.called(&self.id);
        let mood = *self.mood.lock();
        if mood == Mood::Hanging {
            tokio::time::sleep_until(call.deadline).await;
        }
        let failed = |code: Code| {
            Err(Arc::new(Failure::new(code, format!("{} failed.", self.id)).of_system(&self.id, self.role)))
        };
        let rows = self.rows.get(ask.entity.name).map_or(&[][..], Vec::as_slice);
        let page = |key: &Key| {
            let matching = rows.iter().filter(|row| row.get(ask.by).answers_key(key));
            let mut rows: Vec<Arc<Record>> = matching.cloned().collect();
            let behind = ask.narrow.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(0);
            rows.drain(..rows.len().min(behind));
            let most = ask.narrow.first.map_or(usize::MAX, |first| first as usize);
            let more = rows.len() > most;
            rows.truncate(most);
            let cursors = (1..=rows.len()).map(|at| Arc::from((behind + at).to_string())).collect();
            Ok(Page { cursors, rows, more, ..Page::default() })
        };
        match mood {
            Mood::Well => keys.iter().map(page).collect(),
            Mood::Down => keys.iter().map(|_| failed(Code::UpstreamUnavailable)).collect(),
            Mood::Hanging => keys.iter().map(|_| failed(Code::UpstreamTimeout)).collect(),
        }
    }
}
