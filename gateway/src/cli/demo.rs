//! `portico demo`: the simulated estate and a gateway in front of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where traffic is answered; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where health, metrics and the administrator are answered.
    #[arg(long, default_value = "127.0.0.1:9900")]
    admin: SocketAddr,
    /// Where the simulated systems are steered.
    #[arg(long, default_value = "127.0.0.1:9901")]
    sandbox: SocketAddr,
    /// Write addresses and tokens to this file once everything is ready.
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// The day that the estate's data is relative to; today where not given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<NaiveDate>,
    /// Write an access-log line to standard output for each request.
    #[arg(long)]
    access_log: bool,
}

#[cfg(not(feature = "sandbox"))]
pub(super) fn run(_: &Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::new("this `portico` was built without the feature `sandbox`, which the demo needs"))
}

#[cfg(feature = "sandbox")]
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    use crate::demo::{Demo, DemoOptions, first_calls};
    use crate::telemetry::AccessSink;

    super::running::on_a_runtime(async {
        let options = DemoOptions {
            listen: arguments.listen,
            admin: arguments.admin,
            sandbox: arguments.sandbox,
            today: arguments.today,
            access: if arguments.access_log { AccessSink::Stdout } else { AccessSink::Off },
        };
        let demo = Demo::start(options).await?;
        let environment = demo.environment();
        // The file first: whoever reads the words that follow may rely on it.
        if let Some(path) = &arguments.env_file {
            super::running::write_whole(path, &crate::demo::as_file(&environment))?;
        }
        super::print(&format!("{}\n", first_calls(&environment)))?;
        super::running::until_stopped().await?;
        demo.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
