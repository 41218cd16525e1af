//! A system's port, which faults close, reopen or turn rude.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::System;
use crate::fault::{Depth, Fault};
use crate::serve::accept;

/// Serves a system for as long as it is polled. A fault that sits below HTTP ends every connection.
pub(crate) async fn keep_open(system: Arc<System>, address: SocketAddr, mut listener: TcpListener) {
    loop {
        let depth = system.switch.depth();
        let leaves = system.switch.leaves(depth);
        match depth {
            Depth::Port => {
                drop(listener);
                system.switch.shows(depth);
                leaves.await;
                listener = reopen(address).await;
            }
            Depth::Connection => {
                system.switch.shows(depth);
                tokio::select! { () = mistreat(&listener, &system) => {}, () = leaves => {} }
            }
            Depth::Exchange => {
                system.switch.shows(depth);
                tokio::select! { () = accept(&listener, &system) => {}, () = leaves => {} }
            }
        }
    }
}

/// The same port again; somebody else may hold it for a moment.
async fn reopen(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn mistreat(listener: &TcpListener, system: &Arc<System>) {
    let mut victims = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => drop(victims.spawn(end_rudely(socket, Arc::clone(system)))),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = victims.join_next(), if !victims.is_empty() => {}
        }
    }
}

/// Waits for the call, so that it can be counted, and does not answer it.
async fn end_rudely(mut socket: TcpStream, system: Arc<System>) {
    let mut head = vec![0; 8 * 1024];
    let read = socket.read(&mut head).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&head[..read]);
    let mut words = text.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or("?"), words.next().unwrap_or("?"));
    system.record(method, target, text.to_ascii_lowercase().contains("\r\nauthorization:"), None);
    if system.switch.current() == Some(Fault::Reset) {
        let _ = socket.set_zero_linger();
    } else {
        // A TLS alert: fatal, handshake failure.
        let _ = socket.write_all(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]).await;
    }
}
