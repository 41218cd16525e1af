//! Documents that were read before: parsed and valid, kept by their text.

use std::sync::Arc;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use moka::sync::Cache;
use portico_contracts::problem::{Code, Problem};

use super::refused::Refused;
use crate::guard::Guard;
use crate::schema::Schema;

/// Bytes of text that are kept in all.
const KEPT_BYTES: u64 = 8 * 1024 * 1024;

/// A valid document and one of its operations.
#[derive(Debug)]
pub struct Document {
    parsed: ExecutableDocument,
    operation: OperationDefinition,
    name: Option<String>,
}

impl Document {
    /// The operation's name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it asks to be told of changes, rather than once.
    pub fn is_subscription(&self) -> bool {
        self.operation.ty == OperationType::Subscription
    }

    /// The chosen operation.
    pub fn operation(&self) -> &OperationDefinition {
        &self.operation
    }

    pub(crate) fn parsed(&self) -> &ExecutableDocument {
        &self.parsed
    }
}

/// The identity of a document: its text and the name that was asked for, by value.
type Identity = (Arc<str>, Option<Arc<str>>);

#[derive(Debug)]
pub(super) struct Documents {
    known: Cache<Identity, Arc<Document>>,
}

impl Documents {
    pub(super) fn new() -> Self {
        // A parsed document is several times its text; the factor is measured, roughly, and errs upwards.
        let weigh =
            |(text, _): &Identity, _: &Arc<Document>| u32::try_from(text.len().saturating_mul(12)).unwrap_or(u32::MAX);
        Documents { known: Cache::builder().weigher(weigh).max_capacity(KEPT_BYTES).build() }
    }

    pub(super) fn read(
        &self,
        text: &str,
        operation: Option<&str>,
        guard: &Guard,
        schema: &Schema,
    ) -> Result<Arc<Document>, Refused> {
        guard.scan(text)?;
        let identity: Identity = (Arc::from(text), operation.map(Arc::from));
        if let Some(known) = self.known.get(&identity) {
            return Ok(known);
        }
        let parsed = async_graphql::parser::parse_query(text).map_err(|error| Refused::malformed(&error))?;
        guard.measure(&parsed)?;
        let (name, chosen) = choose(&parsed, operation)?;
        no_mutations(&chosen)?;
        schema.validate(&parsed, name.as_deref()).map_err(|errors| Refused::invalid(&errors))?;
        let document = Arc::new(Document { parsed, operation: chosen, name });
        self.known.insert(identity, Arc::clone(&document));
        Ok(document)
    }
}

fn choose(
    document: &ExecutableDocument,
    wanted: Option<&str>,
) -> Result<(Option<String>, OperationDefinition), Refused> {
    let unknown = |detail: String| Refused::from(Problem::new(Code::OperationUnknown, detail));
    match (&document.operations, wanted) {
        (DocumentOperations::Single(operation), None) => Ok((None, operation.node.clone())),
        (DocumentOperations::Single(_), Some(name)) => {
            Err(unknown(format!("The document has no operation named `{}`.", shortened(name))))
        }
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => {
            let only = all.iter().next().map(|(name, operation)| (Some(name.to_string()), operation.node.clone()));
            only.ok_or_else(|| unknown("The document has no operation.".to_owned()))
        }
        (DocumentOperations::Multiple(_), None) => {
            Err(unknown("The document has several operations; name one in `operationName`.".to_owned()))
        }
        (DocumentOperations::Multiple(all), Some(name)) => match all.get(name) {
            Some(operation) => Ok((Some(name.to_owned()), operation.node.clone())),
            None => Err(unknown(format!("The document has no operation named `{}`.", shortened(name)))),
        },
    }
}

/// The schema changes nothing; validation would say so too, in other words.
fn no_mutations(operation: &OperationDefinition) -> Result<(), Refused> {
    match operation.ty {
        OperationType::Query | OperationType::Subscription => Ok(()),
        OperationType::Mutation => Err(Problem::new(Code::MutationNotAllowed, "The schema has no mutations.").into()),
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_documents_is_kept_within_bounds() {
        let (documents, guard, schema) = (Documents::new(), Guard::default(), Schema::new());
        for at in 0..3_000 {
            let text = format!("{{ a{at}: __typename }} #{}", "x".repeat(2_000));
            assert!(documents.read(&text, None, &guard, &schema).is_ok());
        }
        documents.known.run_pending_tasks();
        let kept = documents.known.weighted_size();
        assert!(kept <= KEPT_BYTES, "{kept}");
        assert!(documents.known.entry_count() > 100, "and is not nothing");
    }
}
