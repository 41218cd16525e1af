//! Stage 5: the credential → who asks. From here on the tenant is a type, never a string from a header.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName};
use pingora::http::RequestHeader;
use portico_composites::connect::subject::Subject;
use portico_contracts::secret::Secret;
use portico_policies::authenticate::{Authenticator, Credential, expires};
use portico_policies::{Caller, Now};

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::snapshot::Snapshot;
use crate::stages::prepare::accept;

/// Where an API key is sent.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A credential that is looked at again for each event of a subscription. It prints as nothing.
#[derive(Clone)]
pub(crate) enum Kept {
    /// A bearer token.
    Token(Secret),
    /// An API key.
    Key(Secret),
}

impl Kept {
    fn of(credential: Credential<'_>) -> Self {
        match credential {
            Credential::Token(token) => Kept::Token(Secret::new(token)),
            Credential::Key(key) => Kept::Key(Secret::new(key)),
        }
    }

    /// To be looked at again.
    pub(crate) fn shown(&self) -> Credential<'_> {
        match self {
            Kept::Token(token) => Credential::Token(token.reveal()),
            Kept::Key(key) => Credential::Key(key.reveal()),
        }
    }
}

/// Finds out who asks. The credential goes no further than this stage: no upstream ever sees it. Only where a system of
/// the tenant exchanges callers' tokens it is kept, for the exchange.
pub(crate) async fn authenticate(
    request: &mut RequestHeader,
    authenticator: &Authenticator,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Arc<Caller>, Refusal> {
    let credential = Credential::from_headers(&request.headers, &API_KEY)?;
    let caller = authenticator.authenticate(credential, now).await?;
    exchange.credential = accept::takes_events(&request.headers).then(|| Kept::of(credential));
    exchange.subject = subject(credential, &caller, &exchange.snapshot, now);
    request.remove_header(&AUTHORIZATION);
    request.remove_header(&API_KEY);
    exchange.caller = Some(Arc::clone(&caller));
    Ok(caller)
}

/// A verified token with its end, where a system of its tenant exchanges it. The leeway that clocks are given ends with
/// its being accepted.
pub(crate) fn subject(credential: Credential<'_>, caller: &Caller, snapshot: &Snapshot, now: Now) -> Option<Subject> {
    let Credential::Token(token) = credential else { return None };
    if !snapshot.estates.exchanges(&caller.principal.tenant) {
        return None;
    }
    let left = expires(token)?.saturating_sub(now.unix);
    Some(Subject::new(token, tokio::time::Instant::now() + Duration::from_secs(left)))
}
