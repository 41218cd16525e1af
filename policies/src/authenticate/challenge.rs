//! `WWW-Authenticate` (RFC 6750 §3): which credential is wanted, and what was wrong with the one that came.

use http::HeaderValue;
use portico_contracts::problem::{Code, Problem};

/// The header's value for a 401, or for a 403 that lacks the given scope; nothing for other refusals.
pub fn challenge(problem: &Problem, scope: Option<&str>) -> Option<HeaderValue> {
    const REALM: &str = r#"Bearer realm="portico""#;
    let text = match (problem.code, problem.code.status().as_u16()) {
        (Code::CredentialsMissing, _) => REALM.to_owned(),
        (Code::CredentialsAmbiguous, _) => with_error("invalid_request", problem.code),
        // Whoever sends notices has no token to show.
        (Code::NoticeRefused, _) => r#"Notice realm="portico""#.to_owned(),
        (_, 401) => with_error("invalid_token", problem.code),
        (Code::Forbidden | Code::ScopeMissing, _) => {
            let scope =
                scope.filter(|scope| scope.bytes().all(is_scope_char)).map(|scope| format!(r#", scope="{scope}""#));
            with_error("insufficient_scope", problem.code) + &scope.unwrap_or_default()
        }
        _ => return None,
    };
    HeaderValue::try_from(text).ok()
}

/// The catalogue's titles are constant sentences in ASCII without quotes, as the header needs them.
fn with_error(error: &str, code: Code) -> String {
    format!(r#"Bearer realm="portico", error="{error}", error_description="{}""#, code.title())
}

fn is_scope_char(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: Code, scope: Option<&str>) -> String {
        let value = challenge(&Problem::new(code, "detail"), scope);
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
        ];
        insta::assert_snapshot!(answers.join("\n"), @r#"
        Bearer realm="portico"
        Bearer realm="portico", error="invalid_request", error_description="More than one credential was sent"
        Bearer realm="portico", error="invalid_token", error_description="The token has expired"
        Bearer realm="portico", error="insufficient_scope", error_description="The caller may not do this", scope="order:read"
        Bearer realm="portico", error="insufficient_scope", error_description="The caller may not do this"
        nothing
        "#);
    }

    #[test]
    fn every_title_fits_into_the_header() {
        for code in Code::ALL {
            assert!(code.title().bytes().all(|b| (b == b' ' || is_scope_char(b)) && b.is_ascii()), "{code}");
        }
    }
}
