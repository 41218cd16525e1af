//! The parameters of a call: plain ones, `expand[]`, and ranges such as `created[gte]`.

use super::errors::Refusal;

/// A list shows so many objects without a wish, and at most.
const DEFAULT_LIMIT: usize = 10;
const GREATEST_LIMIT: usize = 100;

/// The decoded pairs of a query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params<'c>(pub(crate) &'c [(String, String)]);

impl<'c> Params<'c> {
    /// The last value of a parameter: as forms are read, a later one wins.
    pub(crate) fn get(&self, name: &str) -> Option<&'c str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Refuses every parameter that is not named; `expand` is always allowed.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let name = |key: &'c str| key.split_once('[').map_or(key, |(name, _)| name);
        let unknown = self.0.iter().map(|(key, _)| name(key)).find(|name| *name != "expand" && !known.contains(name));
        unknown.map_or(Ok(()), |name| Err(Refusal::unknown_param(name)))
    }

    /// How many objects are wanted.
    pub(crate) fn limit(&self) -> Result<usize, Refusal> {
        let Some(wish) = self.get("limit") else { return Ok(DEFAULT_LIMIT) };
        match wish.parse() {
            Ok(limit @ 1..=GREATEST_LIMIT) => Ok(limit),
            _ => Err(Refusal::not_an_integer("limit", wish)),
        }
    }

    /// The paths to expand: `expand[]` or `expand[0]`.
    pub(crate) fn expansions(&self) -> impl Iterator<Item = &'c str> + use<'c> {
        let is_expand = |key: &str| key == "expand" || key.starts_with("expand[");
        self.0.iter().filter(move |(key, _)| is_expand(key)).map(|(_, value)| value.as_str())
    }

    /// Whether a moment lies in the range of a parameter, given as `name=` or `name[gte]=`, `[gt]`, `[lte]`, `[lt]`.
    pub(crate) fn in_range(&self, name: &str, moment: Option<i64>) -> Result<bool, Refusal> {
        for (key, value) in self.0 {
            let Some(bound) = key.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('[')) else {
                continue;
            };
            let limit: i64 = value.parse().map_err(|_| Refusal::not_an_integer(key, value))?;
            let holds = match bound {
                "" => moment == Some(limit),
                "[gt]" => moment.is_some_and(|moment| moment > limit),
                "[gte]" => moment.is_some_and(|moment| moment >= limit),
                "[lt]" => moment.is_some_and(|moment| moment < limit),
                "[lte]" => moment.is_some_and(|moment| moment <= limit),
                _ => return Err(Refusal::unknown_param(key)),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
