//! `X-HubSpot-Signature-v3`: HMAC-SHA256 over method, address, body and `X-HubSpot-Request-Timestamp` (milliseconds), in
//! base64, keyed with the app's client secret. The address is the one that HubSpot calls, with a few escapes undone
//! (developers.hubspot.com, "Validating requests"). The older versions have no time in them and are not taken.

use portico_contracts::secret::Secret;

use super::signature::{fitting, from_base64};
use super::{Delivery, Doubt, Fingerprint, Signed, header};

/// The escapes that HubSpot undoes before it signs.
const UNDONE: [(&str, &str); 12] = [
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

pub(super) fn check(delivery: &Delivery<'_>, secrets: &[Secret]) -> Result<Signed, Doubt> {
    let text = header(delivery, "x-hubspot-signature-v3")?;
    let time = header(delivery, "x-hubspot-request-timestamp")?;
    let signature = from_base64(text).ok_or(Doubt::Malformed)?;
    let at: u64 = time.parse().map_err(|_| Doubt::Malformed)?;
    let address = undone(delivery.address);
    let parts = [delivery.method.as_bytes(), address.as_bytes(), delivery.body, time.as_bytes()];
    fitting(secrets, &parts, &[signature]).ok_or(Doubt::Wrong)?;
    Ok(Signed { at: at / 1000, fingerprint: Fingerprint::of(&[&signature]) })
}

fn undone(address: &str) -> String {
    if !address.contains('%') {
        return address.to_owned();
    }
    UNDONE.iter().fold(address.to_owned(), |text, (escape, sign)| {
        text.replace(escape, sign).replace(&escape.to_ascii_lowercase(), sign)
    })
}
