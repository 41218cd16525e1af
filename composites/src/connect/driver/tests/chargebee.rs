use super::*;

fn chargebee() -> Driver {
    driver("chargebee", "https://acme-test.chargebee.com", &[])
}

#[test]
fn customers_are_asked_for_in_lists_of_json() {
    let driver = chargebee();
    let ask = ask("BillingCustomer", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001", "C-1\",\"2\\"])), @r#"
    GET /api/v2/customers
      ?cf_erp_id[in]=["C-1001","C-1\",\"2\\"]
      &limit=100
    "#);
    assert_eq!(driver.requests(&ask, &keys(&["C-1]"])).refused.len(), 1);
    let (pages, strays) = pages(&driver, &ask, &["C-1001", "C-1002"], shape!("chargebee", "customers"));
    assert_debug_snapshot!((pages, strays), @r#"
    (
        [
            [
                "unsure",
            ],
            [
                "unsure",
            ],
        ],
        1,
    )
    "#);
}

#[test]
fn the_number_may_be_the_id_itself() {
    let driver = driver("chargebee", "https://acme-test.chargebee.com", &[("customer_number_field", "id")]);
    let ask = ask("BillingCustomer", "customerNumber");
    assert!(readable(&request(&driver, &ask, &["cb_7"])).contains("?id[in]=[\"cb_7\"]"));
    let (pages, _) = pages(&driver, &ask, &["cb_10"], &shape!("chargebee", "customers").replace("next_offset", "end"));
    assert_eq!(pages, [[r#"id="cb_10" customerNumber="cb_10" name="Nobody asked""#]]);
}

#[test]
fn the_next_page_is_asked_for_with_the_offset_as_it_came() {
    let driver = chargebee();
    let ask = ask("BillingCustomer", "id");
    let rows = rows(&driver, &ask, &["cb_7"], shape!("chargebee", "customers"));
    assert!(rows.next.expect("a page").target.ends_with("&offset=%5B%221754438400000%22%2C%22230000000081%22%5D"));
}

#[test]
fn subscriptions_of_both_catalogues_map() {
    let driver = chargebee();
    let ask = ask("BillingSubscription", "billingId");
    assert_snapshot!(readable(&request(&driver, &ask, &["cb_7", "cb_8"])), @r#"
    GET /api/v2/subscriptions
      ?customer_id[in]=["cb_7","cb_8"]
      &limit=100
    "#);
    let (pages, _) = pages(&driver, &ask, &["cb_7", "cb_8"], shape!("chargebee", "subscriptions"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "id=\"sub_9\" status=PAST_DUE plan=\"pro-USD-monthly\" currentPeriodEnd=2025-09-06T00:00:00+00:00 cancelAtPeriodEnd=false quantity=2 amount=4201.00 USD customerNumber=\"C-1001\" billingId=\"cb_7\"",
            "id=\"sub_10\" status=ACTIVE plan=\"basic-JPY\" currentPeriodEnd=2025-09-06T00:00:00+00:00 cancelAtPeriodEnd=true quantity=1 amount=2000 JPY customerNumber=\"C-1001\" billingId=\"cb_7\"",
            "id=\"sub_11\" status=TRIAL plan=\"older\" cancelAtPeriodEnd=false quantity=3 amount=45.00 EUR billingId=\"cb_7\"",
        ],
        [],
    ]
    "#);
}

#[test]
fn refusals_are_told_by_their_code() {
    let driver = chargebee();
    let ask = ask("BillingCustomer", "id");
    let asked = request(&driver, &ask, &["cb_7"]);
    let read = |status, body: &str| driver.read(&ask, &asked, &answer(status, body)).expect_err("refused");
    assert_eq!(read(404, r#"{"api_error_code":"resource_not_found"}"#), Rejection::NotFound);
    assert!(matches!(read(404, r#"{"api_error_code":"site_not_found"}"#), Rejection::Failed { .. }));
    assert!(matches!(read(429, r#"{"api_error_code":"api_request_limit_exceeded"}"#), Rejection::Throttled(Some(_))));
    assert!(matches!(read(504, "<html>"), Rejection::Failed { retryable: true, .. }));
}

#[test]
fn products_are_item_prices_and_have_one_price_or_none() {
    let driver = chargebee();
    let ask = ask("Product", "sku");
    let wanted = ["pro-USD-monthly", "calls-USD", "setup-JPY", "gone-USD", "nothing"];
    assert_snapshot!(readable(&request(&driver, &ask, &wanted)), @r#"
    GET /api/v2/item_prices
      ?id[in]=["pro-USD-monthly","calls-USD","setup-JPY","gone-USD","nothing"]
      &limit=100
    "#);
    let (found, strays) = pages(&driver, &ask, &wanted, shape!("chargebee", "item_prices"));
    assert_debug_snapshot!((found, strays), @r#"
    (
        [
            [
                "sku=\"pro-USD-monthly\" name=\"Pro\" description=\"For teams\" listPrice=4200.00 USD",
            ],
            [
                "sku=\"calls-USD\" name=\"calls USD\"",
            ],
            [
                "sku=\"setup-JPY\" name=\"setup JPY\" listPrice=9800 JPY",
            ],
            [],
            [],
        ],
        1,
    )
    "#);
    assert_eq!(driver.requests(&ask, &keys(&["x]&status[is]=active"])).refused.len(), 1);
    assert_snapshot!(readable(&request(&driver, &ask, &[r#"x","y"#])), @r#"
    GET /api/v2/item_prices
      ?id[in]=["x\",\"y"]
      &limit=100
    "#);
}
