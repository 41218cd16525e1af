//! `portico reload`, `portico cache purge`: changes of a running gateway, asked of its admin listener.

use std::process::ExitCode;

use bytes::Bytes;
use clap::{Args, Subcommand};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use http_body_util::Full;
use portico_composites::connect::client::{Client, ClientSettings};
use portico_composites::connect::network::Network;
use serde_json::{Map, Value, json};

use super::{Failure, running};

/// Where the administrator's token is found.
const TOKEN: &str = "PORTICO_ADMIN_TOKEN";
const URL: &str = "PORTICO_ADMIN_URL";

#[derive(Debug, Args)]
pub(super) struct Where {
    /// The admin listener. Default: the environment variable `PORTICO_ADMIN_URL`, then <http://127.0.0.1:9900>. The
    /// administrator's token is taken from the environment variable `PORTICO_ADMIN_TOKEN`.
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Reload {
    #[command(flatten)]
    at: Where,
}

/// The cache.
#[derive(Debug, Subcommand)]
pub(super) enum Cache {
    /// Take values out: everything of a tenant, of one of its systems, of one entity of that, or of one key of that.
    Purge(Purge),
}

#[derive(Debug, Args)]
pub(super) struct Purge {
    /// Whose values.
    #[arg(long)]
    tenant: String,
    /// Of which of its systems.
    #[arg(long)]
    system: Option<String>,
    /// Of which entity, for example `Order`.
    #[arg(long, requires = "system")]
    entity: Option<String>,
    /// Of which key: what was looked up by it, and what holds it.
    #[arg(long, requires = "entity")]
    key: Option<String>,
    #[command(flatten)]
    at: Where,
}

pub(super) fn reload(arguments: &Reload) -> Result<ExitCode, Failure> {
    let told = post(&arguments.at, "/api/reload", &json!({}))?;
    super::print(&format!("the configuration was applied; it is number {}\n", told["generation"]))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn cache(command: &Cache) -> Result<ExitCode, Failure> {
    let Cache::Purge(Purge { tenant, system, entity, key, at }) = command;
    let members =
        [("tenant", Some(tenant)), ("system", system.as_ref()), ("entity", entity.as_ref()), ("key", key.as_ref())];
    let named = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?.as_str()))));
    let told = post(at, "/api/cache/purge", &Value::Object(named.collect::<Map<_, _>>()))?;
    super::print(&format!("{} values were removed\n", told["removed"]))?;
    Ok(ExitCode::SUCCESS)
}

fn post(at: &Where, path: &str, body: &Value) -> Result<Value, Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base =
        at.admin.clone().or_else(|| std::env::var(URL).ok()).unwrap_or_else(|| "http://127.0.0.1:9900".to_owned());
    let token =
        std::env::var(TOKEN).map_err(|_| Failure::new(format!("the environment variable {TOKEN} is not set")))?;
    let request = Request::post(format!("{}{path}", base.trim_end_matches('/')))
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::<Bytes>::from(body.to_string()))?;
    let mut told = Value::Null;
    running::on_a_runtime(async {
        let client = Client::new(&ClientSettings { network: Network::Private, ..ClientSettings::default() })?;
        let answer = client.send(request).await?;
        told = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            StatusCode::OK => Ok(ExitCode::SUCCESS),
            status => {
                let detail = told["detail"].as_str().map_or_else(|| format!("{base} answers {status}"), str::to_owned);
                Err(Failure::new(detail))
            }
        }
    })?;
    Ok(told)
}
