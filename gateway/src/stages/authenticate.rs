//! Stage 5: the credential → who asks. From here on the tenant is a type, never a string from a header.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::{AUTHORIZATION, HeaderName};
use pingora::http::RequestHeader;
use portico_composites::connect::subject::Subject;
use portico_contracts::secret::Secret;
use portico_policies::authenticate::{
    Asked, Authenticated, Circumstances, Credential, PROOF, Possession, Rejected, Scheme, Thumbprint,
    speaks_of_possession,
};
use portico_policies::{Caller, Now};
use url::Url;

use crate::certificates::Chain;
use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::Listen;
use crate::snapshot::Snapshot;
use crate::stages::admit::Head;
use crate::stages::prepare::accept;

/// Where an API key is sent.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a caller showed, to be looked at again for each event of a subscription. It prints as nothing.
#[derive(Clone)]
pub(crate) struct Kept {
    credential: KeptCredential,
    certificate: Option<Chain>,
}

#[derive(Clone)]
enum KeptCredential {
    Token(Secret),
    /// The proof was for the request that opened the subscription. It goes on for whoever has the key that it proved.
    Proved(Secret, Thumbprint),
    Key(Secret),
    Certificate,
}

impl Kept {
    fn of(credential: Credential<'_>, certificate: Option<&Chain>, proved: Option<Thumbprint>) -> Self {
        let credential = match (credential, proved) {
            (Credential::Proved { token, .. }, Some(key)) => KeptCredential::Proved(Secret::new(token), key),
            (Credential::Token(token) | Credential::Proved { token, .. }, _) => {
                KeptCredential::Token(Secret::new(token))
            }
            (Credential::Key(key), _) => KeptCredential::Key(Secret::new(key)),
            (Credential::Certificate, _) => KeptCredential::Certificate,
        };
        Kept { credential, certificate: certificate.cloned() }
    }

    /// Who asks, as the configuration in force sees it now.
    pub(crate) async fn again(&self, snapshot: &Snapshot, now: Now) -> Result<Authenticated, Rejected> {
        let credential = match &self.credential {
            KeptCredential::Token(token) => Credential::Token(token.reveal()),
            KeptCredential::Proved(token, key) => {
                Credential::Proved { token: token.reveal(), possession: Possession::Before(*key) }
            }
            KeptCredential::Key(key) => Credential::Key(key.reveal()),
            KeptCredential::Certificate => Credential::Certificate,
        };
        let certificate = self.certificate.as_ref().and_then(|chain| snapshot.authorities.recognized(chain));
        let circumstances = Circumstances { certificate: certificate.as_deref(), asked: None };
        snapshot.authenticator.authenticate(credential, circumstances, now).await
    }

    /// A verified token with its end, where a system of its tenant exchanges it.
    pub(crate) fn subject(&self, believed: &Authenticated, snapshot: &Snapshot, now: Now) -> Option<Subject> {
        match &self.credential {
            KeptCredential::Token(token) | KeptCredential::Proved(token, _) => {
                subject(token.reveal(), believed, snapshot, now)
            }
            KeptCredential::Key(_) | KeptCredential::Certificate => None,
        }
    }
}

/// Finds out who asks. The credential goes no further than this stage: no upstream ever sees it. Only where a system of
/// the tenant exchanges callers' tokens it is kept, for the exchange.
pub(crate) async fn authenticate(
    request: &mut RequestHeader,
    head: &Head,
    certificate: Option<&Chain>,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Arc<Caller>, Refusal> {
    let snapshot = Arc::clone(&exchange.snapshot);
    exchange.scheme = match speaks_of_possession(&request.headers) {
        true => Scheme::Dpop,
        false if snapshot.authenticator.issuers().want_bound() => Scheme::Either,
        false => Scheme::Bearer,
    };
    let known = certificate.and_then(|chain| snapshot.authorities.recognized(chain));
    let credential = Credential::from_headers(&request.headers, &API_KEY, known.is_some())?;
    let asked = match credential {
        Credential::Proved { .. } => asked(request, head, &snapshot.settings.listen),
        _ => None,
    };
    let circumstances = Circumstances { certificate: known.as_deref(), asked: asked.as_ref() };
    let believed = snapshot.authenticator.authenticate(credential, circumstances, now).await;
    let nonce = believed.as_ref().map_or_else(|rejected| &rejected.nonce, |believed| &believed.nonce);
    exchange.nonce = nonce.as_ref().and_then(|nonce| HeaderValue::from_str(nonce).ok());
    let believed = believed.map_err(|rejected| rejected.problem)?;
    let takes_events = accept::takes_events(&request.headers);
    exchange.credential = takes_events.then(|| Kept::of(credential, certificate, believed.key));
    exchange.subject = match credential {
        Credential::Token(token) | Credential::Proved { token, .. } => subject(token, &believed, &snapshot, now),
        Credential::Key(_) | Credential::Certificate => None,
    };
    for name in [AUTHORIZATION, API_KEY, PROOF] {
        request.remove_header(&name);
    }
    exchange.caller = Some(Arc::clone(&believed.caller));
    Ok(believed.caller)
}

/// The request as its caller knows it: by the address that the operator says we have, else by the one that was asked.
fn asked(request: &RequestHeader, head: &Head, listen: &Listen) -> Option<Asked> {
    let scheme = if listen.tls.is_some() { "https" } else { "http" };
    let ours = match &listen.public_url {
        Some(public) => public.to_string(),
        None => format!("{scheme}://{}", head.authority),
    };
    let target = Url::parse(&format!("{ours}{}", request.uri.path())).ok()?;
    Some(Asked { method: request.method.as_str().to_owned(), target })
}

/// A verified token with its end, where a system of its tenant exchanges it. The leeway that clocks are given ends with
/// its being accepted.
fn subject(token: &str, believed: &Authenticated, snapshot: &Snapshot, now: Now) -> Option<Subject> {
    if !snapshot.estates.exchanges(&believed.caller.principal.tenant) {
        return None;
    }
    let left = believed.expires?.saturating_sub(now.unix);
    Some(Subject::new(token, tokio::time::Instant::now() + Duration::from_secs(left)))
}
