//! The one credential of a request, taken from its headers. Never from the URL: addresses are logged everywhere.

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use portico_contracts::problem::{Code, Problem};

use super::TokenError;
use super::binding::Thumbprint;

/// What a caller presents. Its `Debug` does not repeat it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'h> {
    /// A bearer token (RFC 6750).
    Token(&'h str),
    /// A token that is bound to a key, and what shows that the caller has it (RFC 9449).
    Proved {
        /// The token.
        token: &'h str,
        /// What shows it.
        possession: Possession<'h>,
    },
    /// An API key.
    Key(&'h str),
    /// The client certificate of the connection.
    Certificate,
}

/// What shows that a caller has a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Possession<'h> {
    /// A proof, made for this request.
    Proof(&'h str),
    /// The same request proved it before, by the key of this thumbprint: it goes on, and is looked at again.
    Before(Thumbprint),
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credential::Token(_) => "Token(…)",
            Credential::Proved { .. } => "Proved(…)",
            Credential::Key(_) => "Key(…)",
            Credential::Certificate => "Certificate",
        })
    }
}

/// Where a proof of possession is sent (RFC 9449 §4.1).
pub const PROOF: HeaderName = HeaderName::from_static("dpop");

impl<'h> Credential<'h> {
    /// The credential in the headers, else the certificate of the connection if it has one. With two in the headers it
    /// would depend on the reader who is asking, so there must be one.
    pub fn from_headers(
        headers: &'h HeaderMap,
        key_header: &HeaderName,
        has_certificate: bool,
    ) -> Result<Self, Problem> {
        let authorization = at_most_one(headers, &AUTHORIZATION)?;
        match (authorization, at_most_one(headers, key_header)?) {
            (Some(_), Some(_)) => Err(ambiguous("a token and an API key")),
            (Some(value), None) => token(value, headers),
            (None, Some(value)) => api_key(value).map(Credential::Key),
            (None, None) if has_certificate => Ok(Credential::Certificate),
            (None, None) => Err(Problem::new(Code::CredentialsMissing, "The request carries no credentials.")),
        }
    }
}

/// Whether the caller speaks of possession at all, as challenges must then do, too.
pub fn speaks_of_possession(headers: &HeaderMap) -> bool {
    let scheme = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop"))
}

fn at_most_one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(ambiguous(&format!("more than one `{name}` header"))),
        (value, None) => Ok(value),
    }
}

fn token<'h>(value: &'h HeaderValue, headers: &'h HeaderMap) -> Result<Credential<'h>, Problem> {
    let malformed = |says: &'static str| Problem::new(Code::TokenMalformed, says);
    let text = value.to_str().map_err(|_| malformed("The Authorization header holds characters that no token has."))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let proved = scheme.eq_ignore_ascii_case("dpop");
    if !proved && !scheme.eq_ignore_ascii_case("bearer") {
        let says = "The Authorization header uses a scheme other than Bearer and DPoP.";
        return Err(Problem::new(Code::CredentialsMissing, says));
    }
    let token = token.trim_matches(' ');
    match () {
        () if token.is_empty() => Err(malformed("The Authorization header holds no token.")),
        () if token.contains(',') => Err(ambiguous("a list of tokens")),
        () if !token.bytes().all(is_token68) => Err(malformed("The token holds characters that no token has.")),
        () if proved => Ok(Credential::Proved { token, possession: Possession::Proof(proof(headers)?) }),
        () => Ok(Credential::Token(token)),
    }
}

/// RFC 9449 §4.3, item 1: exactly one.
fn proof(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(&PROOF).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(proof), None) => Ok(proof),
        _ => Err(TokenError::ProofMissing.into()),
    }
}

/// RFC 7235 §2.1.
fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

fn api_key(value: &HeaderValue) -> Result<&str, Problem> {
    value
        .to_str()
        .ok()
        .filter(|key| !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or_else(|| Problem::new(Code::KeyInvalid, "The API key is malformed."))
}

fn ambiguous(what: &str) -> Problem {
    Problem::new(Code::CredentialsAmbiguous, format!("The request carries {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn read(pairs: &[(&'static str, &str)]) -> String {
        let headers = headers(pairs);
        match Credential::from_headers(&headers, &HeaderName::from_static("x-api-key"), false) {
            Ok(Credential::Token(token)) => format!("token {token}"),
            Ok(Credential::Proved { token, possession: Possession::Proof(proof) }) => {
                format!("token {token} proof {proof}")
            }
            Ok(Credential::Key(key)) => format!("key {key}"),
            Ok(other) => format!("{other:?}"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn one_credential_is_taken() {
        assert_eq!(read(&[("authorization", "Bearer a.b.c")]), "token a.b.c");
        assert_eq!(read(&[("authorization", "bEARER   a.b.c  ")]), "token a.b.c");
        assert_eq!(read(&[("x-api-key", "pk_1_2")]), "key pk_1_2");
        assert_eq!(read(&[("authorization", "dpop a.b.c"), ("dpop", "d.e.f")]), "token a.b.c proof d.e.f");
        assert_eq!(read(&[("authorization", "Bearer a.b.c"), ("dpop", "d.e.f")]), "token a.b.c", "it proves nothing");
    }

    #[test]
    fn a_certificate_counts_where_nothing_else_does() {
        let key_header = HeaderName::from_static("x-api-key");
        let read = |fields: &[(&'static str, &str)]| {
            let headers = headers(fields);
            Credential::from_headers(&headers, &key_header, true).map(|credential| format!("{credential:?}"))
        };
        assert_eq!(read(&[]), Ok("Certificate".to_owned()));
        assert_eq!(read(&[("x-api-key", "pk_1_2")]), Ok("Key(…)".to_owned()));
        assert_eq!(read(&[("authorization", "Bearer a.b.c")]), Ok("Token(…)".to_owned()));
        assert!(read(&[("authorization", "Basic eA==")]).is_err(), "what was meant is not guessed at");
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        let cases: &[&[(&'static str, &str)]] = &[
            &[],
            &[("authorization", "Bearer a"), ("authorization", "Bearer a")],
            &[("authorization", "Bearer a"), ("x-api-key", "k")],
            &[("x-api-key", "k"), ("x-api-key", "k")],
            &[("authorization", "Bearer a, Bearer b")],
            &[("authorization", "Basic dXNlcjpwYXNz")],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Bearera.b.c")],
            &[("authorization", "Bearer a b")],
            &[("authorization", "Bearer é")],
            &[("authorization", "")],
            &[("authorization", "DPoP a.b.c")],
            &[("authorization", "DPoP a.b.c"), ("dpop", "d"), ("dpop", "d")],
            &[("authorization", "DPoP"), ("dpop", "d")],
            &[("x-api-key", "")],
            &[("x-api-key", "a b")],
        ];
        let answers: Vec<_> = cases.iter().map(|case| read(case)).collect();
        insta::assert_snapshot!(answers.join("\n"), @r"
        credentials_missing: The request carries no credentials.
        credentials_ambiguous: The request carries more than one `authorization` header.
        credentials_ambiguous: The request carries a token and an API key.
        credentials_ambiguous: The request carries more than one `x-api-key` header.
        credentials_ambiguous: The request carries a list of tokens.
        credentials_missing: The Authorization header uses a scheme other than Bearer and DPoP.
        token_malformed: The Authorization header holds no token.
        token_malformed: The Authorization header holds no token.
        credentials_missing: The Authorization header uses a scheme other than Bearer and DPoP.
        token_malformed: The token holds characters that no token has.
        token_malformed: The Authorization header holds characters that no token has.
        credentials_missing: The Authorization header uses a scheme other than Bearer and DPoP.
        proof_missing: The token is bound to a key: it needs the scheme DPoP and exactly one proof in the header DPoP.
        proof_missing: The token is bound to a key: it needs the scheme DPoP and exactly one proof in the header DPoP.
        token_malformed: The Authorization header holds no token.
        key_invalid: The API key is malformed.
        key_invalid: The API key is malformed.
        ");
    }

    #[test]
    fn a_credential_is_not_printed() {
        assert_eq!(format!("{:?}", Credential::Token("secret")), "Token(…)");
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic_or_yields_a_dangerous_token(bytes in prop::collection::vec(32u8..=255, 0..200)) {
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value);
            if let Ok(Credential::Token(token)) = Credential::from_headers(&headers, &HeaderName::from_static("x-api-key"), false) {
                prop_assert!(!token.is_empty() && token.bytes().all(is_token68));
            }
        }

        #[test]
        fn a_well_formed_token_comes_out_as_it_went_in(token in "[A-Za-z0-9._~+/=-]{1,300}", scheme in "[bB][eE][aA][rR][eE][rR]") {
            let headers = headers(&[("authorization", &format!("{scheme} {token}"))]);
            let read = Credential::from_headers(&headers, &HeaderName::from_static("x-api-key"), false);
            prop_assert_eq!(read, Ok(Credential::Token(&token)));
        }
    }
}
