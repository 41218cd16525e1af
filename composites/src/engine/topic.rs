//! What a subscription wants to be told of.

use portico_contracts::problem::{Code, Problem};

use super::document::Document;
use super::refused::Refused;
use crate::ask::Key;
use crate::plan::{KeyExpr, Plan, Resolve};

/// One thing whose changes are told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    /// The entity, by name.
    pub entity: &'static str,
    /// Which one, as the caller wrote it.
    pub key: Key,
}

impl Topic {
    /// That of a plan's one root field; none where nobody can be asked for it.
    pub(super) fn of(plan: &Plan) -> Option<Topic> {
        let related = plan.root.fields.iter().find_map(|chosen| match &chosen.resolve {
            Resolve::One(related) => Some(related),
            _ => None,
        })?;
        let step = &plan.steps[related.step];
        match &step.key {
            KeyExpr::Given(key) => Some(Topic { entity: step.ask.entity.name, key: key.clone() }),
            _ => None,
        }
    }
}

/// A subscription has one root field (October 2021 edition, section 5.2.3.1), which no directive takes away: else it
/// would be left open what its events are about.
pub(super) fn one_at_a_time(document: &Document) -> Result<(), Refused> {
    let items = &document.operation().selection_set.node.items;
    let one = match items.as_slice() {
        [only] => {
            let plain = matches!(only.node, async_graphql::parser::types::Selection::Field(_));
            plain && only.node.directives().iter().all(|d| !matches!(&*d.node.name.node, "skip" | "include"))
        }
        _ => false,
    };
    if one || !document.is_subscription() {
        return Ok(());
    }
    let detail = "A subscription has exactly one root field, without @skip or @include.";
    Err(Problem::new(Code::DocumentInvalid, detail).into())
}
