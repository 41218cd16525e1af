//! How a kind of system describes itself: what `portico check --live` asks, before traffic finds out.

use super::{Path, Template};

/// How shapes are asked for. `{shape}` in an address is the entity's own `shape`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shapes {
    /// OData: one document about all sets, below the pack's `path`.
    Metadata(String),
    /// Salesforce: one description for each object.
    Describe(Template),
    /// One list of fields for each kind of object.
    Fields(Box<FieldList>),
    /// One row that is there, to look at.
    Row(Template),
}

/// A list of fields as the system describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldList {
    /// Where it is had.
    pub path: Template,
    /// Where the fields stand in the body.
    pub rows: Path,
    /// Where one holds its name.
    pub name: Path,
    /// Where it holds its type.
    pub kind: Option<Path>,
    /// Where it holds the words that it may have.
    pub words: Option<Path>,
}
