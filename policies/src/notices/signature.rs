//! HMAC-SHA256, compared in constant time.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portico_contracts::secret::Secret;

/// A SHA-256, written out.
pub(super) type Tag = [u8; 32];

/// Which of the signatures one of the secrets makes over the parts, put together. The body is gone through once for each
/// secret, however many signatures there are and whether or not one fits.
pub(super) fn fitting(secrets: &[Secret], parts: &[&[u8]], signatures: &[Tag]) -> Option<Tag> {
    let mut fitting = None;
    for secret in secrets {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes()));
        parts.iter().for_each(|part| context.update(part));
        let ours = context.sign();
        for signature in signatures {
            if verify_slices_are_equal(ours.as_ref(), signature).is_ok() {
                fitting = Some(*signature);
            }
        }
    }
    fitting
}

/// Bytes written in hex.
pub(super) fn from_hex(text: &str) -> Option<Tag> {
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

/// Bytes written in base64.
pub(super) fn from_base64(text: &str) -> Option<Tag> {
    STANDARD.decode(text).ok()?.try_into().ok()
}
