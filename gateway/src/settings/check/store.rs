//! The common store of several gateways: where it is, and how it is used.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::ledger::Ledger;
use crate::settings::Store;
use crate::settings::read::At;
use crate::settings::written::StoreSection;
use crate::store;

/// Percent of a burst or a quota that one gateway may hold ready.
const LEASE: u32 = 5;
const MOST: u32 = 50;

pub(super) fn check(section: &At<StoreSection>, ledger: &mut Ledger<'_>) -> Option<Store> {
    let url = url(&section.redis, ledger);
    let lease = ledger.count(section.lease.as_ref(), LEASE).get();
    if let Some(at) = section.lease.as_ref().filter(|at| at.value > MOST) {
        ledger.wrong(&at.place, format!("one gateway may hold {MOST} percent at most"));
    }
    if let (Some(user), None) = (&section.user, &section.password) {
        ledger.wrong(&section.place.below("user"), format!("the user \"{user}\" needs a password beside it"));
    }
    let authority = section.authority.as_ref().and_then(|at| authority(at, ledger));
    let prefix = section.prefix.as_ref().map_or("portico", |at| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if at.is_empty() || at.len() > 64 || !at.bytes().all(letter) {
            ledger.wrong(&at.place, "expected letters, digits, `-`, `_` and `.`");
        }
        at.as_str()
    });
    Some(Store {
        user: section.user.clone(),
        password: section.password.as_ref().and_then(|at| ledger.secret(at)),
        authority,
        prefix: Arc::from(prefix),
        timeout: ledger.span(section.timeout.as_ref(), Duration::from_millis(50)),
        lease,
        gateways: ledger.count(section.gateways.as_ref(), 1).get(),
        url: url?,
    })
}

/// Where it is. A password in it would stand in the configuration, so only a reference may lead to one.
fn url(at: &At<String>, ledger: &mut Ledger<'_>) -> Option<Arc<str>> {
    let referred = crate::settings::Reference::parse(at).is_some();
    let text = match ledger.text(at) {
        Some(text) => text,
        None if ledger.resolves() => return None,
        None => "redis://localhost".to_owned(),
    };
    match store::address(&text) {
        Ok(has_password) if has_password && !referred => {
            let says = "secrets do not stand in the configuration: write the password as a reference beside it";
            ledger.wrong(&at.place, says);
            None
        }
        Ok(_) => Some(text.into()),
        Err(()) => {
            let says = "expected `redis://host:6379`, `rediss://host:6379` or `redis+unix:///path/to/socket`";
            ledger.wrong(&at.place, says);
            None
        }
    }
}

fn authority(at: &At<String>, ledger: &mut Ledger<'_>) -> Option<Arc<[u8]>> {
    if !ledger.resolves() {
        return None;
    }
    let read = ledger.folder.named(at).and_then(|path| {
        let pem = std::fs::read(path).map_err(|error| format!("\"{}\" cannot be read: {error}", at.value))?;
        let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        match certificates {
            Ok(all) if !all.is_empty() => Ok(Arc::from(pem)),
            _ => Err(format!("\"{}\" holds no PEM certificates", at.value)),
        }
    });
    ledger.take(&at.place, read)
}
