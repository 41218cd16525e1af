//! The directory's token endpoint: client credentials, in both of its versions.

use serde_json::{Value, json};

use crate::credentials::Credentials;
use crate::tenant::Tenant;
use crate::vendor::{Call, Reply};

const LIFETIME_SECONDS: i64 = 3599;

pub(super) fn answer(call: &Call, tenant: Tenant, credentials: &Credentials) -> Reply {
    let directory = super::directory(tenant);
    let is_second_version = call.path == format!("/{directory}/oauth2/v2.0/token");
    if !is_second_version && call.path != format!("/{directory}/oauth2/token") {
        return refusal(call, 400, "invalid_request", 90002, "Tenant not found.");
    }
    if call.method != http::Method::POST {
        return refusal(call, 400, "invalid_request", 900_561, "The endpoint only accepts POST requests.");
    }
    let value = |name| call.form_value(name).unwrap_or_default();
    if value("grant_type") != "client_credentials" {
        return refusal(call, 400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
    }
    if value("client_id") != credentials.client_id {
        return refusal(call, 400, "unauthorized_client", 700_016, "Application was not found in the directory.");
    }
    if value("client_secret") != credentials.client_secret {
        return refusal(call, 401, "invalid_client", 7_000_215, "Invalid client secret provided.");
    }
    // The resource is the environment's root, in lower case and without a slash at its end.
    if is_second_version && value("scope") != format!("{}/.default", call.base_url) {
        return refusal(
            call,
            400,
            "invalid_scope",
            70011,
            "The provided value for the input parameter 'scope' is not valid.",
        );
    }
    if !is_second_version && value("resource") != call.base_url {
        return refusal(call, 400, "invalid_resource", 500_011, "The resource principal was not found in the tenant.");
    }
    let token = credentials.tokens.issue(call.now, LIFETIME_SECONDS);
    let body = if is_second_version { second_version(&token) } else { first_version(call, &token) };
    Reply::json(200, &body).with("cache-control", "no-store, no-cache")
}

fn second_version(token: &str) -> Value {
    json!({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS,
           "access_token": token})
}

/// The older endpoint writes its numbers as text.
fn first_version(call: &Call, token: &str) -> Value {
    let lifetime = LIFETIME_SECONDS.to_string();
    let expires_on = (call.now.timestamp() + LIFETIME_SECONDS).to_string();
    json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "expires_on": expires_on,
           "resource": call.base_url, "access_token": token})
}

fn refusal(call: &Call, status: u16, error: &str, code: u32, says: &str) -> Reply {
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {says}"),
        "error_codes": [code],
        "timestamp": call.now.format("%Y-%m-%d %H:%M:%SZ").to_string(),
        "trace_id": uuid::Uuid::new_v4().to_string(),
        "correlation_id": uuid::Uuid::new_v4().to_string(),
    });
    Reply::json(status, &body)
}
