//! `portico pack try`: one look-up against a live system, shown step by step.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use portico_composites::ask::{Ask, Narrow};
use portico_composites::connect::client::ClientSettings;
use portico_composites::connect::credentials::Credentials;
use portico_composites::connect::driver::Binding;
use portico_composites::connect::meter::Silent;
use portico_composites::connect::network::Network;
use portico_composites::connect::system::{System, SystemSettings};
use portico_composites::connect::trial::{self, Answered, Exchange, Row, Told, Trial};
use portico_composites::endure::EndureSettings;
use portico_composites::fresh::FreshnessTable;
use portico_contracts::model::{Model, ObjectType};
use portico_contracts::packs::Pack;
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::{Role, SystemId, TenantId};

use super::{Failure, read};
use crate::cli::check::count;
use crate::cli::live::call;
use crate::cli::running::on_a_runtime;
use crate::settings::{Environment, Settings};

/// So much of a body is shown.
const MOST_SHOWN: usize = 4_000;
/// So much of one value.
const MOST_OF_A_VALUE: usize = 120;
/// So many rows are shown.
const MOST_ROWS: usize = 5;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The model's entity.
    entity: String,
    /// By which of its fields it is looked up.
    #[arg(long)]
    by: String,
    /// The key.
    #[arg(long)]
    key: String,
    /// The pack: a file, or the name of a shipped one. With --dir, in place of the system's own.
    #[arg(long, required_unless_present = "dir")]
    pack: Option<String>,
    /// The system's address.
    #[arg(long, required_unless_present = "dir", conflicts_with = "dir")]
    url: Option<String>,
    /// A setting of the pack: NAME=VALUE.
    #[arg(long = "set", conflicts_with = "dir")]
    settings: Vec<String>,
    /// The environment variable that holds a bearer token.
    #[arg(long, conflicts_with = "dir")]
    bearer_env: Option<String>,
    /// Take address, settings and credentials from this configuration.
    #[arg(long, requires_all = ["tenant", "system"])]
    dir: Option<PathBuf>,
    /// With --dir: whose system.
    #[arg(long)]
    tenant: Option<String>,
    /// With --dir: which system.
    #[arg(long)]
    system: Option<String>,
    /// Show the beginning of each body, too. The values of the mapped fields are shown in any case.
    #[arg(long)]
    show_body: bool,
    /// How long it may take, in seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pack = arguments.pack.as_deref().map(read).transpose()?;
    let settings = match &arguments.dir {
        Some(_) => configured(arguments, pack)?,
        None => given(arguments, pack)?,
    };
    let entity = entity(arguments, &settings.pack)?;
    let patience = Duration::from_secs(arguments.seconds);
    on_a_runtime(async {
        let call = call(settings.tenant.clone(), patience)?;
        let system = System::new(settings, Arc::new(Silent))?;
        let (entity, by) = entity;
        let ask = Ask { entity, by, narrow: Narrow::default() };
        let trial = trial::look_up(&system, &ask, &Arc::from(arguments.key.as_str()), &call).await;
        super::super::print(&in_words(&trial, arguments))?;
        match trial.outcome {
            Ok(0) => Err(Failure::new("nothing was mapped: the system has no such row, or the key is read elsewhere")),
            Ok(_) => Ok(ExitCode::SUCCESS),
            Err(says) => Err(Failure::new(says)),
        }
    })
}

/// The system of a configuration, with its real credentials.
fn configured(arguments: &Arguments, pack: Option<Arc<Pack>>) -> Result<SystemSettings, Failure> {
    let folder = arguments.dir.as_deref().unwrap_or(std::path::Path::new("."));
    let settings = Settings::check(folder, &Environment).map_err(|mistakes| {
        let lines = mistakes.iter().map(|mistake| format!("\n  {mistake}"));
        Failure::new(format!("the configuration is not in order:{}", lines.collect::<String>()))
    })?;
    let tenant = TenantId::parse(arguments.tenant.as_deref().unwrap_or_default())?;
    let id = SystemId::parse(arguments.system.as_deref().unwrap_or_default())?;
    let known = settings.tenants.get(&tenant).ok_or_else(|| Failure::new(format!("there is no tenant `{tenant}`")))?;
    let system = known.systems.get(&id).ok_or_else(|| Failure::new(format!("{tenant} has no system `{id}`")))?;
    let system = SystemSettings::clone(system);
    Ok(SystemSettings { pack: pack.unwrap_or_else(|| Arc::clone(&system.pack)), ..system })
}

/// A system that stands in no configuration yet.
fn given(arguments: &Arguments, pack: Option<Arc<Pack>>) -> Result<SystemSettings, Failure> {
    let pack = pack.ok_or_else(|| Failure::new("say which pack: --pack FILE"))?;
    let credentials = match &arguments.bearer_env {
        None => Credentials::None,
        Some(name) => {
            let token = std::env::var(name).map_err(|_| Failure::new(format!("the variable {name} is not set")))?;
            Credentials::Bearer(Secret::new(token))
        }
    };
    let mut binding = Binding::default();
    for pair in &arguments.settings {
        let (name, value) = pair.split_once('=').ok_or_else(|| Failure::new(format!("`{pair}` is not NAME=VALUE")))?;
        binding.settings.insert(name.to_owned(), value.to_owned());
    }
    Ok(SystemSettings {
        tenant: TenantId::parse("trial")?,
        id: SystemId::parse("trial")?,
        role: Role::Erp,
        pack,
        binding,
        url: arguments.url.as_deref().unwrap_or_default().parse()?,
        credentials,
        // Whoever types an address here may as well type it into a browser.
        client: ClientSettings { network: Network::Private, ..ClientSettings::default() },
        endure: EndureSettings::default(),
        freshness: Arc::new(FreshnessTable::default()),
        share: Default::default(),
    })
}

fn entity(arguments: &Arguments, pack: &Pack) -> Result<(&'static ObjectType, &'static str), Failure> {
    let unknown = || {
        let known: Vec<&str> = pack.entities.keys().copied().collect();
        Failure::new(format!("the pack does not map `{}`; it maps {}", arguments.entity, known.join(", ")))
    };
    let mapping = pack.entities.get(arguments.entity.as_str()).ok_or_else(unknown)?;
    let entity = Model::get().entity(&arguments.entity).ok_or_else(unknown)?;
    let by = mapping.by.keys().find(|by| **by == arguments.by).ok_or_else(|| {
        let known: Vec<&str> = mapping.by.keys().copied().collect();
        Failure::new(format!(
            "the pack cannot look `{}` up by `{}`, only by {}",
            entity.name,
            arguments.by,
            known.join(", ")
        ))
    })?;
    Ok((entity, by))
}

fn in_words(trial: &Trial, arguments: &Arguments) -> String {
    let mut text = String::new();
    for (number, exchange) in trial.exchanges.iter().enumerate() {
        text += &of_exchange(number + 1, exchange, arguments.show_body);
    }
    let rows = match &trial.outcome {
        Ok(rows) => count(*rows, "row"),
        Err(_) => "no answer".to_owned(),
    };
    text += &format!("\n{} by {}: {rows}", arguments.entity, arguments.by);
    if trial.strays > 0 {
        text += &format!("; {} came that were not asked for and were dropped", count(trial.strays, "row"));
    }
    text + "\n"
}

fn of_exchange(number: usize, exchange: &Exchange, show: bool) -> String {
    let mut text = format!("request {number}\n  {}\n", exchange.asked);
    if let Some(sent) = &exchange.sent {
        text += &format!("  {}\n", excerpt(&String::from_utf8_lossy(sent), MOST_SHOWN));
    }
    match &exchange.answer {
        Err(says) => text += &format!("  the system {says}\n"),
        Ok(answered) => text += &of_answer(answered, show),
    }
    text
}

fn of_answer(answered: &Answered, show: bool) -> String {
    let Answered { status, took, body, rows, drifts } = answered;
    let mut text = format!("answer\n  HTTP {status}, {} bytes, {} ms\n", body.len(), took.as_millis());
    if show {
        text += &format!("  {}\n", excerpt(&String::from_utf8_lossy(body), MOST_SHOWN));
    } else {
        text += "  (--show-body shows the body)\n";
    }
    match rows {
        Err(says) => text += &format!("  the system {says}\n"),
        Ok(rows) => {
            for (number, row) in rows.iter().take(MOST_ROWS).enumerate() {
                text += &of_row(number + 1, row);
            }
            if rows.len() > MOST_ROWS {
                text += &format!("and {}\n", count(rows.len() - MOST_ROWS, "row"));
            }
        }
    }
    if !drifts.is_empty() {
        text += &format!("not as the pack expects: {}\n", drifts.join(", "));
    }
    text
}

fn of_row(number: usize, row: &Row) -> String {
    let left_out = row.left_out.as_ref().map(|why| format!(" is left out: {why}")).unwrap_or_default();
    let mut text = format!("row {number}{left_out}\n");
    for told in &row.fields {
        text += &of_field(told);
    }
    text
}

fn of_field(told: &Told) -> String {
    let Told { field, read, value, why } = told;
    let place = |(path, standing): &(String, Option<String>)| match standing {
        None => format!("{path} is not there"),
        Some(standing) => format!("{path} = {}", excerpt(standing, MOST_OF_A_VALUE)),
    };
    let places = match read.is_empty() {
        true => "always the same".to_owned(),
        false => read.iter().map(place).collect::<Vec<_>>().join("; "),
    };
    let becomes = match (value, why) {
        (Some(value), _) => excerpt(value, MOST_OF_A_VALUE),
        (None, why) => format!("null: {}", why.as_deref().unwrap_or("no value")),
    };
    format!("  {field:<18} {places} → {becomes}\n")
}

/// So much of a text, on one line, and nothing that a terminal would act upon.
fn excerpt(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if plain.len() < text.len() && text.chars().count() > most { plain + " …" } else { plain }
}
