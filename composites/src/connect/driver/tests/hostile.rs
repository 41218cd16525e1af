//! Answers that no contract allows.

use std::time::Duration;

use super::*;

fn d365() -> Driver {
    driver("dynamics365", "https://erp.test/root", &[("company", "acme"), ("currency", "EUR")])
}

fn read(driver: &Driver, status: u16, body: &str, headers: &[(&'static str, &'static str)]) -> Result<Rows, Rejection> {
    let ask = ask("Customer", "number");
    let mut answer = answer(status, body);
    for (name, value) in headers {
        answer.headers.insert(*name, HeaderValue::from_static(value));
    }
    driver.read(&ask, &request(driver, &ask, &["C-1"]), &answer)
}

#[test]
fn what_is_no_json_is_malformed_and_never_quoted() {
    let driver = d365();
    let html = [("content-type", "text/html; charset=utf-8")];
    let of = |body, headers: &[(&'static str, &'static str)]| read(&driver, 200, body, headers).expect_err("malformed");
    assert_debug_snapshot!(
        [of("<html>secret</html>", &html), of("<html>", &[]), of("{\"value\":[{", &[]), of("", &[]), of("{}", &[]), of("{\"value\":{}}", &[])],
        @r#"
    [
        Malformed(
            "an HTML page",
        ),
        Malformed(
            "no JSON: its syntax is wrong",
        ),
        Malformed(
            "no JSON: it ends too early",
        ),
        Malformed(
            "no JSON: it ends too early",
        ),
        Malformed(
            "the rows are not where the pack says",
        ),
        Malformed(
            "the rows are not where the pack says",
        ),
    ]
    "#
    );
}

#[test]
fn the_next_page_stays_on_the_systems_own_host_and_below_its_base() {
    let driver = d365();
    let next = |link: &str| {
        let body = format!("{{\"value\":[],\"@odata.nextLink\":\"{link}\"}}");
        read(&driver, 200, &body, &[]).map(|rows| rows.next.map(|next| next.target))
    };
    assert_eq!(next("https://erp.test/root/data/CustomersV3?$skip=1"), Ok(Some("/data/CustomersV3?$skip=1".into())));
    assert_eq!(next("/root/data/X"), Ok(Some("/data/X".into())));
    for elsewhere in [
        "https://evil.test/root/data/X",
        "http://erp.test/root/data/X",
        "https://erp.test:444/root/data/X",
        "https://u:p@erp.test/root/data/X",
        "https://erp.test/other",
        "https://erp.test/root/../admin",
        "https://erp.test/rootless",
        "//evil.test/root/data",
        "file:///etc/passwd",
    ] {
        assert!(matches!(next(elsewhere), Err(Rejection::Malformed(_))), "{elsewhere}");
    }
    let ask = ask("Customer", "number");
    let asked = request(&driver, &ask, &["C-1"]);
    let itself = format!("{{\"value\":[],\"@odata.nextLink\":\"https://erp.test/root{}\"}}", asked.target);
    let looped = driver.read(&ask, &asked, &answer(200, &itself));
    assert!(matches!(looped, Err(Rejection::Malformed(_))), "{looped:?}");
}

#[test]
fn refusals_are_told_apart() {
    let driver = d365();
    let error = r#"{"error":{"code":"","message":"An error has occurred. Bearer abc"}}"#;
    let of = |status| read(&driver, status, error, &[]).expect_err("refused");
    assert_debug_snapshot!([of(302), of(400), of(401), of(403), of(404), of(429), of(500), of(503)], @r#"
    [
        Failed {
            retryable: false,
            cause: "HTTP 302",
        },
        Failed {
            retryable: false,
            cause: "HTTP 400",
        },
        Unauthorized,
        Forbidden(
            "HTTP 403",
        ),
        Failed {
            retryable: false,
            cause: "HTTP 404",
        },
        Throttled(
            Some(
                30s,
            ),
        ),
        Failed {
            retryable: true,
            cause: "HTTP 500",
        },
        Failed {
            retryable: true,
            cause: "HTTP 503",
        },
    ]
    "#);
}

#[test]
fn waiting_times_are_taken_within_reason() {
    let driver = d365();
    let wait = |headers: &[(&'static str, &'static str)]| match read(&driver, 429, "slow down", headers) {
        Err(Rejection::Throttled(wait)) => wait.map(|wait| wait.as_secs()),
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(&[("retry-after", "17")]), Some(17));
    assert_eq!(wait(&[]), Some(30), "as the pack says");
    assert_eq!(wait(&[("retry-after", "-5")]), Some(30));
    assert_eq!(wait(&[("retry-after", "soon")]), Some(30));
    assert_eq!(wait(&[("retry-after", "99999999999999999999")]), Some(86_400));
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), date]), Some(60));
    assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:48:37 GMT"), date]), Some(0));
    assert_eq!(
        wait(&[("retry-after", "Sat, 06 Nov 2094 08:48:37 GMT"), date]),
        Some(Duration::from_hours(24).as_secs())
    );
}

#[test]
fn changed_shapes_become_reasons_and_never_wrong_values() {
    let body = r#"{"value":[
        {"dataAreaId":"acme","CustomerAccount":"C-1","OrganizationName":{"new":"shape"},"PrimaryContactEmail":null},
        {"dataAreaId":"acme","OrganizationName":"Nobody"}]}"#;
    let driver = d365();
    let ask = ask("Customer", "number");
    let rows = rows(&driver, &ask, &["C-1"], body);
    assert_debug_snapshot!(rows.drifts.iter().map(|Drift { field, kind, .. }| format!("{field} {kind}")).collect::<Vec<_>>(), @r#"
    [
        "name retyped",
        "currency missing",
        "number missing",
        "email missing",
    ]
    "#);
    let sorted = driver.sort_out(&ask, &keys(&["C-1"]), rows.records, true);
    assert_eq!(sorted.strays, 1);
    let Sorting::Page(page) = &sorted.keys[0] else { panic!("a page") };
    assert_snapshot!(shown(&page.rows[0]), @r#"number="C-1" name=!`Customer.name` is not of the type that its contract promises currency=!`Customer.currency` is missing from the system's answer"#);
}

#[test]
fn numbers_are_exact_or_refused() {
    let driver = d365();
    let limit = |number: &str| {
        let body = format!(
            r#"{{"value":[{{"dataAreaId":"acme","CustomerAccount":"C-1","CreditLimit":{number},"OnHoldStatus":"No","PaymentTerms":""}}]}}"#
        );
        let rows = rows(&driver, &ask("Receivables", "customerNumber"), &["C-1"], &body);
        value_shown(rows.records[0].get("creditLimit"))
    };
    assert_eq!(limit("0.1"), "0.1 EUR");
    assert_eq!(limit("12345678901234567.89"), "12345678901234567.89 EUR");
    assert_eq!(limit("1.5e3"), "1500 EUR");
    assert_eq!(limit("\"100.00\""), "100.00 EUR");
    for wrong in ["true", "\"1,000\"", "1e400", "[]", "123456789012345678901234567890123"] {
        assert!(limit(wrong).starts_with('!'), "{wrong}: {}", limit(wrong));
    }
}

/// A closed row that is told and one that cannot be assigned: what is left for "open ones" is not nothing.
#[test]
fn a_row_that_cannot_be_assigned_is_missed_behind_every_narrowing() {
    let driver = driver("tryton", "http://erp.test/erp", &[("currency", "EUR")]);
    let sorted = |statuses: &[&'static str], second: Value| {
        let ask = Ask {
            narrow: Narrow { statuses: statuses.to_vec(), ..Narrow::default() },
            ..ask("Order", "customerNumber")
        };
        let order = |customer: Value, status: &'static str| {
            let mut order = Record::new(ask.entity);
            order.set("customerNumber", customer);
            order.set("status", Value::Enum(status));
            order
        };
        let records = vec![order(Value::text("C-1"), "CANCELLED"), order(second, "OPEN")];
        match driver.sort_out(&ask, &keys(&["C-1"]), records, true).keys.remove(0) {
            Sorting::Page(page) => format!("{} rows, unread: {}", page.rows.len(), page.unread.is_some()),
            Sorting::Failed(failure) => failure.code.to_string(),
            Sorting::Unsure => "unsure".to_owned(),
        }
    };
    let lost = || Value::Failed(Arc::new(Failure::new(Code::UpstreamMalformed, "`Order.customerNumber` is missing.")));
    assert_eq!(sorted(&["OPEN"], lost()), "upstream_malformed");
    assert_eq!(sorted(&[], lost()), "1 rows, unread: true");
    assert_eq!(sorted(&["OPEN"], Value::text("C-1")), "1 rows, unread: false");
    assert_eq!(sorted(&["SHIPPED"], Value::text("C-1")), "0 rows, unread: false");
}
