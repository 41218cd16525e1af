//! The table of scopes: the model's, and those that the configuration's APIs, operations and routes name.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_contracts::scopes::{Opens, ScopeTable};

use crate::settings::{Api, ApiName, ApiVersion};

pub(super) fn table(apis: &BTreeMap<ApiName, Arc<Api>>) -> ScopeTable {
    let mut table = ScopeTable::of_model();
    for version in apis.values().flat_map(|api| api.versions.values()) {
        add(&mut table, version);
    }
    table
}

fn add(table: &mut ScopeTable, version: &ApiVersion) {
    if let Some(scope) = &version.scope {
        table.open(scope, Opens::Version(version.api.as_str().into(), version.version.as_str().into()));
    }
    let base = version.base_path();
    for operation in &version.operations {
        if let Some(scope) = &operation.scope {
            table.open(scope, Opens::Path(format!("{} {base}{}", operation.method, operation.path).into()));
        }
    }
    for route in &version.routes {
        let Some(scope) = &route.scope else { continue };
        for method in &route.methods {
            table.open(scope, Opens::Path(format!("{method} {base}{}", route.path).into()));
        }
    }
}
