//! `Stripe-Signature: t=1757030400,v1=…,v1=…,v0=…`: HMAC-SHA256 over `t.body`, in hex, keyed with the endpoint's whole
//! `whsec_…` text. There are several `v1` while Stripe rolls its secret; other schemes are for tests
//! (docs.stripe.com/webhooks#verify-manually).

use portico_contracts::secret::Secret;

use super::signature::{Tag, fitting, from_hex};
use super::{Delivery, Doubt, Fingerprint, Signed, header};

/// More signatures than this nobody sends.
const MOST: usize = 16;

pub(super) fn check(delivery: &Delivery<'_>, secrets: &[Secret]) -> Result<Signed, Doubt> {
    let text = header(delivery, "stripe-signature")?;
    let (mut at, mut signatures) = (None, Vec::new());
    for part in text.split(',') {
        match part.trim().split_once('=') {
            Some(("t", time)) if at.is_none() => at = Some(time),
            Some(("t", _)) | None => return Err(Doubt::Malformed),
            Some(("v1", signature)) if signatures.len() < MOST => signatures.push(signature),
            Some(_) => {}
        }
    }
    let time = at.ok_or(Doubt::Malformed)?;
    let at = time.parse().map_err(|_| Doubt::Malformed)?;
    if signatures.is_empty() {
        return Err(Doubt::Missing);
    }
    let parts = [time.as_bytes(), b".", delivery.body];
    let signatures: Vec<Tag> = signatures.into_iter().filter_map(from_hex).collect();
    let good = fitting(secrets, &parts, &signatures).ok_or(Doubt::Wrong)?;
    Ok(Signed { at, fingerprint: Fingerprint::of(&[&good]) })
}
