//! Keys of records as they stand in the trail: recognizable to whoever asks for one, unreadable to whoever reads.

use std::fmt;

use aws_lc_rs::{digest as sha, hmac};
use portico_contracts::secret::Secret;
use portico_contracts::tenancy::TenantId;

/// Makes digests of keys. The same key has another digest at every tenant, so that trails cannot be joined by them.
#[derive(Clone)]
pub struct KeyDigests(Option<hmac::Key>);

/// Of 256 bits so many are written: enough to find an entry, and twice as many as collide by accident.
const BYTES: usize = 10;

impl KeyDigests {
    /// With the trail's key. Without one, whoever guesses a key can recognize it.
    pub fn new(key: Option<&Secret>) -> Self {
        // Not the key that seals are made with: a digest must never be a seal.
        let own = |key: &Secret| {
            let sealing = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&sealing, b"portico: keys of records").as_ref())
        };
        KeyDigests(key.map(own))
    }

    /// The digest of one record's key, as 20 hexadecimal digits. `entity` and `by` are of the model: `Customer`, `number`.
    pub fn of(&self, tenant: &TenantId, entity: &str, by: &str, key: &str) -> String {
        let parts = [tenant.as_str(), entity, by, key];
        let mut message = Vec::with_capacity(key.len() + 80);
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part.as_bytes());
        }
        match &self.0 {
            Some(key) => hex(hmac::sign(key, &message).as_ref()),
            None => hex(sha::digest(&sha::SHA256, &message).as_ref()),
        }
    }
}

impl fmt::Debug for KeyDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "KeyDigests(with a key)" } else { "KeyDigests(without a key)" })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}
