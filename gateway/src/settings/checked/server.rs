//! `portico.yaml`, checked: listeners, limits, issuers, plans, tiers, GraphQL, freshness, log.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use portico_contracts::model::Class;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::{TenantId, Tier};
use url::Url;

use super::Network;

/// Where traffic comes in.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// With it the listener speaks TLS (HTTP/1.1 and HTTP/2), without it plain HTTP.
    pub tls: Option<Tls>,
    /// Whether HTTP/2 is spoken without TLS too.
    pub h2c: bool,
}

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The admin listener.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Address and port; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// What an administrator sends; without it only health and metrics are answered.
    pub token: Option<Secret>,
}

/// What one connection and one request may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Of the whole header section.
    pub header_bytes: usize,
    /// Of the request target.
    pub uri_bytes: usize,
    /// Of a body that is read (GraphQL, operations) and of a proxied one.
    pub body_bytes: usize,
    /// For the header section to arrive.
    pub head_timeout: Duration,
    /// For the body to arrive.
    pub body_timeout: Duration,
    /// Of a connection between requests.
    pub idle_timeout: Duration,
    /// At once.
    pub connections: usize,
    /// From one address, before anybody is authenticated.
    pub per_address: Allowance,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Limits {
    /// Whether the peer is a proxy of ours, whose word about the caller's address counts.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

/// So many in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub amount: NonZeroU32,
    /// In how much time.
    pub per: Duration,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per.as_secs() {
            1 => write!(f, "{}/s", self.amount),
            60 => write!(f, "{}/min", self.amount),
            3600 => write!(f, "{}/h", self.amount),
            86_400 => write!(f, "{}/day", self.amount),
            seconds => write!(f, "{}/{seconds}s", self.amount),
        }
    }
}

/// A rate, and how much may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// In the long run.
    pub rate: Rate,
    /// At once, after a pause.
    pub burst: NonZeroU32,
}

/// An allowance of query cost.
pub type CostAllowance = Allowance;

/// A signature algorithm that an issuer may be pinned to. There is no symmetric one and no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of RFC 7518 and RFC 8037")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

impl Algorithm {
    /// Every algorithm that can be configured.
    pub const ALL: [Algorithm; 9] = [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::EdDSA,
    ];

    /// The name in the `alg` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::RS256 => "RS256",
            Algorithm::RS384 => "RS384",
            Algorithm::RS512 => "RS512",
            Algorithm::PS256 => "PS256",
            Algorithm::PS384 => "PS384",
            Algorithm::PS512 => "PS512",
            Algorithm::ES256 => "ES256",
            Algorithm::ES384 => "ES384",
            Algorithm::EdDSA => "EdDSA",
        }
    }
}

/// Who may issue tokens, and for whom.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// What operators call it, in logs and metrics.
    pub name: Arc<str>,
    /// `iss`, character by character.
    pub issuer: Arc<str>,
    /// Where its discovery document is looked for: the issuer as an address.
    pub url: Url,
    /// `aud` must name one of these.
    pub audience: BTreeSet<String>,
    /// `alg` must be one of these.
    pub algorithms: Vec<Algorithm>,
    /// The tenants that it may name.
    pub tenants: BTreeSet<TenantId>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The claims that name the consumer: the first that is there counts.
    pub consumer_claims: Vec<String>,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// Whether its address may be a private one.
    pub network: Network,
}

/// The name of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanName(pub(in crate::settings) Arc<str>);

impl PlanName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for PlanName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a consumer bought.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name.
    pub name: PlanName,
    /// Requests.
    pub requests: Allowance,
    /// Requests a day.
    pub quota_per_day: Option<NonZeroU64>,
    /// Requests at once.
    pub concurrency: NonZeroU32,
    /// Query cost.
    pub cost: CostAllowance,
    /// The longest deadline that its requests get.
    pub deadline: Option<Duration>,
}

/// How long a request may take, by how much it matters.
#[derive(Debug, Clone)]
pub struct Tiers {
    /// A person waits for a decision.
    pub critical: Duration,
    /// A person waits for an answer.
    pub standard: Duration,
    /// A machine waits.
    pub best_effort: Duration,
}

impl Tiers {
    /// The deadline of a tier.
    pub fn deadline(&self, tier: Tier) -> Duration {
        match tier {
            Tier::Critical => self.critical,
            Tier::Standard => self.standard,
            Tier::BestEffort => self.best_effort,
        }
    }
}

/// Which reading of GraphQL over HTTP holds where they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpProfile {
    /// What the audit suite and today's clients expect.
    Audit,
    /// The draft of 2026.
    Draft2026,
}

/// What one GraphQL document may take.
#[derive(Debug, Clone)]
pub struct Graphql {
    /// Of the document's text.
    pub document_bytes: usize,
    /// Of its lexical tokens.
    pub tokens: usize,
    /// Of its nesting.
    pub depth: usize,
    /// Of its aliases, fragments expanded.
    pub aliases: usize,
    /// Of its directives.
    pub directives: usize,
    /// The price of one query.
    pub max_cost: u32,
    /// Which reading of GraphQL over HTTP holds.
    pub profile: HttpProfile,
}

/// How old the data of one class may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessRule {
    /// Served without asking; zero: not cached.
    pub ttl: Duration,
    /// After that: served while it is fetched again.
    pub stale_while_revalidate: Duration,
    /// After that: served because the system fails.
    pub stale_if_error: Duration,
    /// For how long "there is no such thing" is believed.
    pub negative_ttl: Duration,
    /// No value outlives this, whatever else is said.
    pub ceiling: Duration,
}

/// How old data may be, class by class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness(pub(in crate::settings) [FreshnessRule; Class::ALL.len()]);

impl Freshness {
    /// The rule of a class.
    pub fn of(&self, class: Class) -> FreshnessRule {
        self.0[class as usize]
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// For a person at a terminal.
    Text,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// Which lines: a filter as `tracing_subscriber::EnvFilter` reads it, for example `info,portico=debug`.
    pub filter: String,
}
