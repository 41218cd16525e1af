//! API versions: three a year, the oldest ones gone.

use serde_json::{Value, json};

use super::errors::{Refusal, reply};
use crate::vendor::Reply;

/// The oldest version that still answers.
const OLDEST: u32 = 31;
/// The newest version.
const NEWEST: u32 = 68;

/// Every version that answers.
pub(super) fn list() -> Reply {
    let versions: Vec<Value> = (OLDEST..=NEWEST)
        .map(|number| {
            let version = format!("{number}.0");
            json!({ "label": label(number), "url": format!("/services/data/v{version}"), "version": version })
        })
        .collect();
    reply(200, &Value::Array(versions))
}

/// Refuses a version that is gone or never was.
pub(super) fn check(version: &str) -> Result<(), Refusal> {
    let number = version.strip_prefix('v').and_then(|version| version.strip_suffix(".0"));
    match number.and_then(|number| number.parse::<u32>().ok()) {
        Some(OLDEST..=NEWEST) => Ok(()),
        Some(7..OLDEST) => Err(Refusal::new(410, "UNSUPPORTED_API_VERSION", "Requested API version is retired")),
        _ => Err(Refusal::not_found()),
    }
}

/// What there is below a version.
pub(super) fn resources(version: &str) -> Value {
    let at = |name: &str| format!("/services/data/{version}/{name}");
    json!({
        "sobjects": at("sobjects"),
        "query": at("query"),
        "queryAll": at("queryAll"),
        "limits": at("limits"),
        "composite": at("composite"),
    })
}

/// The marketing name: version 66 is the spring of 2026.
fn label(number: u32) -> String {
    let releases = number + 12;
    let (year, season) = (releases / 3, releases % 3);
    match season {
        0 => format!("Spring '{year}"),
        1 => format!("Summer '{year}"),
        _ => format!("Winter '{}", year + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_names_of_their_seasons() {
        let labels: Vec<String> = [64, 65, 66, 67, 68].into_iter().map(label).collect();
        assert_eq!(labels, ["Summer '25", "Winter '26", "Spring '26", "Summer '26", "Winter '27"]);
    }

    #[test]
    fn old_versions_are_gone_and_unknown_ones_not_found() {
        let status = |version| check(version).err().map(|refusal| refusal.status);
        assert_eq!(status("v66.0"), None);
        assert_eq!(status("v30.0"), Some(410));
        for wrong in ["v99.0", "v66", "66.0", "v1.0", "", "v+66.0x", "v99999999999.0"] {
            assert_eq!(status(wrong), Some(404), "{wrong}");
        }
    }
}
