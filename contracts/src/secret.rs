//! A value that is used and never shown.

use std::fmt;
use std::sync::Arc;

/// A secret: a client secret, a token, a password. It prints as `[secret]`, wherever it stands.
///
/// It implements neither `Serialize` nor `Display`, so that no dump of settings, log line or trace can hold it by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes a value out of circulation.
    pub fn new(value: impl AsRef<str>) -> Self {
        Secret(Arc::from(value.as_ref()))
    }

    /// The value itself, for the one place that needs it: the header or form that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_a_secret() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some([secret])");
    }
}
