use std::sync::Arc;

use portico_contracts::model::expect_object;
use portico_contracts::tenancy::SystemId;

use super::*;
use crate::ask::Ask;

fn lookup(by: &'static str, narrow: Narrow) -> Lookup {
    let ask = Ask { entity: expect_object("Order"), by, narrow };
    Lookup { system: SystemId::parse("erp").expect("a name"), identity: Arc::from("us"), ask, restricted: false }
}

fn row(number: Option<&str>, customer: &str) -> Arc<Record> {
    let mut record = Record::new(expect_object("Order"));
    for (field, value) in [("number", number), ("customerNumber", Some(customer))] {
        let ordinal = record.of.fields[field].ordinal;
        record.put(ordinal, value.map_or(Value::Null, Value::text));
    }
    Arc::new(record)
}

fn page(rows: &[(&str, &str)]) -> Page {
    Page { rows: rows.iter().map(|(number, customer)| row(Some(number), customer)).collect(), ..Page::default() }
}

fn keys(all: &[&str]) -> Vec<Key> {
    all.iter().map(|key| Arc::from(*key)).collect()
}

/// Order O-1 changed.
fn change(lists: &[(&'static str, &[&str])], keeps: bool) -> Change {
    let lists = lists.iter().map(|(field, all)| (*field, keys(all))).collect();
    Change { entity: "Order", rows: vec![("number", keys(&["O-1"]))], lists, keeps }
}

fn shows(change: &Change, by: &'static str, key: &str, page: Option<&Page>) -> bool {
    change.shows(&lookup(by, Narrow::default()), &Arc::from(key), page)
}

#[test]
fn what_was_looked_up_by_the_rows_own_key_shows_it() {
    let change = change(&[], false);
    assert!(shows(&change, "number", "O-1", Some(&page(&[("O-1", "C-1")]))));
    assert!(shows(&change, "number", "o-1", None), "also that there was no such row, however it is written");
    assert!(!shows(&change, "number", "O-2", Some(&page(&[("O-2", "C-1")]))));
    assert!(!shows(&change, "number", "O-2", None));
}

#[test]
fn lists_that_hold_the_row_show_it_and_so_does_the_list_that_it_is_in_now() {
    let told = change(&[("customerNumber", &["C-2"])], false);
    assert!(shows(&told, "customerNumber", "C-1", Some(&page(&[("O-9", "C-1"), ("O-1", "C-1")]))), "it was here");
    assert!(shows(&told, "customerNumber", "C-2", Some(&page(&[("O-8", "C-2")]))), "it is here now");
    assert!(shows(&told, "customerNumber", "C-2", None));
    assert!(!shows(&told, "customerNumber", "C-3", Some(&page(&[("O-7", "C-3")]))));
    assert!(!shows(&told, "customerNumber", "C-3", None));
}

#[test]
fn where_the_parent_is_not_told_every_list_may_be_meant() {
    let untold = change(&[], false);
    assert!(shows(&untold, "customerNumber", "C-3", Some(&page(&[("O-7", "C-3")]))));
    let none = change(&[("customerNumber", &[])], false);
    assert!(!shows(&none, "customerNumber", "C-3", Some(&page(&[("O-7", "C-3")]))), "it was told that there is none");
}

#[test]
fn a_row_that_stays_leaves_whole_lists_alone() {
    let stays = change(&[], true);
    assert!(!shows(&stays, "customerNumber", "C-3", Some(&page(&[("O-7", "C-3")]))));
    assert!(shows(&stays, "customerNumber", "C-3", None), "nothing may have become something");
    let open = Narrow { statuses: vec!["OPEN"], ..Narrow::default() };
    assert!(stays.shows(&lookup("customerNumber", open), &Arc::from("C-3"), Some(&page(&[("O-7", "C-3")]))));
    let first = Narrow { first: Some(20), ..Narrow::default() };
    assert!(!stays.shows(&lookup("customerNumber", first), &Arc::from("C-3"), Some(&page(&[("O-7", "C-3")]))));
}

#[test]
fn a_row_that_does_not_say_which_it_is_may_be_the_one() {
    let silent = Page { rows: vec![row(None, "C-3")], ..Page::default() };
    assert!(shows(&change(&[("customerNumber", &["C-1"])], false), "customerNumber", "C-3", Some(&silent)));
}

#[test]
fn a_notice_that_names_no_row_may_mean_all() {
    let all = Change { entity: "Order", rows: Vec::new(), lists: Vec::new(), keeps: false };
    assert!(shows(&all, "number", "O-2", Some(&page(&[("O-2", "C-1")]))));
}

#[test]
fn a_fetch_on_its_way_is_spared_only_where_the_row_cannot_come_with_it() {
    let told = change(&[("customerNumber", &["C-2"])], false);
    let reaches = |by, key: &str| told.may_reach(&lookup(by, Narrow::default()), &Arc::from(key));
    assert!(reaches("number", "O-1") && !reaches("number", "O-2"));
    assert!(reaches("customerNumber", "C-1") && reaches("customerNumber", "C-2"), "it may be leaving that list");
}
