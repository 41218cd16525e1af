//! What a kind of system limits.

use http::HeaderName;

use super::{Kind, Node, Reader, Section};
use crate::packs::limits::{Day, Figures, Limits, Report, Resets, Window};

pub(super) fn read(reader: &mut Reader, top: &Section<'_>) -> Limits {
    let allowed: Vec<&str> =
        ["concurrency", "day", "reported"].into_iter().chain(Window::ALL.map(Window::key)).collect();
    let Some(section) = top.get("limits").and_then(|node| reader.section(node, "limits", &allowed)) else {
        return Limits::default();
    };
    let mut limits = Limits { concurrency: count(reader, &section, "concurrency"), ..Limits::default() };
    for window in Window::ALL {
        limits.windows.extend(count(reader, &section, window.key()).map(|calls| (window, calls)));
    }
    limits.day = reader.choice(&section, "day", &[("utc", Day::Utc), ("rolling", Day::Rolling)]).unwrap_or_default();
    if let Some(node) = section.get("reported") {
        limits.reported = reports(reader, node);
    }
    limits
}

fn count(reader: &mut Reader, section: &Section<'_>, key: &str) -> Option<u32> {
    let number = reader.number(section, key)?;
    if number == 0 {
        let line = section.get(key).map_or(section.line, |node| node.line);
        reader.mistake(line, &section.at(key), "this must be 1 or more; leave it out where there is no limit");
    }
    Some(number.max(1))
}

fn reports(reader: &mut Reader, node: &Node) -> Vec<Report> {
    let Kind::List(items) = &node.kind else {
        reader.mistake(node.line, "limits.reported", format!("expected a list, found {}", node.is()));
        return Vec::new();
    };
    items.iter().filter_map(|item| report(reader, item)).collect()
}

fn report(reader: &mut Reader, node: &Node) -> Option<Report> {
    let keys = ["window", "header", "used_of", "limit", "remaining", "resets_in", "resets_at"];
    let section = reader.section(node, "limits.reported", &keys)?;
    reader.required(&section, "window");
    let window = reader.choice(&section, "window", &Window::ALL.map(|window| (window.as_str(), window)));
    let name = reader.raw(&section, "used_of");
    let [header, limit, remaining, resets_in, resets_at] =
        ["header", "limit", "remaining", "resets_in", "resets_at"].map(|key| field(reader, &section, key));
    let figures = match (header, name, limit, remaining) {
        (Some(header), Some(name), None, None) => Some(Figures::UsedOf { header, name }),
        (None, None, limit, remaining) if limit.is_some() || remaining.is_some() => {
            Some(Figures::Numbers { limit, remaining })
        }
        _ => {
            let says = "say `limit` and `remaining`, the fields with these numbers, or `header` and `used_of`, a field \
                        with `name=used/limit` and the name";
            reader.mistake(section.line, "limits.reported", says);
            None
        }
    };
    if resets_in.is_some() && resets_at.is_some() {
        reader.mistake(section.line, "limits.reported", "only one of `resets_in` and `resets_at` can be said");
    }
    let resets = resets_in.map(Resets::In).or(resets_at.map(Resets::At));
    Some(Report { window: window?, figures: figures?, resets })
}

/// The name of a header field.
fn field(reader: &mut Reader, section: &Section<'_>, key: &str) -> Option<HeaderName> {
    let text = reader.raw(section, key)?;
    let name = text.parse().ok();
    if name.is_none() {
        let line = section.get(key).map_or(section.line, |node| node.line);
        reader.mistake(line, &section.at(key), format!("`{text}` is not the name of a header field"));
    }
    name
}
