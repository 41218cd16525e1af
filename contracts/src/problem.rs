//! Every way Portico says no: one code each, with its status, whether to retry, and what to do.
//!
//! A [`Problem`] has two voices: `detail` is for the caller, `cause` for our own log. They never mix.
//! On `/graphql` it becomes an error with `extensions.code`, elsewhere `application/problem+json` (RFC 9457).

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! catalogue {
    ($( $variant:ident $code:literal $status:literal $retry:ident $title:literal, $advice:literal; )*) => {
        /// What went wrong. The snake-case code is a promise to callers and never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( #[doc = $title] $variant, )* }

        impl Code {
            /// The whole catalogue, in the order of this file.
            pub const ALL: &'static [Code] = &[ $( Code::$variant, )* ];

            /// As callers see it.
            pub fn as_str(self) -> &'static str { match self { $( Code::$variant => $code, )* } }

            /// The HTTP status where the whole request is refused with this code.
            pub fn status(self) -> StatusCode {
                let status = match self { $( Code::$variant => $status, )* };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// A short, constant sentence (RFC 9457 `title`).
            pub fn title(self) -> &'static str { match self { $( Code::$variant => $title, )* } }

            /// What the caller can do about it.
            pub fn advice(self) -> &'static str { match self { $( Code::$variant => $advice, )* } }

            /// Whether the same request may succeed later.
            pub fn retryable(self) -> bool { match self { $( Code::$variant => catalogue!(@$retry), )* } }
        }
    };
    (@retry) => { true };
    (@final) => { false };
}

catalogue! {
    // The request itself
    BadRequest "bad_request" 400 final "The request is malformed", "Correct the request as the detail says.";
    HostInvalid "host_invalid" 400 final "The Host header is missing or not acceptable", "Send exactly one Host header that names this gateway.";
    PathInvalid "path_invalid" 400 final "The path is not in canonical form", "Send the path without dot segments, empty segments, encoded slashes or control characters.";
    BodyMalformed "body_malformed" 400 final "The body cannot be read", "Send well-formed JSON in UTF-8.";
    ParameterInvalid "parameter_invalid" 400 final "A parameter is missing, unknown or has a wrong value", "Compare the request with the API's openapi.json.";
    BodyTooLarge "body_too_large" 413 final "The body is too large", "Send less; the detail names the limit.";
    UriTooLong "uri_too_long" 414 final "The request target is too long", "Send long input in a POST body.";
    HeaderTooLarge "header_too_large" 431 final "The header section is too large", "Send fewer or shorter headers; the detail names the limit.";
    MediaTypeUnsupported "media_type_unsupported" 415 final "The media type of the body is not supported", "Send `Content-Type: application/json`.";
    NotAcceptable "not_acceptable" 406 final "No acceptable representation exists", "Accept one of the media types in the detail.";
    MethodNotAllowed "method_not_allowed" 405 final "The method is not allowed here", "Use a method from the Allow header.";
    RouteNotFound "route_not_found" 404 final "There is nothing at this path", "Check the path; each API lists its paths in its openapi.json.";
    RequestTimeout "request_timeout" 408 retry "The request did not arrive in time", "Send the whole request without pauses.";
    CrossSiteRefused "cross_site_refused" 403 final "A browser request from another site was refused", "Send `Accept: application/graphql-response+json` or a header that a form cannot send.";

    // Who asks
    CredentialsMissing "credentials_missing" 401 final "No credentials were sent", "Send `Authorization: Bearer <token>` or an API key.";
    CredentialsAmbiguous "credentials_ambiguous" 401 final "More than one credential was sent", "Send exactly one credential.";
    TokenMalformed "token_malformed" 401 final "The token is not a well-formed JWT", "Send an access token of a configured issuer.";
    TokenExpired "token_expired" 401 final "The token has expired", "Obtain a new token.";
    TokenNotYetValid "token_not_yet_valid" 401 final "The token is not valid yet", "Check the clocks of caller and issuer.";
    TokenSignatureInvalid "token_signature_invalid" 401 final "The token's signature or algorithm is not acceptable", "Obtain a token from the configured issuer.";
    TokenClaimsInvalid "token_claims_invalid" 401 final "The token's claims are not acceptable", "Obtain an access token with the claims that the detail names.";
    IssuerUnknown "issuer_unknown" 401 final "The token's issuer is not configured", "Use a configured issuer.";
    AudienceMismatch "audience_mismatch" 401 final "The token is for another audience", "Request a token for this gateway's audience.";
    TokenInactive "token_inactive" 401 final "The token's issuer says that it is not active", "Obtain a new token.";
    CertificateUnknown "certificate_unknown" 401 final "The client certificate belongs to no registered application", "Use a certificate that the operator registered, or another credential.";
    CertificateMismatch "certificate_mismatch" 401 final "The token is bound to another client certificate", "Send the token over a connection with the certificate that it was issued to.";
    ProofMissing "proof_missing" 401 final "The token needs a proof of possession", "Send `Authorization: DPoP <token>` and a proof in the DPoP header.";
    ProofInvalid "proof_invalid" 401 final "The proof of possession is not acceptable", "Make a new proof for each request, as the detail says.";
    ProofNonceRequired "proof_nonce_required" 401 final "The proof of possession needs a nonce", "Make a new proof with the nonce in the DPoP-Nonce header.";
    TenantNotAllowed "tenant_not_allowed" 401 final "The issuer may not speak for this tenant", "Use an issuer that is listed for the tenant.";
    ConsumerUnknown "consumer_unknown" 401 final "The application is not registered for this tenant", "Ask the operator to register the consumer.";
    KeyInvalid "key_invalid" 401 final "The API key is not valid", "Use a current API key.";
    NoticeRefused "notice_refused" 401 final "The notice is not proved to come from a configured system", "Check tenant, system, secret and clock; the operator sees the cause.";
    IdentityProviderUnavailable "identity_provider_unavailable" 503 retry "The token's issuer cannot be asked now", "Try again shortly.";

    // What it may do
    Forbidden "forbidden" 403 final "The caller may not do this", "Ask the operator for the scope that the detail names.";
    ConfigurationRefused "configuration_refused" 409 final "The configuration was not applied", "Mend what the detail lists and reload again.";
    ConditionNotMet "condition_not_met" 403 final "A condition is not met", "Ask the operator under which condition this is open.";
    DocumentNotTrusted "document_not_trusted" 403 final "The document is not one of the caller's trusted documents", "Send a document of the list that is registered for this application, or its `documentId`.";
    ScopeMissing "scope_missing" 403 final "A scope is missing", "Leave the field out or ask the operator for the scope that the message names.";

    // Versions
    VersionUnknown "version_unknown" 404 final "The API has no such version", "Use a version from the detail.";
    VersionConflict "version_conflict" 400 final "Path, header and media type name different versions", "Name the version once.";
    VersionRetired "version_retired" 410 final "This version is retired", "Move to the successor that the Link header names.";

    // How much
    RateLimited "rate_limited" 429 retry "Too many requests", "Wait as long as Retry-After says.";
    QuotaExceeded "quota_exceeded" 429 retry "The quota of the day or month is used up", "Wait as long as Retry-After says, or ask the operator for a larger plan.";
    AddressRateLimited "address_rate_limited" 429 retry "Too many requests from this address", "Wait as long as Retry-After says.";
    TooManyConcurrent "too_many_concurrent" 429 retry "Too many requests at once", "Wait until earlier requests are answered.";
    CostBudgetSpent "cost_budget_spent" 429 retry "The budget for query cost is spent", "Wait as long as Retry-After says, or ask for less.";
    QueryTooCostly "query_too_costly" 400 final "One query would cost more than is allowed at once", "Ask for fewer fields or smaller pages; `portico explain` shows the price.";
    LimitsUnavailable "limits_unavailable" 503 retry "The limits cannot be checked now", "Try again as Retry-After says.";
    Overloaded "overloaded" 503 retry "The gateway is shedding load", "Try again shortly.";

    // GraphQL documents
    DocumentTooLarge "document_too_large" 400 final "The document is too large", "Send a smaller document; the detail names the limit.";
    DocumentTooDeep "document_too_deep" 400 final "The document is nested too deeply", "Nest less; the detail names the limit.";
    DocumentTooWide "document_too_wide" 400 final "The document selects too much", "Select fewer fields, aliases or directives; the detail names the limit.";
    DocumentMalformed "document_malformed" 400 final "The document is not valid GraphQL syntax", "Correct the syntax at the location given.";
    DocumentInvalid "document_invalid" 400 final "The document does not fit the schema", "Correct the document as the message says.";
    OperationUnknown "operation_unknown" 400 final "The document has no such operation, or several and none was named", "Name one of the document's operations in `operationName`.";
    VariablesInvalid "variables_invalid" 400 final "The variables do not fit the operation", "Correct the variable that the message names.";
    ArgumentInvalid "argument_invalid" 400 final "An argument's value is not acceptable", "Correct the argument that the message names.";
    IntrospectionRefused "introspection_refused" 403 final "Introspection is not allowed for this caller", "Use the published schema, or ask the operator for `graphql:introspect`.";
    MutationNotAllowed "mutation_not_allowed" 405 final "Only queries are allowed over GET", "Send the operation by POST.";

    // What was asked for
    NotFound "not_found" 404 final "There is no such thing", "Check the key.";
    Ambiguous "ambiguous" 409 final "The key fits more than one thing", "Use a key that is unique; the detail names the system.";
    KeyUnsupported "key_unsupported" 400 final "No system can look this up by this key", "Use another kind of key.";
    KeyRefused "key_refused" 400 final "The key holds characters that the system cannot take safely", "Check the key.";
    TooManyRows "too_many_rows" 502 final "There is more than one answer may read", "Ask for a smaller page or a narrower filter.";
    NotCached "not_cached" 504 retry "Nothing fresh enough is held, and no system was to be asked", "Ask without `only-if-cached`.";

    // Systems of record
    UpstreamUnavailable "upstream_unavailable" 502 retry "A system of record cannot be reached", "Try again; the other systems' answers stand.";
    UpstreamTimeout "upstream_timeout" 504 retry "A system of record did not answer in time", "Try again; the other systems' answers stand.";
    UpstreamThrottled "upstream_throttled" 503 retry "A system of record limits our calls", "Try again after `retryAfterMs`.";
    CallerTokenRequired "caller_token_required" 403 final "A system of record is asked with the caller's own token", "Call with an access token instead of an API key.";
    UpstreamRefused "upstream_refused" 502 final "A system of record refuses our credentials", "The operator must check the system's credentials and permissions.";
    UpstreamError "upstream_error" 502 retry "A system of record failed", "Try again; the other systems' answers stand.";
    UpstreamMalformed "upstream_malformed" 502 retry "A system of record sent an answer that cannot be read", "Try again; the operator sees the cause.";
    UpstreamMismatch "upstream_mismatch" 502 final "A system of record answered with rows that were not asked for", "The operator must check the pack and the system.";
    UpstreamDrift "upstream_drift" 502 final "A system of record sent a value that its contract does not allow", "The operator must compare the pack with the system.";
    DeadlineExceeded "deadline_exceeded" 504 retry "The request's time is used up", "Ask for less, or try again.";
    BreakerOpen "breaker_open" 503 retry "Calls to this system are paused after failures", "Try again shortly.";

    // Ourselves
    Internal "internal" 500 retry "The gateway failed", "Report the request id to the operator.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal of a whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The catalogue's entry.
    pub code: Code,
    /// What, where and what to do, for the caller. Never a secret, a stack trace or an upstream's text.
    pub detail: Cow<'static, str>,
    /// When to come back, where that is known. Sent as `Retry-After`, rounded up to seconds.
    pub retry_after: Option<Duration>,
    /// Names of the limits that were violated (`violated-policies` of the RateLimit draft).
    pub violated: Vec<Cow<'static, str>>,
    /// Methods for the `Allow` header of a 405.
    pub allow: Option<Cow<'static, str>>,
    /// Where it went wrong, for our log only.
    pub cause: Option<String>,
}

impl Problem {
    /// A refusal with its public detail.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Problem { code, detail: detail.into(), retry_after: None, violated: Vec::new(), allow: None, cause: None }
    }

    /// Adds when to come back.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds the name of a violated limit.
    #[must_use]
    pub fn violates(mut self, policy: impl Into<Cow<'static, str>>) -> Self {
        self.violated.push(policy.into());
        self
    }

    /// Adds the methods that are allowed.
    #[must_use]
    pub fn allow(mut self, methods: impl Into<Cow<'static, str>>) -> Self {
        self.allow = Some(methods.into());
        self
    }

    /// Adds a cause for our log; callers never see it.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} stands twice");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code}");
        }
    }

    #[test]
    fn the_catalogue_is_a_promise() {
        let table: String = Code::ALL
            .iter()
            .map(|code| {
                let retry = if code.retryable() { "retry" } else { "final" };
                format!("{} {} {retry}: {}\n", code.as_str(), code.status().as_u16(), code.title())
            })
            .collect();
        insta::assert_snapshot!("catalogue", table);
    }
}
