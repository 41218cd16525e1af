//! Business rules: what a tenant says, over the defaults.

use std::collections::BTreeSet;

use portico_contracts::canonical::Currency;
use portico_contracts::rules::{CreditRules, EntitlementRules, Rules, SupportLevel, WarrantyRules, WarrantyStart};

use super::ledger::Ledger;
use crate::settings::read::At;
use crate::settings::written::{
    CreditSection, EntitlementSection, RulesSection, SupportLevelWord, WarrantySection, WarrantyStartWord,
};

pub(super) fn check(section: &RulesSection, ledger: &mut Ledger<'_>) -> Rules {
    Rules {
        credit: credit(&section.credit, ledger),
        warranty: warranty(&section.warranty, ledger),
        entitlement: entitlement(&section.entitlement),
    }
}

fn credit(section: &CreditSection, ledger: &mut Ledger<'_>) -> CreditRules {
    let usual = CreditRules::default();
    if let Some(percent) = section.review_above_percent.as_ref().filter(|percent| percent.value > 100) {
        ledger.wrong(
            &percent.place,
            "a share of the limit is 0 to 100 percent; what is above the limit is never approved",
        );
    }
    let number = |at: &Option<At<u32>>, default: u32| at.as_ref().map_or(default, |at| at.value);
    let rules = CreditRules {
        review_above_percent: number(&section.review_above_percent, usual.review_above_percent),
        decline_over_limit: section.decline_over_limit.unwrap_or(usual.decline_over_limit),
        review_overdue_days: number(&section.review_overdue_days, usual.review_overdue_days),
        max_overdue_days: number(&section.max_overdue_days, usual.max_overdue_days),
        decline_on_hold: section.decline_on_hold.unwrap_or(usual.decline_on_hold),
        approval_valid_for: ledger.span(section.approval_valid_for.as_ref(), usual.approval_valid_for),
        currencies: section.currencies.iter().filter_map(|code| currency(code, ledger)).collect::<BTreeSet<_>>(),
    };
    if rules.review_overdue_days > rules.max_overdue_days
        && let Some(at) = section.review_overdue_days.as_ref().or(section.max_overdue_days.as_ref())
    {
        let (review, most) = (rules.review_overdue_days, rules.max_overdue_days);
        ledger.wrong(&at.place, format!("review would begin after {review} days, when {most} are declined already"));
    }
    rules
}

fn currency(code: &At<String>, ledger: &mut Ledger<'_>) -> Option<Currency> {
    let currency = Currency::parse(code);
    if currency.is_none() {
        ledger.wrong(&code.place, format!("\"{}\" is not a currency code such as EUR", code.value));
    }
    currency
}

fn warranty(section: &WarrantySection, ledger: &mut Ledger<'_>) -> WarrantyRules {
    let usual = WarrantyRules::default();
    let starts = match &section.starts {
        None => usual.starts,
        Some(words) => {
            if words.is_empty() {
                ledger.wrong(&words.place, "name at least one start, or leave the setting out");
            }
            words.iter().copied().map(start).collect()
        }
    };
    WarrantyRules {
        default_months: section.default_months.as_ref().map(|months| ledger.count(Some(months), 1).get()),
        starts,
        contracts_cover: section.contracts_cover.unwrap_or(usual.contracts_cover),
        entitlements_cover: section.entitlements_cover.unwrap_or(usual.entitlements_cover),
    }
}

fn start(word: WarrantyStartWord) -> WarrantyStart {
    match word {
        WarrantyStartWord::Shipped => WarrantyStart::Shipped,
        WarrantyStartWord::Installed => WarrantyStart::Installed,
        WarrantyStartWord::Purchased => WarrantyStart::Purchased,
    }
}

fn entitlement(section: &EntitlementSection) -> EntitlementRules {
    let usual = EntitlementRules::default();
    EntitlementRules {
        subscription_level: section.subscription_level.map_or(usual.subscription_level, level),
        plan_levels: section.plan_levels.iter().map(|(plan, word)| (plan.clone(), level(*word))).collect(),
        contract_level: section.contract_level.map_or(usual.contract_level, level),
        max_overdue_days: section.max_overdue_days.as_ref().map_or(usual.max_overdue_days, |at| at.value),
        past_due_counts: section.past_due_counts.unwrap_or(usual.past_due_counts),
    }
}

fn level(word: SupportLevelWord) -> SupportLevel {
    match word {
        SupportLevelWord::None => SupportLevel::None,
        SupportLevelWord::Basic => SupportLevel::Basic,
        SupportLevelWord::Standard => SupportLevel::Standard,
        SupportLevelWord::Premium => SupportLevel::Premium,
    }
}
