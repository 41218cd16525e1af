//! Requires the scopes of API, route and operation. Runs after `version`, before `throttle` and before any work.
//!
//! Closed unless opened: a place whose configuration names no scope admits nobody.
//! What scopes cannot say, a [`condition`] may. Fields of the composite layer are checked where the plan is made, by the same [`Scopes`].

pub mod condition;
pub mod documents;

use std::sync::Arc;

use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::Scopes;

use crate::Caller;

/// One thing that a request is about, and the scope that opens it.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// In public words: "the API `partner`", "the operation `getOrder`".
    pub place: &'a str,
    /// The scope; a place without one is closed.
    pub scope: Option<&'a str>,
}

/// Proof that every need was met. Nothing but [`authorize`] makes one.
#[derive(Debug, Clone)]
pub struct Grant {
    caller: Arc<Caller>,
}

impl Grant {
    /// Who was granted.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }
}

/// Grants what is asked if the caller holds the scope of every need, and there is at least one need.
pub fn authorize(caller: &Arc<Caller>, needs: &[Need<'_>]) -> Result<Grant, Problem> {
    if needs.is_empty() {
        return Err(closed("This place"));
    }
    needs.iter().try_for_each(|need| require(&caller.principal.scopes, need))?;
    Ok(Grant { caller: caller.clone() })
}

/// Refuses unless the need's scope is held.
pub fn require(scopes: &Scopes, need: &Need<'_>) -> Result<(), Problem> {
    match need.scope {
        None => Err(closed(&capitalized(need.place))),
        Some(scope) if scopes.has(scope) => Ok(()),
        Some(scope) => {
            Err(Problem::new(Code::Forbidden, format!("{} needs the scope `{scope}`.", capitalized(need.place))))
        }
    }
}

fn closed(place: &str) -> Problem {
    Problem::new(Code::Forbidden, format!("{place} is closed: its configuration names no scope that opens it."))
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::samples;

    fn need<'a>(place: &'a str, scope: Option<&'a str>) -> Need<'a> {
        Need { place, scope }
    }

    #[test]
    fn every_need_must_be_met_and_the_refusal_names_the_scope() {
        let caller = samples::caller("acme", "support", &["order:read"]);
        assert!(authorize(&caller, &[need("the API `support`", Some("order:read"))]).is_ok());
        let refused = authorize(
            &caller,
            &[need("the API `support`", Some("order:read")), need("the operation `credit`", Some("credit:decide"))],
        );
        insta::assert_snapshot!(refused.unwrap_err(), @"forbidden: The operation `credit` needs the scope `credit:decide`.");
    }

    #[test]
    fn what_names_no_scope_is_closed() {
        let caller = samples::caller("acme", "support", &["order:read"]);
        insta::assert_snapshot!(
            authorize(&caller, &[need("the route `/erp/v1/notes`", None)]).unwrap_err(),
            @"forbidden: The route `/erp/v1/notes` is closed: its configuration names no scope that opens it."
        );
        assert!(authorize(&caller, &[]).is_err());
    }

    #[test]
    fn a_scope_is_held_by_its_exact_name_only() {
        let caller = samples::caller("acme", "support", &["order:read"]);
        for near in ["order", "order:rea", "order:read ", "Order:Read", "order:*", ""] {
            assert!(authorize(&caller, &[need("it", Some(near))]).is_err(), "{near:?}");
        }
    }
}
