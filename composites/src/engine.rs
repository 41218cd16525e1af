//! The whole path of a question: guard, plan, gather, answer.
//!
//! [`Engine::prepare`] needs no system and decides everything that can be decided before one is asked: size, syntax,
//! validity, variables, scopes, price. [`Engine::answer`] asks. Between the two the gateway charges the price.

mod answered;
mod asking;
mod document;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod ids;
#[cfg(test)]
mod own_ids;
#[cfg(test)]
mod random_documents;
mod refused;
#[cfg(test)]
mod restricted;
#[cfg(test)]
mod several;
#[cfg(test)]
mod tests;
mod topic;
#[cfg(test)]
mod twice;

use std::sync::Arc;

use async_graphql::Variables as GraphqlVariables;
use portico_contracts::problem::{Code, Problem};

pub use answered::{Answered, Freshest};
pub use asking::{Arguments, Asking, Gate};
pub use document::Document;
pub use refused::{DocumentError, Refused};
pub use topic::Topic;

use crate::answer;
use crate::ask::Call;
use crate::estate::Estate;
use crate::fresh::{Cache, Clock};
use crate::gather::{self, Restriction};
use crate::guard::Guard;
use crate::plan::{self, Explained, Plan, Price, coerce};
use crate::schema::Schema;

/// Values of an operation's variables, as the caller sent them.
pub type Variables = serde_json::Map<String, serde_json::Value>;

/// What a caller sent, taken out of HTTP.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The document's text.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// Values of its variables.
    pub variables: Variables,
}

/// A question that may be asked: checked, planned and priced.
#[derive(Debug)]
pub struct Prepared {
    plan: Plan,
    document: Arc<Document>,
    introspected: Option<serde_json::Value>,
    estate: Arc<Estate>,
    restriction: Restriction,
    price: Price,
}

impl Prepared {
    /// What it may at most cost.
    pub fn price(&self) -> Price {
        self.price
    }

    /// The name of the operation, for logs. It is the document's, so a caller chose it: bounded, and only names.
    pub fn operation_name(&self) -> Option<&str> {
        self.document.name()
    }

    /// The records that it names: entity, field and key.
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        self.plan.given_keys()
    }

    /// What it wants to be told of, where it is a subscription.
    pub fn topic(&self) -> Option<Topic> {
        self.document.is_subscription().then(|| Topic::of(&self.plan)).flatten()
    }

    /// Whether it is a subscription, also where nobody can tell it anything.
    pub fn is_subscription(&self) -> bool {
        self.document.is_subscription()
    }

    /// What it would do.
    pub fn explain(&self) -> Explained {
        self.plan.explain()
    }
}

/// The composite layer of one gateway. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: Schema,
    guard: Guard,
    documents: document::Documents,
    cache: Cache,
    clock: Arc<dyn Clock>,
    most_points: u64,
}

impl Engine {
    /// An engine with its limits. `most_points` is the price above which no single question is accepted.
    pub fn new(guard: Guard, most_points: u64, cache: Cache, clock: Arc<dyn Clock>) -> Self {
        let documents = document::Documents::new();
        Engine(Arc::new(Inner { schema: Schema::new(), guard, documents, cache, clock, most_points }))
    }

    /// The same schema, documents and cache with other limits; for a reload.
    #[must_use]
    pub fn with_limits(&self, guard: Guard, most_points: u64) -> Self {
        let Inner { schema, cache, clock, .. } = &*self.0;
        let documents = document::Documents::new();
        Engine(Arc::new(Inner {
            schema: schema.clone(),
            guard,
            documents,
            cache: cache.clone(),
            clock: Arc::clone(clock),
            most_points,
        }))
    }

    /// What is kept of the systems' answers.
    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// Reads a document: guarded, parsed, validated. Known documents are not read again.
    pub fn document(&self, text: &str, operation: Option<&str>) -> Result<Arc<Document>, Refused> {
        self.0.documents.read(text, operation, &self.0.guard, &self.0.schema)
    }

    /// Guards, reads and plans a question for one caller. Asks no system.
    pub fn prepare(&self, question: &Question, estate: &Arc<Estate>, by: &Asking<'_>) -> Result<Prepared, Refused> {
        let document = self.document(&question.query, question.operation_name.as_deref())?;
        self.prepare_document(document, &question.variables, estate, by)
    }

    /// The same for a document that was read before: a published operation.
    pub fn prepare_document(
        &self,
        document: Arc<Document>,
        variables: &Variables,
        estate: &Arc<Estate>,
        by: &Asking<'_>,
    ) -> Result<Prepared, Refused> {
        let principal = by.principal;
        if *estate.tenant() != principal.tenant {
            let problem = Problem::new(Code::Internal, "The request could not be matched with its tenant.");
            return Err(problem.because("a principal of one tenant came with the estate of another").into());
        }
        let operation = document.operation();
        topic::one_at_a_time(&document)?;
        let coerced =
            coerce::variables(operation, variables).map_err(|why| Refused::document(Code::VariablesInvalid, why))?;
        let plan = plan::plan(document.parsed(), operation, &coerced, estate, by)?;
        let price = plan.price();
        if price.points() > self.0.most_points {
            let detail = format!(
                "The query may cost {} points; at most {} are allowed at once.",
                price.points(),
                self.0.most_points
            );
            return Err(Problem::new(Code::QueryTooCostly, detail).into());
        }
        let introspected = if plan.introspects { Some(self.introspect(&document, variables)?) } else { None };
        let restriction = principal.customers.clone();
        Ok(Prepared { plan, document, introspected, estate: Arc::clone(estate), restriction, price })
    }

    fn introspect(&self, document: &Document, variables: &Variables) -> Result<serde_json::Value, Refused> {
        let variables = GraphqlVariables::from_json(serde_json::Value::Object(variables.clone()));
        let response = self.0.schema.introspect(document.parsed(), document.name(), variables);
        if !response.errors.is_empty() {
            return Err(Refused::invalid(&response.errors));
        }
        response
            .data
            .into_json()
            .map_err(|cause| Problem::new(Code::Internal, "The schema could not be shown.").because(cause).into())
    }

    /// Asks the systems and writes the answer. Ends at the call's deadline, with what there is.
    pub async fn answer(&self, prepared: Prepared, call: &Call) -> Answered {
        let Prepared { plan, introspected, estate, restriction, price, .. } = prepared;
        let began = self.0.clock.now();
        let gathered = gather::gather(&plan, &self.0.cache, call, &restriction).await;
        let now = self.0.clock.wall();
        let written = answer::write(&plan, &gathered, &estate.rules, now, introspected.as_ref());
        let used = self.0.clock.now().saturating_duration_since(began);
        let budget = call.deadline.saturating_duration_since(began);
        Answered::new(written, &plan, &gathered, call, price, (budget, used), now)
    }
}
