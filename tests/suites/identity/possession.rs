//! Proof of possession (DPoP, RFC 9449), end to end.

use std::sync::Arc;

use http::Method;
use portico_contracts::secret::Secret;
use portico_gateway::settings::Settings;
use portico_tests::{Reply, Scene, Tenant, TokenRequest, Upstream};
use serde_json::{Value, json};

use super::client::Prover;
use super::outcome;
use super::provider::Provider;

const PATH: &str = "/partner/v2/orders/SO-1042";

/// Called by the address that it listens on, where nobody says otherwise.
async fn scene(change: impl FnOnce(&mut Settings)) -> Scene {
    Scene::with(|settings| {
        settings.listen.public_url = None;
        change(settings);
    })
    .await
}

/// A consumer of the demo whose token is bound to a key of its own.
struct Bound {
    prover: Arc<Prover>,
    token: String,
}

impl Bound {
    fn new(scene: &Scene, consumer: &str) -> Self {
        let prover = Prover::new();
        let request = TokenRequest::new(Tenant::Acme, consumer).claim("cnf", prover.confirmation());
        Bound { token: scene.sandbox().mint(&request), prover }
    }

    fn proof(&self, scene: &Scene, path: &str, changes: &Value) -> String {
        self.prover.proof(&self.token, "GET", &format!("http://{}{path}", scene.traffic()), changes)
    }

    async fn shows(&self, scene: &Scene, path: &str, proof: &str) -> Reply {
        let authorization = format!("DPoP {}", self.token);
        scene.get(path).header("authorization", authorization).header("dpop", proof).send().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_is_good_with_a_proof_for_each_request_and_never_without() {
    let scene = scene(|_| {}).await;
    let caller = Bound::new(&scene, "partner-one");
    let proof = caller.proof(&scene, PATH, &json!({}));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &proof).await), "200");
    let again = caller.shows(&scene, PATH, &proof).await;
    assert_eq!(outcome(&again), "401 proof_invalid");
    insta::assert_snapshot!(again.header("www-authenticate"), @r#"DPoP realm="portico", error="invalid_dpop_proof", error_description="The proof of possession is not acceptable", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA""#);
    let next = caller.proof(&scene, PATH, &json!({}));
    assert_eq!(outcome(&caller.shows(&scene, &format!("{PATH}?"), &next).await), "200", "a query does not count");
    let stolen = scene.get(PATH).bearer(&caller.token).send().await;
    assert_eq!(outcome(&stolen), "401 proof_missing", "it was believed a moment ago");
    assert!(stolen.header("www-authenticate").starts_with(r#"DPoP realm="portico", error="invalid_token""#));
    let other = Bound::new(&scene, "partner-one");
    let foreign = other.prover.proof(&caller.token, "GET", &format!("http://{}{PATH}", scene.traffic()), &json!({}));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &foreign).await), "401 proof_invalid");
    let elsewhere = caller.proof(&scene, "/partner/v2/orders/SO-9999", &json!({}));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &elsewhere).await), "401 proof_invalid");
    let for_post = caller.proof(&scene, PATH, &json!({ "htm": "POST" }));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &for_post).await), "401 proof_invalid");
    let plain = scene.sandbox().token(Tenant::Acme, "partner-one");
    let unbound = Bound { token: plain, prover: Prover::new() };
    let proof = unbound.proof(&scene, PATH, &json!({}));
    assert_eq!(outcome(&unbound.shows(&scene, PATH, &proof).await), "401 proof_invalid", "it is bound to nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_with_the_same_proof_are_one_caller_and_ninety_nine_thieves() {
    let scene = scene(|_| {}).await;
    let caller = Bound::new(&scene, "support-console");
    let path = "/graphql?query=%7Bproduct(sku:%22AC-100%22)%7Bsku%7D%7D";
    let proof = caller.prover.proof(&caller.token, "GET", &format!("http://{}/graphql", scene.traffic()), &json!({}));
    let asking = (0..100).map(|_| {
        let ask = scene.get(path).header("accept", "application/graphql-response+json");
        ask.header("authorization", format!("DPoP {}", caller.token)).header("dpop", &proof).send()
    });
    let replies = futures_util::future::join_all(asking).await;
    assert_eq!(super::counted(replies.iter().map(outcome)), "200 × 1, 401 proof_invalid × 99");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_operator_says_how_we_are_called_that_is_what_proofs_are_for() {
    let scene = scene(|settings| settings.listen.public_url = Some("https://api.example".into())).await;
    let caller = Bound::new(&scene, "partner-one");
    let inside = caller.proof(&scene, PATH, &json!({}));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &inside).await), "401 proof_invalid");
    let outside = caller.proof(&scene, PATH, &json!({ "htu": format!("https://API.example:443{PATH}") }));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &outside).await), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_may_want_a_nonce_of_ours_in_each_proof() {
    let scene = scene(|settings| {
        for issuer in &mut settings.issuers {
            issuer.nonce_key = Some(Secret::new("shared by all gateways"));
        }
    })
    .await;
    let caller = Bound::new(&scene, "partner-one");
    let first = caller.shows(&scene, PATH, &caller.proof(&scene, PATH, &json!({}))).await;
    assert_eq!(outcome(&first), "401 proof_nonce_required");
    assert!(first.header("www-authenticate").contains(r#"error="use_dpop_nonce""#));
    let nonce = json!({ "nonce": first.header("dpop-nonce") });
    let good = caller.shows(&scene, PATH, &caller.proof(&scene, PATH, &nonce)).await;
    assert_eq!(outcome(&good), "200");
    let stale = caller.proof(&scene, PATH, &json!({ "nonce": "of-last-week" }));
    assert_eq!(outcome(&caller.shows(&scene, PATH, &stale).await), "401 proof_nonce_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_may_promise_that_its_tokens_are_bound() {
    let scene = scene(|settings| settings.issuers.iter_mut().for_each(|one| one.require_bound = true)).await;
    let plain = scene.get(PATH).as_consumer("partner-one").send().await;
    assert_eq!(outcome(&plain), "401 token_claims_invalid");
    let caller = Bound::new(&scene, "partner-one");
    assert_eq!(outcome(&caller.shows(&scene, PATH, &caller.proof(&scene, PATH, &json!({}))).await), "200");
    let nobody = scene.get(PATH).send().await;
    insta::assert_snapshot!(nobody.header("www-authenticate"), @r#"Bearer realm="portico", DPoP realm="portico", algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA""#);
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_see_neither_token_nor_proof() {
    let upstream = Upstream::start().await;
    let scene = scene(upstream.as_erp()).await;
    let caller = Bound::new(&scene, "crm");
    let path = "/erp/v1/CustomersV3";
    let reply = caller.shows(&scene, path, &caller.proof(&scene, path, &json!({}))).await;
    assert_eq!(outcome(&reply), "200");
    let seen = upstream.seen();
    assert_eq!((seen.len(), seen[0].header("dpop").as_str()), (1, ""));
    assert_eq!(seen[0].header("authorization"), "Bearer the-erps-own-credential");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_for_the_key_that_opened_it_and_ends_with_its_token() {
    let scene = scene(|_| {}).await;
    let caller = Bound::new(&scene, "support-console");
    let query = json!({ "query": r#"subscription { orderChanged(number: "SO-1042") { number } }"# });
    let proof = caller.prover.proof(&caller.token, "POST", &format!("http://{}/graphql", scene.traffic()), &json!({}));
    let ask = scene.post("/graphql", &query).header("authorization", format!("DPoP {}", caller.token));
    let mut events = ask.header("dpop", &proof).listen().await;
    assert_eq!(events.status, 200);
    assert!(events.any().await.is_some(), "it is listened for");
    for _ in 0..2 {
        scene.sandbox().change_and_tell(Tenant::Acme, "order", "SO-1042").await.expect("there is such an order");
        let event = events.next().await.expect("an event");
        assert_eq!(event.json()["data"]["orderChanged"]["number"], "SO-1042");
    }
    let again = scene.ask(Method::POST, "/graphql").header("authorization", format!("DPoP {}", caller.token));
    assert_eq!(outcome(&again.header("dpop", &proof).send().await), "401 proof_invalid", "the proof is used up");
    // The issuer is gone: so is whoever came with its tokens.
    scene.reload_with(|settings| settings.issuers.clear());
    assert_eq!(events.next().await.map(|event| event.name), Some("complete".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opaque_token_can_be_bound_too() {
    let provider = Provider::start().await;
    let scene = scene(Provider::beside(provider.asked_issuer("acme_at_"))).await;
    let prover = Prover::new();
    let mut answer = provider.claims(&json!({
        "client_id": "partner-one", "token_type": "DPoP", "cnf": prover.confirmation(),
    }));
    answer["active"] = json!(true);
    provider.says_of_tokens(answer);
    let caller = Bound { token: "acme_at_1".to_owned(), prover };
    assert_eq!(outcome(&caller.shows(&scene, PATH, &caller.proof(&scene, PATH, &json!({}))).await), "200");
    assert_eq!(outcome(&scene.get(PATH).bearer("acme_at_1").send().await), "401 proof_missing");
    assert_eq!(provider.counts().tokens, 1);
}
