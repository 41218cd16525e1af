//! The program `portico` itself, as a process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portico_tests::Reply;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::Child;

/// What a start or a stop may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the program is: beside the tests, built as they are.
pub(super) fn portico() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let tests = std::env::current_exe().expect("this program has a path");
        let folder = tests.ancestors().nth(2).expect("tests are in target/<profile>/deps");
        let program = folder.join("portico");
        if !is_current(&program) {
            build(folder.parent().expect("a profile is in target"));
        }
        program
    })
}

/// Whether no source is younger. Asking cargo each time could build every dependency anew: which of their features are
/// on depends on which packages are built together.
fn is_current(program: &Path) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests are in the workspace");
    let sources = ["contracts", "policies", "composites", "gateway", "tests/sandbox", "Cargo.lock"];
    let youngest = sources.iter().filter_map(|source| changed(&root.join(source))).max();
    changed(program).is_some_and(|built| Some(built) >= youngest)
}

/// When a file, or the youngest file in a folder, was changed.
fn changed(path: &Path) -> Option<SystemTime> {
    if let Ok(entries) = std::fs::read_dir(path) {
        return entries.flatten().filter_map(|entry| changed(&entry.path())).max();
    }
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn build(target: &Path) {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "portico-gateway", "--bin", "portico", "--target-dir"]).arg(target);
    if is_optimised() {
        build.arg("--release");
    }
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(built.success(), "the program is not built");
}

/// Whether the program is built as it is shipped.
pub(super) fn is_optimised() -> bool {
    std::env::current_exe().is_ok_and(|path| path.components().any(|part| part.as_os_str() == "release"))
}

/// Runs it to its end, without any environment that a developer may have.
pub(super) fn run(arguments: &[&str]) -> Output {
    Command::new(portico()).args(arguments).env_clear().output().expect("the program runs")
}

/// Runs it to its end with this environment: whether it succeeded, and what it said.
pub(crate) fn told(arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(portico());
    let output = command.args(arguments).env_clear().envs(environment.iter().copied()).output();
    let output = output.expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Exit code, standard output and standard error, with a folder's name replaced.
pub(super) fn shown(output: &Output, folder: &Path) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&folder.display().to_string(), "DIR");
    format!("{}\n{}{}", output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// One that stays.
pub(super) struct Running {
    child: Child,
    lines: Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>,
}

impl Running {
    /// Starts it and listens to its standard output.
    pub(super) fn start(arguments: &[&str]) -> Running {
        let mut child = command(arguments, &BTreeMap::new()).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = child.stdout.take().expect("it has an output");
        Running { child, lines: BufReader::new(Box::new(output) as Box<dyn AsyncRead + Send + Unpin>).lines() }
    }

    /// Starts it and listens to its standard error.
    pub(super) fn start_heard(arguments: &[&str], environment: &BTreeMap<String, String>) -> Running {
        let mut child = command(arguments, environment).stderr(Stdio::piped()).spawn().expect("it starts");
        let output = child.stderr.take().expect("it has a standard error");
        Running { child, lines: BufReader::new(Box::new(output) as Box<dyn AsyncRead + Send + Unpin>).lines() }
    }

    /// The next line with these words in it.
    pub(super) async fn says(&mut self, words: &str) -> String {
        let mut heard = Vec::new();
        let said = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.expect("it writes text") {
                if line.contains(words) {
                    return Some(line);
                }
                heard.push(line);
            }
            None
        });
        let said = said.await.ok().flatten();
        assert!(said.is_some(), "`{words}` was never said:\n{}", heard.join("\n"));
        said.unwrap_or_default()
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("it can be waited for")
    }
}

fn command(arguments: &[&str], environment: &BTreeMap<String, String>) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(portico());
    command.args(arguments).env_clear().envs(environment).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A file of `NAME=value` lines.
pub(super) fn environment(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).expect("the file is there");
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Asks; a body makes it a POST of JSON.
pub(super) async fn ask(url: &str, token: &str, body: Option<&serde_json::Value>) -> Reply {
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.body(Full::new(body)).expect("a request")).await.expect("an answer");
    let (head, body) = answer.into_parts();
    Reply { status: head.status, headers: head.headers, body: body.collect().await.expect("a body").to_bytes() }
}
