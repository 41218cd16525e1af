//! Short tokens for an app of many accounts, half an hour each.
//!
//! The vendor's flow exchanges a long-lived refresh token. Client credentials are taken as well, although the vendor
//! knows them for its app-level interfaces only, so that a client that cannot refresh can still meet tokens that end.

use serde_json::json;

use super::errors::Refusal;
use crate::credentials::Credentials;
use crate::vendor::{Call, Reply};

/// Where tokens are handed out; all parameters come in the body.
pub(super) const PATH: &str = "/oauth/v3/token";
/// Where they were handed out until 2027; the query counts, too.
const OLD_PATH: &str = "/oauth/v1/token";
/// Half an hour.
const LIFETIME: i64 = 1_800;
/// The vendor's tokens are long; whoever has no room for three hundred characters shall learn it here.
const PADDING: usize = 320;

/// Whether a path hands out tokens.
pub(super) fn is_path(path: &str) -> bool {
    path == PATH || path == OLD_PATH
}

/// What is exchanged for short tokens.
pub(super) fn refresh_token(credentials: &Credentials) -> String {
    format!("{}-refresh", credentials.client_id.trim_end_matches("-client"))
}

/// The token as we know it, without what makes it long.
pub(super) fn short(token: &str) -> Option<&str> {
    let (short, padding) = token.split_once('.')?;
    (padding.len() == PADDING && padding.bytes().all(|byte| byte == b'x')).then_some(short)
}

/// Hands out a token or says why not.
pub(super) fn answer(call: &Call, credentials: &Credentials) -> Result<Reply, Refusal> {
    if call.method != http::Method::POST {
        return Err(Refusal::method());
    }
    let value = |name: &str| {
        let in_query = || call.param(name).filter(|_| call.path == OLD_PATH).map(str::to_owned);
        call.form_value(name).or_else(in_query).unwrap_or_default()
    };
    if !credentials.are(&value("client_id"), &value("client_secret")) {
        return Err(Refusal::grant("BAD_CLIENT_ID", "missing or unknown client id or client secret"));
    }
    match value("grant_type").as_str() {
        "client_credentials" => {}
        "refresh_token" if value("refresh_token") == refresh_token(credentials) => {}
        "refresh_token" => return Err(Refusal::grant("BAD_REFRESH_TOKEN", "missing or invalid refresh token")),
        _ => return Err(Refusal::grant("BAD_GRANT_TYPE", "missing or unknown grant type")),
    }
    let short = credentials.tokens.issue(call.now, LIFETIME);
    let granted = json!({
        "token_type": "bearer",
        "refresh_token": refresh_token(credentials),
        "access_token": format!("{short}.{}", "x".repeat(PADDING)),
        "expires_in": LIFETIME,
    });
    Ok(Reply::json(200, &granted).with("cache-control", "no-store"))
}
