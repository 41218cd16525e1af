//! The GraphQL schema: built from the model, validated and introspected by async-graphql.
//!
//! async-graphql holds the types, checks documents against them and answers introspection. It does not execute our
//! fields: everything a document asks for is gathered before anything is written, and [`crate::answer`] writes it
//! (docs/decisions/answers-without-an-executor.md says why).

mod build;
pub mod scalars;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{EmptyMutation, Request, Response, ServerError, Variables};
use async_trait::async_trait;
use futures_util::FutureExt;

use build::Changes;
pub(crate) use build::Root;

type Inner = async_graphql::Schema<Root, EmptyMutation, Changes>;

/// The schema of the model that this program was built with.
#[derive(Clone)]
pub struct Schema {
    inner: Inner,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schema")
    }
}

/// Marks a request whose introspection is to be executed, not only checked.
struct Introspecting;

impl Schema {
    /// Builds it from the model.
    pub fn new() -> Self {
        let inner = Inner::build(Root, EmptyMutation, Changes)
            .register_output_type::<build::EntityInterface>()
            .directive(build::Freshness)
            .extension(CheckOnly)
            .disable_suggestions()
            .finish();
        Schema { inner }
    }

    /// The schema as SDL, as it is published.
    pub fn sdl(&self) -> String {
        let sdl = self.inner.sdl();
        let mut lines: Vec<&str> = sdl.lines().map(str::trim_end).collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        lines.join("\n") + "\n"
    }

    /// Checks a parsed document against the schema. Costs time in proportion to the document, which the guard bounds.
    pub fn validate(&self, document: &ExecutableDocument, operation: Option<&str>) -> Result<(), Vec<ServerError>> {
        let request = prepared(document, operation, Variables::default());
        let response = self.now(request);
        if response.errors.is_empty() { Ok(()) } else { Err(response.errors) }
    }

    /// Answers the introspection fields of a document; other fields come out as null.
    pub fn introspect(&self, document: &ExecutableDocument, operation: Option<&str>, variables: Variables) -> Response {
        self.now(prepared(document, operation, variables).data(Introspecting))
    }

    /// Nothing in the schema waits for anything, so the future is ready at its first poll.
    fn now(&self, request: Request) -> Response {
        self.inner.execute(request).now_or_never().unwrap_or_else(|| {
            Response::from_errors(vec![ServerError::new(
                "The schema waited for something; this is a fault of the gateway.",
                None,
            )])
        })
    }
}

impl Default for Schema {
    fn default() -> Self {
        Schema::new()
    }
}

fn prepared(document: &ExecutableDocument, operation: Option<&str>, variables: Variables) -> Request {
    let mut request = Request::new("").variables(variables);
    request.operation_name = operation.map(str::to_owned);
    request.set_parsed_query(document.clone());
    request
}

/// Stops a request after validation unless it is [`Introspecting`].
struct CheckOnly;

impl ExtensionFactory for CheckOnly {
    fn create(&self) -> std::sync::Arc<dyn Extension> {
        std::sync::Arc::new(CheckOnly)
    }
}

#[async_trait]
impl Extension for CheckOnly {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if ctx.data_opt::<Introspecting>().is_some() {
            next.run(ctx, operation_name).await
        } else {
            Response::new(async_graphql::Value::Null)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<String> {
        let document = async_graphql::parser::parse_query(text).expect("the test's document parses");
        match Schema::new().validate(&document, None) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.message).collect(),
        }
    }

    #[test]
    fn the_published_schema() {
        insta::assert_snapshot!("sdl", Schema::new().sdl());
    }

    #[test]
    fn good_documents_pass() {
        assert_eq!(
            check("{ order(number: \"1\") { number source { system } ... on Entity { extensions } } }"),
            [""; 0]
        );
        assert_eq!(check("query($n: String!) { customer(by: {number: $n}) { name @freshness(maxAge: 5) } }"), [""; 0]);
    }

    #[test]
    fn bad_documents_are_explained() {
        insta::assert_debug_snapshot!(check(
            "{ order(number: 1) { nope lines } customer(by: {number: \"1\", email: \"x\"}) { name } orders { edges { cursor } } }"
        ));
        insta::assert_debug_snapshot!(check("{ order(number: \"1\") { customerNumber } }"));
        insta::assert_debug_snapshot!(check(
            "{ creditCheck(customer: {number: \"1\"}, amount: {amount: 1.5, currency: \"EUR\"}) { outcome } }"
        ));
    }

    #[test]
    fn introspection_is_answered() {
        let document = async_graphql::parser::parse_query("{ __type(name: \"CustomerKey\") { isOneOf } order(number: \"1\") @freshness(maxAge: 1) { number } __schema { directives { name } } }").expect("parses");
        let response = Schema::new().introspect(&document, None, Variables::default());
        insta::assert_json_snapshot!(response.data.into_json().expect("json"));
    }
}
