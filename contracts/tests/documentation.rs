//! What the documentation shows is true: its worked example is a sound pack, it names every member of the format, and
//! the table of what packs cover is that of the packs.

use std::sync::Arc;

use portico_contracts::packs::{Pack, coverage, schema};

const PACKS: &str = include_str!("../../docs/packs.md");

#[test]
fn the_worked_example_of_packs_md_is_a_sound_pack() {
    let (_, after) =
        PACKS.split_once("<!-- helpline: whole -->\n```yaml\n").expect("the example begins behind its comment");
    let (yaml, _) = after.split_once("```").expect("the example ends");
    let pack = Pack::parse("helpline", yaml).expect("no mistakes");
    let case = &pack.entities["Case"];
    assert_eq!(case.by.keys().copied().collect::<Vec<_>>(), ["number", "customerNumber", "orderNumber"]);
}

#[test]
fn packs_md_names_every_member_of_the_format() {
    let schema = schema();
    let parts = schema["$defs"].as_object().expect("definitions").values();
    let members = parts.chain([&schema]).filter_map(|part| part["properties"].as_object()).flat_map(|part| part.keys());
    // As code, in an example or in a table.
    let is_named = |name: &str| {
        let forms = [format!("`{name}`"), format!("{name}:"), format!(" {name},"), format!(" {name} }}")];
        forms.iter().any(|form| PACKS.contains(form.as_str()))
    };
    let missing: Vec<&String> = members.filter(|name| !is_named(name)).collect();
    assert!(missing.is_empty(), "docs/packs.md does not say {missing:?}");
}

#[test]
fn coverage_md_is_up_to_date() {
    let packs: Vec<Arc<Pack>> = Pack::built_in_names().filter_map(Pack::built_in).collect();
    let page = coverage::page(&packs.iter().map(Arc::as_ref).collect::<Vec<_>>());
    let written = include_str!("../../docs/coverage.md");
    assert!(
        page == written,
        "docs/coverage.md is out of date: cargo run -p portico-gateway -- pack coverage --output docs/coverage.md"
    );
}
