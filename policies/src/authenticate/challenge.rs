//! `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §7.1): which credential is wanted, and what was wrong with the one that came.

use http::HeaderValue;
use portico_contracts::problem::{Code, Problem};

use super::proof;

/// How a caller shows its token, and so how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// As it is.
    #[default]
    Bearer,
    /// With a proof of possession.
    Dpop,
    /// It has not shown one yet, and could do either.
    Either,
}

/// The header's value for a 401, or for a 403 that lacks the given scope; nothing for other refusals.
pub fn challenge(problem: &Problem, scope: Option<&str>, scheme: Scheme) -> Option<HeaderValue> {
    let code = problem.code;
    let text = match (code, code.status().as_u16()) {
        (Code::CredentialsMissing, _) => match scheme {
            Scheme::Bearer => realm("Bearer"),
            Scheme::Dpop => with_algorithms(&realm("DPoP")),
            Scheme::Either => format!("{}, {}", realm("Bearer"), with_algorithms(&realm("DPoP"))),
        },
        (Code::CredentialsAmbiguous, _) => with_error(scheme, "invalid_request", code),
        // Whoever sends notices has no token to show.
        (Code::NoticeRefused, _) => r#"Notice realm="portico""#.to_owned(),
        (Code::ProofMissing, _) => with_error(Scheme::Dpop, "invalid_token", code),
        (Code::ProofInvalid, _) => with_error(Scheme::Dpop, "invalid_dpop_proof", code),
        (Code::ProofNonceRequired, _) => with_error(Scheme::Dpop, "use_dpop_nonce", code),
        (_, 401) => with_error(scheme, "invalid_token", code),
        (Code::Forbidden | Code::ScopeMissing, _) => {
            let scope =
                scope.filter(|scope| scope.bytes().all(is_scope_char)).map(|scope| format!(r#", scope="{scope}""#));
            with_error(scheme, "insufficient_scope", code) + &scope.unwrap_or_default()
        }
        _ => return None,
    };
    HeaderValue::try_from(text).ok()
}

fn realm(scheme: &str) -> String {
    format!(r#"{scheme} realm="portico""#)
}

fn with_algorithms(challenge: &str) -> String {
    format!(r#"{challenge}, algs="{}""#, proof::algorithms())
}

/// The catalogue's titles are constant sentences in ASCII without quotes, as the header needs them.
fn with_error(scheme: Scheme, error: &str, code: Code) -> String {
    let words = format!(r#"error="{error}", error_description="{}""#, code.title());
    match scheme {
        Scheme::Dpop => with_algorithms(&format!("{}, {words}", realm("DPoP"))),
        Scheme::Bearer | Scheme::Either => format!("{}, {words}", realm("Bearer")),
    }
}

fn is_scope_char(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: Code, scope: Option<&str>) -> String {
        with(code, scope, Scheme::Bearer)
    }

    fn with(code: Code, scope: Option<&str>, scheme: Scheme) -> String {
        let value = challenge(&Problem::new(code, "detail"), scope, scheme);
        value.map_or_else(|| "nothing".to_owned(), |value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn each_refusal_asks_for_what_it_lacks() {
        let answers = [
            of(Code::CredentialsMissing, None),
            of(Code::CredentialsAmbiguous, None),
            of(Code::TokenExpired, None),
            of(Code::Forbidden, Some("order:read")),
            of(Code::Forbidden, Some("a\", evil=\"b")),
            of(Code::RateLimited, None),
            of(Code::ProofMissing, None),
            of(Code::ProofInvalid, None),
            of(Code::ProofNonceRequired, None),
            with(Code::TokenExpired, None, Scheme::Dpop),
            with(Code::CredentialsMissing, None, Scheme::Dpop),
            with(Code::CredentialsMissing, None, Scheme::Either),
        ];
        insta::assert_snapshot!(answers.join("\n"), @r#"
        Bearer realm="portico"
        Bearer realm="portico", error="invalid_request", error_description="More than one credential was sent"
        Bearer realm="portico", error="invalid_token", error_description="The token has expired"
        Bearer realm="portico", error="insufficient_scope", error_description="The caller may not do this", scope="order:read"
        Bearer realm="portico", error="insufficient_scope", error_description="The caller may not do this"
        nothing
        DPoP realm="portico", error="invalid_token", error_description="The token needs a proof of possession", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"
        DPoP realm="portico", error="invalid_dpop_proof", error_description="The proof of possession is not acceptable", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"
        DPoP realm="portico", error="use_dpop_nonce", error_description="The proof of possession needs a nonce", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"
        DPoP realm="portico", error="invalid_token", error_description="The token has expired", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"
        DPoP realm="portico", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"
        Bearer realm="portico", DPoP realm="portico", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"
        "#);
    }

    #[test]
    fn every_title_fits_into_the_header() {
        for code in Code::ALL {
            assert!(code.title().bytes().all(|b| (b == b' ' || is_scope_char(b)) && b.is_ascii()), "{code}");
        }
    }
}
