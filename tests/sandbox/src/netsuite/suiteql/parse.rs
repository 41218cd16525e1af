//! Tokens to a [`Query`]. The tables are read first, so that names can be found where they stand.

mod values;

use super::expression::{Comparison, Condition, Expression};
use super::tokens::{Token, tokens};
use super::{Join, Query, Source};
use crate::netsuite::cell::Cell;
use crate::netsuite::errors::Refusal;
use crate::netsuite::tables::{Column, named};

/// How deep brackets may nest, how long a list may be, how many tables a query may join.
const DEEPEST: usize = 40;
const LONGEST_LIST: usize = 1_000;
const MOST_TABLES: usize = 8;

const RESERVED: [&str; 17] = [
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "JOIN", "LEFT", "INNER", "ON", "AS",
    "FETCH", "NULL",
];

/// Reads a query; there is a parameter for each `?` and no other.
pub(in crate::netsuite) fn query(text: &str, parameters: Vec<Cell<'static>>) -> Result<Query, Refusal> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, sources: Vec::new(), parameters };
    let wanted = parser.tokens.iter().filter(|token| matches!(token, Token::Parameter(_))).count();
    if wanted != parser.parameters.len() {
        return Err(Refusal::syntax());
    }
    let is_from = |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("FROM"));
    parser.next = parser.tokens.iter().position(is_from).ok_or_else(Refusal::syntax)? + 1;
    parser.sources()?;
    let after_sources = std::mem::replace(&mut parser.next, 0);
    parser.expect("SELECT")?;
    let select = parser.select()?;
    parser.expect("FROM")?;
    parser.next = after_sources;
    let filter = if parser.word("WHERE") { Some(parser.condition()?) } else { None };
    let order = if parser.word("ORDER") { parser.order(&select)? } else { Vec::new() };
    let first = if parser.word("FETCH") { Some(parser.first()?) } else { None };
    if parser.next < parser.tokens.len() {
        return Err(Refusal::syntax());
    }
    Ok(Query { select, sources: parser.sources, filter, order, first })
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    sources: Vec<Source>,
    parameters: Vec<Cell<'static>>,
}

impl Parser {
    fn sources(&mut self) -> Result<(), Refusal> {
        self.source()?;
        loop {
            let keeps_lonely = self.word("LEFT");
            if keeps_lonely {
                self.word("OUTER");
            } else if !self.word("INNER") && !self.is_word("JOIN") {
                return Ok(());
            }
            self.expect("JOIN")?;
            if self.sources.len() >= MOST_TABLES {
                return Err(Refusal::syntax());
            }
            self.source()?;
            self.expect("ON")?;
            let on = self.condition()?;
            let this = self.sources.len() - 1;
            let (column, equals) = on.conjuncts().iter().find_map(|one| key(one, this)).ok_or_else(Refusal::syntax)?;
            if let Some(source) = self.sources.last_mut() {
                source.join = Some(Join { keeps_lonely, column, equals, on });
            }
        }
    }

    fn source(&mut self) -> Result<(), Refusal> {
        let name = self.name()?;
        let unknown = || Refusal::query(&format!("Search error occurred: Record '{name}' was not found."));
        let table = named(&name).ok_or_else(unknown)?;
        let is_named = self.word("AS");
        let alias = if is_named || self.peek_name() { self.name()? } else { table.name.to_owned() };
        self.sources.push(Source { alias: alias.to_ascii_lowercase(), table, join: None });
        Ok(())
    }

    fn select(&mut self) -> Result<Vec<(String, Expression)>, Refusal> {
        let mut select = Vec::new();
        loop {
            if self.mark("*") {
                select.extend((0..self.sources.len()).flat_map(|source| self.columns(source)));
            } else if let Some(source) = self.whole_source() {
                select.extend(self.columns(source));
            } else {
                let value = self.value()?;
                let name = self.column_name(&value, select.len())?;
                select.push((name, value));
            }
            if !self.mark(",") {
                return Ok(select);
            }
        }
    }

    /// `t.*`
    fn whole_source(&mut self) -> Option<usize> {
        let [Token::Word(alias), Token::Mark("."), Token::Mark("*"), ..] = self.tokens.get(self.next..)? else {
            return None;
        };
        let source = self.sources.iter().position(|source| source.alias.eq_ignore_ascii_case(alias))?;
        self.next += 3;
        Some(source)
    }

    fn columns(&self, source: usize) -> Vec<(String, Expression)> {
        let columns = self.sources.get(source).map(|source| source.table.columns).unwrap_or_default();
        columns.iter().map(|column| (column.name.to_owned(), Expression::Column(source, column))).collect()
    }

    fn column_name(&mut self, value: &Expression, position: usize) -> Result<String, Refusal> {
        let is_named = self.word("AS");
        if is_named || self.peek_name() {
            return self.name().map(|name| name.to_ascii_lowercase());
        }
        Ok(match value {
            Expression::Column(_, column) => column.name.to_owned(),
            _ => format!("expr{}", position + 1),
        })
    }

    fn order(&mut self, select: &[(String, Expression)]) -> Result<Vec<(Expression, bool)>, Refusal> {
        self.expect("BY")?;
        let mut order = Vec::new();
        loop {
            let shown = match self.tokens.get(self.next) {
                Some(Token::Word(word)) if self.tokens.get(self.next + 1) != Some(&Token::Mark(".")) => {
                    select.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, value)| value.clone())
                }
                _ => None,
            };
            let value = match shown {
                Some(value) => {
                    self.next += 1;
                    value
                }
                None => self.value()?,
            };
            let descends = self.word("DESC");
            if !descends {
                self.word("ASC");
            }
            order.push((value, descends));
            if !self.mark(",") {
                return Ok(order);
            }
        }
    }

    /// `FETCH FIRST 10 ROWS ONLY`
    fn first(&mut self) -> Result<usize, Refusal> {
        self.expect("FIRST")?;
        let count = match self.tokens.get(self.next) {
            Some(Token::Number(digits)) => digits.parse().map_err(|_| Refusal::syntax())?,
            _ => return Err(Refusal::syntax()),
        };
        self.next += 1;
        self.expect("ROWS")?;
        self.expect("ONLY")?;
        Ok(count)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.depth >= DEEPEST {
            return Err(Refusal::syntax());
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn peek_name(&self) -> bool {
        matches!(self.tokens.get(self.next), Some(Token::Word(word)) if !is_reserved(word))
    }

    fn name(&mut self) -> Result<String, Refusal> {
        match self.tokens.get(self.next) {
            Some(Token::Word(word)) if !is_reserved(word) => {
                self.next += 1;
                Ok(word.clone())
            }
            _ => Err(Refusal::syntax()),
        }
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(self.tokens.get(self.next), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = self.is_word(wanted);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.word(wanted) { Ok(()) } else { Err(Refusal::syntax()) }
    }

    fn mark(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token::Mark(mark)) if *mark == wanted);
        self.next += usize::from(found);
        found
    }

    fn expect_mark(&mut self, wanted: &str) -> Result<(), Refusal> {
        if self.mark(wanted) { Ok(()) } else { Err(Refusal::syntax()) }
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

/// The column of the table that is being joined, when a condition sets it equal to something known before.
fn key(condition: &Condition, this: usize) -> Option<(&'static Column, Expression)> {
    let Condition::Compare(one, Comparison::Equal, two) = condition else { return None };
    match (one, two) {
        (Expression::Column(source, column), Expression::Column(other, _)) if *source == this && *other < this => {
            Some((column, two.clone()))
        }
        (Expression::Column(other, _), Expression::Column(source, column)) if *source == this && *other < this => {
            Some((column, one.clone()))
        }
        _ => None,
    }
}
