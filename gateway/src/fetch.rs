//! Documents of token issuers: discovery, key sets, and what they say of a token. No redirects, nothing but 200, so much and no more, and only
//! from addresses that the issuer's network allows.

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use portico_composites::connect::client::{Client, ClientError, ClientSettings};
use portico_composites::connect::network;
use portico_policies::authenticate::{Fetch, FetchError, Network, Question};
use url::Url;

/// Larger than any document of an issuer; each fetch says its own limit.
const LARGEST: usize = 1 << 20;

/// Fetches over HTTP(S). Issuers share connections with no system.
#[derive(Debug)]
pub(crate) struct HttpFetch {
    public: Client,
    private: Client,
}

impl HttpFetch {
    /// Trusts what the platform trusts.
    pub(crate) fn new() -> Result<Self, ClientError> {
        let client = |network| {
            Client::new(&ClientSettings { network, largest_answer: LARGEST, idle_connections: 1, ..Default::default() })
        };
        Ok(HttpFetch { public: client(network::Network::Public)?, private: client(network::Network::Private)? })
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, url: &Url, network: Network, limit: usize) -> Result<Vec<u8>, FetchError> {
        let request = Request::get(url.as_str()).header(ACCEPT, "application/json").body(Full::default());
        self.send(url, request, network, limit).await
    }

    async fn ask(&self, question: &Question, network: Network, limit: usize) -> Result<Vec<u8>, FetchError> {
        let mut request = Request::post(question.url.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(ours) = &question.authorization {
            let mut value = HeaderValue::from_str(ours.reveal()).map_err(|error| says(&error))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let form = Bytes::copy_from_slice(question.form.reveal().as_bytes());
        self.send(&question.url, request.body(Full::new(form)), network, limit).await
    }
}

impl HttpFetch {
    async fn send(
        &self,
        url: &Url,
        request: http::Result<Request<Full<Bytes>>>,
        network: Network,
        limit: usize,
    ) -> Result<Vec<u8>, FetchError> {
        let client = match network {
            Network::Private => &self.private,
            Network::Public if url.scheme() == "https" => &self.public,
            Network::Public => return Err(FetchError("only https is fetched".to_owned())),
        };
        let answer = client.send(request.map_err(|error| says(&error))?).await.map_err(|error| says(&error))?;
        match answer.status {
            StatusCode::OK if answer.body.len() <= limit => Ok(answer.body.into()),
            StatusCode::OK => Err(FetchError(format!("the document is larger than {limit} bytes"))),
            status => Err(FetchError(format!("the issuer answers {}", status.as_u16()))),
        }
    }
}

fn says(error: &dyn std::fmt::Display) -> FetchError {
    FetchError(error.to_string())
}
