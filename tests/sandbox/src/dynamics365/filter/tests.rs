//! What filters mean, and that no text breaks the parser.

use proptest::prelude::*;

use super::super::sets::Company;
use super::*;
use crate::tenant::Tenant;
use crate::world::World;

fn world() -> World {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
    World::second_company(Tenant::Acme, today)
}

fn customers() -> &'static Definition {
    Definition::named("CustomersV3").expect("the set exists")
}

fn found(filter: &str) -> Result<Vec<String>, u16> {
    let world = world();
    let condition = Condition::read(filter, customers()).map_err(|refusal| refusal.status)?;
    let company = Company { area: "acuk", world: &world };
    let rows = customers().candidates(company, Some(&condition));
    let met = rows.iter().filter(|row| condition.is_met_by(row));
    Ok(met.filter_map(|row| row.cell("CustomerAccount")?.json().as_str().map(str::to_owned)).collect())
}

#[test]
fn and_binds_tighter_than_or() {
    let two = found("CustomerAccount eq 'C-1001' or CustomerAccount eq 'C-1002' and CreditLimit gt 100");
    assert_eq!(two, Ok(vec!["C-1001".to_owned()]));
    let none = found("(CustomerAccount eq 'C-1001' or CustomerAccount eq 'C-1002') and CreditLimit gt 100");
    assert_eq!(none, Ok(vec![]));
}

#[test]
fn a_star_stands_for_anything() {
    assert_eq!(found("CustomerAccount eq '*'").map(|all| all.len()), Ok(5));
    assert_eq!(found("CustomerAccount eq 'C-10*2'"), Ok(vec!["C-1002".to_owned()]));
    assert_eq!(found("CustomerAccount ne '*'"), Ok(vec![]));
}

#[test]
fn texts_are_compared_as_the_database_does() {
    assert_eq!(found("CustomerAccount eq 'c-1001  '"), Ok(vec!["C-1001".to_owned()]));
    assert_eq!(found("CustomerAccount eq ' C-1001'"), Ok(vec![]));
    assert_eq!(found("OrganizationName eq 'O''Brien'"), Ok(vec![]));
    assert_eq!(found("'C-1001' eq CustomerAccount").map(|rows| rows.len()), Ok(1));
}

#[test]
fn an_injected_filter_would_find_everything() {
    assert_eq!(found("CustomerAccount eq 'x' or 1 eq 1 or CustomerAccount eq ''").map(|rows| rows.len()), Ok(5));
}

#[test]
fn symbols_need_their_type() {
    let filter = "OnHoldStatus eq Microsoft.Dynamics.DataEntities.CustVendorBlocked'No'";
    assert_eq!(found(filter).map(|rows| rows.len()), Ok(5));
    assert_eq!(found("OnHoldStatus eq 'No'"), Err(400));
    assert_eq!(found("OnHoldStatus eq Microsoft.Dynamics.DataEntities.NoYes'No'"), Err(400));
    assert_eq!(found("OnHoldStatus eq Microsoft.Dynamics.DataEntities.CustVendorBlocked'Maybe'"), Err(400));
    assert_eq!(found("OnHoldStatus gt Microsoft.Dynamics.DataEntities.CustVendorBlocked'No'"), Err(400));
}

#[test]
fn what_the_product_does_not_know_is_refused() {
    for filter in [
        "CustomerAccount in ('C-1001')",
        "contains(CustomerAccount,'C')",
        "Nope eq 'x'",
        "CustomerAccount eq 1",
        "CreditLimit eq '1'",
        "CustomerAccount eq 'x",
        "CustomerAccount eq",
        "eq 'x'",
        "(CustomerAccount eq 'x'",
        "CustomerAccount eq 'x')",
        "CustomerAccount eq 'x' and",
        "",
        "CustomerAccount = 'x'",
        "not",
    ] {
        assert_eq!(found(filter), Err(400), "{filter}");
    }
}

#[test]
fn nesting_has_a_limit() {
    assert_eq!(found(&"(".repeat(5_000)), Err(400));
    assert_eq!(found(&"not ".repeat(5_000)), Err(400));
}

#[test]
fn keys_in_the_filter_spare_the_other_rows() {
    let filter = "dataAreaId eq 'acmf' and (SalesOrderNumber eq 'so-1' or SalesOrderNumber eq 'SO-2')";
    let lines = Definition::named("SalesOrderLinesV3").expect("the set exists");
    let condition = Condition::read(filter, lines).expect("the filter is right");
    let values = condition.only_values_of("SalesOrderNumber");
    assert_eq!(values, Some(vec!["SO-1".to_owned(), "SO-2".to_owned()]));
    assert_eq!(condition.only_values_of("ItemNumber"), None);
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,80}") {
        let _ = Condition::read(&text, customers());
    }

    #[test]
    fn words_in_any_order_do_not_break_it(words in prop::collection::vec(
        prop::sample::select(vec!["CustomerAccount", "eq", "and", "or", "not", "(", ")", "'x'", "''", "'", "1", ",", "in"]),
        0..20,
    )) {
        let _ = Condition::read(&words.join(" "), customers());
    }

    #[test]
    fn a_quoted_value_is_only_ever_a_value(value in "[^*]{0,20}") {
        let filter = format!("CustomerAccount eq '{}'", value.replace('\'', "''"));
        let condition = Condition::read(&filter, customers()).expect("a quoted value parses");
        let is_one_comparison = matches!(&condition, Condition::Compare { value: Literal::Text(text), .. } if *text == value);
        prop_assert!(is_one_comparison);
    }
}
