//! Shipped packs that need more than one request: from keys to pages, over a real socket.

use super::*;

fn shipped(pack: &str, stage: &Stage, credentials: Credentials) -> SystemSettings {
    let url = stage.url("/");
    SystemSettings { pack: Pack::built_in(pack).unwrap(), ..settings(url, credentials) }
}

impl Scene {
    async fn look_up_of(&self, entity: &str, by: &'static str, keys: &[&str]) -> Vec<String> {
        let ask = Ask { entity: expect_object(entity), by, narrow: Narrow::default() };
        let keys: Vec<Key> = keys.iter().map(|key| Arc::from(*key)).collect();
        self.system.look_up(&ask, &keys, &self.call).await.into_iter().map(told).collect()
    }
}

fn inputs(asked: &Asked) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let inputs = body["inputs"].as_array().cloned().unwrap_or_default();
    inputs.iter().map(|input| input["id"].as_str().unwrap().to_owned()).collect()
}

/// Company 1 has the contacts 10 and 11, company 2 has 11, company 3 has one that is gone, company 4 has none.
fn hubspot(asked: &Asked) -> Play {
    if asked.target.starts_with("/crm/v4/associations/") {
        let known = [("1", vec![10, 11]), ("2", vec![11]), ("3", vec![12])];
        let results: Vec<_> = inputs(asked)
            .iter()
            .filter_map(|id| known.iter().find(|(from, _)| from == id))
            .map(|(from, to)| {
                let to: Vec<_> = to.iter().map(|to| serde_json::json!({"toObjectId": to})).collect();
                serde_json::json!({"from": {"id": from}, "to": to})
            })
            .collect();
        let missing = [serde_json::json!({"status": "error", "category": "OBJECT_NOT_FOUND"})];
        let body = serde_json::json!({"status": "COMPLETE", "results": results, "errors": missing});
        return Play::Answer(207, Vec::new(), body.to_string());
    }
    let there: Vec<String> = inputs(asked).into_iter().filter(|id| id != "12").collect();
    if there.is_empty() {
        return Play::Answer(404, Vec::new(), r#"{"status":"error","category":"OBJECT_NOT_FOUND"}"#.to_owned());
    }
    let of = |id: &String| {
        let properties = serde_json::json!({
            "hs_object_id": id, "firstname": "No", "lastname": id, "email": null, "phone": null
        });
        serde_json::json!({"id": id, "properties": properties})
    };
    Play::json(serde_json::json!({"status": "COMPLETE", "results": there.iter().map(of).collect::<Vec<_>>()}))
}

#[tokio::test]
async fn contacts_of_several_companies_take_two_calls() {
    let bearer = || Credentials::Bearer(Secret::new("pat"));
    let scene = scene_with(|stage| shipped("hubspot", stage, bearer()), hubspot).await;
    let told = scene.look_up_of("Contact", "accountId", &["1", "2", "3", "4"]).await;
    assert_eq!(told, ["No 10+No 11", "No 11", "", ""]);
    assert_eq!(scene.calls(), 2);
    assert_eq!(scene.look_up_of("Contact", "accountId", &["3"]).await, [""], "all that was linked is gone");
    assert_eq!(scene.look_up_of("Contact", "accountId", &["4"]).await, [""], "nothing is linked");
    assert_eq!(scene.calls(), 5);
    assert!(scene.stage.asked().iter().all(|asked| asked.method == "POST"));
}

/// Seven customers in pages of what is asked for, with a token that a signature was shown for.
fn netsuite(asked: &Asked) -> Play {
    if asked.target == "/services/rest/auth/oauth2/v1/token" {
        assert!(asked.body.contains("&client_assertion=ey"), "{}", asked.body);
        return Play::json(r#"{"access_token":"t","expires_in":3600,"token_type":"Bearer"}"#);
    }
    assert_eq!((asked.header("authorization"), asked.header("prefer")), (Some("Bearer t"), Some("transient")));
    let url: Url = format!("http://x{}", asked.target).parse().unwrap();
    let number = |name: &str| {
        url.query_pairs().find(|(known, _)| known == name).and_then(|(_, value)| value.parse::<usize>().ok()).unwrap()
    };
    let (limit, offset) = (number("limit"), number("offset"));
    assert_eq!(offset % limit, 0, "{}", asked.target);
    let page: Vec<_> = (0..2_500)
        .skip(offset)
        .take(limit)
        .map(|row| serde_json::json!({"links": [], "customer_number": "C-1", "name": format!("{row}")}))
        .collect();
    let more = offset + page.len() < 2_500;
    Play::json(serde_json::json!({"links": [], "count": page.len(), "hasMore": more, "items": page}))
}

#[tokio::test]
async fn pages_are_followed_at_multiples_with_a_token_that_was_signed_for() {
    let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
    let key = SigningKey::new(SigningAlgorithm::Es256, Some("k".to_owned()), Secret::new(pem)).unwrap();
    let credentials = |stage: &Stage| {
        let auth = &Pack::built_in("netsuite").unwrap().auth;
        let url = stage.url(auth.token_path.as_deref().unwrap());
        Credentials::SignedAssertion(SignedAssertion::new(auth, url, Secret::new("id"), key))
    };
    let larger = |settings: SystemSettings| {
        let client = ClientSettings { largest_answer: 1 << 20, ..settings.client };
        SystemSettings { client, ..settings }
    };
    let scene = scene_with(|stage| larger(shipped("netsuite", stage, credentials(stage))), netsuite).await;
    let told = scene.look_up_of("Customer", "number", &["C-1"]).await;
    assert_eq!(told[0].split('+').count(), 2_500);
    assert_eq!((scene.calls(), scene.stage.asked().len()), (3, 4));
}
