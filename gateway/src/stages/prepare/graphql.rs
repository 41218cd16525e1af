//! GraphQL over HTTP: which document is asked, with which variables.

use http::Method;
use http::header::ORIGIN;
use pingora::proxy::Session;
use portico_composites::engine::Question;
use portico_contracts::problem::{Code, Problem};
use portico_policies::Caller;
use portico_policies::authorize::documents::{TrustedDocuments, document};
use serde_json::{Map, Value};

use super::{accept, body};
use crate::exchange::Exchange;
use crate::respond::Refusal;
use crate::stages::admit::Head;

/// Reads the request. 400, 403, 406, 408, 413, 415.
pub(super) async fn read(
    session: &mut Session,
    exchange: &mut Exchange,
    head: &Head,
    caller: &Caller,
) -> Result<Question, Refusal> {
    if accept::graphql(head.accept.as_deref()).is_none() {
        let detail = "GraphQL is answered as application/graphql-response+json or application/json.";
        return Err(Problem::new(Code::NotAcceptable, detail).into());
    }
    if head.method == Method::POST {
        let limits = &exchange.snapshot.settings.limits;
        let members = body::json_object(session, limits).await?;
        return sent(members).and_then(|sent| sent.question(caller.documents.as_deref())).map_err(Refusal::from);
    }
    body::must_be_absent(session)?;
    refuse_cross_site(session, head)?;
    let sent = from_query(head.query.as_deref().unwrap_or_default());
    sent.and_then(|sent| sent.question(caller.documents.as_deref())).map_err(Refusal::from)
}

/// What was sent, before it is known which document it names.
struct Sent {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Map<String, Value>,
}

impl Sent {
    fn question(self, trusted: Option<&TrustedDocuments>) -> Result<Question, Problem> {
        let query = document(trusted, self.document_id.as_deref(), self.query.as_deref())?.to_owned();
        Ok(Question { query, operation_name: self.operation_name, variables: self.variables })
    }
}

/// A GET that another site's page can cause carries nothing that only a script of ours could have set.
fn refuse_cross_site(session: &Session, head: &Head) -> Result<(), Refusal> {
    let from_browser = session.get_header(ORIGIN).is_some() || session.get_header("sec-fetch-site").is_some();
    let deliberate = head.accept.as_deref().is_some_and(|accept| accept.contains("application/graphql-response+json"))
        || DELIBERATE.iter().any(|name| session.get_header(*name).is_some());
    if from_browser && !deliberate {
        let detail = "A browser's GET needs a header that a form cannot send.";
        return Err(Problem::new(Code::CrossSiteRefused, detail).into());
    }
    Ok(())
}

/// Headers that clients send for this very purpose.
const DELIBERATE: [&str; 4] =
    ["graphql-require-preflight", "apollo-require-preflight", "x-requested-with", "x-graphql-client-name"];

/// Members that are not ours are ignored; `null` counts as absent.
fn sent(mut members: Map<String, Value>) -> Result<Sent, Problem> {
    let mut text = |name: &str| match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(format!("`{name}` must be a string."))),
    };
    let (query, document_id, operation_name) = (text("query")?, text("documentId")?, text("operationName")?);
    let variables = object(members.remove("variables"), "variables")?;
    let extensions = object(members.remove("extensions"), "extensions")?;
    let document_id = document_id.or_else(|| persisted(&extensions));
    Ok(Sent { query, document_id, operation_name, variables })
}

/// What Apollo's clients call the identifier.
fn persisted(extensions: &Map<String, Value>) -> Option<String> {
    let digest = extensions.get("persistedQuery")?.get("sha256Hash")?.as_str()?;
    Some(format!("sha256:{digest}"))
}

fn object(member: Option<Value>, name: &str) -> Result<Map<String, Value>, Problem> {
    match member {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(wrong(format!("`{name}` must be an object."))),
    }
}

/// Parameters are urlencoded, `variables` and `extensions` are JSON in them; an empty one counts as absent.
fn from_query(query: &str) -> Result<Sent, Problem> {
    let mut members = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
        let value = match &*name {
            "query" | "documentId" | "operationName" => Value::String(value.into_owned()),
            "variables" | "extensions" => {
                body::unambiguous(&value).map_err(|_| wrong(format!("`{name}` is not well-formed JSON.")))?
            }
            _ => continue,
        };
        if members.insert(name.clone().into_owned(), value).is_some() {
            return Err(wrong(format!("`{name}` stands twice.")));
        }
    }
    sent(members)
}

fn wrong(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(Code::ParameterInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn members(body: Value) -> Result<Question, Code> {
        let Value::Object(members) = body else { unreachable!("tests send objects") };
        sent(members).and_then(|sent| sent.question(None)).map_err(|problem| problem.code)
    }

    #[test]
    fn null_members_are_absent_and_unknown_ones_ignored() {
        let read =
            members(json!({"query": "{a}", "operationName": null, "variables": null, "extensions": null, "x": 1}));
        let read = read.unwrap();
        assert_eq!((read.query.as_str(), read.operation_name, read.variables.len()), ("{a}", None, 0));
    }

    #[test]
    fn members_of_the_wrong_kind_are_refused() {
        for body in [
            json!({}),
            json!({"query": null}),
            json!({"query": 1}),
            json!({"query": ["{a}"]}),
            json!({"query": "{a}", "operationName": 1}),
            json!({"query": "{a}", "variables": "{}"}),
            json!({"query": "{a}", "variables": []}),
            json!({"query": "{a}", "extensions": 0}),
        ] {
            assert_eq!(members(body.clone()).err(), Some(Code::ParameterInvalid), "{body}");
        }
    }

    #[test]
    fn a_query_string_says_the_same() {
        let question = |query: &str| from_query(query).and_then(|sent| sent.question(None));
        let read = question("query=%7Ba%7D&operationName=&variables=%7B%22k%22%3A1%7D&other=1").unwrap();
        assert_eq!((read.query.as_str(), read.operation_name, &read.variables["k"]), ("{a}", None, &json!(1)));
        for bad in [
            "",
            "query=",
            "query={a}&query={b}",
            "query={a}&variables=[]",
            "query={a}&variables={",
            "query={a}&variables={\"a\":1,\"a\":1}",
        ] {
            assert_eq!(question(bad).err().map(|problem| problem.code), Some(Code::ParameterInvalid), "{bad}");
        }
    }
}
