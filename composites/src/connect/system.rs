//! One system of one tenant: its driver, its client, its credential and what it can take, behind [`Upstream`].
//!
//! A look-up becomes chunks of keys, each chunk requests, each request attempts. What fails, fails for the keys of its
//! chunk only; a chunk that the system refuses is cut in two, so that one bad key costs one value.

mod failure;
mod lookup;
pub mod probe;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::ACCEPT;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use http_body_util::Full;
use portico_contracts::canonical::Failure;
use portico_contracts::model::{Class, ObjectType};
use portico_contracts::packs::Pack;
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId, TenantId};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};
use url::Url;

use self::failure::failure_of;
use super::client::{Client, ClientError, ClientSettings, SendError};
use super::credentials::{Authorization, Authorizer, Credentials, UnfitCredential};
use super::driver::{Binding, Driver};
use super::meter::{Meter, Place};
use super::subject::Subject;
use super::wire::{Rejection, Request, Rows};
use crate::ask::{Ask, Call, Key, Page, Support, Upstream};
use crate::endure::steward::{self, Ticket};
use crate::endure::{Endure, EndureSettings, Limits, Standing, Steward, Trouble, Turn};
use crate::estate::Share;
use crate::fresh::{Freshness, FreshnessTable, SystemClock};

/// All that is known about a system, checked.
#[derive(Debug, Clone)]
pub struct SystemSettings {
    /// Whose it is.
    pub tenant: TenantId,
    /// What the tenant calls it.
    pub id: SystemId,
    /// What it is for the tenant.
    pub role: Role,
    /// The contract with its kind.
    pub pack: Arc<Pack>,
    /// What the tenant adds to the contract.
    pub binding: Binding,
    /// Where it is; `http` or `https`, without credentials, query or fragment.
    pub url: Url,
    /// What we show it.
    pub credentials: Credentials,
    /// How it is connected to.
    pub client: ClientSettings,
    /// What it can take.
    pub endure: EndureSettings,
    /// How fresh its data must be.
    pub freshness: Arc<FreshnessTable>,
    /// Which keys are its own, where several systems of its role could have them.
    pub share: Share,
}

/// A system that cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// Its address is not one of HTTP.
    #[error("its address must begin with http:// or https:// and name a host")]
    Address,
    /// The pack does not go with what the tenant adds.
    #[error("{}", .0.join("; "))]
    Binding(Vec<String>),
    /// The credential cannot be sent.
    #[error(transparent)]
    Credential(#[from] UnfitCredential),
    /// It cannot be connected to.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// One system of one tenant.
#[derive(Debug)]
pub struct System {
    tenant: TenantId,
    id: SystemId,
    role: Role,
    identity: Arc<str>,
    address: Address,
    driver: Driver,
    client: Client,
    authorizer: Authorizer,
    limits: Limits,
    endure: Endure,
    freshness: Arc<FreshnessTable>,
    share: Share,
    meter: Arc<dyn Meter>,
}

/// Where requests go: only path and query of a request are ever anybody else's.
#[derive(Debug)]
struct Address {
    scheme: Scheme,
    authority: Authority,
    path: String,
}

impl System {
    /// A system; nothing is connected yet, and nothing was asked.
    pub fn new(settings: SystemSettings, meter: Arc<dyn Meter>) -> Result<Self, SystemError> {
        let steward = Steward::new(settings.endure.limits.clone(), Arc::new(SystemClock));
        Self::with_steward(settings, meter, steward)
    }

    /// A system of which a steward knows what was asked already.
    pub fn with_steward(
        mut settings: SystemSettings,
        meter: Arc<dyn Meter>,
        steward: Arc<Steward>,
    ) -> Result<Self, SystemError> {
        settings.binding.of = Some((settings.id.clone(), settings.role));
        let identity = identity_of(&settings);
        let address = Address::of(&settings.url).ok_or(SystemError::Address)?;
        let driver = Driver::new(&settings.pack, &settings.binding, &settings.url).map_err(SystemError::Binding)?;
        let client = Client::new(&settings.client)?;
        let authorizer = Authorizer::new(settings.credentials, &client, settings.endure.timeout)?;
        Ok(System {
            tenant: settings.tenant,
            id: settings.id,
            role: settings.role,
            identity,
            address,
            driver,
            client,
            authorizer,
            limits: settings.endure.limits.clone(),
            endure: Endure::new(settings.endure, steward),
            freshness: settings.freshness,
            share: settings.share,
            meter,
        })
    }

    /// What a proxied request must carry, in time for it.
    pub async fn authorization(&self, call: &Call) -> Result<Authorization, Failure> {
        if let Some(failure) = self.no_token(call) {
            return Err(failure);
        }
        let told = self.authorizer.authorization(call.subject.as_ref(), call.deadline).await;
        told.map_err(|trouble| failure_of(&trouble, &self.id, self.role))
    }

    /// The system is asked as the caller, and this caller has no token that could be exchanged.
    fn no_token(&self, call: &Call) -> Option<Failure> {
        let served = self.authorizer.serves(call.subject.as_ref());
        (!served).then(|| {
            let message = format!("{} is asked with the caller's own token, and this caller has none.", self.id);
            Failure::new(Code::CallerTokenRequired, message).of_system(&self.id, self.role)
        })
    }

    /// A proxied request was answered 401. Whether another authorization may be had and the request sent again.
    pub fn credential_rejected(&self, authorization: &Authorization) -> bool {
        self.authorizer.rejected(authorization)
    }

    /// The right to one proxied request, which waits for it as look-ups do, and its place until the answer has gone.
    pub async fn place(&self, call: &Call) -> Result<steward::Place, Failure> {
        let place = self.endure.place(call).await;
        place.map_err(|trouble| {
            self.withheld(&trouble, call);
            failure_of(&trouble, &self.id, self.role)
        })
    }

    /// A proxied request was answered. What its header says of limits counts for all; where there were too many calls,
    /// everything else with the same credential waits too. Says how long, where it is told.
    pub fn answered(&self, ticket: &Ticket, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        ticket.hear(&self.driver.reported(headers));
        if status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let wait = self.driver.wait_of(status, headers);
        self.endure.throttled(wait);
        wait
    }

    /// Who says how much the system may be asked.
    pub fn steward(&self) -> &Arc<Steward> {
        self.endure.steward()
    }

    /// A look-up's request, attempt by attempt.
    async fn run<T, F>(&self, call: &Call, attempt: impl FnMut(Turn) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let result = self.endure.run(call, attempt).await;
        if let Err(trouble) = &result {
            self.withheld(trouble, call);
        }
        result
    }

    fn withheld(&self, trouble: &Trouble, call: &Call) {
        if let Trouble::Withheld(withheld) = trouble {
            self.meter.withheld(self.place_of(), call.urgency().tier, withheld.lacks);
        }
    }

    /// Where a proxied request may connect to, checked against the system's network, with the port.
    pub async fn addresses(&self, call: &Call) -> Result<Vec<SocketAddr>, Failure> {
        let port = self.address.authority.port_u16().unwrap_or(if self.address.is_tls() { 443 } else { 80 });
        let host = self.address.authority.host().trim_matches(['[', ']']);
        let resolved = timeout_at(call.deadline, self.client.resolver().resolve(host)).await;
        let trouble = match resolved {
            Ok(Ok(found)) => return Ok(found.into_iter().map(|at| SocketAddr::new(at.ip(), port)).collect()),
            Ok(Err(error)) => Trouble::Unreachable(error.to_string()),
            Err(_) => Trouble::OutOfTime,
        };
        Err(failure_of(&trouble, &self.id, self.role))
    }

    /// How it stands with the system now.
    pub fn standing(&self) -> Standing {
        self.endure.standing()
    }

    /// Tokens fetched, and fetches that failed, since the process began.
    pub fn tokens_minted(&self) -> (u64, u64) {
        self.authorizer.minted()
    }

    fn place_of(&self) -> Place<'_> {
        Place { tenant: &self.tenant, system: &self.id, role: self.role }
    }

    /// One attempt, with one more where the token turns out to be no good.
    async fn attempt(&self, ask: &Ask, asked: &Request, call: &Call, mut turn: Turn) -> Result<Rows, Trouble> {
        let subject = call.subject.as_ref();
        let authorization = self.authorized(subject, turn.until).await?;
        match self.exchange(ask, asked, call, &turn.ticket, &authorization).await {
            Err(Trouble::Rejected(Rejection::Unauthorized)) if self.authorizer.rejected(&authorization) => {
                let another = self.authorized(subject, turn.until).await?;
                turn.ticket.one_more();
                self.exchange(ask, asked, call, &turn.ticket, &another).await
            }
            result => result,
        }
    }

    /// What a call must carry. Where it is the caller's own, that it cannot be had is the caller's trouble alone.
    async fn authorized(&self, subject: Option<&Subject>, until: Instant) -> Result<Authorization, Trouble> {
        let told = self.authorizer.authorization(subject, until).await;
        told.map_err(|trouble| if self.authorizer.exchanges() { Trouble::Exchange(Box::new(trouble)) } else { trouble })
    }

    async fn exchange(
        &self,
        ask: &Ask,
        asked: &Request,
        call: &Call,
        ticket: &Ticket,
        authorization: &Authorization,
    ) -> Result<Rows, Trouble> {
        call.tally.called(&self.id);
        let report = Report { system: self, entity: ask.entity.name, began: Instant::now(), told: false };
        let result = self.sent_and_read(ask, asked, call, ticket, authorization).await;
        report.tell(match &result {
            Ok(_) => "ok",
            Err(trouble) => failure::word_for(trouble),
        });
        let rows = result?;
        rows.drifts.iter().for_each(|drift| self.meter.drifted(self.place_of(), drift));
        Ok(rows)
    }

    async fn sent_and_read(
        &self,
        ask: &Ask,
        asked: &Request,
        call: &Call,
        ticket: &Ticket,
        authorization: &Authorization,
    ) -> Result<Rows, Trouble> {
        let request = self.address.request(asked, call, authorization).map_err(|error| {
            Trouble::Rejected(Rejection::Failed {
                retryable: false,
                cause: format!("the request cannot be written: {error}"),
            })
        })?;
        let answer = self.client.send(request).await.map_err(|error| match error {
            SendError::Broken(cause) => Trouble::Unreachable(cause),
            other => Trouble::Rejected(Rejection::Malformed(other.to_string())),
        })?;
        ticket.hear(&self.driver.reported(&answer.headers));
        if answer.status.is_redirection() {
            return Err(Trouble::Redirected(answer.status.as_u16()));
        }
        self.driver.read(ask, asked, &answer).map_err(Trouble::Rejected)
    }
}

#[async_trait]
impl Upstream for System {
    fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    fn id(&self) -> &SystemId {
        &self.id
    }

    fn role(&self) -> Role {
        self.role
    }

    fn identity(&self, call: &Call) -> Arc<str> {
        match self.authorizer.caller(call.subject.as_ref()) {
            Some(caller) => format!("{}/{caller}", self.identity).into(),
            None => self.identity.clone(),
        }
    }

    fn freshness(&self, class: Class) -> Freshness {
        self.freshness.of(class)
    }

    fn limits(&self) -> Option<&Limits> {
        Some(&self.limits)
    }

    fn provides(&self, entity: &'static ObjectType) -> bool {
        self.driver.provides(entity)
    }

    fn provides_field(&self, entity: &'static ObjectType, field: &str) -> bool {
        self.driver.provides_field(entity, field)
    }

    fn supports(&self, entity: &'static ObjectType, by: &str) -> Option<Support> {
        self.driver.supports(entity, by)
    }

    fn share(&self) -> &Share {
        &self.share
    }

    async fn look_up(&self, ask: &Ask, keys: &[Key], call: &Call) -> Vec<Result<Page, Arc<Failure>>> {
        if let Some(failure) = self.no_token(call) {
            let failure = Arc::new(failure);
            return keys.iter().map(|_| Err(Arc::clone(&failure))).collect();
        }
        lookup::look_up(self, ask, keys, call).await
    }
}

/// Tells the meter about a request, also if its caller leaves before it ends.
struct Report<'a> {
    system: &'a System,
    entity: &'static str,
    began: Instant,
    told: bool,
}

impl Report<'_> {
    fn tell(mut self, outcome: &'static str) {
        self.told = true;
        self.system.meter.called(self.system.place_of(), self.entity, outcome, self.began.elapsed());
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.system.meter.called(self.system.place_of(), self.entity, "timeout", self.began.elapsed());
        }
    }
}

impl Address {
    fn of(url: &Url) -> Option<Self> {
        let uri: Uri = url.as_str().parse().ok()?;
        let scheme = uri.scheme().filter(|scheme| **scheme == Scheme::HTTP || **scheme == Scheme::HTTPS)?.clone();
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?.clone();
        Some(Address { scheme, authority, path: uri.path().trim_end_matches('/').to_owned() })
    }

    fn is_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    fn request(
        &self,
        asked: &Request,
        call: &Call,
        authorization: &Authorization,
    ) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let slash = if asked.target.starts_with('/') { "" } else { "/" };
        let target = PathAndQuery::try_from(format!("{}{slash}{}", self.path, asked.target))?;
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(target);
        let mut request = http::Request::new(Full::new(asked.body.clone().unwrap_or_default()));
        *request.method_mut() = asked.method.clone();
        *request.uri_mut() = uri.build()?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &asked.headers {
            headers.insert(name, value.clone());
        }
        headers.insert(HeaderName::from_static("x-request-id"), HeaderValue::try_from(&*call.request_id)?);
        headers.insert(HeaderName::from_static("traceparent"), HeaderValue::try_from(&*call.traceparent)?);
        if let Some((name, value)) = &authorization.header {
            headers.insert(name, value.clone());
        }
        Ok(request)
    }
}

/// Whose limits are spent: changes with the address and the credential, and with nothing else, so that a reload goes on
/// counting.
pub fn account_of(settings: &SystemSettings) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [settings.tenant.as_str(), settings.id.as_str(), settings.url.as_str()] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    settings.credentials.digest_into(&mut digest);
    digest.finalize().into()
}

/// Changes with everything that may change an answer, so that a reload cannot serve one system's data as another's.
fn identity_of(settings: &SystemSettings) -> Arc<str> {
    let mut digest = Sha256::new();
    for part in [
        settings.url.as_str(),
        &format!("{:?}", settings.client.network),
        &format!("{:?}", settings.binding),
        &format!("{:?}", settings.pack),
    ] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    settings.credentials.digest_into(&mut digest);
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

#[cfg(test)]
mod tests;
