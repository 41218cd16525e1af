use super::*;

fn salesforce() -> Driver {
    driver("salesforce", "https://acme.my.salesforce.com", &[])
}

#[test]
fn accounts_are_selected_by_name_of_field_and_escaped() {
    let request = request(&salesforce(), &ask("Account", "customerNumber"), &["C-1001", r"\' OR Id != '"]);
    assert_snapshot!(readable(&request), @r#"
    GET /services/data/v66.0/query
      ?q=SELECT Id, Name, Owner.Name, Segment__c, Website, ParentId, Phone, BillingStreet, BillingCity, BillingState, BillingPostalCode, BillingCountry, AccountNumber FROM Account WHERE AccountNumber IN ('C-1001','\\\' OR Id != \'') ORDER BY Id DESC
    "#);
}

#[test]
fn contracts_bring_their_lines_along() {
    let driver = salesforce();
    let ask = first("Contract", "customerNumber", 20);
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001"])), @r#"
    GET /services/data/v66.0/query
      ?q=SELECT ContractNumber, Status, StartDate, EndDate, Support_Level__c, Account.AccountNumber, AccountId, (SELECT Asset.SerialNumber FROM ContractLineItems) FROM ServiceContract WHERE Account.AccountNumber = 'C-1001' ORDER BY StartDate DESC, Id DESC LIMIT 21
    "#);
    let (pages, _) = pages(&driver, &ask, &["C-1001"], shape!("salesforce", "contracts"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"00000101\" status=ACTIVE startsOn=2026-01-01 endsOn=2026-12-31 supportLevel=PREMIUM coversSerialNumbers=[\"SN-77\"] customerNumber=\"C-1001\" accountId=\"001dM00003jU9GyQAK\"",
            "number=\"00000100\" status=EXPIRED startsOn=2025-01-01 endsOn=2025-12-31 supportLevel=UNKNOWN coversSerialNumbers=[] customerNumber=\"C-1001\" accountId=\"001dM00003jU9GyQAK\"",
        ],
    ]
    "#);
}

#[test]
fn a_contract_whose_lines_were_cut_is_not_taken_for_whole() {
    let body = shape!("salesforce", "contracts")
        .replace("\"done\": true,\n          \"records\"", "\"done\": false,\n          \"records\"");
    let (pages, _) = pages(&salesforce(), &ask("Contract", "customerNumber"), &["C-1001"], &body);
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "too_many_rows: there are more rows of Contract than one answer may read",
        ],
    ]
    "#);
}

#[test]
fn accounts_contacts_assets_and_entitlements_map() {
    let driver = salesforce();
    let of = |entity, by, key, body| pages(&driver, &ask(entity, by), &[key], body).0;
    assert_debug_snapshot!(of("Account", "domain", "acme.test", shape!("salesforce", "accounts")), @r#"
    [
        [
            "id=\"001dM00003jU9GyQAK\" name=\"Acme Robotics\" owner=\"Ann Poe\" segment=\"Enterprise\" website=\"https://www.Acme.test/shop\" phone=\"+49 1\" billingAddress=(street=\"Main St 1\" city=\"Ulm\" postalCode=\"89073\" country=\"Germany\") customerNumber=\"C-1001\" domain=\"acme.test\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Contact", "email", "JO@acme.test", shape!("salesforce", "contacts")), @r#"
    [
        [
            "id=\"003dM000001AbCdQAK\" name=\"Jo Doe\" email=\"jo@acme.test\" phone=\"+49 2\" role=\"Buyer\" accountId=\"001dM00003jU9GyQAK\" customerNumber=\"C-1001\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Asset", "serialNumber", "SN-77", shape!("salesforce", "assets")), @r#"
    [
        [
            "serialNumber=\"SN-77\" sku=\"P-1\" installedOn=2026-01-15 orderNumber=\"SO-1042\" warrantyEndsOn=2028-01-15",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("ServiceEntitlement", "serialNumber", "SN-77", shape!("salesforce", "entitlements")), @r#"
    [
        [
            "reference=\"Gold support\" status=ACTIVE startsOn=2026-01-01 endsOn=2026-12-31 serialNumber=\"SN-77\" customerNumber=\"C-1001\" accountId=\"001dM00003jU9GyQAK\"",
        ],
    ]
    "#);
}

#[test]
fn short_and_long_ids_are_the_same_account() {
    let driver = salesforce();
    let ask = ask("Account", "id");
    let request = request(&driver, &ask, &["001dM00003jU9Gy"]);
    assert!(readable(&request).contains("Id = '001dM00003jU9GyQAK'"));
    let (pages, strays) = pages(&driver, &ask, &["001dM00003jU9Gy"], shape!("salesforce", "accounts"));
    assert_eq!((pages[0].len(), strays), (1, 0));
    let refused = driver.requests(&ask, &keys(&["001' OR Id != '"])).refused;
    assert_eq!(refused[0].1.code, Code::KeyRefused);
}

#[test]
fn a_domain_is_looked_for_in_the_ways_people_write_it() {
    let request = request(&salesforce(), &ask("Account", "domain"), &["acme.test"]);
    assert!(readable(&request).contains("Website IN ('acme.test','www.acme.test','https://acme.test',"));
}

#[test]
fn the_daily_limit_is_no_missing_permission() {
    let driver = salesforce();
    let ask = ask("Account", "id");
    let asked = request(&driver, &ask, &["001dM00003jU9Gy"]);
    let of = |status, code: &str, message: &str| {
        let body = format!(r#"[{{"message":"{message}","errorCode":"{code}"}}]"#);
        driver.read(&ask, &asked, &answer(status, &body)).expect_err("refused")
    };
    assert_debug_snapshot!([
        of(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        of(403, "API_DISABLED_FOR_ORG", "no"),
        of(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        of(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
        of(400, "INVALID_FIELD", "No such column"),
        of(400, "QUERY_TIMEOUT", "slow"),
        of(404, "NOT_FOUND", "The requested resource does not exist"),
        of(500, "UNKNOWN_EXCEPTION", "bug"),
    ], @r#"
    [
        Throttled(
            Some(
                60s,
            ),
        ),
        Forbidden(
            "HTTP 403 API_DISABLED_FOR_ORG",
        ),
        Unauthorized,
        Forbidden(
            "HTTP 401 INVALID_SESSION_ID",
        ),
        Failed {
            retryable: false,
            cause: "HTTP 400 INVALID_FIELD",
        },
        Failed {
            retryable: true,
            cause: "HTTP 400 QUERY_TIMEOUT",
        },
        Failed {
            retryable: false,
            cause: "HTTP 404 NOT_FOUND",
        },
        Failed {
            retryable: true,
            cause: "HTTP 500 UNKNOWN_EXCEPTION",
        },
    ]
    "#);
}

#[test]
fn the_next_page_is_followed_verbatim() {
    let driver = salesforce();
    let ask = ask("Contact", "customerNumber");
    let body = r#"{"totalSize":4000,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2000","records":[]}"#;
    let rows = rows(&driver, &ask, &["C-1001"], body);
    assert_eq!(rows.next.expect("a page").target, "/services/data/v66.0/query/0r8xx5R2yF2gs3VASQ-2000");
}
