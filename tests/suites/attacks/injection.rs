//! Keys that are queries: what a published operation and GraphQL make of them on the wire. Each language is read by
//! parsers of others, and each simulated vendor asked, in `tests/suites/hostile`.

use portico_tests::{Scene, Upstream};
use serde_json::json;

/// What an OData filter says of one key, behind its escaping.
fn literals(target: &str) -> Vec<String> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let decoded = decoded(query);
    let mut found = Vec::new();
    let mut rest = decoded.as_str();
    while let Some((_, behind)) = rest.split_once('\'') {
        let mut literal = String::new();
        let mut chars = behind.char_indices().peekable();
        let mut end = behind.len();
        while let Some((at, one)) = chars.next() {
            match one {
                '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                    literal.push('\'');
                    chars.next();
                }
                '\'' => {
                    end = at + 1;
                    break;
                }
                other => literal.push(other),
            }
        }
        found.push(literal);
        rest = &behind[end..];
    }
    found
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'%' => {
                let digits = std::str::from_utf8(&behind[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &behind[2..];
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

const HOSTILE: [&str; 14] = [
    "x' or 'a' eq 'a",
    "x'' or ''a'' eq ''a",
    "' or 1 eq 1 or '",
    "x') or (1 eq 1",
    "x\\' or 1 eq 1",
    "x%27 or 1 eq 1",
    "x&$filter=1 eq 1",
    "x&$top=9999",
    "x#",
    "x?y=z",
    "x/../../Customers",
    "javascript:gs.now()",
    "x^ORactive=true^NQ",
    "x--",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_graphql_stays_one_literal_on_the_wire() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_erp()).await;
    for key in HOSTILE {
        let before = upstream.seen().len();
        let body = json!({ "query": "query q($n: String!) { product(sku: $n) { sku } }", "variables": { "n": key } });
        let reply = scene.post("/graphql", &body).as_consumer("support-console").send().await;
        let seen = upstream.seen()[before..].to_vec();
        assert!(seen.len() <= 1, "{key}: {seen:?}");
        match seen.first() {
            Some(seen) => {
                let found = literals(&seen.target);
                assert!(found.contains(&key.to_owned()), "{key}: {found:?} in {}", seen.target);
                assert_eq!(seen.target.matches("filter=").count(), 1, "{key}: {}", seen.target);
                assert!(seen.target.starts_with("/data/ReleasedProductsV2?"), "{key}: {}", seen.target);
            }
            None => assert!(reply.text().contains("key_refused"), "{key}: {}", reply.text()),
        }
    }
}

/// The same through a path and a query string, where somebody else has decoded it once already.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_path_or_a_parameter_stays_one_literal_on_the_wire() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_erp()).await;
    let encoded = |key: &str| key.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for key in HOSTILE {
        for path in ["/partner/v2/products/", "/partner/v2/orders?first=1&customer="] {
            let before = upstream.seen().len();
            let reply = scene.get(&format!("{path}{}", encoded(key))).as_consumer("partner-one").send().await;
            let seen = upstream.seen()[before..].to_vec();
            if seen.is_empty() {
                // A slash, a `;` or a second encoding is no segment of a path; other keys are refused as such.
                assert!(["path_invalid", "key_refused"].contains(&reply.code().as_str()), "{key}: {}", reply.text());
            }
            for seen in &seen {
                let found = literals(&seen.target);
                assert!(found.contains(&key.to_owned()), "{key}: {found:?} in {}", seen.target);
                let path = seen.target.split('?').next().unwrap_or_default();
                assert!(
                    ["/data/ReleasedProductsV2", "/data/SalesOrderHeadersV2", "/data/CustomersV3"].contains(&path),
                    "{key}: {}",
                    seen.target
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_line_or_a_star_reaches_no_system() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_erp()).await;
    for key in
        ["*", "C-*", "a\r\nX-Tenant-Id: globex", "a\nb", "a\rb", "a\0b", "a\tb", "a\u{85}b", "a\u{2028}b", "a\u{7f}"]
    {
        let body = json!({ "query": "query q($n: String!) { product(sku: $n) { sku } }", "variables": { "n": key } });
        let reply = scene.post("/graphql", &body).as_consumer("support-console").send().await;
        assert!(reply.text().contains("key_refused"), "{key:?}: {}", reply.text());
    }
    assert_eq!(upstream.seen().len(), 0);
}

/// A system that answers more than it was asked for answers nobody else's rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_another_key_is_nobodys_answer() {
    let upstream = Upstream::start().await;
    let scene = Scene::with(upstream.as_erp()).await;
    let row = |sku: &str| json!({ "dataAreaId": "acmf", "ItemNumber": sku, "ProductNumber": sku, "ProductName": "leaked", "SearchName": "leaked" });
    upstream.answer_at("ReleasedProductsV2", &json!({ "value": [row("AC-200"), row("AC-300")] }).to_string());
    let reply = scene.graphql(r#"{ product(sku: "AC-100") { sku name } }"#).as_consumer("support-console").send().await;
    assert_eq!((&reply.data()["product"], reply.text().contains("leaked")), (&serde_json::Value::Null, false));
    let metrics = scene.admin_get("/metrics").send().await.text();
    let strays: Vec<&str> =
        metrics.lines().filter(|line| line.starts_with("portico_upstream_rows_not_asked_for_total")).collect();
    assert_eq!(strays, [r#"portico_upstream_rows_not_asked_for_total{role="erp",entity="Product"} 2"#]);
}
