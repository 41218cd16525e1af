//! Faults as they are named at the control calls.

use std::time::Duration;

use serde_json::Value;

use super::{Drift, Fault, JsonType, WrongRows};

pub(super) fn fault(name: &str, value: &Value) -> Result<Fault, String> {
    let fault = match name {
        "down" => Fault::Down,
        "refused" => Fault::Refused,
        "hang" => Fault::Hang,
        "slow" => Fault::Slow(Duration::from_millis(number(name, value)?)),
        "status" => Fault::Status(status(value)?),
        "throttled" if value.is_null() => Fault::Throttled(None),
        "throttled" => Fault::Throttled(Some(u32::try_from(number(name, value)?).map_err(|_| "too long a wait")?)),
        "html" => Fault::Html,
        "truncated" => Fault::Truncated,
        "malformed" => Fault::Malformed,
        "endless" => Fault::Endless,
        "gzip_bomb" => Fault::GzipBomb,
        "drift" => Fault::Drift(drift(value)?),
        "expired_token" => Fault::ExpiredToken,
        "wrong_rows" => Fault::WrongRows(wrong_rows(value)?),
        "redirect" => Fault::Redirect,
        "next_link_elsewhere" => Fault::NextLinkElsewhere,
        "next_link_loop" => Fault::NextLinkLoop,
        "tls" => Fault::Tls,
        "reset" => Fault::Reset,
        _ => return Err(format!("no fault is named `{name}`")),
    };
    Ok(fault)
}

fn number(name: &str, value: &Value) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| format!("`{name}` needs a whole number as its value"))
}

fn status(value: &Value) -> Result<u16, String> {
    let status = number("status", value)?;
    let valid = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
    valid.ok_or_else(|| format!("{status} is no final HTTP status"))
}

fn drift(value: &Value) -> Result<Drift, String> {
    let text = value.as_str().ok_or("`drift` needs `field` or `field:type` as its value")?;
    let (field, becomes) = match text.split_once(':') {
        None => (text, None),
        Some((field, kind)) => (field, Some(json_type(kind)?)),
    };
    if field.is_empty() {
        return Err("`drift` needs a field".to_owned());
    }
    Ok(Drift { field: field.to_owned(), becomes })
}

fn json_type(name: &str) -> Result<JsonType, String> {
    match name {
        "string" => Ok(JsonType::String),
        "number" => Ok(JsonType::Number),
        "bool" => Ok(JsonType::Bool),
        "null" => Ok(JsonType::Null),
        "object" => Ok(JsonType::Object),
        "array" => Ok(JsonType::Array),
        _ => Err(format!("`{name}` is none of string, number, bool, null, object, array")),
    }
}

fn wrong_rows(value: &Value) -> Result<WrongRows, String> {
    match value.as_str() {
        None if value.is_null() => Ok(WrongRows::Added),
        Some("added") => Ok(WrongRows::Added),
        Some("in_place") => Ok(WrongRows::InPlace),
        _ => Err("`wrong_rows` takes no value, `added` or `in_place`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_agreed_name_is_known() {
        let names = "down refused hang html truncated malformed endless gzip_bomb expired_token wrong_rows redirect \
                     next_link_elsewhere next_link_loop tls reset throttled";
        for name in names.split_whitespace() {
            assert!(fault(name, &Value::Null).is_ok(), "{name}");
        }
        assert_eq!(fault("slow", &json!(3000)), Ok(Fault::Slow(Duration::from_secs(3))));
        assert_eq!(fault("status", &json!(503)), Ok(Fault::Status(503)));
        assert_eq!(fault("throttled", &json!(7)), Ok(Fault::Throttled(Some(7))));
        let drift = Drift { field: "DueDate".to_owned(), becomes: Some(JsonType::Number) };
        assert_eq!(fault("drift", &json!("DueDate:number")), Ok(Fault::Drift(drift)));
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        assert!(fault("slow", &Value::Null).is_err());
        assert!(fault("slow", &json!(-1)).is_err());
        assert!(fault("status", &json!(99)).is_err());
        assert!(fault("drift", &json!("a:colour")).is_err());
        assert!(fault("drift", &json!(":string")).is_err());
        assert!(fault("wrong_rows", &json!(1)).is_err());
        assert!(fault("sloww", &json!(1)).is_err_and(|says| says.contains("sloww")));
    }
}
