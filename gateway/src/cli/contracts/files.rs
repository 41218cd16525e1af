//! Published contracts as files: `schema.graphql`, `apis/<api>/<version>/openapi.json`, `configuration/<kind>.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use portico_contracts::compatibility::Contracts;
use serde_json::Value;

use super::Failure;

const SCHEMA: &str = "schema.graphql";
const APIS: &str = "apis";
const OPENAPI: &str = "openapi.json";
const CONFIGURATION: &str = "configuration";

/// Whether anything is published there.
pub(super) fn are_in(folder: &Path) -> bool {
    folder.join(SCHEMA).is_file()
}

pub(super) fn read(folder: &Path) -> Result<Contracts, Failure> {
    if !are_in(folder) {
        let says = format!("nothing is published in {}; `portico contracts publish` does", folder.display());
        return Err(Failure::new(says));
    }
    let mut contracts = Contracts { graphql: text(&folder.join(SCHEMA))?, ..Contracts::default() };
    for api in names(&folder.join(APIS))? {
        for version in names(&folder.join(APIS).join(&api))? {
            let document = json(&folder.join(APIS).join(&api).join(&version).join(OPENAPI))?;
            contracts.versions.insert((api.clone(), version), document);
        }
    }
    for file in names(&folder.join(CONFIGURATION))? {
        if let Some(kind) = file.strip_suffix(".json") {
            contracts.configuration.insert(kind.to_owned(), json(&folder.join(CONFIGURATION).join(&file))?);
        }
    }
    Ok(contracts)
}

/// Writes all and removes the documents of versions that are no more. Other files stay.
pub(super) fn write(folder: &Path, contracts: &Contracts) -> Result<(), Failure> {
    let mut files: BTreeMap<String, String> = BTreeMap::from([(SCHEMA.to_owned(), contracts.graphql.clone())]);
    for ((api, version), document) in &contracts.versions {
        files.insert(format!("{APIS}/{api}/{version}/{OPENAPI}"), pretty(document)?);
    }
    for (kind, schema) in &contracts.configuration {
        files.insert(format!("{CONFIGURATION}/{kind}.json"), pretty(schema)?);
    }
    remove_ended(folder, &files.keys().cloned().collect())?;
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

fn remove_ended(folder: &Path, kept: &BTreeSet<String>) -> Result<(), Failure> {
    for api in names(&folder.join(APIS))? {
        for version in names(&folder.join(APIS).join(&api))? {
            let name = format!("{APIS}/{api}/{version}/{OPENAPI}");
            let path = folder.join(&name);
            if !kept.contains(&name) && path.is_file() {
                fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
                // Only where nothing else is in it.
                let _ = path.parent().map(fs::remove_dir);
            }
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let name = entry.map_err(|error| failed(folder, &error))?.file_name().into_string();
        names.extend(name.ok().filter(|name| !name.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| failed(path, &error))
}

fn json(path: &Path) -> Result<Value, Failure> {
    serde_json::from_str(&text(path)?).map_err(|error| failed(path, &error))
}

fn pretty(document: &Value) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
