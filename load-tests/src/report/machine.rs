//! Where and with what a number was measured: without it a number cannot be argued with.

use std::fmt;
use std::path::Path;
use std::process::Command;

use chrono::Utc;
use serde::Serialize;

use crate::cores::Cores;
use crate::process::field_kib;

/// The circumstances of a report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) measured_at: String,
    /// Of the sources beside this driver; `+changes` where they are not what was committed.
    pub(crate) commit: String,
    /// What `portico --version` says.
    pub(crate) version: String,
    /// The binary, as far as its path tells: `dist/portico`.
    pub(crate) binary: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) gateway_cores: Option<String>,
    pub(crate) load_cores: Option<String>,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
}

impl Machine {
    /// This machine, now. `cores` is how many there were before they were shared out.
    pub(crate) fn here(binary: Option<&Path>, cores: usize, shared: Option<&Cores>) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let version = binary.and_then(|path| output(Command::new(path).arg("--version")));
        Self {
            measured_at: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            version: version.unwrap_or_else(|| "unknown".to_owned()),
            binary: binary.map_or_else(|| "unknown".to_owned(), short),
            cpu: model(&read("/proc/cpuinfo")).unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores,
            gateway_cores: shared.map(|cores| cores.gateway.clone()),
            load_cores: shared.map(|cores| cores.load.clone()),
            memory_mib: field_kib(&read("/proc/meminfo"), "MemTotal").unwrap_or_default() / 1_024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, binary, commit, measured_at, cpu, cores, memory_mib, kernel, .. } = self;
        writeln!(f, "{version} ({binary}), commit {commit}, {measured_at}")?;
        write!(f, "{cpu}, {cores} cores, {memory_mib} MiB, Linux {kernel}; ")?;
        match (&self.gateway_cores, &self.load_cores) {
            (Some(gateway), Some(load)) => write!(f, "gateway on core {gateway}, everything else on core {load}"),
            _ => write!(f, "gateway and load share the cores"),
        }
    }
}

/// The binary's profile and name; the folders above are nobody's business.
fn short(path: &Path) -> String {
    let parts: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn commit() -> Option<String> {
    let git = |arguments: &[&str]| output(Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR")]).args(arguments));
    let id = git(&["rev-parse", "--short=12", "HEAD"])?;
    // What was measured before is no change of what is measured.
    let changes =
        git(&["status", "--porcelain", "--untracked-files=no", "--", ":/", ":(exclude,top)load-tests/results"])?;
    Some(if changes.is_empty() { id } else { format!("{id}+changes") })
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_told_by_its_processor() {
        assert_eq!(model("processor\t: 0\nmodel name\t: Some CPU @ 2GHz\n").as_deref(), Some("Some CPU @ 2GHz"));
        assert_eq!(model("processor\t: 0\n"), None);
        assert_eq!(short(Path::new("/home/me/portico/target/dist/portico")), "dist/portico");
    }
}
