//! `portico explain`: what a query would cost and ask, without asking any system.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use portico_composites::connect::meter::{Meter, Silent};
use portico_composites::engine::{Asking, Engine, Question};
use portico_composites::fresh::{Cache, Clock, Limits, SystemClock, Wish};
use portico_composites::plan::{Explained, ExplainedCalls, ExplainedSystem};
use portico_contracts::tenancy::{ConsumerId, Principal, TenantId};

use super::Failure;
use crate::estates::Estates;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Explain for the demo's configuration instead of a folder.
    #[arg(long)]
    demo: bool,
    /// For which tenant.
    #[arg(long)]
    tenant: String,
    /// For which of its consumers: with its scopes and its limits.
    #[arg(long)]
    consumer: String,
    /// The GraphQL document, or `@FILE`.
    #[arg(long)]
    query: String,
    /// Which of the document's operations.
    #[arg(long)]
    operation: Option<String>,
    /// The operation's variables, as a JSON object.
    #[arg(long, default_value = "{}")]
    variables: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = super::settings(&arguments.folder, arguments.demo)?;
    let meter: Arc<dyn Meter> = Arc::new(Silent);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let estates = Estates::build(&settings, &meter, &clock, None)?;
    let principal = principal(&settings, arguments)?;
    let nothing = Limits { bytes: 0, ..Limits::default() };
    let engine = Engine::new(settings.graphql.guard.clone(), u64::MAX, Cache::new(nothing, Arc::clone(&clock)), clock);
    let estate = estates.of(&principal.tenant).ok_or_else(|| Failure::new("the tenant has no systems"))?;
    let question = question(arguments)?;
    match engine.prepare(&question, estate, &Asking::unconditionally(&principal, Wish::default())) {
        Ok(prepared) => show(&prepared.explain(), u64::from(settings.graphql.max_cost), arguments.json),
        Err(refused) => {
            let errors = refused.graphql("explain");
            let messages = errors.iter().filter_map(|error| error["message"].as_str());
            Err(Failure::new(format!("{}: {}", refused.problem.code, messages.collect::<Vec<_>>().join("; "))))
        }
    }
}

fn principal(settings: &Settings, arguments: &Arguments) -> Result<Principal, Failure> {
    let tenant = TenantId::parse(&arguments.tenant)?;
    let id = ConsumerId::parse(&arguments.consumer)?;
    let known = settings.tenants.get(&tenant).ok_or_else(|| Failure::new(format!("there is no tenant `{tenant}`")))?;
    let consumer = known.consumers.get(&id).ok_or_else(|| Failure::new(format!("{tenant} has no consumer `{id}`")))?;
    Ok(Principal {
        tenant,
        consumer: id,
        subject: Arc::from("explain"),
        scopes: Arc::clone(&consumer.scopes),
        customers: consumer.customers.clone(),
    })
}

fn question(arguments: &Arguments) -> Result<Question, Failure> {
    let query = match arguments.query.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{file}: {error}")))?,
        None => arguments.query.clone(),
    };
    let variables = serde_json::from_str(&arguments.variables)
        .map_err(|error| Failure::new(format!("--variables is not a JSON object: {error}")))?;
    Ok(Question { query, operation_name: arguments.operation.clone(), variables })
}

fn show(explained: &Explained, most: u64, json: bool) -> Result<ExitCode, Failure> {
    if json {
        super::print(&format!("{}\n", serde_json::to_string_pretty(explained)?))?;
    } else {
        super::print(&in_words(explained, most))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a system lets us ask, and how much of it is for whom.
fn allowed(system: &ExplainedSystem) -> String {
    let all = &system.limits;
    let mut words = vec![format!("{} at once", in_tiers(all.concurrency))];
    for window in &all.windows {
        let most = window.calls.map_or_else(|| "as many as it reports".to_owned(), in_tiers);
        let a = if window.window.starts_with(|first: char| first.is_ascii_digit()) { "" } else { "a " };
        words.push(format!("{most} in {a}{}", window.window.replace('_', " ")));
    }
    words.join(", ")
}

/// `100 (standard 90, best effort 80)`.
fn in_tiers(calls: ExplainedCalls) -> String {
    let ExplainedCalls { critical, standard, best_effort } = calls;
    if critical == best_effort {
        return critical.to_string();
    }
    format!("{critical} (standard {standard}, best effort {best_effort})")
}

fn in_words(explained: &Explained, most: u64) -> String {
    let mut text =
        format!("cost    {} points of at most {most}\ncalls   {} at most\n", explained.cost, explained.calls);
    text += &format!("scopes  {}\n", explained.scopes.join(" "));
    let mut wave = 0;
    for step in &explained.steps {
        if step.wave != wave {
            wave = step.wave;
            text += &format!("\nwave {wave}\n");
        }
        let cached = if step.cached { step.class } else { "always asked" };
        text += &format!(
            "  {:<14} {:<20} by {:<16} {:>3} call{} {:<14} {}\n",
            step.system,
            step.entity,
            step.by,
            step.calls,
            if step.calls == 1 { " " } else { "s" },
            cached,
            step.keys
        );
        if let Some(other) = step.only_if_missing {
            text += &format!("  {:<14} only where no {other} was found\n", "");
        }
    }
    text += "\nlimits\n";
    for system in &explained.systems {
        let calls = if system.calls == 1 { "1 call" } else { &format!("{} calls", system.calls) };
        text += &format!("  {:<14} {calls} at most; {}\n", system.system, allowed(system));
    }
    if !explained.not_provided.is_empty() {
        text += &format!("\nnot provided by any system: {}\n", explained.not_provided.join(", "));
    }
    text
}
