//! The bytes of one accepted connection, as pingora wants to see them.
//!
//! pingora's own stream writes head and body in two system calls unless it is buffered, and only pingora's
//! listeners can buffer it; hence this thin buffer. Reads stay unbuffered: sessions bring buffers of their own,
//! so that an idle connection costs no read buffer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use pingora::protocols::l4::stream::Stream as L4Stream;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, TimingDigest, UniqueID,
    UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, ReadBuf};
use tokio::net::TcpStream;

const WRITE_BUFFER: usize = 16 * 1024;
const H2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// An accepted TCP connection with a write buffer.
#[derive(Debug)]
pub(super) struct Wire {
    io: BufWriter<L4Stream>,
}

impl Wire {
    /// Takes an accepted connection and notes its peer.
    pub(super) fn new(tcp: TcpStream, peer: std::net::SocketAddr) -> Self {
        let mut stream = L4Stream::from(tcp);
        let digest = SocketDigest::from_raw_fd(std::os::fd::AsRawFd::as_raw_fd(&stream));
        // A fresh digest has no peer yet, so this cannot be refused.
        let _ = digest.peer_addr.set(Some(peer.into()));
        stream.set_socket_digest(digest);
        Wire { io: BufWriter::with_capacity(WRITE_BUFFER, stream) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[async_trait]
impl Peek for Wire {
    /// Looks for the HTTP/2 preface, and no further than the bytes differ from it: pingora's own way waits for 24
    /// bytes, which a short HTTP/1 request does not have.
    async fn try_peek(&mut self, buf: &mut [u8]) -> io::Result<bool> {
        let mut seen = 0;
        while seen < buf.len() && H2_PREFACE.starts_with(&buf[..seen]) {
            match self.io.read(&mut buf[seen..]).await? {
                0 => break,
                more => seen += more,
            }
        }
        self.io.get_mut().rewind(&buf[..seen]);
        Ok(true)
    }
}

#[async_trait]
impl Shutdown for Wire {
    async fn shutdown(&mut self) {
        // The peer may be gone already; there is nobody to tell.
        let _ = AsyncWriteExt::shutdown(&mut self.io).await;
    }
}

impl UniqueID for Wire {
    fn id(&self) -> UniqueIDType {
        self.io.get_ref().id()
    }
}

impl Ssl for Wire {}

impl GetTimingDigest for Wire {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        self.io.get_ref().get_timing_digest()
    }
}

impl GetProxyDigest for Wire {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        self.io.get_ref().get_proxy_digest()
    }
}

impl GetSocketDigest for Wire {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        self.io.get_ref().get_socket_digest()
    }
}
