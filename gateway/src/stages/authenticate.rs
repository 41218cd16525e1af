//! Stage 5: the credential → who asks. From here on the tenant is a type, never a string from a header.

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderName};
use pingora::http::RequestHeader;
use portico_contracts::secret::Secret;
use portico_policies::authenticate::{Authenticator, Credential};
use portico_policies::{Caller, Now};

use crate::exchange::Exchange;
use crate::respond::Refusal;
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

/// Finds out who asks. The credential goes no further than this stage: no upstream ever sees it.
pub(crate) async fn authenticate(
    request: &mut RequestHeader,
    authenticator: &Authenticator,
    exchange: &mut Exchange,
    now: Now,
) -> Result<Arc<Caller>, Refusal> {
    let credential = Credential::from_headers(&request.headers, &API_KEY)?;
    let caller = authenticator.authenticate(credential, now).await?;
    exchange.credential = accept::takes_events(&request.headers).then(|| Kept::of(credential));
    request.remove_header(&AUTHORIZATION);
    request.remove_header(&API_KEY);
    exchange.caller = Some(Arc::clone(&caller));
    Ok(caller)
}
