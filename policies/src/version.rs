//! Which version of an API a request is for, and how old that version is on this day.
//!
//! Path, `API-Version` header and the media type's `version` parameter may name it; those that do must agree.
//! Dates take effect by themselves: nobody has to be awake when a version retires.

mod asked;
mod notices;

use std::collections::BTreeMap;
use std::fmt;

use http::HeaderMap;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::Scopes;

pub use asked::Asked;
pub use notices::Notices;

use crate::Now;

/// The number of a version: `v2` in paths, `2` in headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionNumber(pub u32);

impl VersionNumber {
    /// Reads `2` or `v2`, and nothing that only looks like it.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        let canonical = (1..=9).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        if canonical { digits.parse().ok().map(VersionNumber) } else { None }
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// How old a version is. Later stages end what earlier ones allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    /// May still change; only for those who hold its scope.
    Preview,
    /// Stable.
    #[default]
    Active,
    /// Works, and says that it will end.
    Deprecated,
    /// Gone.
    Retired,
}

/// A version's way through life, as its owner planned it. Dates are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The stage that was declared; the dates below may have moved it on.
    pub declared: Stage,
    /// From when it is deprecated.
    pub deprecated_at: Option<u64>,
    /// From when it is gone.
    pub sunset_at: Option<u64>,
    /// Where to move.
    pub successor: Option<VersionNumber>,
    /// A page for people about the change.
    pub more: Option<String>,
}

impl Lifecycle {
    /// The stage on this day.
    pub fn stage(&self, now: Now) -> Stage {
        let reached =
            |date: Option<u64>, stage| if date.is_some_and(|date| now.unix >= date) { stage } else { Stage::Preview };
        let by_date = reached(self.sunset_at, Stage::Retired).max(reached(self.deprecated_at, Stage::Deprecated));
        self.declared.max(by_date)
    }
}

/// One version of an API.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its number.
    pub number: VersionNumber,
    /// The scope that opens it. A preview without one is open to nobody.
    pub scope: Option<String>,
    /// Its way through life.
    pub lifecycle: Lifecycle,
    notices: Notices,
}

/// An API with all versions that it ever had.
#[derive(Debug, Clone)]
pub struct Api {
    name: String,
    versions: BTreeMap<VersionNumber, Version>,
}

/// The version that a request is for.
#[derive(Debug, Clone, Copy)]
pub struct Selected<'a> {
    /// The version.
    pub version: &'a Version,
    /// How old it is on this day.
    pub stage: Stage,
}

impl<'a> Selected<'a> {
    /// What the answer says about the version's age.
    pub fn notices(&self) -> &'a Notices {
        &self.version.notices
    }
}

/// No version can serve the request. The notices go with the refusal: a 410 names the successor in `Link`.
#[derive(Debug)]
pub struct NoVersion {
    /// Why.
    pub problem: Problem,
    /// What the answer says about the version's age.
    pub notices: Notices,
}

impl From<Box<NoVersion>> for Problem {
    fn from(none: Box<NoVersion>) -> Self {
        none.problem
    }
}

impl From<Problem> for Box<NoVersion> {
    fn from(problem: Problem) -> Self {
        Box::new(NoVersion { problem, notices: Notices::default() })
    }
}

impl Api {
    /// An API and its versions: number, scope and lifecycle of each.
    pub fn new(
        name: impl Into<String>,
        versions: impl IntoIterator<Item = (VersionNumber, Option<String>, Lifecycle)>,
    ) -> Self {
        let name = name.into();
        let versions = versions.into_iter().map(|(number, scope, lifecycle)| {
            let notices = Notices::of(&name, &lifecycle);
            (number, Version { number, scope, lifecycle, notices })
        });
        Api { versions: versions.collect(), name }
    }

    /// The API's name, the first part of its paths.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version that path and headers name together; `pin` speaks where they are silent, the newest active one last.
    pub fn select(
        &self,
        path: Option<VersionNumber>,
        headers: &HeaderMap,
        pin: Option<VersionNumber>,
        scopes: &Scopes,
        now: Now,
    ) -> Result<Selected<'_>, Box<NoVersion>> {
        let number = match Asked::read(path, headers)? {
            Asked::Nothing => pin.or_else(|| self.newest_active(now)),
            Asked::Number(number) => Some(number),
            Asked::Nonsense => None,
        };
        let version = number.and_then(|number| self.versions.get(&number)).ok_or_else(|| self.unknown(scopes, now))?;
        let stage = version.lifecycle.stage(now);
        match stage {
            Stage::Retired => Err(self.retired(version)),
            Stage::Preview if !opens(version, scopes) => Err(self.not_for_you(version).into()),
            _ => Ok(Selected { version, stage }),
        }
    }

    fn newest_active(&self, now: Now) -> Option<VersionNumber> {
        let active = |version: &&Version| version.lifecycle.stage(now) == Stage::Active;
        self.versions.values().rev().find(active).map(|version| version.number)
    }

    fn unknown(&self, scopes: &Scopes, now: Now) -> Problem {
        let visible = |version: &&Version| match version.lifecycle.stage(now) {
            Stage::Retired => false,
            Stage::Preview => opens(version, scopes),
            Stage::Active | Stage::Deprecated => true,
        };
        let names: Vec<_> = self.versions.values().filter(visible).map(|version| version.number.to_string()).collect();
        let says = match names.as_slice() {
            [] => format!("The API `{}` has no version now.", self.name),
            names => format!("The API `{}` has {}.", self.name, names.join(", ")),
        };
        Problem::new(Code::VersionUnknown, says)
    }

    fn retired(&self, version: &Version) -> Box<NoVersion> {
        let moves = match version.lifecycle.successor {
            Some(successor) => format!("move to `/{}/{successor}`", self.name),
            None => "it has no successor".to_owned(),
        };
        let says = format!("{} of the API `{}` is retired; {moves}.", version.number, self.name);
        Box::new(NoVersion { problem: Problem::new(Code::VersionRetired, says), notices: version.notices.clone() })
    }

    fn not_for_you(&self, version: &Version) -> Problem {
        let needs = match &version.scope {
            Some(scope) => format!("needs the scope `{scope}`"),
            None => "is closed: its configuration names no scope that opens it".to_owned(),
        };
        Problem::new(
            Code::Forbidden,
            format!("{} of the API `{}` is a preview and {needs}.", version.number, self.name),
        )
    }
}

fn opens(version: &Version, scopes: &Scopes) -> bool {
    version.scope.as_ref().is_some_and(|scope| scopes.has(scope))
}

#[cfg(test)]
mod tests;
