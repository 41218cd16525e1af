//! The calls that steer the sandbox from outside.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::change;
use crate::fault::Fault;
use crate::notices::{self, Hooks};
use crate::quota::Quota;
use crate::sandbox::Parts;
use crate::serve::method_not_allowed;
use crate::system::SystemInfo;
use crate::tenant::{Role, Tenant};
use crate::vendor::{Call, Reply};

/// A fault to set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultOrder {
    tenant: String,
    role: String,
    fault: String,
    #[serde(default)]
    value: Value,
    seconds: Option<u32>,
}

/// Limits to set; without any, to lift.
#[derive(Deserialize)]
struct LimitsOrder {
    tenant: String,
    role: String,
    #[serde(flatten)]
    limits: serde_json::Map<String, Value>,
}

/// Something to change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeOrder {
    tenant: String,
    entity: String,
    key: String,
}

/// Where notices go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HooksOrder {
    url: String,
    public_url: Option<String>,
}

pub(crate) async fn answer(parts: Arc<Parts>, call: Call) -> Reply {
    let done = match (call.path.as_str(), call.method.as_str()) {
        ("/_sandbox/systems", "GET") => Ok(systems(&parts)),
        ("/_sandbox/faults", "POST") => set_fault(&parts, &call).await,
        ("/_sandbox/faults", "DELETE") => {
            parts.clear_faults().await;
            Ok(Reply::empty(204))
        }
        ("/_sandbox/limits", "POST") => set_limits(&parts, &call),
        ("/_sandbox/calls", "GET") => Ok(Reply::json(200, &json!({"calls": parts.calls.counts()}))),
        ("/_sandbox/calls", "DELETE") => {
            parts.calls.clear();
            Ok(Reply::empty(204))
        }
        ("/_sandbox/change", "POST") => change(&parts, &call).await,
        ("/_sandbox/hooks", "POST") => set_hooks(&parts, &call),
        ("/_sandbox/hooks", "DELETE") => {
            *parts.hooks.lock() = None;
            Ok(Reply::empty(204))
        }
        ("/_sandbox/systems", _) => return method_not_allowed("GET"),
        ("/_sandbox/faults", _) => return method_not_allowed("POST, DELETE"),
        ("/_sandbox/limits", _) => return method_not_allowed("POST"),
        ("/_sandbox/calls", _) => return method_not_allowed("GET, DELETE"),
        ("/_sandbox/change", _) => return method_not_allowed("POST"),
        ("/_sandbox/hooks", _) => return method_not_allowed("POST, DELETE"),
        _ => {
            return Reply::json(
                404,
                &json!({"error": "the sandbox knows /_sandbox/systems, faults, limits, calls, change, hooks"}),
            );
        }
    };
    done.unwrap_or_else(|says| Reply::json(400, &json!({"error": says})))
}

fn systems(parts: &Parts) -> Reply {
    let systems: Vec<&SystemInfo> = parts.systems.iter().map(|system| &system.info).collect();
    Reply::json(200, &json!({"systems": systems}))
}

async fn set_fault(parts: &Parts, call: &Call) -> Result<Reply, String> {
    let order: FaultOrder = body(call)?;
    let (tenant, role) = (tenant(&order.tenant)?, role(&order.role)?);
    let fault = Fault::named(&order.fault, &order.value)?;
    let lasts = order.seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let system = parts.system(tenant, role);
    system.set_fault(Some(fault), lasts).await;
    Ok(Reply::json(200, &json!({"system": system.info.name, "fault": order.fault, "seconds": order.seconds})))
}

fn set_limits(parts: &Parts, call: &Call) -> Result<Reply, String> {
    let order: LimitsOrder = body(call)?;
    let (tenant, role) = (tenant(&order.tenant)?, role(&order.role)?);
    let system = parts.system(tenant, role);
    let lifted = order.limits.is_empty();
    let quota: Quota = serde_json::from_value(Value::Object(order.limits)).map_err(|wrong| wrong.to_string())?;
    system.meter.set((!lifted).then_some(quota));
    Ok(Reply::json(200, &json!({"system": system.info.name, "limited": !lifted})))
}

async fn change(parts: &Parts, call: &Call) -> Result<Reply, String> {
    let order: ChangeOrder = body(call)?;
    let tenant = tenant(&order.tenant)?;
    let changed = change::apply(&mut parts.estate(tenant).write(), &order.entity, &order.key)?;
    let told = notices::send(parts, tenant, changed.entity, &changed.key).await;
    Ok(Reply::json(200, &json!({"changed": {"entity": changed.entity, "key": changed.key}, "notices": told})))
}

fn set_hooks(parts: &Parts, call: &Call) -> Result<Reply, String> {
    let order: HooksOrder = body(call)?;
    let public_url = order.public_url.unwrap_or_else(|| order.url.clone());
    *parts.hooks.lock() = Some(Hooks { url: order.url, public_url });
    Ok(Reply::empty(204))
}

fn tenant(name: &str) -> Result<Tenant, String> {
    Tenant::named(name).ok_or_else(|| format!("`{name}` is none of acme, globex"))
}

fn role(name: &str) -> Result<Role, String> {
    Role::named(name).ok_or_else(|| format!("`{name}` is none of crm, erp, billing, support"))
}

fn body<T: DeserializeOwned>(call: &Call) -> Result<T, String> {
    serde_json::from_slice(&call.body).map_err(|wrong| wrong.to_string())
}
