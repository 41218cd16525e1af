//! What is published, compiled: the operations' documents and each version's description.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use portico_composites::engine::Engine;
use portico_composites::openapi::{self, Endpoint, Life, Route, Stage, VersionFacts};
use portico_composites::operations::Operation;

use crate::settings::{self, ApiVersion, Lifecycle, Mistake, Settings};

/// Compiled documents by the file that they stand in, and descriptions by the version's base path.
pub(crate) struct Published {
    operations: HashMap<String, Arc<Operation>>,
    descriptions: HashMap<String, Bytes>,
}

impl Published {
    /// Compiles every document. Reports every mistake.
    pub(crate) fn compile(settings: &Settings, engine: &Engine) -> Result<Self, Vec<Mistake>> {
        let mut published = Published { operations: HashMap::new(), descriptions: HashMap::new() };
        let mut mistakes = Vec::new();
        let versions = || settings.apis.values().flat_map(|api| api.versions.values());
        for operation in versions().flat_map(|version| &version.operations) {
            match compile(operation, engine) {
                Ok(compiled) => {
                    published.operations.insert(operation.file.clone(), Arc::new(compiled));
                }
                Err(found) => mistakes.extend(found),
            }
        }
        for version in versions() {
            let description = Bytes::from(published.describe(version).to_string());
            published.descriptions.insert(version.base_path(), description);
        }
        if mistakes.is_empty() { Ok(published) } else { Err(mistakes) }
    }

    /// A published operation, compiled.
    pub(crate) fn operation(&self, operation: &settings::Operation) -> Option<&Arc<Operation>> {
        self.operations.get(&operation.file)
    }

    /// A version's OpenAPI document.
    pub(crate) fn description(&self, version: &ApiVersion) -> Option<&Bytes> {
        self.descriptions.get(&version.base_path())
    }

    fn describe(&self, version: &ApiVersion) -> serde_json::Value {
        let paths: Vec<String> = version.operations.iter().map(|operation| operation.path.to_string()).collect();
        let compiled = version.operations.iter().zip(&paths).filter_map(|(operation, path)| {
            let scope = operation.scope.as_deref();
            let compiled = self.operation(operation)?;
            Some(Endpoint { method: operation.method.clone(), path, operation: compiled, summary: None, scope })
        });
        let endpoints: Vec<Endpoint<'_>> = compiled.collect();
        let tails: Vec<String> = version.routes.iter().map(|route| route.path.to_string()).collect();
        let routes = version.routes.iter().zip(&tails);
        let routes: Vec<Route<'_>> = routes
            .map(|(route, path)| Route {
                methods: &route.methods,
                path,
                role: route.role,
                scope: route.scope.as_deref(),
            })
            .collect();
        let base_path = version.base_path();
        let facts = VersionFacts {
            api: version.api.as_str(),
            version: version.version.as_str(),
            title: &version.title,
            description: version.description.as_deref(),
            documentation: version.documentation.as_ref().map(url::Url::as_str),
            base_path: &base_path,
            scope: version.scope.as_deref(),
            life: life(&version.lifecycle),
        };
        openapi::document(&facts, &endpoints, &routes)
    }
}

fn life(lifecycle: &Lifecycle) -> Life<'_> {
    let successor = lifecycle.successor().map(settings::VersionName::as_str);
    match lifecycle {
        Lifecycle::Preview => Life::undated(Stage::Preview),
        Lifecycle::Active => Life::undated(Stage::Active),
        Lifecycle::Deprecated { since, sunset, .. } => {
            Life { stage: Stage::Deprecated, deprecated_on: Some(*since), sunset_on: *sunset, successor }
        }
        Lifecycle::Retired { .. } => Life { successor, ..Life::undated(Stage::Retired) },
    }
}

fn compile(operation: &settings::Operation, engine: &Engine) -> Result<Operation, Vec<Mistake>> {
    let names: Vec<&str> = operation.path.parameters().collect();
    let compiled = Operation::compile(engine, &operation.document, &names, &operation.required);
    compiled.and_then(|compiled| compiled.lifting(&operation.lift)).map_err(|found| {
        let mistake = |says: String| Mistake { file: operation.file.clone(), line: 0, path: String::new(), says };
        found.into_iter().map(mistake).collect()
    })
}
