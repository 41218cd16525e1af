//! Before stage 1: what holds for a connection from this request on. pingora forgets these on every request.

use http::header::{CONNECTION, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Version};
use pingora::proxy::Session;

use crate::exchange::Exchange;

/// Bounds the waiting, and makes it safe to watch for a client that leaves.
pub(crate) fn prepare(session: &mut Session, exchange: &mut Exchange) {
    exchange.method = session.req_header().method.clone();
    exchange.protocol = session.req_header().version;
    let limits = &exchange.snapshot.settings.limits;
    // None means that the client, its version or pingora wants the connection closed.
    let goes_on = session.get_keepalive().is_some() && !says_close(&session.req_header().headers);
    if goes_on && !session.is_process_shutting_down() {
        session.set_keepalive(Some(limits.idle_timeout.as_secs().max(1)));
    } else {
        session.set_keepalive(None);
    }
    session.set_read_timeout(Some(limits.body_timeout));
    session.set_write_timeout(Some(limits.body_timeout));
    session.set_total_drain_timeout(Some(limits.head_timeout));
    // Without it, a byte of the next request that arrives while this one is watched would kill both.
    session.set_pipelining_enabled(true);
    // 1xx are between us and the client.
    session.set_ignore_info_resp(true);
    // No protocol is ever switched to, and what follows such a request is not to be guessed at.
    if session.req_header().version != Version::HTTP_2 && session.req_header_mut().remove_header(&UPGRADE).is_some() {
        session.set_keepalive(None);
    }
    // pingora takes a chunk without a size for the last one, and LF in an extension. Whoever came before us may have
    // read on; so behind chunks there is no next request to disagree about.
    if session.req_header().version != Version::HTTP_2 && session.req_header().headers.contains_key(TRANSFER_ENCODING) {
        session.set_keepalive(None);
    }
}

/// pingora reads the first `Connection` header only.
fn says_close(headers: &HeaderMap) -> bool {
    let options = headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    options.map(<[u8]>::trim_ascii).any(|option| option.eq_ignore_ascii_case(b"close"))
}
