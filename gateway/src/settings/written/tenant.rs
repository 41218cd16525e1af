//! `tenants/<id>.yaml`.

use std::collections::BTreeMap;

use portico_contracts::tenancy::{Role, Tier};
use schemars::JsonSchema;
use serde::Deserialize;

use super::gateway::{AwayWord, FreshnessSection, NetworkWord};
use super::{ExchangeSection, KeysSection, Named, OwnersWord, words};
use crate::settings::read::At;
use crate::settings::secrets::SecretReference;
use crate::settings::units::{Day, PerTime, Span, Word};

/// tenants/<id>.yaml: one tenant; the file's name is the tenant's.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TenantFile {
    /// Its upstreams, by name, for example `acme-erp`.
    pub(crate) systems: Named<SystemSection>,
    /// Entity → the system that has it, or a list of them. Default: every system of the entity's role whose pack knows it.
    pub(crate) owners: Named<OwnersWord>,
    /// The applications that call on its behalf, by name.
    pub(crate) consumers: Named<ConsumerSection>,
    /// What all its consumers may ask together. Default: no limit beside their plans.
    pub(crate) limits: TenantLimitsSection,
    /// How old its data may be, by class: within what portico.yaml's class allows.
    pub(crate) freshness: Named<FreshnessSection>,
    /// Of credit checks, warranties, entitlements.
    pub(crate) rules: RulesSection,
}

/// One upstream.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemSection {
    /// What it is for the tenant: erp, crm, billing, support.
    #[schemars(schema_with = "words::role")]
    pub(crate) role: Role,
    /// The contract with its kind: a file in packs/, or one that Portico ships.
    pub(crate) pack: At<String>,
    /// Where it is, or `env:NAME`.
    pub(crate) url: At<String>,
    /// Whether its address may be on a private network. Default public.
    #[serde(default)]
    pub(crate) network: NetworkWord,
    /// What we show it. Default: nothing.
    pub(crate) credentials: Option<At<CredentialsSection>>,
    /// What its pack asks for, for example a company code.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Word>,
    /// Entity → name in `extensions` → the system's own field.
    #[serde(default)]
    pub(crate) extensions: Named<BTreeMap<String, String>>,
    /// Of one call. Default 5s.
    pub(crate) timeout: Option<At<Span>>,
    /// Calls at once; the same as `limits.concurrency`.
    pub(crate) concurrency: Option<At<u32>>,
    /// What it lets us ask, where that is not what its pack says.
    pub(crate) limits: Option<At<SystemLimitsSection>>,
    /// How often a call is repeated at most. Default 2.
    pub(crate) retries: Option<At<u32>>,
    /// How its notices that something changed are believed. Default: none are taken.
    pub(crate) notices: Option<At<NoticesSection>>,
    /// Which keys are its own, where the tenant has several systems of its role. A key goes to the systems whose pattern fits, and to all where none does.
    #[serde(default)]
    pub(crate) keys: KeysSection,
    /// Its word counts where another system of its role knows the same thing; else such a key is ambiguous. Default false.
    #[serde(default)]
    pub(crate) primary: bool,
    /// PEM file with certificates of a private authority that is trusted beside the machine's: a path in this folder, or an absolute one.
    pub(crate) authority: Option<At<String>>,
}

/// What a system lets us ask with its credential, proxied requests included.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SystemLimitsSection {
    /// Calls at once. Default: as the pack says, else 32.
    pub(crate) concurrency: Option<At<u32>>,
    /// Calls in a second. Default here and below: as the pack says, until the system reports its own.
    pub(crate) per_second: Option<At<u32>>,
    /// Calls in ten seconds.
    pub(crate) per_10_seconds: Option<At<u32>>,
    /// Calls in a minute.
    pub(crate) per_minute: Option<At<u32>>,
    /// Calls in an hour.
    pub(crate) per_hour: Option<At<u32>>,
    /// Calls in a day. What is written is never exceeded, also where the system reports more.
    pub(crate) per_day: Option<At<u32>>,
    /// Percent of each limit, 0 to 50, that are kept for tier critical; as much again is kept from tier best_effort. Default 10.
    pub(crate) reserve: Option<At<u32>>,
    /// Whether what the system reports of its limits counts. Default true.
    pub(crate) reported: Option<bool>,
}

/// How a system's notices that something changed are believed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticesSection {
    /// What it signs with, or shows where it signs nothing: a reference.
    pub(crate) secret: At<SecretReference>,
    /// Secrets that still hold while one replaces another: references.
    #[serde(default)]
    pub(crate) old_secrets: Vec<At<SecretReference>>,
    /// How far the time of a signed notice may be from ours. Default 5m.
    pub(crate) replay_window: Option<At<Span>>,
}

/// What we show a system.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CredentialsSection {
    /// Nothing.
    None,
    /// A token that is fetched and kept until it expires (OAuth 2.0 client credentials).
    Oauth2ClientCredentials(OauthSection),
    /// The same, where a signature by our key stands for a secret (RFC 7523).
    Oauth2SignedAssertion(AssertionSection),
    /// A token for each caller, which is had for the caller's own (RFC 8693).
    Oauth2TokenExchange(ExchangeSection),
    /// A token that does not change.
    Bearer(BearerSection),
    /// A user and a password.
    Basic(BasicSection),
    /// A header of the system's own.
    Header(HeaderSection),
}

/// A token that is fetched and kept until it expires.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthSection {
    /// Where it is fetched, or `env:NAME`. Default: as the pack says, at the system itself.
    pub(crate) token_url: Option<At<String>>,
    /// Our name there: a reference.
    pub(crate) client_id: At<SecretReference>,
    /// Our secret there: a reference.
    pub(crate) client_secret: At<SecretReference>,
    /// What an account has granted us once and for all, where the system wants that shown too: a reference.
    pub(crate) refresh_token: Option<At<SecretReference>>,
    /// What we ask for, or `env:NAME`.
    pub(crate) scope: Option<At<String>>,
    /// Where name and secret go: basic (a header), form or json. Default: as the pack says.
    pub(crate) client_auth: Option<ClientAuthWord>,
    /// Further form fields, for example `resource` or `audience`.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
}

/// A token that is fetched with a short-lived statement which our key signs, and kept until it expires.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssertionSection {
    /// Where it is fetched, or `env:NAME`. Default: as the pack says, at the system itself.
    pub(crate) token_url: Option<At<String>>,
    /// Our name there: a reference.
    pub(crate) client_id: At<SecretReference>,
    /// Our private key, PEM (PKCS #8) without a passphrase: a reference.
    pub(crate) private_key: At<SecretReference>,
    /// What the token endpoint calls our key or its certificate, or `env:NAME`.
    pub(crate) key_id: Option<At<String>>,
    /// How the key signs. Default PS256.
    #[serde(default)]
    pub(crate) algorithm: SigningWord,
    /// Whom the statement is for, or `env:NAME`. Default: the address of the token endpoint.
    pub(crate) audience: Option<At<String>>,
    /// What we ask for, or `env:NAME`. Default: as the pack says.
    pub(crate) scope: Option<At<String>>,
    /// Further form fields, for example `resource`.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
}

/// How a key signs (RFC 7518).
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
pub(crate) enum SigningWord {
    /// RSA with PSS and SHA-256.
    #[default]
    #[serde(rename = "PS256")]
    Ps256,
    /// RSA with PSS and SHA-384.
    #[serde(rename = "PS384")]
    Ps384,
    /// RSA with PSS and SHA-512.
    #[serde(rename = "PS512")]
    Ps512,
    /// The elliptic curve P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// The elliptic curve P-384 with SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// RSA with PKCS #1 and SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
}

/// Where a client's name and secret go.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClientAuthWord {
    /// In the header `Authorization: Basic`.
    Basic,
    /// In the form.
    Form,
    /// In a JSON body.
    Json,
}

/// A token that does not change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BearerSection {
    /// The token: a reference.
    pub(crate) token: At<SecretReference>,
}

/// A user and a password.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicSection {
    /// The user: a reference.
    pub(crate) user: At<SecretReference>,
    /// The password: a reference. Default: empty, as systems want it whose API key is the user.
    pub(crate) password: Option<At<SecretReference>>,
}

/// A header of the system's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderSection {
    /// Its name.
    pub(crate) name: At<String>,
    /// Its value: a reference.
    pub(crate) value: At<SecretReference>,
}

/// An application.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsumerSection {
    /// What it bought: a plan of portico.yaml.
    pub(crate) plan: At<String>,
    /// How much its requests matter: critical, standard, best_effort. Default standard.
    #[serde(default)]
    #[schemars(schema_with = "words::tier")]
    pub(crate) tier: Tier,
    /// What it may do: sets of scopes, by their names in portico.yaml.
    #[serde(default)]
    pub(crate) roles: Vec<At<String>>,
    /// What it may do beside that.
    #[serde(default)]
    pub(crate) scopes: Vec<At<String>>,
    /// The only customers that it sees, by number; proxied routes are closed to it then. Default: all.
    pub(crate) customers: Option<At<Vec<At<String>>>>,
    /// The only GraphQL documents that it may send: a list in `documents/`, by its name. Default: any.
    pub(crate) documents: Option<At<String>>,
    /// Its API keys.
    #[serde(default)]
    pub(crate) keys: Vec<At<KeySection>>,
    /// Its client certificates, where `listen.client_certificates` takes any.
    #[serde(default)]
    pub(crate) certificates: Vec<At<CertificateSection>>,
}

/// A client certificate: one word that tells it from all others, `sha256`, `subject`, `dns`, `uri` or `email`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateSection {
    /// What you call it.
    pub(crate) name: At<String>,
    /// The authority that vouches for it, as `listen.client_certificates.authorities` calls it. A name needs one; for `sha256` any will do.
    pub(crate) authority: Option<At<String>>,
    /// Its SHA-256 fingerprint, as `openssl x509 -noout -fingerprint -sha256` prints it.
    pub(crate) sha256: Option<At<String>>,
    /// Its whole subject, as `openssl x509 -noout -subject -nameopt RFC2253` prints it: `CN=partner-one,O=Example,C=DE`.
    pub(crate) subject: Option<At<String>>,
    /// A host name among its alternative names.
    pub(crate) dns: Option<At<String>>,
    /// An address among its alternative names, for example `spiffe://example.com/partner-one`.
    pub(crate) uri: Option<At<String>>,
    /// A mail address among its alternative names.
    pub(crate) email: Option<At<String>>,
}

/// An API key, as `portico keys new` prints it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeySection {
    /// What you call it.
    pub(crate) name: At<String>,
    /// What stands in the key after `pk_`: 12 hexadecimal digits, by which one that is found somewhere is known.
    pub(crate) id: Option<At<String>>,
    /// Its hash, `sha256:` and 64 hexadecimal digits, or `env:NAME`. Never the key.
    pub(crate) hash: At<String>,
    /// The first day (UTC) on which it is not accepted any more. Default: never.
    pub(crate) expires: Option<Day>,
}

/// What all consumers of a tenant may ask together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TenantLimitsSection {
    /// Requests, for example `1000/s`.
    pub(crate) rate: Option<At<PerTime>>,
    /// Requests at once after a pause. Default: what the rate brings in its time.
    pub(crate) burst: Option<At<u32>>,
    /// Requests a day (UTC).
    pub(crate) quota_per_day: Option<At<u32>>,
    /// Requests a month of the calendar (UTC).
    pub(crate) quota_per_month: Option<At<u32>>,
    /// What becomes of rate and quotas while the store is away. Default share.
    pub(crate) when_away: AwayWord,
    /// Requests that are answered at the same time, by each gateway.
    pub(crate) concurrency: Option<At<u32>>,
}

/// What a tenant decides for itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RulesSection {
    /// When a customer may buy on account.
    pub(crate) credit: CreditSection,
    /// What covers a serial number.
    pub(crate) warranty: WarrantySection,
    /// Who is entitled to support.
    pub(crate) entitlement: EntitlementSection,
}

/// When a customer may buy on account.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CreditSection {
    /// Exposure above this share of the limit is for a person to review. Default 100.
    pub(crate) review_above_percent: Option<At<u32>>,
    /// Exposure above the limit is declined (true, default) or reviewed.
    pub(crate) decline_over_limit: Option<bool>,
    /// An amount overdue by more days than this is for a person to review. Default 14.
    pub(crate) review_overdue_days: Option<At<u32>>,
    /// An amount overdue by more days than this is declined. Default 45.
    pub(crate) max_overdue_days: Option<At<u32>>,
    /// A customer on hold is declined (true, default) or reviewed.
    pub(crate) decline_on_hold: Option<bool>,
    /// How long an approval may be relied on. Default 15m.
    pub(crate) approval_valid_for: Option<At<Span>>,
    /// Currencies that may be decided in. Default: any.
    pub(crate) currencies: Vec<At<String>>,
}

/// What covers a serial number.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WarrantySection {
    /// Months of manufacturer's warranty where neither asset nor product says. Default: it cannot be told.
    pub(crate) default_months: Option<At<u32>>,
    /// What starts the warranty; the first that is known: shipped, installed, purchased. Default installed, shipped, purchased.
    pub(crate) starts: Option<At<Vec<WarrantyStartWord>>>,
    /// An active service contract covers. Default true.
    pub(crate) contracts_cover: Option<bool>,
    /// An active entitlement covers. Default true.
    pub(crate) entitlements_cover: Option<bool>,
}

/// What starts a warranty.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WarrantyStartWord {
    /// The day the order was shipped.
    Shipped,
    /// The day the asset was installed.
    Installed,
    /// The day the asset was bought.
    Purchased,
}

/// Who is entitled to support.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EntitlementSection {
    /// The level that an active subscription gives where its plan is not listed. Default standard.
    pub(crate) subscription_level: Option<SupportLevelWord>,
    /// The level by the name of the subscription's plan, as billing spells it.
    pub(crate) plan_levels: BTreeMap<String, SupportLevelWord>,
    /// The level of an active contract that names none. Default standard.
    pub(crate) contract_level: Option<SupportLevelWord>,
    /// A customer with an amount overdue by more days than this is not entitled. Default 30.
    pub(crate) max_overdue_days: Option<At<u32>>,
    /// A subscription that is past due still counts. Default true.
    pub(crate) past_due_counts: Option<bool>,
}

/// How well a customer is served.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SupportLevelWord {
    /// Not at all.
    None,
    /// Basic.
    Basic,
    /// Standard.
    Standard,
    /// Premium.
    Premium,
}
