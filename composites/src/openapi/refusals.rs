//! Which refusals a version's callers may meet, and the schemas that all of them share.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use portico_contracts::model;
use portico_contracts::problem::Code;
use serde_json::{Map, Value, json};

use super::{Endpoint, Life, Route, VersionFacts, headers, types};

/// What can be met with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// On every path.
    Everywhere,
    /// Where the gateway waits for a system.
    BySystems,
    /// Where a document is answered.
    ByDocuments,
    /// Where a document is answered from what is kept.
    ByReads,
    /// Where a body is read.
    ByBodies,
    /// Where a body is read as JSON.
    ByJson,
    /// Where a version ends.
    ByEndings,
    /// On `/graphql`, or with requests that are not in the contract.
    Elsewhere,
}

/// A new code is placed here before it compiles.
fn met(code: Code) -> Met {
    use Code::*;
    match code {
        BadRequest
        | HostInvalid
        | PathInvalid
        | UriTooLong
        | HeaderTooLarge
        | RequestTimeout
        | NotAcceptable
        | RouteNotFound
        | CredentialsMissing
        | CredentialsAmbiguous
        | TokenMalformed
        | TokenExpired
        | TokenNotYetValid
        | TokenSignatureInvalid
        | TokenClaimsInvalid
        | IssuerUnknown
        | AudienceMismatch
        | TokenInactive
        | CertificateUnknown
        | CertificateMismatch
        | ProofMissing
        | ProofInvalid
        | ProofNonceRequired
        | TenantNotAllowed
        | ConsumerUnknown
        | KeyInvalid
        | IdentityProviderUnavailable
        | Forbidden
        | ConditionNotMet
        | ScopeMissing
        | VersionConflict
        | RateLimited
        | QuotaExceeded
        | LimitsUnavailable
        | AddressRateLimited
        | TooManyConcurrent
        | Overloaded
        | Internal => Met::Everywhere,
        UpstreamUnavailable | UpstreamTimeout | UpstreamThrottled | UpstreamRefused | UpstreamError
        | UpstreamMalformed | DeadlineExceeded | BreakerOpen | CallerTokenRequired => Met::BySystems,
        ParameterInvalid | VariablesInvalid | ArgumentInvalid | QueryTooCostly | CostBudgetSpent | NotFound
        | Ambiguous | KeyUnsupported | KeyRefused | TooManyRows | UpstreamMismatch | UpstreamDrift => Met::ByDocuments,
        NotCached => Met::ByReads,
        BodyTooLarge => Met::ByBodies,
        BodyMalformed | MediaTypeUnsupported => Met::ByJson,
        VersionRetired => Met::ByEndings,
        MethodNotAllowed | CrossSiteRefused | VersionUnknown | DocumentTooLarge | DocumentTooDeep | DocumentTooWide
        | DocumentMalformed | DocumentInvalid | OperationUnknown | IntrospectionRefused | MutationNotAllowed
        | NoticeRefused | DocumentNotTrusted | ConfigurationRefused => Met::Elsewhere,
    }
}

/// What makes a single field null beside an answer.
fn is_partial(code: Code) -> bool {
    met(code) == Met::BySystems
        || matches!(
            code,
            Code::ScopeMissing
                | Code::ConditionNotMet
                | Code::NotFound
                | Code::Ambiguous
                | Code::KeyUnsupported
                | Code::KeyRefused
                | Code::TooManyRows
                | Code::NotCached
                | Code::UpstreamMismatch
                | Code::UpstreamDrift
                | Code::Internal
        )
}

fn ends(life: &Life<'_>) -> bool {
    life.sunset_on.is_some() || life.stage == super::Stage::Retired
}

fn codes(of: impl Fn(Met) -> bool) -> BTreeSet<Code> {
    Code::ALL.iter().copied().filter(|code| of(met(*code))).collect()
}

/// The refusals of a published document.
pub(super) fn of_endpoint(method: &Method, life: &Life<'_>) -> BTreeSet<Code> {
    let posts = *method == Method::POST;
    codes(|met| match met {
        Met::Everywhere | Met::BySystems | Met::ByDocuments => true,
        Met::ByReads => !posts,
        Met::ByBodies | Met::ByJson => posts,
        Met::ByEndings => ends(life),
        Met::Elsewhere => false,
    })
}

/// The gateway's refusals on a proxied route.
pub(super) fn of_route(method: &Method, life: &Life<'_>) -> BTreeSet<Code> {
    codes(|met| match met {
        Met::Everywhere | Met::BySystems => true,
        Met::ByBodies => !method.is_safe(),
        Met::ByEndings => ends(life),
        Met::ByDocuments | Met::ByReads | Met::ByJson | Met::Elsewhere => false,
    })
}

/// A reference to the shared answer of each status.
pub(super) fn references(codes: &BTreeSet<Code>) -> BTreeMap<u16, Value> {
    let statuses = codes.iter().map(|code| code.status().as_u16());
    statuses.map(|status| (status, json!({ "$ref": format!("#/components/responses/Problem{status}") }))).collect()
}

/// All refusals of one version.
pub(super) struct Refusals(BTreeSet<Code>);

impl Refusals {
    pub(super) fn of(facts: &VersionFacts<'_>, endpoints: &[Endpoint<'_>], routes: &[Route<'_>]) -> Self {
        let of_endpoints = endpoints.iter().flat_map(|endpoint| of_endpoint(&endpoint.method, &facts.life));
        let methods = routes.iter().flat_map(|route| route.methods);
        let of_routes = methods.flat_map(|method| of_route(method, &facts.life));
        Refusals(of_endpoints.chain(of_routes).collect())
    }

    /// One answer for each status, with what may be behind it.
    pub(super) fn responses(&self, life: &Life<'_>) -> Value {
        let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
        for code in &self.0 {
            by_status.entry(code.status()).or_default().push(*code);
        }
        let response = |(status, codes): (StatusCode, Vec<Code>)| {
            let lines = codes.iter().map(|code| format!("- `{code}`: {}. {}", code.title(), code.advice()));
            let description = lines.collect::<Vec<_>>().join("\n");
            let more: &[&str] = match status {
                StatusCode::UNAUTHORIZED => &["WWW-Authenticate"],
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => &["Retry-After"],
                _ => &[],
            };
            let response = json!({
                "description": description,
                "headers": headers::named(life, more),
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
            (format!("Problem{}", status.as_u16()), response)
        };
        by_status.into_iter().map(response).collect::<Map<_, _>>().into()
    }

    /// The shared schemas: those of refusals, and the input objects of bodies.
    pub(super) fn schemas(&self, endpoints: &[Endpoint<'_>]) -> Value {
        let mut schemas = Map::new();
        schemas.insert("Problem".to_owned(), self.problem());
        if !endpoints.is_empty() {
            schemas.insert("PartialFailure".to_owned(), partial());
        }
        let bodies = endpoints.iter().filter(|endpoint| endpoint.method == Method::POST);
        let variables = bodies.flat_map(|endpoint| endpoint.operation.parameters());
        let inputs = types::inputs(variables.map(|parameter| model::named(&parameter.ty)));
        schemas.extend(inputs.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
        schemas.into()
    }

    /// Problem details (RFC 9457), with members of ours. Open, because a later catalogue may say more.
    fn problem(&self) -> Value {
        let codes: Vec<&str> = self.0.iter().map(|code| code.as_str()).collect();
        json!({
            "type": "object",
            "description": "Why a request was refused.",
            "properties": {
                "type": { "type": "string", "format": "uri", "description": "Names the kind of problem." },
                "title": { "type": "string", "description": "The kind in words, always the same." },
                "status": { "type": "integer", "minimum": 400, "maximum": 599 },
                "detail": { "type": "string", "description": "What went wrong this time." },
                "instance": { "type": "string", "format": "uri", "description": "Names this request." },
                "code": { "type": "string", "enum": codes, "description": "Keeps its meaning for ever: decide by it." },
                "advice": { "type": "string", "description": "What to do about it." },
                "request_id": { "type": "string" },
                "retryable": { "type": "boolean", "description": "Whether the same request may succeed later." },
                "retryAfterMs": { "type": "integer", "description": "When a system of record may be asked again." },
                "violated-policies": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "The limits that were used up, by their names in `RateLimit-Policy`."
                }
            },
            "required": ["type", "title", "status", "detail", "instance", "code", "advice", "request_id", "retryable"]
        })
    }
}

/// One entry of an answer's `problems`.
fn partial() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().filter(|code| is_partial(**code)).map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "Why one value of an answer is null.",
        "properties": {
            "path": { "type": "string", "description": "Where, with dots: `lines.0.product`." },
            "code": { "type": "string", "enum": codes },
            "system": { "type": ["string", "null"], "description": "The system that it is about." },
            "retryable": { "type": "boolean", "description": "Whether the same request may succeed later." },
            "retryAfterMs": { "type": "integer", "description": "When a system of record may be asked again." }
        },
        "required": ["path", "code", "system", "retryable"]
    })
}
