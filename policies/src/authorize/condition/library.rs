//! What conditions need beyond the language's standard library: money is never a float.

use std::cmp::Ordering;
use std::sync::Arc;

use cel_core::{CelType, EvalError, EvalErrorKind, FunctionDecl, OverloadDecl, Value};
use rust_decimal::Decimal;

/// `decimal(a, b)`: -1, 0 or 1, as the decimal in `a` is less than, equal to or greater than that in `b`.
pub(super) fn decimal() -> FunctionDecl {
    let operands = vec![CelType::String, CelType::String];
    let overload = OverloadDecl::function("decimal_string_string", operands, CelType::Int);
    FunctionDecl::new("decimal").with_overload(overload.with_impl(compare))
}

fn compare(operands: &[Value]) -> Value {
    let read = |value: &Value| match value {
        Value::String(text) => text.parse::<Decimal>().ok(),
        _ => None,
    };
    match operands {
        [one, other] => match (read(one), read(other)) {
            (Some(one), Some(other)) => Value::Int(match one.cmp(&other) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }),
            _ => failed("decimal() compares texts such as \"25000.00\""),
        },
        _ => failed("decimal() compares two texts"),
    }
}

fn failed(says: &str) -> Value {
    Value::Error(Arc::new(EvalError::new(EvalErrorKind::InvalidArgument, says)))
}
