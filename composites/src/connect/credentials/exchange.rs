//! A token of the system's own for each caller, had for the caller's token (RFC 8693).
//!
//! Every caller has a source of its own: what one was given is never shown for another, and ends with the token that it
//! was had for. Sources that nobody uses are let go.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use portico_contracts::packs::TokenBody;
use portico_contracts::secret::Secret;
use url::Url;

use super::ClientCredentials;
use super::token::{Counts, Grant, TokenSource};
use crate::connect::client::Client;
use crate::connect::subject::Subject;

/// How callers' tokens are exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenExchange {
    /// Where.
    pub token_url: Url,
    /// Our name there.
    pub client_id: Secret,
    /// Our secret there.
    pub client_secret: Secret,
    /// Where name and secret go.
    pub body: TokenBody,
    /// The system as the endpoint names it.
    pub audience: Option<String>,
    /// The system by its address.
    pub resource: Option<String>,
    /// What we ask for.
    pub scope: Option<String>,
    /// What the caller's token is.
    pub subject_token_type: String,
    /// What kind of token we want.
    pub requested_token_type: Option<String>,
    /// Further parameters.
    pub parameters: Vec<(String, String)>,
    /// How long a token is used where the answer does not say.
    pub lifetime: Duration,
    /// Whether callers without a token are served as the client itself; else they are refused.
    pub service_account: bool,
}

/// RFC 8693 §3: what callers show us.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

impl TokenExchange {
    /// What is exchanged (RFC 8693 §2.1).
    pub(super) fn grant<'s>(&'s self, subject: &'s Subject) -> Vec<(&'s str, &'s str)> {
        vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", subject.reveal()),
            ("subject_token_type", self.subject_token_type.as_str()),
        ]
    }

    /// What for.
    pub(super) fn wanted(&self) -> Vec<(&str, &str)> {
        let wanted = [
            ("requested_token_type", &self.requested_token_type),
            ("audience", &self.audience),
            ("resource", &self.resource),
            ("scope", &self.scope),
        ];
        let wanted = wanted.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        wanted.chain(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))).collect()
    }

    /// The client on its own behalf, for callers without a token.
    fn own(&self) -> ClientCredentials {
        let wanted = [("audience", &self.audience), ("resource", &self.resource)];
        let wanted = wanted.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value).clone()?)));
        ClientCredentials {
            token_url: self.token_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            refresh_token: None,
            scope: self.scope.clone(),
            body: self.body,
            parameters: wanted.chain(self.parameters.iter().cloned()).collect(),
            lifetime: self.lifetime,
        }
    }
}

/// Callers whose tokens are kept for one system; those that were not used for the longest time go first.
const MOST_CALLERS: u64 = 10_000;
const IDLE: Duration = Duration::from_secs(10 * 60);

/// The tokens of one system, by caller.
#[derive(Debug)]
pub(in crate::connect) struct Exchanger {
    settings: Arc<TokenExchange>,
    client: Client,
    patience: Duration,
    /// By the digest of the caller's token. The system is one tenant's, so nobody else's callers come here.
    callers: Cache<Arc<str>, Arc<TokenSource>>,
    service: Option<Arc<TokenSource>>,
    counts: Arc<Counts>,
}

impl Exchanger {
    pub(super) fn new(settings: TokenExchange, client: &Client, patience: Duration) -> Self {
        let counts = Arc::new(Counts::default());
        let service = settings.service_account.then(|| {
            let own = Grant::Secret(settings.own());
            Arc::new(TokenSource::counted(own, client.clone(), patience, Arc::clone(&counts)))
        });
        let callers = Cache::builder().max_capacity(MOST_CALLERS).time_to_idle(IDLE).build();
        Exchanger { settings: Arc::new(settings), client: client.clone(), patience, callers, service, counts }
    }

    /// The source of a caller's tokens; none for a caller without a token, where there is no service account.
    pub(super) fn source(&self, subject: Option<&Subject>) -> Option<Arc<TokenSource>> {
        let Some(subject) = subject else { return self.service.clone() };
        let made = || {
            let grant = Grant::Exchange(Arc::clone(&self.settings), subject.clone());
            Arc::new(TokenSource::counted(grant, self.client.clone(), self.patience, Arc::clone(&self.counts)))
        };
        Some(self.callers.get_with_by_ref(subject.digest(), made))
    }

    /// Whether this caller can be served at all.
    pub(super) fn serves(&self, subject: Option<&Subject>) -> bool {
        subject.is_some() || self.service.is_some()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}

#[cfg(test)]
mod tests;
