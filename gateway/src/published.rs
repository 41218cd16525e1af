//! What is published, compiled: the operations' documents and each version's description.

use std::collections::HashMap;
use std::sync::Arc;

use portico_composites::engine::Engine;
use portico_composites::operations::Operation;

use crate::settings::{self, Mistake, Settings};

/// Compiled documents, by the file that they stand in.
pub(crate) struct Published {
    operations: HashMap<String, Arc<Operation>>,
}

impl Published {
    /// Compiles every document. Reports every mistake.
    pub(crate) fn compile(settings: &Settings, engine: &Engine) -> Result<Self, Vec<Mistake>> {
        let mut operations = HashMap::new();
        let mut mistakes = Vec::new();
        let versions = settings.apis.values().flat_map(|api| api.versions.values());
        for operation in versions.flat_map(|version| &version.operations) {
            match compile(operation, engine) {
                Ok(compiled) => {
                    operations.insert(operation.file.clone(), Arc::new(compiled));
                }
                Err(found) => mistakes.extend(found),
            }
        }
        if mistakes.is_empty() { Ok(Published { operations }) } else { Err(mistakes) }
    }

    /// A published operation, compiled.
    pub(crate) fn operation(&self, operation: &settings::Operation) -> Option<&Arc<Operation>> {
        self.operations.get(&operation.file)
    }
}

fn compile(operation: &settings::Operation, engine: &Engine) -> Result<Operation, Vec<Mistake>> {
    let names: Vec<&str> = operation.path.parameters().collect();
    Operation::compile(engine, &operation.document, &names, &operation.required).map_err(|found| {
        let mistake = |says: String| {
            let (line, says) = located(says);
            Mistake { file: operation.file.clone(), line, path: String::new(), says }
        };
        found.into_iter().map(mistake).collect()
    })
}

/// The compiler puts the line in front of what it says.
fn located(says: String) -> (usize, String) {
    let placed = says.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    match placed.and_then(|(line, rest)| Some((line.parse().ok()?, rest.to_owned()))) {
        Some((line, rest)) => (line, rest),
        None => (0, says),
    }
}
