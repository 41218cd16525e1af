//! Can this order be booked?
//!
//! Every line needs a product, a price and stock; the customer needs credit for the whole. Each thing that speaks
//! against it is an exception with its code; what could not be checked is one too. Tax is left to the ERP.

use chrono::NaiveDate;
use portico_contracts::canonical::{Currency, Money};
use rust_decimal::Decimal;

use super::credit_check::{Decision as Credit, Outcome};
use super::{Fact, Reason};

/// What is known of one line.
#[derive(Debug, Clone)]
pub struct LineFacts {
    /// What is ordered.
    pub sku: String,
    /// How much of it.
    pub quantity: Decimal,
    /// At which price; the list price where absent.
    pub unit_price: Option<Decimal>,
    /// Whether the product exists, and its list price.
    pub product: Fact<Option<Fact<Option<Money>>>>,
    /// What is free to promise; `None` where the estate keeps no stock.
    pub available: Fact<Option<Decimal>>,
}

/// One line, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The list price.
    pub list_price: Option<Money>,
    /// What is free to promise.
    pub available: Option<Decimal>,
    /// What it comes to.
    pub amount: Option<Money>,
    /// What speaks against it.
    pub exceptions: Vec<Reason>,
}

/// Judges the lines. Several lines of one product share its stock.
pub fn lines(facts: &[LineFacts], currency: Currency) -> Vec<Line> {
    let wanted = |sku: &str| facts.iter().filter(|line| line.sku == sku).map(|line| line.quantity).sum::<Decimal>();
    facts.iter().map(|line| judge(line, wanted(&line.sku), currency)).collect()
}

fn judge(facts: &LineFacts, wanted: Decimal, currency: Currency) -> Line {
    let mut exceptions = Vec::new();
    let list_price = list_price(facts, &mut exceptions);
    let price = price(facts, list_price, currency, &mut exceptions);
    let available = match &facts.available {
        Ok(available) => *available,
        Err(reason) => {
            note(&mut exceptions, reason.clone());
            None
        }
    };
    if available.is_some_and(|available| available < wanted) {
        let message =
            format!("{} are available, {} are ordered.", available.unwrap_or_default().normalize(), wanted.normalize());
        exceptions.push(Reason::new("not_available", message));
    }
    let amount = price.and_then(|price| price.checked_mul(facts.quantity)).map(|amount| Money { amount, currency });
    Line { list_price, available, amount, exceptions }
}

fn list_price(facts: &LineFacts, exceptions: &mut Vec<Reason>) -> Option<Money> {
    match &facts.product {
        Ok(Some(Ok(price))) => *price,
        Ok(Some(Err(reason))) | Err(reason) => {
            note(exceptions, reason.clone());
            None
        }
        Ok(None) => {
            exceptions.push(Reason::new("product_unknown", "There is no such product."));
            None
        }
    }
}

/// The price of one, in the order's currency.
fn price(facts: &LineFacts, list: Option<Money>, currency: Currency, exceptions: &mut Vec<Reason>) -> Option<Decimal> {
    let foreign = list.is_some_and(|list| list.currency != currency);
    if foreign {
        exceptions.push(Reason::new("currency_mismatch", format!("The list price is not in {currency}.")));
    }
    let list = list.filter(|_| !foreign).map(|list| list.amount);
    match (facts.unit_price, list) {
        (Some(price), Some(list)) if price < list => {
            exceptions.push(Reason::new("price_below_list", "The price is below the list price."));
            Some(price)
        }
        (Some(price), _) => Some(price),
        (None, Some(list)) => Some(list),
        (None, None) => {
            if exceptions.is_empty() {
                exceptions.push(Reason::new("price_unknown", "No list price is known, and none was given."));
            }
            None
        }
    }
}

fn note(exceptions: &mut Vec<Reason>, reason: Reason) {
    if !exceptions.contains(&reason) {
        exceptions.push(reason);
    }
}

/// What the whole order comes to; nothing where a line's amount is not known.
pub fn total(lines: &[Line]) -> Option<Money> {
    let mut amounts = lines.iter().map(|line| line.amount);
    let first = amounts.next()??;
    amounts.try_fold(first, |sum, amount| sum.plus(amount?))
}

/// What speaks against the order as a whole, beside its lines.
pub fn exceptions(
    credit: &Fact<Credit>,
    total: Option<Money>,
    requested_ship_date: Option<NaiveDate>,
    today: NaiveDate,
) -> Vec<Reason> {
    let mut exceptions = Vec::new();
    match credit {
        Ok(credit) => match credit.outcome {
            Outcome::Approved => {}
            Outcome::Review => exceptions.push(Reason::new("credit_review", "The credit is for a person to decide.")),
            Outcome::Declined => exceptions.push(Reason::new("credit_declined", "There is not enough credit.")),
        },
        Err(reason) => exceptions.push(reason.clone()),
    }
    if total.is_none() {
        exceptions.push(Reason::new("total_unknown", "What the order comes to is not known."));
    }
    if requested_ship_date.is_some_and(|day| day < today) {
        exceptions.push(Reason::new("ship_date_past", "The requested ship date is past."));
    }
    exceptions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur() -> Currency {
        Currency::parse("EUR").expect("a currency")
    }

    fn money(amount: i64) -> Money {
        Money { amount: Decimal::from(amount), currency: eur() }
    }

    fn line(sku: &str, quantity: i64) -> LineFacts {
        LineFacts {
            sku: sku.to_owned(),
            quantity: Decimal::from(quantity),
            unit_price: None,
            product: Ok(Some(Ok(Some(money(10))))),
            available: Ok(Some(Decimal::from(5))),
        }
    }

    fn codes(line: &Line) -> Vec<&'static str> {
        line.exceptions.iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn a_line_in_order_comes_to_its_price() {
        let judged = lines(&[line("A", 5)], eur());
        assert_eq!((codes(&judged[0]), total(&judged)), (vec![], Some(money(50))));
    }

    #[test]
    fn lines_of_one_product_share_its_stock() {
        let judged = lines(&[line("A", 3), line("A", 3), line("B", 5)], eur());
        let found: Vec<_> = judged.iter().map(codes).collect();
        assert_eq!(found, [vec!["not_available"], vec!["not_available"], vec![]]);
    }

    #[test]
    fn what_is_not_known_is_an_exception() {
        let down = || Reason::new("upstream_unavailable", "acme-erp cannot be reached.");
        let unknown = LineFacts { product: Ok(None), ..line("A", 1) };
        let failed = LineFacts { product: Err(down()), available: Err(down()), ..line("B", 1) };
        let priceless = LineFacts { product: Ok(Some(Ok(None))), ..line("C", 1) };
        let judged = lines(&[unknown, failed, priceless], eur());
        let found: Vec<_> = judged.iter().map(codes).collect();
        assert_eq!(found, [vec!["product_unknown"], vec!["upstream_unavailable"], vec!["price_unknown"]]);
        assert_eq!(total(&judged), None);
    }

    #[test]
    fn prices_are_held_against_the_list() {
        let at = |price: i64| LineFacts { unit_price: Some(Decimal::from(price)), ..line("A", 1) };
        let judged = lines(&[at(9), at(10), at(11)], eur());
        let found: Vec<_> = judged.iter().map(codes).collect();
        assert_eq!(found, [vec!["price_below_list"], vec![], vec![]]);
        let usd = Currency::parse("USD").expect("a currency");
        assert_eq!(codes(&lines(&[line("A", 1)], usd)[0]), ["currency_mismatch"]);
    }

    #[test]
    fn the_order_as_a_whole_needs_credit_and_a_day_to_come() {
        let credit = |outcome| Ok(Credit { outcome, reasons: vec![], limit: None, exposure: None, available: None });
        let today: NaiveDate = "2026-11-21".parse().expect("a day");
        let told = |credit: &Fact<Credit>, day: &str| {
            let day = day.parse().ok();
            exceptions(credit, Some(money(1)), day, today).into_iter().map(|reason| reason.code).collect::<Vec<_>>()
        };
        assert_eq!(told(&credit(Outcome::Approved), "2026-11-21"), Vec::<&str>::new());
        assert_eq!(told(&credit(Outcome::Declined), "2026-11-20"), ["credit_declined", "ship_date_past"]);
        assert_eq!(told(&credit(Outcome::Review), ""), ["credit_review"]);
        assert_eq!(told(&Err(Reason::new("not_found", "unknown")), ""), ["not_found"]);
    }
}
