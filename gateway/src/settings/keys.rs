//! API keys in the files of tenants: finding one, and taking it out without touching anything else.
//!
//! A file that people wrote keeps its comments, its order and its ways of writing: lines are cut, nothing is written anew.
//! What comes out must read as the same file without that key, or it is not written.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::folder::Folder;
use super::read::{self, At};
use super::written::{KeySection, TenantFile};

/// Which key is meant. What is left open is not asked for.
#[derive(Debug, Clone, Default)]
pub struct WhichKey {
    /// What stands in the key after `pk_`.
    pub id: Option<String>,
    /// What operators call it.
    pub name: Option<String>,
    /// Whose consumer has it.
    pub tenant: Option<String>,
    /// Who has it.
    pub consumer: Option<String>,
}

/// Where a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlace {
    /// The file, in its folder.
    pub file: String,
    /// The line where it begins.
    pub line: usize,
    /// The tenant.
    pub tenant: String,
    /// The consumer.
    pub consumer: String,
    /// What operators call it.
    pub name: String,
    /// Its place among the consumer's keys.
    at: usize,
}

impl std::fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let KeyPlace { file, line, tenant, consumer, name, .. } = self;
        write!(f, "{file}:{line}: the key \"{name}\" of {consumer} of {tenant}")
    }
}

/// Why no key was taken out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRevoked {
    /// The folder or a file of it.
    #[error("{0}")]
    Unreadable(String),
    /// No key fits.
    #[error("there is no such key in tenants/; a key that was made before keys had an `id` is known by its name")]
    Unknown,
    /// Several fit.
    #[error("several keys fit; say which, with --tenant, --consumer or --id:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<KeyPlace>),
    /// It is not written in a way that can be cut.
    #[error("{0} does not stand on lines of its own; take it out by hand")]
    ByHand(KeyPlace),
}

/// Takes a key out of its tenant's file.
pub fn revoke(folder: &Path, which: &WhichKey) -> Result<KeyPlace, NotRevoked> {
    let folder = Folder::open(folder).map_err(|mistake| NotRevoked::Unreadable(mistake.to_string()))?;
    let mut fitting = Vec::new();
    for file in folder.list("tenants").iter().filter(|file| file.ends_with(".yaml")) {
        let file = format!("tenants/{file}");
        let unreadable = |says| NotRevoked::Unreadable(format!("{file}: {says}"));
        let text = folder.text(&file).map_err(unreadable)?;
        fitting.extend(keys(&file, &text).into_iter().filter(|(key, id)| fits(key, id.as_deref(), which)));
    }
    let place = match fitting.len() {
        0 => return Err(NotRevoked::Unknown),
        1 => fitting.swap_remove(0).0,
        _ => return Err(NotRevoked::Several(fitting.into_iter().map(|(key, _)| key).collect())),
    };
    let unwritable = |says: String| NotRevoked::Unreadable(format!("{}: {says}", place.file));
    let text = folder.text(&place.file).map_err(unwritable)?;
    let without = cut(&text, &place).ok_or_else(|| NotRevoked::ByHand(place.clone()))?;
    let path = folder.named(&place.file).map_err(unwritable)?;
    replace(&path, &without).map_err(|error| unwritable(format!("it cannot be written: {error}")))?;
    Ok(place)
}

/// Every key of a tenant's file, with its id where that is written.
fn keys(file: &str, text: &str) -> Vec<(KeyPlace, Option<String>)> {
    let read = read::read::<TenantFile>(file, text);
    let tenant = file.trim_start_matches("tenants/").trim_end_matches(".yaml");
    let consumers = read.written.iter().flat_map(|written| &written.consumers);
    let found = consumers.flat_map(|(consumer, section)| {
        section.keys.iter().enumerate().map(move |(at, key): (usize, &At<KeySection>)| {
            let place = KeyPlace {
                file: file.to_owned(),
                line: key.place.line,
                tenant: tenant.to_owned(),
                consumer: consumer.clone(),
                name: key.name.value.clone(),
                at,
            };
            (place, key.id.as_ref().map(|id| id.value.clone()))
        })
    });
    found.collect()
}

fn fits(key: &KeyPlace, id: Option<&str>, which: &WhichKey) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
    let named = is(&which.name, &key.name) && is(&which.tenant, &key.tenant) && is(&which.consumer, &key.consumer);
    named && which.id.as_deref().is_none_or(|wanted| id.is_some_and(|id| id.eq_ignore_ascii_case(wanted)))
}

/// The text without the lines of a key. None where it has none of its own, or something else would change with them.
fn cut(text: &str, place: &KeyPlace) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = place.line.checked_sub(1)?;
    let dash = indent(lines.get(first)?);
    if !lines[first].trim_start_matches(' ').starts_with("- ") {
        return None;
    }
    let below = |line: &&&str| line.trim().is_empty() || indent(line) > dash;
    let mut end = first + 1 + lines[first + 1..].iter().take_while(below).count();
    while end > first + 1 && lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    let whole = [&lines[..first], &lines[end..]].concat().concat();
    if reads_as(text, &whole, place) {
        return Some(whole);
    }
    // It was the last: the list says so, or it would say nothing.
    let head = lines[..first].iter().rposition(|line| line.trim_start().starts_with("keys:"))?;
    let (before, after) = lines[head].split_once("keys:")?;
    let emptied = format!("{before}keys: []{after}");
    let whole = [&lines[..head], &[emptied.as_str()], &lines[head + 1..first], &lines[end..]].concat().concat();
    reads_as(text, &whole, place).then_some(whole)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether the second text says what the first says, without this key.
fn reads_as(text: &str, whole: &str, place: &KeyPlace) -> bool {
    let read = |text: &str| serde_saphyr::from_str::<Value>(text).ok();
    let (Some(mut before), Some(after)) = (read(text), read(whole)) else { return false };
    match before["consumers"][&place.consumer]["keys"].as_array_mut() {
        Some(keys) if place.at < keys.len() => drop(keys.remove(place.at)),
        _ => return false,
    }
    before == after
}

/// As a whole or not at all: a gateway that reads meanwhile sees the old file or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = (|| {
        let mut file = fs::File::create(&beside)?;
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    })();
    if written.is_err() {
        // What could not be put in place is of no use.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests;
