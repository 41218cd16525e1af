//! Tokens that say nothing themselves: their issuer is asked about each (RFC 7662).
//!
//! One question for all who wait for the same token, so many at once and no more, and fewer while the issuer does not
//! answer. What it says of a good token is remembered where verified tokens are; that it knows nothing of one, here.
//! A token goes to the issuer that its prefix names, or that it names itself, and to no other: it is a credential.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use moka::sync::Cache;
use parking_lot::Mutex;
use portico_contracts::secret::Secret;
use tokio::sync::watch;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::issuer::Network;
use super::key_source::{Fetch, FetchError, Question};
use super::object::Object;
use super::verified::Digest;
use super::{TokenError, api_key};
use crate::Now;

/// How an issuer is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introspection {
    /// Where.
    pub endpoint: Url,
    /// Our name there.
    pub client_id: Secret,
    /// Our secret there.
    pub client_secret: Secret,
    /// Where name and secret go.
    pub client_auth: ClientAuth,
    /// What the issuer's opaque tokens begin with. Without it every opaque token is taken to be of this issuer.
    pub prefix: Option<String>,
    /// Whether it is asked about those of its tokens, too, that could be checked here.
    pub always: bool,
    /// How long its word about a token is believed.
    pub believed: Duration,
}

/// Where a client's name and secret go (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// Into a header.
    #[default]
    Basic,
    /// Beside the token.
    Form,
}

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(5);
const MAX_ANSWER: usize = 64 * 1024;
/// Questions to one issuer at once.
const AT_ONCE: usize = 256;
/// How long a token that is not active is not asked about again.
const INACTIVE_FOR: Duration = Duration::from_secs(10);
const INACTIVE_ROOM: u64 = 20_000;
/// So many failures in a row, and the issuer is left alone for a while.
const ENOUGH: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

type Answer = Result<Arc<[u8]>, TokenError>;
type Flight = watch::Receiver<Option<Answer>>;

/// One issuer that is asked.
#[derive(Debug)]
pub(crate) struct Introspector {
    settings: Introspection,
    issuer: String,
    network: Network,
    fetch: Arc<dyn Fetch>,
    inactive: Cache<Digest, Instant>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    flights: HashMap<Digest, Flight>,
    not_before: Option<Instant>,
    health: Health,
}

/// How asking goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Questions so far, failed ones included.
    pub asked: u64,
    /// Failures since the last answer.
    pub failures: u32,
    /// Why the last question failed, if it did.
    pub last_error: Option<String>,
}

impl Introspector {
    pub(crate) fn new(settings: Introspection, issuer: &str, network: Network, fetch: Arc<dyn Fetch>) -> Self {
        let inactive = Cache::builder().max_capacity(INACTIVE_ROOM).time_to_live(INACTIVE_FOR).build();
        Introspector { settings, issuer: issuer.to_owned(), network, fetch, inactive, state: Mutex::default() }
    }

    pub(crate) fn settings(&self) -> &Introspection {
        &self.settings
    }

    pub(crate) fn health(&self) -> Health {
        self.state.lock().health.clone()
    }

    /// Whether an opaque token is this issuer's. Without a prefix it is what no other kind of credential looks like.
    pub(crate) fn takes(&self, token: &str) -> bool {
        match &self.settings.prefix {
            Some(prefix) => token.starts_with(prefix.as_str()),
            None => !token.contains('.') && !token.starts_with(api_key::PREFIX),
        }
    }

    /// What the issuer says of a token that is active.
    pub(crate) async fn ask(self: &Arc<Self>, token: &str, digest: Digest, now: Now) -> Answer {
        if self.inactive.get(&digest).is_some_and(|until| now.instant < until) {
            return Err(TokenError::Inactive);
        }
        let mut flight = self.join(token, digest, now)?;
        let landed = flight.wait_for(Option::is_some).await;
        landed.ok().and_then(|answer| answer.clone()).unwrap_or_else(|| Err(unavailable(FIRST_PAUSE)))
    }

    /// The question that is under way, or a new one. It runs apart from whoever asked first.
    fn join(self: &Arc<Self>, token: &str, digest: Digest, now: Now) -> Result<Flight, TokenError> {
        let mut state = self.state.lock();
        if let Some(flight) = state.flights.get(&digest) {
            return Ok(flight.clone());
        }
        let wait = state.not_before.map(|start| start.saturating_duration_since(now.instant)).unwrap_or_default();
        if !wait.is_zero() {
            return Err(unavailable(wait));
        }
        if state.flights.len() >= AT_ONCE {
            return Err(unavailable(FIRST_PAUSE));
        }
        if state.health.failures >= ENOUGH {
            // One question finds out whether it is back.
            state.not_before = Some(now.instant + PATIENCE);
        }
        state.health.asked += 1;
        let (lands, flight) = watch::channel(None);
        state.flights.insert(digest, flight.clone());
        let (asking, question) = (self.clone(), self.question(token));
        tokio::spawn(async move {
            let asked = asking.fetch.ask(&question, asking.network, MAX_ANSWER);
            let answer = match tokio::time::timeout(PATIENCE, asked).await {
                Ok(answer) => answer.and_then(readable),
                Err(_) => Err(FetchError("no answer in time".to_owned())),
            };
            let _ = lands.send(Some(asking.settle(digest, answer, now)));
        });
        Ok(flight)
    }

    fn settle(&self, digest: Digest, answer: Result<Vec<u8>, FetchError>, now: Now) -> Answer {
        let mut state = self.state.lock();
        state.flights.remove(&digest);
        match answer {
            Ok(answer) => {
                state.health = Health { asked: state.health.asked, ..Health::default() };
                state.not_before = None;
                Ok(answer.into())
            }
            Err(why) => {
                tracing::warn!(issuer = %self.issuer, error = %why, "an issuer could not be asked about a token");
                let failures = state.health.failures.saturating_add(1);
                let doubled = 2u32.saturating_pow(failures.saturating_sub(ENOUGH).min(16));
                let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
                if failures >= ENOUGH {
                    state.not_before = Some(now.instant + pause);
                }
                state.health.failures = failures;
                state.health.last_error = Some(why.to_string());
                Err(unavailable(pause))
            }
        }
    }

    /// Remembers for a while that a token is not active.
    pub(crate) fn remember_inactive(&self, digest: Digest, now: Now) {
        self.inactive.insert(digest, now.instant + INACTIVE_FOR);
    }

    fn question(&self, token: &str) -> Question {
        let Introspection { endpoint, client_id, client_secret, client_auth, .. } = &self.settings;
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "access_token");
        let authorization = match client_auth {
            ClientAuth::Form => {
                form.append_pair("client_id", client_id.reveal()).append_pair("client_secret", client_secret.reveal());
                None
            }
            ClientAuth::Basic => {
                let part = |secret: &Secret| byte_serialize(secret.reveal().as_bytes()).collect::<String>();
                let pair = format!("{}:{}", part(client_id), part(client_secret));
                Some(Secret::new(format!("Basic {}", STANDARD.encode(pair))))
            }
        };
        Question { url: endpoint.clone(), form: Secret::new(form.finish()), authorization }
    }
}

/// An answer that does not say whether the token is active is a failure of the issuer, not of the token.
fn readable(answer: Vec<u8>) -> Result<Vec<u8>, FetchError> {
    let active = Object::read(&answer).ok().and_then(|object| object.typed::<bool>("active").ok().flatten());
    match active {
        Some(_) => Ok(answer),
        None => Err(FetchError("the answer does not say whether the token is active".to_owned())),
    }
}

fn unavailable(retry_after: Duration) -> TokenError {
    TokenError::Unavailable { retry_after }
}

#[cfg(test)]
mod tests;
