//! Issuers that are asked, bound tokens, client certificates: what operators are told about mistakes.

use insta::assert_snapshot;

use super::*;

fn authority() -> String {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

fn with_gateway(text: &str) -> Written {
    Written::sound().with("portico.yaml", &format!("{text}\nplans:\n  gold: {{ rate: 500/s }}\n"))
}

fn asked(name: &str, tenants: &str, more: &str) -> String {
    format!(
        "  {name}:
    url: https://{name}.example.com
    audience: [portico]
    tenants: [{tenants}]
    introspection:
      endpoint: https://{name}.example.com/introspect
      client_id: env:ERP_TOKEN
      client_secret: env:ERP_TOKEN
{more}"
    )
}

#[test]
fn an_issuer_that_is_asked_is_read_with_its_defaults() {
    let written = with_gateway(&format!("issuers:\n{}", asked("main", "acme", "")));
    let settings = written.settings();
    let introspection = settings.issuers[0].introspection.as_ref().unwrap();
    assert_eq!(introspection.endpoint.as_str(), "https://main.example.com/introspect");
    assert_eq!((introspection.believed.as_secs(), introspection.always), (10, false));
    assert_eq!(introspection.prefix, None, "one issuer for all tenants may be without");
    let bound = "issuers:
  main: { url: https://a.example.com, audience: [portico], tenants: [acme], require_bound: true, dpop_nonce_key: env:ERP_TOKEN }";
    let settings = with_gateway(bound).settings();
    assert!(settings.issuers[0].require_bound && settings.issuers[0].nonce_key.is_some());
}

#[test]
fn it_is_beyond_doubt_who_is_shown_a_token() {
    let issuers = [
        asked("one", "acme", "      prefix: pk_x\n"),
        asked("two", "acme", "      prefix: acme_\n      believed: 2m\n"),
        asked("three", "acme", "      prefix: acme_at_\n"),
        asked("four", "acme", ""),
        asked("five", "acme", "      prefix: a\n      endpoint: http://127.0.0.1/introspect\n"),
    ];
    let five = issuers[4].replacen("      endpoint: https://five.example.com/introspect\n", "", 1);
    let written = with_gateway(&format!("issuers:\n{}{}{}{}{five}", issuers[0], issuers[1], issuers[2], issuers[3]));
    assert_snapshot!(written.mistakes(), @"
    portico.yaml:10 issuers.one.introspection.prefix: a prefix is 3 to 64 letters, digits and `-._~+/=`, and neither that of API keys (`pk_`) nor of JWTs (`ey`)
    portico.yaml:19 issuers.two.introspection.prefix: tokens with this prefix could be those of issuer five, too
    portico.yaml:20 issuers.two.introspection.believed: a token that was withdrawn works for so long: up to 60s
    portico.yaml:29 issuers.three.introspection.prefix: tokens with this prefix could be those of issuer five, too
    portico.yaml:34 issuers.four.introspection: several issuers are asked about tokens: give each a `prefix`, or a token could be shown to another's
    portico.yaml:45 issuers.five.introspection.prefix: a prefix is 3 to 64 letters, digits and `-._~+/=`, and neither that of API keys (`pk_`) nor of JWTs (`ey`)
    portico.yaml:46 issuers.five.introspection.endpoint: expected https; plain http is for `network: private` only
    ");
    let alone = with_gateway(&format!("issuers:\n{}", asked("main", "acme", ""))).with("tenants/globex.yaml", TENANT);
    assert_snapshot!(alone.mistakes(), @"portico.yaml:6 issuers.main.introspection: without a `prefix` it would be shown the tokens of tenant globex, too, for which it does not speak");
}

#[test]
fn certificates_are_told_apart_and_somebody_vouches_for_them() {
    let gateway = "issuers:
  main: { url: https://login.example.com, audience: [portico], tenants: [acme] }
limits: { trusted_proxies: [10.0.0.0/8] }
listen:
  client_certificates: { authorities: { partners: partners.pem }, from_proxies: true }";
    let tenant = |certificates: &str| {
        TENANT.replace("order:read] }", &format!("order:read], certificates: [{certificates}] }}"))
    };
    let print = "AB:".repeat(31) + "cd";
    let good = format!(
        "{{ name: a, sha256: \"{print}\" }}, {{ name: b, authority: partners, subject: \"cn=b, o=B\" }}, \
         {{ name: c, authority: partners, dns: C.Example }}"
    );
    let written = with_gateway(gateway).with("partners.pem", &authority()).with("tenants/acme.yaml", &tenant(&good));
    let settings = written.settings();
    let acme = settings.tenants.values().next().unwrap();
    let marks: Vec<_> = acme.consumers.values().flat_map(|one| &one.certificates).map(|one| &one.mark).collect();
    assert_eq!(marks.len(), 3);
    assert_snapshot!(format!("{:?}\n{:?}", marks[1], marks[2]), @r#"
    Name { authority: "partners", name: Subject("CN=b,O=B") }
    Name { authority: "partners", name: Dns("c.example") }
    "#);
    let bad = "{ name: a }, { name: b, dns: b }, { name: c, authority: partner, dns: c }, { name: d, sha256: 12 }, \
         { name: e, sha256: x, dns: e }, { name: f, authority: partners, uri: '' }";
    let written = with_gateway(gateway).with("partners.pem", "no certificate").with("tenants/acme.yaml", &tenant(bad));
    assert_snapshot!(written.mistakes(), @r#"
    portico.yaml:5 listen.client_certificates.authorities.partners: "partners.pem" holds no PEM certificates
    tenants/acme.yaml:11 consumers.console.certificates[0]: say in exactly one way which certificate it is: `sha256`, `subject`, `dns`, `uri` or `email`
    tenants/acme.yaml:11 consumers.console.certificates[1]: a name counts only with the `authority` that vouches for it: any other could write it, too
    tenants/acme.yaml:11 consumers.console.certificates[2].authority: `listen.client_certificates` has no authority "partner"; did you mean "partners"?
    tenants/acme.yaml:11 consumers.console.certificates[3]: say in exactly one way which certificate it is: `sha256`, `subject`, `dns`, `uri` or `email`
    tenants/acme.yaml:11 consumers.console.certificates[3].sha256: expected a string, found a number
    tenants/acme.yaml:11 consumers.console.certificates[4]: say in exactly one way which certificate it is: `sha256`, `subject`, `dns`, `uri` or `email`
    tenants/acme.yaml:11 consumers.console.certificates[5].uri: this is empty
    "#);
    let nobody = "issuers:
  main: { url: https://login.example.com, audience: [portico], tenants: [acme] }
listen: { client_certificates: { authorities: {} } }";
    assert_snapshot!(with_gateway(nobody).mistakes(), @"
    portico.yaml:3 listen.client_certificates: name at least one authority that may vouch for certificates
    portico.yaml:3 listen.client_certificates: nobody can show one: set `listen.tls`, or `from_proxies` where a proxy speaks TLS
    ");
    let untold = gateway.replace("limits: { trusted_proxies: [10.0.0.0/8] }\n", "");
    assert_snapshot!(with_gateway(&untold).with("partners.pem", &authority()).mistakes(), @"portico.yaml:4 listen.client_certificates: no proxy is trusted to tell certificates: name them in `limits.trusted_proxies`");
    let twice = "{ name: a, authority: partners, dns: c.example }, { name: b, authority: partners, dns: C.example }";
    let written = with_gateway(gateway).with("partners.pem", &authority()).with("tenants/acme.yaml", &tenant(twice));
    assert_snapshot!(written.mistakes(), @r#"tenants/acme.yaml consumers.console: the certificate "b" is also one of console of acme"#);
    let unasked = Written::sound().with("tenants/acme.yaml", &tenant("{ name: a, authority: x, dns: b }"));
    assert_snapshot!(unasked.mistakes(), @r#"tenants/acme.yaml:11 consumers.console.certificates[0].authority: `listen.client_certificates` has no authority "x"; there is none"#);
}
