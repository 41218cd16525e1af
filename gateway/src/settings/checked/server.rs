//! `portico.yaml`, checked: listeners, limits, issuers, plans, tiers, GraphQL, freshness, log.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use portico_composites::guard::Guard;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::Tier;
use portico_policies::authorize::condition::Condition;
use portico_policies::throttle::{self, Rate};
use rustls_pki_types::CertificateDer;

/// Where traffic comes in.
#[derive(Debug, Clone)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// With it the listener speaks TLS (HTTP/1.1 and HTTP/2), without it plain HTTP.
    pub tls: Option<Tls>,
    /// Whether HTTP/2 is spoken without TLS too.
    pub h2c: bool,
    /// How the outside calls us, without a slash at its end.
    pub public_url: Option<Arc<str>>,
    /// Which client certificates are taken.
    pub client_certificates: Option<ClientCertificates>,
}

/// Client certificates.
#[derive(Debug, Clone)]
pub struct ClientCertificates {
    /// Who may vouch for them, by name.
    pub authorities: BTreeMap<Arc<str>, Vec<CertificateDer<'static>>>,
    /// Whether the listener's TLS takes no connection without one.
    pub required: bool,
    /// Whether trusted proxies tell the callers', instead of showing one.
    pub from_proxies: bool,
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
    /// Subscriptions at once, of all consumers.
    pub subscriptions: usize,
    /// From one address, before anybody is authenticated.
    pub per_address: Rate,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Limits {
    /// Whether the peer is a proxy of ours, whose word about the caller's address counts.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
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
    /// Rate, quota, concurrency, query cost.
    pub throttle: throttle::Plan,
    /// The longest deadline that its requests get.
    pub deadline: Option<Duration>,
    /// Subscriptions of one consumer at once.
    pub subscriptions: usize,
}

/// A Redis or Valkey server, through which several gateways count together.
#[derive(Debug, Clone)]
pub struct Store {
    /// Where it is, without credentials.
    pub url: Arc<str>,
    /// Who we are to it.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Certificates that are trusted instead of the machine's (PEM).
    pub authority: Option<Arc<[u8]>>,
    /// What the names of our keys begin with.
    pub prefix: Arc<str>,
    /// The longest that a request waits for it.
    pub timeout: Duration,
    /// Percent of a burst or a quota that one gateway may hold ready.
    pub lease: u32,
    /// How many gateways are assumed until it has said how many there are.
    pub gateways: u32,
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
    /// Of its text, tokens, nesting, fields.
    pub guard: Guard,
    /// What must hold beside the scopes, by root field.
    pub conditions: BTreeMap<&'static str, Arc<Condition>>,
    /// The price of one query, whatever the plan.
    pub max_cost: u32,
    /// How often an open subscription shows that it lives, and is looked at whether it still may.
    pub heartbeat: Duration,
    /// Which reading of GraphQL over HTTP holds.
    pub profile: HttpProfile,
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
