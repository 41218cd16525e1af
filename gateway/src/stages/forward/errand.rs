//! Where a proxied request goes: the system, the path there, the credential.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use portico_composites::ask::Call;
use portico_composites::connect::credentials::Authorization;
use portico_composites::connect::system::{System, SystemSettings};
use portico_composites::endure::steward::{Place, Ticket};
use portico_contracts::canonical::Failure;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::{Role, SystemId};
use portico_policies::authorize::Grant;

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::ProxiedRoute;
use crate::snapshot::Way;
use crate::stages::admit::Head;

/// One request's way to a tenant's system.
pub(crate) struct Errand {
    system: Arc<System>,
    settings: Arc<SystemSettings>,
    way: Way,
    /// The name in the certificate.
    name: String,
    authority: String,
    /// Path and query at the system.
    target: String,
    /// The host that the caller named.
    named: String,
    authorization: Option<Authorization>,
    /// Held until the answer has gone.
    place: Option<(Place, Ticket)>,
}

impl Errand {
    /// Finds the tenant's own system. A role that the tenant has no system for is a path that it does not have. Nobody
    /// looks into a system's own answers for whose they are, so a caller that may see some customers only gets none.
    pub(crate) fn new(
        route: &ProxiedRoute,
        path: &str,
        head: Head,
        exchange: &Exchange,
        grant: &Grant,
    ) -> Result<Self, Refusal> {
        let principal = &grant.caller().principal;
        if principal.customers.is_some() {
            let detail = "This path shows a whole system; the caller may see some of its customers only.";
            return Err(Problem::new(Code::Forbidden, detail).into());
        }
        let tenant = &principal.tenant;
        let snapshot = &exchange.snapshot;
        let bound = snapshot.settings.tenants.get(tenant).and_then(|tenant| tenant.behind(route));
        let found = bound.and_then(|bound| Some((bound, snapshot.estates.system(tenant, &bound.id)?)));
        let Some((settings, system)) = found else {
            return Err(Problem::new(Code::RouteNotFound, "The tenant has no system behind this path.").into());
        };
        let Some(host) = settings.url.host_str().filter(|host| !host.is_empty()) else {
            return Err(Problem::new(Code::Internal, "The system has no host.").into());
        };
        let mut target = settings.url.path().trim_end_matches('/').to_owned() + path;
        if let Some(query) = &head.query {
            target.push('?');
            target.push_str(query);
        }
        Ok(Errand {
            way: snapshot.way(tenant, &settings.id),
            name: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            authority: settings.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            system: Arc::clone(system),
            settings: Arc::clone(settings),
            target,
            named: head.authority,
            authorization: None,
            place: None,
        })
    }

    /// Whether the system is called over TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.settings.url.scheme() == "https"
    }

    /// The name that its certificate must have; never empty.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the tenant calls the system.
    pub(super) fn system(&self) -> &SystemId {
        &self.settings.id
    }

    /// What it is called in `Host`.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// The host that the caller named.
    pub(super) fn named(&self) -> &str {
        &self.named
    }

    /// How long one call may take.
    pub(super) fn timeout(&self) -> Duration {
        self.settings.endure.timeout
    }

    /// How long connecting may take.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.settings.client.connect_timeout
    }

    /// How pingora connects to it.
    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// What it is for the tenant, for metrics.
    pub(super) fn role(&self) -> Role {
        self.settings.role
    }

    /// An address that may be called, resolved and checked beforehand.
    pub(super) async fn address(&self, call: &Call) -> Result<SocketAddr, Problem> {
        let found = self.system.addresses(call).await.map_err(|failure| problem(&failure))?;
        let nowhere = || Problem::new(Code::UpstreamUnavailable, "The system of record cannot be reached.");
        found.first().copied().ok_or_else(nowhere)
    }

    /// The header that shows the system who we are.
    pub(super) async fn authorize(&mut self, call: &Call) -> Result<&Authorization, Problem> {
        let authorization = self.system.authorization(call).await.map_err(|failure| problem(&failure))?;
        Ok(self.authorization.insert(authorization))
    }

    /// The right to one request, waited for in time, and its place among those that are under way. Another try keeps the
    /// place and counts again.
    pub(super) async fn take_place(&mut self, call: &Call) -> Result<(), Problem> {
        match &mut self.place {
            Some((_, ticket)) => ticket.one_more(),
            none => {
                let mut place = self.system.place(call).await.map_err(|failure| problem(&failure))?;
                let ticket = place.begin();
                *none = Some((place, ticket));
            }
        }
        Ok(())
    }

    /// What the head of an answer says of the system's limits. How long to leave it alone, where it says that.
    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        let (_, ticket) = self.place.as_ref()?;
        self.system.answered(ticket, status, headers)
    }

    /// The system refuses what we showed. Whether there is something else to show.
    pub(super) fn refused(&self) -> bool {
        self.authorization.as_ref().is_some_and(|shown| self.system.credential_rejected(shown))
    }
}

fn problem(failure: &Failure) -> Problem {
    let mut problem = Problem::new(failure.code, failure.message.clone());
    problem.retry_after = failure.retry_after;
    problem.cause.clone_from(&failure.cause);
    problem
}
