//! The system query options of one call.

use super::errors::Refusal;
use super::filter::Condition;
use super::sets::Definition;
use crate::vendor::Call;

/// What a call asks of a set.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) select: Option<Vec<&'static str>>,
    pub(super) filter: Option<Condition>,
    /// Property and whether it counts down.
    pub(super) order: Vec<(&'static str, bool)>,
    pub(super) top: Option<usize>,
    pub(super) skip: usize,
    /// How many rows earlier pages gave.
    pub(super) given: usize,
    pub(super) count: bool,
    pub(super) cross_company: bool,
    pub(super) page_size: Option<usize>,
}

impl Query {
    pub(super) fn read(call: &Call, definition: &'static Definition) -> Result<Self, Refusal> {
        let mut query = Self { page_size: preferred_page_size(call), ..Self::default() };
        for (name, value) in &call.query {
            match name.as_str() {
                "$select" => query.select = select(value, definition)?,
                "$filter" => query.filter = Some(Condition::read(value, definition)?),
                "$orderby" => query.order = order(value, definition)?,
                "$top" => query.top = Some(number(name, value)?),
                "$skip" => query.skip = number(name, value)?,
                "$skiptoken" => query.given = number(name, value)?,
                "$count" => query.count = flag(name, value)?,
                "cross-company" => query.cross_company = flag(name, value)?,
                "$format" => {}
                _ if name.starts_with('$') => {
                    return Err(Refusal::query(format!("The query parameter '{name}' is not supported.")));
                }
                // Anything else is for the web server, which knows nothing of it either.
                _ => {}
            }
        }
        Ok(query)
    }
}

fn select(value: &str, definition: &'static Definition) -> Result<Option<Vec<&'static str>>, Refusal> {
    if value.trim() == "*" {
        return Ok(None);
    }
    value.split(',').map(|name| declared(name.trim(), definition)).collect::<Result<Vec<_>, _>>().map(Some)
}

fn order(value: &str, definition: &'static Definition) -> Result<Vec<(&'static str, bool)>, Refusal> {
    let part = |part: &str| {
        let mut words = part.split_whitespace();
        let property = declared(words.next().unwrap_or_default(), definition)?;
        match (words.next(), words.next()) {
            (None | Some("asc"), None) => Ok((property, false)),
            (Some("desc"), None) => Ok((property, true)),
            _ => Err(Refusal::syntax(&format!("Syntax error in '{value}'."))),
        }
    };
    value.split(',').map(part).collect()
}

fn declared(name: &str, definition: &'static Definition) -> Result<&'static str, Refusal> {
    definition.declared(name).ok_or_else(|| Refusal::unknown_property(name, definition.entity))
}

fn number(name: &str, value: &str) -> Result<usize, Refusal> {
    value.parse().map_err(|_| {
        Refusal::query(format!(
            "Invalid value '{value}' for {name} query option found. A non-negative integer is required."
        ))
    })
}

fn flag(name: &str, value: &str) -> Result<bool, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::query(format!("Invalid value '{value}' for {name} query option found."))),
    }
}

fn preferred_page_size(call: &Call) -> Option<usize> {
    let preferences = call.header("prefer")?.split(',');
    let sizes = preferences.filter_map(|preference| preference.trim().strip_prefix("odata.maxpagesize="));
    sizes.filter_map(|size| size.trim().parse().ok()).find(|size| *size > 0)
}
