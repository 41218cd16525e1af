//! How old data may be: the class's own rule, narrowed by the gateway's, narrowed by the tenant's.

use std::time::Duration;

use portico_composites::fresh::{Freshness, FreshnessTable};
use portico_contracts::model::Class;

use super::ledger::Ledger;
use super::limits::class_names;
use crate::settings::mistake::suggestion;
use crate::settings::read::{At, Place};
use crate::settings::units::Span;
use crate::settings::written::{FreshnessSection, Named};

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// portico.yaml.
    Gateway,
    /// A tenant's file.
    Tenant,
}

pub(super) fn check(
    written: &Named<FreshnessSection>,
    base: &FreshnessTable,
    speaker: Speaker,
    ledger: &mut Ledger<'_>,
) -> FreshnessTable {
    let mut table = base.clone();
    for (name, section) in written {
        let Some(class) = Class::ALL.into_iter().find(|class| class.as_str() == name) else {
            ledger.wrong(&section.place, format!("there is no class \"{name}\"{}", suggestion(name, class_names())));
            continue;
        };
        let rule = narrowed(section, base.of(class), ledger);
        if speaker == Speaker::Gateway && class == Class::Receivables && !rule.ttl.is_zero() {
            ledger.wrong(&section.place, "receivables are cached only where a tenant says so, in its own file");
        }
        table.set(class, rule);
    }
    table
}

fn narrowed(section: &At<FreshnessSection>, base: Freshness, ledger: &mut Ledger<'_>) -> Freshness {
    let or = |at: &Option<At<Span>>, default: Duration| at.as_ref().map_or(default, |at| at.0);
    let rule = Freshness {
        ttl: or(&section.ttl, base.ttl),
        stale_while_revalidate: or(&section.stale_while_revalidate, base.stale_while_revalidate),
        stale_if_error: or(&section.stale_if_error, base.stale_if_error),
        negative_ttl: or(&section.negative_ttl, base.negative_ttl),
        ceiling: or(&section.ceiling, base.ceiling),
    };
    let place = |at: &Option<At<Span>>| at.as_ref().map_or_else(|| section.place.clone(), |at| at.place.clone());
    if rule.ceiling > base.ceiling {
        let most = base.ceiling.as_secs();
        ledger.wrong(&place(&section.ceiling), format!("the ceiling can be lowered, not raised: it is {most}s"));
    }
    let mut within = |name: &str, at: Place, span: Duration| {
        if span > rule.ceiling {
            let most = rule.ceiling.as_secs();
            ledger.wrong(&at, format!("no value outlives its ceiling of {most}s, so {name} cannot be longer"));
        }
    };
    within("ttl", place(&section.ttl), rule.ttl);
    within("negative_ttl", place(&section.negative_ttl), rule.negative_ttl);
    within("stale_if_error", place(&section.stale_if_error), rule.stale_if_error);
    within("stale_while_revalidate", place(&section.stale_while_revalidate), rule.stale_while_revalidate);
    rule
}
