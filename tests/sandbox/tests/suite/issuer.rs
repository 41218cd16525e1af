//! Tokens, as a verifier that follows the discovery document sees them.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use portico_sandbox::{Options, Sandbox, Signing, Tenant, TokenRequest, client_id, client_secret};
use serde_json::Value;

use crate::client::{get, send};

async fn claims(sandbox: &Sandbox, token: &str) -> anyhow::Result<Value> {
    let discovery = get(&format!("{}/.well-known/openid-configuration", sandbox.issuer_url())).await?.json();
    assert_eq!(discovery["issuer"], sandbox.issuer_url());
    let keys: JwkSet = serde_json::from_slice(&get(discovery["jwks_uri"].as_str().expect("an address")).await?.body)?;
    let header = decode_header(token)?;
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = keys.find(header.kid.as_deref().unwrap_or_default()).ok_or_else(|| anyhow::anyhow!("unknown key"))?;
    anyhow::ensure!(matches!(header.alg, Algorithm::RS256 | Algorithm::ES256), "another algorithm");
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["portico"]);
    validation.set_issuer(&[sandbox.issuer_url()]);
    validation.validate_nbf = true;
    Ok(decode::<Value>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}

#[tokio::test]
async fn a_token_verifies_and_says_who_asks() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let found = claims(&sandbox, &sandbox.token(Tenant::Acme, "crm")).await?;
    assert_eq!((&found["tenant"], &found["client_id"], &found["azp"]), (&"acme".into(), &"crm".into(), &"crm".into()));
    assert!(found.get("scope").is_none());
    assert_eq!(found["exp"].as_i64().zip(found["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(12 * 3600));
    let elliptic = TokenRequest::new(Tenant::Globex, "crm").signing(Signing::Es256).scope("a b");
    assert_eq!(claims(&sandbox, &sandbox.mint(&elliptic)).await?["scope"], "a b");
    assert_eq!(sandbox.issuer().jwks_requests(), 2);
    Ok(())
}

#[tokio::test]
async fn hostile_tokens_do_not_verify() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let plain = || TokenRequest::new(Tenant::Acme, "crm");
    let hostile = [
        plain().expired(),
        plain().not_yet_valid(),
        plain().audience("somebody"),
        plain().issuer("https://elsewhere.example"),
        plain().signing(Signing::Hs256),
        plain().signing(Signing::None),
        plain().signing(Signing::Broken),
        plain().kid(Some("other")),
        plain().kid(None),
        plain().without("exp"),
    ];
    for request in hostile {
        assert!(claims(&sandbox, &sandbox.mint(&request)).await.is_err(), "{request:?}");
    }
    let other = plain().tenant_claim("globex").claim("admin", true);
    assert_eq!(claims(&sandbox, &sandbox.mint(&other)).await?["tenant"], "globex");
    Ok(())
}

#[tokio::test]
async fn rotation_changes_the_key_and_may_keep_the_old_one() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let old = sandbox.token(Tenant::Acme, "crm");
    sandbox.issuer().rotate(true).await?;
    assert!(claims(&sandbox, &old).await.is_ok());
    assert!(claims(&sandbox, &sandbox.token(Tenant::Acme, "crm")).await.is_ok());
    sandbox.issuer().rotate(false).await?;
    assert!(claims(&sandbox, &old).await.is_err());
    sandbox.issuer().set_available(false);
    assert_eq!(get(&format!("{}/jwks", sandbox.issuer_url())).await?.status, 503);
    Ok(())
}

#[tokio::test]
async fn client_credentials_buy_a_token() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let url = format!("{}/token", sandbox.issuer_url());
    let (id, secret) = (client_id(Tenant::Globex, "partner-one"), client_secret(Tenant::Globex, "partner-one"));
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let answer = send("POST", &url, &[], form).await?;
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    let found = claims(&sandbox, &token).await?;
    assert_eq!((&found["tenant"], &found["client_id"]), (&"globex".into(), &"partner-one".into()));
    let wrong = format!("grant_type=client_credentials&client_id={id}&client_secret=no");
    assert_eq!(send("POST", &url, &[], wrong).await?.status, 401);
    assert_eq!(send("POST", &url, &[], "grant_type=password").await?.status, 400);
    Ok(())
}
