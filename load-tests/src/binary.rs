//! The real `portico`: where it is, and starting it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// Longer than any start should take, debug builds included.
const START: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
/// As much of what a process said as a person needs.
const TAIL_BYTES: usize = 2_000;

/// A `portico` that we started. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    child: Child,
    /// What it says goes here: to show it when it does not start.
    folder: TempDir,
}

/// The binary to run: the one that is named, or the fastest that was built.
pub(crate) fn find(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = named {
        anyhow::ensure!(path.is_file(), "there is no {}", path.display());
        return Ok(path.to_owned());
    }
    let target = target_folder().context("where was this built?")?;
    let built = ["dist", "release"].map(|profile| target.join(profile).join("portico"));
    match built.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => bail!(
            "there is neither {} nor {}; build it: cargo build --profile dist -p portico-gateway (or name one: --portico PATH)",
            built[0].display(),
            built[1].display()
        ),
    }
}

/// `target` of `target/<profile>/portico-load-tests`.
fn target_folder() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    Some(own.parent()?.parent()?.to_owned())
}

impl Process {
    /// Starts `portico` with arguments, on some cores only when a list is given.
    pub(crate) fn start(
        binary: &Path,
        cores: Option<&str>,
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = match cores {
            // It replaces itself by what it starts, so that the process id is portico's.
            Some(list) => {
                let mut taskset = Command::new("taskset");
                taskset.args(["--cpu-list", list]).arg(binary);
                taskset
            }
            None => Command::new(binary),
        };
        let said = File::create(folder.path().join("stderr"))?;
        // Access-log lines are written, as in production, and read by nobody.
        command.args(arguments).envs(environment).stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let child =
            command.kill_on_drop(true).spawn().with_context(|| format!("{} does not start", binary.display()))?;
        let pid = child.id().context("it ended at once")?;
        Ok(Self { pid, child, folder })
    }

    /// Waits until `ready` gives something; an error when the process ends before, or takes too long.
    pub(crate) async fn until<T>(&mut self, what: &str, ready: impl AsyncFn() -> Option<T>) -> anyhow::Result<T> {
        let since = Instant::now();
        loop {
            if let Some(it) = ready().await {
                return Ok(it);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{what} ended with {status}:\n{}", self.tail());
            }
            if since.elapsed() > START {
                bail!("{what} was not ready after {} s:\n{}", START.as_secs(), self.tail());
            }
            sleep(PAUSE).await;
        }
    }

    fn tail(&self) -> String {
        let said = std::fs::read(self.folder.path().join("stderr")).unwrap_or_default();
        let from = said.len().saturating_sub(TAIL_BYTES);
        String::from_utf8_lossy(&said[from..]).trim().to_owned()
    }
}
