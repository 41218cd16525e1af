//! `X-Zendesk-Webhook-Signature`: HMAC-SHA256 over timestamp and body, with nothing between them, in base64; the
//! timestamp is ISO 8601 (developer.zendesk.com, "Verifying webhook authenticity").

use chrono::DateTime;
use portico_contracts::secret::Secret;

use super::signature::{fitting, from_base64};
use super::{Delivery, Doubt, Fingerprint, Signed, header};

pub(super) fn check(delivery: &Delivery<'_>, secrets: &[Secret]) -> Result<Signed, Doubt> {
    let text = header(delivery, "x-zendesk-webhook-signature")?;
    let time = header(delivery, "x-zendesk-webhook-signature-timestamp")?;
    let signature = from_base64(text).ok_or(Doubt::Malformed)?;
    let at = DateTime::parse_from_rfc3339(time).map_err(|_| Doubt::Malformed)?;
    let at = u64::try_from(at.timestamp()).map_err(|_| Doubt::Old)?;
    fitting(secrets, &[time.as_bytes(), delivery.body], &[signature]).ok_or(Doubt::Wrong)?;
    Ok(Signed { at, fingerprint: Fingerprint::of(&[&signature]) })
}
