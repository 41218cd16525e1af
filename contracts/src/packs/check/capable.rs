//! What a pack asks of its driver beyond what the driver can do, and what it says that nothing would read.

use indexmap::IndexMap;

use super::super::capabilities::{Capabilities, Pages, Paths};
use super::super::document::Kind;
use super::super::reader::{Reader, Section, did_you_mean};
use super::super::template::Hole;
use super::super::{EntityMapping, Language, LastPage, LookUp, Mapping, Paging, PagingStyle, Path, Step};

/// Members about which the checks of their own parts have better words.
const SAID_ELSEWHERE: [&str; 5] = ["from", "columns", "request", "links", "shape"];

pub(super) fn check(
    reader: &mut Reader,
    top: &Section<'_>,
    language: Language,
    paging: Option<&Paging>,
    entities: &IndexMap<&'static str, EntityMapping>,
) {
    let driver = language.capabilities();
    if let Some(node) = top.get("path").filter(|_| !driver.pack.contains(&"path")) {
        reader.mistake(
            node.line,
            "path",
            format!("the driver `{}` does not read it: requests say their paths", driver.name),
        );
    }
    if let (Some(paging), Some(node)) = (paging, top.get("paging")) {
        pages(reader, node.line, "paging", paging, driver);
    }
    let Some(section) = top.get("entities").and_then(|node| Reader::default().map(node, "entities")) else { return };
    for entry in section.entries() {
        let Some(mapping) = entities.get(entry.key.as_str()) else { continue };
        let Some(own) = Reader::default().map(&entry.value, &section.at(&entry.key)) else { continue };
        members(reader, &own, driver.entity, driver);
        statuses(reader, &own, driver);
        fragments(reader, &own, mapping, language);
        fields(reader, &own, mapping, driver);
        look_ups(reader, &own, mapping, paging, driver);
    }
}

fn members(reader: &mut Reader, section: &Section<'_>, known: &[&str], driver: &Capabilities) {
    for entry in section.entries() {
        let name = entry.key.as_str();
        if !known.contains(&name) && super::entity::is_member(name) && !SAID_ELSEWHERE.contains(&name) {
            let says = format!("the driver `{}` does not read `{name}`", driver.name);
            reader.mistake(entry.line, &section.at(name), says);
        }
    }
}

fn statuses(reader: &mut Reader, entity: &Section<'_>, driver: &Capabilities) {
    let Some(section) = entity.get("statuses").and_then(|node| Reader::default().map(node, &entity.at("statuses")))
    else {
        return;
    };
    for entry in section.entries().iter().filter(|entry| !driver.statuses.contains(&entry.key.as_str())) {
        if ["enum", "each", "join"].contains(&entry.key.as_str()) {
            let says = format!("the driver `{}` does not read `{}`", driver.name, entry.key);
            reader.mistake(entry.line, &section.at(&entry.key), says);
        }
    }
}

/// A hole that nothing fills, and a fragment that no hole takes.
fn fragments(reader: &mut Reader, entity: &Section<'_>, mapping: &EntityMapping, language: Language) {
    if mapping.statuses.is_some() && !mapping.fields.iter().any(|(_, name, _)| *name == "status") {
        let line = entity.get("statuses").map_or(entity.line, |node| node.line);
        reader.mistake(line, &entity.at("statuses"), "`status` is not mapped, so there is nothing to narrow by");
    }
    if language != Language::Rest {
        return;
    }
    let requests = || mapping.by.values().filter_map(|look_up| look_up.request.as_ref());
    for (name, hole, said) in
        [("open", Hole::Open, mapping.open.is_some()), ("statuses", Hole::Statuses, mapping.statuses.is_some())]
    {
        let taken = requests().any(|request| request.has(hole));
        if said && !taken {
            let line = entity.get(name).map_or(entity.line, |node| node.line);
            reader.mistake(line, &entity.at(name), format!("no request has the hole `{{{name}}}` for it"));
        }
        if taken && !said {
            let says = format!("a request has the hole `{{{name}}}`, and the entity does not say `{name}`");
            reader.mistake(entity.line, &entity.at("by"), says);
        }
    }
}

fn fields(reader: &mut Reader, entity: &Section<'_>, mapping: &EntityMapping, driver: &Capabilities) {
    let at = entity.at("fields");
    let section = entity.get("fields").and_then(|node| Reader::default().map(node, &at));
    for (_, name, field) in &mapping.fields {
        let own = section.as_ref().and_then(|section| section.entries().iter().find(|entry| entry.key == *name));
        let line = own.map_or(entity.line, |entry| entry.line);
        for reading in field.reads() {
            if let Some(says) = cannot_ask(reading.path, driver) {
                reader.mistake(line, &format!("{at}.{name}"), says);
            }
        }
        repeated(reader, line, &format!("{at}.{name}"), field);
    }
    for (member, conditions) in [("where", &mapping.filters), ("skip_if", &mapping.skip)] {
        let line = entity.get(member).map_or(entity.line, |node| node.line);
        for condition in conditions {
            let says = match driver.paths {
                Paths::Any if driver.name == "rest" || member == "skip_if" => None,
                _ if member == "where" && !is_plain(&condition.path) => {
                    Some(format!("the driver `{}` can filter by members only", driver.name))
                }
                _ => cannot_ask(&condition.path, driver),
            };
            if let Some(says) = says {
                reader.mistake(line, &entity.at(member), says);
            }
        }
    }
}

/// The same place twice is one too many: what was meant is missing.
fn repeated(reader: &mut Reader, line: u64, at: &str, field: &Mapping) {
    if let Mapping::Read(read) = field {
        let twice = read.paths.iter().enumerate().any(|(number, path)| read.paths[..number].contains(path));
        if twice {
            reader.mistake(line, at, "the same path stands here twice");
        }
    }
}

fn cannot_ask(path: &Path, driver: &Capabilities) -> Option<String> {
    let counts = path.steps.iter().any(|step| matches!(step, Step::Index(_)));
    let lists = path.steps.iter().filter(|step| matches!(step, Step::Each | Step::Having(..))).count();
    match driver.paths {
        Paths::Any => None,
        Paths::MembersAndChildren if counts || path.up > 0 || lists > 1 => Some(format!(
            "the driver `{}` asks for members and one list of children, `Children.records[].Name` or \
             `Children.records[Name=…].Name`",
            driver.name
        )),
        Paths::Columns if path.steps.len() != 1 || !is_plain(path) => {
            Some(format!("the driver `{}` reads columns: a name of `columns`, and nothing inside it", driver.name))
        }
        _ => None,
    }
}

fn is_plain(path: &Path) -> bool {
    path.up == 0 && path.steps.iter().all(|step| matches!(step, Step::Member(_)))
}

fn look_ups(
    reader: &mut Reader,
    entity: &Section<'_>,
    mapping: &EntityMapping,
    usual: Option<&Paging>,
    driver: &Capabilities,
) {
    let Some(by) = entity.get("by").and_then(|node| Reader::default().map(node, &entity.at("by"))) else { return };
    for entry in by.entries() {
        let Some(look_up) = mapping.by.get(entry.key.as_str()) else { continue };
        let at = by.at(&entry.key);
        if let Kind::Map(_) = entry.value.kind
            && let Some(own) = Reader::default().map(&entry.value, &at)
        {
            members(reader, &own, driver.look_up, driver);
        }
        if let Some(paging) = &look_up.paging {
            pages(reader, entry.line, &format!("{at}.paging"), paging, driver);
        }
        look_up_itself(reader, entry.line, &at, look_up, usual, driver);
    }
}

fn look_up_itself(
    reader: &mut Reader,
    line: u64,
    at: &str,
    look_up: &LookUp,
    usual: Option<&Paging>,
    driver: &Capabilities,
) {
    if driver.name != "rest" && !is_plain(&look_up.path) {
        reader.mistake(line, at, format!("the driver `{}` can filter by members only; say `path`", driver.name));
    }
    let style = look_up.paging.as_ref().or(usual).map(|paging| &paging.style);
    let has_body = look_up.request.as_ref().is_some_and(|request| request.body.is_some());
    if matches!(style, Some(PagingStyle::Cursor { in_body: true, .. })) && driver.name == "rest" && !has_body {
        reader.mistake(line, at, "its pages are asked for in the body, and its request has none");
    }
}

fn pages(reader: &mut Reader, line: u64, at: &str, paging: &Paging, driver: &Capabilities) {
    let style = match &paging.style {
        PagingStyle::None => return,
        PagingStyle::Link(_) => Pages::Link,
        PagingStyle::Cursor { in_body: true, .. } => Pages::CursorInBody,
        PagingStyle::Cursor { .. } => Pages::Cursor,
        PagingStyle::After { .. } => Pages::After,
        PagingStyle::Offset { last: LastPage::Short, .. } => Pages::Offset,
        PagingStyle::Offset { last: LastPage::Said { .. }, .. } => Pages::OffsetSaid,
        PagingStyle::Offset { last: LastPage::Counted { .. }, .. } => Pages::OffsetCounted,
    };
    if !driver.paging.contains(&style) {
        let known: Vec<&str> = driver.paging.iter().map(|style| style.as_str()).collect();
        let says = format!("the driver `{}` pages by {}, not by {}", driver.name, known.join(", "), style.as_str());
        reader.mistake(line, at, says);
    }
}

/// Members of a field that say nothing about a value of its type.
pub(super) fn field_members(reader: &mut Reader, section: &Section<'_>, kind: &'static str, fits: &[&str]) {
    for entry in section.entries() {
        let name = entry.key.as_str();
        if super::field::is_member(name) && !fits.contains(&name) {
            let near = did_you_mean(name, fits);
            reader.mistake(entry.line, &section.at(name), format!("`{name}` says nothing about {kind}{near}"));
        }
    }
}
