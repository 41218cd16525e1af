//! Documents that mean harm. How large, deep and wide a document may be is tested in `refusals.rs` and beside the guard
//! (`composites/src/guard.rs`); here is what hides behind a document that may pass.

use std::time::Instant;

use portico_tests::{Scene, Tenant};
use serde_json::{Value, json};

/// The limit that the support console has no scope for, and its value.
async fn secret_limit(scene: &Scene) -> String {
    let query = r#"{ customer(by: { number: "C-1001" }) { receivables { creditLimit { amount } } } }"#;
    let reply = scene.graphql(query).as_consumer("crm").send().await;
    reply.data()["customer"]["receivables"]["creditLimit"]["amount"].as_str().expect("the CRM may see it").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_keeps_its_scope_whatever_it_is_wrapped_in() {
    let scene = Scene::start().await;
    let limit = secret_limit(&scene).await;
    let of = |inside: &str| format!(r#"{{ customer(by: {{ number: "C-1001" }}) {{ receivables {{ {inside} }} }} }}"#);
    let amount = "creditLimit { amount }";
    for document in [
        of(amount),
        of("onHold: creditLimit { amount }"),
        of("name: creditLimit { __typename amount }"),
        of("... { creditLimit { amount } }"),
        of("... on Receivables { creditLimit { amount } }"),
        of("... on Entity { ... on Receivables { creditLimit { amount } } }"),
        of("...f") + " fragment f on Receivables { creditLimit { ...m } } fragment m on Money { amount }",
        of("...f") + " fragment f on Entity { source { system } ... on Receivables { x: creditLimit { amount } } }",
        of("creditLimit @include(if: true) { amount } creditLimit @skip(if: false) { currency }"),
        of("openBalance { amount } creditLimit { amount } overdueBalance { amount }"),
        format!(r#"query a {{ __typename }} query b {}"#, of(amount)),
        r#"{ orders(customer: { number: "C-1001" }, first: 1) { edges { node { customer { receivables { creditLimit { amount } } } } } } }"#.to_owned(),
        r#"{ invoice(number: "CIV-1001") { customer { receivables { creditLimit { amount } } } } }"#.to_owned(),
        r#"{ a: customer(by: { number: "C-1001" }) { receivables { a: creditLimit { amount } } } b: customer(by: { number: "C-1001" }) { receivables { b: creditLimit { amount } } } }"#.to_owned(),
    ] {
        let named = if document.starts_with("query a") { json!("b") } else { Value::Null };
        let body = json!({ "query": document, "operationName": named });
        let reply = scene.post("/graphql", &body).as_consumer("support-console").send().await;
        let text = reply.text();
        assert!(!text.contains(&limit), "{document}: {text}");
        assert!(text.contains("scope_missing") || text.contains("not_found"), "{document}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_field_keeps_its_scope_whichever_operation_is_named() {
    let scene = Scene::start().await;
    let credit = r#"creditCheck(customer: { number: "C-1001" }, amount: { amount: "1", currency: "EUR" }) { outcome }"#;
    let document = format!("query harmless {{ __typename }} query decide {{ {credit} }} query look {{ __typename }}");
    scene.sandbox().clear_calls();
    for (name, expected) in [
        (json!("harmless"), "200 "),
        (json!("decide"), "403 scope_missing"),
        (json!("Decide"), "400 operation_unknown"),
        (json!("decide "), "400 operation_unknown"),
        (json!(""), "400 operation_unknown"),
        (Value::Null, "400 operation_unknown"),
        (json!(["decide"]), "400 parameter_invalid"),
        (json!({ "name": "decide" }), "400 parameter_invalid"),
    ] {
        let body = json!({ "query": document, "operationName": name });
        let ask = scene.post("/graphql", &body).header("accept", "application/graphql-response+json");
        let reply = ask.as_consumer("support-console").send().await;
        assert_eq!(format!("{} {}", reply.status.as_u16(), reply.code()), expected, "{name}: {}", reply.text());
        assert!(!reply.text().contains("APPROVED"), "{}", reply.text());
    }
    // In the address it counts as little: parameters and body must not disagree, so a POST has none of them there.
    let ask = scene.post("/graphql?operationName=decide", &json!({ "query": document, "operationName": "harmless" }));
    let reply = ask.as_consumer("support-console").send().await;
    assert!(!reply.text().contains("APPROVED") && !reply.text().contains("creditCheck"), "{}", reply.text());
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_hides_behind_nothing() {
    let scene = Scene::start().await;
    for document in [
        "{ __schema { types { name } } }",
        "{ innocent: __schema { types { name } } }",
        r#"{ __type(name: "Receivables") { fields { name } } }"#,
        r#"query q($n: String!) { x: __type(name: $n) { fields { name } } }"#,
        "{ ...f } fragment f on Query { ...g } fragment g on Query { __schema { queryType { name } } }",
        "{ ... on Query { ... { __schema { directives { name } } } } }",
        "{ __typename __schema @include(if: true) { types { name } } }",
        "query a { __typename } query b { __schema { types { name } } }",
        "{\n#comment\n__schema{types{name}}}",
        "{,,,__schema,{types{name}}}",
    ] {
        for name in [Value::Null, json!("b")] {
            let body = json!({ "query": document, "operationName": name, "variables": { "n": "Receivables" } });
            let ask = scene.post("/graphql", &body).header("accept", "application/graphql-response+json");
            let reply = ask.as_consumer("crm").send().await;
            assert!([400, 403].contains(&reply.status.as_u16()), "{document}: {}", reply.text());
            assert!(
                !reply.text().contains("creditLimit") && !reply.text().contains("Receivables\""),
                "{}",
                reply.text()
            );
        }
    }
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_near_miss_is_not_put_right_for_who_may_not_introspect() {
    let scene = Scene::start().await;
    for (document, right) in [
        (r#"{ customer(by: { number: "C-1001" }) { receivables { creditLimi { amount } } } }"#, "creditLimit"),
        (r#"{ customer(by: { number: "C-1001" }) { recevables { onHold } } }"#, "receivables"),
        (r#"{ creditChek(x: 1) { outcome } }"#, "creditCheck"),
        (r#"{ warrant(serialNumber: "x") { status } }"#, "warranty"),
        (r#"{ customer(by: { number: "C-1001" }) { ... on Acount { name } } }"#, "Account"),
        (r#"query q($k: CustomerKe!) { customer(by: $k) { name } }"#, "CustomerKey"),
        (r#"{ customer(by: { numbr: "C-1001" }) { name } }"#, "supportId"),
    ] {
        let reply = scene.graphql(document).as_consumer("crm").send().await;
        assert_eq!(reply.status, 400, "{document}: {}", reply.text());
        let said = reply.json()["errors"].to_string();
        assert!(!said.contains(right) && !said.to_lowercase().contains("did you mean"), "{right} in {said}");
    }
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_in_variables_are_priced_and_bounded_like_written_ones() {
    let scene = Scene::start().await;
    let document = r#"query q($f: Int = 99999999, $g: Int) {
        orders(customer: { number: "C-1001" }, first: $f) { edges { node { number
            customer { orders(first: $g) { edges { node { number lines { product { name } } invoices { number } } } } } } } } }"#;
    for (variables, expected) in [
        (json!({}), "argument_invalid"),
        (json!({ "f": 99_999_999 }), "argument_invalid"),
        (json!({ "f": -1 }), "argument_invalid"),
        (json!({ "f": 0 }), "argument_invalid"),
        (json!({ "f": -2_147_483_648_i64 }), "argument_invalid"),
        (json!({ "f": 2_147_483_648_i64 }), "variables_invalid"),
        (json!({ "f": 1e9 }), "variables_invalid"),
        (json!({ "f": "10" }), "variables_invalid"),
        (json!({ "f": [10] }), "variables_invalid"),
        (json!({ "f": 1, "g": 101 }), "argument_invalid"),
        (json!({ "f": 100, "g": 100 }), "query_too_costly"),
    ] {
        let body = json!({ "query": document, "variables": variables });
        let ask = scene.post("/graphql", &body).header("accept", "application/graphql-response+json");
        let reply = ask.as_consumer("support-console").send().await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, expected), "{variables}: {}", reply.text());
    }
    assert_eq!(scene.sandbox().calls(), []);
}

/// Sixty aliases of one decision are sixty decisions, and priced so.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_aliases_costs_what_its_parts_cost() {
    let scene = Scene::start().await;
    let requested = |count: usize| {
        let all: String =
            (0..count).map(|at| format!(r#"a{at}: order(number: "SO-2{at:04}") {{ number }} "#)).collect();
        let ask = scene.graphql(&format!("{{ {all} }}")).as_consumer("support-console");
        async move { ask.send().await.json()["extensions"]["cost"]["requested"].as_u64().unwrap_or_default() }
    };
    let (one, fifty) = (requested(1).await, requested(50).await);
    assert!(fifty >= one * 25, "{one} and {fifty}");
    let credit = |at: usize| {
        format!(
            r#"a{at}: creditCheck(customer: {{ number: "C-{at}" }}, amount: {{ amount: "1", currency: "EUR" }}) {{ outcome }} "#
        )
    };
    let all: String = (2_000..2_060).map(credit).collect();
    let reply = scene.graphql(&format!("{{ {all} }}")).as_consumer("crm").send().await;
    let cost = reply.json()["extensions"]["cost"]["requested"].as_u64().unwrap_or_default();
    assert!(reply.status == 400 || cost >= 60, "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_a_megabyte_are_refused_before_they_are_read_closely() {
    let scene = Scene::start().await;
    for (case, document) in [
        ("tokens", "{ ".to_owned() + &"a ".repeat(500_000) + "}"),
        ("brackets", "{ a(x: ".to_owned() + &"[".repeat(1_000_000)),
        ("braces", "{".repeat(1_000_000)),
        ("a string", format!("{{ a(x: \"{}\") }}", "\\u0041".repeat(170_000))),
        ("a block string", format!("{{ a(x: \"\"\"{}\"\"\") }}", "\\\"\"\"".repeat(250_000))),
        ("a comment", format!("#{}\n{{ __typename }}", "x".repeat(1_000_000))),
        ("commas", ",".repeat(1_000_000)),
        ("spreads", format!("{{ {} }}", "...f ".repeat(200_000))),
        ("directives", format!("{{ a {} }}", "@a ".repeat(300_000))),
        ("variables", format!("query q({}) {{ a }}", "$a: A ".repeat(150_000))),
        ("fragments", "fragment f on Query { a } ".repeat(40_000)),
        ("numbers", format!("{{ a(x: {}) }}", "9".repeat(1_000_000))),
    ] {
        // Just below what a body may have, so that the guard has to say no and not the limit of bodies.
        let document: String = document.chars().take(1_000_000).collect();
        let begun = Instant::now();
        let reply = scene.graphql(&document).as_consumer("support-console").send().await;
        assert!([400, 413].contains(&reply.status.as_u16()), "{case}: {}", reply.status);
        assert!(reply.text().len() < 2_000, "{case} is not repeated");
        assert!(begun.elapsed().as_secs() < 2, "{case} took {:?}", begun.elapsed());
    }
    assert_eq!(scene.sandbox().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_in_circles_and_of_exponential_size_cost_no_time() {
    let scene = Scene::start().await;
    let doubled = |count: usize, last: &str| {
        let all: String =
            (0..count).map(|at| format!("fragment f{at} on Query {{ ...f{0} ...f{0} }} ", at + 1)).collect();
        format!("{{ ...f0 }} {all}fragment f{count} on Query {{ {last} }}")
    };
    let circle = |count: usize| {
        let all: String =
            (0..count).map(|at| format!("fragment f{at} on Query {{ ...f{} }} ", (at + 1) % count)).collect();
        format!("{{ ...f0 }} {all}")
    };
    let inline = format!("{{ {}__typename{} }}", "...{".repeat(2_000), "}".repeat(2_000));
    for (case, document) in [
        ("doubled thirty times", doubled(30, "__typename")),
        ("doubled sixty times", doubled(60, "__typename")),
        ("doubled, in a circle", doubled(30, "...f0")),
        ("in itself", circle(1)),
        ("in a circle of two", circle(2)),
        ("in a circle of fifty", circle(50)),
        ("a circle that nobody enters", format!("{{ __typename }} {}", circle(3).replace("{ ...f0 } ", ""))),
        ("inline, two thousand deep", inline),
    ] {
        let begun = Instant::now();
        let reply = scene.graphql(&document).as_consumer("support-console").send().await;
        assert_eq!(reply.status, 400, "{case}: {}", reply.text());
        assert!(begun.elapsed().as_millis() < 1_500, "{case} took {:?}", begun.elapsed());
    }
    assert_eq!(scene.sandbox().calls(), []);
}

/// Ways in which a page of another site, or an old client, could send a query without meaning to.
#[tokio::test(flavor = "multi_thread")]
async fn no_form_and_no_link_is_a_query() {
    let scene = Scene::start().await;
    let token = scene.sandbox().token(Tenant::Acme, "support-console");
    let query = r#"{"query":"{ order(number: \"SO-1042\") { number } }"}"#;
    for (kind, body) in [
        ("text/plain", query.to_owned()),
        ("text/plain; charset=utf-8", query.to_owned()),
        ("application/x-www-form-urlencoded", "query=%7B__typename%7D".to_owned()),
        (
            "multipart/form-data; boundary=b",
            format!("--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{query}\r\n--b--\r\n"),
        ),
        ("application/graphql", "{ __typename }".to_owned()),
        ("application/xml", query.to_owned()),
        ("application/json, text/plain", query.to_owned()),
        ("application/json-patch+json", query.to_owned()),
        ("application/jsonx", query.to_owned()),
        ("*/*", query.to_owned()),
        ("", query.to_owned()),
    ] {
        let ask = scene.ask(http::Method::POST, "/graphql").header("content-type", kind).bearer(&token);
        let reply = ask.body(body).send().await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (415, "media_type_unsupported"),
            "{kind}: {}",
            reply.text()
        );
    }
    for (case, body) in [
        ("a batch", format!("[{query},{query}]")),
        ("a batch of one", format!("[{query}]")),
        ("an empty batch", "[]".to_owned()),
        ("two objects", format!("{query}{query}")),
        ("a member twice", r#"{"query":"{ __typename }","query":"{ a }"}"#.to_owned()),
        ("a member twice, spelled otherwise", r#"{"query":"{ __typename }","qu\u0065ry":"{ a }"}"#.to_owned()),
        ("a mark of byte order", format!("\u{feff}{query}")),
    ] {
        let ask = scene.post("/graphql", &json!(null)).bearer(&token);
        let reply = ask.body(body).send().await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "body_malformed"), "{case}: {}", reply.text());
    }
    let utf16: Vec<u8> = query.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reply = scene.post("/graphql", &json!(null)).bearer(&token).body(utf16).send().await;
    assert_eq!(reply.code(), "body_malformed");
    assert_eq!(scene.sandbox().calls(), []);
}
