//! The identity provider of the companies' own programs: OpenID discovery, keys, client credentials.

mod exchange;
mod keys;
mod token;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;
use serde_json::json;

pub use token::{Signing, TokenRequest};

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::serve::{Task, method_not_allowed, open, serve_plainly};
use crate::tenant::Tenant;
use crate::vendor::{Call, Reply};
use exchange::Exchange;
use keys::Keys;

/// The programs that may ask for tokens, in both tenants.
pub const CONSUMERS: [&str; 4] = ["support-console", "crm", "partner-one", "partner-two"];

/// A running issuer; dropping it stops it.
pub struct Issuer {
    state: Arc<State>,
    _task: Task,
}

struct State {
    url: String,
    clock: Arc<Clock>,
    /// The newest generation, then those still published.
    keys: RwLock<Vec<Keys>>,
    jwks_requests: AtomicU64,
    is_available: AtomicBool,
    exchange: Exchange,
}

impl Issuer {
    /// Starts an issuer on a port of its own, with keys of its own.
    ///
    /// # Errors
    /// When no port or no key can be had.
    pub async fn start(clock: Arc<Clock>) -> anyhow::Result<Self> {
        let (listener, url) = open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let keys = tokio::task::spawn_blocking(|| Keys::generate(1)).await??;
        let state = Arc::new(State {
            url: url.clone(),
            clock: Arc::clone(&clock),
            keys: RwLock::new(vec![keys]),
            jwks_requests: AtomicU64::new(0),
            is_available: AtomicBool::new(true),
            exchange: Exchange::default(),
        });
        let answering = Arc::clone(&state);
        let task = serve_plainly(listener, url, clock, move |call| {
            let reply = answering.answer(&call);
            async move { reply }
        });
        Ok(Self { state, _task: task })
    }

    /// The issuer's identifier and base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// Makes a token, valid or hostile.
    ///
    /// # Panics
    /// When the system has no random numbers.
    #[must_use]
    pub fn mint(&self, request: &TokenRequest) -> String {
        self.state.mint(request).expect("a generated key signs")
    }

    /// Signs with new keys from now on. The old ones stay published when `keep_old`.
    ///
    /// # Errors
    /// When no key can be made.
    pub async fn rotate(&self, keep_old: bool) -> anyhow::Result<()> {
        // Counted up, so that a key id never comes back.
        let next = self.state.keys.read().first().map_or(1, |keys| keys.generation + 1);
        let keys = tokio::task::spawn_blocking(move || Keys::generate(next)).await??;
        let mut published = self.state.keys.write();
        if !keep_old {
            published.clear();
        }
        published.insert(0, keys);
        Ok(())
    }

    /// How often the keys were fetched.
    #[must_use]
    pub fn jwks_requests(&self) -> u64 {
        self.state.jwks_requests.load(Ordering::Relaxed)
    }

    /// Exchanges callers' tokens for those of a system from now on.
    pub(crate) fn serve(&self, system: &str, credentials: Arc<Credentials>) {
        self.state.exchange.serve(system, credentials);
    }

    /// How many callers' tokens were exchanged.
    #[must_use]
    pub fn exchanges(&self) -> u64 {
        self.state.exchange.done()
    }

    /// Answers everything with 503, or no longer.
    pub fn set_available(&self, is_available: bool) {
        self.state.is_available.store(is_available, Ordering::Relaxed);
    }
}

/// The client id of a consumer at the issuer's token endpoint.
#[must_use]
pub fn client_id(tenant: Tenant, consumer: &str) -> String {
    format!("demo-{}-consumer-{consumer}", tenant.name())
}

/// The client secret that goes with it.
#[must_use]
pub fn client_secret(tenant: Tenant, consumer: &str) -> String {
    format!("demo-{}-consumer-{consumer}-secret", tenant.name())
}

impl State {
    fn answer(&self, call: &Call) -> Reply {
        if !self.is_available.load(Ordering::Relaxed) {
            return Reply::text(503, "unavailable");
        }
        match (call.path.as_str(), call.method.as_str()) {
            ("/.well-known/openid-configuration", "GET") => self.discovery(),
            ("/jwks", "GET") => self.jwks(),
            ("/token", "POST") => self.token(call),
            ("/.well-known/openid-configuration" | "/jwks", _) => method_not_allowed("GET"),
            ("/token", _) => method_not_allowed("POST"),
            _ => Reply::text(404, "not found"),
        }
    }

    fn discovery(&self) -> Reply {
        let url = &self.url;
        let document = json!({
            "issuer": url,
            "jwks_uri": format!("{url}/jwks"),
            "token_endpoint": format!("{url}/token"),
            "grant_types_supported": ["client_credentials", exchange::GRANT],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        });
        Reply::json(200, &document)
    }

    fn jwks(&self) -> Reply {
        self.jwks_requests.fetch_add(1, Ordering::Relaxed);
        let keys: anyhow::Result<Vec<_>> = self.keys.read().iter().map(Keys::published).collect();
        match keys {
            Ok(keys) => Reply::json(200, &json!({"keys": keys.concat()})).with("cache-control", "max-age=300"),
            Err(_) => Reply::text(500, "no keys"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let grant = call.form_value("grant_type").unwrap_or_default();
        if grant != "client_credentials" && grant != exchange::GRANT {
            return refusal(400, "unsupported_grant_type");
        }
        let in_form = || Some((call.form_value("client_id")?, call.form_value("client_secret")?));
        let Some((id, secret)) = call.basic().or_else(in_form) else {
            return refusal(401, "invalid_client");
        };
        if let Some((system, credentials)) = self.exchange.client(&id, &secret) {
            let exchanges = grant == exchange::GRANT;
            return if exchanges {
                self.exchange(call, &system, &credentials)
            } else {
                self.service(call, &credentials)
            };
        }
        if grant == exchange::GRANT {
            return refusal(401, "invalid_client");
        }
        let client = Tenant::ALL.into_iter().flat_map(|tenant| CONSUMERS.map(|consumer| (tenant, consumer)));
        let known = |(tenant, consumer): &(Tenant, &str)| {
            client_id(*tenant, consumer) == id && client_secret(*tenant, consumer) == secret
        };
        let Some((tenant, consumer)) = client.into_iter().find(known) else {
            return refusal(401, "invalid_client");
        };
        match self.mint(&TokenRequest::new(tenant, consumer)) {
            Ok(token) => {
                let body =
                    json!({"access_token": token, "token_type": "Bearer", "expires_in": token::LIFETIME_SECONDS});
                Reply::json(200, &body).with("cache-control", "no-store")
            }
            Err(_) => refusal(500, "server_error"),
        }
    }

    fn mint(&self, request: &TokenRequest) -> anyhow::Result<String> {
        let keys = self.keys.read();
        let newest = keys.first().ok_or_else(|| anyhow::anyhow!("an issuer has keys"))?;
        request.mint(&self.url, newest, self.clock.now())
    }
}

fn refusal(status: u16, error: &str) -> Reply {
    Reply::json(status, &json!({"error": error})).with("cache-control", "no-store")
}
