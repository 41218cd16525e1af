//! Client certificates: who may vouch for them, and whose they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use portico_policies::authenticate::{CertificateMark, CertificateName, Thumbprint};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::files::Files;
use super::ledger::Ledger;
use crate::certificates::{self, Authorities};
use crate::settings::mistake::suggestion;
use crate::settings::read::At;
use crate::settings::written::{CertificateSection, ConsumerSection, DemandWord, GatewayFile};
use crate::settings::{Certificate, ClientCertificates};

pub(super) fn of_listener(written: &GatewayFile, ledger: &mut Ledger<'_>) -> Option<ClientCertificates> {
    let section = written.listen.client_certificates.as_ref()?;
    let mut authorities = BTreeMap::new();
    if section.authorities.is_empty() {
        ledger.wrong(&section.place, "name at least one authority that may vouch for certificates");
    }
    for (name, at) in &section.authorities {
        let found = read(at, ledger);
        authorities.insert(Arc::from(name.as_str()), found.unwrap_or_default());
    }
    match (section.from_proxies, written.limits.trusted_proxies.is_empty()) {
        (true, true) => {
            let says = "no proxy is trusted to tell certificates: name them in `limits.trusted_proxies`";
            ledger.wrong(&section.place, says);
        }
        (false, _) if written.listen.tls.is_none() => {
            let says = "nobody can show one: set `listen.tls`, or `from_proxies` where a proxy speaks TLS";
            ledger.wrong(&section.place, says);
        }
        _ => {}
    }
    let required = matches!(section.demand, DemandWord::Required);
    Some(ClientCertificates { authorities, required, from_proxies: section.from_proxies })
}

fn read(at: &At<String>, ledger: &mut Ledger<'_>) -> Option<Vec<CertificateDer<'static>>> {
    if !ledger.resolves() {
        return None;
    }
    let found = ledger.folder.named(at).and_then(|path| {
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let read = read.ok().filter(|all| !all.is_empty());
        let read = read.ok_or_else(|| format!("\"{}\" holds no PEM certificates", at.value))?;
        Authorities::try_out(&read).map(|()| read)
    });
    ledger.take(&at.place, found)
}

pub(super) fn of_consumer(section: &ConsumerSection, files: &Files, ledger: &mut Ledger<'_>) -> Vec<Certificate> {
    section.certificates.iter().filter_map(|at| certificate(at, files, ledger)).collect()
}

fn certificate(section: &At<CertificateSection>, files: &Files, ledger: &mut Ledger<'_>) -> Option<Certificate> {
    let authority = authority(section, files, ledger);
    let CertificateSection { sha256, subject, dns, uri, email, .. } = &section.value;
    let words = [sha256, subject, dns, uri, email];
    if words.iter().filter(|word| word.is_some()).count() != 1 {
        let says = "say in exactly one way which certificate it is: `sha256`, `subject`, `dns`, `uri` or `email`";
        ledger.wrong(&section.place, says);
        return None;
    }
    if let Some(empty) = words.into_iter().flatten().find(|word| word.trim().is_empty()) {
        ledger.wrong(&empty.place, "this is empty");
        return None;
    }
    let name = Arc::from(section.name.as_str());
    if let Some(print) = sha256 {
        let text = print.strip_prefix("sha256:").unwrap_or(print);
        let parsed = Thumbprint::from_hex(text).ok_or("a fingerprint is 64 hexadecimal digits, with or without colons");
        return Some(Certificate { name, mark: CertificateMark::Thumbprint(ledger.take(&print.place, parsed)?) });
    }
    let said = match (subject, dns, uri, email) {
        (Some(subject), ..) => CertificateName::Subject(certificates::spelled(subject)),
        (_, Some(dns), ..) => CertificateName::Dns(dns.to_ascii_lowercase()),
        (_, _, Some(uri), _) => CertificateName::Uri(uri.value.clone()),
        (_, _, _, Some(email)) => CertificateName::Email(email.value.clone()),
        _ => return None,
    };
    let Some(authority) = authority else {
        if section.authority.is_none() {
            let says = "a name counts only with the `authority` that vouches for it: any other could write it, too";
            ledger.wrong(&section.place, says);
        }
        return None;
    };
    Some(Certificate { name, mark: CertificateMark::Name { authority, name: said } })
}

/// The authority by its name, which must be configured.
fn authority(section: &CertificateSection, files: &Files, ledger: &mut Ledger<'_>) -> Option<Arc<str>> {
    let gateway = files.gateway.written.as_ref();
    let listener = gateway.and_then(|gateway| gateway.listen.client_certificates.as_ref());
    let at = section.authority.as_ref();
    let known = |name: &str| listener.is_some_and(|listener| listener.authorities.contains_key(name));
    let lost = files.gateway.may_have_had("listen.client_certificates.authorities");
    match at {
        Some(at) if known(at) => Some(Arc::from(at.as_str())),
        Some(at) => {
            if !lost {
                let names = listener.into_iter().flat_map(|listener| listener.authorities.keys().map(String::as_str));
                let says =
                    format!("`listen.client_certificates` has no authority \"{}\"{}", at.value, suggestion(at, names));
                ledger.wrong(&at.place, says);
            }
            None
        }
        None => {
            if listener.is_none() && !lost {
                ledger.wrong(&section.name.place, "no certificate is ever asked for: set `listen.client_certificates`");
            }
            None
        }
    }
}
