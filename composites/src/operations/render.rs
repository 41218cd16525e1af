//! The REST face of an answer: the bare object, with its holes listed; or a problem where there is no answer.

use portico_contracts::canonical::Failure;
use portico_contracts::problem::{Code, Problem};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Operation;
use crate::answer::{AnswerError, Segment};
use crate::engine::Answered;

/// An answer in REST's shape.
#[derive(Debug)]
pub enum Rendered {
    /// 200 with this body.
    Body(Vec<u8>),
    /// Nothing that the contract allows to be answered.
    Problem(Problem),
}

impl Operation {
    /// Renders. What is missing because a system failed is null and listed under `problems`, a member that is there
    /// only then. A required system that failed, or a root that is null, is a problem as a whole.
    pub fn render(&self, answered: &Answered) -> Rendered {
        if let Some(error) = answered.errors.iter().find(|error| self.is_required(error)) {
            return Rendered::Problem(problem(&error.failure));
        }
        let data: Result<std::collections::BTreeMap<String, Box<RawValue>>, _> = serde_json::from_slice(&answered.data);
        let root = data.ok().and_then(|mut data| data.remove(&*self.root));
        let Some(root) = root.filter(|root| root.get() != "null") else {
            return Rendered::Problem(no_answer(answered));
        };
        if answered.errors.is_empty() {
            return Rendered::Body(self.lifted(root.get()).into_bytes());
        }
        let problems: Vec<Value> = answered.errors.iter().map(|error| self.listed(error)).collect();
        Rendered::Body(with_problems(&self.lifted(root.get()), &problems))
    }

    /// Only a system's failure counts: what a system says that it does not have is an answer.
    fn is_required(&self, error: &AnswerError) -> bool {
        let said_no =
            matches!(error.failure.code, Code::NotFound | Code::ScopeMissing | Code::KeyUnsupported | Code::Ambiguous);
        !said_no && error.failure.role.is_some_and(|role| self.required.contains(&role))
    }

    fn listed(&self, error: &AnswerError) -> Value {
        let inside = match error.path.split_first() {
            Some((Segment::Key(root), rest)) if *root == self.root => rest.to_vec(),
            _ => error.path.clone(),
        };
        let path = AnswerError { path: inside, failure: error.failure.clone() }.dotted();
        let system = error.failure.system.as_ref().map(|system| system.as_str());
        let path = self.lifted_path(&path);
        let code = error.failure.code;
        let mut listed = json!({ "path": path, "code": code, "system": system, "retryable": code.retryable() });
        if let Some(wait) = error.failure.retry_after.filter(|_| code == Code::UpstreamThrottled) {
            listed["retryAfterMs"] = json!(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        listed
    }
}

fn problem(failure: &Failure) -> Problem {
    let mut problem = Problem::new(failure.code, failure.message.clone());
    problem.retry_after = failure.retry_after;
    problem.cause.clone_from(&failure.cause);
    problem
}

fn no_answer(answered: &Answered) -> Problem {
    match answered.errors.first() {
        Some(error) => problem(&error.failure),
        None => Problem::new(Code::NotFound, "There is no such thing."),
    }
}

/// Adds the list to the object's text, so that the object itself is not read and written again.
fn with_problems(object: &str, problems: &[Value]) -> Vec<u8> {
    let list = Value::from(problems.to_vec()).to_string();
    let open = object.trim_end().strip_suffix('}').unwrap_or(object);
    let comma = if open.trim_end().ends_with('{') { "" } else { "," };
    format!("{open}{comma}\"problems\":{list}}}").into_bytes()
}
