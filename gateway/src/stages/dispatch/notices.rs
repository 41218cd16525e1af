//! What a system told is forgotten, then whoever waits for it hears of it. Asks nobody anything, so it is quick.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use pingora::Result;
use pingora::proxy::Session;
use portico_composites::estate::Estate;
use portico_composites::fresh::{Change, Purge};
use portico_contracts::model::expect_object;
use portico_contracts::packs::NoticeFormat;

use crate::exchange::Exchange;
use crate::respond::{self, Reply};
use crate::stages::hear::Heard;

/// Whoever sends SOAP wants to be told in it, else the same comes again for a day.
const ACKNOWLEDGED: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>"#,
    r#"<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>"#,
    "</soapenv:Body></soapenv:Envelope>"
);

/// Removes what changed from the cache, tells who listens, and answers.
pub(crate) async fn forget(heard: Heard, session: &mut Session, exchange: &mut Exchange) -> Result<()> {
    let cache = exchange.snapshot.engine.cache().clone();
    let mut gone = 0;
    for change in heard.changes() {
        gone += cache.purge(heard.tenant(), &Purge::Change(heard.system().clone(), change.clone()));
        // A hundred notices at once, over a large cache, must not hold up whoever shares this thread.
        tokio::task::yield_now().await;
    }
    // Not before everything is gone: whoever hears of it asks at once. What another system is asked for is no news here.
    let estate = exchange.snapshot.estates.of(heard.tenant());
    let news: Vec<Change> =
        heard.changes().iter().filter(|change| is_asked_for(estate, &heard, change)).cloned().collect();
    exchange.snapshot.live.news.announce(heard.tenant(), &news);
    for (outcome, count) in heard.counts() {
        exchange.telemetry.notices(Some(heard.role()), outcome, count);
    }
    exchange.telemetry.forgotten(heard.role(), gone);
    respond::write(session, exchange, acknowledged(heard.format())).await
}

/// Whether the system that told is one of those that the entity is had of.
fn is_asked_for(estate: Option<&Arc<Estate>>, heard: &Heard, change: &Change) -> bool {
    let owners = estate.map_or(&[][..], |estate| estate.having(expect_object(change.entity)));
    owners.iter().any(|owner| owner.id() == heard.system())
}

fn acknowledged(format: NoticeFormat) -> Reply {
    match format {
        NoticeFormat::Json => Reply { status: StatusCode::NO_CONTENT, ..Reply::default() },
        NoticeFormat::Soap => {
            let kind = HeaderValue::from_static("text/xml; charset=utf-8");
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
            Reply { status: StatusCode::OK, headers, body: Bytes::from_static(ACKNOWLEDGED.as_bytes()) }
        }
    }
}
