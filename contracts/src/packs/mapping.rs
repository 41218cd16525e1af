//! How a value of a row becomes the value of a field.

use indexmap::IndexMap;

use super::Path;
use crate::canonical::Value;
use crate::model::{EnumType, ObjectType};

/// How a field's value is had.
#[derive(Debug, Clone)]
pub enum Mapping {
    /// Always this value.
    Constant(Value),
    /// Read from the row.
    Read(Box<Read>),
    /// An object made of several values; null where all of them are.
    Object(&'static ObjectType, Vec<(usize, &'static str, Mapping)>),
    /// The first of these that has a value.
    FirstOf(Vec<Mapping>),
}

/// A value that is read from the row.
#[derive(Debug, Clone)]
pub struct Read {
    /// Where it stands: the first that has a value (or all, where texts are joined).
    pub paths: Vec<Path>,
    /// What it becomes.
    pub kind: Kind,
    /// Whether it becomes a list of that.
    pub list: bool,
    /// It counts only where all of this holds.
    pub only_if: Vec<Condition>,
    /// The value where it does not count; null where absent.
    pub otherwise: Option<Value>,
    /// Exact numbers and amounts: times this.
    pub times: Option<Times>,
}

/// What a number is multiplied by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Times {
    /// A whole number.
    Number(i32),
    /// Another value of the row; where that is null, so is the product.
    Value(Path),
}

/// A path has one of these values. An empty list means that it has any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where.
    pub path: Path,
    /// One of these, as text.
    pub values: Vec<String>,
    /// Whether they are written without quotes in query languages (numbers, truth values).
    pub bare: bool,
}

/// What a value becomes.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text.
    Text(Text),
    /// A whole number, times something.
    Int(i32),
    /// An exact number.
    Decimal,
    /// A truth value.
    Bool {
        /// The system's own words, where it has no truth values.
        map: IndexMap<String, bool>,
        /// For all other words.
        otherwise: Option<bool>,
    },
    /// A value of one of the model's enums.
    Enum {
        /// Which enum.
        of: &'static EnumType,
        /// The system's own words.
        map: IndexMap<String, &'static str>,
        /// For all other words; counted as drift.
        otherwise: Option<&'static str>,
    },
    /// An amount with its currency.
    Money {
        /// The currency: the first of these that has a value.
        currency: Vec<Mapping>,
        /// Whether the number counts minor units.
        minor: bool,
    },
    /// A calendar day.
    Date(Format),
    /// A moment.
    DateTime(Format),
}

/// What text is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Itself.
    Plain,
    /// An ISO 4217 code in upper case.
    Currency,
    /// The internet domain in an address of the web.
    Domain,
    /// All paths' values with this between them.
    Joined(String),
}

/// How the system writes days and moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// ISO 8601 with an offset (`Z`, `+00:00` or `+0000`); a day is the part before the `T`.
    #[default]
    Iso,
    /// ISO 8601 (a `T` or a space) without an offset, which is UTC.
    Utc,
    /// A day; as a moment it is its midnight in UTC.
    Day,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMillis,
}
