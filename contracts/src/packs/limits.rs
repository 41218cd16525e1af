//! What a kind of system lets one account ask, and how its answers tell what is left.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;

/// The limits of one account, as far as they are the same for all of a kind or usual for the smallest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Calls that are answered at once.
    pub concurrency: Option<u32>,
    /// Calls in a length of time.
    pub windows: BTreeMap<Window, u32>,
    /// When a day begins anew.
    pub day: Day,
    /// What answers tell.
    pub reported: Vec<Report>,
}

/// A length of time in which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// One second.
    Second,
    /// Ten seconds.
    TenSeconds,
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day.
    Day,
}

impl Window {
    /// All of them, the shortest first.
    pub const ALL: [Window; 5] = [Window::Second, Window::TenSeconds, Window::Minute, Window::Hour, Window::Day];

    /// How long it is.
    pub fn span(self) -> Duration {
        Duration::from_secs(match self {
            Window::Second => 1,
            Window::TenSeconds => 10,
            Window::Minute => 60,
            Window::Hour => 3_600,
            Window::Day => 86_400,
        })
    }

    /// As packs, metrics and status spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Window::Second => "second",
            Window::TenSeconds => "10_seconds",
            Window::Minute => "minute",
            Window::Hour => "hour",
            Window::Day => "day",
        }
    }

    /// The key under which a pack says how many calls it allows.
    pub fn key(self) -> &'static str {
        match self {
            Window::Second => "per_second",
            Window::TenSeconds => "per_10_seconds",
            Window::Minute => "per_minute",
            Window::Hour => "per_hour",
            Window::Day => "per_day",
        }
    }
}

/// When the calls of a day are forgotten, where the system does not report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Day {
    /// All of them at midnight, UTC.
    #[default]
    Utc,
    /// Each of them a day after it was made.
    Rolling,
}

/// Header fields of any answer that tell about one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which window.
    pub window: Window,
    /// Where the figures stand.
    pub figures: Figures,
    /// Where it stands when the window begins anew.
    pub resets: Option<Resets>,
}

/// Where the figures of a report stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figures {
    /// A list of `name=used/limit` in one field.
    UsedOf {
        /// The field.
        header: HeaderName,
        /// The name.
        name: String,
    },
    /// A whole number in a field; one of them at least is told.
    Numbers {
        /// How many calls the window allows.
        limit: Option<HeaderName>,
        /// How many of them are left.
        remaining: Option<HeaderName>,
    },
}

/// When a window begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resets {
    /// In so many seconds.
    In(HeaderName),
    /// At this moment, in seconds since 1970.
    At(HeaderName),
}
