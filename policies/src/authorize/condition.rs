//! Conditions: what scopes cannot say, in the Common Expression Language (cel.dev), over the caller, the route and the
//! request's arguments.
//!
//! A condition is compiled and its types are checked when the configuration is; what it cannot decide, it refuses. It sees
//!
//! - `principal.tenant`, `.consumer`, `.subject`, `.plan`, `.tier` (text), `.scopes`, `.customers` (lists of text; the
//!   latter empty where the caller sees all), `.limited` (whether it sees some customers only),
//! - `route.api`, `.version`, `.path` (the template), `.method` (text),
//! - `arguments.<name>`, typed by whoever declares them. Decimals, days and times are text; `decimal(a, b)` compares
//!   two decimals exactly: -1, 0 or 1.

mod arguments;
mod library;
mod operands;

use std::sync::Arc;

use cel_core::{Activation, CelType, Env, Program, Value};
use portico_contracts::problem::{Code, Problem};
use serde_json::Map;

pub use arguments::Declared;
use arguments::Known;

use crate::Caller;

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    program: Program,
    arguments: Vec<Known>,
}

/// Why a condition cannot be compiled, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Uncompilable(String);

/// Where a request goes, named after the configuration.
#[derive(Debug, Clone, Copy)]
pub struct RouteFacts<'a> {
    /// The API; `graphql` for `/graphql`.
    pub api: &'a str,
    /// Its version; `none` for `/graphql`.
    pub version: &'a str,
    /// The path's template.
    pub path: &'a str,
    /// The request's method.
    pub method: &'a str,
}

/// What a condition is held against.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// For what.
    pub route: RouteFacts<'a>,
    /// With which arguments.
    pub arguments: &'a Map<String, serde_json::Value>,
}

/// Longer conditions are programs.
const LONGEST: usize = 2_048;

const PRINCIPAL: [(&str, Kind); 8] = [
    ("principal.tenant", Kind::Text),
    ("principal.consumer", Kind::Text),
    ("principal.subject", Kind::Text),
    ("principal.plan", Kind::Text),
    ("principal.tier", Kind::Text),
    ("principal.scopes", Kind::Texts),
    ("principal.customers", Kind::Texts),
    ("principal.limited", Kind::Truth),
];
const ROUTE: [&str; 4] = ["route.api", "route.version", "route.path", "route.method"];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Truth,
}

impl Condition {
    /// Compiles a condition and checks its types. `arguments` are those that the request will have.
    pub fn compile(text: &str, arguments: &[Declared<'_>]) -> Result<Self, Uncompilable> {
        if text.len() > LONGEST {
            return Err(Uncompilable(format!("a condition has at most {LONGEST} bytes")));
        }
        let arguments = arguments::known(arguments);
        let mut env = Env::with_standard_library().with_function(library::decimal());
        for (name, kind) in PRINCIPAL {
            env.add_variable(name, kind.of_cel());
        }
        for name in ROUTE {
            env.add_variable(name, CelType::String);
        }
        for known in &arguments {
            env.add_variable(known.name.clone(), known.of_cel());
        }
        let ast = env.compile(text).map_err(|why| Uncompilable(in_words(&why.to_string(), text, &arguments)))?;
        match ast.result_type() {
            Some(CelType::Bool) => {}
            Some(other) => {
                return Err(Uncompilable(format!("a condition says true or false; this is of type {other}")));
            }
            None => return Err(Uncompilable("its type cannot be told".to_owned())),
        }
        operands::check(&ast).map_err(Uncompilable)?;
        let program = env.program(&ast).map_err(|why| Uncompilable(why.to_string()))?;
        Ok(Condition { program, arguments })
    }

    /// Refuses unless the condition holds. What cannot be decided does not hold. `place` is in public words.
    pub fn require(&self, place: &str, facts: &Facts<'_>) -> Result<(), Problem> {
        let refused = || {
            let detail = format!("{place} is open under a condition that this request does not meet.");
            Problem::new(Code::ConditionNotMet, detail)
        };
        let facts = Bound { facts: *facts, arguments: &self.arguments };
        match self.program.eval(&facts as &dyn Activation) {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) => Err(refused()),
            Value::Error(why) => Err(refused().because(format!("the condition cannot be decided: {why}"))),
            _ => Err(refused().because("the condition is neither true nor false")),
        }
    }
}

/// The checker's words; where a name is not known, that name and those that are.
fn in_words(says: &str, text: &str, arguments: &[Known]) -> String {
    let known = PRINCIPAL.iter().map(|(name, _)| *name).chain(ROUTE).chain(arguments.iter().map(|known| &*known.name));
    let known: Vec<&str> = known.collect();
    // `principal.tenant.startsWith` begins with a name.
    let is_known = |word: &str| {
        known.iter().any(|name| word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    let mut ours =
        words.filter(|word| ["principal", "route", "arguments"].contains(&word.split('.').next().unwrap_or_default()));
    match ours.find(|word| says.contains("undeclared") && !is_known(word)) {
        Some(unknown) => format!("`{unknown}` is not known here; known are {}", known.join(", ")),
        None => says.to_owned(),
    }
}

impl Kind {
    fn of_cel(self) -> CelType {
        match self {
            Kind::Text => CelType::String,
            Kind::Texts => CelType::list(CelType::String),
            Kind::Truth => CelType::Bool,
        }
    }
}

/// The facts of one request, looked up by name: nothing is built that the condition does not ask for.
struct Bound<'a> {
    facts: Facts<'a>,
    arguments: &'a [Known],
}

impl Activation for Bound<'_> {
    fn resolve(&self, name: &str) -> Option<Value> {
        let (caller, route) = (self.facts.caller, &self.facts.route);
        let principal = &caller.principal;
        Some(match name {
            "principal.tenant" => text(principal.tenant.as_str()),
            "principal.consumer" => text(principal.consumer.as_str()),
            "principal.subject" => Value::String(Arc::clone(&principal.subject)),
            "principal.plan" => Value::String(Arc::clone(&caller.plan)),
            "principal.tier" => text(caller.tier.as_str()),
            "principal.scopes" => principal.scopes.iter().map(text).collect::<Vec<_>>().into(),
            "principal.customers" => {
                principal.customers.iter().flat_map(|all| all.iter()).map(text).collect::<Vec<_>>().into()
            }
            "principal.limited" => Value::Bool(principal.customers.is_some()),
            "route.api" => text(route.api),
            "route.version" => text(route.version),
            "route.path" => text(route.path),
            "route.method" => text(route.method),
            _ => self.arguments.iter().find(|known| *known.name == *name)?.value(self.facts.arguments),
        })
    }
}

fn text(text: &str) -> Value {
    Value::String(Arc::from(text))
}

#[cfg(test)]
mod tests;
