//! From a row in a system's words to a record in the model's. Never a wrong value: what does not fit the pack becomes
//! a failure in its field, and is counted as drift.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use portico_contracts::canonical::{Currency, Failure, Money, Record, Value};
use portico_contracts::model::ObjectType;
use portico_contracts::packs::{EntityMapping, Format, Kind, Mapping, Pack, Path, Read, Text, Times};
use portico_contracts::problem::Code;
use portico_contracts::tenancy::{Role, SystemId};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::rows::{Found, cannot_be_told, find, find_all, holds, text_of};
use super::wire::Drift;

/// Maps the rows of one answer.
#[derive(Debug)]
pub(super) struct Mapper<'p> {
    pack: &'p Pack,
    mapping: &'p EntityMapping,
    of: Option<&'p (SystemId, Role)>,
    /// Each kind of drift once for each answer, with the failure that stands in for the value.
    drifts: Vec<(Drift, Arc<Failure>)>,
}

/// Stands for a field where it is the rows themselves that are not where the pack says.
const ROWS: &str = "(rows)";

/// Why a value cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Missing,
    Retyped,
    UnknownValue,
    /// What a condition asks about is missing or retyped: whether the value counts is not known.
    Untold,
}

impl Wrong {
    fn kind(self) -> &'static str {
        match self {
            Wrong::Missing | Wrong::Untold => "missing",
            Wrong::Retyped => "retyped",
            Wrong::UnknownValue => "unknown_value",
        }
    }
}

impl<'p> Mapper<'p> {
    pub(super) fn new(pack: &'p Pack, mapping: &'p EntityMapping, of: Option<&'p (SystemId, Role)>) -> Self {
        Mapper { pack, mapping, of, drifts: Vec::new() }
    }

    pub(super) fn into_drifts(self) -> Vec<Drift> {
        self.drifts.into_iter().map(|(drift, _)| drift).collect()
    }

    /// A row as a record. An error where a value is missing that the model promises: such a row is left out, and the
    /// rest of a list is not lost for it.
    pub(super) fn record(&mut self, frames: &[&Json], extensions: &[(Arc<str>, Path)]) -> Result<Record, Arc<Failure>> {
        let mut record = self.fields(self.mapping.of, &self.mapping.fields, frames);
        record.origin = self.of.map(|(system, _)| system.clone());
        for field in self.mapping.of.fields.values() {
            let mapped = self.mapping.fields.iter().any(|(ordinal, ..)| *ordinal == field.ordinal);
            if field.ty.nullable || !mapped {
                continue;
            }
            match record.at(field.ordinal) {
                Value::Null => return Err(self.drift(field.name, Wrong::Missing)),
                Value::Failed(failure) => return Err(Arc::clone(failure)),
                _ => {}
            }
        }
        for (name, path) in extensions {
            let value = if let Found::Value(value) = find(path, frames) { value.clone() } else { Json::Null };
            record.extensions.push((Arc::clone(name), value));
        }
        Ok(record)
    }

    pub(super) fn fields(
        &mut self,
        of: &'static ObjectType,
        fields: &[(usize, &'static str, Mapping)],
        frames: &[&Json],
    ) -> Record {
        let mut record = Record::new(of);
        for (ordinal, name, mapping) in fields {
            let value = self.value(mapping, frames, name);
            let value = value.unwrap_or_else(|wrong| Value::Failed(self.drift(name, wrong)));
            record.put(*ordinal, value);
        }
        record
    }

    /// The failure of rows that an element should hold and does not.
    pub(super) fn lost_rows(&mut self) -> Arc<Failure> {
        self.drift(ROWS, Wrong::Missing)
    }

    fn drift(&mut self, field: &'static str, wrong: Wrong) -> Arc<Failure> {
        let drift = Drift { entity: self.mapping.of.name, field, kind: wrong.kind() };
        if let Some((_, failure)) = self.drifts.iter().find(|(known, _)| *known == drift) {
            return Arc::clone(failure);
        }
        let says = match wrong {
            Wrong::Missing | Wrong::Untold => "is missing from the system's answer",
            Wrong::Retyped => "is not of the type that its contract promises",
            Wrong::UnknownValue => "has a value that its contract does not know",
        };
        let mut failure = Failure::new(Code::UpstreamDrift, format!("`{}.{field}` {says}", drift.entity));
        if let Some((system, role)) = self.of {
            failure = failure.of_system(system, *role);
        }
        let failure = Arc::new(failure);
        self.drifts.push((drift, Arc::clone(&failure)));
        failure
    }

    fn value(&mut self, mapping: &Mapping, frames: &[&Json], name: &'static str) -> Result<Value, Wrong> {
        match mapping {
            Mapping::Constant(value) => Ok(value.clone()),
            Mapping::Object(of, fields) => {
                let record = self.fields(of, fields, frames);
                let empty = fields.iter().all(|(ordinal, ..)| record.at(*ordinal).is_null());
                Ok(if empty { Value::Null } else { Value::Object(Arc::new(record)) })
            }
            Mapping::FirstOf(all) => {
                for one in all {
                    // One that cannot be told may be the one that counts: another is no substitute.
                    let value = self.value(one, frames, name)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Ok(Value::Null)
            }
            Mapping::Read(read) => self.read(read, frames, name),
        }
    }

    fn read(&mut self, read: &Read, frames: &[&Json], name: &'static str) -> Result<Value, Wrong> {
        if read.only_if.iter().any(|condition| cannot_be_told(condition, frames)) {
            // Whether the value counts is not known, so neither it nor what stands in for it is the truth.
            return Err(Wrong::Untold);
        }
        if !read.only_if.iter().all(|condition| holds(condition, frames)) {
            return match &read.otherwise {
                Some(Value::Decimal(amount)) if matches!(read.kind, Kind::Money { .. }) => {
                    self.money(*amount, &read.kind, frames, name)
                }
                Some(value) => Ok(value.clone()),
                None => Ok(Value::Null),
            };
        }
        if read.list {
            return self.list(read, frames, name);
        }
        if let Kind::Text(Text::Joined(between)) = &read.kind {
            return self.joined(read, frames, between);
        }
        for path in &read.paths {
            match find(path, frames) {
                Found::Value(value) if !self.means_null(value) => {
                    let value = self.convert(value, &read.kind, frames, name)?;
                    return read.times.as_ref().map_or(Ok(value.clone()), |times| self.product(&value, times, frames));
                }
                Found::Value(_) | Found::Null => {}
                // Where one of several places may be missing, its path says so.
                Found::Missing => return Err(Wrong::Missing),
                Found::Mismatch => return Err(Wrong::Retyped),
            }
        }
        Ok(Value::Null)
    }

    /// An exact number or an amount, times something.
    fn product(&self, value: &Value, times: &Times, frames: &[&Json]) -> Result<Value, Wrong> {
        let factor = match times {
            Times::Number(number) => Decimal::from(*number),
            Times::Value(path) => match find(path, frames) {
                Found::Value(value) if self.means_null(value) => return Ok(Value::Null),
                Found::Value(value) => decimal(&self.scalar(value).ok_or(Wrong::Retyped)?)?,
                Found::Null => return Ok(Value::Null),
                Found::Missing => return Err(Wrong::Missing),
                Found::Mismatch => return Err(Wrong::Retyped),
            },
        };
        let product = |amount: Decimal| amount.checked_mul(factor).ok_or(Wrong::Retyped);
        Ok(match value {
            Value::Decimal(number) => Value::Decimal(product(*number)?),
            Value::Money(money) => Value::Money(Money { amount: product(money.amount)?, ..*money }),
            other => other.clone(),
        })
    }

    fn list(&mut self, read: &Read, frames: &[&Json], name: &'static str) -> Result<Value, Wrong> {
        let mut items = Vec::new();
        for path in &read.paths {
            let found = find_all(path, frames).map_err(|found| match found {
                Found::Missing => Wrong::Missing,
                _ => Wrong::Retyped,
            })?;
            for value in found {
                let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for item in several {
                    if !self.means_null(item) {
                        items.push(self.convert(item, &read.kind, frames, name)?);
                    }
                }
            }
        }
        Ok(Value::List(items.into()))
    }

    fn joined(&self, read: &Read, frames: &[&Json], between: &str) -> Result<Value, Wrong> {
        let mut parts = Vec::new();
        for path in &read.paths {
            match find(path, frames) {
                Found::Value(value) if self.means_null(value) => {}
                Found::Value(value) if value.is_boolean() => return Err(Wrong::Retyped),
                Found::Value(value) => parts.push(text_of(value).ok_or(Wrong::Retyped)?),
                Found::Null => {}
                Found::Missing => return Err(Wrong::Missing),
                Found::Mismatch => return Err(Wrong::Retyped),
            }
        }
        Ok(if parts.is_empty() { Value::Null } else { Value::text(parts.join(between)) })
    }

    fn means_null(&self, value: &Json) -> bool {
        match value {
            Json::Null => true,
            Json::String(text) => self.pack.nulls.iter().any(|null| null == text),
            _ => false,
        }
    }

    fn convert(&mut self, value: &Json, kind: &Kind, frames: &[&Json], name: &'static str) -> Result<Value, Wrong> {
        let text = self.scalar(value).ok_or(Wrong::Retyped)?;
        match kind {
            // A number's digits are its text; a truth value is no text at all.
            Kind::Text(_) if value.is_boolean() => Err(Wrong::Retyped),
            Kind::Text(shape) => as_text(&text, shape),
            Kind::Int(times) => as_int(&text, *times).map(Value::Int),
            Kind::Decimal => decimal(&text).map(Value::Decimal),
            Kind::Money { .. } => self.money(decimal(&text)?, kind, frames, name),
            Kind::Date(format) => date(&text, *format).map(Value::Date),
            Kind::DateTime(format) => moment(&text, *format).map(Value::DateTime),
            Kind::Bool { map, otherwise } => {
                let plain = if map.is_empty() { value.as_bool() } else { map.get(&*text).copied() };
                match (plain, otherwise) {
                    (Some(value), _) => Ok(Value::Bool(value)),
                    (None, Some(value)) => {
                        self.drift(name, Wrong::UnknownValue);
                        Ok(Value::Bool(*value))
                    }
                    (None, None) => Err(if map.is_empty() { Wrong::Retyped } else { Wrong::UnknownValue }),
                }
            }
            Kind::Enum { of, map, otherwise } => {
                let known = if map.is_empty() { of.value(&text) } else { map.get(&*text).copied() };
                match (known, otherwise) {
                    (Some(value), _) => Ok(Value::Enum(value)),
                    (None, Some(value)) => {
                        self.drift(name, Wrong::UnknownValue);
                        Ok(Value::Enum(value))
                    }
                    (None, None) => Err(Wrong::UnknownValue),
                }
            }
        }
    }

    /// A scalar's text; typed scalars (`{"__class__": "Decimal", …}`) are taken apart first.
    fn scalar<'j>(&self, value: &'j Json) -> Option<Cow<'j, str>> {
        if let Some(text) = text_of(value) {
            return Some(Cow::Borrowed(text));
        }
        let tag = value.get(self.pack.tag.as_deref()?)?.as_str()?;
        let part = |name: &str| value.get(name).and_then(|part| part.as_str().or_else(|| text_of(part)));
        let number = |name: &str| part(name).map_or(Some(0), |text| text.parse::<u32>().ok());
        match tag {
            "Decimal" => part("decimal").map(Cow::Borrowed),
            "date" => Some(Cow::Owned(format!("{:0>4}-{:0>2}-{:0>2}", part("year")?, part("month")?, part("day")?))),
            "datetime" => {
                let day = format!("{:0>4}-{:0>2}-{:0>2}", part("year")?, part("month")?, part("day")?);
                let (h, m, s) = (number("hour")?, number("minute")?, number("second")?);
                Some(Cow::Owned(format!("{day}T{h:02}:{m:02}:{s:02}.{:06}Z", number("microsecond")?)))
            }
            _ => None,
        }
    }

    fn money(&mut self, amount: Decimal, kind: &Kind, frames: &[&Json], name: &'static str) -> Result<Value, Wrong> {
        let Kind::Money { currency, minor } = kind else { return Err(Wrong::Retyped) };
        let mut code = None;
        for mapping in currency {
            if let Some(text) = self.value(mapping, frames, name)?.as_text() {
                code = Currency::parse(text);
                break;
            }
        }
        let currency = code.ok_or(Wrong::Missing)?;
        let digits = if *minor { currency.minor_digits() } else { 0 };
        let amount = amount.checked_mul(Decimal::new(1, digits)).ok_or(Wrong::Retyped)?;
        Ok(Value::Money(Money { amount, currency }))
    }
}

fn as_text(text: &str, shape: &Text) -> Result<Value, Wrong> {
    match shape {
        Text::Plain | Text::Joined(_) => Ok(Value::text(text)),
        Text::Currency => Currency::parse(text).map(|code| Value::text(code.as_str())).ok_or(Wrong::Retyped),
        Text::Domain => Ok(domain(text).map_or(Value::Null, Value::text)),
    }
}

/// `https://www.acme.test/shop` → `acme.test`.
pub(super) fn domain(address: &str) -> Option<String> {
    let lower = address.trim().to_ascii_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next()?;
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_owned())
}

fn as_int(text: &str, times: i32) -> Result<i32, Wrong> {
    let number = decimal(text)?.normalize();
    if number.scale() != 0 {
        return Err(Wrong::Retyped);
    }
    let whole = i32::try_from(number.mantissa()).map_err(|_| Wrong::Retyped)?;
    whole.checked_mul(times).ok_or(Wrong::Retyped)
}

/// Exact, or not at all.
fn decimal(text: &str) -> Result<Decimal, Wrong> {
    let text = text.trim();
    let scientific = text.contains(['e', 'E']);
    let read = if scientific { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    read.map_err(|_| Wrong::Retyped)
}

fn date(text: &str, format: Format) -> Result<NaiveDate, Wrong> {
    match format {
        Format::Unix | Format::UnixMillis => moment(text, format).map(|moment| moment.date_naive()),
        Format::Iso | Format::Utc | Format::Day => {
            let day = text.get(..10).ok_or(Wrong::Retyped)?;
            let rest = &text[10..];
            let whole = rest.is_empty() || rest.starts_with(['T', ' ']);
            whole.then(|| NaiveDate::from_str(day).ok()).flatten().ok_or(Wrong::Retyped)
        }
    }
}

fn moment(text: &str, format: Format) -> Result<DateTime<FixedOffset>, Wrong> {
    let utc = |moment: NaiveDateTime| moment.and_utc().fixed_offset();
    let read = match format {
        Format::Iso => DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok(),
        Format::Utc => NaiveDateTime::parse_from_str(&text.replacen('T', " ", 1), "%Y-%m-%d %H:%M:%S%.f").ok().map(utc),
        Format::Day => return date(text, format).map(|day| utc(day.and_time(NaiveTime::MIN))),
        Format::Unix => text.parse().ok().and_then(|s| DateTime::from_timestamp(s, 0)).map(|at| at.fixed_offset()),
        Format::UnixMillis => text.parse().ok().and_then(DateTime::from_timestamp_millis).map(|at| at.fixed_offset()),
    };
    read.ok_or(Wrong::Retyped)
}
