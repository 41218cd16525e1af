//! Keys that mean harm, thousands of them, in the queries that the drivers really make.
//!
//! - [`parsers`]: parsers of others read what is emitted as SOQL, OData and SuiteQL: each key is one literal with its
//!   own value, and nothing else of the query changes.
//! - [`vendors`]: each simulated system, whose grammar was written without a look at ours, is asked by every look-up
//!   that takes text: nobody's key finds nothing.

mod parsers;
mod vendors;

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_composites::ask::{Ask, Key, Narrow};
use portico_composites::connect::driver::{Binding, Driver};
use portico_contracts::model::Model;
use portico_contracts::packs::Pack;
use portico_tests::Scene;
use serde_json::json;

/// What means something to one of the languages, or to a parser that reads carelessly.
const FRAGMENTS: [&str; 84] = [
    "'",
    "''",
    "\"",
    "\\",
    "\\'",
    "\\\\",
    "\\\\'",
    "\\\"",
    "`",
    "´",
    "‘",
    "’",
    "ʼ",
    "＇",
    "%27",
    "%2527",
    "%5C",
    "&#39;",
    "\\u0027",
    "\\x27",
    "--",
    "-- ",
    "/*",
    "*/",
    "//",
    "#",
    ";",
    ";--",
    "(",
    ")",
    "')",
    "('",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "<",
    ">",
    "=",
    "!=",
    " eq ",
    " OR ",
    " AND ",
    " or 1 eq 1",
    "' or 'a' eq 'a",
    "' OR Id != '",
    "') OR (Name LIKE '%",
    " UNION SELECT ",
    " LIMIT 1",
    "*",
    "%",
    "_",
    "?",
    "^",
    "^OR",
    "^NQ",
    "^ORDERBY",
    ",",
    ":",
    "~",
    "|",
    "&",
    "+",
    " ",
    "  ",
    "$filter",
    "$skip=1",
    "q'[",
    "N'",
    "javascript:gs.now()",
    "metadata['erp_id']",
    "null",
    "NULL",
    "true",
    "-1",
    "1900-01-01",
    "C-1001",
    "é",
    "e\u{301}",
    "😀",
    "\u{202e}",
    "\u{feff}",
];

/// What no key may hold, or too much of it.
const REFUSED: [&str; 9] = ["\0", "\n", "\r", "\t", "\u{8}", "\u{c}", "\u{7f}", "\u{85}", "\u{2028}"];

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }
}

/// So many keys that mean harm. `PORTICO_LONG` asks for ten times as many.
fn keys(seed: u64, count: usize) -> Vec<Key> {
    let mut dice = Dice(seed);
    let count = if std::env::var_os("PORTICO_LONG").is_some() { count * 10 } else { count };
    let mut keys: Vec<Key> = (0..count).map(|_| Arc::from(key(&mut dice))).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn key(dice: &mut Dice) -> String {
    let length = 1 + dice.below(6);
    let mut key: String = (0..length).map(|_| FRAGMENTS[dice.below(FRAGMENTS.len())]).collect();
    match dice.below(20) {
        0 => key.push_str(REFUSED[dice.below(REFUSED.len())]),
        1 => key = key.repeat(1 + 400 / key.len()),
        2 => {
            let any = (0..8).filter_map(|_| char::from_u32(u32::try_from(dice.below(0x11_0000)).ok()?));
            key.extend(any);
        }
        _ => {}
    }
    key
}

/// A shipped pack, bound to a system's settings.
fn driver(pack: &Pack, settings: &[(&str, &str)]) -> Driver {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let binding = Binding { settings: settings.collect::<BTreeMap<_, _>>(), ..Binding::default() };
    Driver::new(pack, &binding, &BASE.parse().expect("an address")).expect("bound")
}

/// Where systems are that nobody calls.
const BASE: &str = "http://system.test";

fn ask(entity: &str, by: &'static str) -> Ask {
    Ask { entity: Model::get().entity(entity).expect("an entity of the model"), by, narrow: Narrow::default() }
}

/// Half a character is none: it reaches no system, whichever way it is written.
#[tokio::test]
async fn a_lone_surrogate_reaches_no_system() {
    let scene = Scene::start().await;
    let in_document = r#"{"query":"{ customer(by: { number: \"\\ud800\" }) { name } }"}"#;
    let in_json =
        r#"{"query":"query($n: String!) { customer(by: { number: $n }) { name } }","variables":{"n":"\ud800"}}"#;
    let mut answers = Vec::new();
    for body in [in_document, in_json] {
        let ask = scene.post("/graphql", &json!({})).body(body).as_consumer("support-console");
        answers.push(ask.header("accept", "application/graphql-response+json").send().await.shown());
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    400 {"errors":[{"message":"Syntax error: expected value.","locations":[{"line":1,"column":26}],"extensions":{"code":"document_malformed","retryable":false,"requestId":"…"}}]}
    400 {"errors":[{"message":"The body is not well-formed JSON, or names a member twice: line 1, column 97.","extensions":{"code":"body_malformed","advice":"Send well-formed JSON in UTF-8.","retryable":false,"requestId":"…"}}]}
    "#);
    assert!(scene.sandbox().calls().is_empty());
}
