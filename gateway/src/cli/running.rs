//! What commands that stay have in common: a runtime, signals, and files that appear whole.

use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use super::Failure;

/// Runs a command that waits for things, on all cores.
pub(super) fn on_a_runtime(work: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Until SIGINT or SIGTERM.
pub(super) async fn until_stopped() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Writes a file that holds credentials: for this user only, and whole from the moment that it is there.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let beside = path.with_extension("part");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", beside.display())))?;
    file.write_all(text.as_bytes())?;
    std::fs::rename(&beside, path)?;
    Ok(())
}
