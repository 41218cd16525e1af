//! Conditions and values of a query.

use rust_decimal::Decimal;

use super::super::expression::{Comparison, Condition, Expression, List};
use super::super::mask;
use super::super::tokens::Token;
use super::{LONGEST_LIST, Parser};
use crate::netsuite::cell::Cell;
use crate::netsuite::errors::Refusal;

impl Parser {
    pub(super) fn condition(&mut self) -> Result<Condition, Refusal> {
        let mut any = vec![self.conjunction()?];
        while self.word("OR") {
            any.push(self.conjunction()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
    }

    fn conjunction(&mut self) -> Result<Condition, Refusal> {
        let mut all = vec![self.deeper(Self::negation)?];
        while self.word("AND") {
            all.push(self.deeper(Self::negation)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn negation(&mut self) -> Result<Condition, Refusal> {
        if self.word("NOT") {
            return Ok(Condition::Not(Box::new(self.deeper(Self::negation)?)));
        }
        if self.mark("(") {
            let inner = self.condition()?;
            self.expect_mark(")")?;
            return Ok(inner);
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Condition, Refusal> {
        let value = self.value()?;
        if self.word("IS") {
            let negated = self.word("NOT");
            self.expect("NULL")?;
            return Ok(negated_if(negated, Condition::IsNull(value)));
        }
        let negated = self.word("NOT");
        if self.word("IN") {
            return Ok(negated_if(negated, Condition::Within(value, self.list()?)));
        }
        if self.word("LIKE") {
            return Ok(negated_if(negated, Condition::Like(value, self.value()?)));
        }
        if self.word("BETWEEN") {
            let least = Condition::Compare(value.clone(), Comparison::GreaterOrEqual, self.value()?);
            self.expect("AND")?;
            let most = Condition::Compare(value, Comparison::LessOrEqual, self.value()?);
            return Ok(negated_if(negated, Condition::All(vec![least, most])));
        }
        let how = match self.tokens.get(self.next) {
            Some(Token::Mark("=")) => Comparison::Equal,
            Some(Token::Mark("!=" | "<>")) => Comparison::Unequal,
            Some(Token::Mark("<")) => Comparison::Less,
            Some(Token::Mark("<=")) => Comparison::LessOrEqual,
            Some(Token::Mark(">")) => Comparison::Greater,
            Some(Token::Mark(">=")) => Comparison::GreaterOrEqual,
            _ => return Err(Refusal::syntax()),
        };
        if negated {
            return Err(Refusal::syntax());
        }
        self.next += 1;
        Ok(Condition::Compare(value, how, self.value()?))
    }

    fn list(&mut self) -> Result<List, Refusal> {
        self.expect_mark("(")?;
        let mut list = vec![self.value()?];
        while self.mark(",") {
            list.push(self.value()?);
        }
        self.expect_mark(")")?;
        if list.len() > LONGEST_LIST { Err(Refusal::syntax()) } else { Ok(List::of(list)) }
    }

    pub(super) fn value(&mut self) -> Result<Expression, Refusal> {
        if self.mark("-") {
            return Ok(Expression::Negative(Box::new(self.deeper(Self::value)?)));
        }
        let literal = match self.tokens.get(self.next) {
            Some(Token::Text(text)) if text.is_empty() => Some(Cell::Null),
            Some(Token::Text(text)) => Some(Cell::owned(text.clone())),
            Some(Token::Number(digits)) => {
                Some(Cell::Number(digits.parse::<Decimal>().map_err(|_| Refusal::syntax())?))
            }
            Some(Token::Parameter(at)) => self.parameters.get(*at).cloned(),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("NULL") => Some(Cell::Null),
            _ => None,
        };
        if let Some(literal) = literal {
            self.next += 1;
            return Ok(Expression::Literal(literal));
        }
        let name = self.name()?;
        if self.mark("(") {
            return self.deeper(|parser| parser.function(&name));
        }
        if !self.mark(".") {
            return self.unqualified(&name);
        }
        let column = self.name()?;
        if name.eq_ignore_ascii_case("BUILTIN") {
            return self.built_in(&column);
        }
        let source = self.sources.iter().position(|source| source.alias.eq_ignore_ascii_case(&name));
        let found = source.and_then(|source| Some((source, self.sources.get(source)?.table.column(&column)?)));
        found.map(|(source, column)| Expression::Column(source, column)).ok_or_else(|| self.unknown(&column))
    }

    fn unqualified(&self, name: &str) -> Result<Expression, Refusal> {
        let mut sources = self.sources.iter().enumerate();
        let found = sources.find_map(|(at, source)| Some(Expression::Column(at, source.table.column(name)?)));
        found.ok_or_else(|| self.unknown(name))
    }

    /// `BUILTIN.DF(column)`: what is shown of it.
    fn built_in(&mut self, function: &str) -> Result<Expression, Refusal> {
        self.expect_mark("(")?;
        let value = self.deeper(Self::value)?;
        self.expect_mark(")")?;
        match value {
            Expression::Column(source, column) if function.eq_ignore_ascii_case("DF") => {
                Ok(Expression::Shown(source, column))
            }
            _ => Err(Refusal::syntax()),
        }
    }

    /// After the bracket.
    fn function(&mut self, name: &str) -> Result<Expression, Refusal> {
        let value = Box::new(self.value()?);
        let second = if self.mark(",") { Some(self.value()?) } else { None };
        self.expect_mark(")")?;
        let mask = |mask: Expression| match mask {
            Expression::Literal(Cell::Text(text)) => mask::translated(&text).ok_or_else(Refusal::syntax),
            _ => Err(Refusal::syntax()),
        };
        match (name.to_ascii_uppercase().as_str(), second) {
            ("TO_CHAR", second) => Ok(Expression::Written(value, second.map(mask).transpose()?)),
            ("TO_DATE", Some(second)) => Ok(Expression::Moment(value, mask(second)?)),
            ("NVL", Some(second)) => Ok(Expression::Either(value, Box::new(second))),
            ("ABS", None) => Ok(Expression::Absolute(value)),
            ("UPPER", None) => Ok(Expression::Upper(value)),
            ("LOWER", None) => Ok(Expression::Lower(value)),
            _ => Err(Refusal::syntax()),
        }
    }

    fn unknown(&self, name: &str) -> Refusal {
        let known = self.sources.iter().map(|source| format!("{}={}", source.alias, source.table.name));
        let known = known.collect::<Vec<_>>().join(", ");
        let says =
            format!("Search error occurred: Unknown identifier '{name}'. Available identifiers are: {{{known}}}.");
        Refusal::query(&says)
    }
}

fn negated_if(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
}
