//! How a pack says that its systems describe themselves.

use super::super::document::Node;
use super::super::reader::{Reader, Section};
use super::super::shapes::{FieldList, Shapes};
use super::super::template::{Hole, Template};
use super::super::{Language, Path};

pub(super) fn read(reader: &mut Reader, top: &Section<'_>, language: Language) -> Option<Shapes> {
    let node = top.get("shapes")?;
    let section = reader.section(node, "shapes", &["metadata", "describe", "fields", "row"])?;
    let [entry] = section.entries() else {
        reader.mistake(node.line, "shapes", "say one way: `metadata`, `describe`, `fields` or `row`");
        return None;
    };
    let driver = language.capabilities();
    let at = section.at(&entry.key);
    if !driver.shapes.contains(&entry.key.as_str()) {
        let says = format!("the driver `{}` asks for shapes by {}", driver.name, driver.shapes.join(", "));
        reader.mistake(entry.line, &at, says);
        return None;
    }
    match entry.key.as_str() {
        "metadata" => {
            let text = reader.raw_text(&entry.value, &at)?;
            reader.name(&text, entry.line, &at).map(Shapes::Metadata)
        }
        "describe" => address(reader, &entry.value, &at, &[Hole::Shape]).map(Shapes::Describe),
        "row" => address(reader, &entry.value, &at, &[Hole::Shape, Hole::Fields]).map(Shapes::Row),
        _ => fields(reader, &entry.value, &at).map(|list| Shapes::Fields(Box::new(list))),
    }
}

/// An address with the hole `{shape}`.
fn address(reader: &mut Reader, node: &Node, at: &str, holes: &[Hole]) -> Option<Template> {
    let text = reader.raw_text(node, at)?;
    if !text.starts_with('/') || !text.contains("{shape}") {
        reader.mistake(node.line, at, "an address begins with `/` and has the hole `{shape}`");
    }
    reader.template(&text, node.line, at, holes)
}

fn fields(reader: &mut Reader, node: &Node, at: &str) -> Option<FieldList> {
    let section = reader.section(node, at, &["path", "rows", "name", "type", "words"])?;
    let many = |path: Option<Path>| path.filter(Path::is_many);
    for name in ["path", "rows", "name"] {
        if section.get(name).is_none() {
            reader.mistake(section.line, at, format!("`{name}` is missing"));
        }
    }
    let rows = reader.path_at(&section, "rows");
    if rows.as_ref().is_some_and(|path| !path.is_many()) {
        reader.mistake(section.line, &section.at("rows"), "the fields are a list: `results[]`");
    }
    Some(FieldList {
        path: address(reader, section.get("path")?, &section.at("path"), &[Hole::Shape])?,
        rows: many(rows)?,
        name: reader.path_at(&section, "name")?,
        kind: reader.path_at(&section, "type"),
        words: reader.path_at(&section, "words"),
    })
}

/// How the system's description calls an entity: OData and SOQL by what rows come from, others by what the pack says.
pub(super) fn of_entity(reader: &mut Reader, entity: &Section<'_>, language: Language, from: &str) -> Option<String> {
    let Some(node) = entity.get("shape") else {
        return matches!(language, Language::Odata | Language::Soql).then(|| from.to_owned());
    };
    if language == Language::Suiteql {
        reader.mistake(node.line, &entity.at("shape"), "the driver `suiteql` asks by its own queries");
        return None;
    }
    let text = reader.raw_text(node, &entity.at("shape"))?;
    reader.literal(&text, node.line, &entity.at("shape"))
}
