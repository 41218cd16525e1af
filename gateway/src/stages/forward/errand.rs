//! Where a proxied request goes: the system, the path there, the credential.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use portico_contracts::problem::{Code, Problem};
use portico_policies::authorize::Grant;

use crate::addresses::{Addresses, NoAddress};
use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::{ProxiedRoute, SystemSettings};
use crate::stages::admit::Head;

/// One request's way to a tenant's system.
pub(crate) struct Errand {
    system: Arc<SystemSettings>,
    group: u64,
    host: String,
    authority: String,
    /// Path and query at the system.
    target: String,
    /// The host that the caller named.
    named: String,
}

impl Errand {
    /// Finds the tenant's own system. A role that the tenant has no system for is a path that it does not have.
    pub(crate) fn new(
        route: &ProxiedRoute,
        path: String,
        head: Head,
        exchange: &Exchange,
        grant: &Grant,
    ) -> Result<Self, Refusal> {
        let tenant = &grant.caller().principal.tenant;
        let settings = &exchange.snapshot.settings;
        let system = settings.tenants.get(tenant).and_then(|tenant| tenant.bound_to(route.role).next()).cloned();
        let Some(system) = system else {
            return Err(Problem::new(Code::RouteNotFound, "The tenant has no system behind this path.").into());
        };
        let Some(host) = system.url.host_str().filter(|host| !host.is_empty()).map(str::to_owned) else {
            return Err(Problem::new(Code::Internal, "The system has no host.").into());
        };
        let authority = system.url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let mut target = system.url.path().trim_end_matches('/').to_owned() + &path;
        if let Some(query) = &head.query {
            target.push('?');
            target.push_str(query);
        }
        let group = exchange.snapshot.group(tenant, &system.id);
        Ok(Errand { system, group, host, authority, target, named: head.authority })
    }

    /// Whether the system is called over TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.system.url.scheme() == "https"
    }

    /// The name that its certificate must have; never empty.
    pub(super) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
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
        self.system.endure.timeout
    }

    /// What it is for the tenant, for metrics.
    pub(super) fn role(&self) -> &'static str {
        self.system.role.as_str()
    }

    /// Keeps its connections apart from those of every other system and tenant.
    pub(super) fn group(&self) -> u64 {
        self.group
    }

    /// An address that may be called.
    pub(super) async fn address(&self, addresses: &Addresses) -> Result<SocketAddr, Problem> {
        let port = self.system.url.port_or_known_default().unwrap_or(443);
        let found = addresses.of(&self.host, port, self.system.client.network).await;
        let unavailable = |cause: NoAddress| {
            Problem::new(Code::UpstreamUnavailable, "The system of record cannot be reached.").because(cause)
        };
        found.and_then(|all| all.first().copied().ok_or(NoAddress::Unresolved(self.host.clone()))).map_err(unavailable)
    }

    /// The header that shows the system who we are.
    pub(super) async fn authorization(&self) -> Result<Option<(HeaderName, HeaderValue)>, Problem> {
        Ok(None)
    }
}
