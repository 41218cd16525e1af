//! Client certificates as credentials (RFC 8705 §2): whose certificate this is, said by an authority that we trust.
//!
//! Taking certificates apart and checking them against authorities is the gateway's; here they have names already. A
//! name counts only together with the authority that vouches for it: what one company's authority writes into a
//! certificate must never make it an application of another's.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::TokenError;
use super::binding::Thumbprint;
use crate::{Caller, ConsumerKey, Consumers, Now};

/// The certificate of whoever is at the other end, whose private key was proved to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// SHA-256 of the whole.
    pub thumbprint: Thumbprint,
    /// What it says whose it is.
    pub names: Vec<CertificateName>,
    /// The configured authorities that vouch for it.
    pub authorities: BTreeSet<Arc<str>>,
    /// When it ends (seconds since 1970).
    pub expires: u64,
}

/// One name in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateName {
    /// The whole subject as RFC 4514 writes it: `CN=partner-one,O=Example,C=DE`.
    Subject(String),
    /// An alternative name: a host, in lower case.
    Dns(String),
    /// An alternative name: an address such as `spiffe://example/partner-one`.
    Uri(String),
    /// An alternative name: a mail address.
    Email(String),
}

/// What tells one application's certificates from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CertificateMark {
    /// It is this very certificate.
    Thumbprint(Thumbprint),
    /// It has this name, and this authority vouches for it.
    Name {
        /// As the configuration calls the authority.
        authority: Arc<str>,
        /// The name.
        name: CertificateName,
    },
}

/// One configured certificate.
#[derive(Debug, Clone)]
pub struct CertificateRecord {
    /// Whose it is.
    pub owner: ConsumerKey,
    /// What the operator calls it; the subject of its requests in the audit trail.
    pub name: Arc<str>,
    /// How it is known.
    pub mark: CertificateMark,
}

/// Every configured certificate.
#[derive(Debug, Default)]
pub(crate) struct Certificates(HashMap<CertificateMark, Arc<Caller>>);

impl Certificates {
    pub(crate) fn new(records: impl IntoIterator<Item = CertificateRecord>, consumers: &Consumers) -> Self {
        let known = records.into_iter().filter_map(|CertificateRecord { owner, name, mark }| {
            let consumer = consumers.of(&owner)?;
            Some((mark, Caller::verified(owner, consumer, name, None)))
        });
        Certificates(known.collect())
    }

    /// Whose certificate this is. One that fits two applications is nobody's.
    pub(crate) fn caller(&self, certificate: &ClientCertificate, now: Now) -> Result<Arc<Caller>, TokenError> {
        if now.unix >= certificate.expires {
            return Err(TokenError::CertificateUnknown);
        }
        let mut fitting = marks(certificate).filter_map(|mark| self.0.get(&mark));
        let caller = fitting.next().ok_or(TokenError::CertificateUnknown)?;
        if fitting.all(|other| other.key == caller.key) {
            Ok(caller.clone())
        } else {
            Err(TokenError::CertificateUnknown)
        }
    }
}

fn marks(certificate: &ClientCertificate) -> impl Iterator<Item = CertificateMark> {
    let named = certificate.authorities.iter().flat_map(|authority| {
        let names = certificate.names.iter();
        names.map(|name| CertificateMark::Name { authority: authority.clone(), name: name.clone() })
    });
    std::iter::once(CertificateMark::Thumbprint(certificate.thumbprint)).chain(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticate::samples::{consumer, consumer_key, now};

    fn certificate(authority: &str, names: &[CertificateName]) -> ClientCertificate {
        ClientCertificate {
            thumbprint: Thumbprint::of(format!("{names:?}").as_bytes()),
            names: names.to_vec(),
            authorities: [authority.into()].into(),
            expires: now().unix + 100,
        }
    }

    fn dns(name: &str) -> CertificateName {
        CertificateName::Dns(name.to_owned())
    }

    fn named(tenant: &str, authority: &str, name: CertificateName) -> CertificateRecord {
        let mark = CertificateMark::Name { authority: authority.into(), name };
        CertificateRecord { owner: consumer_key(tenant, "partner-one"), name: "edge".into(), mark }
    }

    fn certificates(records: impl IntoIterator<Item = CertificateRecord>) -> Certificates {
        let registered = ["acme", "globex"].map(|tenant| (consumer_key(tenant, "partner-one"), consumer(&["a:b"])));
        Certificates::new(records, &registered.into_iter().collect())
    }

    fn whose(certificates: &Certificates, shown: &ClientCertificate) -> Option<String> {
        certificates.caller(shown, now()).ok().map(|caller| caller.key.tenant.to_string())
    }

    #[test]
    fn a_name_counts_with_its_authority_only() {
        let known = certificates([
            named("acme", "acme-ca", dns("one.example")),
            named("globex", "globex-ca", dns("one.example")),
        ]);
        assert_eq!(whose(&known, &certificate("acme-ca", &[dns("one.example")])).as_deref(), Some("acme"));
        assert_eq!(whose(&known, &certificate("globex-ca", &[dns("one.example")])).as_deref(), Some("globex"));
        assert_eq!(whose(&known, &certificate("other-ca", &[dns("one.example")])), None);
        assert_eq!(whose(&known, &certificate("acme-ca", &[CertificateName::Uri("one.example".to_owned())])), None);
    }

    #[test]
    fn one_certificate_of_two_applications_is_nobodys() {
        let shown = certificate("acme-ca", &[dns("one.example"), dns("two.example")]);
        let mark = CertificateMark::Thumbprint(shown.thumbprint);
        let own = CertificateRecord { owner: consumer_key("acme", "partner-one"), name: "pin".into(), mark };
        let twice = certificates([own.clone(), named("acme", "acme-ca", dns("one.example"))]);
        assert_eq!(whose(&twice, &shown).as_deref(), Some("acme"), "known in two ways");
        let torn = certificates([own, named("globex", "acme-ca", dns("two.example"))]);
        assert_eq!(whose(&torn, &shown), None);
    }

    #[test]
    fn at_its_end_it_has_ended() {
        let known = certificates([named("acme", "acme-ca", dns("one.example"))]);
        let shown = certificate("acme-ca", &[dns("one.example")]);
        assert!(known.caller(&shown, now().later(std::time::Duration::from_secs(99))).is_ok());
        let late = known.caller(&shown, now().later(std::time::Duration::from_secs(100)));
        assert_eq!(late.map(|_| ()), Err(TokenError::CertificateUnknown));
    }
}
