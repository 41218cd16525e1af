use super::*;
use crate::world::Contact;

fn batch_of(hubspot: &HubSpot, to: &str, inputs: &Value) -> (u16, Value) {
    post(hubspot, &format!("/crm/v4/associations/companies/{to}/batch/read"), &json!({ "inputs": inputs }))
}

#[test]
fn a_companys_people_and_deals_are_linked_by_id() {
    let hubspot = account(Tenant::Globex);
    let one = id(&hubspot, "G-2001");
    let (status, body) = batch_of(&hubspot, "contacts", &json!([{ "id": one }]));
    assert_eq!(status, 200);
    let people: Vec<u64> =
        body["results"][0]["to"].as_array().unwrap().iter().map(|to| to["toObjectId"].as_u64().unwrap()).collect();
    assert_eq!((people.len(), &body["results"][0]["from"]["id"]), (2, &json!(one)));
    let inputs: Vec<Value> = people.iter().map(|id| json!({ "id": id.to_string() })).collect();
    let body = json!({ "properties": ["email"], "inputs": inputs });
    let found = post(&hubspot, "/crm/v3/objects/contacts/batch/read", &body).1;
    assert_eq!(column(&found, "firstname"), ["null", "null"]);
    assert!(column(&found, "email")[0].ends_with("@alpine-instruments.example"));
    let back = get(&hubspot, &format!("/crm/v4/objects/contacts/{}/associations/companies", people[0])).1;
    assert_eq!(back["results"][0]["toObjectId"].to_string(), one);
    let deals = batch_of(&hubspot, "deals", &json!([{ "id": one }])).1;
    assert_eq!(deals["results"][0]["to"].as_array().map(Vec::len), Some(32));
}

#[test]
fn a_record_without_links_is_an_error_beside_the_others() {
    let hubspot = account(Tenant::Globex);
    let prospect = hubspot.estate.read().customers.position("PROSPECT-1").unwrap();
    let prospect = objects::named("companies").unwrap_or_else(|_| panic!()).id(&hubspot.estate.read(), prospect);
    let inputs = json!([{ "id": id(&hubspot, "G-2001") }, { "id": prospect.to_string() }, { "id": "1" }]);
    let (status, body) = batch_of(&hubspot, "deals", &inputs);
    assert_eq!((status, &body["numErrors"]), (207, &json!(2)));
    assert_eq!(body["errors"][0]["subCategory"], "crm.associations.NO_ASSOCIATIONS_FOUND");
    let thousand: Vec<Value> = (0..1_001).map(|id| json!({ "id": id })).collect();
    assert_eq!(batch_of(&hubspot, "deals", &json!(thousand)).0, 400);
}

#[test]
fn links_have_pages_of_their_own_for_each_record() {
    let hubspot = account(Tenant::Globex);
    if let Some(customer) = hubspot.estate.write().customers.get_mut("G-2001") {
        customer.contacts = vec![Contact { title: "Twin".to_owned(), ..customer.contacts[0].clone() }; 150];
    }
    let one = id(&hubspot, "G-2001");
    let first = batch_of(&hubspot, "contacts", &json!([{ "id": one }])).1["results"][0].clone();
    assert_eq!(first["to"].as_array().map(Vec::len), Some(100));
    let after = first["paging"]["next"]["after"].clone();
    let second = batch_of(&hubspot, "contacts", &json!([{ "id": one, "after": after }])).1["results"][0].clone();
    assert_eq!((second["to"].as_array().map(Vec::len), second.get("paging")), (Some(50), None));
    assert_eq!(batch_of(&hubspot, "contacts", &json!([{ "id": one, "after": "?" }])).0, 400);
    let read = get(&hubspot, &format!("{COMPANIES}/{one}?associations=contacts")).1;
    assert_eq!(read["associations"]["contacts"]["results"].as_array().map(Vec::len), Some(200));
    assert!(read["associations"]["contacts"]["paging"]["next"]["after"].is_string());
}

#[test]
fn links_come_along_on_request_once_for_each_of_their_kinds() {
    let hubspot = account(Tenant::Globex);
    let target = format!("{COMPANIES}/{}?associations=contacts,deals", id(&hubspot, "G-2003"));
    let body = get(&hubspot, &target).1;
    let kinds: Vec<&str> = body["associations"]["contacts"]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..2], ["company_to_contact", "company_to_contact_unlabeled"]);
    assert_eq!(
        body["associations"]["contacts"]["results"][0]["id"],
        body["associations"]["contacts"]["results"][1]["id"]
    );
    assert_eq!(get(&hubspot, &format!("{COMPANIES}/{}", id(&hubspot, "G-2003"))).1.get("associations"), None);
    assert_eq!(get(&hubspot, &format!("{COMPANIES}?associations=nope")).0, 400);
}

#[test]
fn the_colleague_who_looks_after_a_company_is_an_owner() {
    let hubspot = account(Tenant::Globex);
    let target = format!("{COMPANIES}/{}?properties=hubspot_owner_id", id(&hubspot, "C-9999"));
    let owner = get(&hubspot, &target).1["properties"]["hubspot_owner_id"].as_str().unwrap().to_owned();
    let one = get(&hubspot, &format!("/crm/v3/owners/{owner}")).1;
    assert_eq!((&one["firstName"], &one["lastName"]), (&json!("globex"), &json!("owner")));
    assert_eq!(get(&hubspot, "/crm/v3/owners").1["results"].as_array().map(Vec::len), Some(2));
    assert_eq!(get(&hubspot, "/crm/v3/owners/1").0, 404);
    assert_eq!(get(&hubspot, "/owners/v2/owners").0, 404);
}
