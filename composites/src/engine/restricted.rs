//! What is hidden from a caller and what does not exist are the same to it, whatever it tries.

use std::sync::Arc;

use portico_contracts::tenancy::{Customers, SystemId};
use serde_json::{Value, json};

use super::fake::Mood;
use super::tests::Scene;
use super::{Asking, Question};
use crate::fresh::{Change, Purge, Wish};

const IF_CACHED: Wish = Wish { max_age: None, fresh: false, only_if_cached: true };

/// A scene whose caller sees C-1 only, and what it sees of an order; O-2 is C-2's, O-9 is nobody's.
struct Limited {
    scene: Scene,
    all: Option<Arc<Customers>>,
}

impl Limited {
    fn new() -> Self {
        Limited { scene: Scene::new(), all: Some(Arc::new(["C-1"].iter().collect())) }
    }

    /// The whole answer to one who sees only some, with the order's number and the times taken out.
    async fn sees(&mut self, query: &str, number: &str, wish: Wish) -> Value {
        self.scene.principal.customers = self.all.clone();
        self.answer(query, number, wish).await
    }

    /// Somebody who sees all asks.
    async fn is_asked_by_others(&mut self, query: &str, number: &str) {
        self.scene.principal.customers = None;
        self.answer(query, number, Wish::default()).await;
    }

    async fn answer(&self, query: &str, number: &str, wish: Wish) -> Value {
        let question = Question { query: query.replace('#', number), ..Question::default() };
        let by = Asking::unconditionally(&self.scene.principal, wish);
        let prepared = self.scene.engine().prepare(&question, &self.scene.estate, &by);
        let answered = self.scene.engine().answer(prepared.expect("planned"), &self.scene.call()).await;
        let body = String::from_utf8(answered.graphql("r-1", None)).expect("text").replace(number, "#");
        let mut body: Value = serde_json::from_str(&body).expect("JSON");
        body["extensions"]["deadline"] = Value::Null;
        json!([body, format!("{:?}", answered.freshest), answered.calls, self.scene.calls()])
    }
}

const ORDER: &str =
    r##"{ order(number: "#") { number total { amount } customer { name } lines { sku product { name } } } }"##;
const ORDERS: &str =
    r##"{ orders(customer: { number: "#" }) { edges { node { number } } pageInfo { hasNextPage } } }"##;
const CUSTOMER: &str = r##"{ customer(by: { number: "#" }) { name crmId receivables { openBalance { amount } } } }"##;

#[tokio::test]
async fn others_and_nothing_are_the_same_at_first_and_again_and_from_memory() {
    for (query, others, nobodys) in [(ORDER, "O-2", "O-9"), (ORDERS, "C-2", "C-9"), (CUSTOMER, "C-2", "C-9")] {
        let mut limited = Limited::new();
        for wish in [IF_CACHED, Wish::default(), Wish::default(), IF_CACHED, Wish::FRESH] {
            let hidden = limited.sees(query, others, wish).await;
            assert_eq!(hidden, limited.sees(query, nobodys, wish).await, "{query} {wish:?}");
        }
        // What others asked for shows no more.
        let mut limited = Limited::new();
        limited.is_asked_by_others(query, others).await;
        limited.is_asked_by_others(query, nobodys).await;
        for wish in [IF_CACHED, Wish::default(), IF_CACHED] {
            let hidden = limited.sees(query, others, wish).await;
            assert_eq!(hidden, limited.sees(query, nobodys, wish).await, "{query} {wish:?}");
        }
        // Nor does an older value stand in for a system that is away.
        limited.scene.erp.be(Mood::Down);
        let hidden = limited.sees(query, others, Wish::FRESH).await;
        assert_eq!(hidden, limited.sees(query, nobodys, Wish::FRESH).await, "{query} while the ERP is down");
    }
}

#[tokio::test]
async fn its_own_it_sees_whole_and_from_memory() {
    let mut limited = Limited::new();
    let own = limited.sees(ORDER, "O-1", Wish::default()).await;
    assert_eq!(own[0]["data"]["order"]["customer"]["name"], "One", "{own}");
    assert_eq!(own[0]["data"]["order"]["lines"][0]["product"]["name"], "Pump", "{own}");
    let again = limited.sees(ORDER, "O-1", IF_CACHED).await;
    assert_eq!((&again[0]["data"], &again[3]), (&own[0]["data"], &json!([])), "{again}");
}

#[tokio::test]
async fn a_customers_number_that_it_may_not_use_is_asked_of_nobody() {
    let mut limited = Limited::new();
    let hidden = limited.sees(CUSTOMER, "C-2", Wish::default()).await;
    assert_eq!(hidden[3], json!([]), "{hidden}");
}

/// A desk that does not say whose a case is says of which organization; that organization is one that the caller sees.
#[tokio::test]
async fn what_is_found_by_way_of_its_own_is_its_own() {
    let mut limited = Limited::new();
    let cases = r##"{ customer(by: { number: "#" }) { cases { subject requester { name } } } }"##;
    let own = limited.sees(cases, "C-1", Wish::default()).await;
    assert_eq!(own[0]["data"]["customer"]["cases"][0]["requester"]["name"], "Jo", "{own}");
    let by_number = limited.sees(r##"{ case(number: "#") { subject } }"##, "7", Wish::default()).await;
    assert_eq!(by_number[0]["errors"][0]["extensions"]["code"], "not_found", "nobody says whose it is: {by_number}");
}

/// Whichever of its names a customer is asked for by, its own are found and others' cost what nobody's cost.
#[tokio::test]
async fn ids_of_other_systems_open_nothing_by_themselves() {
    let mut limited = Limited::new();
    let by_support = r##"{ customer(by: { supportId: "#" }) { number cases { subject } } }"##;
    let own = limited.sees(by_support, "G-1", Wish::default()).await;
    assert_eq!(own[0]["data"]["customer"]["cases"][0]["subject"], "Noise", "{own}");
    for (query, others, nobodys) in [
        (by_support, "G-2", "G-9"),
        (r##"{ customer(by: { crmId: "#" }) { number contacts { name } } }"##, "A-8", "A-9"),
    ] {
        let hidden = limited.sees(query, others, Wish::FRESH).await;
        assert_eq!(hidden, limited.sees(query, nobodys, Wish::FRESH).await, "{query}");
    }
    let both = r##"{ customer(by: { number: "#" }) { cases { subject } } again: customer(by: { supportId: "G-1" }) { cases { subject } } }"##;
    let both = limited.sees(both, "C-1", Wish::FRESH).await;
    assert_eq!(both[0]["data"]["customer"], both[0]["data"]["again"], "{both}");
}

/// A notice of a row that is hidden takes nothing away that could be missed.
#[tokio::test]
async fn notices_of_others_show_nowhere() {
    let erp = SystemId::parse("erp").expect("a name");
    for (query, others, nobodys) in [(ORDER, "O-2", "O-9"), (ORDERS, "C-2", "C-9")] {
        let mut limited = Limited::new();
        for key in [others, nobodys] {
            limited.sees(query, key, Wish::default()).await;
        }
        let (rows, lists) = (vec![("number", vec!["O-2".into()])], vec![("customerNumber", vec!["C-2".into()])]);
        let change = Change { entity: "Order", rows, lists, keeps: false };
        let tenant = limited.scene.principal.tenant.clone();
        limited.scene.engine().cache().purge(&tenant, &Purge::Change(erp.clone(), change));
        let hidden = limited.sees(query, others, IF_CACHED).await;
        assert_eq!(hidden, limited.sees(query, nobodys, IF_CACHED).await, "{query}");
    }
}
