//! Signing in by client credentials.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::ids;
use super::objects::organisation;
use crate::credentials::Credentials;
use crate::tenant::Tenant;
use crate::vendor::{Call, Reply};

/// Where tokens are handed out.
pub(super) const PATH: &str = "/services/oauth2/token";
/// How long a session lasts; the answer does not say so.
const SESSION_SECONDS: i64 = 7_200;

/// Hands out a token or says why not.
pub(super) fn answer(call: &Call, credentials: &Credentials, tenant: Tenant) -> Reply {
    if call.method != http::Method::POST {
        return refused("invalid_request", "must use HTTP POST method");
    }
    if call.form_value("grant_type").as_deref() != Some("client_credentials") {
        return refused("unsupported_grant_type", "grant type not supported");
    }
    let in_form = || Some((call.form_value("client_id")?, call.form_value("client_secret")?));
    let Some((id, secret)) = call.basic().or_else(in_form) else {
        return refused("invalid_client_id", "client identifier invalid");
    };
    if id != credentials.client_id {
        return refused("invalid_client_id", "client identifier invalid");
    }
    if !credentials.are(&id, &secret) {
        return refused("invalid_client", "invalid client credentials");
    }
    granted(call, credentials, tenant)
}

fn granted(call: &Call, credentials: &Credentials, tenant: Tenant) -> Reply {
    let token = credentials.tokens.issue(call.now, SESSION_SECONDS);
    let base = &call.base_url;
    let organisation_id = ids::id("00D", organisation(tenant), 1);
    let user_id = ids::id("005", organisation(tenant), 1);
    let identity = format!("{base}/id/{organisation_id}/{user_id}");
    let issued_at = call.now.timestamp_millis().to_string();
    let signature = STANDARD.encode(Sha256::digest(format!("{identity}{issued_at}")));
    // Neither a lifetime nor a refresh token: a client learns from 401 that the session is over.
    let body = json!({
        "access_token": token,
        "signature": signature,
        "scope": "api",
        "instance_url": base,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "api_instance_url": base,
    });
    Reply::json(200, &body).with("content-type", super::errors::JSON).with("cache-control", "no-cache, no-store")
}

fn refused(error: &str, description: &str) -> Reply {
    let body = json!({ "error": error, "error_description": description });
    Reply::json(400, &body).with("content-type", super::errors::JSON).with("cache-control", "no-cache, no-store")
}
