//! The names in a certificate: its subject as one line (RFC 4514), and its alternative names.

use portico_policies::authenticate::CertificateName;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

/// Attribute types by the names that RFC 4514 §3 gives them, and two that are common.
const TYPES: [(&str, &str); 11] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

/// The names of a certificate, and when it ends (seconds since 1970). None where it cannot be read.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<(Vec<CertificateName>, u64)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    let mut names: Vec<_> = subject(read.subject()).map(CertificateName::Subject).into_iter().collect();
    let alternatives = read.subject_alternative_name().ok()?;
    for name in alternatives.iter().flat_map(|extension| &extension.value.general_names) {
        match name {
            GeneralName::DNSName(host) => names.push(CertificateName::Dns(host.to_ascii_lowercase())),
            GeneralName::URI(address) => names.push(CertificateName::Uri((*address).to_owned())),
            GeneralName::RFC822Name(address) => names.push(CertificateName::Email((*address).to_owned())),
            _ => {}
        }
    }
    Some((names, u64::try_from(read.validity().not_after.timestamp()).ok()?))
}

/// The last part first (RFC 4514 §2.1). None where it is empty or holds what is no text.
fn subject(name: &X509Name<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for relative in name.iter() {
        let attributes = relative.iter().map(|attribute| {
            let id = attribute.attr_type().to_id_string();
            let kind = TYPES.iter().find(|(known, _)| *known == id).map_or(id.as_str(), |(_, name)| name);
            Some(part(kind, attribute.as_str().ok()?))
        });
        parts.push(together(attributes.collect::<Option<Vec<_>>>()?));
    }
    parts.reverse();
    (!parts.is_empty()).then(|| parts.join(","))
}

/// What an operator wrote, as we spell it: types in capitals, no spaces between parts, escapes of one kind.
pub(crate) fn spelled(subject: &str) -> String {
    let relative = |text: &str| {
        let attributes = split(text, '+').into_iter().map(|attribute| match attribute.split_once('=') {
            Some((kind, value)) => part(&kind.trim().to_ascii_uppercase(), &unescaped(trimmed(value))),
            None => attribute,
        });
        together(attributes.collect())
    };
    split(subject, ',').iter().map(|text| relative(text)).collect::<Vec<_>>().join(",")
}

/// A set has no order.
fn together(mut attributes: Vec<String>) -> String {
    attributes.sort();
    attributes.join("+")
}

fn part(kind: &str, value: &str) -> String {
    let escaped = value.chars().flat_map(|letter| {
        let special = matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=');
        special.then_some('\\').into_iter().chain([letter])
    });
    format!("{kind}={}", escaped.collect::<String>())
}

/// Cuts where the letter is not escaped.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for letter in text.chars() {
        match parts.last_mut() {
            Some(_) if letter == at && !escaped => parts.push(String::new()),
            Some(last) => last.push(letter),
            None => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    parts
}

/// Without the spaces around it, but for one at its end that is escaped.
fn trimmed(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let end = value.trim_end_matches(' ');
    let escaped = end.len() < value.len() && end.ends_with('\\') && !end.ends_with("\\\\");
    if escaped { &value[..=end.len()] } else { end }
}

/// RFC 4514 §3: `\,` is a comma, `\C3\A4` two bytes of UTF-8.
fn unescaped(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[at], pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'\\', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'\\', None) => {
                out.extend(bytes.get(at + 1));
                at += 2;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_same_however_it_is_written() {
        let usual = "CN=partner-one,O=Example\\, Inc.,C=DE";
        for same in [usual, "cn=partner-one, o=Example\\, Inc., c=DE", "CN = partner-one,O = Example\\2C Inc.,C = DE"] {
            assert_eq!(spelled(same), usual, "{same}");
        }
        assert_eq!(spelled("OU=b+CN=a"), spelled("CN=a+OU=b"));
        assert_eq!(spelled("O=M\\C3\\BCller"), "O=Müller");
        assert_ne!(spelled("CN=a,O=b"), spelled("O=b,CN=a"));
        assert_ne!(spelled("CN=a\\,O=b"), spelled("CN=a,O=b"));
        assert_ne!(spelled("CN=partner-one"), spelled("CN=Partner-One"));
    }
}
