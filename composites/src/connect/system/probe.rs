//! Single requests for tools: with the system's own credential and client, past the cache, the breaker and the limits of
//! traffic, and without repetition.

use http::header::LOCATION;
use tokio::time::{Instant, timeout_at};

use super::System;
use crate::ask::Call;
use crate::connect::client::SendError;
use crate::connect::driver::Driver;
use crate::connect::wire::{Answer, Rejection, Request};
use crate::endure::Trouble;

impl System {
    /// Its driver.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Sends one request and brings back the answer as it is, whatever it says.
    pub async fn send(&self, asked: &Request, call: &Call) -> Result<Answer, Trouble> {
        let until = call.deadline;
        let authorization = self.authorizer.authorization(None, until).await?;
        let answer = self.sent(asked, call, &authorization, until).await?;
        if answer.status == http::StatusCode::UNAUTHORIZED && self.authorizer.rejected(&authorization) {
            let another = self.authorizer.authorization(None, until).await?;
            return self.sent(asked, call, &another, until).await;
        }
        Ok(answer)
    }

    async fn sent(
        &self,
        asked: &Request,
        call: &Call,
        authorization: &super::Authorization,
        until: Instant,
    ) -> Result<Answer, Trouble> {
        let request = self.address.request(asked, call, authorization).map_err(|error| {
            let cause = format!("the request cannot be written: {error}");
            Trouble::Rejected(Rejection::Failed { retryable: false, cause })
        })?;
        let answer = timeout_at(until, self.client.send(request)).await.map_err(|_| Trouble::TimedOut)?;
        let mut answer = answer.map_err(|error| match error {
            SendError::Broken(cause) => Trouble::Unreachable(cause),
            other => Trouble::Rejected(Rejection::Malformed(other.to_string())),
        })?;
        // Where we were sent is nobody's business, and we do not go there.
        answer.headers.remove(LOCATION);
        Ok(answer)
    }
}

/// What went wrong, in words for who runs a tool. Never the system's own words.
pub fn in_words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Unreachable(cause) => format!("cannot be reached: {cause}"),
        Trouble::TimedOut | Trouble::OutOfTime => "did not answer in time".to_owned(),
        Trouble::Paused(_) => "is left alone for a moment".to_owned(),
        Trouble::Exchange(trouble) => in_words(trouble),
        Trouble::Withheld(_) => "may not be asked more now".to_owned(),
        Trouble::Redirected(status) => format!("sent us elsewhere (HTTP {status}), where we do not go"),
        Trouble::Rejected(rejection) => match rejection {
            Rejection::Throttled(_) => "limits our calls".to_owned(),
            Rejection::Unauthorized => "does not accept our credentials".to_owned(),
            Rejection::Forbidden(cause) => format!("does not allow us to read this: {cause}"),
            Rejection::NotFound => "says that there is no such thing".to_owned(),
            Rejection::Failed { cause, .. } => format!("failed: {cause}"),
            Rejection::Malformed(cause) => format!("sent an answer that cannot be read: {cause}"),
        },
    }
}
