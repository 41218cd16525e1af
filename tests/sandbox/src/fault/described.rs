//! A field that drifted is not what it was in the system's own description either.

use serde_json::{Value, json};

use super::{Drift, JsonType};

/// In lists of fields (`{"name": …, "type": …}`): the field is gone, or has another type.
pub(crate) fn listed(value: &mut Value, drift: &Drift) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| listed(member, drift)),
        Value::Array(items) => {
            let is_it = |item: &Value| item["name"] == drift.field.as_str() && item.get("type").is_some();
            match drift.becomes {
                None => items.retain(|item| !is_it(item)),
                Some(kind) => {
                    for item in items.iter_mut().filter(|item| is_it(item)) {
                        item["type"] = json!(word(kind));
                    }
                }
            }
            items.iter_mut().for_each(|item| listed(item, drift));
        }
        _ => {}
    }
}

fn word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::String | JsonType::Null => "string",
        JsonType::Number => "double",
        JsonType::Bool => "boolean",
        JsonType::Object | JsonType::Array => "address",
    }
}

/// In OData's metadata: the property is gone, or has another type.
pub(crate) fn metadata(document: &str, drift: &Drift) -> String {
    let begin = format!("<Property Name=\"{}\" ", drift.field);
    let mut text = String::with_capacity(document.len());
    let mut rest = document;
    while let Some((before, after)) = rest.split_once(&begin) {
        text.push_str(before);
        let (_, after) = after.split_once("/>").unwrap_or_default();
        if let Some(kind) = drift.becomes {
            text.push_str(&format!("{begin}Type=\"{}\"/>", edm(kind)));
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn edm(kind: JsonType) -> &'static str {
    match kind {
        JsonType::String | JsonType::Null => "Edm.String",
        JsonType::Number => "Edm.Decimal",
        JsonType::Bool => "Edm.Boolean",
        JsonType::Object | JsonType::Array => "Collection(Edm.String)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_drifts_too() {
        let gone = Drift { field: "Name".to_owned(), becomes: None };
        let other = Drift { field: "Name".to_owned(), becomes: Some(JsonType::Bool) };
        let xml = "<a><Property Name=\"Name\" Type=\"Edm.String\"/><Property Name=\"Names\" Type=\"Edm.String\"/></a>";
        assert_eq!(metadata(xml, &gone), "<a><Property Name=\"Names\" Type=\"Edm.String\"/></a>");
        assert!(metadata(xml, &other).starts_with("<a><Property Name=\"Name\" Type=\"Edm.Boolean\"/>"));
        let list = json!({ "fields": [{ "name": "Name", "type": "string" }, { "name": "Id", "type": "id" }] });
        let (mut without, mut retyped) = (list.clone(), list);
        listed(&mut without, &gone);
        assert_eq!(without, json!({ "fields": [{ "name": "Id", "type": "id" }] }));
        listed(&mut retyped, &other);
        assert_eq!(retyped["fields"][0]["type"], "boolean");
    }
}
