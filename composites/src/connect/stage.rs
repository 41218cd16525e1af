//! For tests: a server on a real socket that plays whatever it is told to, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use url::Url;

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// The connection it came on.
    pub(super) peer: SocketAddr,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Play {
    /// A whole answer with these headers.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// These bytes, and then the connection ends.
    Raw(Vec<u8>),
    /// A beginning, and then more and more.
    Endless,
    /// Nothing, for ever.
    Hang,
}

impl Play {
    pub(super) fn json(body: impl std::fmt::Display) -> Play {
        Play::Answer(200, Vec::new(), body.to_string())
    }

    pub(super) fn status(status: u16) -> Play {
        Play::Answer(status, Vec::new(), "{}".to_owned())
    }
}

type Script = dyn Fn(&Asked) -> Play + Send + Sync;

/// The server.
pub(super) struct Stage {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    running: AbortHandle,
}

impl Stage {
    pub(super) async fn playing(script: impl Fn(&Asked) -> Play + Send + Sync + 'static) -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, script): (Arc<Mutex<Vec<Asked>>>, Arc<Script>) = (Arc::default(), Arc::new(script));
        let heard = asked.clone();
        let running = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                tokio::spawn(serve(stream, peer, heard.clone(), script.clone()));
            }
        });
        Stage { address, asked, running: running.abort_handle() }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }

    /// How often a path was asked for.
    pub(super) fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.target.starts_with(path)).count()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn serve(mut stream: TcpStream, peer: SocketAddr, heard: Arc<Mutex<Vec<Asked>>>, script: Arc<Script>) {
    while let Some(asked) = read(&mut stream, peer).await {
        heard.lock().push(asked.clone());
        let played = match script(&asked) {
            Play::Answer(status, headers, body) => {
                let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let head = format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\n{extra}\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await
            }
            Play::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Play::Endless => {
                let mut written = stream.write_all(b"HTTP/1.1 200 .\r\ntransfer-encoding: chunked\r\n\r\n").await;
                let more = format!("1000\r\n{}\r\n", "m".repeat(0x1000));
                while written.is_ok() {
                    written = stream.write_all(more.as_bytes()).await;
                }
                written
            }
            Play::Hang => std::future::pending().await,
        };
        if played.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, peer: SocketAddr) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, length)| length.parse().ok());
    while bytes.len() < head_end + length.unwrap_or(0) {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(Asked { method, target, headers, body, peer })
}
