//! Exchange of a caller's token for one of a system (RFC 8693): the system then knows on whose behalf it is asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::RwLock;
use serde_json::{Value, json};

use super::{State, refusal};
use crate::credentials::Credentials;
use crate::vendor::{Call, Reply};

pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// A token of a system lives no longer than this, however long the caller's does.
const LONGEST_SECONDS: i64 = 3_600;

/// The systems that tokens are exchanged for, by name.
#[derive(Default)]
pub(super) struct Exchange {
    systems: RwLock<HashMap<String, Arc<Credentials>>>,
    done: AtomicU64,
}

impl Exchange {
    pub(super) fn serve(&self, system: &str, credentials: Arc<Credentials>) {
        self.systems.write().insert(system.to_owned(), credentials);
    }

    /// How many tokens were exchanged.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The system whose client asks.
    pub(super) fn client(&self, id: &str, secret: &str) -> Option<(String, Arc<Credentials>)> {
        let systems = self.systems.read();
        systems.iter().find(|(_, known)| known.are(id, secret)).map(|(name, known)| (name.clone(), Arc::clone(known)))
    }
}

impl State {
    /// RFC 8693 §2.1 and §2.2. The client is the system's own, the subject a caller whom this issuer knows.
    pub(super) fn exchange(&self, call: &Call, system: &str, credentials: &Credentials) -> Reply {
        if call.form_value("subject_token_type").is_none_or(|kind| kind != ACCESS_TOKEN && kind != JWT) {
            return refusal(400, "invalid_request");
        }
        if call.form_value("audience").is_none_or(|audience| audience != system) {
            return refusal(400, "invalid_target");
        }
        let token = call.form_value("subject_token").unwrap_or_default();
        let Some((subject, ends)) = self.believed(&token) else { return refusal(400, "invalid_request") };
        let seconds = LONGEST_SECONDS.min(ends - call.now.timestamp());
        self.exchange.done.fetch_add(1, Ordering::Relaxed);
        let body = json!({
            "access_token": credentials.tokens.issue_for(&subject, call.now, seconds),
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": seconds,
        });
        Reply::json(200, &body).with("cache-control", "no-store")
    }

    /// The system's client on its own behalf.
    pub(super) fn service(&self, call: &Call, credentials: &Credentials) -> Reply {
        let token = credentials.tokens.issue(call.now, LONGEST_SECONDS);
        let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": LONGEST_SECONDS});
        Reply::json(200, &body).with("cache-control", "no-store")
    }

    /// Subject and end of a token that this issuer has signed for the gateway, and that has not ended.
    fn believed(&self, token: &str) -> Option<(String, i64)> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let read = |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
        let (header, claims, signature) = (read(header)?, read(payload)?, URL_SAFE_NO_PAD.decode(signature).ok()?);
        let keys = self.keys.read();
        let algorithm = header["alg"].as_str()?;
        let signed = keys.iter().any(|keys| keys.have_signed(algorithm, message.as_bytes(), &signature));
        let ends = claims["exp"].as_i64()?;
        let ours = claims["iss"] == self.url.as_str() && claims["aud"] == "portico";
        (signed && ours && ends > self.clock.now().timestamp()).then_some(())?;
        Some((claims["sub"].as_str()?.to_owned(), ends))
    }
}
