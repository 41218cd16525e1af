//! Answers of a system that has been taken over, or of something that only stands where it stood: byte for byte, by a
//! proxied route and by a query. What each vendor's failures become is tested in `faults.rs` and beside the connectors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portico_composites::connect::credentials::Credentials;
use portico_composites::connect::system::SystemSettings;
use portico_contracts::secret::Secret;
use portico_gateway::settings::Settings;
use portico_tests::{Reply, Scene};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What it was shown by us, and must never show to a caller.
const OURS: &str = "the-erps-own-credential";

/// An ERP that answers every request with the same bytes, and then says no more; endlessly the last part, where it is to.
async fn erp(answer: Vec<u8>, endless: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut buffer = vec![0; 16_384];
                while let Ok(1..) = stream.read(&mut buffer).await {
                    if stream.write_all(&answer).await.is_err() {
                        return;
                    }
                    if endless {
                        while stream.write_all(&[b' '; 8_192]).await.is_ok() {}
                    }
                }
            });
        }
    });
    address
}

/// A gateway that is turned towards one such ERP after another; calls have a second.
async fn start() -> Scene {
    Scene::with(hasty).await
}

fn hasty(settings: &mut Settings) {
    let second = Duration::from_secs(1);
    (settings.tiers.critical, settings.tiers.standard) = (second, second);
}

async fn turn(scene: &Scene, answer: impl Into<Vec<u8>>, endless: bool) {
    let address = erp(answer.into(), endless).await;
    scene.reload_with(|settings| {
        hasty(settings);
        at(settings, &format!("http://{address}"));
    });
}

fn at(settings: &mut Settings, url: &str) {
    let acme = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").and_then(Arc::get_mut);
    let systems = acme.expect("nobody else holds the settings yet").systems.values_mut();
    for system in systems.filter(|system| system.role.as_str() == "erp") {
        *system = Arc::new(SystemSettings {
            url: url.parse().expect("an address makes a URL"),
            credentials: Credentials::Bearer(Secret::new(OURS)),
            ..SystemSettings::clone(system)
        });
    }
}

async fn proxied(scene: &Scene) -> anyhow::Result<Reply> {
    scene.get("/erp/v1/x").as_consumer("crm").try_send().await
}

async fn queried(scene: &Scene) -> Reply {
    scene.graphql(r#"{ product(sku: "AC-100") { sku name } }"#).as_consumer("support-console").send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_end_is_in_doubt_is_not_passed_on_as_whole() {
    let body = r#"{"value":[]}"#;
    let second = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON";
    let cases = [
        ("two lengths", format!("Content-Length: 12\r\nContent-Length: 13\r\n\r\n{body}")),
        ("a signed length", format!("Content-Length: +12\r\n\r\n{body}")),
        ("a negative length", format!("Content-Length: -1\r\n\r\n{body}")),
        ("a length beyond all bounds", format!("Content-Length: 99999999999999999999\r\n\r\n{body}")),
        ("chunks without a size", "Transfer-Encoding: chunked\r\n\r\nxyz\r\n".to_owned()),
        ("a chunk beyond 64 bits", "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n0\r\n\r\n".to_owned()),
        ("an unknown coding", format!("Transfer-Encoding: bogus\r\nContent-Length: 12\r\n\r\n{body}")),
        ("a name with a space", format!("X Y: z\r\nContent-Length: 12\r\n\r\n{body}")),
        ("ten thousand fields", format!("{}Content-Length: 12\r\n\r\n{body}", "X: y\r\n".repeat(10_000))),
        ("a field of two megabytes", format!("X: {}\r\nContent-Length: 12\r\n\r\n{body}", "y".repeat(2 << 20))),
    ];
    let scene = start().await;
    for (case, rest) in cases {
        turn(&scene, format!("HTTP/1.1 200 OK\r\n{rest}{second}"), false).await;
        for _ in 0..2 {
            let told = proxied(&scene).await;
            let text = told.as_ref().map(Reply::whole).unwrap_or_default();
            assert!(!text.contains("POISON") && !text.contains(OURS), "{case}: {text}");
            assert!(told.is_err() || text.starts_with("50"), "{case}: {text}");
        }
        let answered = queried(&scene).await;
        assert!(
            answered.data()["product"].is_null() && !answered.text().contains("POISON"),
            "{case}: {}",
            answered.text()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_answer_can_be_costs_its_field_and_is_not_quoted() {
    let token = "eyJhbGciOiJSUzI1NiJ9.secret.secret";
    let json = |body: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let deep = "[".repeat(200_000);
    let cases = [
        (
            "a page for people",
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 42\r\n\r\n<html>{token:36}"),
        ),
        ("an error with a token", {
            let body = format!(r#"{{"error":{{"message":"token {token} at sql.internal"}}}}"#);
            format!("HTTP/1.1 500 Oops\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        }),
        ("an error inside a success", json(&format!(r#"{{"error":{{"code":"x","message":"{token}"}}}}"#))),
        ("another shape", json(&format!(r#"{{"value":"{token}"}}"#))),
        ("a list of texts", json(&format!(r#"{{"value":["{token}"]}}"#))),
        ("nothing", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()),
        ("null", json("null")),
        ("half of it", json(r#"{"value":["#)),
        ("too deep", json(&format!(r#"{{"value":{deep}"#))),
        (
            "a member twice",
            json(&format!(r#"{{"value":[],"value":[{{"ItemNumber":"AC-100","ProductName":"{token}"}}]}}"#)),
        ),
        (
            "not UTF-8",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n\u{ff}x".to_owned(),
        ),
        ("another protocol", "SSH-2.0-OpenSSH_9.6\r\n".to_owned()),
        ("an upgrade that nobody asked for", format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n{token}")),
        (
            "a redirect",
            format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/{token}\r\nContent-Length: 0\r\n\r\n"),
        ),
        ("interim answers without end", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(5_000)),
    ];
    let scene = start().await;
    for (case, answer) in cases {
        turn(&scene, answer, false).await;
        let begun = Instant::now();
        let answered = queried(&scene).await;
        assert!(answered.data()["product"].is_null(), "{case}: {}", answered.text());
        assert_eq!(answered.status, 200, "{case}: {}", answered.text());
        for secret in ["secret", "eyJ", "sql.internal", "<html", "OpenSSH", OURS] {
            assert!(!answered.text().contains(secret), "{case}: {secret} in {}", answered.text());
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{case} took {:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_ends_with_the_request() {
    let scene = start().await;
    for head in
        ["", "Content-Type: application/json\r\n", "Content-Type: application/json\r\nContent-Length: 99999999999\r\n"]
    {
        turn(&scene, format!("HTTP/1.1 200 OK\r\n{head}\r\n{{\"value\":["), true).await;
        let begun = Instant::now();
        let answered = queried(&scene).await;
        assert!(answered.data()["product"].is_null(), "{head}: {}", answered.text());
        assert!(begun.elapsed() < Duration::from_secs(3), "{head} took {:?}", begun.elapsed());
    }
}

/// What is said about when to come back is taken within reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_no_wait_is_replaced() {
    let scene = start().await;
    for (said, least, most) in [
        ("-5", 1, 60),
        ("0", 1, 60),
        ("99999999999999999999", 1, 86_400),
        ("999999999", 86_400, 86_400),
        ("soon", 1, 60),
        ("1, 2", 1, 60),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1, 86_400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1, 60),
    ] {
        turn(&scene, format!("HTTP/1.1 429 Slow\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n"), false).await;
        let told = proxied(&scene).await.expect("an answer");
        assert_eq!(told.code(), "upstream_throttled", "{said}: {}", told.text());
        let wait: u64 = told.header("retry-after").parse().expect("seconds");
        assert!((least..=most).contains(&wait), "{said} became {wait}");
    }
}
