//! Beside the callers' path: a system tells that something changed. Its proof is looked at before its words, and what it
//! says only makes us forget.
//!
//! Whether there is no such tenant, no such system or only no proof, is answered in the same words after the same work:
//! a stranger learns nothing about who is here.

use std::sync::Arc;

use pingora::proxy::Session;
use portico_composites::connect::notice::{self, Notice};
use portico_composites::fresh::Change;
use portico_contracts::packs::NoticeFormat;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::{Role, SystemId, TenantId};
use portico_policies::Now;
use portico_policies::notices::{Delivery, Doubt, Fingerprint, Seal};

use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::settings::{Hook, Settings};
use crate::stages::admit::Head;
use crate::stages::prepare::whole;
use crate::stages::route::Door;

/// What a system told, and it is proved that it was this one. Only [`hear`] makes it.
pub(crate) struct Heard {
    tenant: TenantId,
    system: SystemId,
    hook: Arc<Hook>,
    changes: Vec<Change>,
    repeated: u64,
    ignored: u64,
    accepted: u64,
}

impl Heard {
    /// Whose system.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Which system.
    pub(crate) fn system(&self) -> &SystemId {
        &self.system
    }

    /// What it is for the tenant.
    pub(crate) fn role(&self) -> Role {
        self.hook.role
    }

    /// What changed.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many notices there were, by what became of them.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 3] {
        [("accepted", self.accepted), ("repeated", self.repeated), ("ignored", self.ignored)]
    }

    /// What the system wants to be answered in.
    pub(crate) fn format(&self) -> NoticeFormat {
        self.hook.pack.notices.as_ref().map(|notices| notices.format).unwrap_or_default()
    }
}

/// Reads a delivery, asks for its proof, then for its meaning. 400, 401, 408, 413, 503.
pub(crate) async fn hear(
    session: &mut Session,
    exchange: &mut Exchange,
    head: &Head,
    door: &Door,
    now: Now,
) -> Result<Heard, Refusal> {
    let settings = Arc::clone(&exchange.snapshot.settings);
    let live = Arc::clone(&exchange.snapshot.live);
    // Strangers may fill these places; what they cannot fill is the memory for everything else.
    let room = || Problem::new(Code::Overloaded, "Too many notices are being read; send it again.");
    let _ear = live.ear(exchange.identified(session).address).ok_or_else(room)?;
    let body = whole(session, &settings.limits).await?;
    let query = head.query.as_deref().unwrap_or_default();
    let address = address(&settings, head);
    let headers = &session.req_header().headers;
    let delivery = Delivery { method: head.method.as_str(), address: &address, headers, query, body: &body };
    let Some((tenant, system, hook)) = find(&settings, door) else {
        return Err(refused(Seal::nobodys(&delivery), None, exchange));
    };
    let believed = hook.seal.open(&delivery, now.unix);
    let believed = believed.map_err(|doubt| refused(doubt, Some(hook.role), exchange))?;
    exchange.noticed = Some(tenant.clone());
    let notices = read(hook, &body).inspect_err(|_| exchange.telemetry.notices(Some(hook.role), "unreadable", 1))?;
    let is_first = |fingerprint| live.is_first((tenant, system), hook, fingerprint, now.instant);
    let (tenant, system) = (tenant.clone(), system.clone());
    let (changes, hook) = (Vec::new(), Arc::clone(hook));
    let mut heard = Heard { tenant, system, hook: Arc::clone(&hook), changes, repeated: 0, ignored: 0, accepted: 0 };
    if believed.fingerprint.is_some_and(|fingerprint| !is_first(fingerprint)) {
        heard.repeated = notices.len() as u64;
        return Ok(heard);
    }
    for notice in notices {
        let named = notice.id.as_ref().map(|id| Fingerprint::of(&[b"id", id.as_bytes()]));
        match notice {
            _ if named.is_some_and(|fingerprint| !is_first(fingerprint)) => heard.repeated += 1,
            Notice { changes, .. } if changes.is_empty() => heard.ignored += 1,
            Notice { changes, .. } => {
                heard.accepted += 1;
                heard.changes.extend(changes);
            }
        }
    }
    heard.changes.dedup();
    Ok(heard)
}

fn find<'s>(settings: &'s Settings, door: &Door) -> Option<(&'s TenantId, &'s SystemId, &'s Arc<Hook>)> {
    let tenant = settings.tenants.get(&TenantId::parse(&door.tenant).ok()?)?;
    let (system, hook) = tenant.hooks.get_key_value(&SystemId::parse(&door.system).ok()?)?;
    Some((&tenant.id, system, hook))
}

/// How the system named us; empty where we do not know.
fn address(settings: &Settings, head: &Head) -> String {
    let Some(public) = &settings.listen.public_url else { return String::new() };
    match &head.query {
        Some(query) => format!("{public}{}?{query}", head.path.as_str()),
        None => format!("{public}{}", head.path.as_str()),
    }
}

/// The same words for everything that is not proved.
fn refused(doubt: Doubt, role: Option<Role>, exchange: &Exchange) -> Refusal {
    exchange.telemetry.notices(role, doubt.as_str(), 1);
    let detail = "This notice is not proved to come from a system that is configured here.";
    Problem::new(Code::NoticeRefused, detail).because(doubt).into()
}

fn read(hook: &Hook, body: &[u8]) -> Result<Vec<Notice>, Refusal> {
    let Some(notices) = &hook.pack.notices else {
        return Err(Problem::new(Code::Internal, "The system's notices cannot be read.").into());
    };
    notice::read(&hook.pack, notices, body).map_err(|unreadable| {
        Problem::new(Code::BodyMalformed, "This is not what notices of this system look like.")
            .because(unreadable)
            .into()
    })
}
