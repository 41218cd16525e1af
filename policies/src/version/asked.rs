//! The version that a request names, in the three places where it may.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use portico_contracts::problem::{Code, Problem};

use super::VersionNumber;

/// What a request says about the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It names none.
    Nothing,
    /// All places that name one name this.
    Number(VersionNumber),
    /// It names something that no version is called.
    Nonsense,
}

impl Asked {
    /// Reads path, `API-Version` and media types; where two differ, nobody can say which was meant.
    pub fn read(path: Option<VersionNumber>, headers: &HeaderMap) -> Result<Self, Problem> {
        let path = path.into_iter().map(Asked::Number);
        let header = headers.get_all("api-version").iter().map(|value| {
            let number = value.to_str().ok().and_then(|text| VersionNumber::parse(text.trim()));
            number.map_or(Asked::Nonsense, Asked::Number)
        });
        let media = [ACCEPT, CONTENT_TYPE].into_iter().flat_map(|name| headers.get_all(name));
        let media = media
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| split_outside_quotes(list, ','))
            .filter_map(parameter);
        path.chain(header).chain(media).try_fold(Asked::Nothing, |asked, also| match asked {
            Asked::Nothing => Ok(also),
            asked if asked == also => Ok(asked),
            _ => Err(Problem::new(Code::VersionConflict, "The request names more than one version of the API.")),
        })
    }
}

/// The `version` parameter of a JSON type. Others mean something of their own by it: `text/plain;version=0.0.4`.
fn parameter(media_type: &str) -> Option<Asked> {
    let mut parts = split_outside_quotes(media_type, ';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    if !kind.ends_with("/json") && !kind.ends_with("+json") {
        return None;
    }
    let mut parameters = parts.filter_map(|part| part.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("version"))?;
    let number = VersionNumber::parse(value.trim().trim_matches('"'));
    Some(number.map_or(Asked::Nonsense, Asked::Number))
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn asked(path: Option<u32>, pairs: &[(&'static str, &'static str)]) -> Result<Asked, Code> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        Asked::read(path.map(VersionNumber), &headers).map_err(|problem| problem.code)
    }

    const TWO: Asked = Asked::Number(VersionNumber(2));

    #[test]
    fn each_place_alone_is_heard() {
        assert_eq!(asked(Some(2), &[]), Ok(TWO));
        assert_eq!(asked(None, &[("api-version", "2")]), Ok(TWO));
        assert_eq!(asked(None, &[("api-version", "v2")]), Ok(TWO));
        assert_eq!(asked(None, &[("accept", "application/json;version=2")]), Ok(TWO));
        assert_eq!(asked(None, &[("accept", r#"text/html, Application/Problem+JSON; Version="2"; q=0.5"#)]), Ok(TWO));
        assert_eq!(asked(None, &[("content-type", "application/json; charset=utf-8; version=2")]), Ok(TWO));
        assert_eq!(asked(None, &[]), Ok(Asked::Nothing));
    }

    #[test]
    fn several_places_must_agree() {
        assert_eq!(asked(Some(2), &[("api-version", "2"), ("accept", "application/json;version=2")]), Ok(TWO));
        let conflict = Err(Code::VersionConflict);
        assert_eq!(asked(Some(2), &[("api-version", "1")]), conflict);
        assert_eq!(asked(Some(2), &[("accept", "application/json;version=3")]), conflict);
        assert_eq!(asked(None, &[("api-version", "1"), ("api-version", "2")]), conflict);
        assert_eq!(
            asked(None, &[("accept", "application/json;version=1, application/json;version=2;q=0.1")]),
            conflict
        );
        assert_eq!(asked(Some(2), &[("api-version", "two")]), conflict);
    }

    #[test]
    fn other_types_and_other_parameters_are_not_ours() {
        assert_eq!(asked(None, &[("accept", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")]), Ok(Asked::Nothing));
        assert_eq!(asked(None, &[("accept", r#"application/json;profile="a,b;version=9""#)]), Ok(Asked::Nothing));
    }

    #[test]
    fn numbers_have_one_spelling() {
        for no in ["", "v", "02", "+2", "-1", "2.0", "vv2", "V2", " 2", "2 ", "99999999999", "٢"] {
            assert_eq!(VersionNumber::parse(no), None, "{no:?}");
        }
        assert_eq!(VersionNumber::parse("v0"), Some(VersionNumber(0)));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(accept in "[ -~]{0,80}", version in "[ -~]{0,20}") {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::try_from(accept).unwrap());
            headers.insert("api-version", HeaderValue::try_from(version).unwrap());
            let _ = Asked::read(None, &headers);
        }
    }
}
