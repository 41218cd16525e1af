//! Who uses what: so that a difference can be told with the names of those who would notice.

use serde::{Deserialize, Serialize};

use super::{Difference, Surface};

/// What one consumer asked for and how often.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Usage {
    /// The consumer.
    pub consumer: String,
    /// Its tenant.
    pub tenant: String,
    /// The API; `graphql` for the GraphQL endpoint.
    pub api: String,
    /// Its version; nothing, or `none`, for GraphQL.
    #[serde(default)]
    pub version: String,
    /// The operation: `GET /orders/{number}`, or the path alone.
    #[serde(default)]
    pub operation: String,
    /// Which field of it: `Order.status` for GraphQL, `total.currency` for a body. All, where nothing is said.
    #[serde(default)]
    pub field: Option<String>,
    /// How many calls.
    #[serde(default)]
    pub count: u64,
    /// The last of them: a day or a moment.
    #[serde(default)]
    pub last: Option<String>,
}

/// A usage file that says something else.
#[derive(Debug, thiserror::Error)]
pub enum UsageUnreadable {
    /// Not an array of entries.
    #[error("the usage is not a JSON array of entries")]
    Array(#[source] serde_json::Error),
    /// One line is no entry.
    #[error("line {line} is not an entry of usage")]
    Line {
        /// Which.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

impl Usage {
    /// Reads a JSON array, or one entry a line.
    pub fn read(text: &str) -> Result<Vec<Usage>, UsageUnreadable> {
        if text.trim_start().starts_with('[') {
            return serde_json::from_str(text).map_err(UsageUnreadable::Array);
        }
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| {
                serde_json::from_str(line).map_err(|source| UsageUnreadable::Line { line: at + 1, source })
            })
            .collect()
    }

    /// Whether who did this would notice the difference. Where it cannot be told, it is said that they would.
    pub fn notices(&self, difference: &Difference) -> bool {
        match &difference.surface {
            Surface::Configuration { .. } => false,
            Surface::GraphQl => {
                let used = &difference.used_by;
                let field = self.field.as_deref().filter(|_| !used.is_empty());
                self.api == "graphql" && field.is_none_or(|field| used.contains(field))
            }
            Surface::Version { api, version } => {
                self.api == *api
                    && self.version == *version
                    && self.uses_one_of(difference)
                    && self.uses_member(difference)
            }
        }
    }

    fn uses_one_of(&self, difference: &Difference) -> bool {
        let base = format!("/{}/{}", self.api, self.version);
        let named = |operation: &String| {
            let path = operation.split_once(' ').map_or(operation.as_str(), |(_, path)| path);
            let (method, own) = self.operation.split_once(' ').unwrap_or(("", &self.operation));
            let own = own.strip_prefix(base.as_str()).unwrap_or(own);
            own == path && (method.is_empty() || operation.starts_with(method))
        };
        difference.operations.is_empty() || self.operation.is_empty() || difference.operations.iter().any(named)
    }

    /// Whoever uses a part uses the whole, and whoever uses the whole may use the part.
    fn uses_member(&self, difference: &Difference) -> bool {
        let Some(field) = self.field.as_deref().filter(|_| !difference.used_by.is_empty()) else { return true };
        // A field of GraphQL says nothing of what the document calls it.
        if field.starts_with(|first: char| first.is_ascii_uppercase()) {
            return true;
        }
        let field = field.replace("[]", "");
        let below = |whole: &str, part: &str| {
            part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        difference.used_by.iter().any(|member| below(member, &field) || below(&field, member))
    }
}
