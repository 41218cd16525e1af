//! Tokens to a [`Query`].

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::pattern::{Pattern, unescaped};
use super::tokens::{Kind, Token, tokens};
use super::{Comparison, Condition, Literal, Malformed, Name, OrderBy, Path, Query, Selected};

/// How deep brackets may nest; far more than an integration needs, far less than a stack holds.
const DEEPEST: usize = 40;
/// The vendor's caps on a query and on one text in it.
const LONGEST_QUERY: usize = 100_000;
const LONGEST_TEXT: usize = 4_000;

/// Reads a whole query.
pub(crate) fn query(text: &str) -> Result<Query, Malformed> {
    if text.chars().count() > LONGEST_QUERY {
        return Err(Malformed::at(0, "SOQL statements cannot be longer than 100000 characters."));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let query = parser.query()?;
    match parser.peek() {
        Kind::End => Ok(query),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn query(&mut self) -> Result<Query, Malformed> {
        self.expect_word("SELECT")?;
        let select = self.listed(Self::selected)?;
        self.expect_word("FROM")?;
        // `Order` is an object as well as a keyword.
        let from = if self.is_word("ORDER") { self.any_name()? } else { self.name()? };
        let filter = if self.word("WHERE") { Some(self.condition()?) } else { None };
        let order = if self.word("ORDER") {
            self.expect_word("BY")?;
            self.listed(Self::order_by)?
        } else {
            Vec::new()
        };
        let limit = if self.word("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.word("OFFSET") { Some(self.count()?) } else { None };
        Ok(Query { select, from, filter, order, limit, offset })
    }

    fn selected(&mut self) -> Result<Selected, Malformed> {
        if self.mark("(") {
            let inner = self.deeper(Self::query)?;
            self.expect_mark(")")?;
            return Ok(Selected::Children(Box::new(inner)));
        }
        let path = self.path()?;
        let called = path.parents.is_empty() && *self.peek() == Kind::Mark("(");
        if !called {
            return Ok(Selected::Field(path));
        }
        if !path.field.text.eq_ignore_ascii_case("COUNT") {
            return Err(self.unexpected());
        }
        self.expect_mark("(")?;
        self.expect_mark(")")?;
        Ok(Selected::Count)
    }

    /// The vendor has no precedence between AND and OR: a level uses one of them, or brackets.
    fn condition(&mut self) -> Result<Condition, Malformed> {
        let first = self.deeper(Self::unary)?;
        let mut all = vec![first];
        if self.word("AND") {
            all.push(self.deeper(Self::unary)?);
            while self.word("AND") {
                all.push(self.deeper(Self::unary)?);
            }
            return self.unmixed("OR", Condition::All(all));
        }
        while self.word("OR") {
            all.push(self.deeper(Self::unary)?);
        }
        match all.len() {
            1 => Ok(all.remove(0)),
            _ => self.unmixed("AND", Condition::Any(all)),
        }
    }

    fn unmixed(&mut self, other: &str, condition: Condition) -> Result<Condition, Malformed> {
        match self.is_word(other) {
            true => Err(self.unexpected()),
            false => Ok(condition),
        }
    }

    fn unary(&mut self) -> Result<Condition, Malformed> {
        if self.word("NOT") {
            return Ok(Condition::Not(Box::new(self.deeper(Self::unary)?)));
        }
        if self.mark("(") {
            let inner = self.condition()?;
            self.expect_mark(")")?;
            return Ok(inner);
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Condition, Malformed> {
        let path = self.path()?;
        if self.word("LIKE") {
            let at = self.at();
            let raw = self.text()?;
            return Ok(Condition::Like(path, Pattern::read(&raw, at)?));
        }
        if self.word("IN") {
            return Ok(Condition::Within(path, self.values()?, false));
        }
        if self.word("NOT") {
            self.expect_word("IN")?;
            return Ok(Condition::Within(path, self.values()?, true));
        }
        let comparison = match self.peek() {
            Kind::Mark("=") => Comparison::Equal,
            Kind::Mark("!=" | "<>") => Comparison::Unequal,
            Kind::Mark("<") => Comparison::Less,
            Kind::Mark("<=") => Comparison::LessOrEqual,
            Kind::Mark(">") => Comparison::Greater,
            Kind::Mark(">=") => Comparison::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(Condition::Compare(path, comparison, self.literal()?))
    }

    fn values(&mut self) -> Result<Vec<Literal>, Malformed> {
        self.expect_mark("(")?;
        let values = self.listed(Self::literal)?;
        self.expect_mark(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, Malformed> {
        let at = self.at();
        let literal = match self.peek() {
            Kind::Text(_) => return Ok(Literal::Text(unescaped(&self.text()?, at)?)),
            Kind::Figure(figure) => figure_literal(figure),
            Kind::Word(word) => word_literal(word),
            _ => None,
        };
        let Some(literal) = literal else { return Err(self.unexpected()) };
        self.next += 1;
        Ok(literal)
    }

    fn order_by(&mut self) -> Result<OrderBy, Malformed> {
        let path = self.path()?;
        let descending = self.word("DESC");
        if !descending {
            self.word("ASC");
        }
        let mut nulls_last = false;
        if self.word("NULLS") {
            nulls_last = self.word("LAST");
            if !nulls_last {
                self.expect_word("FIRST")?;
            }
        }
        Ok(OrderBy { path, descending, nulls_last })
    }

    fn path(&mut self) -> Result<Path, Malformed> {
        let mut parents = Vec::new();
        // `Order` is a relation as well as a keyword.
        let is_relation = matches!(self.tokens.get(self.next + 1).map(|token| &token.kind), Some(Kind::Mark(".")));
        let mut field = if self.is_word("ORDER") && is_relation { self.any_name()? } else { self.name()? };
        while self.mark(".") {
            parents.push(field);
            field = self.name()?;
        }
        Ok(Path { parents, field })
    }

    fn name(&mut self) -> Result<Name, Malformed> {
        const RESERVED: [&str; 12] =
            ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "LIMIT", "OFFSET", "NULL"];
        match RESERVED.iter().any(|reserved| self.is_word(reserved)) {
            true => Err(self.unexpected()),
            false => self.any_name(),
        }
    }

    fn any_name(&mut self) -> Result<Name, Malformed> {
        let at = self.at();
        let Kind::Word(word) = self.peek() else { return Err(self.unexpected()) };
        let text = word.clone();
        self.next += 1;
        Ok(Name { text, at })
    }

    fn text(&mut self) -> Result<String, Malformed> {
        let Kind::Text(raw) = self.peek() else { return Err(self.unexpected()) };
        let raw = raw.clone();
        if raw.chars().count() > LONGEST_TEXT {
            return Err(Malformed::at(self.at(), "String literals cannot be longer than 4000 characters."));
        }
        self.next += 1;
        Ok(raw)
    }

    fn count(&mut self) -> Result<u64, Malformed> {
        let number = match self.peek() {
            Kind::Figure(figure) => figure.parse().ok(),
            _ => None,
        };
        let Some(number) = number else { return Err(self.unexpected()) };
        self.next += 1;
        Ok(number)
    }

    fn listed<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
        let mut all = vec![one(self)?];
        while self.mark(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn deeper<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Malformed>) -> Result<T, Malformed> {
        if self.depth >= DEEPEST {
            return Err(Malformed::at(self.at(), "query is nested too deeply"));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn peek(&self) -> &Kind {
        self.tokens.get(self.next).map_or(&Kind::End, |token| &token.kind)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |token| token.at)
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(self.peek(), Kind::Word(word) if word.eq_ignore_ascii_case(wanted))
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = self.is_word(wanted);
        self.next += usize::from(found);
        found
    }

    fn mark(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Kind::Mark(mark) if *mark == wanted);
        self.next += usize::from(found);
        found
    }

    fn expect_word(&mut self, wanted: &str) -> Result<(), Malformed> {
        if self.word(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_mark(&mut self, wanted: &str) -> Result<(), Malformed> {
        if self.mark(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Malformed {
        Malformed::at(self.at(), format!("unexpected token: '{}'", self.peek().shown()))
    }
}

fn word_literal(word: &str) -> Option<Literal> {
    match word.to_ascii_uppercase().as_str() {
        "NULL" => Some(Literal::Null),
        "TRUE" => Some(Literal::Bool(true)),
        "FALSE" => Some(Literal::Bool(false)),
        "TODAY" => Some(Literal::Day(0)),
        "YESTERDAY" => Some(Literal::Day(-1)),
        "TOMORROW" => Some(Literal::Day(1)),
        _ => None,
    }
}

fn figure_literal(figure: &str) -> Option<Literal> {
    if let Ok(date) = NaiveDate::parse_from_str(figure, "%Y-%m-%d") {
        return Some(Literal::Date(date));
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(figure) {
        return Some(Literal::Moment(moment.with_timezone(&Utc)));
    }
    // The vendor writes and reads offsets without a colon, too.
    if let Ok(moment) = DateTime::parse_from_str(figure, "%Y-%m-%dT%H:%M:%S%.f%z") {
        return Some(Literal::Moment(moment.with_timezone(&Utc)));
    }
    figure.parse::<Decimal>().ok().map(Literal::Number)
}

#[cfg(test)]
mod tests;
