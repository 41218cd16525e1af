//! The contracts that a configuration would be served with.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_composites::engine::Engine;
use portico_composites::fresh::{Cache, Clock, Limits, SystemClock};
use portico_composites::schema::Schema;
use portico_contracts::compatibility::Contracts;
use portico_contracts::packs;

use super::Failure;
use crate::published::Published;
use crate::settings::{self, Document, Settings};

pub(super) fn contracts(settings: &Settings) -> Result<Contracts, Failure> {
    Ok(Contracts { graphql: Schema::new().sdl(), versions: versions(settings)?, configuration: configuration() })
}

/// The very documents that the gateway serves.
fn versions(settings: &Settings) -> Result<BTreeMap<(String, String), serde_json::Value>, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let nothing = Limits { bytes: 0, ..Limits::default() };
    let cache = Cache::new(nothing, Arc::clone(&clock));
    let engine = Engine::new(settings.graphql.guard.clone(), u64::MAX, cache, clock);
    let published = Published::compile(settings, &engine).map_err(|mistakes| {
        let lines = mistakes.iter().map(|mistake| format!("\n  {mistake}"));
        Failure::new(format!("the published documents are not in order:{}", lines.collect::<String>()))
    })?;
    let mut versions = BTreeMap::new();
    for version in settings.apis.values().flat_map(|api| api.versions.values()) {
        if let Some(description) = published.description(version) {
            let name = (version.api.to_string(), version.version.to_string());
            versions.insert(name, serde_json::from_slice(description)?);
        }
    }
    Ok(versions)
}

fn configuration() -> BTreeMap<String, serde_json::Value> {
    [
        ("portico.yaml", settings::schema(Document::Gateway).to_value()),
        ("tenant.yaml", settings::schema(Document::Tenant).to_value()),
        ("api.yaml", settings::schema(Document::Api).to_value()),
        ("pack.yaml", packs::schema()),
    ]
    .map(|(file, schema)| (file.to_owned(), schema))
    .into()
}
