//! One issuer's keys, fetched calmly: once for many waiters, never in a hurry, and kept while the issuer is down.
//!
//! A token that names an unknown key may be the first one after a rotation, or one of a flood. So it may cause a
//! fetch, but only one per cool-down, and not again for a key that was just looked for in vain. The fetch runs apart
//! from the request that caused it: a caller who hangs up takes nobody else's answer along.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use portico_contracts::secret::Secret;
use tokio::sync::watch;
use url::Url;

use super::TokenError;
use super::issuer::{Network, SigningAlgorithm};
use super::jwks::{Key, KeySet};
use super::object::Object;
use crate::Now;

/// Fetches a document of an issuer. The gateway does it over HTTP: no redirects, addresses checked after they are
/// resolved (`network`), no more than `limit` bytes, nothing but status 200.
#[async_trait::async_trait]
pub trait Fetch: std::fmt::Debug + Send + Sync {
    /// The body at this address.
    async fn fetch(&self, url: &Url, network: Network, limit: usize) -> Result<Vec<u8>, FetchError>;

    /// The answer to a form that is sent, under the same rules.
    async fn ask(&self, question: &Question, network: Network, limit: usize) -> Result<Vec<u8>, FetchError>;
}

/// A form for an issuer. It prints neither the form nor our credentials.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where it goes.
    pub url: Url,
    /// `application/x-www-form-urlencoded`; there is a token in it.
    pub form: Secret,
    /// The value of `Authorization`, where one is sent.
    pub authorization: Option<Secret>,
}

/// Why keys could not be fetched, for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// How calm fetching is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calm {
    /// Between two fetches in the long run.
    pub cool_down: Duration,
    /// So many may follow each other sooner: the first token of a new key does not wait for a cool-down.
    pub at_once: u32,
    /// Between two fetches at least. Who needs a key that is not at hand waits so long.
    pub spacing: Duration,
    /// After the first failure; it doubles with each further one.
    pub first_retry: Duration,
    /// At most this long between attempts while failing.
    pub longest_retry: Duration,
    /// How long a key that was looked for in vain is not looked for again.
    pub unknown_for: Duration,
    /// How old keys become before they are fetched again unasked.
    pub refresh_every: Duration,
    /// How long one fetch may take.
    pub patience: Duration,
}

impl Default for Calm {
    fn default() -> Self {
        Calm {
            cool_down: Duration::from_secs(10),
            at_once: 3,
            spacing: Duration::from_secs(1),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(60),
            unknown_for: Duration::from_secs(10),
            refresh_every: Duration::from_secs(300),
            patience: Duration::from_secs(5),
        }
    }
}

const MAX_DISCOVERY: usize = 64 * 1024;
const MAX_KEY_SET: usize = 256 * 1024;
const MAX_UNKNOWN: usize = 1024;

/// How fetching goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Usable keys at hand.
    pub keys: usize,
    /// Fetches so far, failed ones included.
    pub fetches: u64,
    /// Failures since the last success.
    pub failures: u32,
    /// Why the last fetch failed, if it did.
    pub last_error: Option<String>,
}

/// The keys of one issuer.
#[derive(Debug)]
pub(crate) struct KeySource {
    issuer: String,
    network: Network,
    calm: Calm,
    fetch: Arc<dyn Fetch>,
    keys: ArcSwap<KeySet>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    flight: Option<Flight>,
    /// While failing.
    not_before: Option<Instant>,
    /// When the last fetch began or will begin.
    began: Option<Instant>,
    /// When all that was fetched so far would have been by one fetch a cool-down (GCRA).
    paid: Option<Instant>,
    fetched: Option<Instant>,
    status: Status,
    unknown: HashMap<String, Instant>,
}

/// A fetch under way. Its sender is dropped when it ends, whatever way it ends.
#[derive(Debug, Clone)]
pub(crate) struct Flight(watch::Receiver<()>);

impl Flight {
    fn in_the_air(&self) -> bool {
        self.0.has_changed().is_ok()
    }

    /// Returns when the fetch has ended.
    pub(crate) async fn landed(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// What to do about a key that is not at hand.
enum Next {
    Found(Arc<Key>),
    /// For a fetch; whether it begins after the caller came.
    Wait {
        flight: Flight,
        began_later: bool,
    },
    TooSoon(Duration),
    KnownToBeUnknown,
}

impl KeySource {
    pub(crate) fn new(issuer: &str, network: Network, fetch: Arc<dyn Fetch>, calm: Calm) -> Self {
        let keys = ArcSwap::from_pointee(KeySet::default());
        KeySource { issuer: issuer.to_owned(), network, calm, fetch, keys, state: Mutex::default() }
    }

    /// The key for a token: at hand, or fetched now if it is time for that.
    pub(crate) async fn find(
        self: &Arc<Self>,
        algorithm: SigningAlgorithm,
        kid: Option<&str>,
        now: Now,
    ) -> Result<Arc<Key>, TokenError> {
        match self.keys.load().find(algorithm, kid) {
            Some(key) => Ok(key),
            None => self.find_missing(algorithm, kid, now).await,
        }
    }

    /// The same for a key that was not at hand a moment ago.
    async fn find_missing(
        self: &Arc<Self>,
        algorithm: SigningAlgorithm,
        kid: Option<&str>,
        now: Now,
    ) -> Result<Arc<Key>, TokenError> {
        // Who joins a fetch that began before it came may get what was published before. It looks once more.
        for _ in 0..2 {
            let (flight, began_later) = match self.next(algorithm, kid, now) {
                Next::Found(key) => return Ok(key),
                Next::KnownToBeUnknown => return Err(TokenError::KeyUnknown),
                // Nobody can tell yet: it may be a new one.
                Next::TooSoon(retry_after) => return Err(TokenError::Unavailable { retry_after }),
                Next::Wait { flight, began_later } => (flight, began_later),
            };
            flight.landed().await;
            if let Some(key) = self.keys.load().find(algorithm, kid) {
                return Ok(key);
            }
            if began_later || self.is_failing() {
                break;
            }
        }
        self.remember_unknown(kid, now);
        Err(self.without(now))
    }

    fn next(self: &Arc<Self>, algorithm: SigningAlgorithm, kid: Option<&str>, now: Now) -> Next {
        let mut state = self.state.lock();
        // A fetch may have landed since the caller looked.
        if let Some(key) = self.keys.load().find(algorithm, kid) {
            return Next::Found(key);
        }
        if kid.and_then(|kid| state.unknown.get(kid)).is_some_and(|until| now.instant < *until) {
            return Next::KnownToBeUnknown;
        }
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.in_the_air()) {
            let began_later = state.began.is_some_and(|began| began > now.instant);
            return Next::Wait { flight: flight.clone(), began_later };
        }
        // The key may have been published a moment ago: that is worth a short wait, but for an issuer that fails.
        let patience = if state.status.failures == 0 { self.calm.spacing } else { Duration::ZERO };
        match self.wait(&state, now) {
            wait if wait > patience => Next::TooSoon(wait),
            wait => Next::Wait { flight: self.take_off(&mut state, wait, now), began_later: true },
        }
    }

    /// How long until the next fetch may begin.
    fn wait(&self, state: &State, now: Now) -> Duration {
        let tolerated = self.calm.cool_down.saturating_mul(self.calm.at_once.saturating_sub(1));
        let spaced = state.began.map(|began| began + self.calm.spacing);
        let until = |start: Instant| start.saturating_duration_since(now.instant);
        let paid = state.paid.map(until).unwrap_or_default().saturating_sub(tolerated);
        [state.not_before, spaced].into_iter().flatten().map(until).fold(paid, Duration::max)
    }

    /// A fetch if the keys are old, or were never had, and it is not too soon.
    pub(crate) fn refresh_if_due(self: &Arc<Self>, now: Now) -> Option<Flight> {
        let mut state = self.state.lock();
        let old = |fetched: Instant| now.instant.saturating_duration_since(fetched) >= self.calm.refresh_every;
        let due = state.fetched.is_none_or(old) && self.wait(&state, now).is_zero();
        let idle = !state.flight.as_ref().is_some_and(Flight::in_the_air);
        (due && idle).then(|| self.take_off(&mut state, Duration::ZERO, now))
    }

    /// Starts the fetch, apart from whoever asked. Until it ends nobody starts another one.
    fn take_off(self: &Arc<Self>, state: &mut State, wait: Duration, now: Now) -> Flight {
        let now = now.later(wait);
        let (ends, flight) = watch::channel(());
        let flight = Flight(flight);
        state.flight = Some(flight.clone());
        state.began = Some(now.instant);
        state.paid = Some(state.paid.map_or(now.instant, |paid| paid.max(now.instant)) + self.calm.cool_down);
        state.status.fetches += 1;
        let source = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let fetched = tokio::time::timeout(source.calm.patience, source.fetch_keys()).await;
            source.settle(fetched.unwrap_or_else(|_| Err(FetchError("no answer in time".to_owned()))), now);
            drop(ends);
        });
        flight
    }

    fn settle(&self, fetched: Result<KeySet, FetchError>, now: Now) {
        let mut state = self.state.lock();
        match fetched {
            Ok(keys) => {
                state.status = Status { keys: keys.len(), fetches: state.status.fetches, ..Status::default() };
                state.fetched = Some(now.instant);
                state.not_before = None;
                self.keys.store(Arc::new(keys));
            }
            Err(why) => {
                tracing::warn!(issuer = %self.issuer, error = %why, "keys of an issuer could not be fetched");
                let doubled = 2u32.saturating_pow(state.status.failures.min(16));
                let wait = self.calm.first_retry.saturating_mul(doubled).min(self.calm.longest_retry);
                // With keys at hand there is no hurry; without, everyone waits for the first.
                let calm = if state.fetched.is_some() { wait.max(self.calm.cool_down) } else { wait };
                state.not_before = Some(now.instant + calm);
                // Failures have a pause of their own, so they do not count as fetches.
                state.paid = state.paid.and_then(|paid| paid.checked_sub(self.calm.cool_down));
                state.status.failures = state.status.failures.saturating_add(1);
                state.status.last_error = Some(why.to_string());
            }
        }
    }

    async fn fetch_keys(&self) -> Result<KeySet, FetchError> {
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let discovery = self.fetch.fetch(&parse_url(&discovery)?, self.network, MAX_DISCOVERY).await?;
        let address = self.key_set_address(&discovery)?;
        let keys = self.fetch.fetch(&address, self.network, MAX_KEY_SET).await?;
        if keys.len() > MAX_KEY_SET {
            return Err(FetchError("the key set is too large".to_owned()));
        }
        KeySet::parse(&keys).map_err(|why| FetchError(format!("the key set at {address}: {why}")))
    }

    /// OIDC Discovery §4.3: the document must be of exactly the issuer that we asked, or one could speak for another.
    fn key_set_address(&self, discovery: &[u8]) -> Result<Url, FetchError> {
        let says = |what: &str| FetchError(format!("the discovery document {what}"));
        if discovery.len() > MAX_DISCOVERY {
            return Err(says("is too large"));
        }
        let document = Object::read(discovery).map_err(|_| says("is not one JSON object"))?;
        let text = |name| document.text(name).ok().flatten();
        if text("issuer").as_deref() != Some(&self.issuer) {
            return Err(says("is of another issuer"));
        }
        let address = parse_url(&text("jwks_uri").ok_or_else(|| says("names no `jwks_uri`"))?)?;
        match address.scheme() {
            "https" => Ok(address),
            "http" if self.network == Network::Private => Ok(address),
            _ => Err(says("names a `jwks_uri` that is not https")),
        }
    }

    /// Bounded: where there is no room, the cool-down alone protects the issuer.
    fn remember_unknown(&self, kid: Option<&str>, now: Now) {
        let mut state = self.state.lock();
        let (Some(kid), true) = (kid, state.status.failures == 0) else { return };
        if state.unknown.len() >= MAX_UNKNOWN {
            state.unknown.retain(|_, until| now.instant < *until);
        }
        if state.unknown.len() < MAX_UNKNOWN {
            state.unknown.insert(kid.to_owned(), now.instant + self.calm.unknown_for);
        }
    }

    /// No key: because there is none as far as the issuer tells, or because the issuer does not tell.
    fn without(&self, now: Now) -> TokenError {
        let state = self.state.lock();
        let healthy = state.fetched.is_some() && state.status.failures == 0;
        if healthy { TokenError::KeyUnknown } else { TokenError::Unavailable { retry_after: self.wait(&state, now) } }
    }

    fn is_failing(&self) -> bool {
        self.state.lock().status.failures > 0
    }

    pub(crate) fn status(&self) -> Status {
        self.state.lock().status.clone()
    }
}

fn parse_url(text: &str) -> Result<Url, FetchError> {
    Url::parse(text).map_err(|why| FetchError(format!("not a URL: {why}")))
}

#[cfg(test)]
mod tests;
