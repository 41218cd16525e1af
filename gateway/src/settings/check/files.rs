//! Every file of the folder, read but not yet understood.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portico_contracts::packs::Pack;

use super::documents::Lists;
use super::ledger::Ledger;
use crate::settings::Mistake;
use crate::settings::mistake::suggestion;
use crate::settings::read::{self, At, Place, Reading};
use crate::settings::written::{ApiFile, GatewayFile, TenantFile};

/// All that was written.
pub(super) struct Files {
    pub(super) gateway: Reading<GatewayFile>,
    /// By the name of the file without `.yaml`.
    pub(super) tenants: BTreeMap<String, Reading<TenantFile>>,
    /// By API and version.
    pub(super) apis: BTreeMap<(String, String), VersionFolder>,
    pub(super) packs: OwnPacks,
    pub(super) documents: Lists,
}

/// `apis/<name>/<version>/`.
pub(super) struct VersionFolder {
    pub(super) path: String,
    pub(super) api: Reading<ApiFile>,
    /// File → text.
    pub(super) documents: BTreeMap<String, String>,
}

impl Files {
    /// Whether something of a version file was lost, so that the scopes it names are not all known.
    pub(super) fn lost_scopes(&self) -> bool {
        self.apis.values().any(|version| version.api.written.is_none() || !version.api.mistakes.is_empty())
    }
}

/// Reads the folder. A file that cannot be read is a mistake and leaves the others to be checked.
pub(super) fn read(ledger: &mut Ledger<'_>) -> Files {
    let gateway = yaml(ledger, "portico.yaml");
    let tenants = read_tenants(ledger);
    let apis = read_apis(ledger);
    Files { gateway, tenants, apis, packs: OwnPacks::read(ledger), documents: Lists::read(ledger) }
}

fn yaml<T: serde::de::DeserializeOwned>(ledger: &mut Ledger<'_>, file: &str) -> Reading<T> {
    let reading = match ledger.folder.text(file) {
        Ok(text) => read::read(file, &text),
        Err(says) => Reading::unreadable(Place::file(file).mistake(says)),
    };
    ledger.add(reading.mistakes.iter().cloned());
    reading
}

/// The names of the YAML files in a folder, without their ending.
fn yaml_files(ledger: &mut Ledger<'_>, folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in ledger.folder.list(folder) {
        match entry.rsplit_once('.') {
            Some((name, "yaml")) => names.push(name.to_owned()),
            Some((name, "yml" | "json")) => {
                let says = format!("this file is not read; call it {name}.yaml");
                ledger.wrong(&Place::file(&format!("{folder}/{entry}")), says);
            }
            _ => {}
        }
    }
    names
}

fn read_tenants(ledger: &mut Ledger<'_>) -> BTreeMap<String, Reading<TenantFile>> {
    let names = yaml_files(ledger, "tenants");
    names.into_iter().map(|name| (name.clone(), yaml(ledger, &format!("tenants/{name}.yaml")))).collect()
}

fn read_apis(ledger: &mut Ledger<'_>) -> BTreeMap<(String, String), VersionFolder> {
    let mut apis = BTreeMap::new();
    for api in folders(ledger, "apis") {
        for version in folders(ledger, &format!("apis/{api}")) {
            let path = format!("apis/{api}/{version}");
            let folder = VersionFolder {
                api: yaml(ledger, &format!("{path}/api.yaml")),
                documents: read_documents(ledger, &path),
                path,
            };
            apis.insert((api.clone(), version), folder);
        }
    }
    apis
}

/// The folders of a folder.
pub(super) fn folders(ledger: &Ledger<'_>, below: &str) -> Vec<String> {
    let mut names = ledger.folder.list(below);
    names.retain(|name| ledger.folder.is_folder(&format!("{below}/{name}")));
    names
}

/// The documents of a folder, by file.
pub(super) fn read_documents(ledger: &mut Ledger<'_>, folder: &str) -> BTreeMap<String, String> {
    let mut documents = BTreeMap::new();
    for name in ledger.folder.list(folder).into_iter().filter(|name| name.ends_with(".graphql")) {
        let file = format!("{folder}/{name}");
        let text = ledger.folder.text(&file);
        if let Some(text) = ledger.take(&Place::file(&file), text) {
            documents.insert(file, text);
        }
    }
    documents
}

/// The packs of this folder; they come before those that Portico ships.
pub(super) struct OwnPacks {
    /// `None` where the file is there and wrong.
    packs: BTreeMap<String, Option<Arc<Pack>>>,
    used: RefCell<BTreeSet<String>>,
}

impl OwnPacks {
    fn read(ledger: &mut Ledger<'_>) -> Self {
        let mut packs = BTreeMap::new();
        for name in yaml_files(ledger, "packs") {
            let file = format!("packs/{name}.yaml");
            let text = ledger.folder.text(&file);
            let pack = ledger.take(&Place::file(&file), text).and_then(|text| parse_pack(&name, &file, &text, ledger));
            packs.insert(name, pack.map(Arc::new));
        }
        OwnPacks { packs, used: RefCell::default() }
    }

    /// The pack of this name. `None` where there is none, which is a mistake, or where its own file is wrong, which was one.
    pub(super) fn find(&self, name: &At<String>, ledger: &mut Ledger<'_>) -> Option<Arc<Pack>> {
        if let Some(own) = self.packs.get(&name.value) {
            self.used.borrow_mut().insert(name.value.clone());
            return own.clone();
        }
        let built_in = Pack::built_in(name);
        if built_in.is_none() {
            let shipped = Pack::built_in_names().map(str::to_owned);
            let known: Vec<String> = self.packs.keys().cloned().chain(shipped).collect();
            let near = suggestion(name, known.iter().map(String::as_str));
            let says = format!("no pack is named \"{}\"{near}", name.value);
            ledger.wrong(&name.place, says);
        }
        built_in
    }

    /// Files of packs that no system uses.
    pub(super) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        self.packs.keys().filter(|name| !used.contains(*name)).map(|name| format!("packs/{name}.yaml")).collect()
    }
}

fn parse_pack(name: &str, file: &str, text: &str, ledger: &mut Ledger<'_>) -> Option<Pack> {
    let placed = |mistake: portico_contracts::packs::Mistake| Mistake {
        file: file.to_owned(),
        line: usize::try_from(mistake.line).unwrap_or_default(),
        path: mistake.at,
        says: mistake.says,
    };
    Pack::parse(name, text).map_err(|mistakes| ledger.add(mistakes.into_iter().map(placed))).ok()
}
