use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{Surface, Verdict};
use super::{Contracts, differences};

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "type": "string" })),
        Just(json!({ "type": ["string", "null"], "format": "date" })),
        Just(json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 })),
        Just(json!({ "type": "string", "enum": ["A", "B", null] })),
        Just(json!({ "const": "A" })),
        Just(json!({ "$ref": "#/components/schemas/Tree" })),
        Just(json!({ "$ref": "#/components/schemas/Nowhere" })),
        Just(json!({})),
        Just(json!({ "allOf": [{ "type": "string" }], "x-own": 1 })),
    ]
}

/// Schemas such as our documents are made of, choices that cannot be told apart included.
fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({ "type": "array", "items": items })),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|choices| json!({ "oneOf": choices })),
            inner.clone().prop_map(|one| json!({ "anyOf": [one, { "type": "null" }] })),
            (proptest::collection::btree_map("[a-d]", inner, 0..4), any::<bool>()).prop_map(|(members, closed)| {
                let required: Vec<String> = members.keys().take(1).cloned().collect();
                let members: Map<String, Value> = members.into_iter().collect();
                json!({ "type": "object", "properties": members, "required": required, "additionalProperties": !closed })
            }),
        ]
    })
}

fn state() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "state": "preview" })),
        Just(json!({ "state": "active" })),
        Just(json!({ "state": "deprecated", "sunsetOn": "2030-06-30" })),
        Just(json!({ "state": "deprecated", "sunsetOn": "2020-06-30" })),
        Just(json!({ "state": "retired" })),
        Just(json!({})),
    ]
}

fn version() -> impl Strategy<Value = Value> {
    (state(), schema(), schema(), schema()).prop_map(|(life, sent, answered, tree)| {
        let body = json!({ "required": true, "content": { "application/json": { "schema": sent } } });
        let answer = json!({ "headers": { "Age": {} }, "content": { "application/json": { "schema": answered } } });
        json!({
            "info": { "x-lifecycle": life },
            "paths": { "/things/{id}": {
                "get": { "parameters": [{ "name": "id", "in": "path", "required": true, "schema": sent }],
                    "responses": { "200": answer, "default": answer } },
                "post": { "requestBody": body, "responses": { "200": answer }, "security": [{ "bearer": ["a"] }] },
            } },
            "components": { "schemas": { "Tree": { "type": "object", "properties": {
                "below": { "$ref": "#/components/schemas/Tree" }, "more": tree } } } },
        })
    })
}

fn graphql() -> impl Strategy<Value = String> {
    let ty = prop_oneof![Just("Int"), Just("String!"), Just("[Int!]!"), Just("E"), Just("[T]")];
    let sent = prop_oneof![Just("Int"), Just("Int = 1"), Just("I!"), Just("[E!]")];
    let field = (ty, sent).prop_map(|(ty, sent)| format!("(a: {sent}): {ty}"));
    proptest::collection::btree_map("[a-f]", field, 1..5).prop_map(|fields| {
        let fields: String = fields.iter().map(|(name, rest)| format!(" {name}{rest}")).collect();
        format!("schema {{ query: T }} type T {{{fields} }} enum E {{ A B }} input I @oneOf {{ x: Int y: I }} union U = T directive @d(a: Int = 1) on FIELD")
    })
}

fn contracts() -> impl Strategy<Value = Contracts> {
    (graphql(), version(), schema()).prop_map(|(graphql, version, configuration)| Contracts {
        graphql,
        versions: [(("a".to_owned(), "v1".to_owned()), version)].into(),
        configuration: [("api.yaml".to_owned(), configuration)].into(),
    })
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(contracts in contracts()) {
        prop_assert_eq!(differences(&contracts, &contracts), []);
    }

    /// Documents that are not the same are never called the same, whatever is in them; a retired one serves nothing.
    #[test]
    fn no_difference_goes_unseen(before in (version(), schema()), now in (version(), schema())) {
        let retired = now.0["info"]["x-lifecycle"]["state"] == "retired";
        let of = |(version, configuration): &(Value, Value)| Contracts {
            versions: [(("a".to_owned(), "v1".to_owned()), version.clone())].into(),
            configuration: [("api.yaml".to_owned(), configuration.clone())].into(),
            ..Contracts::default()
        };
        let found = differences(&of(&before), &of(&now));
        let version = found.iter().any(|one| matches!(one.surface, Surface::Version { .. }));
        let configuration = found.iter().any(|one| matches!(one.surface, Surface::Configuration { .. }));
        prop_assert!(retired || version == (before.0 != now.0), "{:#?}", found);
        prop_assert_eq!(configuration, before.1 != now.1, "{:#?}", found);
    }

    /// What is new in one direction is gone in the other: a version that promised something never goes unseen.
    #[test]
    fn what_comes_one_way_goes_the_other(before in contracts(), now in contracts()) {
        let (there, back) = (differences(&before, &now), differences(&now, &before));
        let gone = there.iter().filter(|one| one.says.starts_with("this field is no longer there"));
        for one in gone {
            prop_assert_eq!(one.verdict, Verdict::Breaking);
            prop_assert!(back.iter().any(|other| other.at == one.at && other.says == "this field is new"), "{}", one);
        }
    }
}
