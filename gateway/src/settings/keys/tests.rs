use insta::assert_snapshot;

use super::*;

const FILE: &str = r#"# Acme, since 2019.
systems: {}
consumers:
  console: { plan: gold, scopes: [graphql], keys: [{ name: inline, hash: "sha256:00" }] }

  # The partner's two keys overlap until the end of June.
  partner-one:
    plan: silver
    keys:   # both work
      # made in spring
      - { name: spring, id: 0123456789ab, hash: "sha256:11" }
      # made in autumn
      - name: autumn
        # a comment of its own
        id: ba9876543210
        hash: "sha256:22"

      - { name: spare, hash: "sha256:33" }  # for emergencies
    scopes: [api:partner]

  partner-two:
    keys:
      - { name: only, hash: "sha256:44" }
    plan: silver
    scopes: [api:partner]
"#;

/// A folder with this tenant, and one more that has a key of the same name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tenants")).unwrap();
    fs::write(folder.path().join("tenants/acme.yaml"), FILE).unwrap();
    let other = "consumers: { x: { plan: gold, scopes: [a], keys: [{ name: spring, hash: x }] } }\n";
    fs::write(folder.path().join("tenants/globex.yaml"), other).unwrap();
    folder
}

/// The lines of acme's file that are gone or new, and what was said.
fn revoked(which: &WhichKey) -> String {
    let folder = folder();
    let said = revoke(folder.path(), which);
    let after = fs::read_to_string(folder.path().join("tenants/acme.yaml")).unwrap();
    let (old, new): (Vec<_>, Vec<_>) = (FILE.lines().collect(), after.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}\n"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}\n"));
    let said = said.map_or_else(|error| error.to_string(), |place| place.to_string());
    assert_eq!(fs::read_dir(folder.path().join("tenants")).unwrap().count(), 2, "nothing is left behind");
    format!("{}{}{said}", gone.collect::<String>(), come.collect::<String>())
}

fn named(name: &str) -> WhichKey {
    WhichKey { name: Some(name.to_owned()), ..WhichKey::default() }
}

#[test]
fn a_key_is_cut_out_and_nothing_else() {
    assert_snapshot!(revoked(&named("autumn")), @r#"
    -       - name: autumn
    -         # a comment of its own
    -         id: ba9876543210
    -         hash: "sha256:22"
    tenants/acme.yaml:13: the key "autumn" of partner-one of acme
    "#);
    assert_snapshot!(revoked(&named("spare")), @r##"
    -       - { name: spare, hash: "sha256:33" }  # for emergencies
    tenants/acme.yaml:18: the key "spare" of partner-one of acme
    "##);
    let by_id = WhichKey { id: Some("0123456789AB".to_owned()), ..WhichKey::default() };
    assert_snapshot!(revoked(&by_id), @r#"
    -       - { name: spring, id: 0123456789ab, hash: "sha256:11" }
    tenants/acme.yaml:11: the key "spring" of partner-one of acme
    "#);
}

#[test]
fn the_last_key_leaves_an_empty_list() {
    assert_snapshot!(revoked(&named("only")), @r#"
    -     keys:
    -       - { name: only, hash: "sha256:44" }
    +     keys: []
    tenants/acme.yaml:23: the key "only" of partner-two of acme
    "#);
}

#[test]
fn what_is_not_clear_is_not_cut() {
    assert_snapshot!(revoked(&named("summer")), @"there is no such key in tenants/; a key that was made before keys had an `id` is known by its name");
    assert_snapshot!(revoked(&named("spring")), @r#"
    several keys fit; say which, with --tenant, --consumer or --id:
    tenants/acme.yaml:11: the key "spring" of partner-one of acme
    tenants/globex.yaml:1: the key "spring" of x of globex
    "#);
    assert_snapshot!(revoked(&named("inline")), @r#"tenants/acme.yaml:4: the key "inline" of console of acme does not stand on lines of its own; take it out by hand"#);
    let narrowed = WhichKey { tenant: Some("acme".to_owned()), ..named("spring") };
    assert!(revoked(&narrowed).ends_with("of partner-one of acme"));
}
