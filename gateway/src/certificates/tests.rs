use portico_policies::authenticate::CertificateName;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};

use super::*;

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(by: &CertifiedIssuer<'static, KeyPair>) -> CertificateDer<'static> {
    let mut params = CertificateParams::new(vec!["One.Example".to_owned()]).unwrap();
    params.subject_alt_names.push(SanType::URI("spiffe://example/one".try_into().unwrap()));
    params.subject_alt_names.push(SanType::Rfc822Name("ops@one.example".try_into().unwrap()));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
    params.distinguished_name.push(DnType::CommonName, "partner-one");
    params.signed_by(&KeyPair::generate().unwrap(), by).unwrap().der().clone()
}

fn authorities(named: &[(&str, &CertifiedIssuer<'static, KeyPair>)]) -> Authorities {
    let all = named.iter().map(|(name, issuer)| (Arc::from(*name), vec![issuer.der().clone()]));
    let settings = ClientCertificates { authorities: all.collect(), required: false, from_proxies: false };
    Authorities::new(Some(&settings)).unwrap()
}

#[test]
fn a_certificate_has_its_names_and_those_who_vouch_for_it() {
    let (acme, globex) = (authority("acme"), authority("globex"));
    let both = authorities(&[("acme-ca", &acme), ("globex-ca", &globex)]);
    let leaf = issued(&acme);
    let seen = both.recognized(&Chain::new(vec![leaf.clone()]).unwrap()).unwrap();
    assert_eq!(seen.authorities.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["acme-ca"]);
    assert_eq!(seen.thumbprint, Thumbprint::of(&leaf));
    let text = |text: &str| text.to_owned();
    let expected = [
        CertificateName::Subject(text("CN=partner-one,O=Example\\, Inc.,C=DE")),
        CertificateName::Dns(text("one.example")),
        CertificateName::Uri(text("spiffe://example/one")),
        CertificateName::Email(text("ops@one.example")),
    ];
    assert_eq!(seen.names, expected);
    assert!(authorities(&[("globex-ca", &globex)]).recognized(&Chain::new(vec![leaf]).unwrap()).is_none());
}

#[test]
fn what_is_no_certificate_is_nobodys() {
    let acme = authority("acme");
    let known = authorities(&[("acme-ca", &acme)]);
    let garbage = Chain::new(vec![CertificateDer::from(vec![0x30, 0x00])]).unwrap();
    assert!(known.recognized(&garbage).is_none());
    assert!(Chain::new(vec![]).is_none());
    assert!(Chain::new(vec![issued(&acme); 9]).is_none());
    assert!(Authorities::new(None).unwrap().recognized(&Chain::new(vec![issued(&acme)]).unwrap()).is_none());
    assert!(Authorities::try_out(&[CertificateDer::from(vec![1, 2, 3])]).is_err());
}
