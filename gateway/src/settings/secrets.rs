//! Secrets by reference only: `env:NAME` or `file:PATH`, resolved while the configuration is checked.

use std::collections::BTreeMap;
use std::fmt;

/// Where a value is that does not stand in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// An environment variable.
    Environment(String),
    /// A file: inside the configuration's folder where the path is relative, as secret stores mount them where it is absolute.
    File(String),
}

impl Reference {
    /// Reads `env:NAME` or `file:PATH`; anything else is no reference.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("env:") {
            let well_formed = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            return well_formed.then(|| Reference::Environment(name.to_owned()));
        }
        text.strip_prefix("file:").filter(|path| !path.is_empty()).map(|path| Reference::File(path.to_owned()))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Environment(name) => write!(f, "env:{name}"),
            Reference::File(path) => write!(f, "file:{path}"),
        }
    }
}

/// What references to the environment stand for.
pub trait Secrets {
    /// The value of an environment variable.
    fn environment(&self, name: &str) -> Option<String>;

    /// Whether references are resolved at all; where not, only their form is checked and what is made cannot be served.
    fn resolve(&self) -> bool {
        true
    }
}

/// The environment of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl Secrets for Environment {
    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// Values that are handed in: what `portico demo` knows of its sandbox, and what tests make up.
impl Secrets for BTreeMap<String, String> {
    fn environment(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }
}

/// For `portico check --no-secrets`: the form of references is checked, nothing is looked up.
#[derive(Debug, Clone, Copy, Default)]
pub struct FormOnly;

impl Secrets for FormOnly {
    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    fn resolve(&self) -> bool {
        false
    }
}

/// A setting that must be a reference. What stands there instead is never shown, not even in the mistake about it.
#[derive(Clone)]
pub(crate) struct SecretReference(pub(crate) Reference);

impl fmt::Debug for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> serde::Deserialize<'de> for SecretReference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ReferenceOnly;

        impl serde::de::Visitor<'_> for ReferenceOnly {
            type Value = SecretReference;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretReference, E> {
                let literal = || E::custom(format_args!("secrets do not stand in the configuration: write {EXPECTED}"));
                Reference::parse(text).map(SecretReference).ok_or_else(literal)
            }
        }

        deserializer.deserialize_str(ReferenceOnly)
    }
}

const EXPECTED: &str = "a reference to it, `env:NAME` or `file:PATH`";

impl schemars::JsonSchema for SecretReference {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretReference".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(env:[A-Za-z0-9_]+|file:.+)$",
            "description": "a reference to a secret: `env:NAME` or `file:PATH`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_are_references() {
        assert_eq!(Reference::parse("env:ACME_1"), Some(Reference::Environment("ACME_1".to_owned())));
        assert_eq!(Reference::parse("file:secrets/erp"), Some(Reference::File("secrets/erp".to_owned())));
        for text in ["", "hunter2", "env:", "env:A B", "file:", "ENV:X"] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
