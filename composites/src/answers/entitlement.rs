//! Which support level is this customer entitled to?
//!
//! The better of what an active contract and an active subscription give, unless invoices are overdue for too long.
//! "Yes" needs the one that gives the level and the overdue figures; "no" needs everything.

use std::sync::Arc;

use chrono::NaiveDate;
use portico_contracts::canonical::{Money, Provenance, Record, Value};
use portico_contracts::rules::{EntitlementRules, SupportLevel};

use super::{Fact, Reason};

/// An entity with where it came from.
pub type Sourced = (Arc<Record>, Arc<Provenance>);

/// What is known of one customer.
#[derive(Debug, Clone)]
pub struct EntitlementFacts {
    /// Subscriptions; `None` where no system of the tenant keeps any.
    pub subscriptions: Fact<Option<Vec<Sourced>>>,
    /// Contracts; `None` where no system of the tenant keeps any.
    pub contracts: Fact<Option<Vec<Sourced>>>,
    /// How long the oldest open amount is overdue, in days.
    pub overdue_days: Fact<Option<i32>>,
    /// What is overdue.
    pub overdue: Fact<Option<Money>>,
}

/// The answer, as the GraphQL type `EntitlementDecision` has it.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Null where it cannot be told.
    pub entitled: Option<bool>,
    /// As the GraphQL enum `SupportLevel` spells it.
    pub level: &'static str,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The subscription that counted.
    pub subscription: Option<Sourced>,
    /// The contract that counted.
    pub contract: Option<Sourced>,
    /// What is overdue.
    pub overdue: Option<Money>,
}

/// What is overdue in all systems that know the customer; unknown where one does not tell, or they do not add up.
pub fn overdue(each: Vec<Option<Money>>) -> Fact<Option<Money>> {
    let mut each = each.into_iter();
    let Some(first) = each.next() else { return Ok(None) };
    Ok(each.fold(first, |sum, other| sum?.plus(other?)))
}

/// Decides for one day.
pub fn decide(facts: &EntitlementFacts, today: NaiveDate, rules: &EntitlementRules) -> Decision {
    let mut missing: Vec<Reason> = Vec::new();
    let contract = best(&facts.contracts, &mut missing, &OF_CONTRACT, |record| contract_level(record, today, rules));
    let subscription =
        best(&facts.subscriptions, &mut missing, &OF_SUBSCRIPTION, |record| subscription_level(record, rules));
    let given = [contract.as_ref().map(|(level, _)| *level), subscription.as_ref().map(|(level, _)| *level)];
    let level = given.into_iter().flatten().max().unwrap_or(SupportLevel::None);
    let overdue = facts.overdue.as_ref().ok().copied().flatten();
    let days = match &facts.overdue_days {
        Ok(days) => days.and_then(|days| u32::try_from(days).ok()),
        Err(reason) => {
            note(&mut missing, reason);
            None
        }
    };
    let told = facts.overdue_days.is_ok();
    let (entitled, shown, reason) = conclude(level, days, told, !missing.is_empty(), rules);
    let reasons = reason.into_iter().chain(missing).collect();
    let sourced = |best: Option<(SupportLevel, Sourced)>| best.map(|(_, sourced)| sourced);
    Decision {
        entitled,
        level: shown,
        reasons,
        subscription: sourced(subscription),
        contract: sourced(contract),
        overdue,
    }
}

type Verdict = (Option<bool>, &'static str, Option<Reason>);

fn conclude(level: SupportLevel, days: Option<u32>, told: bool, missing: bool, rules: &EntitlementRules) -> Verdict {
    if let Some(days) = days.filter(|days| *days > rules.max_overdue_days) {
        let reason = Reason::new(
            "overdue",
            format!("Invoices are {days} days overdue; at most {} are accepted.", rules.max_overdue_days),
        );
        return (Some(false), SupportLevel::None.graphql(), Some(reason));
    }
    match level {
        SupportLevel::None if missing => (None, "UNKNOWN", None),
        SupportLevel::None => {
            let reason = Reason::new("no_entitlement", "There is no active contract and no active subscription.");
            (Some(false), SupportLevel::None.graphql(), Some(reason))
        }
        level if !told => (None, level.graphql(), None),
        level => (
            Some(true),
            level.graphql(),
            Some(Reason::new("entitled", "An active contract or subscription gives this level.")),
        ),
    }
}

fn note(missing: &mut Vec<Reason>, reason: &Reason) {
    if !missing.contains(reason) {
        missing.push(reason.clone());
    }
}

/// What a level rests on.
const OF_CONTRACT: [&str; 4] = ["status", "startsOn", "endsOn", "supportLevel"];
const OF_SUBSCRIPTION: [&str; 2] = ["status", "plan"];

/// The best that is given. What cannot be read gives nothing, and is noted.
fn best(
    fact: &Fact<Option<Vec<Sourced>>>,
    missing: &mut Vec<Reason>,
    grounds: &[&str],
    level: impl Fn(&Record) -> Option<SupportLevel>,
) -> Option<(SupportLevel, Sourced)> {
    match fact {
        Ok(found) => {
            for (record, _) in found.iter().flatten() {
                for unreadable in grounds.iter().filter_map(|field| unreadable(record.get(field))) {
                    note(missing, &unreadable);
                }
            }
            let graded =
                found.iter().flatten().filter_map(|sourced| level(&sourced.0).map(|level| (level, sourced.clone())));
            graded.max_by_key(|(level, _)| *level)
        }
        Err(reason) => {
            note(missing, reason);
            None
        }
    }
}

fn unreadable(value: &Value) -> Option<Reason> {
    match value {
        Value::Failed(failure) => Some(Reason::from_failure(failure)),
        _ => None,
    }
}

fn contract_level(contract: &Record, today: NaiveDate, rules: &EntitlementRules) -> Option<SupportLevel> {
    let active = contract.get("status").as_text() == Some("ACTIVE");
    let begun = contract.get("startsOn").as_date().is_none_or(|start| start <= today);
    let lasts = contract.get("endsOn").as_date().is_none_or(|end| end >= today);
    if !(active && begun && lasts) {
        return None;
    }
    match contract.get("supportLevel").as_text() {
        Some(level) => SupportLevel::from_graphql(level).filter(|level| *level != SupportLevel::None),
        None => Some(rules.contract_level),
    }
}

fn subscription_level(subscription: &Record, rules: &EntitlementRules) -> Option<SupportLevel> {
    let counts = match subscription.get("status").as_text() {
        Some("ACTIVE" | "TRIAL") => true,
        Some("PAST_DUE") => rules.past_due_counts,
        _ => false,
    };
    let listed = subscription.get("plan").as_text().and_then(|plan| rules.plan_levels.get(plan)).copied();
    let level = listed.unwrap_or(rules.subscription_level);
    (counts && level != SupportLevel::None).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use portico_contracts::canonical::{CacheState, Failure};
    use portico_contracts::model::expect_object;
    use portico_contracts::problem::Code;
    use portico_contracts::tenancy::{Role, SystemId};

    fn sourced(record: Record) -> Sourced {
        let system = SystemId::parse("acme-crm").expect("a name");
        let from = Provenance { system, role: Role::Crm, state: CacheState::Fetched, fetched_at: Utc::now() };
        (Arc::new(record), Arc::new(from))
    }

    fn contract(level: &'static str, ends: &str) -> Sourced {
        let record = Record::new(expect_object("Contract"));
        sourced(
            record
                .with("status", Value::Enum("ACTIVE"))
                .with("supportLevel", Value::Enum(level))
                .with("endsOn", Value::Date(ends.parse().expect("a day"))),
        )
    }

    fn subscription(status: &'static str) -> Sourced {
        sourced(
            Record::new(expect_object("BillingSubscription"))
                .with("status", Value::Enum(status))
                .with("plan", Value::text("Care")),
        )
    }

    fn good() -> EntitlementFacts {
        EntitlementFacts {
            subscriptions: Ok(Some(vec![subscription("ACTIVE")])),
            contracts: Ok(Some(vec![contract("PREMIUM", "2027-01-01")])),
            overdue_days: Ok(Some(0)),
            overdue: Ok(None),
        }
    }

    fn told(facts: &EntitlementFacts) -> String {
        let decision = decide(facts, "2026-11-21".parse().expect("a day"), &EntitlementRules::default());
        let codes: Vec<&str> = decision.reasons.iter().map(|reason| reason.code).collect();
        format!("{:?} {} {}", decision.entitled, decision.level, codes.join(","))
    }

    #[test]
    fn the_better_of_contract_and_subscription_counts() {
        assert_eq!(told(&good()), "Some(true) PREMIUM entitled");
        assert_eq!(
            told(&EntitlementFacts { contracts: Ok(Some(vec![contract("PREMIUM", "2026-11-20")])), ..good() }),
            "Some(true) STANDARD entitled"
        );
        let neither = EntitlementFacts {
            contracts: Ok(None),
            subscriptions: Ok(Some(vec![subscription("CANCELLED")])),
            ..good()
        };
        assert_eq!(told(&neither), "Some(false) NONE no_entitlement");
    }

    #[test]
    fn overdue_invoices_end_it() {
        assert_eq!(told(&EntitlementFacts { overdue_days: Ok(Some(60)), ..good() }), "Some(false) NONE overdue");
        assert_eq!(told(&EntitlementFacts { overdue_days: Ok(Some(30)), ..good() }), "Some(true) PREMIUM entitled");
    }

    #[test]
    fn what_cannot_be_told_is_null_with_the_reason() {
        let down = || Reason::new("upstream_unavailable", "a system cannot be reached.");
        assert_eq!(
            told(&EntitlementFacts { overdue_days: Err(down()), ..good() }),
            "None PREMIUM upstream_unavailable"
        );
        assert_eq!(
            told(&EntitlementFacts { contracts: Err(down()), ..good() }),
            "Some(true) STANDARD entitled,upstream_unavailable"
        );
        let nothing = EntitlementFacts { contracts: Err(down()), subscriptions: Ok(Some(vec![])), ..good() };
        assert_eq!(told(&nothing), "None UNKNOWN upstream_unavailable");
        let (record, from) = contract("PREMIUM", "2027-01-01");
        let drifted = Failure::new(Code::UpstreamDrift, "`Contract.status` is not of the type that was promised");
        let unread = (Arc::new(record.to_owned_record().with("status", Value::Failed(Arc::new(drifted)))), from);
        let nothing = EntitlementFacts { contracts: Ok(Some(vec![unread])), subscriptions: Ok(Some(vec![])), ..good() };
        assert_eq!(told(&nothing), "None UNKNOWN upstream_drift");
    }
}
