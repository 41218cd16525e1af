//! `portico.yaml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use crate::settings::read::At;
use crate::settings::secrets::SecretReference;
use crate::settings::units::{Cidr, PerTime, Size, Span};

/// portico.yaml: the gateway itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GatewayFile {
    /// Where traffic comes in.
    pub(crate) listen: ListenSection,
    /// The second listener: health, metrics, console.
    pub(crate) admin: AdminSection,
    /// Host names that are answered, without port. Default: any.
    pub(crate) hosts: Option<Vec<At<String>>>,
    /// What one connection and one request may take.
    pub(crate) limits: LimitsSection,
    /// Who may issue tokens, by a name of your choice.
    pub(crate) issuers: Named<IssuerSection>,
    /// What consumers can buy, by name.
    pub(crate) plans: Named<PlanSection>,
    /// Named sets of scopes, for the consumers of every tenant.
    pub(crate) roles: Named<Vec<At<String>>>,
    /// Where several gateways count together. Default: each counts by itself.
    pub(crate) store: Option<At<StoreSection>>,
    /// How long a request may take, by how much it matters.
    pub(crate) tiers: TiersSection,
    /// What one GraphQL document may take.
    pub(crate) graphql: GraphqlSection,
    /// How old data may be, by class: customers, links, receivables, orders, invoices, products, availability, subscriptions, contracts, assets, cases.
    pub(crate) freshness: Named<FreshnessSection>,
    /// The cache in memory.
    pub(crate) cache: CacheSection,
    /// What is logged, and how.
    pub(crate) log: LogSection,
    /// Who asked for what and what was decided, as a chain of lines. Default: none is written.
    pub(crate) audit: Option<At<AuditSection>>,
    /// How long a stop waits for requests in flight. Default 30s.
    pub(crate) grace: Option<Span>,
}

/// Where traffic comes in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListenSection {
    /// Address and port, or `env:NAME`. Default 127.0.0.1:8080.
    pub(crate) address: Option<At<String>>,
    /// With it the listener speaks TLS.
    pub(crate) tls: Option<At<TlsSection>>,
    /// Whether HTTP/2 is spoken without TLS too. Default true.
    pub(crate) h2c: Option<bool>,
    /// How the outside calls us, for example `https://api.example.com`, or `env:NAME`. Some systems sign it with their notices.
    pub(crate) public_url: Option<At<String>>,
    /// Client certificates: a credential of their own, and what tokens may be bound to. Default: none are asked for.
    pub(crate) client_certificates: Option<At<ClientCertificatesSection>>,
}

/// Client certificates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientCertificatesSection {
    /// Who may vouch for them, by a name of your choice: PEM files, paths in this folder or absolute ones.
    pub(crate) authorities: Named<String>,
    /// Whether the listener's TLS takes connections without one. Default optional.
    #[serde(default)]
    pub(crate) demand: DemandWord,
    /// Whether the proxies of `limits.trusted_proxies` tell the callers' in `Client-Cert` (RFC 9440), and their own is nobody's. Default false.
    #[serde(default)]
    pub(crate) from_proxies: bool,
}

/// Whether a certificate must be shown.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DemandWord {
    /// Who has one may show it.
    #[default]
    Optional,
    /// Who has none is not let in.
    Required,
}

/// A certificate and its key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// PEM file with the chain, leaf first: a path in this folder, or an absolute one.
    pub(crate) certificate: At<String>,
    /// PEM file with the private key: a path in this folder, or an absolute one.
    pub(crate) key: At<String>,
}

/// The second listener.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdminSection {
    /// Address and port, or `env:NAME`. Default 127.0.0.1:9900.
    pub(crate) listen: Option<At<String>>,
    /// What an administrator sends as bearer token: a reference. Without it only health and metrics are answered.
    pub(crate) token: Option<At<SecretReference>>,
}

/// What one connection and one request may take.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsSection {
    /// Of the whole header section. Default 32KiB.
    pub(crate) header_bytes: Option<At<Size>>,
    /// Of the request target. Default 8KiB.
    pub(crate) uri_bytes: Option<At<Size>>,
    /// Of a body. Default 1MiB.
    pub(crate) body_bytes: Option<At<Size>>,
    /// For the header section to arrive. Default 10s.
    pub(crate) head_timeout: Option<At<Span>>,
    /// For the body to arrive. Default 10s.
    pub(crate) body_timeout: Option<At<Span>>,
    /// Of a connection between requests. Default 60s.
    pub(crate) idle_timeout: Option<At<Span>>,
    /// At once. Default 10000.
    pub(crate) connections: Option<At<u32>>,
    /// Subscriptions that are open at once, of all consumers. Default 1000.
    pub(crate) subscriptions: Option<At<u32>>,
    /// From one address before anybody is authenticated. Default 1000/s, burst 2000.
    pub(crate) per_address: Option<At<AllowanceSection>>,
    /// Proxies whose X-Forwarded-For is believed; see `listen.client_certificates`, too. Default: none.
    pub(crate) trusted_proxies: Vec<Cidr>,
}

/// A rate, and how much may come at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowanceSection {
    /// In the long run, for example `500/s`.
    pub(crate) rate: PerTime,
    /// At once, after a pause. Default: what the rate brings in its time.
    pub(crate) burst: Option<At<u32>>,
}

/// Who may issue tokens, and for whom.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerSection {
    /// The `iss` of its tokens, character by character, or `env:NAME`; below it the discovery document is found.
    pub(crate) url: At<String>,
    /// `aud` must name one of these.
    pub(crate) audience: At<Vec<At<String>>>,
    /// Signature algorithms that are accepted. Default RS256, PS256, ES256.
    pub(crate) algorithms: Option<At<Vec<At<String>>>>,
    /// Tenants that its tokens may name.
    pub(crate) tenants: At<Vec<At<String>>>,
    /// The claim that names the tenant. Default `tenant`.
    pub(crate) tenant_claim: Option<At<String>>,
    /// The claim that names the consumer; where a token lacks it, `azp` counts. Default `client_id`.
    pub(crate) consumer_claim: Option<At<String>>,
    /// How far clocks may differ. Default 60s.
    pub(crate) leeway: Option<At<Span>>,
    /// Whether tokens must say `typ: at+jwt` (RFC 9068). Default false.
    #[serde(default)]
    pub(crate) require_at_jwt: bool,
    /// Whether its address may be on a private network. Default public.
    #[serde(default)]
    pub(crate) network: NetworkWord,
    /// Whether its tokens must be bound to a client certificate (RFC 8705) or a key (RFC 9449). Those that are bound are checked anyway. Default false.
    #[serde(default)]
    pub(crate) require_bound: bool,
    /// With it, proofs of possession (DPoP) need a nonce of ours. Nonces are sealed with this; it is the same at all gateways: a reference.
    pub(crate) dpop_nonce_key: Option<At<SecretReference>>,
    /// How it is asked about tokens that say nothing themselves (RFC 7662). Default: it is not asked.
    pub(crate) introspection: Option<At<IntrospectionSection>>,
}

/// How an issuer is asked about its tokens.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntrospectionSection {
    /// Where, or `env:NAME`.
    pub(crate) endpoint: At<String>,
    /// Our name there: a reference.
    pub(crate) client_id: At<SecretReference>,
    /// Our secret there: a reference.
    pub(crate) client_secret: At<SecretReference>,
    /// Where name and secret go: basic (a header) or form. Default basic.
    #[serde(default)]
    pub(crate) client_auth: IntrospectionAuthWord,
    /// What its opaque tokens begin with: by that a token finds its issuer. Only a single issuer that is asked, for all tenants, may be without.
    pub(crate) prefix: Option<At<String>>,
    /// Whether it is asked about its JWTs, too, instead of checking them by its keys. Default false.
    #[serde(default)]
    pub(crate) always: bool,
    /// How long its word about a token is believed, never past `exp`; up to 60s. Default 10s.
    pub(crate) believed: Option<At<Span>>,
}

/// Where our name and secret go.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntrospectionAuthWord {
    /// Into a header.
    #[default]
    Basic,
    /// Beside the token.
    Form,
}

/// Which addresses are allowed.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NetworkWord {
    /// Only what the whole internet can reach, by https.
    #[default]
    Public,
    /// Loopback, link-local and private networks too, and http.
    Private,
}

/// What consumers can buy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanSection {
    /// Requests, for example `500/s`.
    pub(crate) rate: PerTime,
    /// Requests at once after a pause. Default: what the rate brings in its time.
    pub(crate) burst: Option<At<u32>>,
    /// Requests a day (UTC). Default: no limit.
    pub(crate) quota_per_day: Option<At<u32>>,
    /// Requests a month of the calendar (UTC). Default: no limit.
    pub(crate) quota_per_month: Option<At<u32>>,
    /// What becomes of rate, quotas and cost while the store is away: nothing is given, each gateway gives all, or its share. Default share.
    #[serde(default)]
    pub(crate) when_away: AwayWord,
    /// Requests that are answered at the same time. Default 100.
    pub(crate) concurrency: Option<At<u32>>,
    /// Query cost. Default 20000/s, burst 50000.
    pub(crate) cost: Option<At<AllowanceSection>>,
    /// Subscriptions of one consumer that are open at once. Default 20.
    pub(crate) subscriptions: Option<At<u32>>,
    /// The longest time that one of its requests may take. Default: the tier's.
    pub(crate) deadline: Option<At<Span>>,
}

/// What a limit does while the store, through which several gateways count together, is away.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AwayWord {
    /// Nothing is given but what was leased before: 503.
    Deny,
    /// Each gateway gives as much as if it were alone.
    Allow,
    /// Each gateway gives its part: one of as many as were there last.
    #[default]
    Share,
}

/// Where several gateways count together: a Redis or Valkey server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreSection {
    /// Where it is: `redis://host:6379`, `rediss://…` for TLS, `redis+unix:///path`; or `env:NAME`, `file:PATH`. A database follows the port: `/1`.
    pub(crate) redis: At<String>,
    /// Who we are to it. Default: its default user.
    pub(crate) user: Option<String>,
    /// The password: a reference.
    pub(crate) password: Option<At<SecretReference>>,
    /// PEM file with certificates of a private authority that is trusted instead of the machine's: a path in this folder, or an absolute one.
    pub(crate) authority: Option<At<String>>,
    /// What the names of our keys begin with, where the server is used by others too. Default portico.
    pub(crate) prefix: Option<At<String>>,
    /// The longest that a request waits for it, once for all limits and once for the cost of its query. Default 50ms.
    pub(crate) timeout: Option<At<Span>>,
    /// Percent of a burst or a quota, 1 to 50, that one gateway may hold ready. Default 5.
    pub(crate) lease: Option<At<u32>>,
    /// How many gateways are assumed until it has said how many there are. Default 1.
    pub(crate) gateways: Option<At<u32>>,
}

/// How long a request may take.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TiersSection {
    /// A person waits for a decision. Default 2s.
    pub(crate) critical: Option<At<Span>>,
    /// A person waits for an answer. Default 3s.
    pub(crate) standard: Option<At<Span>>,
    /// A machine waits. Default 10s.
    pub(crate) best_effort: Option<At<Span>>,
}

/// What one GraphQL document may take.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GraphqlSection {
    /// Of its text. Default 32KiB.
    pub(crate) document_bytes: Option<At<Size>>,
    /// Lexical tokens. Default 4000.
    pub(crate) tokens: Option<At<u32>>,
    /// Brackets of any kind inside each other. Default 40.
    pub(crate) nesting: Option<At<u32>>,
    /// Fields inside each other, fragments expanded. Default 15.
    pub(crate) depth: Option<At<u32>>,
    /// Fields, fragments expanded. Default 2000.
    pub(crate) fields: Option<At<u32>>,
    /// Aliases, fragments expanded. Default 60.
    pub(crate) aliases: Option<At<u32>>,
    /// Directives, fragments expanded. Default 60.
    pub(crate) directives: Option<At<u32>>,
    /// Fragment definitions. Default 60.
    pub(crate) fragments: Option<At<u32>>,
    /// Conditions beside the scopes, by root field: they hold in `/graphql` and in every operation.
    pub(crate) conditions: Named<String>,
    /// The price of one query, whatever the plan. Default 5000.
    pub(crate) max_cost: Option<At<u32>>,
    /// How often an open subscription shows that it lives, and is looked at whether it still may. Default 15s.
    pub(crate) heartbeat: Option<At<Span>>,
    /// Which reading of GraphQL over HTTP holds where they differ. Default audit.
    pub(crate) profile: HttpProfileWord,
}

/// Which reading of GraphQL over HTTP holds where they differ.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
pub(crate) enum HttpProfileWord {
    /// What the audit suite and today's clients expect.
    #[default]
    #[serde(rename = "audit")]
    Audit,
    /// The draft of 2026.
    #[serde(rename = "draft-2026")]
    Draft2026,
}

/// How old the data of one class may be. What is left out is as the class has it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FreshnessSection {
    /// Served without asking; `0s`: not cached.
    pub(crate) ttl: Option<At<Span>>,
    /// So long after the ttl still served, while it is fetched again.
    pub(crate) stale_while_revalidate: Option<At<Span>>,
    /// So long after the ttl served where the system fails.
    pub(crate) stale_if_error: Option<At<Span>>,
    /// For how long "there is no such thing" is believed.
    pub(crate) negative_ttl: Option<At<Span>>,
    /// No value outlives this. It can be lowered, not raised.
    pub(crate) ceiling: Option<At<Span>>,
}

/// The cache in memory.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CacheSection {
    /// Over all tenants. Default 64MiB.
    pub(crate) size: Option<At<Size>>,
}

/// What is logged, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    /// How a line looks. Default json.
    pub(crate) format: LogFormatWord,
    /// Which lines, for example `info` or `info,portico=debug`. Default info.
    pub(crate) filter: Option<At<String>>,
}

/// The audit trail.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditSection {
    /// The file that entries are added to: a path in this folder, or an absolute one. Its folder must be there.
    pub(crate) path: At<String>,
    /// A file that is larger is put aside, and a new one begun. Default 64MiB.
    pub(crate) rotate: Option<At<Size>>,
    /// How many files that were put aside are kept. Default: all.
    pub(crate) keep: Option<At<u32>>,
    /// How long a request waits at most where entries cannot be written as fast as they come. Default 20ms.
    pub(crate) wait: Option<At<Span>>,
    /// What entries are sealed with, so that nobody without it can make up another chain: a reference.
    pub(crate) key: Option<At<SecretReference>>,
}

/// How a log line looks.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormatWord {
    /// One object a line.
    #[default]
    Json,
    /// For a person at a terminal.
    Text,
}
