use super::*;

fn filter(condition: &str) -> Result<Condition, Malformed> {
    query(&format!("SELECT Id FROM Account WHERE {condition}")).map(|query| query.filter.unwrap())
}

fn literal(text: &str) -> Literal {
    match filter(&format!("Name = {text}")).unwrap() {
        Condition::Compare(_, Comparison::Equal, literal) => literal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_query_with_everything_is_read() {
    let read = query(
        "select Id, Account.Owner.Name, (SELECT Asset.SerialNumber FROM ContractLineItems WHERE Status = 'Active' LIMIT 5) \
         from ServiceContract where (Account.AccountNumber in ('C-1','C-2') AND EndDate >= 2026-01-01) \
         order by EndDate desc nulls last, Id limit 200 offset 10",
    )
    .unwrap();
    assert_eq!(read.select.len(), 3);
    assert_eq!(read.from.text, "ServiceContract");
    assert_eq!((read.limit, read.offset), (Some(200), Some(10)));
    assert_eq!(
        read.order.iter().map(|o| (o.descending, o.nulls_last)).collect::<Vec<_>>(),
        [(true, true), (false, false)]
    );
    assert!(matches!(&read.select[2], Selected::Children(inner) if inner.limit == Some(5)));
}

#[test]
fn hostile_texts_stay_inside_their_quotes() {
    for value in ["' OR Id != '", r"\' OR Id != \'", r"\", "a\\'b", "\"", "--", "/*", "%", "\n\r\t", "😀'"] {
        let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
        assert_eq!(literal(&format!("'{escaped}'")), Literal::Text(value.into()));
    }
}

#[test]
fn an_unescaped_backslash_lets_a_value_out() {
    // What a driver that escapes quotes but not backslashes would send for the value `\' OR Id != '`.
    let broken = filter(r"Name = '\\' OR Id != '\'' ");
    assert!(matches!(broken, Ok(Condition::Any(_))), "{broken:?}");
}

#[test]
fn literals_have_types() {
    assert_eq!(literal("null"), Literal::Null);
    assert_eq!(literal("TRUE"), Literal::Bool(true));
    assert_eq!(literal("-12.50"), Literal::Number(Decimal::new(-1250, 2)));
    assert_eq!(literal("2026-05-01"), Literal::Date(NaiveDate::from_ymd_opt(2026, 5, 1).unwrap()));
    assert_eq!(literal("2026-05-01T09:25:37+02:00"), literal("2026-05-01T07:25:37Z"));
    assert_eq!(literal("2026-05-01T09:25:37.000+0200"), literal("2026-05-01T07:25:37Z"));
}

#[test]
fn and_with_or_needs_brackets() {
    assert!(filter("Name = 'a' AND Name = 'b' OR Name = 'c'").is_err());
    assert!(filter("Name = 'a' OR Name = 'b' AND Name = 'c'").is_err());
    assert!(filter("(Name = 'a' OR Name = 'b') AND NOT Name = 'c'").is_ok());
}

#[test]
fn what_is_no_query_is_refused_where_it_stops_being_one() {
    let at = |text: &str| query(text).unwrap_err().at;
    assert_eq!(at("SELECT Id FROM"), 14);
    assert_eq!(at("SELECT Id Account"), 10);
    assert_eq!(at("SELECT Id FROM Account WHERE Name = 'a' x"), 40);
    for wrong in [
        "",
        "SELECT",
        "SELECT * FROM Account",
        "SELECT FROM Account",
        "SELECT Id, FROM Account",
        "DELETE FROM Account",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name IN ()",
        "SELECT Id FROM Account LIMIT -1",
        "SELECT Id FROM Account WHERE Name = Name",
        "SELECT Id FROM Account WHERE Name LIKE 5",
        "SELECT Id FROM Account;",
        "SELECT Id FROM Account OFFSET 5 LIMIT 5",
        "SELECT Id FROM Account LIMIT 99999999999999999999999",
        "SELECT Id FROM Account WHERE Name = 2026-13-01",
        "SELECT MAX(Id) FROM Account",
    ] {
        assert!(query(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
    let brackets = format!("{}Name = 'a'{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(filter(&brackets).is_err());
    assert!(filter(&format!("{} Name = 'a'", "NOT ".repeat(10_000))).is_err());
    assert!(query(&"SELECT (".repeat(10_000)).is_err());
    assert!(filter("((((((Name = 'a'))))))").is_ok());
}

#[test]
fn texts_and_queries_have_a_greatest_length() {
    assert!(filter(&format!("Name = '{}'", "x".repeat(4_001))).is_err());
    assert!(filter(&format!("Name = '{}'", "x".repeat(4_000))).is_ok());
    assert!(query(&" ".repeat(100_001)).is_err());
}
