//! The gateway under load, and how to reach what stands around it.
//!
//! Usually a gateway of its own for each scenario, on its own cores, with nothing cached from before; the simulated systems
//! run in another process, so that their CPU is not counted as the gateway's. With `--demo` or `--env-file` it is a whole
//! demo, as a stranger runs it: one process, and the demo's plans.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use anyhow::Context;
use http::{Method, StatusCode};

use crate::ask;
use crate::binary::Process;
use crate::env_file::EnvFile;
use crate::plain::Plain;
use crate::process;
use crate::sandbox::Sandbox;
use crate::scenario::{Scenario, Upstream};

/// A gateway that answers.
#[derive(Debug)]
pub(crate) struct Front {
    /// Host and port.
    pub(crate) authority: String,
    /// Its process, where we may look at it.
    pub(crate) pid: Option<u32>,
    /// Tokens that came with it, for when the issuer gives out none.
    given: Option<EnvFile>,
    _process: Option<Process>,
}

/// What `portico demo` names once ready.
const DEMO: [&str; 5] = ["PORTICO_URL", "PORTICO_ISSUER_URL", "PORTICO_SANDBOX_URL", "TOKEN_CRM", "TOKEN_SUPPORT"];
const SANDBOX: [&str; 2] = ["PORTICO_ISSUER_URL", "PORTICO_SANDBOX_URL"];
const ANY_PORT: &str = "127.0.0.1:0";

/// Starts the simulated systems alone. They stop with the process that comes along.
pub(crate) async fn sandbox(binary: &Path) -> anyhow::Result<(Sandbox, Process)> {
    let (file, process) = started(binary, None, &["sandbox", "--listen", ANY_PORT], &SANDBOX).await?;
    Ok((Sandbox::of(&file)?, process))
}

/// Starts a whole demo in one process.
pub(crate) async fn demo(binary: &Path, cores: Option<&str>) -> anyhow::Result<(Front, Sandbox)> {
    let arguments = ["demo", "--listen", ANY_PORT, "--admin", ANY_PORT, "--sandbox", ANY_PORT];
    let (file, process) = started(binary, cores, &arguments, &DEMO).await?;
    let sandbox = Sandbox::of(&file)?;
    let front = Front {
        authority: authority(file.get("PORTICO_URL")?)?,
        pid: Some(process.pid),
        given: Some(file),
        _process: Some(process),
    };
    Ok((front, sandbox))
}

/// A demo that somebody else started.
pub(crate) fn running(file: &Path, pid: Option<u32>) -> anyhow::Result<(Front, Sandbox)> {
    let file = EnvFile::read(file)?;
    let sandbox = Sandbox::of(&file)?;
    let authority = authority(file.get("PORTICO_URL")?)?;
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let pid = pid.or_else(|| process::listening_on(port?));
    Ok((Front { authority, pid, given: Some(file), _process: None }, sandbox))
}

/// Starts `portico serve` with the configuration of these tests.
pub(crate) async fn serve(
    binary: &Path,
    cores: Option<&str>,
    configuration: &Path,
    sandbox: &Sandbox,
    plain: Option<&Plain>,
) -> anyhow::Result<Front> {
    let (traffic, admin) = (free_address()?, free_address()?);
    let mut environment = sandbox.environment().await?;
    let mut set = |name: &str, value: String| environment.insert(name.to_owned(), value);
    set("PORTICO_LISTEN", traffic.to_string());
    set("PORTICO_ADMIN_LISTEN", admin.to_string());
    set("PORTICO_ISSUER_URL", sandbox.issuer_url.clone());
    if let Some(plain) = plain {
        set("ACME_ERP_URL", plain.url.clone());
        set("ACME_ERP_TOKEN_URL", plain.token_url());
    }
    let folder = configuration.to_str().context("the configuration's path is no text")?;
    let mut process = Process::start(binary, cores, &["serve", folder], &environment)?;
    let readiness = format!("http://{admin}/readyz");
    let is_ready = async || {
        let answer = ask::ask(Method::GET, &readiness, String::new()).await.ok()?;
        (answer.0 == StatusCode::OK).then_some(())
    };
    process.until("portico serve", is_ready).await?;
    Ok(Front { authority: traffic.to_string(), pid: Some(process.pid), given: None, _process: Some(process) })
}

impl Front {
    /// As many different tokens as the scenario has callers; one where the issuer cannot be asked.
    pub(crate) async fn tokens(&self, scenario: &Scenario, sandbox: &Sandbox) -> anyhow::Result<Vec<String>> {
        let minted = sandbox.tokens(&scenario.consumer, scenario.callers).await;
        let Some(given) = &self.given else { return minted };
        let name = match scenario.consumer.as_str() {
            "support-console" => "TOKEN_SUPPORT",
            "partner-one" => "TOKEN_PARTNER",
            _ => "TOKEN_CRM",
        };
        minted.or_else(|_| Ok(vec![given.get(name)?.to_owned()]))
    }

    /// Whether it can serve the scenario with that upstream: a demo has simulated systems only.
    pub(crate) fn upstream(&self, wanted: Upstream) -> Upstream {
        if self.given.is_some() { Upstream::Sandbox } else { wanted }
    }
}

impl Sandbox {
    fn of(file: &EnvFile) -> anyhow::Result<Self> {
        let url = |name| Ok::<_, anyhow::Error>(file.get(name)?.trim_end_matches('/').to_owned());
        Ok(Self { url: url("PORTICO_SANDBOX_URL")?, issuer_url: url("PORTICO_ISSUER_URL")? })
    }
}

/// Starts a `portico` that writes an env file, and waits for what it names.
async fn started(
    binary: &Path,
    cores: Option<&str>,
    arguments: &[&str],
    names: &[&str],
) -> anyhow::Result<(EnvFile, Process)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("env");
    let file = path.to_str().context("the temporary folder's path is no text")?;
    let arguments = [arguments, &["--env-file", file]].concat();
    let mut process = Process::start(binary, cores, &arguments, &[].into())?;
    let what = format!("portico {}", arguments.first().copied().unwrap_or_default());
    // A last line without its end is still being written.
    let whole = async || {
        let text = tokio::fs::read_to_string(&path).await.ok().filter(|text| text.ends_with('\n'))?;
        Some(EnvFile::parse(&text)).filter(|file| file.has(names))
    };
    let file = process.until(&what, whole).await?;
    Ok((file, process))
}

fn authority(url: &str) -> anyhow::Result<String> {
    let authority = url.strip_prefix("http://").with_context(|| format!("{url} is not plain HTTP"))?;
    Ok(authority.trim_end_matches('/').to_owned())
}

/// A port that was free a moment ago: `serve` does not say which one it got for port 0.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_driven() {
        assert_eq!(authority("http://127.0.0.1:8080/").unwrap(), "127.0.0.1:8080");
        insta::assert_snapshot!(authority("https://a").unwrap_err(), @"https://a is not plain HTTP");
    }
}
