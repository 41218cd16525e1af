//! The grammar of a filter: `or` binds weakest, then `and`, then `not`, then comparisons and parentheses.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::super::errors::Refusal;
use super::super::sets::Definition;
use super::lexer::{Token, tokens};
use super::{Cell, Condition, Operator, compares};

/// A value as written in a query.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Literal {
    Text(String),
    Number(Decimal),
    Time(DateTime<Utc>),
    /// Type and symbol.
    Symbol(String, String),
}

impl Literal {
    /// The value of one word or quoted text.
    pub(in super::super) fn read(text: &str) -> Result<Self, Refusal> {
        match tokens(text)?.as_slice() {
            [token] => Self::of(token).ok_or_else(|| Refusal::syntax(&format!("Bad literal '{text}'."))),
            _ => Err(Refusal::syntax(&format!("Bad literal '{text}'."))),
        }
    }

    fn of(token: &Token) -> Option<Self> {
        match token {
            Token::Text(text) => Some(Self::Text(text.clone())),
            Token::Symbol(type_name, symbol) => Some(Self::Symbol(type_name.clone(), symbol.clone())),
            Token::Word(word) => word
                .parse::<Decimal>()
                .map(Self::Number)
                .or_else(|_| DateTime::parse_from_rfc3339(word).map(|time| Self::Time(time.to_utc())))
                .ok(),
            Token::Open | Token::Close | Token::Comma => None,
        }
    }

    pub(super) fn type_name(&self) -> String {
        match self {
            Self::Text(_) => "Edm.String".to_owned(),
            Self::Number(_) => "Edm.Decimal".to_owned(),
            Self::Time(_) => "Edm.DateTimeOffset".to_owned(),
            Self::Symbol(type_name, _) => type_name.clone(),
        }
    }

    fn as_cell(&self) -> Option<Cell<'_>> {
        match self {
            Self::Text(text) => Some(Cell::text(text)),
            Self::Number(number) => Some(Cell::number(*number)),
            Self::Time(time) => Some(Cell::Time(*time)),
            Self::Symbol(..) => None,
        }
    }
}

/// Deeper nesting is refused rather than followed.
const DEEPEST: usize = 50;

pub(super) fn parse(text: &str, definition: &'static Definition) -> Result<Condition, Refusal> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, text, definition, depth: 0 };
    let condition = parser.any()?;
    match parser.tokens {
        [] => Ok(condition),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    text: &'a str,
    definition: &'static Definition,
    depth: usize,
}

/// One side of a comparison.
enum Operand {
    Property(String),
    Literal(Literal),
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Condition, Refusal> {
        let mut conditions = vec![self.all()?];
        while self.take_word("or") {
            conditions.push(self.all()?);
        }
        Ok(joined(conditions, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, Refusal> {
        let mut conditions = vec![self.single()?];
        while self.take_word("and") {
            conditions.push(self.single()?);
        }
        Ok(joined(conditions, Condition::All))
    }

    fn single(&mut self) -> Result<Condition, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::syntax("The recursion limit has been exceeded."));
        }
        let condition = if self.take_word("not") {
            Condition::Not(Box::new(self.single()?))
        } else if self.take(&Token::Open) {
            let inner = self.any()?;
            if !self.take(&Token::Close) {
                return Err(self.unexpected());
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, Refusal> {
        let left = self.operand()?;
        if self.tokens.first() == Some(&Token::Open) {
            return Err(Refusal::query("An unknown function was found in the filter."));
        }
        let operator = self.operator()?;
        let right = self.operand()?;
        match (left, right) {
            (Operand::Property(property), Operand::Literal(value)) => {
                Condition::compare(self.definition, &property, operator, value)
            }
            (Operand::Literal(value), Operand::Property(property)) => {
                Condition::compare(self.definition, &property, operator.mirrored(), value)
            }
            (Operand::Literal(left), Operand::Literal(right)) => {
                Ok(Condition::Always(left.as_cell().is_some_and(|cell| compares(&cell, operator, &right))))
            }
            (Operand::Property(_), Operand::Property(_)) => {
                Err(Refusal::query("Comparing two properties is not supported."))
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, Refusal> {
        let token = self.next()?;
        if let Some(literal) = Literal::of(&token) {
            return Ok(Operand::Literal(literal));
        }
        match token {
            Token::Word(word) if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                Ok(Operand::Property(word))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `in` and `has` are in the standard and not in this product.
    fn operator(&mut self) -> Result<Operator, Refusal> {
        match self.next()? {
            Token::Word(word) => Operator::named(&word)
                .ok_or_else(|| Refusal::syntax(&format!("Syntax error: '{word}' is no operator in '{}'.", self.text))),
            _ => Err(self.unexpected()),
        }
    }

    fn next(&mut self) -> Result<Token, Refusal> {
        let Some((first, rest)) = self.tokens.split_first() else {
            return Err(self.unexpected());
        };
        self.tokens = rest;
        Ok(first.clone())
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let is_next = self.tokens.first() == Some(wanted);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        self.take(&Token::Word(wanted.to_owned()))
    }

    fn unexpected(&self) -> Refusal {
        Refusal::syntax(&format!("Syntax error in '{}'.", self.text))
    }
}

fn joined(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match conditions.pop() {
        Some(only) if conditions.is_empty() => only,
        Some(last) => {
            conditions.push(last);
            join(conditions)
        }
        None => Condition::Always(true),
    }
}
