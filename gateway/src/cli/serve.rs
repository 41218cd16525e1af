//! `portico serve DIR`: runs the gateway until it is told to stop. SIGHUP applies the folder's present configuration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, check, running};
use crate::serve::{Gateway, NotApplied, Running};
use crate::settings::{Environment, Settings};
use crate::telemetry::{AccessSink, start_diagnostics};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = read(&arguments.folder)?;
    start_diagnostics(&settings.log).map_err(Failure::new)?;
    running::on_a_runtime(async {
        let gateway = Gateway::start(settings, AccessSink::Stdout).await?;
        let folder = arguments.folder.clone();
        gateway.reloads_from(Box::new(move || Settings::check(&folder, &Environment)));
        tracing::info!(traffic = %gateway.traffic(), admin = %gateway.admin(), "Portico runs");
        let mut reload = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                stopped = running::until_stopped() => {
                    stopped?;
                    break;
                }
                Some(()) = reload.recv() => apply(&gateway).await,
            }
        }
        tracing::info!("stopping");
        gateway.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

fn read(folder: &Path) -> Result<Settings, Failure> {
    Settings::check(folder, &Environment).map_err(|mistakes| {
        eprint!("{}", check::lines("", &mistakes));
        Failure::new("the configuration is not in order; nothing was started")
    })
}

/// A configuration that is not in order changes nothing.
async fn apply(gateway: &Running) {
    match gateway.reload().await {
        Ok(generation) => tracing::info!(generation, "the configuration was applied"),
        Err(why) => {
            let mistakes = match &why {
                NotApplied::Mistaken(mistakes) => check::lines("", mistakes),
                other => other.to_string(),
            };
            tracing::error!(mistakes, "the configuration was not applied; the previous one stays");
        }
    }
}
