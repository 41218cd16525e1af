//! Why a question is not asked.

use async_graphql::ServerError;
use portico_contracts::problem::{Code, Problem};
use serde_json::json;

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// For the caller.
    pub message: String,
    /// Line and column, counted from 1.
    pub locations: Vec<(usize, usize)>,
}

/// A question that is refused as a whole.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The refusal.
    pub problem: Problem,
    /// Every mistake that was found; none where the refusal is not about the document's text.
    pub errors: Vec<DocumentError>,
    /// Whether it is a mistake of syntax, validity or variables: the ones that GraphQL over HTTP answers with 200 under
    /// `application/json`.
    pub of_document: bool,
}

impl Refused {
    /// A mistake in the document or its variables, without a place.
    pub(crate) fn document(code: Code, message: String) -> Self {
        Refused {
            problem: Problem::new(code, message.clone()),
            errors: vec![DocumentError { message, locations: Vec::new() }],
            of_document: true,
        }
    }

    /// What validation found.
    pub(crate) fn invalid(errors: &[ServerError]) -> Self {
        let errors: Vec<DocumentError> = errors.iter().take(20).map(located).collect();
        let detail =
            errors.first().map_or_else(|| Code::DocumentInvalid.title().to_owned(), |error| error.message.clone());
        Refused { problem: Problem::new(Code::DocumentInvalid, detail), errors, of_document: true }
    }

    /// What the parser found.
    pub(crate) fn malformed(error: &async_graphql::parser::Error) -> Self {
        let locations = error.positions().map(|at| (at.line, at.column)).collect();
        let message = first_line(&error.to_string());
        Refused {
            problem: Problem::new(Code::DocumentMalformed, message.clone()),
            errors: vec![DocumentError { message, locations }],
            of_document: true,
        }
    }

    /// As GraphQL errors.
    pub fn graphql(&self, request_id: &str) -> Vec<serde_json::Value> {
        let extensions =
            json!({ "code": self.problem.code, "retryable": self.problem.code.retryable(), "requestId": request_id });
        if self.errors.is_empty() {
            return vec![json!({ "message": self.problem.detail, "extensions": extensions })];
        }
        let error = |error: &DocumentError| {
            let mut json = json!({ "message": error.message });
            if !error.locations.is_empty() {
                json["locations"] =
                    error.locations.iter().map(|(line, column)| json!({ "line": line, "column": column })).collect();
            }
            json["extensions"] = extensions.clone();
            json
        };
        self.errors.iter().map(error).collect()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let of_document = matches!(
            problem.code,
            Code::DocumentInvalid
                | Code::DocumentMalformed
                | Code::VariablesInvalid
                | Code::ArgumentInvalid
                | Code::OperationUnknown
        );
        Refused { problem, errors: Vec::new(), of_document }
    }
}

fn located(error: &ServerError) -> DocumentError {
    DocumentError {
        message: error.message.clone(),
        locations: error.locations.iter().map(|at| (at.line, at.column)).collect(),
    }
}

/// The parser draws the place in several lines; what it expected is in the last.
fn first_line(text: &str) -> String {
    let expected = text.lines().rev().find_map(|line| line.trim().strip_prefix("= "));
    expected.map_or_else(
        || text.lines().next().unwrap_or_default().to_owned(),
        |expected| format!("Syntax error: {expected}."),
    )
}
