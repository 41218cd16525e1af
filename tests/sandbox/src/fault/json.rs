//! Bodies that are good JSON and still wrong.

use serde_json::{Map, Value, json};

use super::{Drift, JsonType, WrongRows};

/// Drops or retypes a field wherever it occurs.
pub(crate) fn drift(value: &mut Value, drift: &Drift) {
    match value {
        Value::Object(members) => {
            for member in members.values_mut() {
                self::drift(member, drift);
            }
            match (drift.becomes, members.get_mut(&drift.field)) {
                (None, Some(_)) => drop(members.shift_remove(&drift.field)),
                (Some(kind), Some(member)) => retype(member, kind),
                (_, None) => {}
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| self::drift(item, drift)),
        _ => {}
    }
}

fn retype(value: &mut Value, kind: JsonType) {
    let old = value.take();
    *value = match kind {
        JsonType::String => Value::String(old.as_str().map_or_else(|| old.to_string(), str::to_owned)),
        JsonType::Number => json!(42),
        JsonType::Bool => Value::Bool(true),
        JsonType::Null => Value::Null,
        JsonType::Object => json!({ "value": old }),
        JsonType::Array => json!([old]),
    };
}

/// Puts rows of other keys into a page, or turns a single row into another one.
pub(crate) fn wrong_rows(body: &mut Value, how: WrongRows, key_fields: &[&str]) {
    match body {
        Value::Array(rows) => in_list(rows, how, key_fields),
        Value::Object(members) => {
            let mut has_list = false;
            for member in members.values_mut() {
                if let Value::Array(rows) = member
                    && rows.iter().all(Value::is_object)
                {
                    has_list = true;
                    in_list(rows, how, key_fields);
                }
            }
            if !has_list {
                change_keys(members, key_fields);
            }
        }
        _ => {}
    }
}

fn in_list(rows: &mut Vec<Value>, how: WrongRows, key_fields: &[&str]) {
    match how {
        WrongRows::InPlace => rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| {
            change_keys(row, key_fields);
        }),
        WrongRows::Added => {
            if let Some(mut stranger) = rows.first().cloned() {
                stranger.as_object_mut().into_iter().for_each(|row| change_keys(row, key_fields));
                rows.insert(0, stranger);
            }
        }
    }
}

fn change_keys(row: &mut Map<String, Value>, key_fields: &[&str]) {
    for (name, value) in row.iter_mut() {
        match value {
            Value::Object(inner) => change_keys(inner, key_fields),
            Value::Array(items) => {
                items.iter_mut().filter_map(Value::as_object_mut).for_each(|inner| change_keys(inner, key_fields));
            }
            _ if key_fields.contains(&name.as_str()) => change_key(value),
            _ => {}
        }
    }
}

/// Another key of the same look: `C-1001` becomes `C-1002`.
fn change_key(value: &mut Value) {
    if let Some(number) = value.as_u64() {
        *value = json!(number.wrapping_add(1));
    } else if let Value::String(text) = value {
        let last = text.pop();
        text.push(match last {
            Some('9') | None => '0',
            Some('Z') => 'A',
            Some('z') => 'a',
            Some(digit) => char::from_u32(u32::from(digit) + 1).unwrap_or('0'),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_drifts_at_any_depth() {
        let mut body = json!({"value": [{"a": "1", "b": {"a": 2}}], "a": null});
        drift(&mut body, &Drift { field: "a".to_owned(), becomes: None });
        assert_eq!(body, json!({"value": [{"b": {}}]}));
        let mut body = json!([{"a": 1.5}]);
        drift(&mut body, &Drift { field: "a".to_owned(), becomes: Some(JsonType::String) });
        assert_eq!(body, json!([{"a": "1.5"}]));
    }

    #[test]
    fn a_stranger_comes_first_or_instead() {
        let page = json!({"value": [{"Key": "C-1001", "Name": "x"}]});
        let mut added = page.clone();
        wrong_rows(&mut added, WrongRows::Added, &["Key"]);
        assert_eq!(added, json!({"value": [{"Key": "C-1002", "Name": "x"}, {"Key": "C-1001", "Name": "x"}]}));
        let mut instead = page;
        wrong_rows(&mut instead, WrongRows::InPlace, &["Key"]);
        assert_eq!(instead, json!({"value": [{"Key": "C-1002", "Name": "x"}]}));
        let mut single = json!({"Key": "C-9999", "owner": {"Key": 7}});
        wrong_rows(&mut single, WrongRows::Added, &["Key"]);
        assert_eq!(single, json!({"Key": "C-9990", "owner": {"Key": 8}}));
    }
}
