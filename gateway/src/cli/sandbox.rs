//! `portico sandbox`: the simulated systems alone, with faults on request.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the systems are steered; each system has a free port of its own.
    #[arg(long, default_value = "127.0.0.1:9901")]
    listen: SocketAddr,
    /// Write addresses, credentials and tokens to this file once everything is ready: all that the demo's
    /// configuration refers to.
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// The day that the data is relative to; today where not given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<NaiveDate>,
}

#[cfg(not(feature = "sandbox"))]
pub(super) fn run(_: &Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::new("this `portico` was built without the feature `sandbox`"))
}

#[cfg(feature = "sandbox")]
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    use portico_sandbox::{Options, Sandbox};

    super::running::on_a_runtime(async {
        let options = Options { today: arguments.today, control_listen: arguments.listen, ..Options::default() };
        let sandbox = Sandbox::start(options).await.map_err(|error| Failure::new(format!("{error:#}")))?;
        let keys = crate::demo::Keys::new()?;
        let environment = crate::demo::of_sandbox(&sandbox, &keys);
        // The file first: whoever reads the words that follow may rely on it.
        if let Some(path) = &arguments.env_file {
            super::running::write_whole(path, &crate::demo::as_file(&environment))?;
        }
        super::print(&crate::demo::as_file(&environment))?;
        super::running::until_stopped().await?;
        sandbox.stop();
        Ok(ExitCode::SUCCESS)
    })
}
