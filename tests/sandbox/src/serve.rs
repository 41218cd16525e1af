//! HTTP/1.1 on a socket: reads a call completely, hands it to a site, writes what the site says.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{ALLOW, HeaderValue};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::clock::Clock;
use crate::vendor::{Call, Reply};

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Larger requests are answered 413: nothing here takes an upload.
const MOST_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// What answers calls at one address.
pub(crate) trait Site: Send + Sync + 'static {
    fn base_url(&self) -> &str;
    fn now(&self) -> DateTime<Utc>;
    /// An error ends the connection.
    fn answer(&self, call: Call) -> BoxFuture<'_, io::Result<Response<Body>>>;
}

pub(crate) fn boxed<B>(body: B) -> Body
where
    B: hyper::body::Body<Data = Bytes, Error = io::Error> + Send + 'static,
{
    body.boxed_unsync()
}

/// A reply as it goes out.
pub(crate) fn response(reply: Reply) -> Response<Body> {
    let body = Full::new(reply.body).map_err(|never: Infallible| match never {});
    let mut response = Response::new(boxed(body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Answers calls on one connection until it ends.
pub(crate) async fn talk<S: Site>(socket: TcpStream, site: Arc<S>) {
    let service = service_fn(|request| exchange(site.as_ref(), request));
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(socket), service);
    // A client that leaves is no news.
    let _ = connection.await;
}

async fn exchange<S: Site>(site: &S, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MOST_REQUEST_BYTES).collect().await else {
        return Ok(response(Reply::text(413, "too large")));
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut call = Call::new(head.method, target, site.base_url(), site.now());
    call.headers = head.headers;
    call.body = body.to_bytes();
    site.answer(call).await
}

/// Accepts connections for as long as it is polled; when dropped, its connections end too.
pub(crate) async fn accept<S: Site>(listener: &TcpListener, site: &Arc<S>) {
    let mut talks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((socket, _)) = accepted {
                    let _ = socket.set_nodelay(true);
                    talks.spawn(talk(socket, Arc::clone(site)));
                } else {
                    // Out of descriptors: somebody has to hang up first.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
            Some(_) = talks.join_next(), if !talks.is_empty() => {}
        }
    }
}

/// A background task that ends with its owner.
#[derive(Debug)]
pub(crate) struct Task(AbortHandle);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Answer = dyn Fn(Call) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync;

/// A site without faults: the issuer, the control plane, the host nobody should call.
pub(crate) struct PlainSite {
    base_url: String,
    clock: Arc<Clock>,
    answer: Box<Answer>,
}

impl Site for PlainSite {
    fn base_url(&self) -> &str {
        &self.base_url
    }
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    fn answer(&self, call: Call) -> BoxFuture<'_, io::Result<Response<Body>>> {
        (self.answer)(call).map(|reply| Ok(response(reply))).boxed()
    }
}

/// Opens a port; the answers are given by [`serve_plainly`].
pub(crate) async fn open(address: SocketAddr) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(address).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    Ok((listener, base_url))
}

/// Serves a site without faults until the task is dropped.
pub(crate) fn serve_plainly<F, R>(listener: TcpListener, base_url: String, clock: Arc<Clock>, answer: F) -> Task
where
    F: Fn(Call) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    let answer: Box<Answer> = Box::new(move |call| Box::pin(answer(call)));
    let site = Arc::new(PlainSite { base_url, clock, answer });
    Task::spawn(async move { accept(&listener, &site).await })
}

/// 405 with what would have been right.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Reply {
    let mut reply = Reply::text(405, "method not allowed");
    reply.headers.insert(ALLOW, HeaderValue::from_static(allowed));
    reply
}
