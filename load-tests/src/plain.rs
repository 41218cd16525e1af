//! The smallest upstream there is: one fixed answer over kept-alive connections, for whoever shows the token that its
//! own token endpoint gives out.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the gateway must show. The caller's own token is not it: a run in which that is forwarded has no right answers.
pub(crate) const TOKEN: &str = "load-test-upstream-token";
const TOKEN_PATH: &str = "/token";
const TOKEN_ANSWER: &str = r#"{"access_token":"load-test-upstream-token","token_type":"Bearer","expires_in":3600}"#;

/// About what an ERP says of one order.
const ORDER: &str = r#"{"@odata.context":"https://erp.example/data/$metadata#SalesOrderHeadersV2","value":[{"@odata.etag":"W/\"JzEsNTYzNzE0NDU3NjsxLDU2MzcxNDQ1NzYn\"","dataAreaId":"acmf","SalesOrderNumber":"SO-20000","OrderingCustomerAccountNumber":"C-2000","InvoiceCustomerAccountNumber":"C-2000","SalesOrderStatus":"Backorder","SalesOrderProcessingStatus":"Active","CurrencyCode":"EUR","OrderTotalAmount":12480.5,"OrderCreationDateTime":"2026-08-14T09:00:00Z","RequestedShippingDate":"2026-08-28T12:00:00Z","CustomersOrderReference":"PO-4711","DeliveryAddressName":"Weser Werkzeuge GmbH","DeliveryAddressStreet":"Werkzeugweg 12","DeliveryAddressZipCode":"28195","DeliveryAddressCity":"Bremen","DeliveryAddressCountryRegionId":"DEU","DeliveryTermsCode":"DAP","PaymentTermsName":"Net30","SalesOrderName":"Weser Werkzeuge GmbH","LanguageId":"de","AreTotalsCalculated":"Yes"}]}"#;

/// A running upstream; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) url: String,
    calls: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Plain {
    /// Starts on a port of its own.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let calls = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(accept(listener, Arc::clone(&calls)));
        Ok(Self { url, calls, task })
    }

    /// Where the gateway gets its token.
    pub(crate) fn token_url(&self) -> String {
        format!("{}{TOKEN_PATH}", self.url)
    }

    /// Calls since the start, those for tokens left out.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, calls: Arc<AtomicU64>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&calls)));
        }
    }
}

async fn serve(stream: TcpStream, calls: Arc<AtomicU64>) {
    // Without it answers wait for acknowledgements; a connection that cannot be set up so is still good.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let answer = answer(&request, &calls);
        async { Ok::<_, Infallible>(answer) }
    });
    // The gateway closes connections when it stops.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn answer(request: &Request<Incoming>, calls: &AtomicU64) -> Response<Full<Bytes>> {
    if request.uri().path() == TOKEN_PATH {
        return json(StatusCode::OK, TOKEN_ANSWER);
    }
    calls.fetch_add(1, Ordering::Relaxed);
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match shown.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(TOKEN) => json(StatusCode::OK, ORDER),
        _ => json(StatusCode::UNAUTHORIZED, "{}"),
    }
}

fn json(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_it_gives_out_is_the_one_it_takes() {
        let answer: serde_json::Value = serde_json::from_str(TOKEN_ANSWER).unwrap();
        assert_eq!(answer["access_token"], TOKEN);
        assert!(serde_json::from_str::<serde_json::Value>(ORDER).is_ok());
    }
}
