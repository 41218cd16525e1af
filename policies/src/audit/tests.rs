use proptest::prelude::*;
use serde_json::json;

use super::*;
use portico_contracts::tenancy::TenantId;

fn sealer(key: &str) -> Sealer {
    Sealer::new((!key.is_empty()).then(|| Secret::new(key)).as_ref())
}

fn trail(entries: u64, key: &str) -> Vec<String> {
    let mut chain = Chain::behind(Link::BEGINNING, sealer(key));
    let entry = |n: u64| json!({ "kind": "request", "who": format!("caller-{n}"), "odd": "\"}\u{2028},\"seal\":\"" });
    let line = |n: u64| String::from_utf8(chain.seal(&entry(n)).unwrap()).unwrap().trim_end_matches('\n').to_owned();
    (1..=entries).map(line).collect()
}

fn inspected(lines: &[String], key: &str) -> Result<Found, (usize, Broken)> {
    let mut inspector = Inspector::new(sealer(key), None);
    for (at, line) in lines.iter().enumerate() {
        inspector.line(line).map_err(|broken| (at + 1, broken))?;
    }
    inspector.finish().map_err(|broken| (lines.len(), broken))
}

#[test]
fn a_line_is_an_object_with_number_link_and_seal() {
    let lines = trail(2, "");
    let zeros = "0".repeat(64);
    assert!(lines[0].starts_with(&format!(r#"{{"n":1,"prev":"{zeros}","kind":"request","who":"caller-1","odd":"#)));
    assert!(lines[0].ends_with(&format!(r#","seal":"{}"}}"#, Link::of(&lines[0]).unwrap().seal)));
    let second: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(second["prev"], Link::of(&lines[0]).unwrap().seal.to_string());
    assert_eq!(Link::of(&lines[1]).unwrap().number, 2);
}

#[test]
fn a_whole_trail_is_found_whole_with_its_key_only() {
    for key in ["", "hush"] {
        let found = inspected(&trail(5, key), key).unwrap();
        assert_eq!((found.first, found.newest.number), (1, 5));
    }
    assert_eq!(inspected(&trail(5, "hush"), "other"), Err((1, Broken::Edited { number: 1 })));
    assert_eq!(inspected(&trail(5, "hush"), ""), Err((1, Broken::Edited { number: 1 })));
    assert_eq!(inspected(&[], ""), Err((0, Broken::Empty)));
}

#[test]
fn what_was_done_to_a_trail_is_told() {
    let whole = trail(6, "");
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        inspected(&lines, "").unwrap_err()
    };
    assert_eq!(
        changed(&|lines| lines[2] = lines[2].replace("caller-3", "caller-9")),
        (3, Broken::Edited { number: 3 })
    );
    assert_eq!(changed(&|lines| drop(lines.drain(1..3))), (2, Broken::Missing { from: 2, to: 3 }));
    assert_eq!(changed(&|lines| lines.swap(2, 3)), (3, Broken::Missing { from: 3, to: 3 }));
    assert_eq!(changed(&|lines| lines.insert(4, lines[1].clone())), (5, Broken::Moved { number: 2, behind: 4 }));
    assert_eq!(changed(&|lines| lines.insert(3, "{}".to_owned())), (4, Broken::Foreign));
    // Somebody made an entry up, with a seal of its own.
    let mut forged = Chain::behind(Link { number: 2, seal: Seal::NONE }, sealer(""));
    let forged = String::from_utf8(forged.seal(&json!({ "kind": "request" })).unwrap()).unwrap();
    assert_eq!(changed(&|lines| lines[2] = forged.trim_end().to_owned()), (3, Broken::Replaced { number: 3 }));
}

#[test]
fn a_seal_has_one_spelling() {
    let seal = format!("05{}", "af".repeat(31));
    assert_eq!(Seal::parse(&seal).map(|seal| seal.to_string()), Some(seal.clone()));
    for other in [seal.replacen("05", "+5", 1), seal.to_uppercase(), seal[1..].to_owned(), format!("{seal}0")] {
        assert_eq!(Seal::parse(&other), None, "{other}");
    }
}

#[test]
fn a_trail_may_begin_late_and_must_not_end_early() {
    let whole = trail(6, "hush");
    assert_eq!(inspected(&whole[3..], "hush").map(|found| found.first), Ok(4));
    let noted = Link::of(&whole[5]).unwrap().seal;
    let mut inspector = Inspector::new(sealer("hush"), Some(noted));
    whole[..5].iter().for_each(|line| inspector.line(line).unwrap());
    assert_eq!(inspector.finish(), Err(Broken::CutOff(noted)));
}

#[test]
fn a_chain_goes_on_behind_what_was_written_before() {
    let lines = trail(3, "");
    let mut chain = Chain::behind(Link::of(&lines[2]).unwrap(), sealer(""));
    let more = String::from_utf8(chain.seal(&json!({ "kind": "started" })).unwrap()).unwrap();
    let all = [lines, vec![more.trim_end().to_owned()]].concat();
    assert_eq!(inspected(&all, "").unwrap().newest, chain.newest());
}

#[test]
fn a_key_has_another_digest_at_every_tenant_and_place() {
    let digests = KeyDigests::new(Some(&Secret::new("hush")));
    let (acme, globex) = (TenantId::parse("acme").unwrap(), TenantId::parse("globex").unwrap());
    let one = digests.of(&acme, "Customer", "number", "C-9999");
    assert_eq!(one, digests.of(&acme, "Customer", "number", "C-9999"));
    for other in [
        digests.of(&globex, "Customer", "number", "C-9999"),
        digests.of(&acme, "Order", "number", "C-9999"),
        digests.of(&acme, "Customer", "numberC", "-9999"),
        KeyDigests::new(None).of(&acme, "Customer", "number", "C-9999"),
        KeyDigests::new(Some(&Secret::new("else"))).of(&acme, "Customer", "number", "C-9999"),
    ] {
        assert_ne!(one, other);
        assert_eq!(other.len(), 20);
    }
}

proptest! {
    #[test]
    fn no_byte_of_a_trail_can_be_another(at in 0_usize..2_000, with in 0_u8..128) {
        let text = trail(4, "hush").join("\n");
        let at = at % text.len();
        prop_assume!(text.is_char_boundary(at) && text.is_char_boundary(at + 1) && text.as_bytes()[at] != with);
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = with;
        let changed = String::from_utf8(bytes).unwrap();
        let lines: Vec<String> = changed.split('\n').map(str::to_owned).collect();
        prop_assert!(inspected(&lines, "hush").is_err(), "{} at {at}", char::from(with));
    }
}
