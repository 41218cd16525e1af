//! How bad a difference is, and where.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// What a difference does to those who rely on what was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Something that worked does not.
    Breaking,
    /// What is written with care goes on working; look before it is released.
    Dangerous,
    /// Nobody who relies on what was published notices.
    Safe,
}

impl Verdict {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Breaking => "breaking",
            Verdict::Dangerous => "dangerous",
            Verdict::Safe => "safe",
        }
    }

    /// At most dangerous: for what was never promised.
    pub(super) fn softened(self) -> Self {
        self.max(Verdict::Dangerous)
    }
}

/// Which of the agreements a difference is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Surface {
    /// The GraphQL schema.
    GraphQl,
    /// One version of an API.
    Version {
        /// The API.
        api: String,
        /// Its version.
        version: String,
    },
    /// What operators write.
    Configuration {
        /// The kind of file.
        file: String,
    },
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Surface::GraphQl => f.write_str("GraphQL"),
            Surface::Version { api, version } => write!(f, "{api} {version}"),
            Surface::Configuration { file } => write!(f, "configuration {file}"),
        }
    }
}

/// One thing that is not as it was published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// How bad it is.
    pub verdict: Verdict,
    /// In which agreement.
    pub surface: Surface,
    /// In which operations, as `GET /orders/{number}`; none where it is about all of them.
    pub operations: BTreeSet<String>,
    /// Where in it: `Order.status`, or `200 total.currency`. Empty where it is about the whole.
    pub at: String,
    /// The difference in words.
    pub says: String,
    /// What a caller must have used to notice: fields of GraphQL, or the member of a body. None where any use counts.
    #[serde(skip)]
    pub(super) used_by: BTreeSet<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operations: Vec<&str> = self.operations.iter().map(String::as_str).collect();
        let places = [self.surface.to_string(), operations.join(", "), self.at.clone()];
        let places: Vec<String> = places.into_iter().filter(|place| !place.is_empty()).collect();
        write!(f, "{}: {}", places.join(", "), self.says)
    }
}

/// A difference before it is known in which agreement.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) at: String,
    pub(super) says: String,
    pub(super) operation: Option<String>,
    pub(super) used_by: BTreeSet<String>,
}

impl Finding {
    pub(super) fn new(verdict: Verdict, at: impl Into<String>, says: impl Into<String>) -> Self {
        Finding { verdict, at: at.into(), says: says.into(), operation: None, used_by: BTreeSet::new() }
    }

    /// Only who used this notices.
    pub(super) fn used_by(mut self, used: impl IntoIterator<Item = String>) -> Self {
        self.used_by.extend(used);
        self
    }

    pub(super) fn of(self, surface: Surface) -> Difference {
        let Finding { verdict, at, says, operation, used_by } = self;
        Difference { verdict, surface, operations: operation.into_iter().collect(), at, says, used_by }
    }
}

/// The worst first; what several operations share stands once.
pub(super) fn in_order(mut differences: Vec<Difference>) -> Vec<Difference> {
    let place = |one: &Difference| (one.verdict, one.surface.clone(), one.at.clone(), one.says.clone());
    differences.sort_by_key(place);
    differences.dedup_by(|next, kept| {
        let same = place(next) == place(kept);
        if same {
            kept.operations.append(&mut next.operations);
            kept.used_by.append(&mut next.used_by);
        }
        same
    });
    differences
}
