//! Answers to the last byte, by HTTP/1.1 as it comes and by HTTP/2 as it was unpacked.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::questions::Question;

/// Longer than any answer takes, on a busy machine, too.
const PATIENCE: Duration = Duration::from_secs(40);

/// One answer: its status and every byte of it, head included.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) bytes: Vec<u8>,
}

impl Question {
    /// As HTTP/1.1 writes it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: portico.test\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        format!("{head}\r\n{}", self.body).into_bytes()
    }
}

/// A kept connection of HTTP/1.1, on which both tenants' requests follow each other.
pub(crate) struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    /// Received and not yet anybody's answer.
    left: Vec<u8>,
}

impl Line {
    /// To the gateway; connects when something is asked.
    pub(crate) fn to(address: SocketAddr) -> Line {
        Line { address, stream: None, left: Vec::new() }
    }

    /// Sends some requests in one piece and reads as many answers, in their order. Fewer come where the gateway closes.
    pub(crate) async fn ask(&mut self, questions: &[&Question]) -> Vec<Answer> {
        let answers = tokio::time::timeout(PATIENCE, self.all(questions)).await;
        let (answers, is_open) = answers.expect("the gateway answers or closes");
        if !is_open {
            self.hang_up();
        }
        answers
    }

    /// Sends so many bytes of a request and leaves.
    pub(crate) async fn leave_after(&mut self, question: &Question, bytes: usize) {
        let all = question.bytes();
        if let Ok(stream) = self.stream().await {
            let _ = stream.write_all(&all[..bytes.min(all.len())]).await;
        }
        self.hang_up();
    }

    fn hang_up(&mut self) {
        self.stream = None;
        self.left.clear();
    }

    async fn stream(&mut self) -> std::io::Result<&mut TcpStream> {
        if self.stream.is_none() {
            self.stream = Some(TcpStream::connect(self.address).await?);
        }
        Ok(self.stream.as_mut().expect("just connected"))
    }

    async fn all(&mut self, questions: &[&Question]) -> (Vec<Answer>, bool) {
        let bytes: Vec<u8> = questions.iter().flat_map(|question| question.bytes()).collect();
        let mut answers = Vec::new();
        let Ok(stream) = self.stream().await else { return (answers, false) };
        if stream.write_all(&bytes).await.is_err() {
            return (answers, false);
        }
        for _ in questions {
            match self.answer().await {
                Ok((answer, is_open)) => {
                    answers.push(answer);
                    if !is_open {
                        return (answers, false);
                    }
                }
                Err(_) => return (answers, false),
            }
        }
        // Nothing was asked any more: what is left would be somebody else's.
        assert!(self.left.is_empty(), "unasked: {}", String::from_utf8_lossy(&self.left));
        (answers, true)
    }

    /// The next answer, and whether the connection goes on behind it.
    async fn answer(&mut self) -> anyhow::Result<(Answer, bool)> {
        let head_ends = self.read_until(|bytes| find(bytes, b"\r\n\r\n").map(|at| at + 4)).await?;
        let head = String::from_utf8_lossy(&self.left[..head_ends]).to_lowercase();
        let status: u16 = head.split(' ').nth(1).context("a status")?.parse()?;
        let field =
            |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
        let is_open = field("connection:").is_none_or(|value| value != "close");
        let ends = if [204, 304].contains(&status) {
            head_ends
        } else if let Some(length) = field("content-length:") {
            let length: usize = length.parse()?;
            self.read_until(|bytes| (bytes.len() >= head_ends + length).then_some(head_ends + length)).await?
        } else if field("transfer-encoding:").is_some() {
            self.read_until(|bytes| find(&bytes[head_ends - 2..], b"\r\n0\r\n\r\n").map(|at| head_ends - 2 + at + 7))
                .await?
        } else {
            bail!("an answer that ends with its connection");
        };
        let bytes = self.left.drain(..ends).collect();
        Ok((Answer { status, bytes }, is_open))
    }

    async fn read_until(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> anyhow::Result<usize> {
        loop {
            if let Some(end) = end(&self.left) {
                return Ok(end);
            }
            let stream = self.stream.as_mut().context("connected")?;
            if stream.read_buf(&mut self.left).await? == 0 {
                bail!("closed in the middle");
            }
        }
    }
}

/// A connection of HTTP/2 that both tenants' requests share at the same time.
#[derive(Clone)]
pub(crate) struct Shared(SendRequest<Full<Bytes>>);

impl Shared {
    /// To the gateway.
    pub(crate) async fn to(address: SocketAddr) -> Shared {
        let stream = TcpStream::connect(address).await.expect("the gateway listens");
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2 without TLS");
        tokio::spawn(connection);
        Shared(sender)
    }

    /// Sends a request and reads its answer; none where the stream was reset.
    pub(crate) async fn ask(&mut self, question: &Question) -> Option<Answer> {
        tokio::time::timeout(PATIENCE, self.answer(question)).await.expect("the gateway answers or resets")
    }

    /// Sends a request and does not wait for its answer.
    pub(crate) async fn leave(&mut self, question: &Question, after: Duration) {
        let _ = tokio::time::timeout(after, self.answer(question)).await;
    }

    async fn answer(&mut self, question: &Question) -> Option<Answer> {
        let mut request =
            Request::builder().method(&question.method).uri(format!("http://portico.test{}", question.target));
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::from(question.body.clone())).expect("a request");
        self.0.ready().await.ok()?;
        let (head, body) = self.0.send_request(request).await.ok()?.into_parts();
        let mut bytes = format!("{:?}\n", head.headers).into_bytes();
        let body = body.collect().await.ok()?;
        bytes.extend_from_slice(format!("{:?}\n", body.trailers()).as_bytes());
        bytes.extend_from_slice(&body.to_bytes());
        Some(Answer { status: head.status.as_u16(), bytes })
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
