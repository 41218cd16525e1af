//! Where one message ends and the next begins: nobody behind the gateway reads it otherwise than the gateway does.

use super::{Target, smuggled};

/// A POST to the ERP with these framing fields, and behind it what would be a request for a reader that takes another
/// length.
fn post(target: &Target, fields: &str, body: &str) -> String {
    format!("POST /erp/v1/x HTTP/1.1\r\n{}{fields}\r\n\r\n{body}{}", target.known(), smuggled(target))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_with_a_second_reading_is_refused_and_reaches_nobody() {
    let target = Target::start().await;
    let cases = [
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\ncontent-length: 0",
        "Content-Length: 5, 5",
        "Content-Length: 5,",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: -0",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5_0",
        "Content-Length: 5;a=b",
        "Content-Length: \"5\"",
        "Content-Length: 5.0",
        "Content-Length: 1e1",
        "Content-Length: ٥",
        "Content-Length:",
        "Content-Length: 18446744073709551621",
        "Content-Length: 0000000000000000000000005",
        "Content-Length : 5",
        "Content-Length\t: 5",
        "Content-Length: 5\r\n Content-Length: 6",
        "Content-Length: 5\r\n\t6",
        "Content-Length: \0 5",
        "Content-Length: 5\x0b",
        "Content-Length: 5\rX: y",
        "X: y\rContent-Length: 5",
        "X: y\nContent-Length: 5",
    ];
    let all: Vec<String> = cases.iter().map(|fields| post(&target, fields, "hello")).collect();
    for (fields, said) in cases.iter().zip(target.say_each(&all).await) {
        assert_eq!((said.status(), said.answers(), said.closed), ("400", 1, true), "{fields:?}: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coding_that_two_read_differently_is_refused_and_reaches_nobody() {
    let target = Target::start().await;
    let cases = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\ncontent-length : 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunkedx",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: chun\tked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "Transfer-Encoding:\x0bchunked",
        "Transfer-Encoding:\0chunked",
        "Transfer-Encoding:",
        "Transfer-Encoding: \u{212a}chunked",
    ];
    let all: Vec<String> = cases.iter().map(|fields| post(&target, fields, "0\r\n\r\n")).collect();
    for (fields, said) in cases.iter().zip(target.say_each(&all).await) {
        assert_eq!((said.status(), said.answers(), said.closed), ("400", 1, true), "{fields:?}: {said:?}");
    }
    let old = format!(
        "POST /erp/v1/x HTTP/1.0\r\n{}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{}",
        target.known(),
        smuggled(&target)
    );
    let said = target.say(old).await;
    assert_eq!((said.status(), said.answers(), said.closed), ("400", 1, true), "{said:?}");
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

/// Servers that take `_` for `-` would read a length or a coding that nobody checked.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_framing_for_careless_readers_is_not_sent_on() {
    let target = Target::start().await;
    let fields =
        "Content_Length: 500\r\nTransfer_Encoding: chunked\r\nContent_Type: text/html\r\nTransfer.Encoding: x\r\n";
    let said =
        target.say(format!("GET /erp/v1/x HTTP/1.1\r\n{}{fields}Connection: close\r\n\r\n", target.known())).await;
    assert_eq!(said.status(), "200", "{said:?}");
    let seen = target.upstream.seen().remove(0);
    for name in ["content_length", "transfer_encoding", "content_type", "content-length", "transfer-encoding"] {
        assert!(!seen.headers.contains_key(name), "{name}: {:?}", seen.headers);
    }
}

/// Chunks whose size means something else to somebody else, and what must not be read behind them.
const CHUNKS: [(&str, &str); 20] = [
    ("a size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("a size that wraps to five", "fffffffffffffffff5\r\nhello\r\n0\r\n\r\n"),
    ("the largest of 64 bits", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    ("the largest that is positive", "7fffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    ("a minus", "-5\r\nhello\r\n0\r\n\r\n"),
    ("a plus", "+5\r\nhello\r\n0\r\n\r\n"),
    ("hexadecimal as in C", "0x5\r\nhello\r\n0\r\n\r\n"),
    ("no size", "\r\nhello\r\n0\r\n\r\n"),
    ("no size but an extension", ";a=b\r\nhello\r\n0\r\n\r\n"),
    ("no hexadecimal digit", "g\r\nhello\r\n0\r\n\r\n"),
    ("a space before", " 5\r\nhello\r\n0\r\n\r\n"),
    ("an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
    ("a size that ends in LF", "5\nhello\r\n0\r\n\r\n"),
    ("a size that ends in CR", "5\rhello\r\n0\r\n\r\n"),
    ("an extension with LF in it", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
    ("data that is longer than said", "4\r\nhello\r\n0\r\n\r\n"),
    ("data that ends in LF", "5\r\nhello\n0\r\n\r\n"),
    ("data without an end", "5\r\nhello0\r\n\r\n"),
    ("a last chunk of two zeros and more", "5\r\nhello\r\n00x\r\n\r\n"),
    ("a NUL", "5\0\r\nhello\r\n0\r\n\r\n"),
];

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_two_read_differently_never_become_a_second_request() {
    let target = Target::start().await;
    let all: Vec<String> =
        CHUNKS.iter().map(|(_, chunks)| post(&target, "Transfer-Encoding: chunked", chunks)).collect();
    for ((case, _), said) in CHUNKS.iter().zip(target.say_each(&all).await) {
        assert!(said.closed && said.answers() <= 1, "{case}: {said:?}");
    }
    // The ERP may have seen the POST, with nothing or with five letters, in a framing of our own. It saw nothing behind.
    for seen in target.upstream.seen() {
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/data/x"), "{seen:?}");
        assert!(!seen.whole || [&b""[..], b"hello"].contains(&&*seen.body), "{seen:?}");
    }
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_two_read_differently_are_no_query_either() {
    let target = Target::start().await;
    let all = CHUNKS.map(|(_, chunks)| {
        let kind = "Content-Type: application/json\r\nTransfer-Encoding: chunked";
        format!("POST /graphql HTTP/1.1\r\n{}{kind}\r\n\r\n{chunks}{}", target.known(), smuggled(&target))
    });
    for ((case, _), said) in CHUNKS.iter().zip(target.say_each(&all).await) {
        assert!(said.closed && said.answers() <= 1, "{case}: {said:?}");
        assert!(said.text.is_empty() || said.status().starts_with('4'), "{case}: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_behind_a_body_are_nobodys_identity() {
    let target = Target::start().await;
    let trailers = "X-Tenant-Id: globex\r\nX_User: root\r\nAuthorization: Bearer stolen\r\nContent-Length: 3\r\n\
                    X-API-Key: stolen\r\nHost: evil.example\r\nX-Harmless: trailer\r\n";
    let announced = "Transfer-Encoding: chunked\r\nTrailer: X-Tenant-Id, Authorization";
    let head = format!("POST /erp/v1/x HTTP/1.1\r\n{}{announced}\r\nConnection: close\r\n\r\n", target.known());
    let said = target.say(format!("{head}5\r\nhello\r\n0\r\n{trailers}\r\n")).await;
    assert_eq!((said.status(), said.answers()), ("200", 1), "{said:?}");
    let seen = target.upstream.seen().remove(0);
    assert_eq!((&*seen.body, seen.whole), (&b"hello"[..], true));
    let all = format!("{:?}", seen.headers);
    for word in ["globex", "root", "stolen", "evil.example", "trailer"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
    assert_eq!(seen.header("authorization"), "Bearer the-erps-own-credential");
    assert_eq!(target.seen().len(), 1);
}

/// A body that looks like a request, behind every kind of answer that is given without reading it.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_no_request_whatever_was_answered_before_it_was_read() {
    let target = Target::with(|settings| {
        let plans = settings.plans.iter_mut().filter(|(name, _)| name.as_str() == "silver");
        for (_, plan) in plans {
            let plan = std::sync::Arc::make_mut(plan);
            plan.throttle.daily = 2.try_into().ok();
        }
    })
    .await;
    let partner = |name: &str| target.scene.sandbox().token(portico_tests::Tenant::Acme, name);
    let product = |name: &str| {
        format!("GET /partner/v2/products/AC-100 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n", partner(name))
    };
    for _ in 0..2 {
        target.say(format!("{}\r\n", product("partner-one"))).await;
    }
    target.upstream.answer_at("ReleasedProductsV2", r#"{"value":[]}"#);
    let smuggled = smuggled(&target);
    let length = format!("Content-Length: {}\r\n\r\n{smuggled}", smuggled.len());
    let before = target.seen();
    let cases = [
        ("a refusal for want of credentials", "401", format!("POST /erp/v1/x HTTP/1.1\r\nHost: a\r\n{length}")),
        ("a limit", "429", format!("{}{length}", product("partner-one"))),
        ("nothing at this path", "404", format!("POST /nowhere HTTP/1.1\r\nHost: a\r\n{length}")),
        ("a method", "405", format!("DELETE /graphql HTTP/1.1\r\nHost: a\r\n{length}")),
        (
            "a media type",
            "415",
            format!("POST /graphql HTTP/1.1\r\n{}Content-Type: text/plain\r\n{length}", target.known()),
        ),
        ("a path", "400", format!("POST /a//b HTTP/1.1\r\nHost: a\r\n{length}")),
        (
            "an upgrade that is not taken",
            "401",
            format!("GET /erp/v1/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{length}"),
        ),
    ];
    let all: Vec<String> = cases.iter().map(|(_, _, bytes)| bytes.clone()).collect();
    for ((case, status, _), said) in cases.iter().zip(target.say_each(&all).await) {
        assert_eq!((said.status(), said.answers()), (*status, 1), "{case}: {said:?}");
    }
    assert_eq!(target.seen(), before);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_behind_a_cached_answer_is_no_request() {
    let target = Target::start().await;
    let product = target.scene.get("/partner/v2/products/AC-100");
    product.as_consumer("partner-one").send().await;
    let before = target.seen();
    let smuggled = smuggled(&target);
    let partner = target.scene.sandbox().token(portico_tests::Tenant::Acme, "partner-one");
    for framing in [
        format!("Content-Length: {}\r\n\r\n{smuggled}", smuggled.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len()),
    ] {
        let head = "GET /partner/v2/products/AC-100 HTTP/1.1\r\nHost: a\r\n";
        let said = target.say(format!("{head}Authorization: Bearer {partner}\r\n{framing}")).await;
        assert_eq!(said.answers(), 1, "{said:?}");
    }
    assert_eq!(target.seen(), before);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_two_minds_reach_nobody() {
    let target = Target::start().await;
    let bearer = format!("Authorization: Bearer {}\r\n", target.token);
    let cases = [
        ("/erp/v1/x", "Host: a\r\nHost: b\r\n"),
        ("/erp/v1/x", "Host: a\r\nhost: a\r\n"),
        ("/erp/v1/x", "Host: a, b\r\n"),
        ("/erp/v1/x", "Host: a@b\r\n"),
        ("/erp/v1/x", "Host: a/b\r\n"),
        ("/erp/v1/x", "Host: a#b\r\n"),
        ("/erp/v1/x", "Host: a:80:80\r\n"),
        ("/erp/v1/x", "Host: a:x\r\n"),
        ("/erp/v1/x", "Host: [::1\r\n"),
        ("/erp/v1/x", "Host:\r\n"),
        ("/erp/v1/x", "Host : a\r\n"),
        ("/erp/v1/x", " Host: a\r\n"),
        ("/erp/v1/x", ""),
        ("http://b/erp/v1/x", "Host: a\r\n"),
        ("http://a:81/erp/v1/x", "Host: a\r\n"),
        ("http://u@a/erp/v1/x", "Host: a\r\n"),
        ("http://a@b/erp/v1/x", "Host: a\r\n"),
        ("ftp://a/erp/v1/x", "Host: a\r\n"),
        ("a/erp/v1/x", "Host: a\r\n"),
        ("a:80", "Host: a\r\n"),
    ];
    let all = cases.map(|(path, host)| format!("GET {path} HTTP/1.1\r\n{host}{bearer}\r\n{}", smuggled(&target)));
    for (case, said) in cases.iter().zip(target.say_each(&all).await) {
        // What is wrong with a target alone leaves no doubt about the next request, which is answered for itself.
        let is_host = case.0.starts_with("/erp") || case.0.starts_with("http://");
        assert_eq!(said.status(), "400", "{case:?}: {said:?}");
        assert!(!is_host || (said.closed && said.answers() == 1), "{case:?}: {said:?}");
    }
    assert!(target.seen().iter().all(|seen| seen == "GET /data/smuggled"), "{:?}", target.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_open_tunnels_or_tell_heads_reach_nobody() {
    let target = Target::start().await;
    let known = target.known();
    let cases = [
        format!("CONNECT erp.test:443 HTTP/1.1\r\n{known}\r\n"),
        format!("CONNECT /erp/v1/x HTTP/1.1\r\n{known}\r\n"),
        format!("TRACE /erp/v1/x HTTP/1.1\r\n{known}\r\n"),
        format!("TRACE /erp/v1/x HTTP/1.1\r\n{known}Max-Forwards: 0\r\n\r\n"),
        format!("get /erp/v1/x HTTP/1.1\r\n{known}\r\n"),
        format!("GET/erp/v1/x HTTP/1.1\r\n{known}\r\n"),
        format!("GET\t/erp/v1/x\tHTTP/1.1\r\n{known}\r\n"),
        format!("GET  /erp/v1/x HTTP/1.1\r\n{known}\r\n"),
        format!("GET /erp/v1/x HTTP/2.0\r\n{known}\r\n"),
        format!("GET /erp/v1/x HTTP/3.1\r\n{known}\r\n"),
        format!("GET /erp/v1/x HTTP/1.9\r\n{known}\r\n"),
        format!("GET /erp/v1/x http/1.1\r\n{known}\r\n"),
        format!("GET /erp/v1/x\r\n{known}\r\n"),
        format!("G\0T /erp/v1/x HTTP/1.1\r\n{known}\r\n"),
        format!("GET /erp/v1/x HTTP/1.1\r\n{known}: no name\r\n\r\n"),
        format!("GET /erp/v1/x HTTP/1.1\r\n{known}no colon\r\n\r\n"),
        format!("GET /erp/v1/x HTTP/1.1\r\n{known}X Y: a space\r\n\r\n"),
        format!("GET /erp/v1/x HTTP/1.1\r\n{known}X: a\0NUL\r\n\r\n"),
        format!("GET /erp/v1/x HTTP/1.1\r\n{known}X\u{e9}: not ASCII\r\n\r\n"),
    ];
    for (case, said) in cases.iter().zip(target.say_each(&cases).await) {
        let first = case.lines().next().unwrap_or_default();
        assert!(
            said.text.is_empty() && said.closed || ["400", "405", "505"].contains(&said.status()),
            "{first}: {said:?}"
        );
        assert!(!said.text.contains(&target.token), "{first} is told the token: {said:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_in_a_target_ends_it_for_nobody() {
    let target = Target::start().await;
    for (line, seen) in [("GET /erp/v1/x y HTTP/1.1", "GET /data/x%20y"), ("GET /erp/v1/x  HTTP/1.1", "GET /data/x%20")]
    {
        let before = target.seen().len();
        let said = target.say(format!("{line}\r\n{}Connection: close\r\n\r\n", target.known())).await;
        assert_eq!((said.status(), said.answers()), ("200", 1), "{line}: {said:?}");
        assert_eq!(target.seen()[before..], [seen], "{line}");
    }
    let before = target.seen();
    let two = format!("GET /erp/v1/x HTTP/1.1 y HTTP/1.1\r\n{}\r\n{}", target.known(), smuggled(&target));
    let said = target.say(two).await;
    assert_eq!((said.status(), said.answers(), said.closed), ("400", 1, true), "{said:?}");
    assert_eq!(target.seen(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_ten_thousand_fields_or_a_megabyte_is_refused() {
    let target = Target::start().await;
    let many: String = (0..10_000).map(|at| format!("X-{at}: y\r\n")).collect();
    let cases = [
        format!("GET /erp/v1/x HTTP/1.1\r\n{}{many}\r\n", target.known()),
        format!("GET /erp/v1/x HTTP/1.1\r\n{}{}\r\n", target.known(), "X: y\r\n".repeat(300)),
        format!("GET /erp/v1/x HTTP/1.1\r\n{}X: {}\r\n\r\n", target.known(), "y".repeat(1_000_000)),
        format!("GET /erp/v1/x HTTP/1.1\r\n{}{}: y\r\n\r\n", target.known(), "x".repeat(1_000_000)),
        format!("GET /erp/v1/{} HTTP/1.1\r\n{}\r\n", "x".repeat(1_000_000), target.known()),
        format!("GET /erp/v1/x?{} HTTP/1.1\r\n{}\r\n", "x".repeat(1_000_000), target.known()),
    ];
    for (case, said) in cases.iter().zip(target.say_each(&cases).await) {
        assert!(said.text.is_empty() || ["400", "414", "431"].contains(&said.status()), "{}: {said:?}", &case[..40]);
        assert!(said.closed, "{}", &case[..40]);
    }
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}
