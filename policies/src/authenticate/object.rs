//! JSON objects read strictly: no member twice, no guess at a type.
//!
//! Two readers that resolve a duplicate member differently see two different tokens; RFC 8259 leaves it open, so we
//! refuse. Values stay raw until somebody asks for one of a certain type.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of one JSON object.
#[derive(Debug)]
pub(crate) struct Object<'a>(BTreeMap<String, &'a RawValue>);

/// A member that is not of the type it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongType;

impl<'a> Object<'a> {
    /// Reads an object and nothing after it.
    pub(crate) fn read(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A member of a certain type; `null` is of no type.
    pub(crate) fn typed<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, WrongType> {
        self.0.get(name).map(|raw| serde_json::from_str(raw.get())).transpose().map_err(|_| WrongType)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, WrongType> {
        self.typed(name)
    }

    /// A string, or an array of strings.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, WrongType> {
        match self.0.get(name) {
            Some(raw) if raw.get().starts_with('[') => self.typed(name),
            _ => Ok(self.text(name)?.map(|one| vec![one])),
        }
    }

    /// Whole seconds of a NumericDate (RFC 7519 §2), which may have a fraction, but no sign and no exponent here.
    pub(crate) fn date(&self, name: &str) -> Result<Option<u64>, WrongType> {
        let Some(raw) = self.0.get(name) else { return Ok(None) };
        let (whole, fraction) = raw.get().split_once('.').unwrap_or((raw.get(), "0"));
        let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 12) || !digits(fraction, 20) {
            return Err(WrongType);
        }
        whole.parse().map(Some).map_err(|_| WrongType)
    }
}

impl<'a> Deserialize<'a> for Object<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = BTreeMap<String, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = access.next_entry::<String, &'de RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member stands twice"));
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_unique_however_they_are_spelled() {
        for twice in [r#"{"exp":1,"exp":2}"#, r#"{"exp":1,"\u0065xp":2}"#, r#"{"a":1,"b":2,"a":1}"#] {
            assert!(Object::read(twice.as_bytes()).is_err(), "{twice}");
        }
        for not_one in ["[]", "1", "", "{}{}", "{} x", "{\"a\":1,}", "\u{feff}{}", "{\"a\":\u{0}1}"] {
            assert!(Object::read(not_one.as_bytes()).is_err(), "{not_one}");
        }
        assert!(
            Object::read(b"{\"a\":\"\xff\"}")
                .and_then(|o| o.text("a").map_err(|_| serde_json::Error::custom("")).map(|_| ()))
                .is_err()
        );
    }

    #[test]
    fn types_are_not_guessed() {
        let json = br#"{"s":"x","n":null,"one":"a","many":["a","b"],"mixed":["a",1],"num":7}"#;
        let object = Object::read(json).unwrap();
        assert_eq!(object.text("s"), Ok(Some("x".to_owned())));
        assert_eq!(object.text("absent"), Ok(None));
        assert_eq!(object.text("n"), Err(WrongType));
        assert_eq!(object.text("num"), Err(WrongType));
        assert_eq!(object.texts("one"), Ok(Some(vec!["a".to_owned()])));
        assert_eq!(object.texts("many"), Ok(Some(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(object.texts("mixed"), Err(WrongType));
        assert_eq!(object.texts("n"), Err(WrongType));
    }

    #[test]
    fn dates_are_plain_numbers() {
        let date = |value: &str| {
            let json = format!("{{\"exp\":{value}}}");
            Object::read(json.as_bytes()).unwrap().date("exp")
        };
        assert_eq!(date("1700000000"), Ok(Some(1_700_000_000)));
        assert_eq!(date("1700000000.75"), Ok(Some(1_700_000_000)));
        assert_eq!(date("0"), Ok(Some(0)));
        for bad in ["\"1700000000\"", "-1", "1e99", "1.7e9", "null", "true", "[1]", "99999999999999999999", "{}"] {
            assert_eq!(date(bad), Err(WrongType), "{bad}");
        }
    }
}
