//! Signing in: client credentials with a signed assertion. There is no secret and no refresh token.

use serde_json::json;

use super::assertion::{Certificate, Expected};
use crate::credentials::Credentials;
use crate::vendor::{Call, Reply};

/// Where tokens are handed out.
pub(super) const PATH: &str = "/services/rest/auth/oauth2/v1/token";
const LIFETIME_SECONDS: i64 = 3_600;
const BY_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Hands out a token or says why not.
pub(super) fn answer(call: &Call, credentials: &Credentials, certificates: &[(String, Certificate)]) -> Reply {
    let value = |name| call.form_value(name).unwrap_or_default();
    if call.method != http::Method::POST {
        return refused(400, "invalid_request");
    }
    if value("grant_type") != "client_credentials" {
        return refused(400, "unsupported_grant_type");
    }
    let assertion = value("client_assertion");
    if value("client_assertion_type") != BY_ASSERTION || assertion.is_empty() {
        return refused(400, "invalid_request");
    }
    let token_url = format!("{}{PATH}", call.base_url);
    let expected = Expected { client_id: &credentials.client_id, token_url: &token_url, certificates, now: call.now };
    if !expected.accepts(&assertion) {
        return refused(400, "invalid_grant");
    }
    let token = credentials.tokens.issue(call.now, LIFETIME_SECONDS);
    let body = json!({ "access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer" });
    Reply::json(200, &body).with("cache-control", "no-store")
}

fn refused(status: u16, error: &str) -> Reply {
    Reply::json(status, &json!({ "error": error })).with("cache-control", "no-store")
}
