//! Trusted documents: a consumer can be held to a list of GraphQL documents. Whatever else it sends is refused, however
//! harmless, so that a stolen token asks nothing that its application was not written to ask.
//!
//! A document is named by its text, or by an identifier: `sha256:` and the digest of its text, or what the list calls
//! it. Texts are compared by value.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portico_contracts::problem::{Code, Problem};

use crate::authenticate::hex_digest;

/// One list.
#[derive(Debug, Default)]
pub struct TrustedDocuments {
    by_id: HashMap<Arc<str>, Arc<str>>,
    texts: HashSet<Arc<str>>,
}

/// Two documents cannot have one name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two documents are called `{0}`")]
pub struct NamedTwice(String);

impl TrustedDocuments {
    /// Adds a document, under the name that the list gives it, if it does.
    pub fn trust(&mut self, name: Option<&str>, text: &str) -> Result<(), NamedTwice> {
        let text: Arc<str> = self.texts.get(text).cloned().unwrap_or_else(|| Arc::from(text));
        for id in [Some(id_of(&text).as_str()), name].into_iter().flatten() {
            match self.by_id.get(id) {
                Some(known) if *known != text => return Err(NamedTwice(id.to_owned())),
                _ => drop(self.by_id.insert(Arc::from(id), Arc::clone(&text))),
            }
        }
        self.texts.insert(text);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none, so that nothing may be asked.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether this text is one of them.
    pub fn trusts(&self, text: &str) -> bool {
        self.texts.contains(text)
    }

    /// Their texts.
    pub fn texts(&self) -> impl Iterator<Item = &Arc<str>> {
        self.texts.iter()
    }
}

/// `sha256:` and the digest of a text, in lower-case hexadecimal digits.
pub fn id_of(text: &str) -> String {
    format!("sha256:{}", hex_digest(text))
}

/// The text of the document that is asked for, by text, by identifier or by both. `trusted` is the caller's list, where
/// it is held to one.
pub fn document<'t>(
    trusted: Option<&'t TrustedDocuments>,
    id: Option<&str>,
    text: Option<&'t str>,
) -> Result<&'t str, Problem> {
    match (trusted, id, text) {
        (None, None, Some(text)) => Ok(text),
        (None, Some(_), Some(text)) if id == Some(&id_of(text)) => Ok(text),
        (None, Some(_), Some(_)) => Err(invalid("`documentId` is not the identifier of `query`.")),
        (None, Some(_), None) => {
            Err(invalid("This application has no list of documents that `documentId` could name; send `query`."))
        }
        (_, None, None) => Err(invalid("`query` is missing.")),
        (Some(list), Some(id), sent) => match list.by_id.get(id) {
            Some(known) if sent.is_none_or(|text| *text == **known) => Ok(known),
            _ => Err(not_trusted()),
        },
        (Some(list), None, Some(text)) => list.texts.get(text).map(|known| &**known).ok_or_else(not_trusted),
    }
}

fn invalid(detail: &'static str) -> Problem {
    Problem::new(Code::ParameterInvalid, detail)
}

fn not_trusted() -> Problem {
    Problem::new(
        Code::DocumentNotTrusted,
        "This application may ask the documents of its list only, and this is none of them.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> TrustedDocuments {
        let mut list = TrustedDocuments::default();
        list.trust(Some("order"), "{ order }").expect("a name of its own");
        list.trust(None, "{ product }").expect("no name");
        list
    }

    fn code(trusted: Option<&TrustedDocuments>, id: Option<&str>, text: Option<&str>) -> Result<String, Code> {
        document(trusted, id, text).map(str::to_owned).map_err(|problem| problem.code)
    }

    #[test]
    fn who_is_held_to_a_list_asks_what_is_on_it_by_text_or_name() {
        let list = list();
        let list = Some(&list);
        let (order, product) = (Ok("{ order }".to_owned()), Ok("{ product }".to_owned()));
        assert_eq!(code(list, None, Some("{ order }")), order);
        assert_eq!(code(list, Some("order"), None), order);
        assert_eq!(code(list, Some(&id_of("{ product }")), None), product);
        assert_eq!(code(list, Some("order"), Some("{ order }")), order);
        for (id, text) in [
            (None, Some("{ order  }")),
            (None, Some("{ __schema { types { name } } }")),
            (Some("orders"), None),
            (Some("order"), Some("{ product }")),
            (Some(&*id_of("{ other }")), Some("{ other }")),
        ] {
            assert_eq!(code(list, id, text), Err(Code::DocumentNotTrusted), "{id:?} {text:?}");
        }
        assert_eq!(code(list, None, None), Err(Code::ParameterInvalid));
        assert_eq!(code(Some(&TrustedDocuments::default()), None, Some("{ order }")), Err(Code::DocumentNotTrusted));
    }

    #[test]
    fn who_is_not_asks_anything_and_names_nothing() {
        assert_eq!(code(None, None, Some("{ a }")), Ok("{ a }".to_owned()));
        assert_eq!(code(None, Some(&id_of("{ a }")), Some("{ a }")), Ok("{ a }".to_owned()));
        assert_eq!(code(None, Some(&id_of("{ b }")), Some("{ a }")), Err(Code::ParameterInvalid));
        assert_eq!(code(None, Some("order"), None), Err(Code::ParameterInvalid));
    }

    #[test]
    fn one_name_is_one_document() {
        let mut list = list();
        assert_eq!(list.trust(Some("order"), "{ order }"), Ok(()));
        assert_eq!(list.trust(Some("order"), "{ invoice }"), Err(NamedTwice("order".to_owned())));
        // Nobody can take the digest of another's text for a name.
        assert!(list.trust(Some(&id_of("{ order }")), "{ invoice }").is_err());
        assert_eq!(list.len(), 2);
    }
}
