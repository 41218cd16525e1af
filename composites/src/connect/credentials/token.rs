//! The token of one system: fetched once for all, kept, renewed ahead of its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use parking_lot::Mutex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portico_contracts::packs::TokenBody;
use portico_contracts::secret::Secret;
use serde::Deserialize;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;
use url::{Url, form_urlencoded};

use super::{Authorization, ClientCredentials, SignedAssertion, TokenExchange, basic, malformed, sensitive};
use crate::connect::client::{Client, SendError};
use crate::connect::subject::Subject;
use crate::connect::wire::{Answer, Rejection};
use crate::endure::Trouble;

/// Where one system's tokens come from.
#[derive(Debug)]
pub(in crate::connect) struct TokenSource {
    grant: Grant,
    client: Client,
    patience: Duration,
    state: Mutex<State>,
    /// Held by the one fetch that is under way.
    turn: Arc<Turn<()>>,
    counts: Arc<Counts>,
}

/// Tokens fetched, and fetches that failed.
#[derive(Debug, Default)]
pub(super) struct Counts {
    minted: AtomicU64,
    failed: AtomicU64,
}

impl Counts {
    pub(super) fn so_far(&self) -> (u64, u64) {
        (self.minted.load(Relaxed), self.failed.load(Relaxed))
    }
}

/// What we show for a token.
#[derive(Debug)]
pub(super) enum Grant {
    Secret(ClientCredentials),
    Assertion(SignedAssertion),
    /// A caller's token.
    Exchange(Arc<TokenExchange>, Subject),
}

impl Grant {
    /// Until when anything may be used that is had for it.
    fn until(&self) -> Option<Instant> {
        match self {
            Grant::Exchange(_, subject) => Some(subject.until()),
            Grant::Secret(_) | Grant::Assertion(_) => None,
        }
    }

    /// How long a token is used where the answer does not say.
    fn lifetime(&self) -> Duration {
        match self {
            Grant::Secret(settings) => settings.lifetime,
            Grant::Assertion(settings) => settings.lifetime,
            Grant::Exchange(settings, _) => settings.lifetime,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    serial: u64,
    /// Until when the token endpoint is left alone, and why.
    pause: Option<(Instant, Trouble)>,
    failures_in_a_row: u32,
    /// When tokens were given up because the system did not accept them.
    given_up: VecDeque<Instant>,
}

#[derive(Debug)]
struct Token {
    authorization: Authorization,
    renew_at: Instant,
    ends_at: Instant,
}

/// Tokens that live shorter or longer than this are treated as if they lived so long.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// A system that refuses fresh tokens again and again does not get more of them than so many in so long.
const GIVEN_UP_AT_MOST: usize = 5;
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(60);
/// The longest time for which the token endpoint is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl TokenSource {
    pub(super) fn new(grant: Grant, client: Client, patience: Duration) -> Self {
        Self::counted(grant, client, patience, Arc::default())
    }

    /// One of several that are counted together.
    pub(super) fn counted(grant: Grant, client: Client, patience: Duration, counts: Arc<Counts>) -> Self {
        TokenSource { grant, client, patience, state: Mutex::default(), turn: Arc::default(), counts }
    }

    pub(super) async fn authorization(self: &Arc<Self>, until: Instant) -> Result<Authorization, Trouble> {
        let now = Instant::now();
        if let Some((authorization, renew)) = self.present(now) {
            if renew && let Ok(turn) = self.turn.clone().try_lock_owned() {
                self.fetch_apart(turn);
            }
            return Ok(authorization);
        }
        let waited = timeout_at(until, self.turn.clone().lock_owned()).await;
        let turn = waited.map_err(|_| Trouble::OutOfTime)?;
        if let Some((authorization, _)) = self.present(Instant::now()) {
            return Ok(authorization);
        }
        let fetched = timeout_at(until, self.fetch_apart(turn)).await.map_err(|_| Trouble::OutOfTime)?;
        fetched.unwrap_or_else(|_| Err(Trouble::Unreachable("fetching a token was broken off".to_owned())))
    }

    /// Gives up a token that the system does not accept. Whether another one may be fetched instead.
    pub(super) fn rejected(&self, serial: u64) -> bool {
        let now = Instant::now();
        let mut state = self.state.lock();
        if state.serial != serial || state.token.is_none() {
            return true; // Somebody else saw it before us.
        }
        while state.given_up.front().is_some_and(|then| now.duration_since(*then) > GIVEN_UP_WITHIN) {
            state.given_up.pop_front();
        }
        if state.given_up.len() >= GIVEN_UP_AT_MOST {
            return false;
        }
        state.given_up.push_back(now);
        state.token = None;
        true
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The present token, and whether it is time to renew it.
    fn present(&self, now: Instant) -> Option<(Authorization, bool)> {
        let state = self.state.lock();
        let token = state.token.as_ref().filter(|token| now < token.ends_at)?;
        Some((token.authorization.clone(), now >= token.renew_at))
    }

    /// Fetches in a task of its own, which nobody's leaving interrupts.
    fn fetch_apart(
        self: &Arc<Self>,
        turn: OwnedMutexGuard<()>,
    ) -> tokio::task::JoinHandle<Result<Authorization, Trouble>> {
        let source = self.clone();
        let fetching = async move {
            let fetched = source.fetch().await;
            drop(turn);
            fetched
        };
        tokio::spawn(fetching.instrument(tracing::Span::current()))
    }

    async fn fetch(&self) -> Result<Authorization, Trouble> {
        let paused = self.state.lock().pause.clone();
        if let Some((_, trouble)) = paused.filter(|(until, _)| Instant::now() < *until) {
            return Err(trouble);
        }
        let asked = Instant::now();
        if self.grant.until().is_some_and(|until| asked >= until) {
            return Err(Trouble::Rejected(Rejection::Forbidden("the caller's token has ended".to_owned())));
        }
        let answered = timeout(self.patience, self.ask()).await.unwrap_or(Err(Trouble::TimedOut));
        match answered {
            Ok((value, life)) => Ok(self.keep(value, life, asked)),
            Err(trouble) => {
                self.leave_alone(&trouble);
                Err(trouble)
            }
        }
    }

    fn keep(&self, value: HeaderValue, life: Duration, asked: Instant) -> Authorization {
        self.counts.minted.fetch_add(1, Relaxed);
        let until = self.grant.until();
        // A caller's token is nobody's to stretch.
        let life = if until.is_some() { life.min(LONGEST) } else { life.clamp(SHORTEST, LONGEST) };
        let mut state = self.state.lock();
        state.serial += 1;
        state.failures_in_a_row = 0;
        state.pause = None;
        let authorization = Authorization { header: Some((AUTHORIZATION, value)), serial: state.serial, of: None };
        let (renew_at, ends_at) = (asked + life / 10 * 8, asked + life / 100 * 98);
        let ends_at = until.map_or(ends_at, |until| ends_at.min(until));
        state.token = Some(Token { authorization: authorization.clone(), renew_at, ends_at });
        authorization
    }

    /// The first failure may be followed by another try at once; then the pauses grow.
    fn leave_alone(&self, trouble: &Trouble) {
        self.counts.failed.fetch_add(1, Relaxed);
        let mut state = self.state.lock();
        let pause = match (trouble, state.failures_in_a_row) {
            (Trouble::Rejected(Rejection::Throttled(wait)), _) => wait.unwrap_or(Duration::from_secs(1)).min(LONGEST),
            (_, 0) => Duration::ZERO,
            (_, before) => Duration::from_secs(1 << (before - 1).min(5)).min(LONGEST_PAUSE),
        };
        state.failures_in_a_row = state.failures_in_a_row.saturating_add(1);
        state.pause = Some((Instant::now() + pause, trouble.clone()));
    }

    async fn ask(&self) -> Result<(HeaderValue, Duration), Trouble> {
        let unwritten = || malformed("the token request cannot be written");
        let request = match &self.grant {
            Grant::Secret(settings) => by_secret(settings).map_err(|_| unwritten())?,
            Grant::Exchange(settings, subject) => by_exchange(settings, subject).map_err(|_| unwritten())?,
            Grant::Assertion(settings) => {
                let form = settings.form().map_err(|error| malformed(&error.to_string()))?;
                let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
                post(settings.token_url.as_str(), FORM).body(Full::new(Bytes::from(body))).map_err(|_| unwritten())?
            }
        };
        let answer = self.client.send(request).await.map_err(|error| match error {
            SendError::Broken(cause) => Trouble::Unreachable(format!("token endpoint: {cause}")),
            other => malformed(&format!("token endpoint: {other}")),
        })?;
        read(&answer, self.grant.lifetime())
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn post(url: &str, kind: &'static str) -> http::request::Builder {
    Request::builder().method(Method::POST).uri(url).header(ACCEPT, "application/json").header(CONTENT_TYPE, kind)
}

fn by_secret(settings: &ClientCredentials) -> Result<Request<Full<Bytes>>, http::Error> {
    let grant = match &settings.refresh_token {
        Some(refresh) => vec![("grant_type", "refresh_token"), ("refresh_token", refresh.reveal())],
        None => vec![("grant_type", "client_credentials")],
    };
    let own = settings.scope.as_deref().map(|scope| ("scope", scope));
    let given = settings.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let wanted = given.filter(|(name, _)| own.is_none() || *name != "scope").chain(own).collect();
    let client = (&settings.client_id, &settings.client_secret);
    of_client(&settings.token_url, client, settings.body, grant, wanted)
}

/// RFC 8693 §2.1.
fn by_exchange(settings: &TokenExchange, subject: &Subject) -> Result<Request<Full<Bytes>>, http::Error> {
    let client = (&settings.client_id, &settings.client_secret);
    of_client(&settings.token_url, client, settings.body, settings.grant(subject), settings.wanted())
}

/// A request of a client that shows its name and secret (RFC 6749 §2.3.1): what for, who asks, and what is wanted.
fn of_client<'p>(
    token_url: &Url,
    (id, secret): (&'p Secret, &'p Secret),
    at: TokenBody,
    mut parameters: Vec<(&'p str, &'p str)>,
    wanted: Vec<(&'p str, &'p str)>,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let (id, secret) = (id.reveal(), secret.reveal());
    if at != TokenBody::Basic {
        parameters.extend([("client_id", id), ("client_secret", secret)]);
    }
    parameters.extend(wanted);
    let (kind, body) = match at {
        TokenBody::Json => ("application/json", in_json(&parameters)),
        _ => (FORM, form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()),
    };
    let mut request = post(token_url.as_str(), kind);
    if at == TokenBody::Basic {
        let value = basic(&in_form(id), &in_form(secret)).unwrap_or_else(|_| HeaderValue::from_static("Basic"));
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Full::new(Bytes::from(body)))
}

/// RFC 6749 §2.3.1: name and secret are form-encoded before they are joined.
fn in_form(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

/// Whole numbers as numbers: some endpoints take `expires_in` only so. Names and secrets stay text.
fn in_json(parameters: &[(&str, &str)]) -> String {
    let members = parameters.iter().map(|(name, value)| {
        let number = matches!(*name, "expires_in").then(|| value.parse::<u64>().ok()).flatten();
        ((*name).to_owned(), number.map_or_else(|| serde_json::Value::from(*value), serde_json::Value::from))
    });
    serde_json::Value::Object(members.collect()).to_string()
}

/// What a token endpoint answers (RFC 6749 §5.1, §5.2); members beyond these are nobody's business.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<Lifetime>,
    error: Option<serde_json::Value>,
}

/// Some endpoints write the number as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lifetime {
    Seconds(u64),
    Text(String),
}

fn read(answer: &Answer, lifetime: Duration) -> Result<(HeaderValue, Duration), Trouble> {
    let told: Option<TokenAnswer> = serde_json::from_slice(&answer.body).ok();
    if !answer.status.is_success() {
        return Err(Trouble::Rejected(refusal(answer, told.as_ref())));
    }
    let told = told.ok_or_else(|| malformed("the token endpoint's answer is not JSON"))?;
    let token = told.access_token.ok_or_else(|| malformed("the token endpoint's answer has no access_token"))?;
    if told.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(malformed("the token is no bearer token"));
    }
    let seconds = match told.expires_in {
        Some(Lifetime::Seconds(seconds)) => Some(seconds),
        Some(Lifetime::Text(text)) => text.trim().parse().ok(),
        None => None,
    };
    let value = sensitive(&format!("Bearer {token}")).map_err(|_| malformed("the token is no header value"))?;
    Ok((value, seconds.map_or(lifetime, Duration::from_secs)))
}

fn refusal(answer: &Answer, told: Option<&TokenAnswer>) -> Rejection {
    let status = answer.status;
    let cause = || {
        let code =
            told.and_then(|told| told.error.as_ref()?.as_str()).filter(|code| is_code(code)).unwrap_or("no code");
        format!("token endpoint: {} {code}", status.as_u16())
    };
    match status {
        StatusCode::TOO_MANY_REQUESTS => Rejection::Throttled(retry_after(answer)),
        status if status.is_server_error() => Rejection::Failed { retryable: true, cause: cause() },
        // RFC 6749 §5.2: our name, our secret or what we ask for; nothing that another try would change.
        status if status.is_client_error() => Rejection::Forbidden(cause()),
        _ => Rejection::Failed { retryable: false, cause: cause() },
    }
}

/// Only registered-looking error codes reach the log, never an endpoint's free text.
fn is_code(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
