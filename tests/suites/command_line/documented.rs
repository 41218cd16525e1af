//! docs/packs.md, from an empty file to an answered query: its blocks are files, and what it says the program says is
//! what the program says. `PORTICO_UPDATE_DOCS=1` writes down what it says now.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portico_tests::Upstream;
use serde_json::{Value, json};

use super::addresses;
use super::program::{Running, portico};

/// Its hash stands in the page.
const KEY: &str = "pk_1c7b0fef8909_7bea0d101f776c5ef8a4e23014ed41156982bee4aff7c898a2ecb49be5e4de0a";
const TOKEN: &str = "helplines-own-token";
const ADDRESS: &str = "https://helpline.example.internal";
const GATEWAY: &str = "listen: { address: 127.0.0.1:0 }\nadmin: { listen: 127.0.0.1:0 }\nplans: { standard: { rate: 50/s, burst: 100 } }\n";

/// The page, block by block.
struct Page {
    path: PathBuf,
    text: Mutex<String>,
}

impl Page {
    fn open() -> Page {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/packs.md");
        let text = fs::read_to_string(&path).expect("the page is there");
        Page { path, text: Mutex::new(text) }
    }

    /// Where the text of a block begins and ends.
    fn place(text: &str, name: &str) -> (usize, usize) {
        let marker = format!("<!-- helpline: {name} -->\n```");
        assert!(text.contains(&marker), "the page has no block `{name}`");
        let at = text.find(&marker).unwrap_or_default() + marker.len();
        let begin = at + text[at..].find('\n').expect("a fence ends its line") + 1;
        let end = begin + text[begin..].find("```").expect("a block ends");
        (begin, end)
    }

    fn block(&self, name: &str) -> String {
        let text = self.text.lock().expect("nobody panicked");
        let (begin, end) = Self::place(&text, name);
        text[begin..end].to_owned()
    }

    /// What the program says is what the page says.
    fn says(&self, name: &str, said: &str) {
        if std::env::var_os("PORTICO_UPDATE_DOCS").is_some() {
            let mut text = self.text.lock().expect("nobody panicked");
            let (begin, end) = Self::place(&text, name);
            text.replace_range(begin..end, said);
            fs::write(&self.path, &*text).expect("the page can be written");
            return;
        }
        assert_eq!(
            self.block(name),
            said,
            "docs/packs.md, `{name}`: PORTICO_UPDATE_DOCS=1 writes down what it says now"
        );
    }
}

/// Runs the program in a folder; what it says, as the page shows it.
fn said(folder: &Path, url: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(portico());
    let output = command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HELPLINE_TOKEN", TOKEN)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let whole = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!whole.contains(TOKEN), "a credential is shown: {whole}");
    whole.replace(url, ADDRESS).lines().map(|line| format!("{}\n", without_time(line))).collect()
}

/// Milliseconds change from run to run.
fn without_time(line: &str) -> String {
    match line.strip_suffix(" ms").and_then(|rest| rest.rsplit_once(", ")) {
        Some((rest, _)) => format!("{rest}, 3 ms"),
        None => line.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_file_to_an_answered_query() {
    let page = Page::open();
    let system = Upstream::start().await;
    system.answer(StatusCode::OK, &[("content-type", "application/json")], &page.block("answer"));
    let around = tempfile::tempdir().expect("a folder");
    let folder = around.path();
    for inner in ["packs", "tenants"] {
        fs::create_dir(folder.join(inner)).expect("a folder");
    }
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("it can be written");
    let url = system.url();
    let check = ["pack", "check", "packs/helpline.yaml"];

    write("packs/helpline.yaml", &page.block("first"));
    page.says("first says", &said(folder, &url, &check));
    write("packs/helpline.yaml", &page.block("small"));
    page.says("small says", &said(folder, &url, &check));
    let look_up = ["pack", "try", "Case", "--by", "number", "--key", "T-7", "--pack", "packs/helpline.yaml"];
    let here = ["--url", &url, "--bearer-env", "HELPLINE_TOKEN"];
    page.says("try says", &said(folder, &url, &[&look_up[..], &here].concat()));
    let seen = system.seen();
    assert_eq!(seen.last().map(|seen| seen.header("authorization")), Some(format!("Bearer {TOKEN}")));

    write("packs/helpline.yaml", &page.block("whole"));
    write("portico.yaml", GATEWAY);
    write("tenants/company.yaml", &page.block("tenant").replace(ADDRESS, &url));
    page.says("live says", &said(folder, &url, &["check", "--live", "."]));

    let environment = BTreeMap::from([("HELPLINE_TOKEN".to_owned(), TOKEN.to_owned())]);
    let mut gateway = Running::start_heard(&["serve", &folder.display().to_string()], &environment);
    let at = addresses(&gateway.says("Portico runs").await);
    let answer = graphql(&at["traffic"], &page.block("query")).await;
    page.says("query says", &format!("{answer}\n"));
    gateway.signal("TERM");
    assert_eq!(gateway.ended().await.code(), Some(0));
}

async fn graphql(traffic: &str, query: &str) -> Value {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{traffic}/graphql"))
        .header("x-api-key", KEY)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(json!({ "query": query }).to_string())))
        .expect("a request");
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    body.as_object_mut().expect("an object").shift_remove("extensions");
    body
}
