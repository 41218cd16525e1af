use super::*;
use crate::strange::strange_targets;

#[test]
fn hostile_values_find_nothing() {
    let hubspot = account(Tenant::Globex);
    for value in ["", "' OR 1=1", "G-2001,G-2002", "*", "G-200*", "\u{0}", "😀", "../contacts", "g-2001"] {
        let found = batch(&hubspot, &[value, "G-2002"]).1;
        assert_eq!(column(&found, "erp_customer_number"), ["G-2002"], "{value}");
    }
    for id in ["+407260000000", "0407260000000", "407260000000 ", "-1", "99999999999999999999", "4e11"] {
        let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        assert_eq!(get(&hubspot, &format!("{COMPANIES}/{}", encoded.replace('+', "%20"))).0, 404, "{id}");
    }
}

#[test]
fn no_address_makes_it_panic() {
    let hubspot = account(Tenant::Globex);
    let parts = [
        "/crm",
        "/v3",
        "/v4",
        "/objects",
        "/associations",
        "/properties",
        "/owners",
        "/2026-03",
        "/companies",
        "/contacts",
        "/0-3",
        "/407260000000",
        "/714490000000",
        "/99999999999999999999",
        "/search",
        "/batch/read",
        "?",
        "&",
        "limit=",
        "0",
        "-1",
        "after=",
        "MTAt",
        "18446744073709551615",
        "properties=name,,",
        "associations=contacts",
        "idProperty=email",
        "archived=true",
        "%00",
        "%ff",
        "é",
        "/",
    ];
    for target in strange_targets(&parts).take(4_000) {
        assert!(get(&hubspot, &target).0 < 500, "{target}");
    }
}

#[test]
fn no_body_makes_it_panic() {
    let hubspot = account(Tenant::Globex);
    let parts = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"inputs\"",
        "\"id\"",
        "\"filterGroups\"",
        "\"filters\"",
        "\"limit\"",
        "\"after\"",
        "\"operator\"",
        "\"BETWEEN\"",
        "\"propertyName\"",
        "\"amount\"",
        "\"sorts\"",
        "null",
        "1e999",
        "-5",
        "\"é\"",
        "\u{0}",
        "{\"inputs\":[{\"id\":\"1\"}]}",
        "{\"after\":18446744073709551615}",
        "{\"limit\":200,\"after\":\"9000\"}",
        "{\"filters\":[{\"propertyName\":\"name\",\"operator\":\"CONTAINS_TOKEN\",\"value\":\"**é*\"}]}",
    ];
    let targets = [
        "/crm/v3/objects/companies/search",
        "/crm/v3/objects/companies/batch/read",
        "/crm/v4/associations/companies/deals/batch/read",
    ];
    for (number, body) in strange_targets(&parts).take(2_000).enumerate() {
        let mut call = call(&hubspot, Method::POST, targets[number % targets.len()]);
        call.body = body.clone().into();
        assert!(answer(&hubspot, &call).0 < 500, "{body}");
    }
}
