//! Systems that describe their objects: OData by one document, Salesforce by one for each object.

use std::collections::BTreeMap;

use portico_contracts::packs::{EntityMapping, Path, Step, Template};
use serde_json::Value as Json;

use super::compare::{Comparison, FieldShape, Holds, There, nearest, wanted};
use super::csdl::Metadata;
use super::{Untold, address, described, fetch, get};
use crate::ask::Call;
use crate::connect::driver::Driver;
use crate::connect::system::System;

/// OData: all sets at once.
pub(super) async fn metadata(system: &System, call: &Call, path: &str, into: &mut Comparison) -> Result<(), Untold> {
    let driver = system.driver();
    let request = get(driver, format!("{}{path}", driver.pack.path), Some("application/xml"));
    let answer = fetch(system, call, &request).await?;
    let metadata = Metadata::read(&answer.body);
    let metadata = metadata.ok_or_else(|| "described itself with something that is no metadata".to_owned())?;
    for mapping in into.entities(driver) {
        let set = mapping.shape.as_deref().unwrap_or(&mapping.from);
        let Some(kind) = metadata.sets.get(set) else {
            let near = nearest(set, metadata.sets.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            into.difference(format!("{} is read from `{set}`, which there is not{near}", mapping.of.name));
            continue;
        };
        into.compared();
        for one in wanted(driver, mapping) {
            into.hold(mapping.of.name, set, one, &in_set(&metadata, kind, one.path));
        }
    }
    Ok(())
}

/// Where a path leads in a set's rows.
fn in_set(metadata: &Metadata, kind: &str, path: &Path) -> There {
    let mut kind = kind.to_owned();
    let members = path.members();
    for (depth, member) in members.iter().enumerate() {
        let properties = metadata.properties(&kind);
        let Some(found) = properties.get(member) else {
            return There::Nothing(nearest(member, properties.keys().copied()));
        };
        let last = depth + 1 == members.len();
        if last || !metadata.is_complex(found) {
            return There::Field(metadata.shape(found));
        }
        kind = (*found).to_owned();
    }
    There::Field(FieldShape::default())
}

/// Salesforce: object by object, those that relations lead to among them.
pub(super) async fn objects(
    system: &System,
    call: &Call,
    template: &Template,
    into: &mut Comparison,
) -> Result<(), Untold> {
    let mut known = Objects { system, call, template, asked: BTreeMap::new() };
    for mapping in into.entities(system.driver()) {
        entity(&mut known, mapping, into).await?;
    }
    Ok(())
}

async fn entity(known: &mut Objects<'_>, mapping: &EntityMapping, into: &mut Comparison) -> Result<(), Untold> {
    let name = mapping.shape.clone().unwrap_or_else(|| mapping.from.clone());
    if known.object(&name).await?.is_none() {
        into.difference(format!("{} is read from `{name}`, which we cannot see", mapping.of.name));
        return Ok(());
    }
    into.compared();
    let driver: &Driver = known.system.driver();
    for one in wanted(driver, mapping) {
        let there = known.at(&name, one.path).await?;
        into.hold(mapping.of.name, &name, one, &there);
    }
    Ok(())
}

/// The descriptions that were asked for.
struct Objects<'a> {
    system: &'a System,
    call: &'a Call,
    template: &'a Template,
    asked: BTreeMap<String, Option<Json>>,
}

impl Objects<'_> {
    /// The description of an object; `None` where there is none, or none that we may see.
    async fn object(&mut self, name: &str) -> Result<Option<&Json>, Untold> {
        if !self.asked.contains_key(name) {
            let driver = self.system.driver();
            let request = get(driver, address(driver, self.template, name, &[]), None);
            let described = described(self.system, self.call, &request).await?;
            self.asked.insert(name.to_owned(), described);
        }
        Ok(self.asked.get(name).and_then(Option::as_ref))
    }

    /// Where a path leads: over relations to a parent's field, or into one list of children.
    async fn at(&mut self, object: &str, path: &Path) -> Result<There, Untold> {
        let mut object = object.to_owned();
        let mut members: Vec<&str> = Vec::new();
        for step in &path.steps {
            match step {
                Step::Member(name) => members.push(name),
                Step::Each => {
                    // `Children.records[]`
                    let children = members.iter().rev().nth(1).copied().unwrap_or_default();
                    let Some(described) = self.object(&object).await? else { return Ok(There::Nothing(None)) };
                    let Some(next) = child_of(described, children) else { return Ok(There::Nothing(None)) };
                    object = next;
                    members.clear();
                }
                Step::Index(_) | Step::Having(..) => {}
            }
        }
        while let Some((first, rest)) = members.split_first() {
            let Some(described) = self.object(&object).await? else { return Ok(There::Nothing(None)) };
            if rest.is_empty() {
                return Ok(field_of(described, first));
            }
            // A compound field's parts are fields of their own; all else is a relation.
            let Some(parent) = parent_of(described, first) else {
                return Ok(There::Nothing(nearest(first, relations(described))));
            };
            object = parent;
            members = rest.to_vec();
        }
        Ok(There::Field(FieldShape::default()))
    }
}

fn list<'j>(described: &'j Json, name: &str) -> &'j [Json] {
    described[name].as_array().map_or(&[][..], Vec::as_slice)
}

fn is_named(item: &Json, member: &str, name: &str) -> bool {
    item[member].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

fn field_of(described: &Json, name: &str) -> There {
    let fields = list(described, "fields");
    let Some(field) = fields.iter().find(|field| is_named(field, "name", name)) else {
        return There::Nothing(nearest(name, fields.iter().filter_map(|field| field["name"].as_str())));
    };
    let called = field["type"].as_str().unwrap_or_default().to_owned();
    let words = list(field, "picklistValues").iter().filter(|word| word["active"] != false);
    There::Field(FieldShape {
        holds: holds(&called),
        called,
        words: words.filter_map(|word| word["value"].as_str().map(str::to_owned)).collect(),
    })
}

fn parent_of(described: &Json, relation: &str) -> Option<String> {
    let field = list(described, "fields").iter().find(|field| is_named(field, "relationshipName", relation))?;
    list(field, "referenceTo").first()?.as_str().map(str::to_owned)
}

fn relations(described: &Json) -> impl Iterator<Item = &str> {
    list(described, "fields").iter().filter_map(|field| field["relationshipName"].as_str())
}

fn child_of(described: &Json, relation: &str) -> Option<String> {
    let children = list(described, "childRelationships");
    let found = children.iter().find(|children| is_named(children, "relationshipName", relation))?;
    found["childSObject"].as_str().map(str::to_owned)
}

/// Salesforce's field types (Object Reference, "Field Types").
fn holds(called: &str) -> Option<Holds> {
    Some(match called {
        "boolean" => Holds::Truth,
        "int" | "double" | "currency" | "percent" | "long" => Holds::Number,
        "date" | "datetime" => Holds::Moment,
        "address" | "location" => Holds::Structure,
        "string" | "id" | "reference" | "picklist" | "multipicklist" | "textarea" | "phone" | "url" | "email"
        | "combobox" | "encryptedstring" => Holds::Text,
        _ => return None,
    })
}
