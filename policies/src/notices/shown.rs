//! A secret that is shown as it is, by systems that sign nothing. It proves who sends, not when: nothing stops an old
//! notice from coming again, and all that it can do is to make us ask again.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use portico_contracts::packs::SecretPlace;
use portico_contracts::secret::Secret;

use super::{Delivery, Doubt, header};

/// The header that shows it.
const HEADER: &str = "x-notice-secret";
/// The query parameter that shows it.
const PARAMETER: &str = "secret";

pub(super) fn check(places: &[SecretPlace], delivery: &Delivery<'_>, secrets: &[Secret]) -> Result<(), Doubt> {
    let mut doubt = Doubt::Missing;
    for place in places {
        match shown(*place, delivery) {
            Ok(secret) if is_one_of(secrets, &secret) => return Ok(()),
            Ok(_) => doubt = Doubt::Wrong,
            Err(Doubt::Missing) => {}
            Err(other) => doubt = other,
        }
    }
    Err(doubt)
}

fn shown(place: SecretPlace, delivery: &Delivery<'_>) -> Result<String, Doubt> {
    match place {
        SecretPlace::Header => header(delivery, HEADER).map(str::to_owned),
        SecretPlace::Basic => basic(header(delivery, AUTHORIZATION.as_str())?).ok_or(Doubt::Malformed),
        SecretPlace::Query => {
            let mut found =
                url::form_urlencoded::parse(delivery.query.as_bytes()).filter(|(name, _)| name == PARAMETER);
            match (found.next(), found.next()) {
                (None, _) => Err(Doubt::Missing),
                (Some((_, secret)), None) => Ok(secret.into_owned()),
                (Some(_), Some(_)) => Err(Doubt::Malformed),
            }
        }
    }
}

/// The password; the user's name is the system's own affair.
fn basic(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    let decoded = STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let pair = String::from_utf8(decoded).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// Digests are compared, so that not even the length can be measured. Every secret is tried.
fn is_one_of(secrets: &[Secret], shown: &str) -> bool {
    let shown = digest(&SHA256, shown.as_bytes());
    secrets.iter().fold(false, |fits, secret| {
        let known = digest(&SHA256, secret.reveal().as_bytes());
        verify_slices_are_equal(known.as_ref(), shown.as_ref()).is_ok() | fits
    })
}
