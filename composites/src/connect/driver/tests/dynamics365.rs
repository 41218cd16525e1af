use super::*;

fn d365() -> Driver {
    let settings = [("company", "acme"), ("currency", "EUR")];
    driver("dynamics365", "https://acme.operations.dynamics.com", &settings)
}

#[test]
fn customers_are_asked_for_in_their_company_only() {
    let request = request(&d365(), &ask("Customer", "number"), &["C-1001", "O'Brien & Söhne"]);
    assert_snapshot!(readable(&request), @r#"
    GET /data/CustomersV3
      ?cross-company=true
      &$filter=dataAreaId eq 'acme' and (CustomerAccount eq 'C-1001' or CustomerAccount eq 'O''Brien & Söhne')
      &$select=CustomerAccount,OrganizationName,PrimaryContactEmail,SalesCurrencyCode,dataAreaId
      &$orderby=CustomerAccount
    "#);
    assert!(request.target.contains("O%27%27Brien%20%26%20S%C3%B6hne"));
    assert_eq!(request.headers["odata-maxversion"], "4.0");
}

#[test]
fn a_page_of_orders_is_the_systems_work_for_one_customer_and_ours_for_several() {
    let driver = d365();
    let mut ask = first("Order", "customerNumber", 20);
    ask.narrow.statuses = vec!["OPEN", "SHIPPED"];
    assert_snapshot!(readable(&request(&driver, &ask, &["C-1001"])), @"
    GET /data/SalesOrderHeadersV2
      ?cross-company=true
      &$filter=dataAreaId eq 'acme' and OrderingCustomerAccountNumber eq 'C-1001' and (SalesOrderStatus eq Microsoft.Dynamics.DataEntities.SalesStatus'Backorder' or SalesOrderStatus eq Microsoft.Dynamics.DataEntities.SalesStatus'Delivered')
      &$select=SalesOrderNumber,SalesOrderStatus,OrderCreationDateTime,RequestedShippingDate,CustomersOrderReference,DeliveryAddressStreet,DeliveryAddressCity,DeliveryAddressStateId,DeliveryAddressZipCode,DeliveryAddressCountryRegionId,OrderTotalAmount,AreTotalsCalculated,CurrencyCode,OrderingCustomerAccountNumber,dataAreaId
      &$orderby=OrderCreationDateTime desc,SalesOrderNumber desc
      &$top=21
    ");
    assert!(!request(&driver, &ask, &["C-1001", "C-1002"]).target.contains("$top"));
    ask.narrow.statuses = vec!["UNKNOWN"];
    let local = request(&driver, &ask, &["C-1001"]);
    assert!(!local.target.contains("$top") && !local.target.contains("SalesStatus"), "anything may be unknown");
}

#[test]
fn orders_map_with_their_traps() {
    let (pages, strays) =
        pages(&d365(), &ask("Order", "number"), &["SO-1042", "so-1043", "SO-1"], shape!("dynamics365", "orders"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "number=\"SO-1042\" status=OPEN statusText=\"Backorder\" orderedAt=2026-05-02T09:30:00+00:00 shipTo=(street=\"Hafenstrasse 1\" city=\"Hamburg\" postalCode=\"20095\" country=\"DEU\") total=1234.50 EUR customerNumber=\"C-1001\"",
        ],
        [
            "number=\"SO-1043\" status=INVOICED statusText=\"Invoiced\" orderedAt=2026-05-03T09:30:00+00:00 requestedShipDate=2026-05-10 purchaseOrder=\"PO 7\" customerNumber=\"C-1001\"",
        ],
        [
            "upstream_mismatch: rows of Order came that were not asked for, and none that were",
        ],
    ]
    "#);
    assert_eq!(strays, 2, "another company's order, and one that nobody asked for");
}

#[test]
fn lines_say_what_of_them_is_invoiced() {
    let (pages, _) = pages(&d365(), &ask("OrderLine", "orderNumber"), &["SO-1042"], shape!("dynamics365", "lines"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "lineNumber=1 sku=\"P-1\" description=\"Servo\" quantity=10 unit=\"pcs\" unitPrice=150 EUR lineTotal=1500 EUR serialNumbers=[\"SN-77\"] orderNumber=\"SO-1042\" delivered=true invoicedAmount=1500 EUR",
            "lineNumber=2 sku=\" P-2\" quantity=0.125 unit=\"kg\" unitPrice=389.45 EUR lineTotal=48.68 EUR serialNumbers=[] orderNumber=\"SO-1042\" delivered=false invoicedAmount=0 EUR",
        ],
    ]
    "#);
}

#[test]
fn receivables_map_with_the_companys_currency() {
    let (pages, _) = pages(
        &d365(),
        &ask("Receivables", "customerNumber"),
        &["C-1001", "C-1002"],
        shape!("dynamics365", "customers"),
    );
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "creditLimit=100000.00 EUR onHold=false paymentTerms=\"Net30\" customerNumber=\"C-1001\" currency=\"EUR\"",
        ],
        [
            "creditLimit=0 EUR onHold=true holdReason=\"All\" customerNumber=\"C-1002\" currency=\"EUR\"",
        ],
    ]
    "#);
}

#[test]
fn stock_is_added_up_over_sites() {
    let (pages, _) = pages(&d365(), &ask("ProductAvailability", "sku"), &["P-1"], shape!("dynamics365", "stock"));
    assert_debug_snapshot!(pages, @r#"
    [
        [
            "onHand=4.6 available=4.1 sku=\"P-1\"",
        ],
    ]
    "#);
}

#[test]
fn products_shipments_invoices_and_open_items_map() {
    let driver = d365();
    let of = |entity, by, key, body| pages(&driver, &ask(entity, by), &[key], body).0;
    assert_debug_snapshot!(of("Product", "sku", "P-1", shape!("dynamics365", "products")), @r#"
    [
        [
            "sku=\"P-1\" name=\"Servo\" unit=\"pcs\" listPrice=150 EUR warrantyMonths=24",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Shipment", "orderNumber", "SO-1042", shape!("dynamics365", "shipments")), @r#"
    [
        [
            "number=\"PS-1\" status=SHIPPED trackingNumber=\"1Z999\" shippedAt=2026-05-05T12:00:00+00:00 orderNumber=\"SO-1042\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("Invoice", "customerNumber", "C-1001", shape!("dynamics365", "invoices")), @r#"
    [
        [
            "number=\"CIV-1\" issuedOn=2026-05-06 total=1785.00 EUR orderNumber=\"SO-1042\" customerNumber=\"C-1001\"",
        ],
    ]
    "#);
    assert_debug_snapshot!(of("OpenItem", "customerNumber", "C-1001", shape!("dynamics365", "open_items")), @r#"
    [
        [
            "invoiceNumber=\"CIV-1\" customerNumber=\"C-1001\" dueOn=2026-06-05 openAmount=785.00 EUR",
        ],
    ]
    "#);
}

#[test]
fn a_wildcard_is_refused_before_anybody_is_asked() {
    let questions = d365().requests(&ask("Customer", "number"), &keys(&["C-*", "C-1", "C-\r\n1", ""]));
    let refused: Vec<String> = questions.refused.iter().map(|(_, f)| format!("{} {}", f.code, f.message)).collect();
    assert_debug_snapshot!(refused, @r#"
[
    "key_refused the key holds `*`, which means something else to the system",
    "key_refused the key holds a control character",
    "key_refused the key is empty",
]
"#);
    assert_eq!(questions.chunks[0].keys, keys(&["C-1"]));
}

#[test]
fn many_keys_become_requests_of_a_safe_length() {
    let many: Vec<Key> = (0..200).map(|n| Arc::from(format!("a customer with a long number {n}"))).collect();
    let questions = d365().requests(&ask("Customer", "number"), &many);
    assert!(questions.chunks.iter().all(|chunk| chunk.request.target.len() <= 2_000));
    let asked: Vec<Key> = questions.chunks.into_iter().flat_map(|chunk| chunk.keys).collect();
    assert_eq!(asked, many);
}

#[test]
fn a_page_continues_behind_its_cursor_though_newer_orders_came() {
    let driver = d365();
    let ask = first("Order", "customerNumber", 2);
    let row = |n: u32| {
        format!(
            r#"{{"dataAreaId":"acme","SalesOrderNumber":"SO-{n}","SalesOrderStatus":"Backorder","OrderCreationDateTime":"2026-01-01T00:00:00Z","RequestedShippingDate":"1900-01-01T12:00:00Z","CustomersOrderReference":"","OrderTotalAmount":1,"AreTotalsCalculated":"Yes","CurrencyCode":"EUR","OrderingCustomerAccountNumber":"C-1"}}"#
        )
    };
    let body = |numbers: &[u32]| {
        let rows: Vec<String> = numbers.iter().map(|n| row(*n)).collect();
        format!(r#"{{"value":[{}]}}"#, rows.join(","))
    };
    let page = |ask: &Ask, numbers: &[u32]| {
        let rows = rows(&driver, ask, &["C-1"], &body(numbers));
        match driver.sort_out(ask, &keys(&["C-1"]), rows.records, true).keys.remove(0) {
            Sorting::Page(page) => page,
            other => panic!("{other:?}"),
        }
    };
    let numbers = |page: &Page| -> Vec<String> {
        page.rows.iter().map(|row| row.get("number").as_text().unwrap_or_default().to_owned()).collect()
    };
    let one = page(&ask, &[9, 8, 7]);
    assert_eq!((numbers(&one), one.more), (vec!["SO-9".to_owned(), "SO-8".to_owned()], true));
    let mut after = ask;
    after.narrow.after = one.cursors.last().cloned();
    let asked = readable(&request(&driver, &after, &["C-1"]));
    assert!(asked.contains("$top=4") && asked.contains("$skip=1"), "{asked}");
    let two = page(&after, &[8, 7, 6, 5]);
    assert_eq!((numbers(&two), two.more), (vec!["SO-7".to_owned(), "SO-6".to_owned()], true));
    let shifted = page(&after, &[9, 8, 7, 6]);
    assert_eq!(numbers(&shifted), ["SO-7", "SO-6"], "a newer order came meanwhile");
    let last = page(&after, &[8, 7]);
    assert_eq!((numbers(&last), last.more), (vec!["SO-7".to_owned()], false));
}

#[test]
fn several_customers_are_paged_by_us_and_asked_again_alone_where_the_answer_was_cut() {
    let driver = d365();
    let ask = first("Order", "customerNumber", 1);
    let body = shape!("dynamics365", "orders");
    let records = || rows(&driver, &ask, &["C-1001", "C-1002"], body).records;
    let sorted = driver.sort_out(&ask, &keys(&["C-1001", "C-1002"]), records(), false);
    assert!(matches!(&sorted.keys[0], Sorting::Page(page) if page.more && page.rows.len() == 1));
    assert!(matches!(sorted.keys[1], Sorting::Unsure));
    let alone = driver.sort_out(&ask, &keys(&["C-1002"]), records(), false);
    assert!(matches!(&alone.keys[0], Sorting::Failed(failure) if failure.code == Code::TooManyRows));
}

#[test]
fn open_items_that_cannot_be_assigned_are_no_proof_that_nothing_is_owed() {
    let driver = d365();
    let ask = ask("OpenItem", "customerNumber");
    let item = |customer: &str| {
        format!(
            r#"{{"value":[{{{customer}"dataAreaId":"acme","InvoiceNumber":"I-1","DueDate":"2026-01-01T12:00:00Z","OpenAmountCur":5,"CurrencyCode":"EUR"}}]}}"#
        )
    };
    let told = |body: &str| pages(&driver, &ask, &["C-1"], body).0.concat();
    assert_eq!(told(&item(r#""CustomerAccount":"C-1","#)).len(), 1);
    assert_eq!(told(&item(r#""CustomerAccount":"C-1 ","#)), Vec::<String>::new(), "a key with a space is another key");
    assert_debug_snapshot!(told(&item(r#""CustomerAccount":"C-2","#)), @r#"
    [
        "upstream_mismatch: rows of OpenItem came that were not asked for, and none that were",
    ]
    "#);
    assert_debug_snapshot!(told(&item("")), @r#"
    [
        "upstream_drift: `OpenItem.customerNumber` is missing from the system's answer",
    ]
    "#);
    assert_debug_snapshot!(told(&item(r#""CustomerAccount":{"now":"an object"},"#)), @r#"
    [
        "upstream_drift: `OpenItem.customerNumber` is not of the type that its contract promises",
    ]
    "#);

    let nowhere = item(r#""CustomerAccount":"C-1","#).replace("dataAreaId", "company");
    let asked = request(&driver, &ask, &["C-1"]);
    assert!(matches!(driver.read(&ask, &asked, &answer(200, &nowhere)), Err(Rejection::Malformed(_))));
}

#[test]
fn contact_persons_of_a_party_are_those_of_its_company_who_are_still_there() {
    let driver = d365();
    let by_party = ask("Contact", "accountId");
    assert_snapshot!(readable(&request(&driver, &by_party, &["000001702", "O'Brien"])), @"
    GET /data/ContactPersons
      ?cross-company=true
      &$filter=dataAreaId eq 'acme' and (AssociatedPartyNumber eq '000001702' or AssociatedPartyNumber eq 'O''Brien') and IsInactive ne Microsoft.Dynamics.DataEntities.NoYes'Yes'
      &$select=ContactPersonId,ContactPersonName,PrimaryEmailAddress,PrimaryPhoneNumber,EmploymentJobTitle,AssociatedPartyNumber,dataAreaId,IsInactive
      &$orderby=ContactPersonId
    ");
    let (pages_of, strays) = pages(&driver, &by_party, &["000001702"], shape!("dynamics365", "contacts"));
    assert_debug_snapshot!((pages_of, strays), @r#"
    (
        [
            [
                "id=\"CP-1\" name=\"Ada Brandt\" email=\"ada@acme-robotics.test\" role=\"Buyer\" accountId=\"000001702\"",
            ],
        ],
        2,
    )
    "#);
    let accounts = pages(&driver, &ask("Account", "customerNumber"), &["C-1001"], shape!("dynamics365", "accounts"));
    assert_debug_snapshot!(accounts, @r#"
    (
        [
            [
                "id=\"000001702\" name=\"Acme Robotics\" website=\"https://www.acme-robotics.test/\" billingAddress=(street=\"Hafenstrasse 1\") customerNumber=\"C-1001\" domain=\"acme-robotics.test\"",
            ],
        ],
        2,
    )
    "#);
    let domain = readable(&request(&driver, &ask("Account", "domain"), &["acme-robotics.test"]));
    assert!(domain.contains("PrimaryContactURL eq 'https://www.acme-robotics.test/'"), "{domain}");
}

#[test]
fn agreements_are_contracts_and_their_lines_say_what_they_cover() {
    let driver = d365();
    let contracts = ask("Contract", "customerNumber");
    assert_snapshot!(readable(&request(&driver, &contracts, &["C-1001"])), @"
    GET /data/ServiceAgreementHeaders
      ?cross-company=true
      &$filter=dataAreaId eq 'acme' and ProjectCustomerAccountNumber eq 'C-1001'
      &$select=ServiceAgreementId,IsAgreementSuspended,ServiceAgreementStartDate,ServiceAgreementEndDate,ServiceLevelAgreementId,ProjectCustomerAccountNumber,dataAreaId
      &$orderby=ServiceAgreementStartDate desc,ServiceAgreementId desc
    ");
    assert_debug_snapshot!(pages(&driver, &contracts, &["C-1001"], shape!("dynamics365", "agreements")), @r#"
    (
        [
            [
                "number=\"SA-1\" status=ACTIVE startsOn=2026-01-01 supportLevel=PREMIUM customerNumber=\"C-1001\"",
                "number=\"SA-2\" status=CANCELLED startsOn=2025-01-01 endsOn=2026-12-31 supportLevel=UNKNOWN customerNumber=\"C-1001\"",
                "number=\"SA-3\" status=ACTIVE customerNumber=\"C-1001\"",
            ],
        ],
        1,
    )
    "#);
    let lines = ask("ContractCoverage", "contractNumber");
    assert_snapshot!(readable(&request(&driver, &lines, &["SA-1"])), @"
    GET /data/ServiceAgreementLines
      ?cross-company=true
      &$filter=dataAreaId eq 'acme' and ServiceAgreementId eq 'SA-1' and (ItemSerialNumber ne '' or ServiceObjectId ne '')
      &$select=ServiceAgreementId,ItemSerialNumber,ServiceObjectId,dataAreaId
      &$orderby=ServiceAgreementId,LineNumber
    ");
    assert_debug_snapshot!(pages(&driver, &lines, &["SA-1"], shape!("dynamics365", "agreement_lines")), @r#"
    (
        [
            [
                "contractNumber=\"SA-1\" serialNumber=\"SN-77\"",
                "contractNumber=\"SA-1\" serialNumber=\"OBJ-2\"",
            ],
        ],
        2,
    )
    "#);
}

#[test]
fn of_several_warranties_of_a_machine_the_one_that_lasts_longest_counts() {
    let driver = d365();
    let by_serial = ask("Asset", "serialNumber");
    assert_snapshot!(readable(&request(&driver, &by_serial, &["SN-77"])), @"
    GET /data/WarrantyPolicies
      ?cross-company=true
      &$filter=dataAreaId eq 'acme' and WarrantiedSerialNumber eq 'SN-77' and WarrantiedSerialNumber ne '' and Status ne Microsoft.Dynamics.DataEntities.WarrantyPolicyStatus'Voided'
      &$select=WarrantiedSerialNumber,WarrantiedItemId,WarrantiedFulfilledDate,WarrantyExpirationDate,Status,CustomerAccount,dataAreaId
      &$orderby=WarrantyExpirationDate desc,PolicyNumber desc
    ");
    let body = shape!("dynamics365", "warranties");
    assert_debug_snapshot!(pages(&driver, &by_serial, &["SN-77", "SN-80"], body), @r#"
    (
        [
            [
                "serialNumber=\"SN-77\" sku=\"P-1\" purchasedOn=2026-01-10 warrantyEndsOn=2028-01-09 customerNumber=\"C-1001\"",
            ],
            [
                "serialNumber=\"SN-80\" sku=\"P-1\" purchasedOn=2026-01-10 customerNumber=\"C-1001\"",
            ],
        ],
        1,
    )
    "#);
    let of_customer = pages(&driver, &ask("Asset", "customerNumber"), &["C-1001"], body).0;
    assert_eq!(of_customer[0].len(), 2, "each machine once: {of_customer:?}");
    // What cannot be read may be the one that counts.
    let unreadable = body.replacen("\"SN-77\"", "{}", 1);
    assert_debug_snapshot!(pages(&driver, &by_serial, &["SN-77"], &unreadable).0, @r#"
    [
        [
            "serialNumber=\"SN-77\" sku=\"P-1\" purchasedOn=2026-01-10 warrantyEndsOn=2026-12-31 customerNumber=\"C-1001\"",
        ],
    ]
    "#);
}

#[test]
fn settings_name_the_carrier_the_description_and_the_segment() {
    let none = d365();
    let provides =
        |driver: &Driver, entity, field| driver.provides_field(Model::get().entity(entity).expect("one"), field);
    let fields = [("Shipment", "carrier"), ("Product", "description"), ("Account", "segment")];
    assert!(fields.iter().all(|(entity, field)| !provides(&none, entity, field)));
    let settings = [
        ("company", "acme"),
        ("currency", "EUR"),
        ("carrier_field", "ShippingCarrierId"),
        ("description_field", "ProductDescription"),
        ("segment_field", "LineOfBusinessId"),
    ];
    let named = driver("dynamics365", "https://acme.operations.dynamics.com", &settings);
    assert!(fields.iter().all(|(entity, field)| provides(&named, entity, field)));
}

#[test]
fn a_wildcard_is_refused_by_every_look_up() {
    let driver = d365();
    for (entity, mapping) in &Pack::built_in("dynamics365").expect("a shipped pack").entities {
        for by in mapping.by.keys() {
            let questions = driver.requests(&ask(entity, by), &keys(&["A*", "*"]));
            assert_eq!((questions.refused.len(), questions.chunks.len()), (2, 0), "{entity} by {by}");
        }
    }
}
