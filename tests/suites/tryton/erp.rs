//! A real Tryton for the tests of this process: set up once a machine, served on a port of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use serde_json::Value;

/// `setup.py` ends with this where PyPI cannot be reached and nothing is kept from an earlier run.
const UNREACHABLE: i32 = 75;

/// A Tryton that answers.
pub(super) struct Erp {
    pub(super) url: String,
    pub(super) key: String,
    /// The day that its business is relative to.
    pub(super) today: NaiveDate,
    /// It ends when its standard input does, which is when this process ends.
    _server: Child,
}

/// The ERP of all tests here: they only read. None where PyPI cannot be reached; that is said and is no failure.
pub(super) fn erp() -> Option<&'static Erp> {
    static ERP: OnceLock<Option<Erp>> = OnceLock::new();
    ERP.get_or_init(|| start().expect("Tryton is set up and served")).as_ref()
}

fn start() -> anyhow::Result<Option<Erp>> {
    let setup = Command::new("python3").arg(script("setup.py")).stderr(Stdio::inherit()).output();
    let setup = setup.context("python3 cannot be run; `scripts/setup test` installs it")?;
    if setup.status.code() == Some(UNREACHABLE) {
        // Not by a macro: the test runner would keep that to itself.
        writeln!(std::io::stderr(), "\nSKIPPED: the suite `tryton` did not run, because PyPI cannot be reached.\n")?;
        return Ok(None);
    }
    if !setup.status.success() {
        bail!("tests/tryton/setup.py ended with {}; what it said stands above", setup.status);
    }
    let told: Value = serde_json::from_slice(&setup.stdout)?;
    let text = |name: &str| told[name].as_str().map(str::to_owned).with_context(|| format!("setup.py tells no {name}"));
    let mut server = Command::new(text("python")?)
        .arg(script("serve.py"))
        .arg(text("database")?)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = server.stdout.take().context("serve.py has an output")?;
    let mut port = String::new();
    BufReader::new(output).read_line(&mut port)?;
    let port: u16 = port.trim().parse().context("serve.py ended before it listened")?;
    let url = format!("http://127.0.0.1:{port}/erp");
    Ok(Some(Erp { url, key: text("key")?, today: text("today")?.parse()?, _server: server }))
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tryton").join(name)
}
