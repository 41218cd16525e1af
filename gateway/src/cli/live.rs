//! `portico check --live`: each system's own description, held against what its pack reads.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use portico_composites::ask::Call;
use portico_composites::connect::live::{Findings, compare};
use portico_composites::connect::meter::Silent;
use portico_composites::connect::system::{System, SystemSettings};
use portico_contracts::tenancy::{ConsumerId, TenantId, Tier};

use super::Failure;
use super::check::count;
use super::running::on_a_runtime;
use crate::settings::{Settings, Tenant};

/// Systems that are asked at once.
const AT_ONCE: usize = 4;
/// A description of everything is larger than any answer of traffic: 50 MB and more have been seen.
const LARGEST: usize = 256 << 20;

pub(super) fn run(settings: &Settings, tenant: Option<&str>, seconds: u64) -> Result<ExitCode, Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tenants: Vec<_> =
        settings.tenants.values().filter(|known| tenant.is_none_or(|wanted| known.id.as_str() == wanted)).collect();
    if tenants.is_empty() {
        return Err(Failure::new(format!("there is no tenant `{}`", tenant.unwrap_or_default())));
    }
    let systems: Vec<_> =
        tenants.iter().flat_map(|tenant| tenant.systems.values().map(move |system| (tenant, system))).collect();
    on_a_runtime(async {
        let asked = systems.into_iter().map(|(tenant, system)| ask(tenant, system, Duration::from_secs(seconds)));
        let mut told = stream::iter(asked).buffered(AT_ONCE);
        let mut wrong = 0;
        while let Some((name, findings)) = told.next().await {
            wrong += usize::from(findings.trouble.is_some() || !findings.differences.is_empty());
            super::print(&in_words(&name, &findings))?;
        }
        match wrong {
            0 => Ok(ExitCode::SUCCESS),
            wrong => Err(Failure::new(format!("{} not as expected", count_systems(wrong)))),
        }
    })
}

fn count_systems(number: usize) -> String {
    format!("{} {}", count(number, "system"), if number == 1 { "is" } else { "are" })
}

async fn ask(of: &Tenant, settings: &Arc<SystemSettings>, patience: Duration) -> (String, Findings) {
    let name = format!("{}/{} ({})", settings.tenant, settings.id, settings.pack.name);
    let asked = |entity: &str| of.owners_of(entity).iter().any(|owner| owner.id == settings.id);
    let mut settings = SystemSettings::clone(settings);
    settings.client.largest_answer = LARGEST;
    let tenant = settings.tenant.clone();
    let findings = match (System::new(settings, Arc::new(Silent)), call(tenant, patience)) {
        (Ok(system), Ok(call)) => match tokio::time::timeout_at(call.deadline, compare(&system, asked, &call)).await {
            Ok(findings) => findings,
            Err(_) => Findings { trouble: Some("did not answer in time".to_owned()), ..Findings::default() },
        },
        (Err(error), _) => Findings { trouble: Some(error.to_string()), ..Findings::default() },
        (_, Err(failure)) => Findings { trouble: Some(failure.to_string()), ..Findings::default() },
    };
    (name, findings)
}

/// A request of nobody's traffic.
pub(super) fn call(tenant: TenantId, patience: Duration) -> Result<Call, Failure> {
    Ok(Call {
        tenant,
        consumer: ConsumerId::parse("portico-check")?,
        tier: Tier::BestEffort,
        deadline: tokio::time::Instant::now() + patience,
        request_id: uuid::Uuid::now_v7().to_string().into(),
        traceparent: format!(
            "00-{}-{}-00",
            uuid::Uuid::now_v7().simple(),
            &uuid::Uuid::new_v4().simple().to_string()[..16]
        )
        .into(),
        tally: Arc::default(),
        urgency: None,
        subject: None,
    })
}

fn in_words(name: &str, findings: &Findings) -> String {
    let compared =
        if findings.compared == 1 { "1 entity".to_owned() } else { format!("{} entities", findings.compared) };
    let mut text = match (&findings.trouble, findings.silent, findings.differences.len()) {
        (Some(trouble), ..) => format!("{name}: {trouble}\n"),
        (None, true, _) => format!("{name}: could not be asked: its pack says no `shapes`\n"),
        (None, false, 0) if findings.compared == 0 => format!("{name}: nothing could be compared\n"),
        (None, false, 0) => format!("{name}: {compared} compared: as its pack says\n"),
        (None, false, differences) => {
            format!("{name}: {compared} compared: {}\n", count(differences, "difference"))
        }
    };
    for difference in &findings.differences {
        text += &format!("  {difference}\n");
    }
    for note in &findings.notes {
        text += &format!("  note: {note}\n");
    }
    text
}
