//! The contracts of the demo's own APIs.

use std::path::{Path, PathBuf};

use super::*;

fn folders(of: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(of) else { return Vec::new() };
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

/// A value of `key: value`; enough for these files.
fn setting<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
}

struct Published {
    method: Method,
    path: String,
    operation: Operation,
}

fn published(file: &Path) -> Published {
    let text = std::fs::read_to_string(file).unwrap();
    let placement = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
    let (method, path) = placement.split_once(' ').unwrap();
    let operation = compiled(&text, path, &[]);
    Published { method: method.parse().unwrap(), path: path.to_owned(), operation }
}

fn contract_of(api: &str, folder: &Path) -> Value {
    let written = std::fs::read_to_string(folder.join("api.yaml")).unwrap();
    let documents: Vec<Published> = folders(folder)
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "graphql"))
        .map(|file| published(file))
        .collect();
    let stage = match setting(&written, "state").unwrap() {
        "preview" => Stage::Preview,
        "active" => Stage::Active,
        "deprecated" => Stage::Deprecated,
        _ => Stage::Retired,
    };
    let day = |key: &str| setting(&written, key).map(|day| format!("{day}T00:00:00Z").parse().unwrap());
    let base = format!("/{api}/{}", name(folder));
    let facts = VersionFacts {
        api,
        version: name(folder),
        title: setting(&written, "title").unwrap_or(api),
        description: setting(&written, "description"),
        documentation: None,
        base_path: &base,
        scope: setting(&written, "scope"),
        life: Life {
            stage,
            deprecated_on: day("deprecated_on"),
            sunset_on: day("sunset_on"),
            successor: setting(&written, "successor"),
        },
    };
    let endpoints: Vec<Endpoint<'_>> = documents
        .iter()
        .map(|published| Endpoint {
            method: published.method.clone(),
            path: &published.path,
            operation: &published.operation,
            summary: None,
            scope: None,
        })
        .collect();
    let route = Route { methods: &[Method::GET], path: "/**", role: Role::Erp, scope: None };
    let routes = if written.contains("\nroutes:") { vec![route] } else { Vec::new() };
    document(&facts, &endpoints, &routes)
}

#[test]
fn every_contract_of_the_demo_is_openapi() {
    let apis = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/templates/demo/apis");
    let mut contracts = 0;
    for api in folders(&apis) {
        for version in folders(&api) {
            checked(contract_of(name(&api), &version));
            contracts += 1;
        }
    }
    assert!(contracts > 0, "the demo's APIs are not in {}", apis.display());
}
