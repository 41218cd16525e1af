use super::*;

/// A tenant with one system and these notices.
fn with(pack: &str, settings: &str, notices: &str) -> String {
    format!(
        "
systems:
  acme-it:
    role: crm
    pack: {pack}
    url: https://it.example.com
    settings: {settings}
    notices: {notices}
    credentials: {{ bearer: {{ token: env:ERP_TOKEN }} }}
  acme-erp:
    role: erp
    pack: dynamics365
    url: https://erp.example.com
    settings: {{ company: usmf, currency: EUR }}
consumers:
  console: {{ plan: gold, scopes: [graphql, api:orders, order:read] }}
"
    )
}

fn checked(gateway: &str, tenant: &str) -> Result<Settings, Vec<Mistake>> {
    let written = Written::sound().with("portico.yaml", gateway).with("tenants/acme.yaml", tenant);
    let secrets = BTreeMap::from([
        ("ERP_TOKEN".to_owned(), "hunter2".to_owned()),
        ("NEW".to_owned(), "a secret that is long enough".to_owned()),
        ("OLD".to_owned(), "another that was long enough".to_owned()),
        ("SHORT".to_owned(), "hunter2".to_owned()),
    ]);
    Settings::check(written.path(), &secrets)
}

fn mistakes(tenant: &str) -> String {
    let mistakes = checked(GATEWAY, tenant).expect_err("there are mistakes");
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

#[test]
fn several_secrets_hold_while_one_replaces_another() {
    let tenant = with("stripe", "{}", "{ secret: env:NEW, old_secrets: [env:OLD], replay_window: 2m }");
    let settings = checked(GATEWAY, &tenant).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let hook = settings.tenants.values().next().unwrap().hooks.values().next().unwrap();
    assert_eq!((hook.seal.secrets.len(), hook.seal.window.as_secs()), (2, 120));
    assert!(!format!("{hook:?}").contains("long enough"), "secrets are not shown");
}

#[test]
fn what_cannot_be_proved_is_a_mistake() {
    let told = [
        mistakes(&with("hubspot", "{}", "{ secret: env:NEW }")),
        mistakes(&with("salesforce", "{}", "{ secret: env:NEW, replay_window: 5m }")),
        mistakes(&with("stripe", "{}", "{ secret: env:SHORT }")),
        mistakes(&with("stripe", "{}", "{ secret: env:NEW, old_secrets: [env:NOWHERE] }")),
        mistakes(&with("stripe", "{}", "{ secret: whsec_abc }")),
        mistakes(&with("stripe", "{}", "{ secrets: env:NEW }")),
        mistakes(&with("tryton", "{ currency: EUR }", "{ secret: env:NEW }")),
    ];
    assert_snapshot!(told.join("\n"), @r#"
    tenants/acme.yaml:8 systems.acme-it.notices: HubSpot signs the address that it calls: say `listen.public_url` in portico.yaml

    tenants/acme.yaml:8 systems.acme-it.notices.replay_window: Salesforce signs nothing, and so no time that could be looked at

    tenants/acme.yaml:8 systems.acme-it.notices.secret: a secret of fewer than 16 characters can be guessed

    tenants/acme.yaml:8 systems.acme-it.notices.old_secrets[0]: the environment variable NOWHERE is not set

    tenants/acme.yaml:8 systems.acme-it.notices.secret: secrets do not stand in the configuration: write a reference to it, `env:NAME` or `file:PATH`

    tenants/acme.yaml:8 systems.acme-it.notices: "secret" is missing here
    tenants/acme.yaml:8 systems.acme-it.notices.secrets: there is no setting "secrets" here; did you mean "secret"?

    tenants/acme.yaml:8 systems.acme-it.notices: the pack tryton does not say what notices of its systems look like
    "#);
}

#[test]
fn whoever_signs_the_address_is_told_which_it_is() {
    let gateway = format!("{GATEWAY}listen: {{ public_url: 'https://api.example.com/' }}\n");
    let tenant = with("hubspot", "{}", "{ secret: env:NEW }");
    let settings = checked(&gateway, &tenant).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(settings.listen.public_url.as_deref(), Some("https://api.example.com"));
}
