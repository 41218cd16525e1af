use super::*;

#[test]
fn many_customers_are_found_by_a_list_of_ids() {
    let chargebee = site(Tenant::Globex);
    for list in [r#"["G-2001","G-2003","G-1"]"#, "['G-2003', 'G-2001']", "[G-2001,G-2003]"] {
        let (status, body) = listed(&chargebee, "customers", "id[in]", list);
        let mut found = ids(&body, "customer");
        found.sort_unstable();
        assert_eq!((status, found), (200, vec!["G-2001".to_owned(), "G-2003".to_owned()]), "{list}");
    }
    let body = listed(&chargebee, "subscriptions", "customer_id[in]", r#"["G-2001","G-2004"]"#).1;
    let mut found = ids(&body, "subscription");
    found.sort_unstable();
    assert_eq!(found, ["SUB-2001", "SUB-2004"]);
    let (status, body) = listed(&chargebee, "invoices", "status[in]", r#"["payment_due","not_paid"]"#);
    assert_eq!(status, 200);
    assert!(body["list"].as_array().unwrap().iter().all(|row| row["invoice"]["amount_due"].as_i64() > Some(0)));
    let many = serde_json::to_string(&vec!["x"; 101]).unwrap();
    assert_eq!(listed(&chargebee, "customers", "id[in]", &many).0, 400);
}

#[test]
fn a_customer_is_found_by_mail_in_any_case() {
    let chargebee = site(Tenant::Globex);
    let email = chargebee.estate.read().customers.get("G-2002").unwrap().email.to_uppercase();
    assert_eq!(ids(&listed(&chargebee, "customers", "email[is]", &email).1, "customer"), ["G-2002"]);
    assert_eq!(listed(&chargebee, "customers", "email[is]", "prospect@example.com").1["list"], json!([]));
    assert_eq!(ids(&listed(&chargebee, "customers", "company[is]", "Westwind Ltd").1, "customer"), ["G-2005"]);
    assert_eq!(ids(&listed(&chargebee, "customers", "company[starts_with]", "Westwind").1, "customer"), ["G-2005"]);
}

#[test]
fn every_operator_does_what_it_says() {
    let chargebee = site(Tenant::Globex);
    let count = |filter: &str, value: &str| {
        let (status, body) = listed(&chargebee, "invoices", &format!("customer_id[is]=G-2004&{filter}"), value);
        assert_eq!(status, 200, "{filter} {body}");
        body["list"].as_array().unwrap().len()
    };
    let newest = get(&chargebee, "/invoices?customer_id[is]=G-2004").1["list"][0]["invoice"]["date"].to_string();
    assert_eq!((count("date[on]", &newest), count("date[before]", &newest), count("date[after]", &newest)), (1, 3, 0));
    assert_eq!(count("date[between]", &format!("[0,{newest}]")), 4);
    assert_eq!((count("total[is]", "4900"), count("total[lt]", "4900"), count("total[gte]", "4900")), (4, 0, 4));
    assert_eq!((count("status[is_not]", "paid"), count("status[not_in]", "[\"payment_due\"]")), (1, 3));
    assert_eq!((count("recurring[is]", "true"), count("recurring[is]", "false")), (4, 0));
    assert_eq!(count("subscription_id[is_present]", "true"), 4);
    assert_eq!(count("include_deleted", "true"), 4);
}

#[test]
fn what_a_list_cannot_be_filtered_by_is_refused() {
    let chargebee = site(Tenant::Globex);
    for (kind, filter, value) in [
        ("invoices", "due_date[before]", "1"),
        ("customers", "cf_erp_id[is]", "G-2001"),
        ("customers", "meta_data[is]", "x"),
        ("customers", "email[in]", "[\"a\"]"),
        ("customers", "id", "G-2001"),
        ("customers", "id[is", "G-2001"),
        ("customers", "id[like]", "G-2001"),
        ("customers", "id[in]", "G-2001"),
        ("customers", "id[in]", "[\"G-2001\""),
        ("customers", "created_at[after]", "yesterday"),
        ("subscriptions", "status[is]", "past_due"),
        ("invoices", "date[between]", "[1]"),
        ("invoices", "total[gt]", "much"),
        ("invoices", "recurring[is]", "perhaps"),
    ] {
        let (status, body) = listed(&chargebee, kind, filter, value);
        assert_eq!((status, body["param"].as_str()), (400, Some(filter)), "{kind} {filter} {value}");
    }
}
