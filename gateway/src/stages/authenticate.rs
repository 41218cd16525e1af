//! Stage 5: the credential → who asks. From here on the tenant is a type, never a string from a header.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName};
use pingora::http::RequestHeader;
use portico_composites::connect::subject::Subject;
use portico_policies::authenticate::{Authenticator, Credential, expires};
use portico_policies::{Caller, Now};

use crate::exchange::Exchange;
use crate::respond::Refusal;

/// Where an API key is sent.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

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
    if let Credential::Token(token) = credential
        && exchange.snapshot.estates.exchanges(&caller.principal.tenant)
    {
        exchange.subject = subject(token, now);
    }
    request.remove_header(&AUTHORIZATION);
    request.remove_header(&API_KEY);
    exchange.caller = Some(Arc::clone(&caller));
    Ok(caller)
}

/// A verified token with its end. The leeway that clocks are given ends with its being accepted.
fn subject(token: &str, now: Now) -> Option<Subject> {
    let left = expires(token)?.saturating_sub(now.unix);
    Some(Subject::new(token, tokio::time::Instant::now() + Duration::from_secs(left)))
}
