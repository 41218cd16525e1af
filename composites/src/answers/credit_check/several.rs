//! One customer with an account in several systems: what it owes anywhere counts, and the least that anybody allows.

use portico_contracts::canonical::Money;

use super::CreditFacts;
use crate::answers::{Fact, Reason};

/// The figures of all systems that know the customer, as one. Nothing that one of them does not tell is made up for by
/// another: it stays unknown, and the decision a person's.
///
/// - The balance is the sum; the limit the smallest.
/// - A hold in one system holds everywhere, also where another one cannot be asked.
/// - The oldest open amount of all is the oldest.
pub fn together(each: Vec<CreditFacts>) -> CreditFacts {
    let mut each = each.into_iter();
    let nobody = || Reason::new("figures_not_provided", "No system of this tenant keeps receivables.");
    let Some(first) = each.next() else {
        return CreditFacts {
            limit: Err(nobody()),
            balance: Err(nobody()),
            overdue_days: Err(nobody()),
            on_hold: Err(nobody()),
            orders: Err(nobody()),
        };
    };
    each.fold(first, |all, other| CreditFacts {
        limit: both(all.limit, other.limit, smaller),
        balance: both(all.balance, other.balance, |a, b| a.plus(b).ok_or_else(mismatch)),
        overdue_days: both(all.overdue_days, other.overdue_days, |a, b| Ok(a.max(b))),
        on_hold: held(all.on_hold, other.on_hold),
        orders: match (all.orders, other.orders) {
            (Ok(mut all), Ok(other)) => {
                all.extend(other);
                Ok(all)
            }
            (Err(reason), _) | (_, Err(reason)) => Err(reason),
        },
    })
}

/// What both systems tell; unknown where one does not.
fn both<T>(one: Fact<Option<T>>, other: Fact<Option<T>>, join: impl FnOnce(T, T) -> Fact<T>) -> Fact<Option<T>> {
    match (one?, other?) {
        (Some(one), Some(other)) => join(one, other).map(Some),
        _ => Ok(None),
    }
}

fn held(one: Fact<Option<bool>>, other: Fact<Option<bool>>) -> Fact<Option<bool>> {
    if matches!(one, Ok(Some(true))) || matches!(other, Ok(Some(true))) {
        return Ok(Some(true));
    }
    both(one, other, |_, _| Ok(false))
}

fn smaller(one: Money, other: Money) -> Fact<Money> {
    if one.currency != other.currency {
        return Err(mismatch());
    }
    Ok(if one.amount <= other.amount { one } else { other })
}

fn mismatch() -> Reason {
    Reason::new("currency_mismatch", "The systems that know the customer keep its figures in several currencies.")
}

#[cfg(test)]
mod tests {
    use portico_contracts::canonical::Currency;
    use portico_contracts::rules::CreditRules;

    use super::*;
    use crate::answers::credit_check::{Outcome, decide};

    fn money(amount: i64, currency: &str) -> Money {
        Money { amount: amount.into(), currency: Currency::parse(currency).expect("a currency") }
    }

    fn facts(limit: i64, balance: i64) -> CreditFacts {
        CreditFacts {
            limit: Ok(Some(money(limit, "EUR"))),
            balance: Ok(Some(money(balance, "EUR"))),
            overdue_days: Ok(Some(0)),
            on_hold: Ok(Some(false)),
            orders: Ok(vec![]),
        }
    }

    fn told(each: Vec<CreditFacts>, requested: i64) -> String {
        let decision = decide(&together(each), money(requested, "EUR"), &CreditRules::default());
        let codes: Vec<&str> = decision.reasons.iter().map(|reason| reason.code).collect();
        format!("{:?} {} {:?}", decision.outcome, codes.join(","), decision.exposure.map(|money| money.amount))
    }

    #[test]
    fn what_is_owed_anywhere_counts_against_the_smallest_limit() {
        assert_eq!(told(vec![facts(100, 20), facts(80, 30)], 30), "Approved within_limit Some(80)");
        assert_eq!(told(vec![facts(100, 20), facts(80, 30)], 31), "Declined limit_exceeded Some(81)");
        assert_eq!(told(vec![facts(100, 20)], 80), "Approved within_limit Some(100)");
    }

    #[test]
    fn a_hold_or_an_old_amount_in_one_system_is_one() {
        let held = CreditFacts { on_hold: Ok(Some(true)), ..facts(80, 0) };
        assert!(told(vec![facts(100, 0), held], 1).starts_with("Declined on_hold"));
        let late = CreditFacts { overdue_days: Ok(Some(60)), ..facts(80, 0) };
        assert!(told(vec![late, facts(100, 0)], 1).starts_with("Declined overdue"));
    }

    #[test]
    fn nothing_that_one_system_does_not_tell_is_approved() {
        let down = || Reason::new("upstream_unavailable", "b-erp cannot be reached.");
        let unknown = [
            CreditFacts { limit: Ok(None), ..facts(80, 0) },
            CreditFacts { limit: Err(down()), ..facts(80, 0) },
            CreditFacts { balance: Ok(None), ..facts(80, 0) },
            CreditFacts { balance: Err(down()), ..facts(80, 0) },
            CreditFacts { overdue_days: Ok(None), ..facts(80, 0) },
            CreditFacts { overdue_days: Err(down()), ..facts(80, 0) },
            CreditFacts { on_hold: Err(down()), ..facts(80, 0) },
            CreditFacts { limit: Ok(Some(money(80, "USD"))), ..facts(80, 0) },
            CreditFacts { balance: Ok(Some(money(1, "USD"))), ..facts(80, 0) },
        ];
        for one in unknown {
            for each in [vec![facts(100, 0), one.clone()], vec![one.clone(), facts(100, 0)]] {
                let decision = decide(&together(each), money(1, "EUR"), &CreditRules::default());
                assert_eq!(decision.outcome, Outcome::Review, "{one:?}");
            }
        }
    }
}
