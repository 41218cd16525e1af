use http::{HeaderMap, HeaderName, HeaderValue};
use portico_contracts::packs::SecretPlace;
use proptest::prelude::*;
use std::time::Instant;

use super::*;

const STRIPE: &str = "dbf8cfee769f557907d39fce50fa23c763ec1569ea09932fd619bd46262917f4";
const HUBSPOT_BODY: &str = r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"appId":1160452,"occurredAt":1760000000000,"subscriptionType":"company.propertyChange","attemptNumber":0,"objectId":406260751575,"propertyName":"name","propertyValue":"Acme","changeSource":"CRM_UI"}]"#;

/// What is delivered, and when.
struct Case<'c> {
    headers: Vec<(&'static str, String)>,
    query: &'c str,
    body: &'c str,
    now: u64,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Case { headers: Vec::new(), query: "", body: r#"{"id":"evt_1"}"#, now: 1_757_030_400 }
    }
}

impl Case<'_> {
    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    fn by(&self, seal: &Seal) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let delivery = Delivery {
            method: "POST",
            address: "https://gw.example.test/hooks/hubspot",
            headers: &headers,
            query: self.query,
            body: self.body.as_bytes(),
        };
        match seal.open(&delivery, self.now) {
            Ok(_) => "believed".to_owned(),
            Err(doubt) => doubt.as_str().to_owned(),
        }
    }
}

fn seal(proof: Proof, secrets: &[&str]) -> Seal {
    Seal { proof, secrets: secrets.iter().map(Secret::new).collect(), window: Duration::from_secs(300) }
}

fn stripe(header: impl Into<String>) -> Case<'static> {
    Case::default().header("stripe-signature", header)
}

#[test]
fn stripes_signature_is_over_time_and_body() {
    let ours = seal(Proof::Stripe, &["whsec_abc"]);
    let good = format!("t=1757030400,v1={STRIPE}");
    assert_eq!(stripe(&good).by(&ours), "believed");
    // One of several is enough, and other schemes do not count.
    let other = "0".repeat(64);
    assert_eq!(stripe(format!("t=1757030400,v1={other},v1={STRIPE},v0={other}")).by(&ours), "believed");
    assert_eq!(stripe(format!("t=1757030400,v0={STRIPE}")).by(&ours), "missing");
    // The time is signed too.
    assert_eq!(stripe(format!("t=1757030401,v1={STRIPE}")).by(&ours), "wrong");
    assert_eq!(Case { body: r#"{"id":"evt_2"}"#, ..stripe(&good) }.by(&ours), "wrong");
    assert_eq!(stripe(&good).by(&seal(Proof::Stripe, &["whsec_abd"])), "wrong");
    assert_eq!(stripe(&good).by(&seal(Proof::Stripe, &["whsec_new", "whsec_abc"])), "believed");
    assert_eq!(Case::default().by(&ours), "missing");
    assert_eq!(stripe(&good).header("stripe-signature", good.clone()).by(&ours), "malformed");
    for malformed in ["", "t=1757030400", "v1=aa", "t=soon,v1=aa", "t=1,t=1757030400,v1=aa", "nonsense"] {
        let told = stripe(malformed).by(&ours);
        assert!(matches!(told.as_str(), "malformed" | "missing"), "{malformed}: {told}");
    }
    for cut in [&STRIPE[..63], "zz", ""] {
        assert_eq!(stripe(format!("t=1757030400,v1={cut}")).by(&ours), "wrong");
    }
}

#[test]
fn what_was_signed_long_ago_or_in_the_future_is_not_believed() {
    let ours = seal(Proof::Stripe, &["whsec_abc"]);
    let good = format!("t=1757030400,v1={STRIPE}");
    for (now, told) in [
        (1_757_030_400 + 300, "believed"),
        (1_757_030_400 + 301, "old"),
        (1_757_030_400 - 300, "believed"),
        (1_757_030_400 - 301, "early"),
    ] {
        assert_eq!(stripe(&good).at(now).by(&ours), told, "{now}");
    }
}

fn zendesk(signature: &str, time: &str) -> Case<'static> {
    Case { body: r#"{"id":"1"}"#, ..Case::default() }
        .header("x-zendesk-webhook-signature", signature)
        .header("x-zendesk-webhook-signature-timestamp", time)
        .at(1_791_194_401)
}

#[test]
fn zendesks_signature_is_over_timestamp_and_body() {
    let good = "3gAbh4DjOIR/QksjQgpRXPbK5kzY6kXy38B6tDkB/ek=";
    let time = "2026-10-05T10:00:01Z";
    let ours = seal(Proof::Zendesk, &["abc123"]);
    assert_eq!(zendesk(good, time).by(&ours), "believed");
    assert_eq!(zendesk(good, time).by(&seal(Proof::Zendesk, &["abc124"])), "wrong");
    assert_eq!(zendesk(good, time).by(&seal(Proof::Zendesk, &["new", "abc123"])), "believed");
    assert_eq!(zendesk(good, "2026-10-05T10:00:02Z").by(&ours), "wrong");
    assert_eq!(zendesk(good, "today").by(&ours), "malformed");
    assert_eq!(zendesk("not base64", time).by(&ours), "malformed");
    assert_eq!(zendesk("YQ==", time).by(&ours), "malformed");
    assert_eq!(zendesk(good, time).at(1_791_194_401 + 301).by(&ours), "old");
    assert_eq!(zendesk(good, time).at(1_791_194_401 - 301).by(&ours), "early");
    assert_eq!(Case::default().header("x-zendesk-webhook-signature", good).by(&ours), "missing");
}

fn hubspot(signature: &str, time: &str) -> Case<'static> {
    Case { body: HUBSPOT_BODY, ..Case::default() }
        .header("x-hubspot-signature-v3", signature)
        .header("x-hubspot-request-timestamp", time)
        .at(1_760_000_000)
}

#[test]
fn hubspots_signature_is_over_method_address_body_and_time() {
    let good = "/odSE6UwE2I0DClLLQxpn6OYERspxnU3ygYUFJiHR2c=";
    let time = "1760000000123";
    let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let ours = seal(Proof::Hubspot, &[secret]);
    assert_eq!(hubspot(good, time).by(&ours), "believed");
    assert_eq!(hubspot(good, "1760000000124").by(&ours), "wrong");
    assert_eq!(hubspot(good, time).by(&seal(Proof::Hubspot, &["other"])), "wrong");
    assert_eq!(hubspot(good, time).by(&seal(Proof::Hubspot, &["new", secret])), "believed");
    assert_eq!(hubspot(good, time).at(1_760_000_301).by(&ours), "old");
    // The vendor's own library takes these.
    assert_eq!(hubspot(good, time).at(1_759_999_699).by(&ours), "early");
    assert_eq!(hubspot(good, "-1").by(&ours), "malformed");
    assert_eq!(Case { body: "[]", ..hubspot(good, time) }.by(&ours), "wrong");
    assert_eq!(Case::default().by(&ours), "missing");
}

#[test]
fn who_signs_nothing_shows_the_secret_where_it_was_agreed() {
    let at = |place| seal(Proof::Shown(vec![place]), &["s3cret", "older"]);
    let in_header = |value: &str| Case::default().header("x-notice-secret", value);
    assert_eq!(in_header("s3cret").by(&at(SecretPlace::Header)), "believed");
    assert_eq!(in_header("older").by(&at(SecretPlace::Header)), "believed");
    assert_eq!(in_header("S3cret").by(&at(SecretPlace::Header)), "wrong");
    assert_eq!(in_header("").by(&at(SecretPlace::Header)), "wrong");
    assert_eq!(in_header("s3cret").by(&at(SecretPlace::Query)), "missing");
    assert_eq!(in_header("s3cret").header("x-notice-secret", "x").by(&at(SecretPlace::Header)), "malformed");
    let basic = |value: &str| Case::default().header("authorization", value).by(&at(SecretPlace::Basic));
    assert_eq!(basic("Basic YW55Ym9keTpzM2NyZXQ="), "believed");
    assert_eq!(basic("Basic czNjcmV0Ondyb25n"), "wrong");
    assert_eq!(basic("Bearer s3cret"), "malformed");
    assert_eq!(basic("Basic ???"), "malformed");
    let asked = |query: &'static str| Case { query, ..Case::default() }.by(&at(SecretPlace::Query));
    assert_eq!(asked("a=b&secret=s3cret"), "believed");
    assert_eq!(asked("secret=s3cre%74"), "believed");
    assert_eq!(asked("secret=s3cret&secret=s3cret"), "malformed");
    assert_eq!(asked("secrets=s3cret"), "missing");
}

#[test]
fn the_second_of_two_equal_notices_is_known() {
    let (repeats, window, start) = (Repeats::default(), Duration::from_secs(300), Instant::now());
    let one = Fingerprint::of(&[b"a", b"bc"]);
    assert!(repeats.is_first(one, window, start));
    assert!(!repeats.is_first(one, window, start + window));
    assert!(repeats.is_first(Fingerprint::of(&[b"ab", b"c"]), window, start));
    assert!(repeats.is_first(one, window, start + window * 2 + Duration::from_secs(1)));
}

#[test]
fn the_memory_of_notices_is_bounded() {
    let (repeats, window, now) = (Repeats::default(), Duration::from_secs(300), Instant::now());
    for number in 0..10_000_u32 {
        assert!(repeats.is_first(Fingerprint::of(&[&number.to_be_bytes()]), window, now));
    }
    assert!(!repeats.is_first(Fingerprint::of(&[&9_999_u32.to_be_bytes()]), window, now));
    assert!(repeats.is_first(Fingerprint::of(&[&0_u32.to_be_bytes()]), window, now));
}

proptest! {
    #[test]
    fn no_header_makes_it_panic_or_believe(bytes in prop::collection::vec(32_u8..=255, 0..200), which in 0_usize..4) {
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        let names = ["stripe-signature", "x-zendesk-webhook-signature", "x-hubspot-signature-v3", "authorization"];
        let proofs = [Proof::Stripe, Proof::Zendesk, Proof::Hubspot, Proof::Shown(vec![SecretPlace::Basic])];
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(names[which]), value);
        headers.insert("x-zendesk-webhook-signature-timestamp", HeaderValue::from_static("2026-10-05T10:00:01Z"));
        headers.insert("x-hubspot-request-timestamp", HeaderValue::from_static("1760000000123"));
        let delivery = Delivery { method: "POST", address: "", headers: &headers, query: "", body: b"{}" };
        let opened = seal(proofs[which].clone(), &["a secret that nobody guesses"]).open(&delivery, 1_760_000_000);
        prop_assert!(opened.is_err());
    }
}
