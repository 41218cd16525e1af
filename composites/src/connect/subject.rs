//! The caller's own token, on its way to the one place that shows it: the exchange for a token of a system (RFC 8693).

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// A verified token of a caller. It prints as nothing, and its memory is wiped when the last who needs it is done.
#[derive(Clone)]
pub struct Subject(Arc<Inner>);

struct Inner {
    token: Zeroizing<String>,
    digest: Arc<str>,
    until: Instant,
}

impl Subject {
    /// A token that was verified, and when it ends.
    pub fn new(token: &str, until: Instant) -> Self {
        let digest: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
        Subject(Arc::new(Inner { token: Zeroizing::new(token.to_owned()), digest: digest.into(), until }))
    }

    /// The token, for the exchange only.
    pub(super) fn reveal(&self) -> &str {
        &self.0.token
    }

    /// Who it is, by value: two tokens are never the same caller, also where they name the same one.
    pub(super) fn digest(&self) -> &Arc<str> {
        &self.0.digest
    }

    /// When it ends: nothing that was had with it is used for longer.
    pub(super) fn until(&self) -> Instant {
        self.0.until
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[subject]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_prints_as_nothing() {
        let subject = Subject::new("eyJhbGciOi.secret", Instant::now());
        assert_eq!(format!("{:?}", Some(&subject)), "Some([subject])");
        assert_ne!(subject.digest(), Subject::new("another", Instant::now()).digest());
    }
}
