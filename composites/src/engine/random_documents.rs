//! Random documents: whatever the schema allows is planned and answered, and no field reads what was not gathered.

use std::fmt::Write;

use portico_contracts::model::{Field, Model, ObjectType};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::several::Group;
use super::tests::Scene;

/// Writes documents that fit the schema. Keys are sometimes those of the scene and sometimes nobody's.
struct Author {
    dice: StdRng,
    text: String,
    fields: usize,
}

impl Author {
    fn new(seed: u64) -> Self {
        Author { dice: StdRng::seed_from_u64(seed), text: String::new(), fields: 0 }
    }

    fn document(mut self) -> String {
        let query = Model::get().object("Query").expect("the root");
        self.text.push('{');
        for _ in 0..self.dice.random_range(1..4) {
            let at = self.dice.random_range(0..query.fields.len());
            self.field(&query.fields[at], 0);
        }
        self.text.push('}');
        self.text
    }

    fn field(&mut self, field: &'static Field, depth: usize) {
        self.fields += 1;
        let alias = self.fields;
        write!(self.text, " f{alias}: {}", field.name).expect("a string takes it");
        self.arguments(field);
        if self.dice.random_ratio(1, 20) {
            self.text.push_str(" @freshness(maxAge: 0)");
        }
        if let Some(object) = Model::get().object(field.type_name()) {
            self.selection(object, depth + 1);
        }
    }

    fn arguments(&mut self, field: &'static Field) {
        let customer = [
            "{number: \"C-1\"}",
            "{number: \"C-7\"}",
            "{number: \"X-9\"}",
            "{domain: \"shared.example\"}",
            "{crmId: \"BA-X-9\"}",
            "{crmId: \"A-8\"}",
            "{crmId: \"A-1\"}",
            "{supportId: \"G-1\"}",
            "{email: \"one@example.com\"}",
            "{email: \"p@example.com\"}",
            "{domain: \"one.example\"}",
            "{billingId: \"B-1\"}",
        ];
        let keys = ["O-1", "O-2", "O-77", "S-1", "I-1", "P-1", "7", "AO-1", "XO-9", "BS-X-9", "XP"];
        let mut given = Vec::new();
        for name in field.arguments.keys() {
            let value = match *name {
                "by" | "customer" => customer[self.dice.random_range(0..customer.len())].to_owned(),
                "order" => "{customer: {number: \"C-1\"}, currency: \"EUR\", lines: [{sku: \"P-1\", quantity: 1}, {sku: \"P-9\", quantity: \"2.5\", unitPrice: 3}]}".to_owned(),
                "amount" => "{amount: \"12.50\", currency: \"EUR\"}".to_owned(),
                "number" | "sku" | "serialNumber" => format!("\"{}\"", keys[self.dice.random_range(0..keys.len())]),
                "first" if self.dice.random() => self.dice.random_range(1..4).to_string(),
                "open" if self.dice.random() => self.dice.random::<bool>().to_string(),
                "status" if self.dice.random() => "[OPEN, PARTIALLY_SHIPPED]".to_owned(),
                _ => continue,
            };
            given.push(format!("{name}: {value}"));
        }
        if !given.is_empty() {
            write!(self.text, "({})", given.join(", ")).expect("a string takes it");
        }
    }

    fn selection(&mut self, object: &'static ObjectType, depth: usize) {
        self.text.push_str(" {");
        let public: Vec<&'static Field> = object.fields.values().filter(|field| !field.hidden).collect();
        let leaf = |field: &&Field| Model::get().object(field.type_name()).is_none();
        for _ in 0..self.dice.random_range(1..5) {
            let field = public[self.dice.random_range(0..public.len())];
            if depth < 5 || leaf(&field) {
                self.field(field, depth);
            }
        }
        self.text.push_str(" __typename }");
    }
}

#[tokio::test]
async fn whatever_the_schema_allows_is_answered() {
    every_document_is_answered_by(&Scene::roomy(), &["not_found", "key_unsupported"]).await;
}

#[tokio::test]
async fn several_systems_of_one_role_answer_whatever_the_schema_allows() {
    let group = Group::new();
    every_document_is_answered_by(group.scene(), &["not_found", "key_unsupported", "ambiguous"]).await;
    let group = Group::with_patterns();
    every_document_is_answered_by(group.scene(), &["not_found", "key_unsupported", "ambiguous"]).await;
}

async fn every_document_is_answered_by(scene: &Scene, codes: &[&str]) {
    let mut answered = 0;
    for seed in 0..400 {
        let document = Author::new(seed).document();
        let answer = scene.ask(&document).await;
        if answer.get("refused").is_some() {
            let code = answer["refused"][0]["extensions"]["code"].as_str().unwrap_or_default();
            assert!(
                matches!(code, "document_too_wide" | "document_too_deep" | "query_too_costly" | "key_unsupported"),
                "{seed}: {answer} {document}"
            );
            continue;
        }
        answered += 1;
        for error in answer["errors"].as_array().into_iter().flatten() {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            assert!(codes.contains(&code), "{seed}: {error} {document}");
        }
    }
    assert!(answered > 300, "only {answered} documents were answered");
}
