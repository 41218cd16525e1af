//! Operation documents: where their first comment places them.
//!
//! ```graphql
//! # GET /orders/{number}
//! # scope: api:partner:orders
//! # condition: principal.tier == "critical"
//! # rate: 5/s, burst 10
//! # tier: critical
//! # required: erp, crm
//! # lift: customer
//! query ($number: String!) { order(number: $number) { status } }
//! ```
//!
//! Whether the document fits the schema is found out where it is compiled, in `composites`.

use std::sync::Arc;

use http::Method;
use portico_contracts::tenancy::{Role, Tier};
use portico_policies::throttle::{PlaceLimit, Rate};

use super::compile::Compiler;
use super::condition;
use super::ledger::Ledger;
use crate::settings::Operation;
use crate::settings::mistake::{nearest, suggestion};
use crate::settings::path::PathTemplate;
use crate::settings::read::Place;
use crate::settings::units::parse_rate;

const KEYS: [&str; 6] = ["scope", "condition", "rate", "tier", "required", "lift"];

/// `base` is the version's name: `partner/v1`.
pub(super) fn check(
    file: &str,
    text: &str,
    base: &str,
    compiler: &Compiler,
    ledger: &mut Ledger<'_>,
) -> Option<Operation> {
    let whole = Place::file(file);
    let mut comments = leading_comments(text);
    let Some((line, placement)) = comments.next() else {
        ledger.wrong(&whole, "the first line places the document, for example `# GET /orders/{number}`");
        return None;
    };
    let place = Place { line, ..whole.clone() };
    let placed = placement_of(placement).map_err(|says| ledger.wrong(&place, says)).ok();
    let mut operation = Operation {
        file: file.to_owned(),
        method: Method::GET,
        path: PathTemplate::parse("/").expect("the root is a path"),
        document: Arc::from(text),
        scope: None,
        condition: None,
        limit: None,
        tier: None,
        required: Vec::new(),
        lift: Vec::new(),
    };
    let mut condition = None;
    for (line, comment) in comments {
        if let Some(text) = comment.strip_prefix("condition:") {
            condition = Some((Place { line, ..whole.clone() }, text.trim()));
        } else if let Err(says) = remark(comment, &mut operation) {
            ledger.wrong(&Place { line, ..whole.clone() }, says);
        }
    }
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        ledger.wrong(&whole, "the file holds no GraphQL document");
    }
    let (method, path) = placed?;
    if let Some(limit) = &mut operation.limit {
        limit.place = format!("{base} {method} {path}").into();
    }
    let mut operation = Operation { method, path, ..operation };
    let compiled = compiler.check(&operation, ledger);
    if let (Some((place, text)), Some(compiled)) = (condition, compiled) {
        operation.condition = condition::of_operation(&place, text, compiled.parameters(), ledger);
    }
    Some(operation)
}

/// The comments before the document, with their lines.
fn leading_comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let before = numbered.take_while(|(_, line)| line.is_empty() || line.starts_with('#'));
    before.filter_map(|(number, line)| Some((number, line.strip_prefix('#')?.trim())))
}

fn placement_of(comment: &str) -> Result<(Method, PathTemplate), String> {
    let (method, path) = comment.split_once(' ').unwrap_or((comment, ""));
    let method = match method {
        "GET" => Method::GET,
        "POST" => Method::POST,
        _ => return Err(format!("expected a placement such as `# GET /orders/{{number}}`, found \"{comment}\"")),
    };
    let path = PathTemplate::parse(path.trim()).map_err(|error| error.to_string())?;
    if path.has_tail() {
        return Err("an operation has one path; `/**` is for proxied routes".to_owned());
    }
    Ok((method, path))
}

/// `key: value`; any other comment is for people.
fn remark(comment: &str, operation: &mut Operation) -> Result<(), String> {
    let Some((key, value)) = comment.split_once(':') else { return Ok(()) };
    let (key, value) = (key.trim(), value.trim());
    match key {
        "scope" => operation.scope = Some(scope_of(value)?),
        // It is named once it is known where it is placed.
        "rate" => operation.limit = Some(PlaceLimit { place: Arc::default(), rate: rate_of(value)? }),
        "tier" => operation.tier = Some(tier_of(value)?),
        "required" => {
            operation.required = value.split(',').map(|word| role_of(word.trim())).collect::<Result<_, _>>()?;
        }
        "lift" => operation.lift = value.split(',').map(|word| Arc::from(word.trim())).collect(),
        _ if key.contains(' ') => {}
        _ => {
            if let Some(near) = nearest(key, KEYS) {
                return Err(format!("\"{key}\" is not known here; did you mean \"{near}\"?"));
            }
        }
    }
    Ok(())
}

fn scope_of(word: &str) -> Result<Arc<str>, String> {
    if word.is_empty() || word.contains(char::is_whitespace) {
        return Err("expected one scope".to_owned());
    }
    Ok(Arc::from(word))
}

/// `5/s`, or `5/s, burst 10`.
fn rate_of(words: &str) -> Result<Rate, String> {
    let (rate, burst) = match words.split_once(',') {
        Some((rate, burst)) => (rate.trim(), Some(burst.trim())),
        None => (words, None),
    };
    let expected = || format!("expected a rate such as `5/s` or `5/s, burst 10`, found \"{words}\"");
    let (amount, per) = parse_rate(rate).ok_or_else(expected)?;
    let burst = match burst {
        None => amount,
        Some(words) => {
            let number = words.strip_prefix("burst ").and_then(|number| number.trim().parse().ok());
            number.ok_or_else(expected)?
        }
    };
    Rate::new(amount, per, burst).map_err(|error| error.to_string())
}

fn tier_of(word: &str) -> Result<Tier, String> {
    let tiers = [Tier::Critical, Tier::Standard, Tier::BestEffort];
    let found = tiers.into_iter().find(|tier| tier.as_str() == word);
    found.ok_or_else(|| format!("\"{word}\" is not a tier{}", suggestion(word, tiers.map(Tier::as_str))))
}

fn role_of(word: &str) -> Result<Role, String> {
    let found = Role::ALL.into_iter().find(|role| role.as_str() == word);
    found.ok_or_else(|| format!("\"{word}\" is not a role{}", suggestion(word, Role::ALL.map(Role::as_str))))
}
