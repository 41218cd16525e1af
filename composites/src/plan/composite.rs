//! The steps of what is decided by code: warranty, credit check, entitlement, order check. The decisions themselves are in
//! [`crate::answers`]; here is only what they have to know.

use std::sync::Arc;

use async_graphql::parser::types::SelectionSet;
use async_graphql_value::ConstValue;
use chrono::NaiveDate;
use indexmap::IndexMap;
use portico_contracts::canonical::{Currency, Failure, Money};
use portico_contracts::model::expect_object;
use portico_contracts::problem::{Code, Problem};
use portico_contracts::tenancy::SystemId;
use rust_decimal::Decimal;

use super::build::{Builder, Here, Lookup, text};
use super::customer::{DiscrepancyPlan, Identity};
use super::several::Asked;
use super::{KeyExpr, Resolve, Selection, StepId};
use crate::ask::{Key, Narrow};
use crate::estate::Rule;
use crate::fresh::Wish;
use crate::schema::scalars;

/// An order of more lines is checked in parts.
const MOST_LINES: usize = 100;
/// More open orders than this are not added up: the decision is a person's.
const MOST_OPEN_ORDERS: u32 = 100;

/// What a decision needs.
#[derive(Debug)]
pub(crate) enum CompositePlan {
    Warranty(WarrantyPlan),
    Credit(CreditPlan),
    Entitlement(EntitlementPlan),
    OrderCheck(OrderCheckPlan),
    Discrepancies(DiscrepancyPlan),
}

/// Steps of a warranty answer.
#[derive(Debug)]
pub(crate) struct WarrantyPlan {
    pub(crate) serial: Key,
    pub(crate) asset: StepId,
    pub(crate) product: Option<StepId>,
    pub(crate) shipments: Option<StepId>,
    /// Contracts of the serial number, or of the customer.
    pub(crate) contracts: Option<StepId>,
    /// What each of their systems says about what they cover.
    pub(crate) covers: Vec<(SystemId, Covers)>,
    pub(crate) entitlements: Option<StepId>,
    pub(crate) selection: Selection,
}

/// How a contract tells which serial numbers it covers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Covers {
    /// Its record says so.
    Told,
    /// Another entity does.
    By(StepId),
    /// It does not.
    Unknown,
}

/// A credit decision about an amount.
#[derive(Debug)]
pub(crate) struct CreditPlan {
    pub(crate) requested: Money,
    pub(crate) steps: CreditSteps,
    pub(crate) selection: Selection,
}

/// Steps of a credit decision: all of them asked of the ERP for this request.
#[derive(Debug)]
pub(crate) struct CreditSteps {
    /// What the customer was found by, where that is not its number.
    pub(crate) anchor: Option<StepId>,
    pub(crate) receivables: Option<StepId>,
    /// Open amounts, where the receivables do not carry a balance.
    pub(crate) items: Option<StepId>,
    pub(crate) orders: Option<StepId>,
    pub(crate) lines: Option<StepId>,
}

/// An order that is to be checked before it is booked.
#[derive(Debug)]
pub(crate) struct OrderCheckPlan {
    pub(crate) currency: Currency,
    pub(crate) requested_ship_date: Option<NaiveDate>,
    pub(crate) lines: Vec<OrderedLine>,
    pub(crate) credit: CreditSteps,
    /// Products of all lines, by sku.
    pub(crate) products: Option<StepId>,
    /// Stock of all lines, by sku.
    pub(crate) stock: Option<StepId>,
    pub(crate) selection: Selection,
}

/// One line of it.
#[derive(Debug, Clone)]
pub(crate) struct OrderedLine {
    pub(crate) sku: Key,
    pub(crate) quantity: Decimal,
    pub(crate) unit_price: Option<Decimal>,
}

/// Steps of an entitlement decision.
#[derive(Debug)]
pub(crate) struct EntitlementPlan {
    /// Whether a system knows the customer.
    pub(crate) erp: Option<StepId>,
    pub(crate) anchor: Option<StepId>,
    pub(crate) subscriptions: Option<StepId>,
    pub(crate) contracts: Option<StepId>,
    /// The serial numbers of the contracts, where they are asked for and kept apart.
    pub(crate) coverage: Option<StepId>,
    pub(crate) receivables: Option<StepId>,
    pub(crate) items: Option<StepId>,
    pub(crate) selection: Selection,
}

type Arguments = IndexMap<&'static str, ConstValue>;

impl<'a> Builder<'a> {
    pub(super) fn composite(
        &mut self,
        name: &str,
        arguments: &Arguments,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        match name {
            "warranty" => self.warranty(arguments, sets, path),
            "creditCheck" => self.credit(arguments, sets, path),
            "orderCheck" => self.order_check(arguments, sets, path),
            _ => self.entitlement(arguments, sets, path),
        }
    }

    fn warranty(&mut self, arguments: &Arguments, sets: &[&'a SelectionSet], path: &str) -> Result<Resolve, Problem> {
        let empty = || Problem::new(Code::ArgumentInvalid, "Argument `serialNumber` must not be empty.");
        let serial = text(arguments.get("serialNumber")).ok_or_else(empty)?;
        let Some(asset) = self.step(Lookup::one("Asset", "serialNumber", KeyExpr::Given(serial.clone()), None)) else {
            return Ok(Resolve::NotProvided);
        };
        let of_asset = |field: &str| expect_object("Asset").ordinal(field).map(|ordinal| KeyExpr::Via(asset, ordinal));
        let product = of_asset("sku").and_then(|sku| self.step(Lookup::one("Product", "sku", sku, None)));
        let shipments =
            of_asset("orderNumber").and_then(|order| self.step(Lookup::all("Shipment", "orderNumber", order, None)));
        let by_customer = of_asset("customerNumber").map(|number| Identity::by_number(number, None));
        let contracts = self.contracts_of(&serial, by_customer.as_ref());
        let entitlements =
            self.step(Lookup::all("ServiceEntitlement", "serialNumber", KeyExpr::Given(serial.clone()), None));
        let mut keys = vec![("serialNumber", KeyExpr::Given(serial.clone()))];
        keys.extend(of_asset("orderNumber").map(|order| ("orderNumber", order)));
        let selection = self.decision("Warranty", &keys, sets, path)?;
        let covers = self.covers(contracts);
        let plan = WarrantyPlan { serial, asset, product, shipments, contracts, covers, entitlements, selection };
        Ok(Resolve::Composite(Box::new(CompositePlan::Warranty(plan))))
    }

    /// Contracts that list a serial number; of a system that cannot be asked so those of the customer.
    fn contracts_of(&mut self, serial: &Key, customer: Option<&Identity>) -> Option<StepId> {
        let by_serial = Lookup::all("Contract", "coversSerialNumbers", KeyExpr::Given(serial.clone()), None);
        let of_customer =
            |builder: &mut Self| builder.step_of_customer("Contract", customer?, &Narrow::default(), true);
        let owners = self.estate.owners(by_serial.record)?;
        if owners.lone().is_some() {
            return self.step(by_serial).or_else(|| of_customer(self));
        }
        let mut asked = Asked::of(owners);
        for (at, member) in owners.members().iter().enumerate() {
            let ways = match (member.supports(by_serial.record, by_serial.by), customer) {
                (Some(_), _) => vec![(by_serial.clone(), Rule::Fitting)],
                (None, Some(customer)) => self.ways_to_customer("Contract", customer, owners, at),
                (None, None) => Vec::new(),
            };
            asked.add(at, ways);
        }
        self.joined(asked)
    }

    /// How each system's contracts tell what they cover.
    fn covers(&mut self, contracts: Option<StepId>) -> Vec<(SystemId, Covers)> {
        let (record, apart) = (expect_object("Contract"), expect_object("ContractCoverage"));
        let mut covers = Vec::new();
        let Some(contracts) = contracts else { return covers };
        for leaf in self.leaves(contracts) {
            let upstream = Arc::clone(&self.steps[leaf].upstream);
            let is_apart = self.estate.having(apart).iter().any(|one| one.id() == upstream.id());
            let told = match upstream.provides_field(record, "coversSerialNumbers") {
                true => Covers::Told,
                false if is_apart => self.coverage_of(contracts).map_or(Covers::Unknown, Covers::By),
                false => Covers::Unknown,
            };
            covers.push((upstream.id().clone(), told));
        }
        covers
    }

    fn credit(&mut self, arguments: &Arguments, sets: &[&'a SelectionSet], path: &str) -> Result<Resolve, Problem> {
        let requested = money(arguments.get("amount"))?;
        let steps = match self.credit_steps(arguments.get("customer")) {
            Ok(steps) => steps,
            Err(refusal) => return Ok(Resolve::Refused(refusal)),
        };
        let selection = self.decision("CreditDecision", &[], sets, path)?;
        let plan = CreditPlan { requested, steps, selection };
        Ok(Resolve::Composite(Box::new(CompositePlan::Credit(plan))))
    }

    /// What a credit decision has to know. Whatever the caller wishes, it is made on figures that are asked for now.
    fn credit_steps(&mut self, customer: Option<&ConstValue>) -> Result<CreditSteps, Arc<Failure>> {
        let outer = std::mem::replace(&mut self.wish, Wish::FRESH);
        let steps = self.identity(customer).map(|identity| self.credit_figures(&identity));
        self.wish = outer;
        steps
    }

    fn credit_figures(&mut self, identity: &Identity) -> CreditSteps {
        let (receivables, items) = self.receivables(identity);
        let open = vec!["OPEN", "PARTIALLY_SHIPPED", "SHIPPED", "UNKNOWN"];
        let narrow = Narrow { statuses: open, first: Some(MOST_OPEN_ORDERS), ..Narrow::default() };
        let orders = self.step_of_customer("Order", identity, &narrow, true);
        let lines = orders.and_then(|orders| {
            let number = expect_object("Order").ordinal("number")?;
            self.step(Lookup::all("OrderLine", "orderNumber", KeyExpr::Parent(number), Some(orders)))
        });
        CreditSteps { anchor: identity.anchor, receivables, items, orders, lines }
    }

    fn order_check(
        &mut self,
        arguments: &Arguments,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        let wrong = |why: &'static str| Problem::new(Code::ArgumentInvalid, why);
        let Some(ConstValue::Object(order)) = arguments.get("order") else {
            return Err(wrong("Argument `order` is required."));
        };
        let currency = order.get("currency").and_then(scalars::currency);
        let currency = currency.ok_or_else(|| wrong("`order.currency` is not a currency code."))?;
        let requested_ship_date = order.get("requestedShipDate").and_then(scalars::date);
        let lines = ordered_lines(order.get("lines"))?;
        let credit = match self.credit_steps(order.get("customer")) {
            Ok(steps) => steps,
            Err(refusal) => return Ok(Resolve::Refused(refusal)),
        };
        let mut skus: Vec<Key> = lines.iter().map(|line| Arc::clone(&line.sku)).collect();
        skus.sort_unstable();
        skus.dedup();
        let of_line = expect_object("OrderCheckLine").ordinal("sku").unwrap_or_default();
        let sku = KeyExpr::OneOf(skus.into(), of_line);
        let products = self.step(Lookup::one("Product", "sku", sku.clone(), None));
        // Stock moves: what is promised here is asked for now.
        let outer = std::mem::replace(&mut self.wish, Wish::FRESH);
        let stock = self.step(Lookup::one("ProductAvailability", "sku", sku.clone(), None));
        self.wish = outer;
        let mut selection = self.decision("OrderCheck", &[("sku", sku)], sets, path)?;
        self.hold_to_credit_check(&mut selection, order.get("customer"));
        let plan = OrderCheckPlan { currency, requested_ship_date, lines, credit, products, stock, selection };
        Ok(Resolve::Composite(Box::new(CompositePlan::OrderCheck(plan))))
    }

    /// The figures of an order's credit are those of a credit check, so what must hold for one must hold for them. There is
    /// no amount yet: a condition that looks at it does not hold.
    fn hold_to_credit_check(&self, decision: &mut Selection, customer: Option<&ConstValue>) {
        let arguments = customer.map(|customer| ("customer", customer.clone())).into_iter().collect();
        if let Err(refusal) = self.gated("creditCheck", &arguments) {
            let credit = |chosen: &&mut super::Chosen| chosen.field.is_some_and(|field| field.name == "credit");
            for chosen in decision.fields.iter_mut().filter(credit) {
                chosen.resolve = Resolve::Refused(Arc::clone(&refusal));
            }
        }
    }

    fn entitlement(
        &mut self,
        arguments: &Arguments,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        let identity = match self.identity(arguments.get("customer")) {
            Ok(identity) => identity,
            Err(refusal) => return Ok(Resolve::Refused(refusal)),
        };
        let of_customer = |builder: &mut Self, entity: &'static str| {
            builder.step_of_customer(entity, &identity, &Narrow::default(), true)
        };
        let erp = self.record_of("Customer", &identity);
        let subscriptions = of_customer(self, "BillingSubscription");
        let contracts = of_customer(self, "Contract");
        let (receivables, items) = self.receivables(&identity);
        let selection = self.entitlement_selection(subscriptions, contracts, sets, path)?;
        let coverage = contracts.filter(|_| shows_coverage(&selection)).and_then(|step| self.coverage_of(step));
        let anchor = identity.anchor;
        let plan = EntitlementPlan { erp, anchor, subscriptions, contracts, coverage, receivables, items, selection };
        Ok(Resolve::Composite(Box::new(CompositePlan::Entitlement(plan))))
    }

    /// The ERP's figures of a customer, and its open items where those figures lack the balance.
    fn receivables(&mut self, identity: &Identity) -> (Option<StepId>, Option<StepId>) {
        let record = expect_object("Receivables");
        let receivables = self.record_of("Receivables", identity);
        let lacks = self.estate.having(record).iter().any(|owner| {
            ["openBalance", "overdueBalance", "oldestOverdueDays"]
                .iter()
                .any(|field| !owner.provides_field(record, field))
        });
        let narrow = Narrow::default();
        let items = if lacks { self.step_of_customer("OpenItem", identity, &narrow, true) } else { None };
        (receivables, items)
    }

    /// The selection of a decision. Its entities (`Warranty.asset`) are looked up like any other relation.
    fn decision(
        &mut self,
        of: &str,
        keys: &[(&'static str, KeyExpr)],
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Selection, Problem> {
        let of = expect_object(of);
        self.selection(sets, &Here { of, record: of, within: None, customer: None, keys, path })
    }

    /// The subscription and the contract that decided are rows of the decision's own steps.
    fn entitlement_selection(
        &mut self,
        subscriptions: Option<StepId>,
        contracts: Option<StepId>,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Selection, Problem> {
        let mut selection = self.decision("EntitlementDecision", &[], sets, path)?;
        for chosen in &mut selection.fields {
            let (entity, step) = match chosen.field.map(|field| field.name) {
                Some("subscription") => ("BillingSubscription", subscriptions),
                Some("contract") => ("Contract", contracts),
                _ => continue,
            };
            if let Some(refusal) = self.entity_scope(entity) {
                chosen.resolve = Resolve::Refused(refusal);
            } else if step.is_none() {
                chosen.resolve = Resolve::NotProvided;
                self.not_provided.push(format!("{path}.{}", chosen.key));
            }
        }
        Ok(selection)
    }
}

/// Whether a decision shows which serial numbers its contract covers.
fn shows_coverage(decision: &Selection) -> bool {
    let named = |selection: &Selection, name: &str| {
        selection.fields.iter().any(|chosen| chosen.field.is_some_and(|field| field.name == name))
    };
    decision
        .fields
        .iter()
        .any(|chosen| matches!(&chosen.resolve, Resolve::Value(_, inside) if named(inside, "coversSerialNumbers")))
}

/// The lines of an order: some, not too many, each with a positive quantity and no negative price.
fn ordered_lines(value: Option<&ConstValue>) -> Result<Vec<OrderedLine>, Problem> {
    let wrong = |why: String| Problem::new(Code::ArgumentInvalid, why);
    let given = if let Some(ConstValue::List(lines)) = value { lines.as_slice() } else { &[] };
    if !(1..=MOST_LINES).contains(&given.len()) {
        return Err(wrong(format!("`order.lines` must have between 1 and {MOST_LINES} lines.")));
    }
    let line = |(at, line): (usize, &ConstValue)| {
        let ConstValue::Object(line) = line else {
            return Err(wrong(format!("`order.lines.{at}` must be an object.")));
        };
        let sku = text(line.get("sku")).ok_or_else(|| wrong(format!("`order.lines.{at}.sku` must not be empty.")))?;
        let quantity = line.get("quantity").and_then(scalars::decimal).filter(|quantity| *quantity > Decimal::ZERO);
        let quantity = quantity.ok_or_else(|| wrong(format!("`order.lines.{at}.quantity` must be more than 0.")))?;
        let unit_price = line.get("unitPrice").and_then(scalars::decimal);
        if unit_price.is_some_and(|price| price < Decimal::ZERO) {
            return Err(wrong(format!("`order.lines.{at}.unitPrice` must not be negative.")));
        }
        Ok(OrderedLine { sku, quantity, unit_price })
    };
    given.iter().enumerate().map(line).collect()
}

/// A positive amount.
fn money(value: Option<&ConstValue>) -> Result<Money, Problem> {
    let wrong = |why: &'static str| Problem::new(Code::ArgumentInvalid, why);
    let Some(ConstValue::Object(members)) = value else { return Err(wrong("Argument `amount` is required.")) };
    let amount =
        members.get("amount").and_then(scalars::decimal).ok_or_else(|| wrong("`amount.amount` is not a decimal."))?;
    let currency = members
        .get("currency")
        .and_then(scalars::currency)
        .ok_or_else(|| wrong("`amount.currency` is not a currency code."))?;
    if amount <= Decimal::ZERO {
        return Err(wrong("`amount.amount` must be more than 0."));
    }
    Ok(Money { amount, currency })
}
