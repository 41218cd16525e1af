//! The issuers that an operator trusts, and for whom each may speak.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use portico_contracts::secret::Secret;
use portico_contracts::tenancy::TenantId;
use url::Url;

use super::introspection::{Health, Introspection, Introspector};
use super::key_source::{Calm, Fetch, KeySource, Status};
use crate::Now;

macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// How issuers may sign. There is no `none` and nothing symmetric here, so neither can be configured.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SigningAlgorithm { $($(#[$doc])* $name),* }

        impl SigningAlgorithm {
            /// Every algorithm that can be pinned.
            pub const ALL: &'static [SigningAlgorithm] = &[$(SigningAlgorithm::$name),*];

            /// As RFC 7518 §3.1 and RFC 8037 spell it.
            pub fn as_str(self) -> &'static str {
                match self { $(SigningAlgorithm::$name => stringify!($name)),* }
            }

            pub(crate) fn of_library(self) -> jsonwebtoken::Algorithm {
                match self { $(SigningAlgorithm::$name => jsonwebtoken::Algorithm::$name),* }
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl SigningAlgorithm {
    /// The algorithm of exactly this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.as_str() == name)
    }
}

/// Whether an address may lie in a private network. Passed through to whoever fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// Only addresses that anyone can reach, over TLS.
    #[default]
    Public,
    /// Also loopback and private addresses, and plain HTTP.
    Private,
}

/// One trusted issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its name, compared byte by byte with `iss`.
    pub url: String,
    /// What `aud` may be.
    pub audiences: Vec<String>,
    /// How it signs. Nothing else is accepted from it.
    pub algorithms: Vec<SigningAlgorithm>,
    /// For whom it may speak.
    pub tenants: BTreeSet<TenantId>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The claim that names the application; `azp` is asked where it is absent.
    pub consumer_claim: String,
    /// How far its clock may be from ours.
    pub leeway: Duration,
    /// Whether `typ` must be `at+jwt` (RFC 9068).
    pub require_at_jwt: bool,
    /// Where its keys may be fetched from.
    pub network: Network,
    /// Whether its tokens must be bound to a certificate or a key (`cnf`).
    pub require_bound: bool,
    /// Set where proofs of possession need a nonce of ours: what nonces are sealed with.
    pub nonce_key: Option<Secret>,
    /// How it is asked about tokens that cannot be checked here.
    pub introspection: Option<Introspection>,
}

impl Issuer {
    /// An issuer with the usual claims: `tenant`, `client_id`, a minute of leeway.
    pub fn new(
        url: impl Into<String>,
        audience: impl Into<String>,
        tenants: impl IntoIterator<Item = TenantId>,
    ) -> Self {
        Issuer {
            url: url.into(),
            audiences: vec![audience.into()],
            algorithms: vec![SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256],
            tenants: tenants.into_iter().collect(),
            tenant_claim: "tenant".to_owned(),
            consumer_claim: "client_id".to_owned(),
            leeway: Duration::from_secs(60),
            require_at_jwt: false,
            network: Network::Public,
            require_bound: false,
            nonce_key: None,
            introspection: None,
        }
    }

    /// What is wrong with these settings, in words for the operator; empty if nothing.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        match Url::parse(&self.url) {
            Err(why) => mistakes.push(format!("`{}` is not a URL: {why}", self.url)),
            Ok(url) => mistakes.extend(url_mistake(&url, self.network)),
        }
        let mut expect = |holds: bool, says: &str| {
            if !holds {
                mistakes.push(says.to_owned());
            }
        };
        expect(!self.audiences.is_empty(), "an issuer needs at least one audience");
        expect(!self.audiences.iter().any(String::is_empty), "an audience must not be empty");
        expect(!self.algorithms.is_empty(), "an issuer needs at least one algorithm");
        expect(!self.tenants.is_empty(), "an issuer needs at least one tenant that it may speak for");
        expect(!self.tenant_claim.is_empty() && !self.consumer_claim.is_empty(), "a claim's name must not be empty");
        expect(self.leeway <= Duration::from_secs(600), "a leeway above ten minutes defeats expiry");
        mistakes
    }
}

fn url_mistake(url: &Url, network: Network) -> Option<String> {
    let plain = url.scheme() == "http" && network == Network::Private;
    match () {
        () if url.scheme() != "https" && !plain => {
            Some("an issuer's URL starts with https:// (http:// only with `network: private`)".to_owned())
        }
        () if url.query().is_some() || url.fragment().is_some() => {
            Some("an issuer's URL has neither query nor fragment".to_owned())
        }
        () if !url.username().is_empty() || url.password().is_some() => {
            Some("an issuer's URL holds no user name or password".to_owned())
        }
        () => None,
    }
}

/// An issuer with its keys.
#[derive(Debug)]
pub struct Trusted {
    issuer: Arc<Issuer>,
    keys: Arc<KeySource>,
    introspector: Option<Arc<Introspector>>,
}

impl Trusted {
    /// The settings.
    pub fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// Who asks it about tokens, where it is asked.
    pub(crate) fn introspector(&self) -> Option<&Arc<Introspector>> {
        self.introspector.as_ref()
    }

    /// The same, if it is asked about tokens, too, that could be checked here.
    pub(crate) fn asked_always(&self) -> Option<&Arc<Introspector>> {
        self.introspector.as_ref().filter(|introspector| introspector.settings().always)
    }

    /// How asking it goes, where it is asked.
    pub fn introspection(&self) -> Option<Health> {
        self.introspector.as_ref().map(|introspector| introspector.health())
    }

    pub(crate) fn keys(&self) -> &Arc<KeySource> {
        &self.keys
    }

    /// How fetching its keys goes, for metrics and the console.
    pub fn status(&self) -> Status {
        self.keys.status()
    }
}

/// Every trusted issuer, by its exact name.
#[derive(Debug, Default)]
pub struct Issuers(HashMap<String, Trusted>);

impl Issuers {
    /// The issuers of a configuration. Whoever stays keeps the keys that were fetched under the previous one.
    pub fn new(
        issuers: impl IntoIterator<Item = Issuer>,
        fetch: &Arc<dyn Fetch>,
        calm: &Calm,
        previous: Option<&Issuers>,
    ) -> Self {
        let trusted = issuers.into_iter().map(|issuer| {
            let kept = previous.and_then(|previous| previous.0.get(&issuer.url));
            let kept = kept.filter(|kept| kept.issuer.network == issuer.network);
            let keys = match kept {
                Some(kept) => kept.keys.clone(),
                None => Arc::new(KeySource::new(&issuer.url, issuer.network, fetch.clone(), calm.clone())),
            };
            let introspector = issuer.introspection.as_ref().map(|settings| {
                let kept = kept.and_then(|kept| kept.introspector.as_ref()).filter(|kept| kept.settings() == settings);
                kept.cloned().unwrap_or_else(|| {
                    Arc::new(Introspector::new(settings.clone(), &issuer.url, issuer.network, fetch.clone()))
                })
            });
            (issuer.url.clone(), Trusted { issuer: Arc::new(issuer), keys, introspector })
        });
        Issuers(trusted.collect())
    }

    /// The issuer of an opaque token; none where more than one would take it, because a token is shown to nobody else.
    pub(crate) fn of_opaque(&self, token: &str) -> Option<&Trusted> {
        let takes = |trusted: &&Trusted| trusted.introspector.as_ref().is_some_and(|one| one.takes(token));
        let mut taking = self.0.values().filter(takes);
        taking.next().filter(|_| taking.next().is_none())
    }

    /// Whether some issuer's tokens are worth nothing without a proof or a certificate.
    pub fn want_bound(&self) -> bool {
        self.0.values().any(|trusted| trusted.issuer.require_bound)
    }

    /// The issuer of exactly this name: no change of case, no slash more or less.
    pub fn named(&self, iss: &str) -> Option<&Trusted> {
        self.0.get(iss)
    }

    /// Every issuer.
    pub fn iter(&self) -> impl Iterator<Item = &Trusted> {
        self.0.values()
    }

    /// Fetches the keys of every issuer that is due, and waits for them. For a background service, every few seconds.
    pub async fn refresh_due(&self, now: Now) {
        // Who is asked about every token need not have keys.
        let checked_here = self.iter().filter(|trusted| trusted.asked_always().is_none());
        let under_way: Vec<_> = checked_here.filter_map(|trusted| trusted.keys.refresh_if_due(now)).collect();
        for flight in under_way {
            flight.landed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_that_would_open_a_gate_is_a_mistake() {
        let acme = TenantId::parse("acme").unwrap();
        let good = Issuer::new("https://login.example/acme", "portico", [acme]);
        assert_eq!(good.mistakes(), Vec::<String>::new());
        let broken = Issuer {
            url: "http://user@login.example/?x".to_owned(),
            audiences: vec![],
            algorithms: vec![],
            tenants: BTreeSet::new(),
            leeway: Duration::from_secs(86_400),
            ..good.clone()
        };
        insta::assert_snapshot!(broken.mistakes().join("\n"), @r"
        an issuer's URL starts with https:// (http:// only with `network: private`)
        an issuer needs at least one audience
        an issuer needs at least one algorithm
        an issuer needs at least one tenant that it may speak for
        a leeway above ten minutes defeats expiry
        ");
        let local = Issuer { url: "http://127.0.0.1:9000".to_owned(), network: Network::Private, ..good };
        assert_eq!(local.mistakes(), Vec::<String>::new());
    }

    #[test]
    fn nothing_symmetric_can_be_pinned() {
        for no in ["none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "rs256", "ES512", "RS256 ", ""] {
            assert_eq!(SigningAlgorithm::parse(no), None, "{no:?}");
        }
        assert_eq!(SigningAlgorithm::parse("EdDSA"), Some(SigningAlgorithm::EdDSA));
    }
}
