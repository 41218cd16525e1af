//! Whether published documents fit the schema: the composite layer compiles each as it would for serving.

use std::sync::Arc;
use std::time::Duration;

use portico_composites::engine::Engine;
use portico_composites::fresh::{self, Cache, SystemClock};
use portico_composites::guard::Guard;
use portico_composites::operations;

use super::ledger::Ledger;
use crate::settings::Operation;
use crate::settings::read::Place;

/// Compiles documents; nothing is ever asked of it.
pub(super) struct Compiler(Engine);

impl Compiler {
    pub(super) fn new() -> Self {
        let nothing = fresh::Limits { bytes: 0, idle: Duration::from_secs(1), patience: Duration::from_secs(1) };
        let clock = Arc::new(SystemClock);
        // The operator's own documents are not held against the limits of strangers' ones.
        Compiler(Engine::new(Guard::default(), u64::MAX, Cache::new(nothing, clock.clone()), clock))
    }

    /// Writes down what is wrong with a document that is not published.
    pub(super) fn check_document(&self, text: &str, place: &Place, ledger: &mut Ledger<'_>) {
        let Err(refused) = self.0.document(text, None) else { return };
        for error in &refused.errors {
            let line =
                error.locations.first().map_or(place.line, |(line, _)| if place.line > 0 { place.line } else { *line });
            ledger.wrong(&Place { line, ..place.clone() }, error.message.clone());
        }
        if refused.errors.is_empty() {
            ledger.wrong(place, refused.problem.detail.into_owned());
        }
    }

    /// Writes down what is wrong with a document, with the lines that the composite layer names.
    pub(super) fn check(&self, operation: &Operation, ledger: &mut Ledger<'_>) -> Option<operations::Operation> {
        let path: Vec<&str> = operation.path.parameters().collect();
        let compiled = operations::Operation::compile(&self.0, &operation.document, &path, &operation.required)
            .and_then(|compiled| compiled.lifting(&operation.lift));
        let wrong = |found: Vec<String>| {
            for says in found {
                let (line, says) = located(&says);
                ledger.wrong(&Place { line, ..Place::file(&operation.file) }, says);
            }
        };
        compiled.map_err(wrong).ok()
    }
}

/// `line 7: …` → 7 and the rest.
fn located(says: &str) -> (usize, &str) {
    let named = says.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    named.and_then(|(line, rest)| Some((line.parse().ok()?, rest))).unwrap_or((0, says))
}
