//! `$filter`: from text to a condition that a row meets or not.
//!
//! Everything a query gets wrong (unknown property, types that do not compare, an unknown symbol) is found when the
//! text is read, whether or not there are rows.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use super::cell::{Cell, Kind};
use super::errors::Refusal;
use super::sets::{Definition, Row};

pub(super) use parser::Literal;

/// What a row must be like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare { property: &'static str, operator: Operator, value: Literal },
    Always(bool),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Operator {
    fn named(word: &str) -> Option<Self> {
        match word {
            "eq" => Some(Self::Eq),
            "ne" => Some(Self::Ne),
            "gt" => Some(Self::Gt),
            "ge" => Some(Self::Ge),
            "lt" => Some(Self::Lt),
            "le" => Some(Self::Le),
            _ => None,
        }
    }

    /// The same comparison with its sides exchanged.
    fn mirrored(self) -> Self {
        match self {
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Eq | Self::Ne => self,
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
        }
    }
}

impl Condition {
    /// Reads a filter of a set.
    pub(super) fn read(text: &str, definition: &'static Definition) -> Result<Self, Refusal> {
        parser::parse(text, definition)
    }

    /// One comparison, checked against what the set declares.
    pub(super) fn compare(
        definition: &'static Definition,
        property: &str,
        operator: Operator,
        value: Literal,
    ) -> Result<Self, Refusal> {
        let unknown = || Refusal::unknown_property(property, definition.entity);
        let kind = definition.kind(property).ok_or_else(unknown)?;
        let property = definition.declared(property).ok_or_else(unknown)?;
        check_types(kind, operator, &value)?;
        Ok(Self::Compare { property, operator, value })
    }

    /// Whether the row is like this.
    pub(super) fn is_met_by(&self, row: &Row<'_>) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.is_met_by(row)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.is_met_by(row)),
            Self::Not(condition) => !condition.is_met_by(row),
            Self::Always(holds) => *holds,
            Self::Compare { property, operator, value } => {
                row.cell(property).is_some_and(|cell| compares(&cell, *operator, value))
            }
        }
    }

    /// The only values of a text property with which this can be met, in capitals; none when any may do.
    pub(super) fn only_values_of(&self, wanted: &str) -> Option<Vec<String>> {
        match self {
            Self::Compare { property, operator: Operator::Eq, value: Literal::Text(text) }
                if *property == wanted && !text.contains('*') =>
            {
                Some(vec![collated(text)])
            }
            Self::All(conditions) => conditions.iter().find_map(|condition| condition.only_values_of(wanted)),
            Self::Any(conditions) => {
                let mut values = Vec::new();
                for condition in conditions {
                    for value in condition.only_values_of(wanted)? {
                        if !values.contains(&value) {
                            values.push(value);
                        }
                    }
                }
                Some(values)
            }
            _ => None,
        }
    }
}

fn check_types(kind: Kind, operator: Operator, value: &Literal) -> Result<(), Refusal> {
    let mismatch = || {
        Refusal::query(format!(
            "A binary operator with incompatible types was detected. Found operand types '{}' and '{}' for operator \
             kind '{operator:?}'.",
            kind.type_name(),
            value.type_name(),
        ))
    };
    match (kind, value) {
        (Kind::Text, Literal::Text(_)) | (Kind::Number, Literal::Number(_)) | (Kind::Time, Literal::Time(_)) => Ok(()),
        (Kind::Symbol(symbols), Literal::Symbol(type_name, symbol)) => {
            if *type_name != kind.type_name() {
                return Err(mismatch());
            }
            if !symbols.members.contains(&symbol.as_str()) {
                return Err(Refusal::query(format!("The string '{symbol}' is not a valid enumeration type constant.")));
            }
            if !matches!(operator, Operator::Eq | Operator::Ne) {
                return Err(Refusal::query("Enumerations can only be compared with eq and ne."));
            }
            Ok(())
        }
        _ => Err(mismatch()),
    }
}

fn compares(cell: &Cell<'_>, operator: Operator, value: &Literal) -> bool {
    match (cell, value) {
        (Cell::Text(found), Literal::Text(wanted)) => match operator {
            Operator::Eq => is_like(found, wanted),
            Operator::Ne => !is_like(found, wanted),
            _ => operator.holds(collated(found).cmp(&collated(wanted))),
        },
        (Cell::Number(found), Literal::Number(wanted)) => operator.holds(found.cmp(wanted)),
        (Cell::Time(found), Literal::Time(wanted)) => operator.holds(found.cmp(wanted)),
        (Cell::Symbol(_, found), Literal::Symbol(_, wanted)) => operator.holds((*found).cmp(wanted.as_str())),
        _ => false,
    }
}

/// The database's idea of equality: neither capitals nor spaces at the end matter.
fn collated(text: &str) -> String {
    text.trim_end_matches(' ').to_uppercase()
}

/// `*` in an `eq` stands for anything, and nothing escapes it.
fn is_like(found: &str, wanted: &str) -> bool {
    if !wanted.contains('*') {
        let is_plain = found.is_ascii() && wanted.is_ascii();
        let (found, wanted) = (found.trim_end_matches(' '), wanted.trim_end_matches(' '));
        return if is_plain { found.eq_ignore_ascii_case(wanted) } else { collated(found) == collated(wanted) };
    }
    let (found, wanted) = (collated(found), collated(wanted));
    let mut parts = wanted.split('*');
    let Some(mut rest) = parts.next().and_then(|start| found.strip_prefix(start)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(end)
}
