//! The demo: a simulated estate and a gateway in front of it, in one process. Tests start the same.

mod environment;
mod story;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use portico_composites::fresh::Clock;
use portico_policies::authenticate::NoRandomness;
use portico_sandbox::{Hooks, Sandbox};
use rand::distr::{Alphanumeric, SampleString};
use tokio::time::Instant;

use crate::serve::{Gateway, Running, Source, StartError};
use crate::settings::{Mistake, Settings};
use crate::telemetry::AccessSink;
use crate::templates;

pub(crate) use environment::{Keys, as_file};
pub use story::first_calls;

/// All that a configuration in front of a sandbox refers to, and its callers' tokens.
pub(crate) fn of_sandbox(sandbox: &Sandbox, keys: &Keys) -> BTreeMap<String, String> {
    let mut known = environment::of_systems(sandbox, keys);
    known.insert("PORTICO_SANDBOX_URL".to_owned(), sandbox.control_url().to_owned());
    known.extend(environment::tokens(sandbox, keys));
    known
}

/// Where the demo listens, and which day it is there.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Traffic.
    pub listen: SocketAddr,
    /// Administration.
    pub admin: SocketAddr,
    /// The sandbox's control plane.
    pub sandbox: SocketAddr,
    /// The day that the estate's data is relative to; today where absent.
    pub today: Option<NaiveDate>,
    /// Where access-log lines go.
    pub access: AccessSink,
}

/// A running demo.
pub struct Demo {
    /// The gateway.
    pub gateway: Running,
    /// The simulated systems.
    pub sandbox: Sandbox,
    files: BTreeMap<String, String>,
    keys: Keys,
    admin_token: String,
}

/// Why the demo does not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The simulated systems.
    #[error("the sandbox does not start: {0:#}")]
    Sandbox(anyhow::Error),
    /// The demo's own configuration.
    #[error("the demo's configuration is not in order: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<Mistake>),
    /// API keys.
    #[error(transparent)]
    Keys(#[from] NoRandomness),
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] StartError),
}

impl Demo {
    /// Starts the systems, then the gateway in front of them.
    pub async fn start(options: DemoOptions) -> Result<Demo, DemoError> {
        Self::start_with(options, |_| {}).await
    }

    /// The same, with settings that differ from the demo's.
    pub async fn start_with(options: DemoOptions, change: impl FnOnce(&mut Settings)) -> Result<Demo, DemoError> {
        Self::begin(options, demo_files(), change).await
    }

    /// The same, with files that differ from the demo's: name → text.
    pub async fn start_written(
        options: DemoOptions,
        edit: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<Demo, DemoError> {
        let mut files = demo_files();
        edit(&mut files);
        Self::begin(options, files, |_| {}).await
    }

    async fn begin(
        options: DemoOptions,
        files: BTreeMap<String, String>,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Demo, DemoError> {
        let of_sandbox =
            portico_sandbox::Options { today: options.today, control_listen: options.sandbox, ..Default::default() };
        let sandbox = Sandbox::start(of_sandbox).await.map_err(DemoError::Sandbox)?;
        let admin_token = Alphanumeric.sample_string(&mut rand::rng(), 40);
        let keys = Keys::new()?;
        let listeners = (options.listen, options.admin);
        let settings = settings(&files, &sandbox, &keys, listeners, &admin_token, change)?;
        let clock = Arc::new(DemoClock::on(options.today));
        let public_url = settings.listen.public_url.clone();
        let gateway = Gateway::start_with_clock(settings, options.access, clock).await?;
        gateway.reloads_from(reread(
            files.clone(),
            &sandbox,
            &keys,
            (gateway.traffic(), gateway.admin()),
            &admin_token,
        ));
        // What is changed in a system is told to the gateway, by the name that was agreed with it.
        let url = format!("http://{}", gateway.traffic());
        let public_url = public_url.map_or_else(|| url.clone(), |public| public.to_string());
        sandbox.set_hooks(Some(Hooks { url, public_url }));
        Ok(Demo { gateway, sandbox, files, keys, admin_token })
    }

    /// Applies the demo's configuration anew, changed like this.
    pub fn reload_with(&self, change: impl FnOnce(&mut Settings)) -> Result<u64, DemoError> {
        let listeners = (self.gateway.traffic(), self.gateway.admin());
        let settings = settings(&self.files, &self.sandbox, &self.keys, listeners, &self.admin_token, change)?;
        Ok(self.gateway.apply(settings)?)
    }

    /// Applies the demo's configuration with its files edited like this.
    pub fn reload_written(&self, edit: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<u64, DemoError> {
        let listeners = (self.gateway.traffic(), self.gateway.admin());
        let mut files = self.files.clone();
        edit(&mut files);
        let settings = settings(&files, &self.sandbox, &self.keys, listeners, &self.admin_token, |_| {})?;
        Ok(self.gateway.apply(settings)?)
    }

    /// Addresses and credentials, by the names that `--env-file` writes.
    pub fn environment(&self) -> BTreeMap<String, String> {
        environment::of_callers(self)
    }

    /// Stops the gateway, then the systems.
    pub async fn stop(self) {
        self.gateway.stop().await;
        self.sandbox.stop();
    }
}

/// The demo's configuration: name → text.
fn demo_files() -> BTreeMap<String, String> {
    templates::DEMO.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// The same files again, with the same references.
fn reread(
    files: BTreeMap<String, String>,
    sandbox: &Sandbox,
    keys: &Keys,
    listeners: (SocketAddr, SocketAddr),
    admin_token: &str,
) -> Source {
    let secrets = environment::secrets(sandbox, keys, listeners, admin_token);
    Box::new(move || {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Settings::check_files(&files, &secrets)
    })
}

fn settings(
    files: &BTreeMap<String, String>,
    sandbox: &Sandbox,
    keys: &Keys,
    listeners: (SocketAddr, SocketAddr),
    admin_token: &str,
    change: impl FnOnce(&mut Settings),
) -> Result<Settings, DemoError> {
    let secrets = environment::secrets(sandbox, keys, listeners, admin_token);
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut settings = Settings::check_files(&files, &secrets).map_err(DemoError::Settings)?;
    change(&mut settings);
    Ok(settings)
}

/// The machine's clock, moved to the demo's day.
#[derive(Debug)]
struct DemoClock {
    ahead: chrono::Duration,
}

impl DemoClock {
    fn on(today: Option<NaiveDate>) -> Self {
        let real = Utc::now().date_naive();
        DemoClock { ahead: today.map_or_else(chrono::Duration::zero, |day| day - real) }
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead
    }
}
