use super::*;

fn servicenow() -> Driver {
    driver("servicenow", "https://acme.service-now.com", &[("support_level_field", "u_support_level")])
}

#[test]
fn rows_that_come_with_a_dropped_condition_go_no_further() {
    let driver = servicenow();
    let ask = ask("SupportOrganization", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001", "C-1002"])), @"
    GET /api/now/table/customer_account
      ?sysparm_query=u_external_idINC-1001,C-1002^ORDERBYsys_id
      &sysparm_fields=sys_id,sys_id,u_external_id,name,website
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
    let (pages, strays) = pages(&driver, &ask, &["C-1001", "C-1002"], shape!("servicenow", "accounts"));
    assert_debug_snapshot!((pages, strays), @r#"
    (
        [
            [
                "id=\"8a7b6c5d4e3f20101112131415161718\" customerNumber=\"C-1001\" name=\"Acme Robotics\" domains=[\"acme.test\"]",
            ],
            [],
        ],
        1,
    )
    "#);
}

#[test]
fn no_key_begins_a_condition_a_value_or_a_script() {
    let driver = servicenow();
    let hostile = ["C-1^NQactive=true", "C-1^ORsys_idISNOTEMPTY", "C-1,C-2", "javascript:gs.getUserID()", "C-1^^"];
    for by in ["customerNumber", "number", "orderNumber"] {
        assert_eq!(driver.requests(&ask("Case", by), &keys(&hostile)).refused.len(), hostile.len(), "{by}");
    }
    assert_eq!(driver.requests(&ask("Case", "supportId"), &keys(&hostile)).refused.len(), hostile.len());
}

#[test]
fn open_cases_of_accounts_are_one_query() {
    let driver = servicenow();
    let mut ask = first("Case", "customerNumber", 20);
    ask.narrow.open = Some(true);
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001"])), @"
    GET /api/now/table/sn_customerservice_case
      ?sysparm_query=account.u_external_idINC-1001^active=true^ORDERBYDESCopened_at^ORDERBYDESCsys_id
      &sysparm_fields=sys_id,number,short_description,state,priority,opened_at,sys_updated_on,contact,account,account.u_external_id,correlation_id
      &sysparm_exclude_reference_link=true
      &sysparm_limit=21
    ");
    let (pages, _) = pages(&driver, &ask, &["C-1001"], shape!("servicenow", "cases"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"CS0001001\" subject=\"Servo fault\" status=OPEN priority=HIGH openedAt=2026-10-05T09:15:00+00:00 updatedAt=2026-10-05T10:00:00+00:00 requesterId=\"62826bf03710200044e0bfc8bcbe5df1\" supportId=\"8a7b6c5d4e3f20101112131415161718\" customerNumber=\"C-1001\" orderNumber=\"SO-1042\"",
            "number=\"CS0001002\" subject=\"Own state\" status=UNKNOWN openedAt=2026-10-04T09:15:00+00:00 updatedAt=2026-10-04T10:00:00+00:00 supportId=\"8a7b6c5d4e3f20101112131415161718\" customerNumber=\"C-1001\"",
        ],
    ]
    "#);
}

#[test]
fn a_short_page_is_not_the_last_before_the_total_is_reached() {
    let driver = servicenow();
    let ask = ask("Case", "customerNumber");
    let asked = request(&driver, &ask, &["C-1001"]);
    let mut told = answer(200, shape!("servicenow", "cases"));
    told.headers.insert("x-total-count", HeaderValue::from_static("401"));
    let second = driver.read(&ask, &asked, &told).expect("rows").next.expect("a page");
    assert!(second.target.ends_with("&sysparm_offset=200"), "{}", second.target);
    let empty = Answer { body: Bytes::from_static(b"{\"result\":[]}"), ..told };
    let third = driver.read(&ask, &second, &empty).expect("no rows").next.expect("a page");
    assert!(third.target.ends_with("&sysparm_offset=400"), "{}", third.target);
    assert_eq!(driver.read(&ask, &third, &empty).expect("no rows").next, None);
    assert_eq!(driver.read(&ask, &asked, &answer(200, "{\"result\":[]}")).expect("no rows").next, None);
}

#[test]
fn a_later_page_is_not_left_to_a_system_that_hides_rows() {
    let driver = servicenow();
    let mut ask = first("Case", "customerNumber", 2);
    ask.narrow.after = Some("MjAuQ1M".into());
    assert!(readable(&request(&driver, &ask, &["C-1001"])).ends_with("&sysparm_limit=200"));
}

#[test]
fn rows_with_an_error_behind_them_are_no_answer() {
    let driver = servicenow();
    let ask = ask("SupportOrganization", "id");
    let asked = request(&driver, &ask, &["8a7b6c5d4e3f20101112131415161718"]);
    let body = r#"{"result":[{"sys_id":"1"}],"error":{"message":"Transaction cancelled"},"status":"failure"}"#;
    let read = |status, body: &str| driver.read(&ask, &asked, &answer(status, body)).expect_err("refused");
    assert!(matches!(read(200, body), Rejection::Failed { retryable: true, .. }));
    assert_eq!(read(404, r#"{"error":{"message":"No Record found"},"status":"failure"}"#), Rejection::NotFound);
    let table = r#"{"error":{"message":"Invalid table foo","detail":null},"status":"failure"}"#;
    assert!(matches!(read(400, table), Rejection::Failed { retryable: false, .. }));
}

#[test]
fn assets_contracts_and_entitlements_find_their_customer_through_the_account() {
    let driver = servicenow();
    let told = |entity, shape| pages(&driver, &ask(entity, "customerNumber"), &["C-1001"], shape).0;
    assert_snapshot!(readable(&request(&driver, &ask("Asset", "customerNumber"), &["C-1001"])), @"
    GET /api/now/table/alm_asset
      ?sysparm_query=account.u_external_idINC-1001^serial_numberISNOTEMPTY^ORDERBYsys_id
      &sysparm_fields=sys_id,serial_number,model.name,install_date,purchase_date,warranty_expiration,account.u_external_id,account
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
    assert_debug_snapshot!([
        told("Asset", shape!("servicenow", "assets")),
        told("Contract", shape!("servicenow", "contracts")),
        told("ServiceEntitlement", shape!("servicenow", "entitlements")),
    ], @r#"
    [
        [
            [
                "serialNumber=\"SN-0001\" sku=\"SRV-9\" installedOn=2025-10-01 warrantyEndsOn=2028-10-01 customerNumber=\"C-1001\" accountId=\"8a7b6c5d4e3f20101112131415161718\"",
            ],
        ],
        [
            [
                "number=\"CNTR0000102\" status=ACTIVE startsOn=2026-07-01 endsOn=2027-06-30 supportLevel=PREMIUM customerNumber=\"C-1001\" accountId=\"8a7b6c5d4e3f20101112131415161718\"",
            ],
        ],
        [
            [
                "reference=\"ENT0001001\" status=ACTIVE startsOn=2026-07-01 endsOn=2027-06-30 serialNumber=\"SN-0001\" customerNumber=\"C-1001\" accountId=\"8a7b6c5d4e3f20101112131415161718\"",
            ],
        ],
    ]
    "#);
    assert_snapshot!(readable(&request(&driver, &ask("ServiceEntitlement", "serialNumber"), &["SN-1"])), @"
    GET /api/now/table/service_entitlement
      ?sysparm_query=asset.serial_numberINSN-1^ORDERBYsys_id
      &sysparm_fields=sys_id,number,active,start_date,end_date,asset.serial_number,account.u_external_id,account
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
}

#[test]
fn accounts_are_the_customers_own_and_their_domain_is_asked_for_in_every_form() {
    let driver = driver("servicenow", "https://acme.service-now.com", &[("segment_field", "u_segment")]);
    let by_number = ask("Account", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &by_number, &["C-1001"])), @"
    GET /api/now/table/customer_account
      ?sysparm_query=u_external_idINC-1001^ORDERBYsys_id
      &sysparm_fields=sys_id,sys_id,name,u_segment,website,account_parent,phone,street,city,state,zip,country,u_external_id
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
    let (found, strays) = pages(&driver, &by_number, &["C-1001", "C-1002"], shape!("servicenow", "customer_accounts"));
    assert_debug_snapshot!((found, strays), @r#"
    (
        [
            [
                "id=\"8a7b6c5d4e3f20101112131415161718\" name=\"Acme Robotics\" segment=\"Enterprise\" website=\"https://www.acme.test\" phone=\"+1 555 0100\" billingAddress=(street=\"1 Servo Way\" city=\"Lansing\" region=\"MI\" postalCode=\"48901\" country=\"USA\") customerNumber=\"C-1001\" parentId=\"00000000000000000000000000000009\" domain=\"acme.test\"",
            ],
            [],
        ],
        2,
    )
    "#);
    let by_id = ask("Account", "id");
    let (found, _) =
        pages(&driver, &by_id, &["00000000000000000000000000000002"], shape!("servicenow", "customer_accounts"));
    assert_debug_snapshot!(found, @r#"
    [
        [
            "id=\"00000000000000000000000000000002\" name=\"No customer yet\"",
        ],
    ]
    "#);
    let by_domain = ask("Account", "domain");
    assert_snapshot!(readable(&request(&driver, &by_domain, &["www.Acme.test"])), @"
    GET /api/now/table/customer_account
      ?sysparm_query=websiteINacme.test,www.acme.test,https://acme.test,https://www.acme.test,http://acme.test,http://www.acme.test,https://acme.test/,https://www.acme.test/^ORDERBYsys_id
      &sysparm_fields=sys_id,sys_id,name,u_segment,website,account_parent,phone,street,city,state,zip,country,u_external_id
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
    let (found, strays) = pages(&driver, &by_domain, &["acme.test"], shape!("servicenow", "customer_accounts"));
    assert_eq!((found[0].len(), strays), (1, 2));
}

#[test]
fn who_has_left_is_no_contact_and_who_was_not_asked_for_goes_no_further() {
    let driver = servicenow();
    let shape = shape!("servicenow", "contacts");
    let of = |by, key| pages(&driver, &ask("Contact", by), &[key], shape);
    let (found, strays) = of("customerNumber", "C-1001");
    assert_debug_snapshot!((&found, strays), @r#"
    (
        [
            [
                "id=\"62826bf03710200044e0bfc8bcbe5df1\" name=\"Jo Blake\" email=\"Jo@acme.test\" phone=\"+1 555 0101\" role=\"Line manager\" accountId=\"8a7b6c5d4e3f20101112131415161718\" customerNumber=\"C-1001\"",
            ],
        ],
        2,
    )
    "#);
    for (by, key) in [
        ("accountId", "8a7b6c5d4e3f20101112131415161718"),
        ("email", "jo@acme.test"),
        ("id", "62826bf03710200044e0bfc8bcbe5df1"),
    ] {
        assert_eq!(of(by, key), (found.clone(), strays), "{by}");
    }
    let asked = |by, key| readable(&request(&driver, &ask("Contact", by), &[key]));
    assert_snapshot!(asked("customerNumber", "C-1001"), @"
    GET /api/now/table/customer_contact
      ?sysparm_query=account.u_external_idINC-1001^active=true^ORDERBYsys_id
      &sysparm_fields=sys_id,sys_id,name,email,phone,title,account,account.u_external_id,active
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
    assert_snapshot!(asked("accountId", "8a7b6c5d4e3f20101112131415161718"), @"
    GET /api/now/table/customer_contact
      ?sysparm_query=accountIN8a7b6c5d4e3f20101112131415161718^active=true^ORDERBYsys_id
      &sysparm_fields=sys_id,sys_id,name,email,phone,title,account,account.u_external_id,active
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
    assert_snapshot!(asked("email", "jo+servo@acme.test"), @"
    GET /api/now/table/customer_contact
      ?sysparm_query=emailINjo+servo@acme.test^active=true^ORDERBYsys_id
      &sysparm_fields=sys_id,sys_id,name,email,phone,title,account,account.u_external_id,active
      &sysparm_exclude_reference_link=true
      &sysparm_limit=200
    ");
}

#[test]
fn no_key_of_an_account_or_a_contact_begins_a_condition_a_value_or_a_script() {
    let driver = servicenow();
    let hostile = ["a^NQactive=true", "a^ORsys_idISNOTEMPTY", "a,b", "javascript:gs.getUserID()", "a^^", "a:b"];
    for (entity, by) in [
        ("Account", "customerNumber"),
        ("Account", "id"),
        ("Account", "domain"),
        ("Contact", "customerNumber"),
        ("Contact", "accountId"),
        ("Contact", "email"),
        ("Asset", "accountId"),
        ("Contract", "accountId"),
        ("ServiceEntitlement", "accountId"),
    ] {
        assert_eq!(driver.requests(&ask(entity, by), &keys(&hostile)).refused.len(), hostile.len(), "{entity} {by}");
    }
}

#[test]
fn what_an_account_has_is_found_without_a_number_too() {
    let driver = servicenow();
    let account = "8a7b6c5d4e3f20101112131415161718";
    for (entity, shape) in [
        ("Asset", shape!("servicenow", "assets")),
        ("Contract", shape!("servicenow", "contracts")),
        ("ServiceEntitlement", shape!("servicenow", "entitlements")),
    ] {
        let ask = ask(entity, "accountId");
        let asked = readable(&request(&driver, &ask, &[account]));
        assert!(asked.contains(&format!("?sysparm_query=accountIN{account}^")), "{asked}");
        assert_eq!(pages(&driver, &ask, &[account], shape).0[0].len(), 1, "{entity}");
    }
}
