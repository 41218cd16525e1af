//! The second listener.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Front, code, read_all, status};

async fn ask(front: &Front, path: &str, fields: &str) -> String {
    let mut stream = TcpStream::connect(front.running.admin()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_all(&mut stream).await
}

#[tokio::test]
async fn health_and_metrics_are_open() {
    let front = Front::start().await;
    assert_eq!(status(&ask(&front, "/healthz", "").await), "200");
    assert_eq!(status(&ask(&front, "/readyz", "").await), "200");
    front.get("/erp/v1/data/x", "").await;
    front.logged();
    let metrics = ask(&front, "/metrics", "").await;
    for line in [
        "portico_http_requests_total{api=\"erp\",version=\"v1\",route=\"/erp/v1/data/**\",method=\"GET\",status=\"200\"} 1",
        "portico_http_request_duration_seconds_count{api=\"erp\",version=\"v1\",route=\"/erp/v1/data/**\"} 1",
        "portico_upstream_requests_total{role=\"erp\",entity=\"proxied\",outcome=\"ok\"} 1",
        "portico_gateway_overhead_seconds_count 1",
        "portico_config_generation 1",
        "portico_build_info{version=\"",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn everything_else_is_the_administrators() {
    let front = Front::start().await;
    let token = "Authorization: Bearer admin-token-for-tests-0123456789\r\n";
    assert_eq!(code(&ask(&front, "/api/status", "").await), "credentials_missing");
    assert_eq!(code(&ask(&front, "/api/status", "Authorization: Bearer x\r\n").await), "key_invalid");
    let shown = ask(&front, "/api/status", token).await;
    assert_eq!(status(&shown), "200");
    assert!(shown.contains("\"tenant\":\"acme\"") && !shown.contains("erp-token"), "{shown}");
    assert_eq!(status(&ask(&front, "/nowhere", token).await), "404");
}

#[tokio::test]
async fn the_traffic_listener_has_none_of_it() {
    let front = Front::start().await;
    for path in ["/healthz", "/readyz", "/metrics", "/api/status"] {
        assert_eq!(status(&front.get(path, "").await), "404", "{path}");
    }
}

#[tokio::test]
async fn a_reload_is_seen_and_a_request_keeps_what_it_began_with() {
    let front = Front::start().await;
    let api = front.folder.path().join("apis/erp/v1/api.yaml");
    std::fs::write(api, "state: active\nscope: api:erp\nroutes:\n  - { path: /other/**, role: erp }\n").unwrap();
    assert_eq!(front.running.apply(crate::support::settings(front.folder.path())).unwrap(), 2);
    assert_eq!(status(&front.get("/erp/v1/data/x", "").await), "404");
    assert_eq!(status(&front.get("/erp/v1/other/x", "").await), "200");
    assert!(ask(&front, "/metrics", "").await.contains("portico_config_generation 2"));
}
