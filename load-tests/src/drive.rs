//! Sends a scenario's requests over connections that stay open, and judges each answer.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::pace::{Mode, Pace};
use crate::tally::Tally;
use crate::traffic::Traffic;

/// Longer than any deadline of the gateway's.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(20);

/// How a run is driven.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) mode: Mode,
    pub(crate) connections: usize,
    pub(crate) lasts: Duration,
}

/// Drives the load and returns when every request is answered or given up, with how long it all took.
pub(crate) async fn drive(authority: &str, traffic: &Arc<Traffic>, load: Load) -> anyhow::Result<(Tally, Duration)> {
    let authority: Arc<str> = Arc::from(authority);
    let connections = u64::try_from(load.connections)?;
    let start = Instant::now();
    let mut running = JoinSet::new();
    for index in 0..connections {
        let pace = Pace::new(load.mode, start, load.lasts, index, connections);
        running.spawn(connection(Arc::clone(&authority), Arc::clone(traffic), pace));
    }
    let mut tally = Tally::new();
    while let Some(one) = running.join_next().await {
        tally.add(one.context("a connection's task broke off")?);
    }
    Ok((tally, start.elapsed()))
}

type Sender = SendRequest<Full<Bytes>>;

async fn connection(authority: Arc<str>, traffic: Arc<Traffic>, mut pace: Pace) -> Tally {
    let mut tally = Tally::new();
    let mut sender = None;
    while let Some(since) = pace.next().await {
        let mut ready = match sender.take() {
            Some(ready) => ready,
            None => match connect(&authority).await {
                Ok(fresh) => fresh,
                Err(_) => {
                    tally.failed("no connection");
                    sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let (request, expect) = traffic.next();
        match timeout(PATIENCE, exchange(&mut ready, request)).await {
            Ok(Ok((status, body))) => {
                if expect.fits(status, &body) {
                    tally.right(status, since.elapsed());
                } else {
                    tally.wrong(status, &body);
                }
                sender = still_open(ready).await;
            }
            Ok(Err(_)) => tally.failed("connection lost"),
            Err(_) => tally.failed("no answer in 15 s"),
        }
    }
    tally.unsent = pace.unsent();
    tally
}

async fn connect(authority: &str) -> anyhow::Result<Sender> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the connection, which ends with its sender.
    tokio::spawn(driver);
    Ok(sender)
}

async fn exchange(sender: &mut Sender, request: Request<Full<Bytes>>) -> hyper::Result<(u16, Bytes)> {
    let answer: Response<_> = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

/// The connection, unless the other side closed it after its answer.
async fn still_open(mut sender: Sender) -> Option<Sender> {
    sender.ready().await.is_ok().then_some(sender)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::plain::{Plain, TOKEN};
    use crate::scenario::Scenario;

    const OPEN: Load = Load { mode: Mode::Open(200), connections: 4, lasts: Duration::from_millis(100) };

    fn traffic(authority: &str, token: &str) -> Arc<Traffic> {
        let text = "{ about: a test, upstream: plain, consumer: crm, callers: 1, connections: 1, \
                    request: { method: GET, path: /orders }, expect: { status: 200, contains: SalesOrderNumber } }";
        let scenario: Scenario = serde_saphyr::from_str(text).unwrap();
        Arc::new(Traffic::new(&scenario, authority, &[token.to_owned()]).unwrap())
    }

    #[tokio::test]
    async fn an_open_loop_sends_exactly_what_is_due() {
        let plain = Plain::start().await.unwrap();
        let authority = plain.url.strip_prefix("http://").unwrap();
        let (tally, _) = drive(authority, &traffic(authority, TOKEN), OPEN).await.unwrap();
        assert_eq!((tally.requests(), tally.right_answers(), plain.calls()), (20, 20, 20));
    }

    #[tokio::test]
    async fn refusals_are_counted_apart_and_the_first_is_kept() {
        let plain = Plain::start().await.unwrap();
        let authority = plain.url.strip_prefix("http://").unwrap();
        let (tally, _) = drive(authority, &traffic(authority, "somebody else's"), OPEN).await.unwrap();
        assert_eq!((tally.right_answers(), tally.unexpected, tally.sample.as_deref()), (0, 20, Some("401 {}")));
    }

    #[tokio::test]
    async fn nobody_listening_is_a_failure_and_no_panic() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        let (tally, _) = drive(&gone, &traffic(&gone, TOKEN), OPEN).await.unwrap();
        assert_eq!((tally.answers(), tally.failures.get("no connection")), (0, Some(&tally.requests())));
    }

    #[tokio::test]
    async fn a_server_that_closes_after_each_answer_is_connected_to_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 1_024];
                assert!(stream.read(&mut head).await.unwrap() > 0);
                let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 16\r\n\r\nSalesOrderNumber";
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let (tally, _) = drive(&authority, &traffic(&authority, TOKEN), OPEN).await.unwrap();
        assert_eq!((tally.right_answers(), tally.failures.len()), (20, 0));
    }
}
