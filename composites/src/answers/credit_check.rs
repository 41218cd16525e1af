//! May this customer buy for this amount on account?
//!
//! Exposure is what the customer owes, plus what is ordered and not invoiced yet, plus the amount asked about. It is
//! held against the limit; a hold and overdue amounts count against the customer. Whatever is not known makes the
//! decision a person's: nothing but complete, fresh figures can approve.

mod several;

use portico_contracts::canonical::Money;
use portico_contracts::rules::CreditRules;
use rust_decimal::Decimal;

use super::{Fact, Reason};

pub use several::together;

/// What the ERP said for this request.
#[derive(Debug, Clone)]
pub struct CreditFacts {
    /// The limit; `None` where the ERP has none for this customer.
    pub limit: Fact<Option<Money>>,
    /// What is owed.
    pub balance: Fact<Option<Money>>,
    /// How long the oldest open amount is past its due date, in days.
    pub overdue_days: Fact<Option<i32>>,
    /// Whether the customer is on hold; `None` where the ERP does not know holds.
    pub on_hold: Fact<Option<bool>>,
    /// Of each open order what is not invoiced yet.
    pub orders: Fact<Vec<Money>>,
}

/// The three answers, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Checked on complete, fresh figures, and within the rules.
    Approved,
    /// For a person to decide.
    Review,
    /// Against the rules.
    Declined,
}

impl Outcome {
    /// As the GraphQL enum `CreditOutcome` spells it.
    pub fn graphql(self) -> &'static str {
        match self {
            Outcome::Approved => "APPROVED",
            Outcome::Review => "REVIEW",
            Outcome::Declined => "DECLINED",
        }
    }
}

/// The decision with the figures that it was made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
    /// The limit.
    pub limit: Option<Money>,
    /// What would be owed and ordered with the amount asked about.
    pub exposure: Option<Money>,
    /// What of the limit is left before the amount asked about.
    pub available: Option<Money>,
}

/// Collects reasons; the worst one decides.
struct Verdict {
    findings: Vec<(Outcome, Reason)>,
}

impl Verdict {
    fn find(&mut self, outcome: Outcome, code: &'static str, message: impl Into<String>) {
        self.findings.push((outcome, Reason::new(code, message)));
    }

    /// The fact, or a reason to review.
    fn need<T: Clone>(&mut self, fact: &Fact<T>) -> Option<T> {
        match fact {
            Ok(value) => Some(value.clone()),
            Err(reason) => {
                if !self.findings.iter().any(|(_, known)| known == reason) {
                    self.findings.push((Outcome::Review, reason.clone()));
                }
                None
            }
        }
    }
}

/// Decides.
pub fn decide(facts: &CreditFacts, requested: Money, rules: &CreditRules) -> Decision {
    let mut verdict = Verdict { findings: Vec::new() };
    if !rules.currencies.is_empty() && !rules.currencies.contains(&requested.currency) {
        verdict.find(
            Outcome::Review,
            "currency_not_decided",
            format!("Credit in {} is for a person to decide.", requested.currency),
        );
    }
    hold(facts, rules, &mut verdict);
    overdue(facts, rules, &mut verdict);
    let limit = limit(facts, &mut verdict);
    let committed = committed(facts, requested, &mut verdict);
    let exposure = committed.and_then(|committed| committed.plus(requested));
    let available = limit.zip(committed).and_then(|(limit, committed)| limit.minus(committed));
    match (limit, exposure) {
        (Some(limit), Some(exposure)) => weigh(limit, exposure, rules, &mut verdict),
        (Some(_), None) if committed.is_some() => {
            verdict.find(Outcome::Review, "figures_too_large", "The figures do not fit together.");
        }
        _ => {}
    }
    conclude(verdict, limit, exposure, available)
}

fn conclude(verdict: Verdict, limit: Option<Money>, exposure: Option<Money>, available: Option<Money>) -> Decision {
    let mut findings = verdict.findings;
    let complete = limit.is_some() && exposure.is_some() && available.is_some();
    if findings.is_empty() && complete {
        let within = Reason::new(
            "within_limit",
            "The exposure stays within the limit, nothing is overdue too long and there is no hold.",
        );
        return Decision { outcome: Outcome::Approved, reasons: vec![within], limit, exposure, available };
    }
    if findings.is_empty() {
        findings.push((Outcome::Review, Reason::new("figures_incomplete", "Not all figures are known.")));
    }
    findings.sort_by(|(one, _), (other, _)| other.cmp(one));
    let outcome = findings[0].0;
    Decision { outcome, reasons: findings.into_iter().map(|(_, reason)| reason).collect(), limit, exposure, available }
}

fn hold(facts: &CreditFacts, rules: &CreditRules, verdict: &mut Verdict) {
    if verdict.need(&facts.on_hold) == Some(Some(true)) {
        let outcome = if rules.decline_on_hold { Outcome::Declined } else { Outcome::Review };
        verdict.find(outcome, "on_hold", "The customer is on hold.");
    }
}

fn overdue(facts: &CreditFacts, rules: &CreditRules, verdict: &mut Verdict) {
    let Some(days) = verdict.need(&facts.overdue_days) else { return };
    let Some(days) = days else {
        return verdict.find(Outcome::Review, "overdue_unknown", "The ERP does not tell whether anything is overdue.");
    };
    let days = u32::try_from(days).unwrap_or(0);
    let message = format!("The oldest open amount is {days} days overdue.");
    if days > rules.max_overdue_days {
        verdict.find(Outcome::Declined, "overdue", message);
    } else if days > rules.review_overdue_days {
        verdict.find(Outcome::Review, "overdue", message);
    }
}

fn limit(facts: &CreditFacts, verdict: &mut Verdict) -> Option<Money> {
    let limit = verdict.need(&facts.limit)?;
    if limit.is_none() {
        verdict.find(Outcome::Review, "limit_unknown", "No credit limit is known.");
    }
    limit
}

/// What is owed and ordered already, in the currency of the request.
fn committed(facts: &CreditFacts, requested: Money, verdict: &mut Verdict) -> Option<Money> {
    let balance = verdict.need(&facts.balance);
    let orders = verdict.need(&facts.orders);
    let Some(balance) = balance? else {
        verdict.find(Outcome::Review, "balance_unknown", "The open balance is not known.");
        return None;
    };
    let mut amounts = orders?.into_iter().chain([balance, requested]);
    let limit = facts.limit.as_ref().ok().copied().flatten();
    if let Some(other) = amounts.clone().chain(limit).find(|money| money.currency != requested.currency) {
        let message = format!("The figures are in {}, the request is in {}.", other.currency, requested.currency);
        verdict.find(Outcome::Review, "currency_mismatch", message);
        return None;
    }
    let nothing = Money { amount: Decimal::ZERO, currency: requested.currency };
    let sum = amounts.try_fold(nothing, Money::plus).and_then(|all| all.minus(requested));
    if sum.is_none() {
        verdict.find(Outcome::Review, "figures_too_large", "The figures are too large to add up.");
    }
    sum
}

fn weigh(limit: Money, exposure: Money, rules: &CreditRules, verdict: &mut Verdict) {
    let share = Decimal::from(rules.review_above_percent) / Decimal::ONE_HUNDRED;
    if exposure.amount > limit.amount {
        let outcome = if rules.decline_over_limit { Outcome::Declined } else { Outcome::Review };
        verdict.find(outcome, "limit_exceeded", "The exposure would be above the limit.");
    } else if limit.amount.checked_mul(share).is_none_or(|line| exposure.amount > line) {
        let message = format!("The exposure would be above {} % of the limit.", rules.review_above_percent);
        verdict.find(Outcome::Review, "limit_nearly_used", message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_contracts::canonical::Currency;

    fn money(amount: &str, currency: &str) -> Money {
        Money { amount: amount.parse().expect("a decimal"), currency: Currency::parse(currency).expect("a currency") }
    }

    fn eur(amount: &str) -> Money {
        money(amount, "EUR")
    }

    fn good() -> CreditFacts {
        CreditFacts {
            limit: Ok(Some(eur("100000"))),
            balance: Ok(Some(eur("20000.10"))),
            overdue_days: Ok(Some(0)),
            on_hold: Ok(Some(false)),
            orders: Ok(vec![eur("4000"), eur("999.90")]),
        }
    }

    fn told(facts: &CreditFacts, requested: Money, rules: &CreditRules) -> String {
        let decision = decide(facts, requested, rules);
        let codes: Vec<&str> = decision.reasons.iter().map(|reason| reason.code).collect();
        let amount = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.amount.normalize().to_string());
        format!(
            "{:?} {} exposure {} available {}",
            decision.outcome,
            codes.join(","),
            amount(decision.exposure),
            amount(decision.available)
        )
    }

    #[test]
    fn room_enough_is_approved_with_its_figures() {
        assert_eq!(
            told(&good(), eur("25000.00"), &CreditRules::default()),
            "Approved within_limit exposure 50000 available 75000"
        );
        assert_eq!(
            told(&good(), eur("75000"), &CreditRules::default()),
            "Approved within_limit exposure 100000 available 75000"
        );
    }

    #[test]
    fn a_cent_too_much_is_declined() {
        assert_eq!(
            told(&good(), eur("75000.01"), &CreditRules::default()),
            "Declined limit_exceeded exposure 100000.01 available 75000"
        );
        let lenient = CreditRules { decline_over_limit: false, ..CreditRules::default() };
        assert!(told(&good(), eur("75000.01"), &lenient).starts_with("Review limit_exceeded"));
    }

    #[test]
    fn what_is_close_to_the_limit_is_a_persons() {
        let rules = CreditRules { review_above_percent: 90, ..CreditRules::default() };
        assert!(told(&good(), eur("65000"), &rules).starts_with("Approved"));
        assert!(told(&good(), eur("65000.01"), &rules).starts_with("Review limit_nearly_used"));
    }

    #[test]
    fn holds_and_overdue_amounts_count() {
        let held = CreditFacts { on_hold: Ok(Some(true)), ..good() };
        assert!(told(&held, eur("1"), &CreditRules::default()).starts_with("Declined on_hold"));
        let late = |days| CreditFacts { overdue_days: Ok(Some(days)), ..good() };
        assert!(told(&late(14), eur("1"), &CreditRules::default()).starts_with("Approved"));
        assert!(told(&late(15), eur("1"), &CreditRules::default()).starts_with("Review overdue"));
        assert!(told(&late(60), eur("1"), &CreditRules::default()).starts_with("Declined overdue"));
    }

    #[test]
    fn nothing_unknown_is_ever_approved() {
        let down = || Reason::new("upstream_unavailable", "acme-erp cannot be reached.");
        let unknown = [
            CreditFacts { limit: Err(down()), ..good() },
            CreditFacts { limit: Ok(None), ..good() },
            CreditFacts { balance: Err(down()), ..good() },
            CreditFacts { balance: Ok(None), ..good() },
            CreditFacts { overdue_days: Err(down()), ..good() },
            CreditFacts { overdue_days: Ok(None), ..good() },
            CreditFacts { on_hold: Err(down()), ..good() },
            CreditFacts { orders: Err(down()), ..good() },
            CreditFacts { balance: Ok(Some(money("1", "USD"))), ..good() },
            CreditFacts { limit: Ok(Some(money("100000", "USD"))), ..good() },
            CreditFacts { orders: Ok(vec![money("1", "USD")]), ..good() },
            CreditFacts { balance: Ok(Some(eur("79228162514264337593543950335"))), ..good() },
        ];
        for facts in unknown {
            let decision = decide(&facts, eur("1"), &CreditRules::default());
            assert_eq!(decision.outcome, Outcome::Review, "{facts:?}");
        }
        assert_eq!(
            told(
                &CreditFacts {
                    limit: Err(down()),
                    balance: Err(down()),
                    overdue_days: Err(down()),
                    on_hold: Err(down()),
                    orders: Err(down())
                },
                eur("1"),
                &CreditRules::default()
            ),
            "Review upstream_unavailable exposure - available -"
        );
    }

    #[test]
    fn a_hold_that_is_known_declines_even_when_the_rest_is_not() {
        let down = || Reason::new("upstream_timeout", "acme-erp did not answer.");
        let facts = CreditFacts { on_hold: Ok(Some(true)), orders: Err(down()), ..good() };
        assert!(told(&facts, eur("1"), &CreditRules::default()).starts_with("Declined on_hold,upstream_timeout"));
    }

    #[test]
    fn only_listed_currencies_are_decided() {
        let rules =
            CreditRules { currencies: [Currency::parse("USD").expect("a currency")].into(), ..CreditRules::default() };
        assert!(told(&good(), eur("1"), &rules).starts_with("Review currency_not_decided"));
    }

    proptest::proptest! {
        #[test]
        fn approved_means_within_the_limit(limit in 0u32..200_000, balance in 0u32..200_000, order in 0u32..200_000, requested in 1u32..200_000) {
            let facts = CreditFacts {
                limit: Ok(Some(eur(&limit.to_string()))),
                balance: Ok(Some(eur(&balance.to_string()))),
                orders: Ok(vec![eur(&order.to_string())]),
                ..good()
            };
            let decision = decide(&facts, eur(&requested.to_string()), &CreditRules::default());
            let within = u64::from(balance) + u64::from(order) + u64::from(requested) <= u64::from(limit);
            proptest::prop_assert_eq!(decision.outcome == Outcome::Approved, within);
        }
    }
}
