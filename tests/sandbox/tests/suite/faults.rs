//! What each fault does on the wire.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use portico_sandbox::{Drift, Fault, JsonType, Options, Role, Sandbox, Tenant, WrongRows};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Reader, get, sign_in};

const TARGET: &str = "/data/CustomersV3?cross-company=true&$filter=dataAreaId eq 'acmf' and CustomerAccount eq \
                      'C-1001'&$select=CustomerAccount,CreditLimit,OrganizationName";

async fn with(fault: Fault) -> anyhow::Result<(Sandbox, Reader)> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let reader = Reader::of(sandbox.system(Tenant::Acme, Role::Erp)).await?;
    sandbox.set_fault(Tenant::Acme, Role::Erp, fault).await;
    Ok((sandbox, reader))
}

/// A raw connection to a system, with a call already written.
async fn raw(sandbox: &Sandbox) -> anyhow::Result<TcpStream> {
    let address = sandbox.system(Tenant::Acme, Role::Erp).address.replace("http://", "");
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(b"GET /data/CustomersV3 HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    Ok(socket)
}

#[tokio::test]
async fn a_closed_port_refuses_and_opens_again_in_the_same_place() -> anyhow::Result<()> {
    for fault in [Fault::Down, Fault::Refused] {
        let (sandbox, reader) = with(fault).await?;
        assert!(reader.get(TARGET).await.is_err());
        assert!(sign_in(sandbox.system(Tenant::Acme, Role::Erp)).await.is_err());
        assert_eq!(get(&sandbox.system(Tenant::Acme, Role::Crm).address).await?.status, 404);
        sandbox.clear_faults().await;
        assert_eq!(reader.get(TARGET).await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_ends_when_its_time_is_over() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let erp = sandbox.system(Tenant::Acme, Role::Erp).address.clone();
    let short = Duration::from_millis(50);
    sandbox.set_fault_for(Tenant::Acme, Role::Erp, Fault::Hang, short).await;
    assert_eq!(get(&erp).await?.status, 404);
    sandbox.set_fault_for(Tenant::Acme, Role::Erp, Fault::Down, short).await;
    while get(&erp).await.is_err() {
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_hanging_call_is_counted_and_never_answered() -> anyhow::Result<()> {
    let (sandbox, reader) = with(Fault::Hang).await?;
    sandbox.clear_calls();
    assert!(timeout(Duration::from_millis(50), reader.get(TARGET)).await.is_err());
    assert_eq!(sandbox.calls_to(Tenant::Acme, Role::Erp), 1);
    let (answer, ()) = tokio::join!(reader.get(TARGET), async {
        while sandbox.calls_to(Tenant::Acme, Role::Erp) < 2 {
            tokio::task::yield_now().await;
        }
        sandbox.clear_faults().await;
    });
    assert_eq!(answer?.status, 200);
    Ok(())
}

#[tokio::test]
async fn slow_is_late_and_right() -> anyhow::Result<()> {
    let (_sandbox, reader) = with(Fault::Slow(Duration::from_millis(60))).await?;
    let begun = Instant::now();
    assert_eq!(reader.get(TARGET).await?.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(60));
    Ok(())
}

#[tokio::test]
async fn statuses_and_throttling_are_as_ordered() -> anyhow::Result<()> {
    let (sandbox, reader) = with(Fault::Status(503)).await?;
    assert_eq!(reader.get(TARGET).await?.status, 503);
    assert!(sign_in(sandbox.system(Tenant::Acme, Role::Erp)).await.is_err());
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Throttled(Some(7))).await;
    let throttled = reader.get(TARGET).await?;
    assert_eq!((throttled.status, throttled.header("retry-after")), (429, Some("7")));
    assert!(throttled.json()["error"]["message"].as_str().is_some_and(|says| says.contains("high resource")));
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Throttled(None)).await;
    assert_eq!(reader.get(TARGET).await?.header("retry-after"), None);
    assert!(sign_in(sandbox.system(Tenant::Acme, Role::Erp)).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn bodies_can_be_of_every_bad_kind() -> anyhow::Result<()> {
    let (sandbox, reader) = with(Fault::Html).await?;
    let page = reader.get(TARGET).await?;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Truncated).await;
    assert!(reader.get(TARGET).await.is_err_and(|wrong| wrong.to_string().contains("broke off")));
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Malformed).await;
    let malformed = reader.get(TARGET).await?;
    assert_eq!(malformed.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&malformed.body).is_err());
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::GzipBomb).await;
    let bomb = reader.get(TARGET).await?;
    assert_eq!((bomb.header("content-encoding"), bomb.body.len()), (Some("gzip"), 1_690_022));
    Ok(())
}

#[tokio::test]
async fn an_endless_body_stops_with_its_reader() -> anyhow::Result<()> {
    let (sandbox, _reader) = with(Fault::Endless).await?;
    let address = sandbox.system(Tenant::Acme, Role::Erp).address.replace("http://", "");
    let socket = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    let connection = tokio::spawn(connection);
    let request = http::Request::get("/data/CustomersV3").header("host", "x").body(Empty::<bytes::Bytes>::new())?;
    let mut body = sender.send_request(request).await?.into_body();
    let mut read = 0;
    while read < 200_000 {
        read += body.frame().await.ok_or_else(|| anyhow::anyhow!("it ended"))??.data_ref().map_or(0, bytes::Bytes::len);
    }
    sandbox.stop();
    while body.frame().await.is_some_and(|frame| frame.is_ok()) {}
    connection.abort();
    Ok(())
}

#[tokio::test]
async fn json_can_be_good_and_wrong() -> anyhow::Result<()> {
    let gone = Drift { field: "CreditLimit".to_owned(), becomes: None };
    let (sandbox, reader) = with(Fault::Drift(gone)).await?;
    assert_eq!(reader.get(TARGET).await?.json()["value"][0].get("CreditLimit"), None);
    let retyped = Drift { field: "CreditLimit".to_owned(), becomes: Some(JsonType::String) };
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Drift(retyped)).await;
    assert_eq!(reader.get(TARGET).await?.json()["value"][0]["CreditLimit"], "100000");
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::WrongRows(WrongRows::Added)).await;
    let rows = reader.get(TARGET).await?.json()["value"].clone();
    assert_eq!((&rows[0]["CustomerAccount"], &rows[1]["CustomerAccount"]), (&"C-1002".into(), &"C-1001".into()));
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::WrongRows(WrongRows::InPlace)).await;
    assert_eq!(reader.get(TARGET).await?.json()["value"][0]["CustomerAccount"], "C-1002");
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_cured_by_a_new_one() -> anyhow::Result<()> {
    let (sandbox, reader) = with(Fault::ExpiredToken).await?;
    assert_eq!(reader.get(TARGET).await?.status, 401);
    let again = Reader::of(sandbox.system(Tenant::Acme, Role::Erp)).await?;
    assert_eq!(again.get(TARGET).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn links_can_lead_astray() -> anyhow::Result<()> {
    let (sandbox, reader) = with(Fault::Redirect).await?;
    let redirect = reader.get(TARGET).await?;
    assert_eq!(redirect.status, 302);
    assert!(redirect.header("location").is_some_and(|to| to.starts_with(sandbox.elsewhere_url())));
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::NextLinkElsewhere).await;
    let link = reader.get(TARGET).await?.json()["@odata.nextLink"].as_str().unwrap_or_default().to_owned();
    assert!(link.starts_with(sandbox.elsewhere_url()));
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::NextLinkLoop).await;
    let link = reader.get(TARGET).await?.json()["@odata.nextLink"].as_str().unwrap_or_default().to_owned();
    assert!(link.ends_with(&TARGET.replace(' ', "%20").replace('\'', "%27")));
    assert_eq!(sandbox.calls_elsewhere(), 0);
    get(sandbox.elsewhere_url()).await?;
    assert_eq!(sandbox.calls_elsewhere(), 1);
    Ok(())
}

#[tokio::test]
async fn handshakes_fail_and_connections_are_reset_after_the_call_was_counted() -> anyhow::Result<()> {
    let (sandbox, _reader) = with(Fault::Tls).await?;
    let mut bytes = Vec::new();
    // The call was read whole, so that the end is an orderly one.
    raw(&sandbox).await?.read_to_end(&mut bytes).await?;
    assert_eq!(bytes, [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Reset).await;
    sandbox.clear_calls();
    let reset = raw(&sandbox).await?.read_to_end(&mut bytes).await;
    assert!(reset.is_err_and(|wrong| wrong.kind() == std::io::ErrorKind::ConnectionReset));
    assert_eq!(sandbox.calls_to(Tenant::Acme, Role::Erp), 1);
    Ok(())
}

#[tokio::test]
async fn a_kept_connection_does_not_outlive_a_closed_port() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let mut socket = raw(&sandbox).await?;
    let mut some = [0; 16];
    socket.read_exact(&mut some).await?;
    sandbox.set_fault(Tenant::Acme, Role::Erp, Fault::Down).await;
    let mut rest = Vec::new();
    let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut rest)).await?;
    Ok(())
}
