//! Frames of HTTP/2 that no library would send: fields that become lines of HTTP/1, floods that cost the server more
//! than the sender.

use std::time::Duration;

use futures_util::future::join_all;
use portico_tests::Seen;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Target;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

type Field<'f> = (&'f [u8], &'f [u8]);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small frame").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// An integer behind a prefix of seven bits (RFC 7541, section 5.1), and the text itself.
fn text(bytes: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    match bytes.len() {
        short @ 0..127 => coded.push(u8::try_from(short).expect("below 127")),
        long => {
            let mut left = long - 127;
            coded.push(127);
            while left >= 128 {
                coded.push(u8::try_from(left % 128).expect("seven bits") | 128);
                left /= 128;
            }
            coded.push(u8::try_from(left).expect("seven bits"));
        }
    }
    coded.extend_from_slice(bytes);
    coded
}

/// Fields as literals that are not indexed, byte for byte (RFC 7541, section 6.2.2).
fn block(fields: &[Field<'_>]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

fn opened() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()
}

/// What the gateway said on a connection until it closed or was silent.
#[derive(Debug, Default)]
struct Heard {
    frames: Vec<(u8, u32, Vec<u8>)>,
    closed: bool,
}

impl Heard {
    async fn on(stream: &mut TcpStream) -> Heard {
        let mut bytes = Vec::new();
        let closed = loop {
            match tokio::time::timeout(super::SILENCE, stream.read_buf(&mut bytes)).await {
                Ok(Ok(1..)) => {}
                end => break end.is_ok(),
            }
        };
        let mut heard = Heard { frames: Vec::new(), closed };
        let mut rest = &bytes[..];
        while let Some((head, behind)) = rest.split_at_checked(9) {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let Some((payload, behind)) = behind.split_at_checked(length) else { break };
            heard.frames.push((head[3], stream, payload.to_vec()));
            rest = behind;
        }
        heard
    }

    fn has(&self, kind: u8) -> bool {
        self.frames.iter().any(|(of, _, _)| *of == kind)
    }

    /// Whether a request was answered with 200, which has one byte of its own (RFC 7541, appendix A).
    fn is_served(&self) -> bool {
        self.frames.iter().any(|(kind, _, payload)| *kind == HEADERS && payload.first() == Some(&0x88))
    }
}

impl Target {
    async fn with_http2() -> Target {
        Target::with(|settings| settings.listen.h2c = true).await
    }

    /// Sends frames on a connection of their own.
    async fn send(&self, frames: &[u8]) -> Heard {
        let mut stream = TcpStream::connect(self.scene.traffic()).await.expect("the gateway listens");
        let _ = stream.write_all(&[&opened()[..], frames].concat()).await;
        Heard::on(&mut stream).await
    }

    /// One request by HTTP/2, with these fields behind its own.
    async fn request(&self, pseudo: &[Field<'_>], fields: &[Field<'_>]) -> Heard {
        let bearer = format!("Bearer {}", self.token);
        let own: [Field<'_>; 1] = [(b"authorization", bearer.as_bytes())];
        let all = [pseudo, &own, fields].concat();
        self.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(&all))).await
    }
}

const PLAIN: [Field<'static>; 4] =
    [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/erp/v1/x"), (b":authority", b"portico.test")];

#[tokio::test(flavor = "multi_thread")]
async fn frames_by_hand_are_answered_like_any_others() {
    let target = Target::with_http2().await;
    let heard = target.request(&PLAIN, &[(b"x-kept", b"yes")]).await;
    assert!(heard.is_served(), "{heard:?}");
    let seen = target.upstream.seen().remove(0);
    assert_eq!((seen.target.as_str(), seen.header("x-kept").as_str()), ("/data/x", "yes"));
}

/// Through each of them a line of one's own would stand in the request that goes on by HTTP/1.
#[tokio::test(flavor = "multi_thread")]
async fn no_name_or_value_becomes_a_line_of_http1() {
    let target = Target::with_http2().await;
    let fields: [Field<'_>; 25] = [
        (b"x\r\nx-tenant-id", b"globex"),
        (b"x\nx-tenant-id", b"globex"),
        (b"x\rx-tenant-id", b"globex"),
        (b"x-tenant-id: globex\r\nx", b"y"),
        (b"x: y", b"z"),
        (b"x:", b"y"),
        (b"x y", b"z"),
        (b" x", b"y"),
        (b"x ", b"y"),
        (b"x\ty", b"z"),
        (b"x\0y", b"z"),
        (b"x\x7f", b"y"),
        (b"x\xe9", b"y"),
        (b"X-Upper", b"y"),
        (b"", b"y"),
        (b"x", b"y\r\nx-tenant-id: globex"),
        (b"x", b"y\nx-tenant-id: globex"),
        (b"x", b"y\rx-tenant-id: globex"),
        (b"x", b"y\0z"),
        (b"x", b"y\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
        (b":evil", b"y"),
        (b":path", b"/erp/v1/smuggled"),
        (b":authority", b"evil.example"),
        (b":status", b"200"),
        (b"cookie\r\n", b"y"),
    ];
    let heard = join_all(fields.iter().map(|field| target.request(&PLAIN, std::slice::from_ref(field)))).await;
    for (field, heard) in fields.iter().zip(heard) {
        assert!(!heard.is_served(), "{:?}: {heard:?}", String::from_utf8_lossy(&[field.0, b": ", field.1].concat()));
    }
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pseudo_field_becomes_a_line_of_http1() {
    let target = Target::with_http2().await;
    let with = |at: usize, value: &'static [u8]| {
        let mut fields = PLAIN;
        fields[at].1 = value;
        fields.to_vec()
    };
    let without =
        |at: usize| PLAIN.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, field)| *field).collect();
    let cases: [Vec<Field<'_>>; 24] = [
        with(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"),
        with(0, b"GET /smuggled"),
        with(0, b""),
        with(0, b"CONNECT"),
        with(0, b"TRACE"),
        with(1, b"http://evil.example/?"),
        with(1, b"http\r\nx: y"),
        with(2, b""),
        with(2, b"*"),
        with(2, b"smuggled"),
        with(2, b"/x HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled"),
        with(2, b"/erp/v1/x\r\nx-tenant-id: globex"),
        with(2, b"/erp/v1/../x"),
        with(2, b"//erp/v1/x"),
        with(2, b"/erp/v1/x\0"),
        with(2, b"http://evil.example/erp/v1/x"),
        with(3, b"portico.test\r\nx-tenant-id: globex"),
        with(3, b"a@b"),
        with(3, b"a b"),
        with(3, b""),
        without(0),
        without(2),
        without(3),
        [PLAIN.to_vec(), vec![(b":path", b"/erp/v1/y")]].concat(),
    ];
    let heard = join_all(cases.iter().map(|pseudo| target.request(pseudo, &[]))).await;
    for (pseudo, heard) in cases.iter().zip(heard) {
        let shown: Vec<_> = pseudo.iter().map(|(_, value)| String::from_utf8_lossy(value)).collect();
        assert!(!heard.is_served(), "{shown:?}: {heard:?}");
    }
    assert_eq!(target.seen(), [""; 0]);
    // A pseudo field behind a plain one is none.
    let late = [&PLAIN[..2], &[(&b"x"[..], &b"y"[..])], &PLAIN[2..]].concat();
    assert!(!target.request(&late, &[]).await.is_served());
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_of_http1_and_a_second_host_have_no_place_in_http2() {
    let target = Target::with_http2().await;
    let fields: [Field<'_>; 12] = [
        (b"transfer-encoding", b"chunked"),
        (b"transfer-encoding", b"identity"),
        (b"connection", b"close"),
        (b"connection", b"x-trick"),
        (b"keep-alive", b"timeout=5"),
        (b"proxy-connection", b"keep-alive"),
        (b"upgrade", b"h2c"),
        (b"te", b"gzip"),
        (b"host", b"evil.example"),
        (b"content-length", b"5"),
        (b"content-length", b"+0"),
        (b"content-length", b"0, 0"),
    ];
    let heard = join_all(fields.iter().map(|field| target.request(&PLAIN, std::slice::from_ref(field)))).await;
    for (field, heard) in fields.iter().zip(heard) {
        assert!(!heard.is_served(), "{:?}: {heard:?}", String::from_utf8_lossy(&[field.0, b": ", field.1].concat()));
    }
    let two: [Field<'_>; 2] = [(b"host", b"portico.test"), (b"host", b"evil.example")];
    assert!(!target.request(&PLAIN, &two).await.is_served());
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_as_long_as_it_says_is_no_whole_body() {
    let target = Target::with_http2().await;
    let bearer = format!("Bearer {}", target.token);
    for (said, body) in [("500", "hello"), ("1", "hello")] {
        let mut fields = PLAIN;
        fields[0].1 = b"POST";
        let own: [Field<'_>; 2] = [(b"authorization", bearer.as_bytes()), (b"content-length", said.as_bytes())];
        let head = frame(HEADERS, END_HEADERS, 1, &block(&[&fields[..], &own].concat()));
        let heard = target.send(&[head, frame(DATA, END_STREAM, 1, body.as_bytes())].concat()).await;
        assert!(!heard.is_served(), "{said}: {heard:?}");
    }
    assert!(target.upstream.seen().iter().all(|seen: &Seen| !seen.whole), "{:?}", target.upstream.seen());
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_behind_a_body_are_nobodys_identity_by_http2_either() {
    let target = Target::with_http2().await;
    let bearer = format!("Bearer {}", target.token);
    let mut fields = PLAIN;
    fields[0].1 = b"POST";
    let own: [Field<'_>; 1] = [(b"authorization", bearer.as_bytes())];
    let trailers: [Field<'_>; 3] =
        [(b"x-tenant-id", b"globex"), (b"authorization", b"stolen"), (b"x-late", b"trailer")];
    let frames = [
        frame(HEADERS, END_HEADERS, 1, &block(&[&fields[..], &own].concat())),
        frame(DATA, 0, 1, b"hello"),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(&trailers)),
    ];
    target.send(&frames.concat()).await;
    let all = format!("{:?}", target.upstream.seen());
    for word in ["globex", "stolen", "trailer"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_resets_a_thousand_times_is_shown_the_door() {
    let target = Target::with_http2().await;
    let bearer = format!("Bearer {}", target.token);
    let own: [Field<'_>; 1] = [(b"authorization", bearer.as_bytes())];
    let asked = block(&[&PLAIN[..], &own].concat());
    let flood: Vec<u8> = (0..2_000)
        .flat_map(|at| {
            let stream = 2 * at + 1;
            [frame(HEADERS, END_STREAM | END_HEADERS, stream, &asked), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])]
                .concat()
        })
        .collect();
    let heard = target.send(&flood).await;
    assert!(heard.closed || heard.has(GOAWAY), "{heard:?}");
    assert!(target.upstream.seen().len() < 200, "{} reached the ERP", target.upstream.seen().len());
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_not_collected() {
    let target = Target::with_http2().await;
    let mut flood = frame(HEADERS, 0, 1, &block(&PLAIN));
    for at in 0..4_000 {
        let name = format!("x-{at}");
        flood.extend(frame(CONTINUATION, 0, 1, &block(&[(name.as_bytes(), &[b'y'; 100])])));
    }
    let heard = target.send(&flood).await;
    assert!(heard.closed || heard.has(GOAWAY) || heard.has(RST_STREAM), "{heard:?}");
    // Empty pieces cost nothing to send and nothing to count in bytes.
    let mut flood = frame(HEADERS, 0, 1, &block(&PLAIN));
    for _ in 0..20_000 {
        flood.extend(frame(CONTINUATION, 0, 1, &[]));
    }
    let heard = target.send(&flood).await;
    assert!(heard.closed || heard.has(GOAWAY) || heard.has(RST_STREAM), "{heard:?}");
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_block_that_unpacks_to_megabytes_is_refused() {
    let target = Target::with_http2().await;
    let bearer = format!("Bearer {}", target.token);
    let own: [Field<'_>; 1] = [(b"authorization", bearer.as_bytes())];
    let mut packed = block(&[&PLAIN[..], &own].concat());
    // One field of 3 kB is indexed (section 6.2.1), and then meant five thousand times by one byte each.
    packed.extend([vec![0x40], text(b"x-bomb"), text(&[b'y'; 3_000])].concat());
    packed.extend([0xbe; 5_000]);
    let heard = target.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &packed)).await;
    assert!(!heard.is_served(), "{heard:?}");
    let many: Vec<u8> = (0..1_500).flat_map(|at| block(&[(format!("x-{at}").as_bytes(), b"y")])).collect();
    let head = [block(&[&PLAIN[..], &own].concat()), many].concat();
    let (first, rest) = head.split_at(10_000);
    let frames = [frame(HEADERS, END_STREAM, 1, first), frame(CONTINUATION, END_HEADERS, 1, rest)];
    let heard = target.send(&frames.concat()).await;
    assert!(!heard.is_served(), "{heard:?}");
    assert_eq!(target.seen(), [""; 0]);
    target.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_pings_by_the_thousand_keep_nobody_else_waiting() {
    let target = Target::with_http2().await;
    let pings: Vec<u8> = (0..20_000).flat_map(|_| frame(PING, 0, 0, &[0; 8])).collect();
    let settings: Vec<u8> = (0..20_000).flat_map(|_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])).collect();
    let empty: Vec<u8> = (0..20_000).flat_map(|_| frame(DATA, 0, 1, &[])).collect();
    for flood in [pings, settings, empty] {
        let mut stream = TcpStream::connect(target.scene.traffic()).await.expect("the gateway listens");
        // Who does not read the answers is not waited for.
        let all = [opened(), flood].concat();
        let _ = tokio::time::timeout(Duration::from_secs(2), stream.write_all(&all)).await;
        target.is_well().await;
    }
}
