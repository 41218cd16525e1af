//! Each vendor's own way of saying that there were too many calls, and how many are left.

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::{Left, Over};
use crate::vendor::{Reply, Vendor};

/// The answer to a call that was too much.
pub(super) fn refused(vendor: &dyn Vendor, over: Over, left: &Left) -> Reply {
    let asked = left.quota.retry_after;
    match (vendor.name(), over) {
        ("Salesforce", Over::AtOnce) => {
            let says = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
            Reply::json(403, &json!([{ "message": says, "errorCode": "REQUEST_LIMIT_EXCEEDED" }]))
        }
        // It never says for how long.
        ("Salesforce" | "Stripe", _) => vendor.throttled(None),
        ("HubSpot", _) => hubspot(over),
        ("Dynamics 365", _) => vendor.throttled(asked.or(Some(1))),
        ("Zendesk", _) => vendor.throttled(asked.or(Some(60))),
        ("ServiceNow", _) => vendor.throttled(asked.or(Some(60))),
        _ => vendor.throttled(asked),
    }
}

fn hubspot(over: Over) -> Reply {
    let (policy, said) = match over {
        Over::Day => ("DAILY", "daily"),
        Over::AtOnce | Over::Second => ("SECONDLY", "secondly"),
    };
    let body = json!({
        "status": "error",
        "message": format!("You have reached your {said} limit."),
        "errorType": "RATE_LIMIT",
        "correlationId": "6828d000-0000-4000-8000-000000000001",
        "policyName": policy,
        "groupName": "publicapi:crm",
    });
    Reply::json(429, &body)
}

/// Tells what is left, in the fields of the vendor that tells it; in place of what it tells when nothing limits it.
pub(super) fn tell(vendor: &str, left: &Left, now: DateTime<Utc>, headers: &mut HeaderMap) {
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let of_day = left.quota.per_day.map(|limit| (limit, limit.saturating_sub(left.today)));
    let of_second = left.quota.per_second.map(|limit| (limit, limit.saturating_sub(left.this_second)));
    match (vendor, of_day, of_second) {
        ("Salesforce", Some((limit, _)), _) => set("sforce-limit-info", format!("api-usage={}/{limit}", left.today)),
        ("HubSpot", of_day, of_second) => {
            if let Some((limit, remaining)) = of_second {
                set("x-hubspot-ratelimit-secondly", limit.to_string());
                set("x-hubspot-ratelimit-secondly-remaining", remaining.to_string());
            }
            if let Some((limit, remaining)) = of_day {
                set("x-hubspot-ratelimit-daily", limit.to_string());
                set("x-hubspot-ratelimit-daily-remaining", remaining.to_string());
            }
        }
        // It counts minutes; so does a test that limits its day.
        ("Zendesk", Some((limit, remaining)), _) => {
            for (name, value) in [("x-rate-limit", limit), ("ratelimit-limit", limit)] {
                set(name, value.to_string());
            }
            for name in ["x-rate-limit-remaining", "ratelimit-remaining"] {
                set(name, remaining.to_string());
            }
            set("ratelimit-reset", (60 - now.second()).to_string());
        }
        // It counts hours, and does not tell what is left.
        ("ServiceNow", Some((limit, _)), _) => {
            let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now) + TimeDelta::hours(1);
            set("x-ratelimit-limit", limit.to_string());
            set("x-ratelimit-reset", hour.timestamp().to_string());
        }
        _ => {}
    }
}
