//! HMAC-SHA256, compared in constant time.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portico_contracts::secret::Secret;

/// Whether one of the secrets makes this signature over the parts, put together. Every secret is tried.
pub(super) fn fits(secrets: &[Secret], parts: &[&[u8]], signature: &[u8]) -> bool {
    let message = parts.concat();
    secrets.iter().fold(false, |fits, secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        hmac::verify(&key, &message, signature).is_ok() | fits
    })
}

/// Bytes written in hex, for SHA-256's length only.
pub(super) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |b: u8| char::from(b).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(bytes)
}

/// Bytes written in base64, for SHA-256's length only.
pub(super) fn from_base64(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}
