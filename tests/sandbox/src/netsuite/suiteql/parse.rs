//! Tokens to a [`Query`]. The tables are read first, so that names can be found where they stand.

use rust_decimal::Decimal;

use super::expression::{Comparison, Condition, Expression, List};
use super::mask;
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

    fn condition(&mut self) -> Result<Condition, Refusal> {
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

    fn value(&mut self) -> Result<Expression, Refusal> {
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

fn negated_if(negated: bool, condition: Condition) -> Condition {
    if negated { Condition::Not(Box::new(condition)) } else { condition }
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
