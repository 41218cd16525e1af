//! Signing in by client credentials.

use serde_json::{Value, json};

use super::errors::{JSON, Refusal};
use crate::credentials::Credentials;
use crate::vendor::{Call, Reply};

/// Where tokens are handed out.
pub(super) const PATH: &str = "/oauth/tokens";
/// How long a token lasts when the client says nothing, and the lifetimes it may ask for.
const LIFETIME: i64 = 7_200;
const SHORTEST: i64 = 300;
const LONGEST: i64 = 172_800;

/// Hands out a token or says why not.
pub(super) fn answer(call: &Call, credentials: &Credentials) -> Result<Reply, Refusal> {
    if call.method != http::Method::POST {
        return Err(Refusal::no_route());
    }
    let body = call.json().unwrap_or_else(|| form(call));
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if text("grant_type") != "client_credentials" {
        let description = "The authorization grant type is not supported by the authorization server.";
        return Err(Refusal::grant(400, "unsupported_grant_type", description));
    }
    if !credentials.are(text("client_id"), text("client_secret")) {
        let description = "Client authentication failed due to unknown client, no client authentication included, or \
                           unsupported authentication method.";
        return Err(Refusal::grant(401, "invalid_client", description));
    }
    let lifetime = match &body["expires_in"] {
        Value::Null => LIFETIME,
        wish => wish.as_i64().filter(|seconds| (SHORTEST..=LONGEST).contains(seconds)).ok_or_else(|| {
            let description = "The expires_in parameter must be between 300 and 172800.";
            Refusal::grant(400, "invalid_request", description)
        })?,
    };
    let scope = match text("scope") {
        "" => "read",
        wish => wish,
    };
    let granted = json!({
        "access_token": credentials.tokens.issue(call.now, lifetime),
        "token_type": "bearer",
        "scope": scope,
        "expires_in": lifetime,
    });
    Ok(Reply::json(200, &granted).with("content-type", JSON).with("cache-control", "no-store"))
}

/// Older clients send a form.
fn form(call: &Call) -> Value {
    let number = |text: &str| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    let pairs = call.form().into_iter();
    pairs
        .map(|(name, text)| if name == "expires_in" { (name, number(&text)) } else { (name, Value::from(text)) })
        .collect()
}
