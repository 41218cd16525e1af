//! One value of one row: how it is stored and how the integration's user sees it.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::tables::Table;
use crate::world::World;

/// Display values are in the time zone of the user, who sits this many hours behind.
const USER_ZONE_HOURS: i64 = -7;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Cell<'w> {
    /// Nothing, written as an empty text.
    Empty,
    /// Text and numbers.
    Text(Cow<'w, str>),
    /// One of a list: what is stored and what is shown.
    Choice(&'static str, &'static str),
    /// `true` or `false`.
    Truth(bool),
    /// A day.
    Day(NaiveDate),
    /// A moment.
    Moment(DateTime<Utc>),
    /// A row of another table.
    Reference(&'static Table, usize),
}

impl<'w> Cell<'w> {
    pub(super) fn text(text: &'w str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// A value that may be absent.
    pub(super) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// What is stored, and what queries compare with.
    pub(super) fn value(&self, world: &World) -> Cow<'w, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => text.clone(),
            Self::Choice(value, _) => Cow::Borrowed(value),
            Self::Truth(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Self::Day(day) => Cow::Owned(day.to_string()),
            Self::Moment(moment) => Cow::Owned(written(*moment)),
            Self::Reference(table, row) => Cow::Owned(table.sys_id(world, *row)),
        }
    }

    /// What a person sees.
    pub(super) fn display(&self, world: &'w World) -> Cow<'w, str> {
        match self {
            Self::Choice(_, label) => Cow::Borrowed(label),
            Self::Moment(moment) => Cow::Owned(written(*moment + TimeDelta::hours(USER_ZONE_HOURS))),
            Self::Reference(table, row) => table.display(world, *row),
            _ => self.value(world),
        }
    }
}

fn written(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M:%S").to_string()
}
