//! Who waits to hear of what: one process's subscriptions, by tenant.
//!
//! A listener is told *that* something changed, and asks for it itself. So news that come while it is busy are one, and
//! nothing piles up for a slow one. Only verified notices are news.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use portico_contracts::model::{Class, KeyOrigin, expect_object};
use portico_contracts::tenancy::TenantId;
use tokio::sync::watch;

use crate::ask::Key;
use crate::fresh::Change;

/// What is listened to: of which tenant, which entity, under which key (in lower case, as systems compare).
type Subject = (TenantId, &'static str, String);

/// The news of one process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct News(Arc<Mutex<HashMap<Subject, watch::Sender<u64>>>>);

/// Hears of one thing until it is dropped.
#[derive(Debug)]
pub struct Listener {
    news: News,
    subject: Subject,
    heard: watch::Receiver<u64>,
}

impl News {
    /// Listens from now on.
    pub fn listen(&self, tenant: &TenantId, entity: &'static str, key: &str) -> Listener {
        let subject = (tenant.clone(), entity, key.to_ascii_lowercase());
        let mut subjects = self.0.lock();
        let sender = subjects.entry(subject.clone()).or_insert_with(|| watch::channel(0).0);
        let heard = sender.subscribe();
        Listener { news: self.clone(), subject, heard }
    }

    /// Tells those who listen to this one; says how many.
    pub fn tell(&self, tenant: &TenantId, entity: &'static str, key: &str) -> usize {
        let subjects = self.0.lock();
        subjects.get(&(tenant.clone(), entity, key.to_ascii_lowercase())).map_or(0, told)
    }

    /// Tells everybody of the tenant who listens to anything of the entity: it is not known which one changed.
    pub fn tell_all(&self, tenant: &TenantId, entity: &'static str) -> usize {
        let subjects = self.0.lock();
        let meant = subjects.iter().filter(|((of, kind, _), _)| of == tenant && *kind == entity);
        meant.map(|(_, sender)| told(sender)).sum()
    }

    /// Tells of what changed with an order, each order once; says how many listeners were told.
    pub fn announce(&self, tenant: &TenantId, changes: &[Change]) -> usize {
        let mut numbers = HashSet::new();
        for change in changes {
            match orders(change) {
                Meant::None => {}
                Meant::All => return self.tell_all(tenant, ORDER),
                Meant::These(keys) => numbers.extend(keys.iter().map(|key| key.to_ascii_lowercase())),
            }
        }
        numbers.iter().map(|number| self.tell(tenant, ORDER, number)).sum()
    }

    /// How many things are listened to.
    pub fn subjects(&self) -> usize {
        self.0.lock().len()
    }
}

const ORDER: &str = "Order";

/// Which orders a change is about.
enum Meant {
    None,
    All,
    These(Vec<Key>),
}

/// An order is its own row and what belongs to it: its lines and shipments, by the model's relations.
fn orders(change: &Change) -> Meant {
    let order = expect_object(ORDER);
    let of_order = order.fields.values().filter_map(|field| field.relation.as_ref());
    let related =
        of_order.filter(|relation| relation.to == change.entity && relation.key == KeyOrigin::Field("number"));
    let is_part = || {
        let facts = expect_object(change.entity).entity.as_ref();
        facts.is_some_and(|facts| facts.class == Class::Orders)
    };
    let field = match change.entity {
        ORDER => Some("number"),
        _ if is_part() => related.map(|relation| relation.by).next(),
        _ => None,
    };
    let Some(field) = field else { return Meant::None };
    let named = change.rows.iter().chain(&change.lists).filter(|(name, _)| *name == field);
    let named: Vec<&Vec<Key>> = named.map(|(_, keys)| keys).collect();
    if named.is_empty() { Meant::All } else { Meant::These(named.into_iter().flatten().cloned().collect()) }
}

fn told(sender: &watch::Sender<u64>) -> usize {
    sender.send_modify(|count| *count = count.wrapping_add(1));
    sender.receiver_count()
}

impl Listener {
    /// Waits for news since the last that was heard. However many came, they are one.
    pub async fn next(&mut self) {
        if self.heard.changed().await.is_err() {
            // The sender lives as long as a listener does.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut subjects = self.news.0.lock();
        // Ours is still counted.
        if subjects.get(&self.subject).is_some_and(|sender| sender.receiver_count() <= 1) {
            subjects.remove(&self.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).expect("a name")
    }

    fn hears(listener: &mut Listener) -> bool {
        listener.next().now_or_never().is_some()
    }

    #[test]
    fn news_reach_those_who_listen_to_them_and_nobody_else() {
        let (news, acme, globex) = (News::default(), tenant("acme"), tenant("globex"));
        let mut ours = news.listen(&acme, "Order", "SO-1");
        let mut other = news.listen(&acme, "Order", "SO-2");
        let mut theirs = news.listen(&globex, "Order", "SO-1");
        assert_eq!(news.tell(&acme, "Order", "so-1"), 1);
        assert!(hears(&mut ours) && !hears(&mut other) && !hears(&mut theirs));
        assert_eq!(news.tell_all(&acme, "Order"), 2);
        assert!(hears(&mut ours) && hears(&mut other) && !hears(&mut theirs));
    }

    #[test]
    fn news_that_pile_up_are_one() {
        let (news, acme) = (News::default(), tenant("acme"));
        let mut listener = news.listen(&acme, "Order", "SO-1");
        for _ in 0..1_000 {
            news.tell(&acme, "Order", "SO-1");
        }
        assert!(hears(&mut listener));
        assert!(!hears(&mut listener));
    }

    #[test]
    fn an_order_changes_with_what_belongs_to_it() {
        let (news, acme) = (News::default(), tenant("acme"));
        let mut order = news.listen(&acme, "Order", "SO-1");
        let change = |entity, rows: &[(&'static str, &str)], lists: &[(&'static str, &str)]| {
            let told = |all: &[(&'static str, &str)]| {
                all.iter().map(|(field, key)| (*field, vec![Key::from(*key)])).collect::<Vec<_>>()
            };
            Change { entity, rows: told(rows), lists: told(lists), keeps: false }
        };
        for (told, heard) in [
            (change("Order", &[("number", "SO-1")], &[]), true),
            (change("Order", &[("number", "SO-2")], &[("customerNumber", "C-1")]), false),
            (change("OrderLine", &[("orderNumber", "SO-1")], &[]), true),
            (change("Shipment", &[("number", "PS-1")], &[("orderNumber", "SO-1")]), true),
            (change("Order", &[], &[]), true),
            (change("Invoice", &[("number", "INV-1")], &[("orderNumber", "SO-1")]), false),
            (change("Case", &[("number", "7")], &[("orderNumber", "SO-1")]), false),
        ] {
            news.announce(&acme, std::slice::from_ref(&told));
            assert_eq!(hears(&mut order), heard, "{told:?}");
        }
    }

    #[test]
    fn nothing_is_kept_of_who_has_left() {
        let (news, acme) = (News::default(), tenant("acme"));
        let (one, two) = (news.listen(&acme, "Order", "SO-1"), news.listen(&acme, "Order", "SO-1"));
        drop(one);
        assert_eq!(news.tell(&acme, "Order", "SO-1"), 1);
        drop(two);
        assert_eq!((news.tell(&acme, "Order", "SO-1"), news.subjects()), (0, 0));
    }
}
