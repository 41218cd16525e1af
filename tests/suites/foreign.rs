//! Programs of others that suites run beside the gateway: their packages, pinned, installed once a machine and kept
//! below `~/.cache/portico` (or `$PORTICO_TEST_CACHE`). Where a registry cannot be reached and nothing is kept from an
//! earlier run, the suite says so and is skipped; anything else that is missing is a failure or is said, too.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

/// `environment.py` ends with this where PyPI cannot be reached and nothing is kept from an earlier run.
const UNREACHABLE: i32 = 75;

/// How npm says that its registry cannot be reached.
const NPM_UNREACHABLE: [&str; 5] = ["ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN"];

/// What runs the scripts of `tests/foreign`.
pub(crate) enum Runner {
    /// A Python with the packages of `tests/foreign/requirements.txt`.
    Python(PathBuf),
    /// Node in the folder with the packages of `tests/foreign/package-lock.json`.
    Node(PathBuf),
}

impl Runner {
    /// The one for a script, by its name's end; none where it is not to be had, which is said.
    pub(crate) async fn of(script: &str) -> Option<Runner> {
        static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
        static NODE: OnceLock<Option<PathBuf>> = OnceLock::new();
        let is_python = script.ends_with(".py");
        let found = tokio::task::spawn_blocking(move || {
            let make = || match is_python {
                true => python("vendors-clients", &own("foreign/requirements.txt")),
                false => packages("vendors-clients-npm", &own("foreign")),
            };
            let kept = if is_python { &PYTHON } else { &NODE };
            kept.get_or_init(|| make().expect("the packages are installed")).clone()
        });
        let found = found.await.expect("installing does not panic")?;
        Some(if is_python { Runner::Python(found) } else { Runner::Node(found) })
    }

    /// What a script of `tests/foreign` prints when it is told this.
    ///
    /// # Panics
    /// Where it fails; what it said stands on standard error.
    pub(crate) async fn run(&self, script: &str, told: impl Into<Vec<u8>>) -> String {
        let (program, folder) = match self {
            Runner::Python(python) => (python.as_path(), None),
            Runner::Node(packages) => (Path::new("node"), Some(packages)),
        };
        let mut command = tokio::process::Command::new(program);
        command.arg(own("foreign").join(script)).env("PYTHONDONTWRITEBYTECODE", "1").env("TZ", "UTC");
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        let mut input = child.stdin.take().expect("it has an input");
        let told = told.into();
        let telling = async move {
            // A script that ends early says why by its status.
            let _ = input.write_all(&told).await;
        };
        let (output, ()) = tokio::join!(child.wait_with_output(), telling);
        let output = output.expect("the program ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script} ended with {}: {said}", output.status);
        String::from_utf8(output.stdout).expect("it prints text")
    }

    /// The same, where it prints JSON.
    ///
    /// # Panics
    /// Where it fails or prints anything else.
    pub(crate) async fn told(&self, script: &str, told: &Value) -> Value {
        serde_json::from_str(&self.run(script, told.to_string()).await).expect("it prints JSON")
    }
}

/// A Python that has exactly what the file names; none where PyPI cannot be reached, which is said.
pub(crate) fn python(name: &str, requirements: &Path) -> anyhow::Result<Option<PathBuf>> {
    let made = Command::new("python3")
        .arg(own("foreign/environment.py"))
        .arg(name)
        .arg(requirements)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stderr(Stdio::inherit())
        .output();
    let made = made.context("python3 cannot be run; `scripts/setup test` installs it")?;
    match made.status.code() {
        Some(0) => Ok(Some(PathBuf::from(String::from_utf8(made.stdout)?.trim()))),
        Some(UNREACHABLE) => skipped(name, "PyPI cannot be reached"),
        _ => bail!("tests/foreign/environment.py ended with {}; what it said stands above", made.status),
    }
}

/// A folder with the packages that the lock file in `from` names; none where npm or its registry is not to be had,
/// which is said.
pub(crate) fn packages(name: &str, from: &Path) -> anyhow::Result<Option<PathBuf>> {
    if Command::new("npm").arg("--version").output().is_err() || Command::new("node").arg("--version").output().is_err()
    {
        return skipped(name, "there is no node or no npm; `scripts/setup test` installs them");
    }
    let lock = std::fs::read(from.join("package-lock.json"))?;
    let cache = cache()?.join(name);
    let packages = cache.join(mark(&lock));
    if packages.join("node_modules").is_dir() {
        return Ok(Some(packages));
    }
    std::fs::create_dir_all(&cache)?;
    // Aside first: several clones may install at once, and what is there is complete.
    let aside = tempfile::tempdir_in(&cache)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(name), aside.path().join(name))?;
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"])
        .current_dir(aside.path())
        .output()?;
    if !npm.status.success() {
        let said = String::from_utf8_lossy(&npm.stderr);
        if NPM_UNREACHABLE.iter().any(|code| said.contains(code)) {
            return skipped(name, "npm's registry cannot be reached");
        }
        bail!("npm ended with {}: {said}", npm.status);
    }
    let complete = aside.keep();
    match std::fs::rename(&complete, &packages) {
        Err(_) if packages.is_dir() => std::fs::remove_dir_all(complete)?,
        renamed => renamed?,
    }
    Ok(Some(packages))
}

fn skipped(name: &str, why: &str) -> anyhow::Result<Option<PathBuf>> {
    // Not by a macro: the test runner would keep that to itself.
    writeln!(std::io::stderr(), "\nSKIPPED: what runs `{name}` did not run, because {why}.\n")?;
    Ok(None)
}

/// A name for what a lock file says.
fn mark(lock: &[u8]) -> String {
    let hash = lock.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        // FNV-1a: a changed file gets another name; nobody attacks it.
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn cache() -> anyhow::Result<PathBuf> {
    if let Some(cache) = std::env::var_os("PORTICO_TEST_CACHE") {
        return Ok(PathBuf::from(cache));
    }
    let home = std::env::var_os("HOME").context("there is no HOME to keep packages in")?;
    Ok(Path::new(&home).join(".cache/portico"))
}

/// A file or folder of `tests`.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
