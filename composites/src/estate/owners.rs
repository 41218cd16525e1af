//! The systems that have an entity: mostly one, several where a company was acquired with systems of its own.

use std::sync::Arc;

use portico_contracts::tenancy::SystemId;

use super::KeyKind;
use crate::ask::Upstream;

/// The systems that have one entity, in the order of the configuration.
#[derive(Debug)]
pub struct Owners {
    members: Vec<Arc<dyn Upstream>>,
    /// Whether the tenant names them, so that they have it for every system of their role.
    named: bool,
    /// Systems of the same role, those that do not have the entity among them.
    peers: Vec<SystemId>,
}

/// Which keys a system is asked for, where several could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Those that fit its pattern; all, where they fit nobody's.
    Fitting,
    /// What its own rows refer to. The same where a row came from a system that does not have the entity.
    Referred,
    /// Ids, which mean something only to the system that told them.
    Own,
    /// As `Fitting`, but not those that it told itself: for them it is asked by its own id.
    Others,
}

impl Owners {
    pub(super) fn new(members: Vec<Arc<dyn Upstream>>, named: bool, peers: Vec<SystemId>) -> Self {
        Owners { members, named, peers }
    }

    /// The systems; never none.
    pub fn members(&self) -> &[Arc<dyn Upstream>] {
        &self.members
    }

    /// Where a system stands among them.
    pub(crate) fn place_of(&self, system: &SystemId) -> Option<usize> {
        self.members.iter().position(|member| member.id() == system)
    }

    /// The only system, where no other one is of its role.
    pub(crate) fn lone(&self) -> Option<&Arc<dyn Upstream>> {
        self.members.first().filter(|_| self.members.len() == 1 && (self.named || self.peers.len() <= 1))
    }

    /// Whether the system at this place is asked for a key. `origin` is the system whose row told the key.
    pub(crate) fn takes(
        &self,
        at: usize,
        rule: Rule,
        kind: Option<KeyKind>,
        key: &str,
        origin: Option<&SystemId>,
    ) -> bool {
        let own = self.members.get(at).map(|member| member.id());
        match (rule, origin) {
            (Rule::Own, _) => origin.is_some() && origin == own,
            (Rule::Others, Some(_)) if origin == own => false,
            (Rule::Referred, Some(from)) if self.members.iter().any(|member| member.id() == from) => origin == own,
            (Rule::Referred, Some(from)) if !self.named && self.peers.contains(from) => false,
            _ => self.fits(at, kind, key),
        }
    }

    /// Whether it may be asked for some key that a row of another system told.
    pub(crate) fn may_take(&self, at: usize, rule: Rule, origin: &SystemId) -> bool {
        let is_own = self.members.get(at).is_some_and(|member| member.id() == origin);
        match rule {
            Rule::Own => is_own,
            Rule::Referred if self.members.iter().any(|member| member.id() == origin) => is_own,
            Rule::Referred => self.named || !self.peers.contains(origin),
            Rule::Others => !is_own,
            Rule::Fitting => true,
        }
    }

    fn fits(&self, at: usize, kind: Option<KeyKind>, key: &str) -> bool {
        let Some(kind) = kind else { return true };
        let claims = |member: &Arc<dyn Upstream>| member.share().fits(kind, key);
        self.members.get(at).is_some_and(claims) || !self.members.iter().any(claims)
    }
}
