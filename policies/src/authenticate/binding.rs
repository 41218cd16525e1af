//! What a token is bound to (`cnf`, RFC 7800): whoever shows it must also show that.
//!
//! A certificate (RFC 8705 §3), a key (RFC 9449 §6), or both. A token that is bound in a way that we cannot check is
//! refused, and so is a bound one without its proof: somebody else may have found it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::TokenError;
use super::object::Object;
use super::verified::Digest;

/// SHA-256 of a certificate (its DER) or of a key (RFC 7638).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Thumbprint(*Digest::of_bytes(bytes).bytes())
    }

    /// As claims write it: base64url without padding.
    pub fn from_base64url(text: &str) -> Option<Self> {
        Some(Thumbprint(URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
    }

    /// As tools print it: 64 hexadecimal digits, in either case, with or without colons between the bytes.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = match text.contains(':') {
            true if text.split(':').any(|byte| byte.len() != 2) => return None,
            _ => text.bytes().filter(|byte| *byte != b':').collect(),
        };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let bytes: Option<Vec<u8>> =
            digits.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect();
        Some(Thumbprint(bytes?.try_into().ok()?))
    }

    /// The digest itself.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What must be shown beside a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Binding {
    /// The client certificate of the connection.
    pub(crate) certificate: Option<Thumbprint>,
    /// The key of a proof.
    pub(crate) key: Option<Thumbprint>,
}

impl Binding {
    /// Nothing.
    pub(crate) fn is_none(&self) -> bool {
        self.certificate.is_none() && self.key.is_none()
    }

    /// Reads `cnf`.
    pub(crate) fn read(claims: &Object<'_>) -> Result<Self, TokenError> {
        let wrong = || TokenError::Claims("the token is bound (`cnf`) in a way that cannot be checked here".to_owned());
        let Some(confirmation) = claims.typed::<Object<'_>>("cnf").map_err(|_| wrong())? else {
            return Ok(Binding::default());
        };
        if !confirmation.names().all(|name| matches!(name, "x5t#S256" | "jkt")) {
            return Err(wrong());
        }
        let part = |name: &str| match confirmation.text(name).map_err(|_| wrong())? {
            Some(text) => Thumbprint::from_base64url(&text).map(Some).ok_or_else(wrong),
            None => Ok(None),
        };
        let binding = Binding { certificate: part("x5t#S256")?, key: part("jkt")? };
        if binding.is_none() { Err(wrong()) } else { Ok(binding) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(claims: &str) -> Result<Binding, TokenError> {
        Binding::read(&Object::read(claims.as_bytes()).unwrap())
    }

    #[test]
    fn thumbprints_are_read_in_both_spellings() {
        let print = Thumbprint::of(b"a certificate");
        let hex: Vec<String> = print.bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(Thumbprint::from_hex(&hex.join(":")), Some(print));
        assert_eq!(Thumbprint::from_hex(&hex.concat().to_lowercase()), Some(print));
        assert_eq!(Thumbprint::from_base64url(&URL_SAFE_NO_PAD.encode(print.bytes())), Some(print));
        let odd = [
            hex.concat()[1..].to_owned(),
            hex.join(":")[1..].to_owned(),
            hex.join("::"),
            "é".repeat(32),
            String::new(),
        ];
        for odd in odd {
            assert_eq!(Thumbprint::from_hex(&odd), None, "{odd}");
        }
        assert_eq!(Thumbprint::from_base64url("abc"), None);
    }

    #[test]
    fn only_what_can_be_checked_is_a_binding() {
        let print = URL_SAFE_NO_PAD.encode([7; 32]);
        assert!(read("{}").unwrap().is_none());
        assert!(read(&format!(r#"{{"cnf":{{"jkt":"{print}"}}}}"#)).unwrap().key.is_some());
        assert!(read(&format!(r#"{{"cnf":{{"x5t#S256":"{print}"}}}}"#)).unwrap().certificate.is_some());
        for bad in [
            r#"{"cnf":{}}"#.to_owned(),
            r#"{"cnf":null}"#.to_owned(),
            r#"{"cnf":"x"}"#.to_owned(),
            r#"{"cnf":{"jkt":"short"}}"#.to_owned(),
            r#"{"cnf":{"jkt":1}}"#.to_owned(),
            format!(r#"{{"cnf":{{"jkt":"{print}","kid":"x"}}}}"#),
            format!(r#"{{"cnf":{{"jkt":"{print}","jkt":"{print}"}}}}"#),
            r#"{"cnf":{"jwk":{}}}"#.to_owned(),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
