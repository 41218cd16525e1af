use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;

fn bound(name: &str, settings: &[(&str, &str)]) -> Pack {
    let given: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Pack::built_in(name).expect("shipped").bind(&given).expect("the settings fit")
}

/// Every change on a line: `Order rows number=O-1 lists customerNumber=C-1 keeps`.
fn told(pack: &Pack, body: &str) -> String {
    let notices = pack.notices.as_ref().expect("it tells");
    let read = match read(pack, notices, body.as_bytes()) {
        Ok(read) => read,
        Err(unreadable) => return unreadable.to_string(),
    };
    let mut lines = String::new();
    for notice in read {
        let _ = writeln!(lines, "{}:", notice.id.as_deref().unwrap_or("nameless"));
        for change in notice.changes {
            let show = |all: &[fresh::Told]| {
                all.iter().map(|(field, keys)| format!(" {field}={}", keys.join("|"))).collect::<String>()
            };
            let keeps = if change.keeps { " keeps" } else { "" };
            let _ =
                writeln!(lines, "  {} rows{} lists{}{keeps}", change.entity, show(&change.rows), show(&change.lists));
        }
    }
    lines
}

#[test]
fn stripe_tells_of_customers_and_subscriptions() {
    let stripe = bound("stripe", &[]);
    let of_kind = |kind: &str| {
        format!(
            r#"{{"id":"evt_1","type":"{kind}","data":{{"object":{{"id":"x_1","customer":"cus_1","email":null,"metadata":{{"erp_id":"C-1"}}}}}}}}"#
        )
    };
    insta::assert_snapshot!(told(&stripe, &of_kind("customer.updated")), @"
    evt_1:
      BillingCustomer rows id=x_1 lists customerNumber=C-1 email=
      BillingSubscription rows billingId=x_1 lists customerNumber=C-1
    ");
    insta::assert_snapshot!(told(&stripe, &of_kind("customer.subscription.created")), @"
    evt_1:
      BillingSubscription rows id=x_1 lists billingId=cus_1
      BillingSubscription rows id=x_1 lists billingId=cus_1 keeps
    ");
    insta::assert_snapshot!(told(&stripe, &of_kind("customer.subscription.updated")), @"
    evt_1:
      BillingSubscription rows id=x_1 lists billingId=cus_1 keeps
    ");
    insta::assert_snapshot!(told(&stripe, &of_kind("charge.succeeded")), @"evt_1:");
}

#[test]
fn zendesk_tells_of_tickets() {
    let zendesk = bound("zendesk", &[]);
    let body = r#"{"id":"n-1","type":"zen:event-type:ticket.status_changed","detail":{"id":"10011","organization_id":"61","external_id":null}}"#;
    insta::assert_snapshot!(told(&zendesk, body), @"
    n-1:
      Case rows number=10011 lists supportId=61 orderNumber=
    ");
    let body = r#"{"id":"n-2","type":"zen:event-type:ticket.created","detail":{"id":10011}}"#;
    insta::assert_snapshot!(told(&zendesk, body), @"
    n-2:
      Case rows number=10011 lists
    ");
}

#[test]
fn dynamics_tells_of_its_own_company_only() {
    let dynamics = bound("dynamics365", &[("company", "acmf"), ("currency", "EUR")]);
    let body = |company: &str| {
        format!(
            r#"{{"BusinessEventId":"SalesInvoicePostedBusinessEvent","BusinessEventLegalEntity":"{company}","EventId":"9C","InvoiceAccount":"C-1","InvoiceId":"INV-1","SalesOrderId":"SO-1"}}"#
        )
    };
    insta::assert_snapshot!(told(&dynamics, &body("ACMF")), @"
    9C:
      Order rows number=SO-1 lists
      OrderLine rows orderNumber=SO-1 lists
      Shipment rows orderNumber=SO-1 lists
      Invoice rows number=INV-1 lists customerNumber=C-1 orderNumber=SO-1
      OpenItem rows invoiceNumber=INV-1 lists customerNumber=C-1
    ");
    insta::assert_snapshot!(told(&dynamics, &body("acuk")), @"9C:");
    let free_text = body("acmf")
        .replace("SalesInvoicePosted", "CustFreeTextInvoicePosted")
        .replace(r#","SalesOrderId":"SO-1""#, "");
    insta::assert_snapshot!(told(&dynamics, &free_text), @"
    9C:
      Invoice rows number=INV-1 lists customerNumber=C-1 orderNumber=
      OpenItem rows invoiceNumber=INV-1 lists customerNumber=C-1
    ");
}

fn outbound(kind: &str, fields: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
 <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
  <OrganizationId>00DdM000000abcdUAA</OrganizationId><SessionId xsi:nil="true"/>
  <Notification><Id>04l1</Id><sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject></Notification>
 </notifications></soapenv:Body></soapenv:Envelope>"#
    )
}

#[test]
fn salesforce_tells_in_soap_what_the_operator_chose() {
    let salesforce = bound("salesforce", &[("organization_id", "00DdM000000abcdUAA")]);
    let account = "<sf:Id>001dM00003jU9GyQAK</sf:Id><sf:Name>Huber &amp; S&#246;hne</sf:Name><sf:AccountNumber>C-1</sf:AccountNumber><sf:Website>https://www.huber.example/</sf:Website>";
    insta::assert_snapshot!(told(&salesforce, &outbound("Account", account)), @"
    04l1:
      Account rows id=001dM00003jU9GyQAK|001dM00003jU9Gy lists customerNumber=C-1 domain=https://www.huber.example/|huber.example
      Contact rows accountId=001dM00003jU9GyQAK|001dM00003jU9Gy lists customerNumber=C-1 keeps
      Asset rows accountId=001dM00003jU9GyQAK|001dM00003jU9Gy lists customerNumber=C-1 keeps
      Contract rows accountId=001dM00003jU9GyQAK|001dM00003jU9Gy lists customerNumber=C-1 keeps
      ServiceEntitlement rows accountId=001dM00003jU9GyQAK|001dM00003jU9Gy lists customerNumber=C-1 keeps
      Customer rows number=C-1 lists
      Receivables rows customerNumber=C-1 lists
      SupportOrganization rows id=001dM00003jU9GyQAK|001dM00003jU9Gy lists customerNumber=C-1
      Case rows customerNumber=C-1 lists customerNumber=C-1 keeps
    ");
    insta::assert_snapshot!(told(&salesforce, &outbound("Asset", "<sf:Id>02i1</sf:Id>")), @"
    04l1:
      Asset rows lists
    ");
    insta::assert_snapshot!(told(&salesforce, &outbound("Lead", "<sf:Id>00Q1</sf:Id>")), @"04l1:");
    let other = bound("salesforce", &[("organization_id", "00DdM000000zzzzUAA")]);
    insta::assert_snapshot!(told(&other, &outbound("Account", account)), @"04l1:");
}

#[test]
fn what_is_no_envelope_is_not_read() {
    let salesforce = bound("salesforce", &[]);
    let bomb = format!("<!DOCTYPE a [<!ENTITY a \"aaaa\">]>{}", outbound("Account", "<sf:Id>&a;</sf:Id>"));
    let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let two = outbound("Account", "<sf:Id>1</sf:Id>")
        .replace("</notifications>", "<Notification><Id>04l2</Id></Notification></notifications>");
    let told: Vec<String> = [
        &*bomb,
        &*outbound("Account", "<sf:Id>&a;</sf:Id>"),
        &*deep,
        "",
        "<a/>",
        "<Envelope><Body>",
        "{}",
        "<Envelope><Body></Envelope>",
        &*two,
    ]
    .iter()
    .map(|body| told(&salesforce, body))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    it has a document type
    it names an entity
    its elements are nested too deeply
    it is no SOAP envelope
    it is no SOAP envelope
    it ends in the middle of an element
    it is no SOAP envelope
    it is no well-formed XML
    04l1:
      Account rows id=1 lists
      Contact rows accountId=1 lists keeps
      Asset rows accountId=1 lists keeps
      Contract rows accountId=1 lists keeps
      ServiceEntitlement rows accountId=1 lists keeps
      Customer rows lists
      Receivables rows lists
      SupportOrganization rows id=1 lists
      Case rows lists keeps
    04l2:
    ");
}

#[test]
fn hubspot_tells_several_things_at_once() {
    let hubspot = bound("hubspot", &[]);
    let body = r#"[{"eventId":1,"subscriptionType":"company.propertyChange","objectId":406260751575,"propertyName":"name","propertyValue":"Acme"},
        {"eventId":2,"subscriptionType":"company.propertyChange","objectId":406260751575,"propertyName":"erp_customer_number","propertyValue":"C-1"},
        {"eventId":3,"subscriptionType":"contact.creation","objectId":7},
        {"eventId":4,"subscriptionType":"deal.creation","objectId":8}]"#;
    insta::assert_snapshot!(told(&hubspot, body), @"
    nameless:
      Account rows id=406260751575 lists keeps
      SupportOrganization rows id=406260751575 lists
      BillingCustomer rows id=406260751575 lists
      Customer rows lists
      Receivables rows lists
    nameless:
      Account rows id=406260751575 lists customerNumber=C-1 keeps
      Account rows id=406260751575 lists keeps
      SupportOrganization rows id=406260751575 lists
      BillingCustomer rows id=406260751575 lists
      Customer rows lists
      Receivables rows lists
    nameless:
      Contact rows id=7 lists
      Requester rows id=7 lists
    nameless:
    ");
    insta::assert_snapshot!(told(&hubspot, "{}"), @"its notices are not where the pack says");
}

#[test]
fn the_others_tell_in_bodies_of_their_own() {
    let netsuite = bound("netsuite", &[]);
    insta::assert_snapshot!(told(&netsuite, r#"{"id":"n1","record":"salesorder","number":"SO-1","customer":"C-1"}"#), @"
    n1:
      Order rows number=SO-1 lists customerNumber=C-1
      OrderLine rows orderNumber=SO-1 lists
    ");
    let chargebee = bound("chargebee", &[]);
    let body = r#"{"id":"ev_1","event_type":"subscription_changed","content":{"subscription":{"id":"s1","customer_id":"G-1"}}}"#;
    insta::assert_snapshot!(told(&chargebee, body), @"
    ev_1:
      BillingSubscription rows id=s1 lists billingId=G-1
    ");
    let body = r#"{"id":"ev_2","event_type":"invoice_updated","content":{"invoice":{"id":"I-1","customer_id":"G-1"}}}"#;
    insta::assert_snapshot!(told(&chargebee, body), @"
    ev_2:
      Invoice rows number=I-1 lists billingId=G-1
    ");
    let servicenow = bound("servicenow", &[]);
    let body = r#"{"id":"x","table":"sn_customerservice_case","number":"CS1","account":"8a","account_number":"C-1","order_number":""}"#;
    insta::assert_snapshot!(told(&servicenow, body), @"
    x:
      Case rows number=CS1 lists supportId=8a customerNumber=C-1 orderNumber=
    ");
}

proptest::proptest! {
    #[test]
    fn no_body_makes_it_panic(bytes in proptest::collection::vec(0_u8..=255, 0..300), text in "[<>/a-zA-Z&;!\\[\\]{}\":,= ]{0,200}") {
        for name in ["salesforce", "hubspot", "stripe"] {
            let pack = Pack::built_in(name).expect("shipped");
            let notices = pack.notices.as_ref().expect("it tells");
            let _ = read(&pack, notices, &bytes);
            let _ = read(&pack, notices, text.as_bytes());
        }
    }
}

#[test]
fn accounts_contacts_and_products_are_told_where_the_vendor_tells_of_them() {
    let zendesk = bound("zendesk", &[]);
    let body =
        r#"{"id":"n-3","type":"zen:event-type:organization.name_changed","detail":{"id":"61","external_id":"C-1"}}"#;
    insta::assert_snapshot!(told(&zendesk, body), @"
    n-3:
      SupportOrganization rows id=61 lists customerNumber=C-1
      Account rows id=61 lists customerNumber=C-1
    ");
    // What the event does not say may be any organization's or address.
    let body = r#"{"id":"n-4","type":"zen:event-type:user.created","detail":{"id":"9","organization_id":"61"}}"#;
    insta::assert_snapshot!(told(&zendesk, body), @"
    n-4:
      Requester rows id=9 lists
      Contact rows id=9 lists accountId=61
    ");
    let servicenow = bound("servicenow", &[]);
    let body =
        r#"{"id":"r-1","table":"customer_contact","sys_id":"c1","account":"a1","account_number":"C-1","email":null}"#;
    insta::assert_snapshot!(told(&servicenow, body), @"
    r-1:
      Requester rows id=c1 lists
      Contact rows id=c1 lists accountId=a1 customerNumber=C-1 email=
    ");
    let body = r#"{"id":"r-2","table":"customer_account","sys_id":"a1","account_number":"C-1"}"#;
    insta::assert_snapshot!(told(&servicenow, body), @"
    r-2:
      SupportOrganization rows id=a1 lists customerNumber=C-1
      Account rows id=a1 lists customerNumber=C-1
      Contact rows accountId=a1 lists customerNumber=C-1 keeps
    ");
    let stripe = bound("stripe", &[]);
    let body = r#"{"id":"evt_2","type":"price.updated","data":{"object":{"id":"price_1","product":"prod_1"}}}"#;
    insta::assert_snapshot!(told(&stripe, body), @"
    evt_2:
      Product rows lists
    ");
    let chargebee = bound("chargebee", &[]);
    let body = r#"{"id":"ev_2","event_type":"item_price_updated","content":{"item_price":{"id":"pro-USD"}}}"#;
    insta::assert_snapshot!(told(&chargebee, body), @"
    ev_2:
      Product rows sku=pro-USD lists
    ");
}
