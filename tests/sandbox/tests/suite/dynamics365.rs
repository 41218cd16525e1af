//! Dynamics 365 over the wire.

use portico_sandbox::{Options, Role, Sandbox, Tenant};
use serde_json::{Value, json};

use crate::client::{Reader, ask_token, get, sign_in};

async fn erp(tenant: Tenant) -> anyhow::Result<(Sandbox, Reader)> {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21);
    let sandbox = Sandbox::start(Options { today, ..Options::default() }).await?;
    let reader = Reader::of(sandbox.system(tenant, Role::Erp)).await?;
    Ok((sandbox, reader))
}

fn column(page: &Value, name: &str) -> Vec<String> {
    let rows = page["value"].as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(|row| row[name].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_token_needs_the_right_client_and_scope() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let system = sandbox.system(Tenant::Acme, Role::Erp);
    let right = ask_token(system, system.credentials.scope.as_deref().unwrap_or_default()).await?.json();
    assert_eq!((&right["expires_in"], &right["token_type"]), (&3599.into(), &"Bearer".into()));
    assert_eq!(ask_token(system, "https://elsewhere/.default").await?.json()["error"], "invalid_scope");
    let mut wrong = system.clone();
    wrong.credentials.client_secret = Some("no".to_owned());
    let refused = ask_token(&wrong, system.credentials.scope.as_deref().unwrap_or_default()).await?;
    assert_eq!((refused.status, &refused.json()["error"]), (401, &"invalid_client".into()));
    Ok(())
}

#[tokio::test]
async fn tokens_end_and_do_not_travel() -> anyhow::Result<()> {
    let (sandbox, reader) = erp(Tenant::Acme).await?;
    assert_eq!(reader.get("/data/CustomersV3?$top=1").await?.status, 200);
    sandbox.clock().advance(3600);
    let refused = reader.get("/data/CustomersV3?$top=1").await?;
    assert_eq!((refused.status, refused.body.len()), (401, 0));
    assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer authorization_uri=")));
    let token = sign_in(sandbox.system(Tenant::Acme, Role::Crm)).await?;
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let url = format!("{}/data/CustomersV3", sandbox.system(Tenant::Acme, Role::Erp).address);
    assert_eq!(crate::client::send("GET", &url, &headers, "").await?.status, 401);
    assert_eq!(get(&url).await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn a_customer_is_read_by_its_whole_key() -> anyhow::Result<()> {
    let (_sandbox, reader) = erp(Tenant::Acme).await?;
    let answer = reader
        .get("/data/CustomersV3(dataAreaId='acmf',CustomerAccount='C-1001')?cross-company=true&$select=dataAreaId,CustomerAccount,CreditLimit,OnHoldStatus")
        .await?;
    assert_eq!(answer.header("content-type"), Some("application/json; odata.metadata=minimal"));
    let mut row = answer.json();
    row.as_object_mut().expect("a row").retain(|name, _| !name.starts_with('@'));
    assert_eq!(
        row.to_string(),
        r#"{"dataAreaId":"acmf","CustomerAccount":"C-1001","CreditLimit":100000,"OnHoldStatus":"No"}"#
    );
    let status = async |target: &str| anyhow::Ok(reader.get(target).await?.status);
    assert_eq!(status("/data/CustomersV3(dataAreaId='acmf',CustomerAccount='C-1001')").await?, 404);
    assert_eq!(status("/data/CustomersV3(CustomerAccount='C-1001')?cross-company=true").await?, 400);
    assert_eq!(
        status("/data/CustomersV3(dataAreaId='acmf',CustomerAccount='PROSPECT-1')?cross-company=true").await?,
        404
    );
    assert_eq!(status("/data/CustomersV2").await?, 404);
    assert_eq!(status("/data/CustomersV3?$select=CustomerName").await?, 400);
    assert_eq!(status("/data/CustomersV3?$filter=CustomerAccount eq 'x").await?, 400);
    assert_eq!(status("/data/$metadata").await?, 200);
    assert_eq!(status("/elsewhere").await?, 404);
    Ok(())
}

#[tokio::test]
async fn companies_are_apart_unless_the_call_reaches_across() -> anyhow::Result<()> {
    let (_sandbox, reader) = erp(Tenant::Acme).await?;
    let own = reader.get("/data/CustomersV3?$filter=CustomerAccount eq 'C-1001'").await?.json();
    assert_eq!(column(&own, "dataAreaId"), ["acuk"]);
    let across = reader.get("/data/CustomersV3?cross-company=true&$filter=CustomerAccount eq 'C-1001'").await?.json();
    assert_eq!(column(&across, "dataAreaId"), ["acmf", "acuk"]);
    let main = "/data/CustomersV3?cross-company=true&$filter=dataAreaId eq 'acmf' and CustomerAccount eq 'C-1001'";
    assert_eq!(column(&reader.get(main).await?.json(), "dataAreaId"), ["acmf"]);
    let missed = reader.get("/data/CustomersV3?$filter=dataAreaId eq 'acmf'").await?.json();
    assert_eq!(missed["value"], json!([]));
    Ok(())
}

#[tokio::test]
async fn an_order_has_no_total_until_it_is_calculated() -> anyhow::Result<()> {
    let (_sandbox, reader) = erp(Tenant::Acme).await?;
    let filter = "cross-company=true&$filter=dataAreaId eq 'acmf' and SalesOrderNumber eq 'SO-1042'";
    let order = &reader.get(&format!("/data/SalesOrderHeadersV2?{filter}")).await?.json()["value"][0];
    assert_eq!((&order["OrderTotalAmount"], &order["AreTotalsCalculated"]), (&json!(0), &json!("No")));
    assert_eq!(order["RequestedShippingDate"], "2026-11-23T12:00:00Z");
    let lines = reader.get(&format!("/data/SalesOrderLinesV3?{filter}&$orderby=LineNumber desc")).await?;
    assert_eq!(column(&lines.json(), "SalesOrderLineStatus"), ["Backorder", "Delivered"]);
    // As digits: no float has been near it.
    assert!(String::from_utf8_lossy(&lines.body).contains("\"SalesPrice\":1250.5,"));
    let tracking = reader.get(&format!("/data/SalesPackingSlipTrackingInformation?{filter}")).await?.json();
    assert_eq!(column(&tracking, "PackingSlipNumber"), ["PS-1042"]);
    Ok(())
}

#[tokio::test]
async fn pages_lead_to_pages_but_not_past_top() -> anyhow::Result<()> {
    let (_sandbox, reader) = erp(Tenant::Acme).await?;
    let target = "/data/SalesOrderHeadersV2?cross-company=true&$filter=dataAreaId eq 'acmf' and \
                  OrderingCustomerAccountNumber eq 'C-1001'&$select=SalesOrderNumber&$orderby=SalesOrderNumber&$count=true";
    let small = [("prefer", "odata.maxpagesize=10")];
    let mut page = reader.get_with(target, &small).await?.json();
    assert_eq!(page["@odata.count"], 32);
    let mut numbers = column(&page, "SalesOrderNumber");
    while let Some(link) = page["@odata.nextLink"].as_str().map(str::to_owned) {
        page = reader.get_with(&link, &small).await?.json();
        numbers.extend(column(&page, "SalesOrderNumber"));
    }
    assert_eq!(numbers.len(), 32);
    numbers.dedup();
    assert_eq!(numbers.len(), 32);
    let top = reader.get(&format!("{target}&$top=2")).await?.json();
    assert_eq!((column(&top, "SalesOrderNumber").len(), top.get("@odata.nextLink")), (2, None));
    let counted = reader.get("/data/SalesOrderHeadersV2/$count?cross-company=true").await?;
    assert!(String::from_utf8_lossy(&counted.body).parse::<u32>().is_ok_and(|count| count > 10_000));
    let all = reader.get("/data/SalesOrderHeadersV2?cross-company=true&$select=SalesOrderNumber").await?.json();
    assert_eq!((column(&all, "SalesOrderNumber").len(), all["@odata.nextLink"].is_string()), (10_000, true));
    Ok(())
}

#[tokio::test]
async fn open_amounts_and_stock_come_by_key() -> anyhow::Result<()> {
    let (_sandbox, reader) = erp(Tenant::Acme).await?;
    let debts = "/data/CustOpenTransactions?cross-company=true&$filter=dataAreaId eq 'acmf' and \
                 (CustomerAccount eq 'C-1001' or CustomerAccount eq 'C-1004')&$select=CustomerAccount,OpenAmountCur,DueDate";
    let debts = reader.get(debts).await?.json();
    assert_eq!(column(&debts, "CustomerAccount"), ["C-1001", "C-1004", "C-1004"]);
    assert_eq!(column(&debts, "DueDate")[1], "2026-09-22T12:00:00Z");
    let stock =
        "/data/InventorySitesOnHandV2?cross-company=true&$filter=dataAreaId eq 'acmf' and ItemNumber eq 'AC-100'";
    assert_eq!(column(&reader.get(stock).await?.json(), "InventorySiteId"), ["1", "2"]);
    let product = "/data/ReleasedProductsV2(dataAreaId='acmf',ItemNumber='AC-100')?cross-company=true";
    let product = reader.get(product).await?.json();
    assert_eq!(
        (&product["WarrantyDurationTime"], &product["WarrantyDurationTimeUnit"]),
        (&24.into(), &"Months".into())
    );
    Ok(())
}
