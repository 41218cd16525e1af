//! Somebody who signs in at a system of any vendor as that vendor wants it, and reads one small thing there.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use portico_sandbox::SystemInfo;
use serde_json::{Value, json};

use crate::client::{Answer, send, sign_in};

/// Something small to read, and where its rows stand.
pub(crate) struct Small {
    method: &'static str,
    target: &'static str,
    body: &'static str,
    pub(crate) rows: &'static str,
}

/// What is read at a vendor.
pub(crate) fn small(vendor: &str) -> Small {
    let get = |target, rows| Small { method: "GET", target, body: "", rows };
    match vendor {
        "Salesforce" => get("/services/data/v66.0/query?q=SELECT+Id,Name+FROM+Account+LIMIT+1", "/records"),
        "Dynamics 365" => get("/data/CustomersV3?$top=1", "/value"),
        "Stripe" => get("/v1/customers?limit=1", "/data"),
        "Zendesk" => get("/api/v2/organizations?page%5Bsize%5D=1", "/organizations"),
        "HubSpot" => get("/crm/v3/objects/companies?limit=1", "/results"),
        "Chargebee" => get("/api/v2/customers?limit=1", "/list"),
        "ServiceNow" => get("/api/now/table/customer_account?sysparm_limit=1", "/result"),
        "NetSuite" => Small {
            method: "POST",
            target: "/services/rest/query/v1/suiteql?limit=1",
            body: r#"{"q":"SELECT id, companyname FROM customer ORDER BY id"}"#,
            rows: "/items",
        },
        other => panic!("no such vendor: {other}"),
    }
}

/// Reads it with the value of an `Authorization` header.
pub(crate) async fn read(system: &SystemInfo, authorization: &str) -> anyhow::Result<Answer> {
    let small = small(&system.vendor);
    let headers = [
        ("authorization", authorization),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("prefer", "transient"),
    ];
    send(small.method, &format!("{}{}", system.address, small.target), &headers, small.body).await
}

/// The value of an `Authorization` header that this system gave or takes.
pub(crate) async fn authorization(system: &SystemInfo) -> anyhow::Result<String> {
    let access = &system.credentials;
    let key = access.api_key.as_deref().unwrap_or_default();
    Ok(match system.vendor.as_str() {
        "Stripe" | "HubSpot" => format!("Bearer {key}"),
        "Chargebee" => format!("Basic {}", STANDARD.encode(format!("{key}:"))),
        "Zendesk" => {
            let body = json!({"grant_type": "client_credentials", "client_id": access.client_id,
                              "client_secret": access.client_secret, "scope": "read"});
            format!("Bearer {}", token(system, "application/json", body.to_string()).await?)
        }
        "NetSuite" => format!("Bearer {}", token(system, FORM, assertion_form(system)?).await?),
        _ => format!("Bearer {}", sign_in(system).await?),
    })
}

const FORM: &str = "application/x-www-form-urlencoded";

async fn token(system: &SystemInfo, media_type: &str, body: String) -> anyhow::Result<String> {
    let url = system.credentials.token_url.as_deref().context("the system hands out tokens")?;
    let answer = send("POST", url, &[("content-type", media_type)], body).await?;
    let body: Value = serde_json::from_slice(&answer.body)?;
    let token = body["access_token"].as_str().map(str::to_owned);
    token.with_context(|| format!("{} {:?}", answer.status, answer.body))
}

fn assertion_form(system: &SystemInfo) -> anyhow::Result<String> {
    let access = &system.credentials;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let claims = json!({ "iss": access.client_id, "scope": "rest_webservices", "aud": access.token_url,
                         "iat": now, "exp": now + 300 });
    let header = Header { kid: access.certificate_id.clone(), ..Header::new(Algorithm::ES256) };
    let key = EncodingKey::from_ec_pem(access.private_key.as_deref().unwrap_or_default().as_bytes())?;
    let assertion = jsonwebtoken::encode(&header, &claims, &key)?;
    Ok(url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .append_pair("client_assertion", &assertion)
        .finish())
}
