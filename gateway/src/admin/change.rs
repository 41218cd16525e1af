//! What an administrator changes: `POST /api/reload`, `POST /api/cache/purge`. Each change is in the audit trail, and
//! so is each attempt of somebody who is not the administrator.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use portico_composites::fresh::Purge;
use portico_contracts::model::Model;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::{SystemId, TenantId};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, guard, refused, with};
use crate::audit::{Actor, Event};
use crate::serve::control::{Control, NotApplied};
use crate::snapshot::Snapshot;

/// More than any purge that names one key.
const LARGEST: usize = 16 * 1024;

/// What is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Reload,
    Purge,
}

impl Change {
    /// The change behind a path.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/api/reload" => Some(Change::Reload),
            "/api/cache/purge" => Some(Change::Purge),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Change::Reload => "reload",
            Change::Purge => "cache_purge",
        }
    }
}

/// Makes a change for the administrator.
pub(super) async fn make(change: Change, request: Request<Incoming>, network: &str, control: &Arc<Control>) -> Answer {
    let admitted = guard::admits(request.headers(), control.snapshot.load().settings.admin.token.as_ref());
    if let Err(problem) = admitted {
        let (network, rule) = (network.to_owned(), problem.code.as_str());
        control.note(Event::AdministrationRefused { action: change.as_str(), rule, network });
        return refused(&problem);
    }
    let by = Actor::Administrator { network: network.to_owned() };
    let made = match change {
        Change::Reload => reload(control, by).await,
        Change::Purge => purge(request, control, &by).await,
    };
    match made {
        Ok(told) => with(StatusCode::OK, "application/json", told.to_string().into()),
        Err(problem) => refused(&problem),
    }
}

async fn reload(control: &Arc<Control>, by: Actor) -> Result<serde_json::Value, Problem> {
    let control = Arc::clone(control);
    let reloaded = tokio::task::spawn_blocking(move || control.reload(&by)).await;
    let reloaded =
        reloaded.map_err(|fault| Problem::new(Code::Internal, "The reload failed.").because(fault.to_string()))?;
    match reloaded {
        Ok(generation) => Ok(json!({ "generation": generation })),
        Err(NotApplied::Mistaken(mistakes)) => {
            let says: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            Err(not_applied(&says.join("\n")))
        }
        Err(other) => Err(not_applied(&other.to_string())),
    }
}

fn not_applied(why: &str) -> Problem {
    Problem::new(Code::ConfigurationRefused, format!("The configuration was not applied; the one before stays.\n{why}"))
}

/// What to remove: everything of a tenant, or of one of its systems, or one entity of that, or one key of that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    tenant: String,
    system: Option<String>,
    entity: Option<String>,
    key: Option<String>,
}

async fn purge(request: Request<Incoming>, control: &Control, by: &Actor) -> Result<serde_json::Value, Problem> {
    let body = Limited::new(request.into_body(), LARGEST).collect().await;
    let body: Bytes = body.map_err(|_| Problem::new(Code::BodyTooLarge, "The body is too large."))?.to_bytes();
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| {
        let detail = format!("Send `{{\"tenant\", \"system\", \"entity\", \"key\"}}`, each a text; all but the first may be left out: {error}.");
        Problem::new(Code::BodyMalformed, detail)
    })?;
    let (tenant, purge) = wanted.meant(&control.snapshot.load())?;
    let values = control.purge(&tenant, &purge, by);
    Ok(json!({ "removed": values }))
}

impl Wanted {
    /// What is not there cannot be purged: a slip must not look like a success.
    fn meant(self, snapshot: &Snapshot) -> Result<(TenantId, Purge), Problem> {
        let wrong = |detail: String| Problem::new(Code::ParameterInvalid, detail);
        let tenant = TenantId::parse(&self.tenant).ok().filter(|id| snapshot.settings.tenants.contains_key(id));
        let tenant = tenant.ok_or_else(|| wrong(format!("There is no tenant `{}`.", self.tenant)))?;
        let systems = snapshot.settings.tenants.get(&tenant).map(|tenant| &tenant.systems);
        let known = |name: &String| {
            let id = SystemId::parse(name).ok().filter(|id| systems.is_some_and(|all| all.contains_key(id)));
            id.ok_or_else(|| wrong(format!("{tenant} has no system `{name}`.")))
        };
        let system = self.system.as_ref().map(known).transpose()?;
        if let Some(entity) = self.entity.as_ref().filter(|entity| Model::get().entity(entity).is_none()) {
            return Err(wrong(format!("There is no entity `{entity}`.")));
        }
        let purge = match (system, self.entity, self.key) {
            (None, None, None) => Purge::All,
            (Some(system), None, None) => Purge::System(system),
            (Some(system), Some(entity), None) => Purge::Entity(system, entity),
            (Some(system), Some(entity), Some(key)) => Purge::Key(system, entity, key.into()),
            (None, ..) => return Err(wrong("Name the `system` of the entity.".to_owned())),
            (_, None, Some(_)) => return Err(wrong("Name the `entity` of the key.".to_owned())),
        };
        Ok((tenant, purge))
    }
}
