//! A SOAP 1.1 envelope's body as JSON, so that paths lead through it: elements by their local names, attributes with an
//! `@` before them (and without the prefix that `xsi:type` puts before a type), text as text, nothing as null.
//!
//! No document type, so no entities of the sender's; nesting is bounded, and nothing is fetched.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::{Map, Value as Json};

use super::Unreadable;

/// Elements inside each other; an outbound message has seven.
const DEEPEST: usize = 32;

/// An element that is being read.
struct Open {
    name: String,
    members: Map<String, Json>,
    text: String,
}

/// The content of `Envelope/Body`. `lists` names the elements that may occur several times.
pub(super) fn body(text: &str, lists: &[&str]) -> Result<Json, Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Open { name: String::new(), members: Map::new(), text: String::new() }];
    loop {
        match reader.read_event().map_err(|_| unreadable("it is no well-formed XML"))? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(unreadable("its elements are nested too deeply"));
                }
                open.push(begun(&start)?);
            }
            Event::Empty(start) => {
                let element = begun(&start)?;
                close(&mut open, element, lists);
            }
            Event::End(_) => {
                let element = open.pop().filter(|_| !open.is_empty());
                close(&mut open, element.ok_or_else(|| unreadable("it is no well-formed XML"))?, lists);
            }
            Event::Text(piece) => add(&mut open, &piece.decode().map_err(|_| unreadable("it is not UTF-8"))?),
            Event::CData(piece) => add(&mut open, &piece.decode().map_err(|_| unreadable("it is not UTF-8"))?),
            Event::GeneralRef(reference) => add(&mut open, resolved(&reference)?.encode_utf8(&mut [0; 4])),
            Event::DocType(_) => return Err(unreadable("it has a document type")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    let whole = match (open.pop(), open.is_empty()) {
        (Some(root), true) => root.members,
        _ => return Err(unreadable("it ends in the middle of an element")),
    };
    let inner = whole.get("Envelope").and_then(|envelope| envelope.get("Body")).cloned();
    inner.filter(Json::is_object).ok_or_else(|| unreadable("it is no SOAP envelope"))
}

fn begun(start: &BytesStart<'_>) -> Result<Open, Unreadable> {
    let wrong = || unreadable("it is no well-formed XML");
    let local = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| wrong());
    let mut members = Map::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| wrong())?;
        let name = attribute.key.as_ref();
        if name == b"xmlns" || name.starts_with(b"xmlns:") {
            continue;
        }
        let value = attribute.unescape_value().map_err(|_| wrong())?;
        let value = value.rsplit_once(':').map_or(&*value, |(_, local)| local);
        members.insert(format!("@{}", local(attribute.key.local_name().as_ref())?), Json::from(value));
    }
    Ok(Open { name: local(start.local_name().as_ref())?, members, text: String::new() })
}

fn close(open: &mut [Open], element: Open, lists: &[&str]) {
    let Open { name, members, text } = element;
    let has_elements = members.keys().any(|name| !name.starts_with('@'));
    let value = match text.trim() {
        _ if has_elements => Json::Object(members),
        "" => Json::Null,
        text => Json::from(text),
    };
    let Some(parent) = open.last_mut() else { return };
    match parent.members.get_mut(&name) {
        Some(Json::Array(items)) => items.push(value),
        Some(before) => *before = Json::Array(vec![before.take(), value]),
        None if lists.contains(&name.as_str()) => drop(parent.members.insert(name, Json::Array(vec![value]))),
        None => drop(parent.members.insert(name, value)),
    }
}

fn add(open: &mut [Open], piece: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(piece);
    }
}

/// The five entities that XML knows by itself, and numbers.
fn resolved(reference: &BytesRef<'_>) -> Result<char, Unreadable> {
    let unknown = || unreadable("it names an entity");
    if let Some(sign) = reference.resolve_char_ref().map_err(|_| unknown())? {
        return Ok(sign);
    }
    match reference.as_ref() {
        b"amp" => Ok('&'),
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"quot" => Ok('"'),
        b"apos" => Ok('\''),
        _ => Err(unknown()),
    }
}

fn unreadable(says: &str) -> Unreadable {
    Unreadable(says.to_owned())
}
