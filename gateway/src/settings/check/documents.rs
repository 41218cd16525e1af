//! `documents/`: lists of GraphQL documents that consumers may be held to.
//!
//! A list is a folder of `*.graphql` files, each called by its name without the ending, or a JSON file from names to
//! texts, as clients' compilers write them. Each document is one operation that fits the schema.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portico_policies::authorize::documents::TrustedDocuments;

use super::compile::Compiler;
use super::files::{folders, read_documents};
use super::ledger::Ledger;
use crate::settings::mistake::suggestion;
use crate::settings::read::{At, Place};

/// Every list, by name.
pub(super) struct Lists {
    lists: BTreeMap<String, Arc<TrustedDocuments>>,
    used: RefCell<BTreeSet<String>>,
}

impl Lists {
    pub(super) fn read(ledger: &mut Ledger<'_>) -> Self {
        let mut lists = BTreeMap::new();
        let names = folders(ledger, "documents").into_iter().chain(manifests(ledger)).collect::<BTreeSet<_>>();
        let compiler = (!names.is_empty()).then(Compiler::new);
        for (name, compiler) in names.into_iter().zip(compiler.iter().cycle()) {
            let list = Arc::new(read_list(&name, compiler, ledger));
            if list.is_empty() {
                ledger.wrong(
                    &Place::file(&format!("documents/{name}")),
                    "the list has no document: nothing could be asked",
                );
            }
            lists.insert(name, list);
        }
        Lists { lists, used: RefCell::default() }
    }

    /// The list of this name. `None` where there is none, which is a mistake.
    pub(super) fn find(&self, name: &At<String>, ledger: &mut Ledger<'_>) -> Option<Arc<TrustedDocuments>> {
        self.used.borrow_mut().insert(name.value.clone());
        let found = self.lists.get(&name.value).cloned();
        if found.is_none() {
            let near = suggestion(name, self.lists.keys().map(String::as_str));
            ledger.wrong(&name.place, format!("there is no list \"{}\" in documents/{near}", name.value));
        }
        found
    }

    /// Lists that no consumer is held to.
    pub(super) fn unused(&self) -> Vec<&str> {
        let used = self.used.borrow();
        self.lists.keys().filter(|name| !used.contains(*name)).map(String::as_str).collect()
    }
}

/// Names of JSON files, without their ending.
fn manifests(ledger: &Ledger<'_>) -> Vec<String> {
    let entries = ledger.folder.list("documents");
    entries.iter().filter_map(|entry| entry.strip_suffix(".json")).map(str::to_owned).collect()
}

fn read_list(name: &str, compiler: &Compiler, ledger: &mut Ledger<'_>) -> TrustedDocuments {
    let mut list = TrustedDocuments::default();
    let folder = format!("documents/{name}");
    for (file, text) in read_documents(ledger, &folder) {
        let called = file.rsplit('/').next().and_then(|name| name.strip_suffix(".graphql"));
        add(&mut list, called, &text, &Place::file(&file), compiler, ledger);
    }
    let file = format!("{folder}.json");
    let Ok(text) = ledger.folder.text(&file) else { return list };
    let place = Place::file(&file);
    match serde_json::from_str::<BTreeMap<String, String>>(&text) {
        Ok(all) => {
            for (called, text) in all {
                add(&mut list, Some(&called), &text, &place.below(&called), compiler, ledger);
            }
        }
        Err(why) => {
            let place = Place { line: why.line(), ..place };
            ledger.wrong(&place, "expected a JSON object from names to documents, each a text");
        }
    }
    list
}

fn add(
    list: &mut TrustedDocuments,
    name: Option<&str>,
    text: &str,
    place: &Place,
    compiler: &Compiler,
    ledger: &mut Ledger<'_>,
) {
    compiler.check_document(text, place, ledger);
    ledger.take(place, list.trust(name, text));
}
