//! The languages, read by others.

use portico_composites::ask::{Ask, Key};
use portico_composites::connect::driver::Driver;
use portico_composites::connect::wire::Request;
use portico_contracts::packs::Pack;
use portico_contracts::problem::Code;
use serde_json::{Value, json};

use super::{ask, driver, keys};
use crate::foreign::Runner;

/// How many keys in one query, at most, where several are asked for at once.
const TOGETHER: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn in_soql_a_key_stays_one_literal_for_soql_parser_js() {
    let driver = driver(&Pack::built_in("salesforce").expect("a pack"), &[]);
    let asks = [ask("Account", "customerNumber"), ask("Contact", "email"), ask("Contract", "number")];
    read_by("parsers/soql.mjs", &driver, &asks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_odata_a_key_stays_one_literal_for_odata_query() {
    let settings = [("company", "acmf"), ("currency", "EUR")];
    let driver = driver(&Pack::built_in("dynamics365").expect("a pack"), &settings);
    let asks = [ask("Customer", "number"), ask("OrderLine", "orderNumber"), ask("Product", "sku")];
    read_by("parsers/odata_filter.py", &driver, &asks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_suiteql_a_key_stays_one_literal_for_sqlglot() {
    let driver = driver(&Pack::built_in("netsuite").expect("a pack"), &[]);
    let asks = [ask("Customer", "number"), ask("Receivables", "customerNumber"), ask("ProductAvailability", "sku")];
    read_by("parsers/suiteql.py", &driver, &asks).await;
}

/// A query that was made for keys.
struct Made {
    keys: Vec<Key>,
    request: Request,
    /// The same query for as many keys that mean no harm.
    plain: Request,
}

/// Makes queries for a thousand keys by each look-up, one by one and several at once, and has them read.
async fn read_by(script: &str, driver: &Driver, asks: &[Ask]) {
    let Some(runner) = Runner::of(script).await else { return };
    for (seed, ask) in asks.iter().enumerate() {
        let keys = keys(seed as u64 + 1, 1_000);
        let good: Vec<Key> = keys.iter().filter(|key| is_asked_for(driver, ask, key)).cloned().collect();
        // Refusing all would be safe, too.
        assert!(good.len() * 2 > keys.len() && good.len() < keys.len(), "{} of {}", good.len(), keys.len());
        let mut made: Vec<Made> = Vec::new();
        for chunk in good.chunks(1).chain(good.chunks(TOGETHER)) {
            made.extend(queries(driver, ask, chunk));
        }
        let told = runner.run(script, lines(&made)).await;
        let mut told = told.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        for made in &made {
            let (read, plain) = (told.next().expect("a line"), told.next().expect("a line"));
            assert_eq!(read["error"], Value::Null, "{:?}: {}", made.keys, made.request.target);
            assert_eq!(read["shape"], plain["shape"], "{:?}", made.keys);
            assert_eq!(read["literals"], expected(&plain, &made.keys), "{:?}", made.keys);
        }
        assert_eq!(told.next(), None);
        println!("{} by {}: {} queries of {} keys", ask.entity.name, ask.by, made.len(), good.len());
    }
}

/// Whether a key reaches a query at all; one that does not is refused as such, and there is no request for it.
fn is_asked_for(driver: &Driver, ask: &Ask, key: &Key) -> bool {
    let questions = driver.requests(ask, std::slice::from_ref(key));
    let is_refused = !questions.refused.is_empty();
    assert_eq!(questions.chunks.is_empty(), is_refused, "{key:?}");
    assert!(questions.refused.iter().all(|(_, failure)| failure.code == Code::KeyRefused), "{key:?}");
    !is_refused
}

fn queries(driver: &Driver, ask: &Ask, keys: &[Key]) -> Vec<Made> {
    let questions = driver.requests(ask, keys);
    assert!(questions.refused.is_empty(), "{keys:?}");
    let asked: Vec<&Key> = questions.chunks.iter().flat_map(|chunk| &chunk.keys).collect();
    assert_eq!(asked, keys.iter().collect::<Vec<_>>(), "each key is asked for once");
    let with_plain = questions.chunks.into_iter().map(|chunk| {
        let plain: Vec<Key> = (0..chunk.keys.len()).map(plain).collect();
        let mut plain = driver.requests(ask, &plain).chunks;
        assert_eq!(plain.len(), 1);
        Made { keys: chunk.keys, request: chunk.request, plain: plain.remove(0).request }
    });
    with_plain.collect()
}

fn plain(number: usize) -> Key {
    Key::from(format!("plain{number}"))
}

fn lines(made: &[Made]) -> String {
    let line = |request: &Request| {
        let body = request.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
        format!("{}\n", json!({ "target": request.target, "body": body }))
    };
    made.iter().flat_map(|made| [line(&made.request), line(&made.plain)]).collect()
}

/// The literals of the plain query, with the keys in place of the plain ones.
fn expected(plain_query: &Value, keys: &[Key]) -> Value {
    let literals = plain_query["literals"].as_array().expect("a list of literals");
    let count = literals.iter().filter(|one| one.as_str().is_some_and(|text| text.starts_with("plain"))).count();
    assert_eq!(count, keys.len(), "{literals:?}");
    let instead = |literal: &Value| {
        let number = (0..keys.len()).find(|number| *literal == *plain(*number));
        number.map_or_else(|| literal.clone(), |number| Value::from(&*keys[number]))
    };
    literals.iter().map(instead).collect()
}
