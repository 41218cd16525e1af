//! Input values: what callers sent, as the model's input types want it (GraphQL, October 2021 edition, sections 3 and 6.1.2).
//! Variables are coerced once for each request, arguments when their field is planned; both come through here.

use async_graphql::Name;
use async_graphql::parser::types::OperationDefinition;
use async_graphql_value::{ConstValue, Value};
use indexmap::IndexMap;
use portico_contracts::model::{BaseType, Input, InputType, Model, TypeRef};

use crate::schema::scalars;

/// Coerced variables; those that were not given and have no default are not in it.
pub(crate) type Variables = IndexMap<Name, ConstValue>;

/// Coerces the variables of an operation. The message names the variable.
pub(crate) fn variables(
    operation: &OperationDefinition,
    given: &serde_json::Map<String, serde_json::Value>,
) -> Result<Variables, String> {
    let mut coerced = Variables::new();
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        let name = &definition.name.node;
        let ty = &definition.var_type.node;
        match given.get(name.as_str()) {
            Some(json) => {
                let value =
                    ConstValue::from_json(json.clone()).map_err(|_| format!("Variable `${name}` cannot be read."))?;
                let value = constant(ty, &value, Spelling::Json).map_err(|why| format!("Variable `${name}` {why}."))?;
                coerced.insert(name.clone(), value);
            }
            None => match &definition.default_value {
                Some(default) => {
                    let value = constant(ty, &default.node, Spelling::Literal)
                        .map_err(|why| format!("The default of `${name}` {why}."))?;
                    coerced.insert(name.clone(), value);
                }
                None if !ty.nullable => {
                    return Err(format!("Variable `${name}` of type `{ty}` is required and was not given."));
                }
                None => {}
            },
        }
    }
    Ok(coerced)
}

/// The arguments of one field, coerced, defaults filled in. The message names the argument.
pub(crate) fn arguments(
    declared: &IndexMap<&'static str, Input>,
    given: &[(async_graphql::Positioned<Name>, async_graphql::Positioned<Value>)],
    variables: &Variables,
) -> Result<IndexMap<&'static str, ConstValue>, String> {
    let mut coerced = IndexMap::new();
    for input in declared.values() {
        let value = given.iter().find(|(name, _)| name.node == input.name).map(|(_, value)| &value.node);
        let value = match value {
            Some(Value::Variable(name)) => variables.get(name).cloned(),
            Some(value) => Some(with_variables(value, variables)),
            None => None,
        };
        if let Some(value) =
            field_value(input, value.as_ref()).map_err(|why| format!("Argument `{}` {why}.", input.name))?
        {
            coerced.insert(input.name, value);
        }
    }
    Ok(coerced)
}

/// A literal with its variables put in. A variable without a value leaves its place out, as if it were not written.
fn with_variables(value: &Value, variables: &Variables) -> ConstValue {
    match value {
        Value::Variable(name) => variables.get(name).cloned().unwrap_or(ConstValue::Null),
        Value::List(items) => ConstValue::List(items.iter().map(|item| with_variables(item, variables)).collect()),
        Value::Object(fields) => {
            let given = fields
                .iter()
                .filter(|(_, value)| !matches!(value, Value::Variable(name) if !variables.contains_key(name)));
            ConstValue::Object(given.map(|(name, value)| (name.clone(), with_variables(value, variables))).collect())
        }
        Value::Null => ConstValue::Null,
        Value::Number(number) => ConstValue::Number(number.clone()),
        Value::String(text) => ConstValue::String(text.clone()),
        Value::Boolean(truth) => ConstValue::Boolean(*truth),
        Value::Binary(bytes) => ConstValue::Binary(bytes.clone()),
        Value::Enum(name) => ConstValue::Enum(name.clone()),
    }
}

/// Enum values are bare names in documents and strings in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Literal,
    Json,
}

fn field_value(input: &Input, given: Option<&ConstValue>) -> Result<Option<ConstValue>, String> {
    match given.or(input.default.as_ref()) {
        // A value that came from a variable is coerced already; doing it again changes nothing.
        Some(value) => constant(&input.ty, value, Spelling::Literal).map(Some),
        None if !input.ty.nullable => Err(format!("of type `{}` is required and was not given", input.ty)),
        None => Ok(None),
    }
}

fn constant(ty: &TypeRef, value: &ConstValue, spelling: Spelling) -> Result<ConstValue, String> {
    if matches!(value, ConstValue::Null) {
        return if ty.nullable { Ok(ConstValue::Null) } else { Err(format!("must not be null; it is of type `{ty}`")) };
    }
    match &ty.base {
        BaseType::List(inner) => match value {
            ConstValue::List(items) => {
                items.iter().map(|item| constant(inner, item, spelling)).collect::<Result<_, _>>().map(ConstValue::List)
            }
            single => Ok(ConstValue::List(vec![constant(inner, single, spelling)?])),
        },
        BaseType::Named(name) => named(name, value, spelling),
    }
}

fn named(name: &str, value: &ConstValue, spelling: Spelling) -> Result<ConstValue, String> {
    let model = Model::get();
    if let Some(input) = model.inputs.get(name) {
        return object(input, value, spelling);
    }
    if let Some(kind) = model.enums.get(name) {
        let given = match (value, spelling) {
            (ConstValue::Enum(given), _) => Some(given.as_str()),
            (ConstValue::String(given), Spelling::Json) => Some(given.as_str()),
            _ => None,
        };
        let known = given.and_then(|given| kind.value(given));
        let values = || kind.values.keys().copied().collect::<Vec<_>>().join(", ");
        return known
            .map(|known| ConstValue::Enum(Name::new(known)))
            .ok_or_else(|| format!("must be one of {}", values()));
    }
    let fits = match (name, value) {
        ("String", ConstValue::String(_)) | ("Boolean", ConstValue::Boolean(_)) | ("ID", ConstValue::String(_)) => true,
        ("Int", ConstValue::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("Float", ConstValue::Number(_)) => true,
        ("ID", ConstValue::Number(number)) if number.is_i64() => return Ok(ConstValue::String(number.to_string())),
        ("String" | "Boolean" | "Int" | "Float" | "ID", _) => false,
        (scalar, value) => scalars::acceptable(scalar, value),
    };
    let floats = if name == "Decimal" { "; write it as a string or an integer, a float is not exact" } else { "" };
    if fits { Ok(value.clone()) } else { Err(format!("is not a value of type `{name}`{floats}")) }
}

fn object(input: &InputType, value: &ConstValue, spelling: Spelling) -> Result<ConstValue, String> {
    let ConstValue::Object(given) = value else { return Err(format!("must be an object of type `{}`", input.name)) };
    if let Some(unknown) = given.keys().find(|name| !input.fields.contains_key(name.as_str())) {
        return Err(format!("has a member `{unknown}` that `{}` does not have", input.name));
    }
    if input.one_of {
        let set = given.values().filter(|value| !matches!(value, ConstValue::Null)).count();
        if set != 1 || given.len() != 1 {
            let names = input.fields.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(format!("must have exactly one of {names}"));
        }
    }
    let mut coerced = IndexMap::new();
    for field in input.fields.values() {
        let spelled = given.get(field.name);
        let value = match spelled {
            Some(value) => Some(constant(&field.ty, value, spelling)),
            None => field_value(field, None).transpose(),
        };
        if let Some(value) = value {
            coerced.insert(Name::new(field.name), value.map_err(|why| format!("member `{}` {why}", field.name))?);
        }
    }
    Ok(ConstValue::Object(coerced.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coerce(document: &str, json: serde_json::Value) -> String {
        let document = async_graphql::parser::parse_query(document).expect("parses");
        let (_, operation) = document.operations.iter().next().expect("one operation");
        let serde_json::Value::Object(given) = json else { panic!("variables are an object") };
        match variables(&operation.node, &given) {
            Ok(variables) => serde_json::to_string(&variables).expect("serialises"),
            Err(why) => why,
        }
    }

    #[test]
    fn variables_become_what_the_operation_declares() {
        let document = "query($k: CustomerKey!, $s: [OrderStatus!] = [OPEN], $n: Int, $m: MoneyInput) { a }";
        let json = serde_json::json!({"k": {"number": "C-1"}, "s": "SHIPPED", "m": {"amount": 5, "currency": "EUR"}});
        insta::assert_snapshot!(coerce(document, json), @r#"{"k":{"number":"C-1"},"s":["SHIPPED"],"m":{"amount":5,"currency":"EUR"}}"#);
        insta::assert_snapshot!(coerce(document, serde_json::json!({"k": {"email": "a@b"}})), @r#"{"k":{"email":"a@b"},"s":["OPEN"]}"#);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let money = "query($m: MoneyInput!) { a }";
        insta::assert_snapshot!(coerce(money, serde_json::json!({})), @"Variable `$m` of type `MoneyInput!` is required and was not given.");
        insta::assert_snapshot!(coerce(money, serde_json::json!({"m": {"amount": 1.5, "currency": "EUR"}})), @"Variable `$m` member `amount` is not a value of type `Decimal`; write it as a string or an integer, a float is not exact.");
        insta::assert_snapshot!(coerce(money, serde_json::json!({"m": {"amount": 1}})), @"Variable `$m` member `currency` of type `CurrencyCode!` is required and was not given.");
        insta::assert_snapshot!(coerce(money, serde_json::json!({"m": {"amount": 1, "currency": "EUR", "x": 1}})), @"Variable `$m` has a member `x` that `MoneyInput` does not have.");
        let key = "query($k: CustomerKey!) { a }";
        insta::assert_snapshot!(coerce(key, serde_json::json!({"k": {}})), @"Variable `$k` must have exactly one of number, crmId, billingId, supportId, email, domain.");
        insta::assert_snapshot!(coerce(key, serde_json::json!({"k": {"number": null}})), @"Variable `$k` must have exactly one of number, crmId, billingId, supportId, email, domain.");
        insta::assert_snapshot!(coerce("query($n: Int!) { a }", serde_json::json!({"n": 3_000_000_000_i64})), @"Variable `$n` is not a value of type `Int`.");
        insta::assert_snapshot!(coerce("query($s: OrderStatus) { a }", serde_json::json!({"s": "LOST"})), @"Variable `$s` must be one of DRAFT, OPEN, PARTIALLY_SHIPPED, SHIPPED, INVOICED, CLOSED, CANCELLED, UNKNOWN.");
        insta::assert_snapshot!(coerce("query($s: String!) { a }", serde_json::json!({"s": null})), @"Variable `$s` must not be null; it is of type `String!`.");
    }
}
