use super::*;

fn stripe() -> Driver {
    driver("stripe", "https://api.stripe.com", &[])
}

#[test]
fn customers_are_searched_ten_at_a_time_and_escaped() {
    let driver = stripe();
    let request = request(&driver, &ask("BillingCustomer", "customerNumber"), &["C-1001", r"x' OR name:'\"]);
    assert_snapshot!(readable(&request), @r#"
    GET /v1/customers/search
      ?query=metadata['erp_id']:'C-1001' OR metadata['erp_id']:'x\' OR name:\'\\'
      &limit=100
    "#);
    assert_eq!(request.headers["stripe-version"], "2026-06-24.dahlia");
    let many: Vec<Key> = (0..25).map(|n| Arc::from(format!("C-{n}"))).collect();
    assert_eq!(driver.requests(&ask("BillingCustomer", "customerNumber"), &many).chunks.len(), 3);
}

#[test]
fn one_call_brings_the_subscriptions_of_several_customers() {
    let driver = stripe();
    let ask = ask("BillingSubscription", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001", "C-1002"])), @r#"
    GET /v1/customers/search
      ?query=metadata['erp_id']:'C-1001' OR metadata['erp_id']:'C-1002'
      &limit=100
      &expand[]=data.subscriptions
    "#);
    let (pages, strays) = pages(&driver, &ask, &["C-1001", "C-1002"], shape!("stripe", "customers_with_subscriptions"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "id=\"sub_1\" status=ACTIVE plan=\"Fleet Pro\" currentPeriodEnd=2025-10-05T00:00:00+00:00 cancelAtPeriodEnd=false quantity=3 amount=62.97 EUR customerNumber=\"C-1001\" billingId=\"cus_1\"",
            "id=\"sub_2\" status=UNKNOWN plan=\"price_2\" currentPeriodEnd=2025-10-05T00:00:00+00:00 cancelAtPeriodEnd=true quantity=1 amount=2000 JPY customerNumber=\"C-1001\" billingId=\"cus_1\"",
        ],
        [],
    ]
    "#);
    assert_eq!(strays, 1);
}

#[test]
fn a_customer_with_more_subscriptions_than_come_along_is_asked_for_alone() {
    let body =
        shape!("stripe", "customers_with_subscriptions").replacen("\"has_more\": false", "\"has_more\": true", 1);
    let (pages, _) = pages(&stripe(), &ask("BillingSubscription", "customerNumber"), &["C-1001", "C-1002"], &body);
    assert_eq!(pages, [["unsure"], ["unsure"]]);
}

#[test]
fn subscriptions_of_older_shapes_map_too() {
    let driver = stripe();
    let ask = ask("BillingSubscription", "billingId");
    assert_snapshot!(readable(&request(&driver, &ask, &["cus_1"])), @r#"
    GET /v1/subscriptions
      ?customer=cus_1
      &status=all
      &limit=100
    "#);
    let (pages, _) = pages(&driver, &ask, &["cus_1"], shape!("stripe", "subscriptions_older"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "id=\"sub_old\" status=PAST_DUE plan=\"basic\" currentPeriodEnd=2025-10-05T00:00:00+00:00 cancelAtPeriodEnd=false quantity=2 amount=20.00 USD billingId=\"cus_1\"",
        ],
    ]
    "#);
}

#[test]
fn a_customer_by_id_is_one_object_and_a_deleted_one_is_none() {
    let driver = stripe();
    let ask = ask("BillingCustomer", "id");
    assert_snapshot!(readable(&request(&driver, &ask, &["cus_1"])), @"GET /v1/customers/cus_1");
    let (found, _) =
        pages(&driver, &ask, &["cus_1"], r#"{"id":"cus_1","name":"Acme","email":null,"metadata":{"erp_id":"C-1001"}}"#);
    assert_debug_snapshot!(found, @r#"
    [
        [
            "id=\"cus_1\" customerNumber=\"C-1001\" name=\"Acme\"",
        ],
    ]
    "#);
    let (deleted, _) = pages(&driver, &ask, &["cus_1"], r#"{"id":"cus_1","object":"customer","deleted":true}"#);
    assert_eq!(deleted, [[""; 0]]);
    assert_eq!(driver.requests(&ask, &keys(&["../balance"])).refused.len(), 1);
}

#[test]
fn lists_continue_behind_their_last_row_and_searches_by_their_page() {
    let driver = stripe();
    let list = ask("BillingSubscription", "billingId");
    let body = shape!("stripe", "subscriptions_older").replace("\"has_more\": false", "\"has_more\": true");
    let next = rows(&driver, &list, &["cus_1"], &body).next.expect("a page");
    assert!(next.target.ends_with("&starting_after=sub_old"), "{}", next.target);
    let search = ask("BillingCustomer", "customerNumber");
    let next =
        rows(&driver, &search, &["C-1"], r#"{"data":[],"has_more":true,"next_page":"p/2"}"#).next.expect("a page");
    assert!(next.target.ends_with("&page=p%2F2"), "{}", next.target);
}

#[test]
fn a_locked_object_is_no_limit() {
    let driver = stripe();
    let ask = ask("BillingCustomer", "id");
    let asked = request(&driver, &ask, &["cus_1"]);
    let of = |status, code: &str| {
        let body = format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}","message":"sk_live_x"}}}}"#);
        driver.read(&ask, &asked, &answer(status, &body)).expect_err("refused")
    };
    assert_debug_snapshot!([of(404, "resource_missing"), of(429, "lock_timeout"), of(429, "rate_limit"), of(400, "parameter_unknown")], @r#"
        [
            NotFound,
            Failed {
                retryable: true,
                cause: "HTTP 429 lock_timeout",
            },
            Throttled(
                None,
            ),
            Failed {
                retryable: false,
                cause: "HTTP 400 parameter_unknown",
            },
        ]
        "#);
}

#[test]
fn products_are_searched_by_their_number_and_a_price_is_a_fixed_amount_or_none() {
    let driver = stripe();
    let ask = ask("Product", "sku");
    let hostile = r"x' OR active:'true";
    assert_snapshot!(readable(&request(&driver, &ask, &["SRV-9", hostile])), @r"
    GET /v1/products/search
      ?query=metadata['sku']:'SRV-9' OR metadata['sku']:'x\' OR active:\'true'
      &limit=100
      &expand[]=data.default_price
    ");
    let (found, strays) =
        pages(&driver, &ask, &["SRV-9", "SRV-T", "SRV-0", "SRV-J", "SRV-OLD"], shape!("stripe", "products"));
    assert_debug_snapshot!((found, strays), @r#"
    (
        [
            [
                "sku=\"SRV-9\" name=\"Servo motor\" description=\"1.5 kW\" unit=\"piece\" listPrice=1249.50 EUR",
            ],
            [
                "sku=\"srv-t\" name=\"Priced by how many\"",
            ],
            [
                "sku=\"SRV-0\" name=\"Without a price\"",
            ],
            [
                "sku=\"SRV-J\" name=\"In yen\" listPrice=98000 JPY",
            ],
            [],
        ],
        1,
    )
    "#);
    let other = super::driver("stripe", "https://api.stripe.com", &[("sku_key", "item")]);
    assert!(readable(&request(&other, &ask, &["SRV-9"])).contains("?query=metadata['item']:'SRV-9'"));
}
