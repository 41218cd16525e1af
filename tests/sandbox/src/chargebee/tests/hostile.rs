use super::*;
use crate::strange::strange_targets;

#[test]
fn hostile_values_find_nothing_more() {
    let chargebee = site(Tenant::Globex);
    for value in ["\"],[\"G-2003", "' OR 1=1", "\\", "]", "[", "\u{0}", "😀", "G-2001,G-2003", ""] {
        let list = serde_json::to_string(&["G-2002", value]).unwrap();
        let (status, body) = listed(&chargebee, "customers", "id[in]", &list);
        assert_eq!((status, ids(&body, "customer")), (200, vec!["G-2002".to_owned()]), "{value}");
        assert_eq!(listed(&chargebee, "customers", "id[is]", value).1["list"], json!([]), "{value}");
    }
    for id in ["CBG-00000", "CBG-+00001", "CBG-99999999999999999999", "CBA-000000", "CBG-", "%2e%2e%2fcustomers"] {
        assert_eq!(get(&chargebee, &format!("/invoices/{id}")).0, 404, "{id}");
    }
}

#[test]
fn no_address_makes_it_panic() {
    let chargebee = site(Tenant::Globex);
    let parts = [
        "/customers",
        "/subscriptions",
        "/invoices",
        "/item_prices",
        "/SUB-2001",
        "/subscription_entitlements",
        "?",
        "&",
        "limit=",
        "-1",
        "99999999999999999999",
        "-9223372036854775808",
        "offset=",
        "[\"0\",\"0\"]",
        "[\"1\",\"18446744073709551615\"]",
        "sort_by[asc]=",
        "created_at",
        "id[in]=",
        "[\"",
        "\"]",
        "\\u",
        "created_at[on]=",
        "created_at[between]=[",
        "total[lt]=",
        "1e999",
        "customer_id[is]=",
        "%00",
        "%ff",
        "é",
        "'",
        "/",
        "]",
    ];
    for target in strange_targets(&parts).take(4_000) {
        assert!(get(&chargebee, &target).0 < 500, "{target}");
    }
}
