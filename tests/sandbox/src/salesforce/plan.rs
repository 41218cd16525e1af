//! A query whose names have been found: what to read, test and sort by.

use std::collections::HashSet;

use super::cells::{Cell, Kind};
use super::errors::Refusal;
use super::ids;
use super::objects::{Children, Field, Object, Parent, object};
use super::soql::pattern::Pattern;
use super::soql::{Comparison, Condition, Literal, Name, Path, Query, Selected, parse};
use crate::world::World;

/// The vendor's cap on rows skipped.
const GREATEST_OFFSET: u64 = 2_000;

/// What a query does.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The object whose records are read.
    pub(crate) object: &'static Object,
    /// What is shown of each.
    pub(crate) outputs: Vec<Output>,
    /// Only the number of records is wanted.
    pub(crate) counts: bool,
    /// Which records.
    pub(crate) test: Option<Test>,
    /// By what they are sorted: the column, largest first, absent values last.
    pub(crate) order: Vec<(Column, bool, bool)>,
    /// At most how many.
    pub(crate) limit: usize,
    /// After how many.
    pub(crate) offset: usize,
}

/// One part of a shown record.
#[derive(Debug)]
pub(crate) enum Output {
    /// A value.
    Value(Column),
    /// Records that point to it.
    Children(&'static Children, Plan),
}

/// A field of a record or of a record it points to.
#[derive(Debug)]
pub(crate) struct Column {
    /// The relations to follow.
    pub(crate) parents: Vec<&'static Parent>,
    /// The field at their end.
    pub(crate) field: &'static Field,
}

/// A condition on a record.
#[derive(Debug)]
pub(crate) enum Test {
    /// Every one holds.
    All(Vec<Test>),
    /// At least one holds.
    Any(Vec<Test>),
    /// The inner one does not hold.
    Not(Box<Test>),
    /// A value against a literal.
    Compare(Column, Comparison, Literal),
    /// A value in a list, or not in it.
    Among { column: Column, texts: HashSet<String>, others: Vec<Literal>, absent: bool },
    /// A text against a pattern.
    Like(Column, Pattern),
}

impl Column {
    fn is(&self, other: &Self) -> bool {
        let names = |column: &Self| column.parents.iter().map(|parent| parent.name).collect::<Vec<_>>();
        self.field.name == other.field.name && names(self) == names(other)
    }

    /// The value in a record; nothing where a relation on the way leads nowhere.
    pub(crate) fn cell<'w>(&self, world: &'w World, record: usize) -> Cell<'w> {
        let end = self.parents.iter().try_fold(record, |record, parent| (parent.record)(world, record));
        end.map_or(Cell::Null, |record| (self.field.value)(world, record))
    }
}

impl Test {
    /// Whether a record passes.
    pub(crate) fn holds(&self, world: &World, record: usize) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(world, record)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(world, record)),
            Self::Not(test) => !test.holds(world, record),
            Self::Compare(column, how, literal) => column.cell(world, record).compares(*how, literal, world.today),
            Self::Like(column, pattern) => {
                matches!(column.cell(world, record), Cell::Text(text) if pattern.matches(&text))
            }
            Self::Among { column, texts, others, absent } => {
                let cell = column.cell(world, record);
                let found = match &cell {
                    Cell::Text(text) => texts.contains(&text.to_lowercase()),
                    Cell::Id(id) => texts.contains(id),
                    _ => false,
                };
                let same = |other: &Literal| cell.compares(Comparison::Equal, other, world.today);
                (found || others.iter().any(same)) != *absent
            }
        }
    }
}

/// Reads a query and finds its names.
pub(crate) fn plan(text: &str) -> Result<Plan, Refusal> {
    let query = parse::query(text).map_err(|why| Refusal::malformed(text, &why))?;
    let object = object(&query.from.text).ok_or_else(|| unknown_object(text, &query.from))?;
    Planner { text, object }.plan(&query, true)
}

struct Planner<'t> {
    text: &'t str,
    object: &'static Object,
}

impl Planner<'_> {
    fn plan(&self, query: &Query, outermost: bool) -> Result<Plan, Refusal> {
        let offset = query.offset.unwrap_or(0);
        if offset > GREATEST_OFFSET {
            let says = format!("Maximum SOQL offset allowed is {GREATEST_OFFSET}");
            return Err(Refusal::bad("NUMBER_OUTSIDE_VALID_RANGE", says));
        }
        let counts = query.select.contains(&Selected::Count);
        if counts && (query.select.len() > 1 || !outermost) {
            return Err(self.refuse(
                &query.from,
                "MALFORMED_QUERY",
                "COUNT() must be the only element in the select list.",
            ));
        }
        let columns = query.order.iter().map(|by| Ok((self.sortable(&by.path)?, by.descending, by.nulls_last)));
        Ok(Plan {
            object: self.object,
            outputs: self.outputs(&query.select, outermost)?,
            counts,
            test: query.filter.as_ref().map(|condition| self.test(condition)).transpose()?,
            order: columns.collect::<Result<_, _>>()?,
            limit: query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            offset: usize::try_from(offset).unwrap_or(usize::MAX),
        })
    }

    fn outputs(&self, select: &[Selected], outermost: bool) -> Result<Vec<Output>, Refusal> {
        let mut outputs = Vec::with_capacity(select.len());
        for selected in select {
            match selected {
                Selected::Field(path) => {
                    let column = self.column(path)?;
                    if outputs.iter().any(|output| matches!(output, Output::Value(before) if before.is(&column))) {
                        let says = format!("duplicate field selected: {}", column.field.name);
                        return Err(self.refuse(&path.field, "MALFORMED_QUERY", &says));
                    }
                    outputs.push(Output::Value(column));
                }
                Selected::Children(inner) if outermost => outputs.push(self.children(inner)?),
                Selected::Children(inner) => {
                    let says = "SOQL relationship queries cannot be nested here";
                    return Err(self.refuse(&inner.from, "MALFORMED_QUERY", says));
                }
                Selected::Count => {}
            }
        }
        Ok(outputs)
    }

    fn children(&self, inner: &Query) -> Result<Output, Refusal> {
        let unknown = || {
            let says = format!(
                "Didn't understand relationship '{}' in FROM part of query call. If you are attempting to use a custom \
                 relationship, be sure to append the '__r' after the custom relationship name. Please reference your \
                 WSDL or the describe call for the appropriate names.",
                inner.from.text
            );
            self.refuse(&inner.from, "INVALID_TYPE", &says)
        };
        let children = self.object.children(&inner.from.text).ok_or_else(unknown)?;
        let object = object(children.object).ok_or_else(unknown)?;
        let plan = Planner { text: self.text, object }.plan(inner, false)?;
        Ok(Output::Children(children, plan))
    }

    fn column(&self, path: &Path) -> Result<Column, Refusal> {
        let mut here = self.object;
        let mut parents = Vec::with_capacity(path.parents.len());
        for (depth, name) in path.parents.iter().enumerate() {
            // `SELECT Account.Name FROM Account` names the object itself.
            if depth == 0 && here.parent(&name.text).is_none() && here.name.eq_ignore_ascii_case(&name.text) {
                continue;
            }
            let parent = here.parent(&name.text).ok_or_else(|| self.unknown_relation(name))?;
            here = object(parent.object).ok_or_else(|| self.unknown_relation(name))?;
            parents.push(parent);
        }
        if parents.len() > 5 {
            return Err(self.refuse(&path.field, "MALFORMED_QUERY", "relationship path is longer than 5 levels"));
        }
        match here.field(&path.field.text) {
            Some(field) => Ok(Column { parents, field }),
            None => Err(self.refuse(&path.field, "INVALID_FIELD", &no_such_column(here, &path.field.text))),
        }
    }

    fn sortable(&self, path: &Path) -> Result<Column, Refusal> {
        let column = self.column(path)?;
        if column.field.kind == Kind::Address {
            let says = format!("field '{}' can not be sorted in a query call", column.field.name);
            return Err(self.refuse(&path.field, "INVALID_FIELD", &says));
        }
        Ok(column)
    }

    fn test(&self, condition: &Condition) -> Result<Test, Refusal> {
        let all = |conditions: &[Condition]| conditions.iter().map(|c| self.test(c)).collect::<Result<Vec<_>, _>>();
        Ok(match condition {
            Condition::All(conditions) => Test::All(all(conditions)?),
            Condition::Any(conditions) => Test::Any(all(conditions)?),
            Condition::Not(condition) => Test::Not(Box::new(self.test(condition)?)),
            Condition::Compare(path, how, literal) => {
                let column = self.comparable(path, literal)?;
                Test::Compare(column, *how, literal.clone())
            }
            Condition::Like(path, pattern) => {
                let column = self.comparable(path, &Literal::Text(String::new()))?;
                Test::Like(column, pattern.clone())
            }
            Condition::Within(path, literals, absent) => self.among(path, literals, *absent)?,
        })
    }

    fn among(&self, path: &Path, literals: &[Literal], absent: bool) -> Result<Test, Refusal> {
        let column = self.column(path)?;
        let (mut texts, mut others) = (HashSet::new(), Vec::new());
        for literal in literals {
            self.fits(path, &column, literal)?;
            match literal {
                Literal::Text(id) if column.field.kind == Kind::Id => _ = texts.insert(ids::long(id)),
                Literal::Text(text) => _ = texts.insert(text.to_lowercase()),
                other => others.push(other.clone()),
            }
        }
        Ok(Test::Among { column, texts, others, absent })
    }

    fn comparable(&self, path: &Path, literal: &Literal) -> Result<Column, Refusal> {
        let column = self.column(path)?;
        self.fits(path, &column, literal)?;
        Ok(column)
    }

    fn fits(&self, path: &Path, column: &Column, literal: &Literal) -> Result<(), Refusal> {
        let accepted = column.field.kind.accepts(column.field.name, literal);
        accepted.map_err(|(code, says)| self.refuse(&path.field, code, &says))
    }

    fn unknown_relation(&self, name: &Name) -> Refusal {
        let says = format!(
            "Didn't understand relationship '{}' in field path. If you are attempting to use a custom relationship, be \
             sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe \
             call for the appropriate names.",
            name.text
        );
        self.refuse(name, "INVALID_FIELD", &says)
    }

    fn refuse(&self, name: &Name, code: &'static str, says: &str) -> Refusal {
        Refusal::in_query(self.text, name.at, code, says)
    }
}

/// The vendor's sentence about a field that is missing or hidden.
pub(crate) fn no_such_column(object: &Object, field: &str) -> String {
    format!(
        "No such column '{field}' on entity '{}'. If you are attempting to use a custom field, be sure to append the \
         '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
        object.name
    )
}

fn unknown_object(text: &str, name: &Name) -> Refusal {
    let says = format!(
        "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' \
         after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
        name.text
    );
    Refusal::in_query(text, name.at, "INVALID_TYPE", &says)
}
