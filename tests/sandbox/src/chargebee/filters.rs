//! Filters: `name[operator]=value`, and all of them together.

mod literal;

use super::errors::Refusal;
use super::fields::{Cell, Field, Type, fields};
use super::kinds::Kind;
use crate::world::World;

/// At most so many values in one list. The vendor names no number; more have been seen to fail.
const MOST_VALUES: usize = 100;
/// A day in seconds.
const DAY: i64 = 86_400;

/// A filter, understood.
pub(crate) struct Filter {
    field: &'static Field,
    test: Test,
}

enum Test {
    /// A value, or any other one.
    Is(Cell, bool),
    /// One of these, or none of them.
    In(Vec<Cell>, bool),
    StartsWith(String),
    /// Set, or not set.
    Present(bool),
    /// From the first to the second, both included.
    Range(i64, i64),
}

/// The parameters every list knows besides its filters.
pub(crate) const GENERAL: [&str; 5] = ["limit", "offset", "include_deleted", "sort_by[asc]", "sort_by[desc]"];

/// Reads the filters of a call. What a list cannot be filtered by is refused, so that nobody takes everything for an
/// answer.
pub(crate) fn filters(kind: Kind, query: &[(String, String)]) -> Result<Vec<Filter>, Refusal> {
    let filters = query.iter().filter(|(name, _)| !GENERAL.contains(&name.as_str()));
    filters.map(|(name, value)| read(kind, name, value)).collect()
}

fn read(kind: Kind, param: &str, value: &str) -> Result<Filter, Refusal> {
    let unknown = || Refusal::wrong(param, "unknown parameter or operator");
    let (name, operator) =
        param.split_once('[').and_then(|(name, rest)| Some((name, rest.strip_suffix(']')?))).ok_or_else(unknown)?;
    let field = fields(kind).iter().find(|field| field.name == name).ok_or_else(unknown)?;
    let one = |text: &str| field.holds.read(text).ok_or_else(|| Refusal::wrong(param, "invalid value"));
    let number = |text: &str| match one(text)? {
        Cell::Number(number) => Ok(number),
        _ => Err(unknown()),
    };
    let many = || literal::list(value).ok_or_else(|| Refusal::wrong(param, "must be a list of values in brackets"));
    let test = match (field.holds, operator) {
        (Type::Id | Type::Text | Type::Choice(_) | Type::Number | Type::Truth, "is") => Test::Is(one(value)?, true),
        (Type::Id | Type::Text | Type::Choice(_) | Type::Number, "is_not") => Test::Is(one(value)?, false),
        (Type::Id | Type::Choice(_), "in" | "not_in") => {
            let values = many()?;
            if values.len() > MOST_VALUES {
                return Err(Refusal::wrong(param, "too many values"));
            }
            let values = values.iter().map(|value| one(value)).collect::<Result<_, _>>()?;
            Test::In(values, operator == "in")
        }
        (Type::Id | Type::Text, "starts_with") => Test::StartsWith(value.to_owned()),
        (Type::Id | Type::Text, "is_present") => {
            Test::Present(value.parse().map_err(|_| Refusal::wrong(param, "must be true or false"))?)
        }
        (Type::Number, "lt") | (Type::Moment, "before") => Test::Range(i64::MIN, number(value)?.saturating_sub(1)),
        (Type::Number, "lte") => Test::Range(i64::MIN, number(value)?),
        (Type::Number, "gt") | (Type::Moment, "after") => Test::Range(number(value)?.saturating_add(1), i64::MAX),
        (Type::Number, "gte") => Test::Range(number(value)?, i64::MAX),
        (Type::Moment, "on") => {
            let from = number(value)?.div_euclid(DAY).saturating_mul(DAY);
            Test::Range(from, from.saturating_add(DAY - 1))
        }
        (Type::Number | Type::Moment, "between") => match many()?.as_slice() {
            [low, high] => Test::Range(number(low)?, number(high)?),
            _ => return Err(Refusal::wrong(param, "must be a list of two values")),
        },
        _ => return Err(unknown()),
    };
    Ok(Filter { field, test })
}

impl Filter {
    /// Whether it holds for a record.
    pub(crate) fn holds(&self, world: &World, number: usize) -> bool {
        let found = self.field.of(world, number);
        match &self.test {
            Test::Is(wanted, yes) => found.as_ref().is_some_and(|found| self.same(found, wanted)) == *yes,
            Test::In(wanted, yes) => found.is_some_and(|found| wanted.contains(&found)) == *yes,
            Test::StartsWith(prefix) => matches!(found, Some(Cell::Text(text)) if text.starts_with(prefix)),
            Test::Present(wanted) => found.is_some() == *wanted,
            Test::Range(low, high) => matches!(found, Some(Cell::Number(number)) if (*low..=*high).contains(&number)),
        }
    }

    /// Mail addresses are the same in any case.
    fn same(&self, found: &Cell, wanted: &Cell) -> bool {
        match (found, wanted) {
            (Cell::Text(found), Cell::Text(wanted)) if self.field.name == "email" => {
                found.to_lowercase() == wanted.to_lowercase()
            }
            _ => found == wanted,
        }
    }
}
