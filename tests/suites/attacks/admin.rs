//! The second listener, and what could lead to it: it knows its administrator only, and no caller of the first one gets
//! there through a system, an issuer or a name.

use std::net::SocketAddr;
use std::sync::Arc;

use portico_composites::connect::network::Network;
use portico_composites::connect::system::SystemSettings;
use portico_gateway::settings::Settings;
use portico_tests::Scene;
use tokio::net::TcpStream;

use super::Said;
use crate::command_line::program;

async fn say(address: SocketAddr, bytes: String) -> Said {
    Said::to(TcpStream::connect(address).await.expect("it listens"), bytes.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_administrator_by_address_reads_anything_but_health_and_metrics() {
    let scene = Scene::start().await;
    let bearer = format!("Authorization: Bearer {}\r\n", scene.environment("PORTICO_ADMIN_TOKEN"));
    let crm = format!("Authorization: Bearer {}\r\n", scene.sandbox().token(portico_tests::Tenant::Acme, "crm"));
    let key = format!("X-API-Key: {}\r\n", scene.environment("KEY_PARTNER"));
    let here = "Host: 127.0.0.1\r\n";
    let cases = [
        ("nothing", here.to_owned(), "401"),
        ("a caller's token", format!("{here}{crm}"), "401"),
        ("a caller's key", format!("{here}{key}"), "401"),
        ("the token twice", format!("{here}{bearer}{bearer}"), "401"),
        ("the token behind another", format!("{here}Authorization: Bearer x\r\n{bearer}"), "401"),
        (
            "the token in another spelling",
            format!("{here}{}", bearer.replace("Bearer", "bearer").to_uppercase()),
            "401",
        ),
        (
            "the token as a cookie",
            format!("{here}{}", bearer.replace("Authorization: Bearer ", "Cookie: token=")),
            "401",
        ),
        ("half of the token", format!("{here}{}\r\n", &bearer[..bearer.len() - 10]), "401"),
        ("more than the token", format!("{here}{}x\r\n", bearer.trim_end()), "401"),
        ("a name of another site", format!("Host: evil.example\r\n{bearer}"), "400"),
        ("a name that begins like an address", format!("Host: 127.0.0.1.evil.example\r\n{bearer}"), "400"),
        ("a name that begins like ours", format!("Host: localhost.evil.example\r\n{bearer}"), "400"),
        ("a name with a user", format!("Host: 127.0.0.1@evil.example\r\n{bearer}"), "400"),
        ("an address in decimal", format!("Host: 2130706433\r\n{bearer}"), "400"),
        ("an address in octal", format!("Host: 0177.0.0.1\r\n{bearer}"), "400"),
        ("two names", format!("{here}Host: evil.example\r\n{bearer}"), "400"),
        ("no name", bearer.clone(), "400"),
        ("the administrator", format!("{here}{bearer}"), "200"),
        ("the administrator at home", format!("Host: localhost:9900\r\n{bearer}"), "200"),
    ];
    for path in ["/api/status", "/api/drift"] {
        for (case, fields, expected) in &cases {
            let said = say(scene.admin(), format!("GET {path} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n")).await;
            assert!(
                said.status() == *expected || (*expected == "400" && said.status().starts_with('4')),
                "{path}, {case}: {said:?}"
            );
            assert_eq!(
                said.text.contains("tenant"),
                *expected == "200" && path == "/api/status",
                "{path}, {case}: {said:?}"
            );
        }
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        let said =
            say(scene.admin(), format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(said.status(), "200", "{path}: {said:?}");
    }
    for (method, path) in
        [("POST", "/api/status"), ("DELETE", "/api/status"), ("OPTIONS", "/api/status"), ("TRACE", "/metrics")]
    {
        let said =
            say(scene.admin(), format!("{method} {path} HTTP/1.1\r\n{here}{bearer}Connection: close\r\n\r\n")).await;
        assert_eq!(said.status(), "405", "{method} {path}: {said:?}");
    }
    for path in
        ["/api/../api/status", "//api/status", "/api/status/", "/API/status", "/api%2fstatus", "/api/status;x", "/"]
    {
        let said = say(scene.admin(), format!("GET {path} HTTP/1.1\r\n{here}{bearer}Connection: close\r\n\r\n")).await;
        assert!(["400", "404"].contains(&said.status()), "{path}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_there_is_no_administrator() {
    let scene = Scene::with(|settings| settings.admin.token = None).await;
    for fields in
        ["", "Authorization: Bearer \r\n", "Authorization: Bearer admin\r\n", "Authorization: Bearer null\r\n"]
    {
        let said = say(
            scene.admin(),
            format!("GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}Connection: close\r\n\r\n"),
        )
        .await;
        assert_eq!(said.told(), "404 route_not_found", "{fields}: {said:?}");
    }
}

/// Acme's ERP is said to be in this network, at this address.
fn erp_at(settings: &mut Settings, url: &str, network: Network) {
    let acme = settings.tenants.values_mut().find(|tenant| tenant.id.as_str() == "acme").and_then(Arc::get_mut);
    let systems = acme.expect("nobody else holds the settings yet").systems.values_mut();
    for system in systems.filter(|system| system.role.as_str() == "erp") {
        let mut moved = SystemSettings::clone(system);
        moved.url = url.parse().expect("a URL");
        moved.client.network = network;
        *system = Arc::new(moved);
    }
}

/// The check of the configuration would refuse most of these; here nothing stands before the connection itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_system_said_to_be_public_leads_to_nobody_inside() {
    let inside = portico_tests::Upstream::start().await;
    let port = inside.url().rsplit(':').next().expect("a port").to_owned();
    let scene = Scene::start().await;
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ] {
        let url = format!("http://{host}:{port}");
        scene.reload_with(|settings| {
            settings.tiers.critical = std::time::Duration::from_millis(300);
            settings.tiers.standard = std::time::Duration::from_millis(300);
            erp_at(settings, &url, Network::Public);
        });
        let proxied = scene.get("/erp/v1/x").as_consumer("crm").send().await;
        assert!([502, 503].contains(&proxied.status.as_u16()), "{host}: {}", proxied.whole());
        let queried =
            scene.graphql(r#"{ product(sku: "AC-100") { sku } }"#).as_consumer("support-console").send().await;
        assert!(queried.data()["product"].is_null(), "{host}: {}", queried.text());
        for told in [proxied.whole(), queried.text()] {
            assert!(!told.contains(&port) && !told.contains(host), "{host}: {told}");
        }
    }
    assert_eq!(inside.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_cannot_turn_a_route_towards_another_host() {
    let target = super::Target::start().await;
    let inside = portico_tests::Upstream::start().await;
    let other = inside.url().replace("http://", "");
    for path in [
        format!("/erp/v1/@{other}/"),
        format!("/erp/v1/http://{other}/").replace("//", "/"),
        format!("/erp/v1/x?url=http://{other}/"),
        format!("/erp/v1/x@{other}"),
        "/erp/v1/:80/".to_owned(),
    ] {
        let fields = format!("X-Forwarded-Host: {other}\r\nX-Original-URL: http://{other}/\r\nX-Host: {other}\r\n");
        let said =
            target.say(format!("GET {path} HTTP/1.1\r\n{}{fields}Connection: close\r\n\r\n", target.known())).await;
        assert!(["200", "400"].contains(&said.status()), "{path}: {said:?}");
    }
    let absolute = target.say(format!("GET http://{other}/erp/v1/x HTTP/1.1\r\nHost: {other}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n", target.token)).await;
    assert_eq!(absolute.status(), "200", "the name of the host chooses nothing: {absolute:?}");
    assert_eq!(inside.seen().len(), 0);
    assert!(target.upstream.seen().iter().all(|seen| seen.target.starts_with("/data/")), "{:?}", target.seen());
}

#[test]
fn a_configuration_that_would_lead_inside_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let named = folder.path().join("configuration").display().to_string();
    assert!(program::told(&["init", &named], &[]).0);
    let file = folder.path().join("configuration/tenants/example.yaml");
    let written = std::fs::read_to_string(&file).expect("it was written");
    let public = "url: https://example.operations.dynamics.com";
    assert!(written.contains(public));
    for url in [
        "https://127.0.0.1",
        "https://[::1]",
        "https://0.0.0.0",
        "https://2130706433",
        "https://0x7f.1",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1",
        "https://[::ffff:10.0.0.1]",
        "http://example.com",
        "ftp://example.com",
        "https://user:password@example.com",
        "gopher://example.com",
    ] {
        std::fs::write(&file, written.replace(public, &format!("url: \"{url}\""))).expect("it can be written");
        let (in_order, said) = program::told(&["check", "--no-secrets", &named], &[]);
        assert!(!in_order && said.contains("tenants/example.yaml"), "{url}: {said}");
        assert!(!said.contains("password@"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_administrator_reloads_or_purges() {
    let scene = Scene::start().await;
    let bearer = format!("Authorization: Bearer {}\r\n", scene.environment("PORTICO_ADMIN_TOKEN"));
    let crm = format!("Authorization: Bearer {}\r\n", scene.sandbox().token(portico_tests::Tenant::Acme, "crm"));
    let product = || scene.get("/partner/v2/products/AC-100").as_consumer("partner-one").send();
    product().await;
    let body = r#"{"tenant":"acme"}"#;
    let json =
        format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    for path in ["/api/reload", "/api/cache/purge"] {
        for (case, method, fields, expected) in [
            ("nothing", "POST", "Host: 127.0.0.1\r\n".to_owned(), "401"),
            ("a caller's token", "POST", format!("Host: 127.0.0.1\r\n{crm}"), "401"),
            ("the token twice", "POST", format!("Host: 127.0.0.1\r\n{bearer}{bearer}"), "401"),
            ("a page of another site", "POST", format!("Host: evil.example\r\n{bearer}"), "4"),
            ("a link", "GET", format!("Host: 127.0.0.1\r\n{bearer}"), "405"),
            (
                "another method in disguise",
                "GET",
                format!("Host: 127.0.0.1\r\n{bearer}X-HTTP-Method-Override: POST\r\n"),
                "405",
            ),
        ] {
            let said = say(scene.admin(), format!("{method} {path} HTTP/1.1\r\n{fields}{json}")).await;
            assert!(said.status().starts_with(expected), "{path}, {case}: {said:?}");
        }
        let said = say(scene.traffic(), format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}{json}")).await;
        assert_eq!(said.status(), "404", "{path} by the traffic listener: {said:?}");
    }
    assert_eq!(product().await.header("cache-status"), "portico; hit");
    assert!(scene.admin_get("/metrics").send().await.text().contains("portico_config_generation 1\n"));
}
