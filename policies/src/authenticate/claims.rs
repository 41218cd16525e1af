//! What a verified token says, read strictly: right issuer's rules, right audience, right time, right tenant.

use std::sync::Arc;

use portico_contracts::tenancy::{ConsumerId, Scopes, TenantId};

use super::TokenError;
use super::binding::Binding;
use super::issuer::Issuer;
use super::jws::read_claims;
use super::object::Object;
use crate::Now;

const MAX_SUBJECT: usize = 256;

/// What of a token's claims the gateway goes by.
#[derive(Debug)]
pub(crate) struct Claims {
    pub(crate) tenant: TenantId,
    pub(crate) consumer: ConsumerId,
    pub(crate) subject: Arc<str>,
    /// `None` where the token carries no scope claim at all; an empty one grants nothing.
    pub(crate) scopes: Option<Scopes>,
    /// When it ends. Only an issuer that is asked each time may leave that open.
    pub(crate) expires: Option<u64>,
    /// What must be shown beside it.
    pub(crate) binding: Binding,
}

impl Claims {
    /// Reads and checks the claims of a payload whose signature was verified.
    pub(crate) fn read(payload: &[u8], issuer: &Issuer, now: Now) -> Result<Claims, TokenError> {
        let claims = read_claims(payload)?;
        if text(&claims, "iss")?.as_deref() != Some(&issuer.url) {
            return Err(TokenError::IssuerUnknown);
        }
        check_audience(&claims, issuer)?;
        let expires = check_times(&claims, issuer.leeway.as_secs(), now)?.ok_or_else(|| wrong("`exp` is missing"))?;
        Self::of(&claims, issuer, Some(expires))
    }

    /// Reads and checks what an issuer answers about a token of its (RFC 7662 §2.2). Its answer is of this moment and
    /// comes from where the operator said, so `iss` and `exp` may be absent; nothing else may that a token must have.
    pub(crate) fn read_answer(answer: &[u8], issuer: &Issuer, now: Now) -> Result<Claims, TokenError> {
        let claims = Object::read(answer).map_err(|_| wrong("the issuer's answer is not one JSON object"))?;
        if claims.typed::<bool>("active") != Ok(Some(true)) {
            return Err(TokenError::Inactive);
        }
        if text(&claims, "iss")?.is_some_and(|name| name != issuer.url) {
            return Err(TokenError::IssuerUnknown);
        }
        check_audience(&claims, issuer)?;
        let expires = check_times(&claims, issuer.leeway.as_secs(), now)?;
        let read = Self::of(&claims, issuer, expires)?;
        match text(&claims, "token_type")?.map(|kind| kind.to_ascii_lowercase()).as_deref() {
            None | Some("bearer") => Ok(read),
            Some("dpop") if read.binding.key.is_some() => Ok(read),
            Some(_) => Err(wrong("`token_type` says that this is no access token")),
        }
    }

    /// What is the same wherever the claims come from.
    fn of(claims: &Object<'_>, issuer: &Issuer, expires: Option<u64>) -> Result<Claims, TokenError> {
        check_purpose(claims)?;
        let binding = Binding::read(claims)?;
        if issuer.require_bound && binding.is_none() {
            return Err(wrong("this issuer's tokens must be bound to a certificate or a key (`cnf`)"));
        }
        let tenant = tenant(claims, issuer)?;
        let consumer = consumer(claims, issuer)?;
        let subject = match subject(claims)? {
            Some(subject) => Arc::from(subject),
            None => Arc::from(consumer.as_str()),
        };
        Ok(Claims { tenant, consumer, subject, scopes: scopes(claims)?, expires, binding })
    }
}

fn check_audience(claims: &Object<'_>, issuer: &Issuer) -> Result<(), TokenError> {
    let audiences = claims.texts("aud").map_err(|_| wrong("`aud` must be a string or an array of strings"))?;
    let ours = audiences.unwrap_or_default().iter().any(|aud| issuer.audiences.contains(aud));
    if ours { Ok(()) } else { Err(TokenError::Audience) }
}

/// RFC 7519 §4.1.4–4.1.6. Returns `exp`.
fn check_times(claims: &Object<'_>, leeway: u64, now: Now) -> Result<Option<u64>, TokenError> {
    let expires = date(claims, "exp")?;
    let not_before = date(claims, "nbf")?;
    let issued = date(claims, "iat")?;
    if expires.is_some_and(|expires| now.unix >= expires.saturating_add(leeway)) {
        return Err(TokenError::Expired);
    }
    let latest = now.unix.saturating_add(leeway);
    if not_before.is_some_and(|start| start > latest) {
        return Err(TokenError::NotYetValid("`nbf` lies ahead"));
    }
    if issued.is_some_and(|issued| issued > latest) {
        return Err(TokenError::NotYetValid("`iat` lies ahead"));
    }
    Ok(expires)
}

/// Other things that the same issuer signs.
fn check_purpose(claims: &Object<'_>) -> Result<(), TokenError> {
    if claims.has("at_hash") || claims.has("c_hash") {
        return Err(wrong("this is an ID token, not an access token"));
    }
    // A logout token, or another security event (RFC 8417 §2.2; OpenID Connect Back-Channel Logout §2.4).
    if claims.has("events") {
        return Err(wrong("this tells of an event and is not an access token"));
    }
    let says = |name: &str, not: &[&str]| {
        claims.text(name).ok().flatten().is_some_and(|kind| not.iter().any(|no| kind.eq_ignore_ascii_case(no)))
    };
    if says("typ", &["ID", "Refresh", "Offline", "Logout"]) || says("token_use", &["id"]) {
        return Err(wrong("this is not an access token"));
    }
    Ok(())
}

fn tenant(claims: &Object<'_>, issuer: &Issuer) -> Result<TenantId, TokenError> {
    let claim = &issuer.tenant_claim;
    let named = text(claims, claim)?.ok_or_else(|| wrong(&format!("`{claim}` must name the tenant")))?;
    let tenant = TenantId::parse(&named).map_err(|_| TokenError::Tenant)?;
    if issuer.tenants.contains(&tenant) { Ok(tenant) } else { Err(TokenError::Tenant) }
}

fn consumer(claims: &Object<'_>, issuer: &Issuer) -> Result<ConsumerId, TokenError> {
    let claim = &issuer.consumer_claim;
    let named = match text(claims, claim)? {
        Some(named) => named,
        None => text(claims, "azp")?.ok_or_else(|| wrong(&format!("`{claim}` or `azp` must name the application")))?,
    };
    ConsumerId::parse(&named).map_err(|_| TokenError::Consumer)
}

/// The subject goes into the log and the audit trail, so it must not be able to forge a line there.
fn subject(claims: &Object<'_>) -> Result<Option<String>, TokenError> {
    let subject = text(claims, "sub")?;
    match &subject {
        Some(subject) if subject.is_empty() || subject.len() > MAX_SUBJECT => Err(wrong("`sub` is empty or too long")),
        Some(subject) if subject.chars().any(char::is_control) => Err(wrong("`sub` holds control characters")),
        _ => Ok(subject),
    }
}

/// `scope` (RFC 8693 §4.2), or `scp` as some issuers call it: a string with spaces, or an array.
fn scopes(claims: &Object<'_>) -> Result<Option<Scopes>, TokenError> {
    let name = if claims.has("scope") { "scope" } else { "scp" };
    let carried = claims.texts(name).map_err(|_| wrong("`scope` must be a string or an array of strings"))?;
    Ok(carried.map(|words| words.iter().flat_map(|word| word.split(' ')).filter(|word| !word.is_empty()).collect()))
}

fn text(claims: &Object<'_>, name: &str) -> Result<Option<String>, TokenError> {
    claims.text(name).map_err(|_| wrong(&format!("`{name}` must be a string")))
}

fn date(claims: &Object<'_>, name: &str) -> Result<Option<u64>, TokenError> {
    claims.date(name).map_err(|_| wrong(&format!("`{name}` must be a number of seconds")))
}

fn wrong(says: &str) -> TokenError {
    TokenError::Claims(says.to_owned())
}
