use super::tests_support::limits;
use super::*;

fn request(method: &str, target: &str, fields: &[(&'static str, &str)]) -> RequestHeader {
    let mut request = RequestHeader::build(method, target.as_bytes(), None).unwrap();
    request.set_version(Version::HTTP_11);
    for (name, value) in fields {
        request.append_header(*name, *value).unwrap();
    }
    request
}

fn code(request: &RequestHeader) -> Option<Code> {
    admit_head(request, None, &limits(), None).err().map(|refusal| refusal.problem.code)
}

#[test]
fn an_ordinary_request_is_admitted() {
    let head =
        admit_head(&request("GET", "/a%20b?x=%31", &[("host", "API.example:8080")]), None, &limits(), None).unwrap();
    assert_eq!((head.path.as_str(), head.query.as_deref()), ("/a%20b", Some("x=%31")));
    assert_eq!(head.authority, "api.example:8080");
}

#[test]
fn the_absolute_form_must_name_the_same_host() {
    let same = request("GET", "http://a.example/x", &[("host", "a.example")]);
    assert_eq!(admit_head(&same, None, &limits(), None).unwrap().path.as_str(), "/x");
    assert_eq!(code(&request("GET", "http://b.example/x", &[("host", "a.example")])), Some(Code::HostInvalid));
    assert_eq!(code(&request("GET", "http://a.example", &[("host", "a.example")])), None);
}

#[test]
fn other_forms_of_a_target_are_refused() {
    let fragment = admit_head(&request("GET", "/x", &[("host", "a")]), Some(b"GET /x#y HTTP/1.1\r\n"), &limits(), None);
    assert_eq!(fragment.unwrap_err().problem.code, Code::PathInvalid);
    for target in ["*", "a.example:443", "ftp://a.example/x", "graphql", "http:/x"] {
        assert_eq!(code(&request("OPTIONS", target, &[("host", "a.example")])), Some(Code::PathInvalid), "{target}");
    }
}

#[test]
fn a_request_names_one_host() {
    let allowed: BTreeSet<String> = ["a.example".to_owned()].into();
    for (fields, accepted) in [
        (vec![("host", "a.example")], true),
        (vec![("host", "A.EXAMPLE:8080")], true),
        (vec![], false),
        (vec![("host", "")], false),
        (vec![("host", "a.example"), ("host", "a.example")], false),
        (vec![("host", "b.example")], false),
        (vec![("host", "a.example@b")], false),
        (vec![("host", "a.example/x")], false),
        (vec![("host", "a.example:x")], false),
        (vec![("host", "a.example, b.example")], false),
    ] {
        let answer = admit_head(&request("GET", "/", &fields), None, &limits(), Some(&allowed));
        assert_eq!(answer.is_ok(), accepted, "{fields:?}");
        assert!(answer.err().is_none_or(|refusal| refusal.problem.code == Code::HostInvalid), "{fields:?}");
    }
}

#[test]
fn strange_methods_are_refused() {
    for method in ["TRACE", "CONNECT", "TRACK", "get", "PROPFIND"] {
        assert_eq!(code(&request(method, "/", &[("host", "a")])), Some(Code::MethodNotAllowed), "{method}");
    }
}

#[test]
fn heads_have_a_budget() {
    let long = format!("/{}", "a".repeat(200));
    assert_eq!(code(&request("GET", &long, &[("host", "a")])), Some(Code::UriTooLong));
    let large = "x".repeat(2_000);
    assert_eq!(code(&request("GET", "/", &[("host", "a"), ("x-large", &large)])), Some(Code::HeaderTooLarge));
    let raw = vec![b'x'; 2_001];
    let refused = admit_head(&request("GET", "/", &[("host", "a")]), Some(&raw), &limits(), None).unwrap_err();
    assert_eq!((refused.problem.code, refused.close), (Code::HeaderTooLarge, true));
}

#[test]
fn queries_are_printable() {
    assert_eq!(code(&request("GET", "/?a=%C3%A4&b[]=1", &[("host", "a")])), None);
    assert_eq!(code(&request("GET", "/?a=ä", &[("host", "a")])), Some(Code::PathInvalid));
}

#[test]
fn an_authority_loses_its_port_only() {
    for (authority, name) in
        [("a.example:80", "a.example"), ("a.example", "a.example"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]")]
    {
        assert_eq!(without_port(authority), name);
    }
}
