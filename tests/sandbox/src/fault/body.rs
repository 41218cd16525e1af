//! Bodies that are no good.

use std::io;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body_util::StreamBody;
use hyper::body::Frame;

use crate::serve::{Body, boxed};
use crate::vendor::Reply;

/// The length is that of the whole body, the body only half of it.
pub(crate) fn truncated(reply: Reply) -> Response<Body> {
    let whole = reply.body.len();
    let half = reply.body.slice(..whole / 2);
    let frames = stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(Frame::data(half)), None)),
            None => {
                // Lets the first half leave before the connection breaks.
                tokio::task::yield_now().await;
                Some((Err(io::Error::other("cut off")), None))
            }
        }
    });
    let mut response = Response::new(boxed(StreamBody::new(frames)));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(whole));
    response
}

/// A JSON text that goes on for as long as somebody reads it.
pub(crate) fn endless() -> Response<Body> {
    const MORE: Bytes = Bytes::from_static(&[b'x'; 16 * 1024]);
    let frames = stream::unfold(false, |begun| async move {
        if !begun {
            return Some((Ok::<_, io::Error>(Frame::data(Bytes::from_static(b"{\"value\":[{\"text\":\""))), true));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        Some((Ok(Frame::data(MORE)), true))
    });
    let mut response = Response::new(boxed(StreamBody::new(frames)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 1.7 MB of gzip that unpack to 256 MiB of spaces.
///
/// Deflate with the fixed code: a space, then "repeat the last byte 258 times" over and over. Eight repeats are
/// thirteen bytes, so the text is one short pattern.
pub(crate) fn gzip_bomb() -> Reply {
    const HEAD: [u8; 13] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0x53, 0x18, 0x05];
    const EIGHT_REPEATS: [u8; 13] = [0xa3, 0x60, 0x14, 0x8c, 0x82, 0x51, 0x30, 0x0a, 0x46, 0xc1, 0x28, 0x18, 0x05];
    const TIMES: usize = 130_000;
    const CHECKSUM: u32 = 0x2dcb_b324;
    const UNPACKED: u32 = 268_320_259;
    let mut packed = BytesMut::with_capacity(HEAD.len() + EIGHT_REPEATS.len() * TIMES + 9);
    packed.put_slice(&HEAD);
    for _ in 0..TIMES {
        packed.put_slice(&EIGHT_REPEATS);
    }
    packed.put_u8(0);
    packed.put_u32_le(CHECKSUM);
    packed.put_u32_le(UNPACKED);
    let mut reply = Reply::of(200, "application/json", packed.freeze());
    reply.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    reply
}

/// A page for people where a program expected data.
pub(crate) fn html() -> Reply {
    Reply::html(200, "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We will be back.</body></html>")
}

/// Breaks the JSON text before its end.
pub(crate) fn malformed(mut reply: Reply) -> Reply {
    let mut text = BytesMut::from(&reply.body[..reply.body.len().saturating_sub(1)]);
    text.put_slice(b",,}{");
    reply.body = text.freeze();
    reply
}
