//! `$metadata`: what the sets of this environment declare, in CSDL.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cell::{Kind, Symbols};
use super::sets::{DEFINITIONS, Definition};
use crate::vendor::Reply;

const NAMESPACE: &str = "Microsoft.Dynamics.DataEntities";

pub(super) fn document() -> Reply {
    let types: String = DEFINITIONS.iter().map(entity_type).collect();
    let sets: String = DEFINITIONS
        .iter()
        .map(|definition| {
            format!("<EntitySet Name=\"{}\" EntityType=\"{NAMESPACE}.{}\"/>", definition.set, definition.entity)
        })
        .collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><edmx:Edmx Version=\"4.0\" \
         xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>\
         <Schema Namespace=\"{NAMESPACE}\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
         {}{types}<EntityContainer Name=\"Resources\">{sets}</EntityContainer>\
         </Schema></edmx:DataServices></edmx:Edmx>",
        enumerations(),
    );
    Reply::of(200, "application/xml", text).with("odata-version", "4.0")
}

fn enumerations() -> String {
    let kinds = DEFINITIONS.iter().flat_map(|definition| definition.properties).map(|(_, kind)| *kind);
    let symbols: BTreeMap<&str, &Symbols> = kinds
        .filter_map(|kind| match kind {
            Kind::Symbol(symbols) => Some((symbols.name, symbols)),
            _ => None,
        })
        .collect();
    let mut text = String::new();
    for (name, symbols) in symbols {
        let members: String = symbols
            .members
            .iter()
            .enumerate()
            .map(|(value, member)| format!("<Member Name=\"{member}\" Value=\"{value}\"/>"))
            .collect();
        // Writing to a string cannot fail.
        let _ = write!(text, "<EnumType Name=\"{name}\">{members}</EnumType>");
    }
    text
}

fn entity_type(definition: &Definition) -> String {
    let keys: String = definition.keys.iter().map(|key| format!("<PropertyRef Name=\"{key}\"/>")).collect();
    let properties: String = definition
        .properties
        .iter()
        .map(|(name, kind)| format!("<Property Name=\"{name}\" Type=\"{}\"/>", kind.type_name()))
        .collect();
    format!("<EntityType Name=\"{}\"><Key>{keys}</Key>{properties}</EntityType>", definition.entity)
}
