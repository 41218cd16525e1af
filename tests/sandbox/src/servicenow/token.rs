//! Signing in: client credentials, password and refresh.

use serde_json::json;

use super::errors::reply;
use crate::credentials::Credentials;
use crate::vendor::{Call, Reply};

/// Where tokens are handed out.
pub(super) const PATH: &str = "/oauth_token.do";
/// Half an hour, of which a second is gone by the time the answer is written.
const LIFETIME_SECONDS: i64 = 1_799;
const REFRESH_SECONDS: i64 = 8_640_000;

/// Hands out a token. Whatever is wrong is answered alike.
pub(super) fn answer(call: &Call, credentials: &Credentials) -> Reply {
    let value = |name| call.form_value(name).unwrap_or_default();
    if call.method != http::Method::POST || !credentials.are(&value("client_id"), &value("client_secret")) {
        return refused();
    }
    let refreshes = match value("grant_type").as_str() {
        "client_credentials" => false,
        // The one technical user carries the client's own name and password.
        "password" if credentials.are(&value("username"), &value("password")) => true,
        "refresh_token" if credentials.tokens.accepts(&value("refresh_token"), call.now) => true,
        _ => return refused(),
    };
    let mut body = json!({
        "access_token": credentials.tokens.issue(call.now, LIFETIME_SECONDS),
        "scope": "useraccount",
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
    });
    if refreshes {
        body["refresh_token"] = credentials.tokens.issue(call.now, REFRESH_SECONDS).into();
    }
    reply(200, &body).with("cache-control", "no-store")
}

fn refused() -> Reply {
    reply(401, &json!({ "error_description": "access_denied", "error": "server_error" }))
}
