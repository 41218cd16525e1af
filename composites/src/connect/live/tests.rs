//! Descriptions as vendors give them (by their documentation), over a real socket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use portico_contracts::packs::Pack;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::{ConsumerId, Role, SystemId, TenantId, Tier};
use tokio::time::Instant;

use super::*;
use crate::connect::client::ClientSettings;
use crate::connect::credentials::Credentials;
use crate::connect::driver::Binding;
use crate::connect::meter::Silent;
use crate::connect::network::Network;
use crate::connect::stage::{Asked, Play, Stage};
use crate::connect::system::SystemSettings;
use crate::endure::EndureSettings;

fn system(stage: &Stage, pack: Arc<Pack>, settings: &[(&str, &str)]) -> System {
    let given: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = SystemSettings {
        tenant: TenantId::parse("acme").unwrap(),
        id: SystemId::parse("acme-x").unwrap(),
        role: Role::Erp,
        pack,
        binding: Binding { settings: given, ..Binding::default() },
        url: stage.url("/"),
        credentials: Credentials::Bearer(Secret::new("sk")),
        client: ClientSettings { network: Network::Private, ..ClientSettings::default() },
        endure: EndureSettings::default(),
        freshness: Arc::default(),
        share: Default::default(),
    };
    System::new(settings, Arc::new(Silent)).unwrap()
}

fn call() -> Call {
    Call {
        tenant: TenantId::parse("acme").unwrap(),
        consumer: ConsumerId::parse("check").unwrap(),
        tier: Tier::Standard,
        deadline: Instant::now() + Duration::from_secs(4),
        request_id: Arc::from("req-1"),
        traceparent: Arc::from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        tally: Arc::default(),
        urgency: None,
        subject: None,
    }
}

async fn asked(
    pack: &str,
    settings: &[(&str, &str)],
    script: impl Fn(&Asked) -> Play + Send + Sync + 'static,
) -> Findings {
    let stage = Stage::playing(script).await;
    compare(&system(&stage, Pack::built_in(pack).unwrap(), settings), |_| true, &call()).await
}

const METADATA: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="N.S" Alias="self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="State"><Member Name="Open" Value="0"/><Member Name="Lost" Value="1"/></EnumType>
<ComplexType Name="Place"><Property Name="City" Type="Edm.String"/></ComplexType>
<EntityType Name="Base"><Property Name="Number" Type="Edm.String"/></EntityType>
<EntityType Name="Order" BaseType="self.Base"><Property Name="State" Type="self.State"/><Property Name="Amount" Type="Edm.Boolean"/>
<Property Name="Place" Type="N.S.Place"/><Property Name="Tags" Type="Collection(Edm.String)"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="Orders" EntityType="N.S.Order"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"#;

const ODATA: &str = "
pack: own
title: Own
driver: odata
path: /odata/
shapes: { metadata: $metadata }
entities:
  Order:
    from: Orders
    fields:
      number: Number
      status: { path: State, map: { Open: OPEN } }
      statusText: Tags
      purchaseOrder: Nmber
      total: { path: Amount, currency: { const: EUR } }
      shipTo: { object: { city: Place.City, street: Place.Street } }
    by: { number: }
  Invoice: { from: Invoices, fields: { number: Number }, by: { number: } }
";

#[tokio::test]
async fn metadata_is_held_against_every_path_its_type_and_its_words() {
    let stage = Stage::playing(|asked| match asked.target.as_str() {
        "/odata/$metadata" if asked.header("accept") == Some("application/xml") => Play::json(METADATA),
        _ => Play::status(404),
    })
    .await;
    let pack = Arc::new(Pack::parse("own", ODATA).unwrap());
    let found = compare(&system(&stage, pack, &[]), |_| true, &call()).await;
    insta::assert_snapshot!(found.differences.join("\n"), @"
    Order.status may be `Lost`, which the pack does not know
    Order.statusText wants text, and `Tags` of `Orders` is a structure (`Collection(Edm.String)`)
    Order.purchaseOrder reads `Nmber`, which `Orders` does not have; did you mean `Number`?
    Order.total wants an amount, and `Amount` of `Orders` is a truth value (`Edm.Boolean`)
    Order.shipTo reads `Place.Street`, which `Orders` does not have
    Invoice is read from `Invoices`, which there is not
    ");
    assert_eq!((found.compared, found.trouble), (1, None));
}

#[tokio::test]
async fn objects_are_described_one_by_one_and_relations_followed() {
    let fields = |names: &[(&str, &str)]| -> Vec<serde_json::Value> {
        names.iter().map(|(name, kind)| serde_json::json!({ "name": name, "type": kind, "relationshipName": null, "referenceTo": [] })).collect()
    };
    let found = asked("salesforce", &[], move |asked| {
        let object = asked.target.rsplit('/').nth(1).unwrap_or_default();
        let mut own = match object {
            "Account" => fields(&[("Id", "id"), ("Name", "string"), ("Website", "boolean"), ("ParentId", "reference"), ("Phone", "phone"),
                ("BillingStreet", "textarea"), ("BillingCity", "string"), ("BillingState", "string"), ("BillingPostalCode", "string"),
                ("BillingCountry", "string"), ("AccountNumber", "string"), ("Segmnt__c", "picklist")]),
            "User" => fields(&[("Name", "string")]),
            _ => return Play::status(404),
        };
        if object == "Account" {
            own.push(serde_json::json!({ "name": "OwnerId", "type": "reference", "relationshipName": "Owner", "referenceTo": ["User"] }));
        }
        Play::json(serde_json::json!({ "name": object, "fields": own, "childRelationships": [] }))
    })
    .await;
    insta::assert_snapshot!(found.differences.join("\n"), @"
    Account.segment reads `Segment__c`, which `Account` does not have; did you mean `Segmnt__c`?
    Account.website wants text, and `Website` of `Account` is a truth value (`boolean`)
    Account.domain wants text, and `Website` of `Account` is a truth value (`boolean`)
    Contact is read from `Contact`, which we cannot see
    Asset is read from `Asset`, which we cannot see
    Contract is read from `ServiceContract`, which we cannot see
    ServiceEntitlement is read from `Entitlement`, which we cannot see
    ");
}

#[tokio::test]
async fn lists_of_fields_and_single_rows_will_do_too() {
    let found = asked("hubspot", &[], |asked| {
        let names = match asked.target.as_str() {
            "/crm/v3/properties/companies" => vec![
                "hs_object_id",
                "name",
                "website",
                "hs_parent_company_id",
                "address",
                "city",
                "state",
                "zip",
                "country",
                "erp_customer_numbr",
                "domain",
            ],
            "/crm/v3/properties/contacts" => {
                vec!["hs_object_id", "firstname", "lastname", "email", "phone", "jobtitle"]
            }
            _ => return Play::status(404),
        };
        let results: Vec<_> =
            names.iter().map(|name| serde_json::json!({ "name": name, "type": "string", "options": [] })).collect();
        Play::json(serde_json::json!({ "results": results }))
    })
    .await;
    insta::assert_snapshot!(found.differences.join("\n"), @"
    Account.phone reads `phone`, which `companies` does not have
    Account.customerNumber reads `erp_customer_number`, which `companies` does not have; did you mean `erp_customer_numbr`?
    ");
    let row = |asked: &Asked| match asked.target.split('?').next().unwrap_or_default() {
        "/v1/customers" => Play::json(r#"{"data":[{"id":"cus_1","metadata":{},"name":7,"email":{}}]}"#),
        "/v1/subscriptions" => Play::json(r#"{"data":[]}"#),
        _ => Play::status(404),
    };
    let found = asked_of_stripe(row).await;
    insta::assert_debug_snapshot!((found.compared, found.differences, found.notes), @r#"
    (
        1,
        [
            "BillingCustomer.email has another type in a row of `customers`",
        ],
        [
            "BillingSubscription was not compared: there is no row to look at",
        ],
    )
    "#);
}

async fn asked_of_stripe(script: impl Fn(&Asked) -> Play + Send + Sync + 'static) -> Findings {
    asked("stripe", &[], script).await
}

#[tokio::test]
async fn a_query_that_is_refused_is_asked_again_column_by_column() {
    let found = asked("netsuite", &[], |asked| {
        let query = serde_json::from_str::<serde_json::Value>(&asked.body).unwrap()["q"].as_str().unwrap().to_owned();
        match query.contains("creditlimit") || query.contains("FROM item") {
            true => Play::Answer(400, Vec::new(), r#"{"title":"Invalid search query"}"#.to_owned()),
            false => Play::json(r#"{"items":[],"hasMore":false}"#),
        }
    })
    .await;
    insta::assert_snapshot!(found.differences.join("\n"), @"
    Receivables reads `c.creditlimit` as `credit_limit`, which `customer c` refuses
    Product by sku: the query over `item i` is refused
    ");
    assert_eq!(found.trouble, None);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_in_our_own_words() {
    let trouble =
        |play: Play| async move { asked("stripe", &[], move |_| play.clone()).await.trouble.unwrap_or_default() };
    insta::assert_snapshot!([
        trouble(Play::status(401)).await,
        trouble(Play::status(403)).await,
        trouble(Play::status(500)).await,
        trouble(Play::json("<html>secret</html>")).await,
        trouble(Play::Raw(Vec::new())).await.split(':').next().unwrap_or_default().to_owned(),
    ].join("\n"), @"
    does not accept our credentials
    does not allow us to read its description (HTTP 403)
    did not describe itself (HTTP 500)
    described itself with something that is no JSON
    cannot be reached
    ");
    let silent = asked("tryton", &[("currency", "EUR")], |_| Play::status(500)).await;
    assert!(silent.silent && silent.trouble.is_none());
}
