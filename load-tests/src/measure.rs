//! One scenario against one gateway: warm up, measure, count.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::drive::{Load, drive};
use crate::front::Front;
use crate::pace::Mode;
use crate::plain::Plain;
use crate::process;
use crate::report::{Run, Setting};
use crate::sandbox::Sandbox;
use crate::scenario::{Scenario, Upstream};
use crate::tally::Tally;
use crate::traffic::Traffic;

/// What a run needs besides its scenario.
pub(crate) struct Around<'a> {
    pub(crate) front: &'a Front,
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) plain: Option<&'a Plain>,
    pub(crate) is_demo: bool,
}

/// How long, and how hard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drive {
    pub(crate) mode: Mode,
    pub(crate) warm_up: Duration,
    pub(crate) lasts: Duration,
}

/// What was used while a load ran.
pub(crate) struct Used {
    pub(crate) took: Duration,
    pub(crate) gateway_cpu: Option<Duration>,
    pub(crate) load_cpu: Duration,
    pub(crate) peak_memory_mib: Option<u64>,
    pub(crate) upstream_calls: BTreeMap<String, u64>,
}

/// Runs a scenario.
pub(crate) async fn measure(scenario: &Scenario, around: &Around<'_>, how: Drive) -> anyhow::Result<Run> {
    let tokens = around.front.tokens(scenario, around.sandbox).await?;
    let traffic = Arc::new(Traffic::new(scenario, &around.front.authority, &tokens)?);
    let load = Load { mode: how.mode, connections: scenario.connections, lasts: how.warm_up };
    drive(&around.front.authority, &traffic, load).await?;
    let (tally, used) = watched(around, &traffic, Load { lasts: how.lasts, ..load }).await?;
    let setting = Setting {
        scenario: scenario.name.clone(),
        upstream: around.front.upstream(scenario.upstream),
        one_process: around.is_demo,
        rate: match how.mode {
            Mode::Closed => None,
            Mode::Open(rate) => Some(rate),
        },
        connections: scenario.connections,
        callers: tokens.len(),
    };
    Ok(Run::new(setting, &tally, used))
}

async fn watched(around: &Around<'_>, traffic: &Arc<Traffic>, load: Load) -> anyhow::Result<(Tally, Used)> {
    let own = std::process::id();
    let gateway_cpu = || around.front.pid.map(process::cpu).transpose();
    around.front.pid.inspect(|pid| process::forget_peak(*pid));
    around.sandbox.clear_calls().await?;
    let plain_before = around.plain.map_or(0, Plain::calls);
    let (gateway_before, load_before) = (gateway_cpu()?, process::cpu(own)?);
    let (tally, took) = drive(&around.front.authority, traffic, load).await?;
    let (gateway_after, load_after) = (gateway_cpu()?, process::cpu(own)?);
    let mut upstream_calls = around.sandbox.calls().await?;
    if let Some(plain) = around.plain {
        upstream_calls.insert("plain upstream".to_owned(), plain.calls() - plain_before);
    }
    let used = Used {
        took,
        gateway_cpu: gateway_after.zip(gateway_before).map(|(after, before)| after.saturating_sub(before)),
        load_cpu: load_after.saturating_sub(load_before),
        peak_memory_mib: around.front.pid.and_then(process::peak_memory_mib),
        upstream_calls,
    };
    Ok((tally, used))
}

/// Whether the scenario needs the plain upstream in front of this gateway.
pub(crate) fn wants_plain(scenario: &Scenario, is_demo: bool) -> bool {
    !is_demo && scenario.upstream == Upstream::Plain
}
