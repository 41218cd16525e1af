//! Which rows of a list come first: the newest; the lines of an order as they are numbered.

use std::cmp::Reverse;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveTime};
use portico_contracts::canonical::{Record, Value};

/// When what a row tells of began.
pub(crate) fn moment(row: &Record) -> Option<DateTime<FixedOffset>> {
    let field = match row.of.name {
        "Order" => "orderedAt",
        "Invoice" => "issuedOn",
        "Case" => "openedAt",
        "Shipment" => "shippedAt",
        "Asset" => "installedOn",
        "Contract" | "ServiceEntitlement" => "startsOn",
        "BillingSubscription" => "currentPeriodEnd",
        _ => return None,
    };
    match row.get(field) {
        Value::DateTime(moment) => Some(*moment),
        Value::Date(day) => Some(day.and_time(NaiveTime::MIN).and_utc().fixed_offset()),
        _ => None,
    }
}

/// Sorts rows that came in no order. Those that do not tell come last; all else stays as it came.
pub(crate) fn sort(rows: &mut [Arc<Record>]) {
    rows.sort_by_key(|row| (Reverse(moment(row)), line(row)));
}

fn line(row: &Record) -> Option<i32> {
    match row.of.ordinal("lineNumber").map(|ordinal| row.at(ordinal)) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}
