//! NetSuite: a query that finds nothing is refused where a column does not exist. Then each column is asked for alone.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use portico_contracts::packs::{EntityMapping, KeyClass, LookUp};
use serde_json::json;

use super::Untold;
use super::compare::Comparison;
use crate::ask::Call;
use crate::connect::keys::encode;
use crate::connect::quoted::text;
use crate::connect::system::System;
use crate::connect::system::probe::in_words;
use crate::connect::wire::Request;

/// No row has this key.
const NOBODY: &str = "portico-check-0";

pub(super) async fn compare(system: &System, call: &Call, into: &mut Comparison) -> Result<(), Untold> {
    for mapping in into.entities(system.driver()) {
        for look_up in mapping.by.values() {
            look_up_of(system, call, (mapping, look_up), into).await?;
        }
        into.compared();
    }
    Ok(())
}

async fn look_up_of(
    system: &System,
    call: &Call,
    (mapping, look_up): (&EntityMapping, &LookUp),
    into: &mut Comparison,
) -> Result<(), Untold> {
    let all: Vec<&(String, String)> = mapping.columns.iter().collect();
    if is_taken(system, call, (mapping, look_up), &all).await? {
        return Ok(());
    }
    let from = look_up.from.as_deref().unwrap_or(&mapping.from);
    let mut refused = Vec::new();
    for column in all {
        if !is_taken(system, call, (mapping, look_up), &[column]).await? {
            refused.push(column);
        }
    }
    if refused.len() == mapping.columns.len() {
        into.difference(format!("{} by {}: the query over `{from}` is refused", mapping.of.name, look_up.by));
        return Ok(());
    }
    for (name, expression) in refused {
        into.difference(format!("{} reads `{expression}` as `{name}`, which `{from}` refuses", mapping.of.name));
    }
    Ok(())
}

/// Whether a query for these columns is answered.
async fn is_taken(
    system: &System,
    call: &Call,
    (mapping, look_up): (&EntityMapping, &LookUp),
    columns: &[&(String, String)],
) -> Result<bool, Untold> {
    let driver = system.driver();
    let selected: Vec<String> = columns.iter().map(|(name, expression)| format!("{expression} AS {name}")).collect();
    let key = look_up.path.members().join(".");
    let key = mapping.columns.iter().find(|(name, _)| *name == key).map_or(key.as_str(), |(_, expression)| expression);
    let nobody = if look_up.keys.allow == KeyClass::Digits { "0".to_owned() } else { text(NOBODY) };
    let from = look_up.from.as_deref().unwrap_or(&mapping.from);
    let query = format!("SELECT {} FROM {from} WHERE {key} = {nobody}", selected.join(", "));
    let extra: String =
        driver.pack.parameters.iter().map(|(name, value)| format!("&{name}={}", encode(value))).collect();
    let mut headers = driver.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let request = Request {
        method: Method::POST,
        target: format!("{}?limit=1&offset=0{extra}", driver.pack.path),
        headers,
        body: Some(Bytes::from(json!({ "q": query }).to_string())),
        linked: None,
    };
    let answer = system.send(&request, call).await.map_err(|trouble| in_words(&trouble))?;
    match answer.status.as_u16() {
        200..=299 => Ok(true),
        400 => Ok(false),
        401 => Err("does not accept our credentials".to_owned()),
        403 => Err("does not allow us to query (HTTP 403)".to_owned()),
        status => Err(format!("did not answer a query (HTTP {status})")),
    }
}
