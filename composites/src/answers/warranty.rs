//! Is this serial number covered today, and by what?
//!
//! Three grounds: the manufacturer's warranty (an end date on the asset, or so many months from a start), a service
//! contract, an entitlement. One that is in force makes it `ACTIVE`. `NOT_COVERED` and `EXPIRED` need every ground to
//! be known; if a system did not tell, it is `UNKNOWN`.

use std::sync::Arc;

use chrono::{Months, NaiveDate};
use portico_contracts::canonical::Provenance;
use portico_contracts::rules::{WarrantyRules, WarrantyStart};

use super::{Fact, Reason};

/// What the CRM knows of the asset.
#[derive(Debug, Clone, Default)]
pub struct AssetFacts {
    /// The end that the asset itself carries.
    pub warranty_ends_on: Option<NaiveDate>,
    /// When it was installed.
    pub installed_on: Option<NaiveDate>,
    /// When it was bought.
    pub purchased_on: Option<NaiveDate>,
}

/// One ground, in force or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Which kind of ground, as the GraphQL enum `CoverageKind` spells it.
    pub kind: &'static str,
    /// A contract's or entitlement's number.
    pub reference: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day; open-ended where absent.
    pub ends_on: Option<NaiveDate>,
    /// Not cancelled and not a draft.
    pub valid: bool,
    /// Which system said so.
    pub source: Arc<Provenance>,
}

impl Coverage {
    fn in_force(&self, today: NaiveDate) -> bool {
        self.valid && self.starts_on.is_none_or(|start| start <= today) && self.ends_on.is_none_or(|end| end >= today)
    }
}

/// What is known for one serial number.
#[derive(Debug, Clone)]
pub struct WarrantyFacts {
    /// The asset; `None` where the system says that there is none.
    pub asset: Fact<Option<(AssetFacts, Arc<Provenance>)>>,
    /// When the order was shipped.
    pub shipped_on: Fact<Option<NaiveDate>>,
    /// The product's months of warranty.
    pub product_months: Fact<Option<u32>>,
    /// Contracts that cover the serial number.
    pub contracts: Fact<Vec<Coverage>>,
    /// Entitlements on the serial number.
    pub entitlements: Fact<Vec<Coverage>>,
}

/// The answer, as the GraphQL type `Warranty` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// As the GraphQL enum `WarrantyStatus` spells it.
    pub status: &'static str,
    /// Of the coverage that decides.
    pub starts_on: Option<NaiveDate>,
    /// Of the coverage that decides.
    pub ends_on: Option<NaiveDate>,
    /// The grounds, the one that decides first.
    pub coverage: Vec<Coverage>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Decides for one day.
pub fn decide(facts: &WarrantyFacts, today: NaiveDate, rules: &WarrantyRules) -> Decision {
    let asset = match &facts.asset {
        Ok(Some(asset)) => asset,
        Ok(None) => return unknown(vec![Reason::new("asset_unknown", "No asset has this serial number.")]),
        Err(reason) => return unknown(vec![reason.clone()]),
    };
    let mut missing = Vec::new();
    let mut coverage = Vec::new();
    match manufacturer(&asset.0, facts, &asset.1, rules) {
        Ok(found) => coverage.extend(found),
        Err(reason) => missing.push(reason),
    }
    let grounds = [(rules.contracts_cover, &facts.contracts), (rules.entitlements_cover, &facts.entitlements)];
    for (_, ground) in grounds.into_iter().filter(|(counts, _)| *counts) {
        match ground {
            Ok(found) => coverage.extend(found.iter().cloned()),
            Err(reason) if !missing.contains(reason) => missing.push(reason.clone()),
            Err(_) => {}
        }
    }
    // The ground in force that lasts longest decides; else the one that ended last.
    let rank = |ground: &Coverage| (ground.in_force(today), ground.ends_on.unwrap_or(NaiveDate::MAX));
    coverage.sort_by_key(|ground| std::cmp::Reverse(rank(ground)));
    conclude(coverage, missing, today)
}

fn conclude(coverage: Vec<Coverage>, missing: Vec<Reason>, today: NaiveDate) -> Decision {
    let best = coverage.first();
    let (starts_on, ends_on) = best.map_or((None, None), |ground| (ground.starts_on, ground.ends_on));
    let (status, reason) = match best {
        Some(ground) if ground.in_force(today) => ("ACTIVE", by(ground, "covered_by", "is in force")),
        _ if !missing.is_empty() => {
            return Decision { status: "UNKNOWN", starts_on: None, ends_on: None, coverage, reasons: missing };
        }
        Some(ground) if ground.valid && ground.starts_on.is_some_and(|start| start > today) => {
            ("NOT_COVERED", Reason::new("not_started", "The coverage has not begun yet."))
        }
        Some(ground) if ground.valid => ("EXPIRED", by(ground, "expired", "has ended")),
        _ => (
            "NOT_COVERED",
            Reason::new("no_coverage", "Neither warranty, contract nor entitlement covers this serial number."),
        ),
    };
    let reasons = std::iter::once(reason).chain(missing).collect();
    Decision { status, starts_on, ends_on, coverage, reasons }
}

fn by(ground: &Coverage, code: &'static str, verb: &str) -> Reason {
    let what = match ground.kind {
        "MANUFACTURER" => "The manufacturer's warranty".to_owned(),
        "CONTRACT" => format!("The contract {}", ground.reference.as_deref().unwrap_or("without a number")),
        _ => format!("The entitlement {}", ground.reference.as_deref().unwrap_or("without a name")),
    };
    Reason { code, message: format!("{what} {verb}."), system: Some(ground.source.system.clone()) }
}

fn unknown(reasons: Vec<Reason>) -> Decision {
    Decision { status: "UNKNOWN", starts_on: None, ends_on: None, coverage: Vec::new(), reasons }
}

/// The asset's own end, or a start and so many months. Nothing to go by is no warranty; a start or a number of months
/// that a system did not tell is not.
fn manufacturer(
    asset: &AssetFacts,
    facts: &WarrantyFacts,
    source: &Arc<Provenance>,
    rules: &WarrantyRules,
) -> Fact<Option<Coverage>> {
    let start = start(asset, facts, rules);
    let covered = |starts_on, ends_on| Coverage {
        kind: "MANUFACTURER",
        reference: None,
        starts_on,
        ends_on,
        valid: true,
        source: Arc::clone(source),
    };
    if let Some(end) = asset.warranty_ends_on {
        return Ok(Some(covered(start.unwrap_or(None), Some(end))));
    }
    let months = facts.product_months.clone()?.or(rules.default_months).filter(|months| *months > 0);
    let Some(months) = months else { return Ok(None) };
    let Some(start) = start? else { return Ok(None) };
    let end = start.checked_add_months(Months::new(months)).and_then(|day| day.pred_opt());
    Ok(end.map(|end| covered(Some(start), Some(end))))
}

fn start(asset: &AssetFacts, facts: &WarrantyFacts, rules: &WarrantyRules) -> Fact<Option<NaiveDate>> {
    for kind in &rules.starts {
        let day = match kind {
            WarrantyStart::Installed => asset.installed_on,
            WarrantyStart::Purchased => asset.purchased_on,
            WarrantyStart::Shipped => facts.shipped_on.clone()?,
        };
        if day.is_some() {
            return Ok(day);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use portico_contracts::canonical::CacheState;
    use portico_contracts::tenancy::{Role, SystemId};

    fn crm() -> Arc<Provenance> {
        let system = SystemId::parse("acme-crm").expect("a name");
        Arc::new(Provenance { system, role: Role::Crm, state: CacheState::Fetched, fetched_at: Utc::now() })
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn facts(asset: AssetFacts) -> WarrantyFacts {
        WarrantyFacts {
            asset: Ok(Some((asset, crm()))),
            shipped_on: Ok(None),
            product_months: Ok(None),
            contracts: Ok(vec![]),
            entitlements: Ok(vec![]),
        }
    }

    fn contract(starts: &str, ends: &str, valid: bool) -> Coverage {
        Coverage {
            kind: "CONTRACT",
            reference: Some("SC-1".into()),
            starts_on: Some(day(starts)),
            ends_on: Some(day(ends)),
            valid,
            source: crm(),
        }
    }

    fn told(facts: &WarrantyFacts) -> String {
        let decision = decide(facts, day("2026-11-21"), &WarrantyRules::default());
        let codes: Vec<&str> = decision.reasons.iter().map(|reason| reason.code).collect();
        let end = decision.ends_on.map_or("-".to_owned(), |end| end.to_string());
        format!("{} {} {end}", decision.status, codes.join(","))
    }

    #[test]
    fn the_assets_own_end_decides_to_the_day() {
        let ends = |end: &str| facts(AssetFacts { warranty_ends_on: Some(day(end)), ..AssetFacts::default() });
        assert_eq!(told(&ends("2026-11-21")), "ACTIVE covered_by 2026-11-21");
        assert_eq!(told(&ends("2026-11-20")), "EXPIRED expired 2026-11-20");
    }

    #[test]
    fn months_count_from_the_first_start_that_is_known() {
        let shipped = WarrantyFacts {
            shipped_on: Ok(Some(day("2024-11-22"))),
            product_months: Ok(Some(24)),
            ..facts(AssetFacts::default())
        };
        assert_eq!(told(&shipped), "ACTIVE covered_by 2026-11-21");
        let installed = AssetFacts { installed_on: Some(day("2024-11-21")), ..AssetFacts::default() };
        assert_eq!(
            told(&WarrantyFacts { asset: Ok(Some((installed, crm()))), ..shipped }),
            "EXPIRED expired 2026-11-20"
        );
    }

    #[test]
    fn a_contract_covers_what_the_warranty_does_not() {
        let old = AssetFacts { warranty_ends_on: Some(day("2020-01-01")), ..AssetFacts::default() };
        let covered = WarrantyFacts { contracts: Ok(vec![contract("2026-01-01", "2026-12-31", true)]), ..facts(old) };
        assert_eq!(told(&covered), "ACTIVE covered_by 2026-12-31");
        let cancelled = WarrantyFacts {
            contracts: Ok(vec![contract("2026-01-01", "2026-12-31", false)]),
            ..facts(AssetFacts::default())
        };
        assert_eq!(told(&cancelled), "NOT_COVERED no_coverage 2026-12-31");
    }

    #[test]
    fn what_is_not_known_is_not_denied() {
        let down = || Reason::new("upstream_unavailable", "acme-crm cannot be reached.");
        assert_eq!(
            told(&WarrantyFacts { asset: Err(down()), ..facts(AssetFacts::default()) }),
            "UNKNOWN upstream_unavailable -"
        );
        assert_eq!(told(&WarrantyFacts { asset: Ok(None), ..facts(AssetFacts::default()) }), "UNKNOWN asset_unknown -");
        assert_eq!(
            told(&WarrantyFacts { contracts: Err(down()), ..facts(AssetFacts::default()) }),
            "UNKNOWN upstream_unavailable -"
        );
        assert_eq!(
            told(&WarrantyFacts {
                shipped_on: Err(down()),
                product_months: Ok(Some(12)),
                ..facts(AssetFacts::default())
            }),
            "UNKNOWN upstream_unavailable -"
        );
        let active = AssetFacts { warranty_ends_on: Some(day("2027-01-01")), ..AssetFacts::default() };
        assert_eq!(
            told(&WarrantyFacts { contracts: Err(down()), ..facts(active) }),
            "ACTIVE covered_by,upstream_unavailable 2027-01-01"
        );
        assert_eq!(told(&facts(AssetFacts::default())), "NOT_COVERED no_coverage -");
    }
}
