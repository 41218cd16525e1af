//! W3C trace context: continued where the caller's is well-formed, begun where it is not.

use std::sync::Arc;

/// One request's place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    /// To be sent upstream: the caller's trace, our span.
    pub(crate) parent: Arc<str>,
    /// The caller's vendor-specific part, only with a valid `traceparent`.
    pub(crate) state: Option<Arc<str>>,
}

const TRACE_ID: std::ops::Range<usize> = 3..35;
/// Of `tracestate`; longer ones may be dropped (W3C Trace Context §3.3.1.5).
const STATE_BYTES: usize = 512;

impl Trace {
    /// Continues the caller's trace with a span of our own, or begins one.
    pub(super) fn continued(parent: Option<&str>, state: Option<&str>) -> Self {
        let span = nonzero(rand::random::<u64>);
        match parent.and_then(parse) {
            Some((trace_id, flags)) => Trace {
                parent: format!("00-{trace_id}-{span:016x}-{flags}").into(),
                state: state.filter(|state| is_acceptable(state)).map(Arc::from),
            },
            None => {
                let trace_id = nonzero(rand::random::<u128>);
                Trace { parent: format!("00-{trace_id:032x}-{span:016x}-00").into(), state: None }
            }
        }
    }

    /// The trace's name, as logs carry it.
    pub(crate) fn id(&self) -> &str {
        &self.parent[TRACE_ID]
    }
}

/// `version-traceid-parentid-flags`, lower-case hexadecimal, neither id zero. Later versions may add fields.
fn parse(parent: &str) -> Option<(&str, &'static str)> {
    let mut parts = parent.split('-');
    let (version, trace_id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hexadecimal =
        |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let nonzero = |part: &str| part.bytes().any(|b| b != b'0');
    let well_formed = hexadecimal(version, 2)
        && version != "ff"
        && hexadecimal(trace_id, 32)
        && nonzero(trace_id)
        && hexadecimal(span, 16)
        && nonzero(span)
        && hexadecimal(flags, 2)
        && (version != "00" || parts.next().is_none());
    // Of the flags only `sampled` is known to us, so only it is passed on.
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    well_formed.then_some((trace_id, if sampled { "01" } else { "00" }))
}

fn is_acceptable(state: &str) -> bool {
    !state.is_empty() && state.len() <= STATE_BYTES && state.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

fn nonzero<N: Default + PartialEq>(draw: impl Fn() -> N) -> N {
    loop {
        let number = draw();
        if number != N::default() {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_is_continued_with_a_span_of_our_own() {
        let trace = Trace::continued(Some(GIVEN), Some("vendor=1"));
        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(trace.parent.ends_with("-01") && !trace.parent.contains("00f067aa0ba902b7"));
        assert_eq!(trace.state.as_deref(), Some("vendor=1"));
    }

    #[test]
    fn what_is_not_well_formed_begins_a_new_trace() {
        for given in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
        ] {
            let trace = Trace::continued(Some(given), Some("vendor=1"));
            assert!(!given.contains(trace.id()), "{given}");
            assert_eq!((trace.parent.len(), &trace.state), (55, &None), "{given}");
        }
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert_eq!(Trace::continued(Some(later), None).id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}
