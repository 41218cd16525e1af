//! Outbound messages: SOAP, unsigned, with the fields that somebody chose once.

use super::objects::{self, Object};
use crate::notices::{Notice, Pen};
use crate::world::World;

/// What the flows of this organisation send, by object.
const CHOSEN: [(&str, &[&str]); 7] = [
    ("Account", &["Id", "AccountNumber", "Name", "Website"]),
    ("Asset", &["Id", "AccountId", "SerialNumber"]),
    ("ServiceContract", &["Id", "AccountId", "ContractNumber"]),
    ("Entitlement", &["Id", "AccountId", "Name"]),
    ("Order", &["Id", "OrderNumber"]),
    ("Product2", &["Id", "ProductCode"]),
    ("Case", &["Id", "AccountId", "CaseNumber", "Order_Number__c"]),
];

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (name, record) = match entity {
        "customer" => ("Account", world.customers.position(key)?),
        "asset" => ("Asset", world.assets.position(key)?),
        "order" => ("Order", world.orders.position(key)?),
        "product" => ("Product2", world.products.position(key)?),
        "case" => ("Case", world.cases.position(key)?),
        "contract" => ("ServiceContract", world.contracts.position(key)?),
        _ => return None,
    };
    let object = objects::object(name)?;
    let fields: String = CHOSEN
        .iter()
        .filter(|(of, _)| *of == name)
        .flat_map(|(_, fields)| *fields)
        .filter_map(|field| {
            let value = value(object, world, record, field)?;
            Some(format!("<sf:{field}>{}</sf:{field}>", escaped(&value)))
        })
        .collect();
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{organisation}</OrganizationId>
   <ActionId>04k000000000001AAA</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://demo.my.salesforce.com/services/Soap/c/66.0/{organisation}</EnterpriseUrl>
   <PartnerUrl>https://demo.my.salesforce.com/services/Soap/u/66.0/{organisation}</PartnerUrl>
   <Notification>
    <Id>04l{id}</Id>
    <sObject xsi:type="sf:{name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject>
   </Notification>
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>"#,
        organisation = organisation_id(world),
        id = pen.id(),
    );
    let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned()), ("soapaction", "\"\"".to_owned())];
    Some(Notice { query: Some(format!("secret={}", pen.secret)), headers, body })
}

/// The id of a tenant's organisation.
pub(crate) fn organisation_id(world: &World) -> String {
    super::ids::id("00D", objects::organisation(world.tenant), 1)
}

fn value(object: &Object, world: &World, record: usize, field: &str) -> Option<String> {
    let json = (object.field(field)?.value)(world, record).json();
    json.as_str().map(str::to_owned)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
