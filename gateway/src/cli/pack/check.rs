//! `portico pack check`: what is wrong with a pack, and what it covers.

use std::process::ExitCode;

use clap::Args;
use portico_contracts::packs::Pack;
use portico_contracts::packs::coverage::{self, EntityCoverage, RelationCoverage, State};

use super::{Failure, read};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Files, or names of shipped packs.
    #[arg(required = true)]
    packs: Vec<String>,
    /// Fail where a relation of a list would be asked key by key.
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut wrong = 0;
    for named in &arguments.packs {
        match read(named) {
            Ok(pack) => {
                let covered = coverage::of(&pack);
                super::super::print(&in_words(named, &pack, &covered))?;
                let slow = covered.iter().flat_map(|entity| &entity.relations).any(is_slow);
                wrong += usize::from(arguments.strict && slow);
            }
            Err(mistakes) => {
                eprintln!("{mistakes}");
                wrong += 1;
            }
        }
    }
    match wrong {
        0 => Ok(ExitCode::SUCCESS),
        1 => Err(Failure::new("1 pack is not in order")),
        wrong => Err(Failure::new(format!("{wrong} packs are not in order"))),
    }
}

/// Whether many keys would be asked for one by one.
fn is_slow(relation: &RelationCoverage) -> bool {
    relation.in_lists && relation.batch == 1
}

fn in_words(named: &str, pack: &Pack, covered: &[EntityCoverage]) -> String {
    let driver = pack.language.capabilities();
    let shapes = match (&pack.shapes, driver.name) {
        (Some(_), _) | (None, "suiteql") => "describes itself to `check --live`",
        (None, _) => "cannot be asked by `check --live`: it says no `shapes`",
    };
    let mut text = format!("{named}: in order: {}, driver {}, {shapes}\n", pack.title, driver.name);
    for entity in covered {
        text += &of_entity(entity);
    }
    let unused = unused(pack);
    if !unused.is_empty() {
        text += &format!("\n  settings that nothing uses: {}\n", unused.join(", "));
    }
    text
}

fn of_entity(entity: &EntityCoverage) -> String {
    let (mapped, all) = entity.count();
    let of = |wanted: State| -> Vec<&str> {
        entity.fields.iter().filter(|(_, state)| *state == wanted).map(|(name, _)| *name).collect()
    };
    let mut text = format!("\n  {}: {mapped} of {all} fields\n", entity.entity);
    for (word, names) in [
        ("mapped", of(State::Mapped)),
        ("fixed", of(State::Constant)),
        ("by a setting", of(State::WithSetting)),
        ("not mapped", of(State::NotMapped)),
    ] {
        if !names.is_empty() {
            text += &format!("    {word:<13} {}\n", names.join(" "));
        }
    }
    let by = entity.by.iter().map(|(by, batch)| format!("{by} ({})", keys(*batch)));
    text += &format!("    looked up by  {}\n", by.collect::<Vec<_>>().join(", "));
    let named = |wanted: &dyn Fn(&RelationCoverage) -> bool| {
        let found = entity.relations.iter().filter(|relation| wanted(relation));
        let through = |link: &str| format!(" (through {link})");
        let name = |relation: &RelationCoverage| {
            format!("{}.{}{}", relation.on, relation.field, relation.through.map(through).unwrap_or_default())
        };
        let mut names: Vec<String> = found.map(name).collect();
        names.dedup();
        names.join(", ")
    };
    for (word, names) in [
        ("in batches", named(&|relation| relation.batch > 1)),
        ("key by key", named(&|relation| relation.batch == 1)),
        ("not followed", named(&|relation| relation.batch == 0)),
    ] {
        if !names.is_empty() {
            text += &format!("    {word:<13} {names}\n");
        }
    }
    text
}

fn keys(batch: usize) -> String {
    if batch == 1 { "one key a request".to_owned() } else { format!("{batch} keys a request") }
}

/// Settings that change nothing: the pack is the same, whatever they are.
fn unused(pack: &Pack) -> Vec<String> {
    let shown = |name: &str, value: &str| {
        let mut given: std::collections::BTreeMap<String, String> = pack
            .settings
            .iter()
            .map(|(name, setting)| (name.clone(), setting.default.clone().unwrap_or_else(|| stand_in(setting.number))))
            .collect();
        given.insert(name.to_owned(), value.to_owned());
        // A value that the pack does not take is one that it reads.
        pack.bind(&given).map(|bound| format!("{bound:?}"))
    };
    let same =
        |(name, _): &(&String, _)| match (shown(name, "EUR"), shown(name, "USD"), shown(name, "1"), shown(name, "2")) {
            (Ok(one), Ok(other), ..) | (_, _, Ok(one), Ok(other)) => one == other,
            _ => false,
        };
    pack.settings.iter().filter(same).map(|(name, _)| name.clone()).collect()
}

fn stand_in(number: bool) -> String {
    if number { "1" } else { "EUR" }.to_owned()
}
