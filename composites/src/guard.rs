//! What a document may cost before anyone looks at it closely.
//!
//! Two counts, both linear. [`Guard::scan`] reads the text's tokens before any parser does, because a few kilobytes
//! of nested literals would overflow a parser's stack. [`Guard::measure`] counts what the parsed document expands to,
//! each fragment once, because thirty fragments that spread each other twice stand for two thousand million fields.

mod scan;

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use portico_contracts::problem::{Code, Problem};

/// The limits. All of them are inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Bytes of the document.
    pub bytes: usize,
    /// Lexical tokens.
    pub tokens: usize,
    /// Brackets of any kind inside each other; bounds every recursion over the document.
    pub nesting: usize,
    /// Fields inside each other, fragments expanded.
    pub depth: u32,
    /// Fields, fragments expanded.
    pub fields: u64,
    /// Aliases, fragments expanded.
    pub aliases: u64,
    /// Directives, fragments expanded.
    pub directives: u64,
    /// Fragment definitions.
    pub fragments: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Guard {
            bytes: 32 * 1024,
            tokens: 4_000,
            nesting: 40,
            depth: 15,
            fields: 2_000,
            aliases: 60,
            directives: 60,
            fragments: 60,
        }
    }
}

/// Fields of introspection that lead from one type to many. Each level of them multiplies the answer by the number of
/// types, and nothing of it is priced.
const LISTS_OF_TYPES: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];
/// So many of them inside each other; tools need one.
const MOST_LISTS_OF_TYPES: u32 = 2;

/// What an operation expands to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Fields inside each other.
    pub depth: u32,
    /// Fields.
    pub fields: u64,
    /// Aliases.
    pub aliases: u64,
    /// Directives.
    pub directives: u64,
    /// Lists of introspection inside each other.
    pub lists_of_types: u32,
}

impl Size {
    fn add(&mut self, other: Size) {
        self.depth = self.depth.max(other.depth);
        self.lists_of_types = self.lists_of_types.max(other.lists_of_types);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
    }
}

impl Guard {
    /// Counts bytes, tokens and nesting of the text. Nothing that parses or recurses has seen it yet.
    pub fn scan(&self, text: &str) -> Result<(), Problem> {
        if text.len() > self.bytes {
            return Err(too_much(Code::DocumentTooLarge, "bytes", text.len() as u64, self.bytes as u64));
        }
        let counted = scan::count(text, self.nesting);
        if counted.nesting > self.nesting {
            return Err(too_much(
                Code::DocumentTooDeep,
                "brackets inside each other",
                counted.nesting as u64,
                self.nesting as u64,
            ));
        }
        if counted.tokens > self.tokens {
            return Err(too_much(Code::DocumentTooLarge, "tokens", counted.tokens as u64, self.tokens as u64));
        }
        Ok(())
    }

    /// Counts what every operation of the document expands to.
    pub fn measure(&self, document: &ExecutableDocument) -> Result<(), Problem> {
        if document.fragments.len() > self.fragments {
            return Err(too_much(
                Code::DocumentTooLarge,
                "fragments",
                document.fragments.len() as u64,
                self.fragments as u64,
            ));
        }
        let mut counter = Counter { document, known: HashMap::new() };
        match &document.operations {
            DocumentOperations::Single(operation) => self.check(counter.operation(operation)?),
            DocumentOperations::Multiple(operations) => {
                let mut whole = Size::default();
                for operation in operations.values() {
                    whole.add(counter.operation(operation)?);
                }
                self.check(whole)
            }
        }
    }

    fn check(&self, size: Size) -> Result<(), Problem> {
        if size.depth > self.depth {
            return Err(too_much(Code::DocumentTooDeep, "levels of fields", size.depth.into(), self.depth.into()));
        }
        if size.lists_of_types > MOST_LISTS_OF_TYPES {
            let (counted, limit) = (size.lists_of_types.into(), MOST_LISTS_OF_TYPES.into());
            return Err(too_much(Code::DocumentTooDeep, "lists of introspection inside each other", counted, limit));
        }
        let counts = [
            ("fields, fragments expanded", size.fields, self.fields),
            ("aliases", size.aliases, self.aliases),
            ("directives", size.directives, self.directives),
        ];
        match counts.into_iter().find(|(_, counted, limit)| counted > limit) {
            Some((what, counted, limit)) => Err(too_much(Code::DocumentTooWide, what, counted, limit)),
            None => Ok(()),
        }
    }
}

fn too_much(code: Code, what: &str, counted: u64, limit: u64) -> Problem {
    // Counting stops growing at a ceiling, so that "more than" is all that is promised about huge documents.
    let counted = if counted > 1_000_000 { "more than 1000000".to_owned() } else { counted.to_string() };
    Problem::new(code, format!("The document has {counted} {what}; at most {limit} are allowed."))
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// What each fragment expands to; `None` while it is being counted, which finds cycles.
    known: HashMap<&'a str, Option<Size>>,
}

impl<'a> Counter<'a> {
    fn operation(&mut self, operation: &'a Positioned<OperationDefinition>) -> Result<Size, Problem> {
        let mut size = self.set(&operation.node.selection_set.node)?;
        size.directives += operation.node.directives.len() as u64;
        Ok(size)
    }

    fn set(&mut self, set: &'a SelectionSet) -> Result<Size, Problem> {
        let mut size = Size::default();
        for item in &set.items {
            size.add(self.selection(&item.node)?);
        }
        Ok(size)
    }

    fn selection(&mut self, selection: &'a Selection) -> Result<Size, Problem> {
        let own_directives = selection.directives().len() as u64;
        let mut size = match selection {
            Selection::Field(field) => {
                let mut inside = self.set(&field.node.selection_set.node)?;
                inside.depth += 1;
                inside.lists_of_types += u32::from(LISTS_OF_TYPES.contains(&field.node.name.node.as_str()));
                inside.fields = inside.fields.saturating_add(1);
                inside.aliases += u64::from(field.node.alias.is_some());
                inside
            }
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
        };
        size.directives = size.directives.saturating_add(own_directives);
        Ok(size)
    }

    fn fragment(&mut self, name: &'a str) -> Result<Size, Problem> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let detail = format!("The fragment `{name}` spreads itself.");
                return Err(Problem::new(Code::DocumentInvalid, detail));
            }
            None => {}
        }
        // A fragment that does not exist is validation's to report.
        let Some(definition) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        let definition: &'a FragmentDefinition = &definition.node;
        self.known.insert(name, None);
        let size = self.set(&definition.selection_set.node)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let guard = Guard::default();
        let outcome = guard.scan(text).and_then(|()| {
            let document = async_graphql::parser::parse_query(text).expect("the test's document parses");
            guard.measure(&document)
        });
        outcome.map_or_else(|problem| problem.to_string(), |()| "passes".to_owned())
    }

    #[test]
    fn ordinary_documents_pass() {
        assert_eq!(
            refusal(
                "query Q($n: String!) { order(number: $n) { number lines { sku ...F } } } fragment F on OrderLine { quantity }"
            ),
            "passes"
        );
    }

    #[test]
    fn doubling_fragments_are_counted_and_not_walked() {
        let mut text = "{ order(number: \"1\") { ...F0 } }".to_owned();
        for i in 0..31 {
            text += &format!(" fragment F{i} on Order {{ ...F{0} ...F{0} }}", i + 1);
        }
        text += " fragment F31 on Order { number }";
        assert!(text.len() < 1_600);
        assert_eq!(
            refusal(&text),
            "document_too_wide: The document has more than 1000000 fields, fragments expanded; at most 2000 are allowed."
        );
    }

    #[test]
    fn nested_literals_never_reach_a_parser() {
        let list = format!("{{ echo(s: {}{}) }}", "[".repeat(2_000), "]".repeat(2_000));
        assert_eq!(
            refusal(&list),
            "document_too_deep: The document has 41 brackets inside each other; at most 40 are allowed."
        );
        let object = format!("{{ echo(s: {}1{}) }}", "{a:".repeat(2_000), "}".repeat(2_000));
        assert_eq!(
            refusal(&object),
            "document_too_deep: The document has 41 brackets inside each other; at most 40 are allowed."
        );
    }

    #[test]
    fn wide_deep_and_long_documents_are_refused() {
        let aliases: String = (0..1_000).map(|i| format!("a{i}: __typename ")).collect();
        assert!(refusal(&format!("{{ {aliases} }}")).starts_with("document_too_wide: The document has 1000 aliases"));
        let duplicates = "number ".repeat(3_000);
        assert!(
            refusal(&format!("{{ order(number: \"1\") {{ {duplicates} }} }}"))
                .starts_with("document_too_wide: The document has 3001 fields")
        );
        let deep = format!(
            "{{ order(number: \"1\") {{ {} number {} }} }}",
            "customer { orders { edges { node { ".repeat(4),
            "} } } }".repeat(4)
        );
        assert!(refusal(&deep).starts_with("document_too_deep: The document has 18 levels"));
        let directives = format!("{{ order(number: \"1\") {} {{ number }} }}", "@aa ".repeat(100));
        assert!(refusal(&directives).starts_with("document_too_wide: The document has 100 directives"));
        assert!(
            refusal(&format!("{{ a }} #{}", "x".repeat(40_000)))
                .starts_with("document_too_large: The document has 40007 bytes")
        );
        assert!(refusal(&"a ".repeat(5_000)).starts_with("document_too_large: The document has 5000 tokens"));
    }

    #[test]
    fn introspection_leads_from_types_to_types_only_so_often() {
        let nested = |levels: usize| {
            format!(
                "{{ __schema {{ types {{ {} name {} }} }} }}",
                "...I possibleTypes { ".repeat(levels),
                "} ".repeat(levels)
            ) + " fragment I on __Type { interfaces { name } }"
        };
        assert_eq!(refusal(&nested(2)), "passes");
        assert_eq!(
            refusal(&nested(3)),
            "document_too_deep: The document has 3 lists of introspection inside each other; at most 2 are allowed."
        );
        let tool = "{ __schema { types { fields { args { type { ofType { ofType { name } } } } } inputFields { name } interfaces { name } possibleTypes { name } } } }";
        assert_eq!(refusal(tool), "passes");
    }

    #[test]
    fn a_fragment_that_spreads_itself_is_named() {
        let text = "{ order(number: \"1\") { ...A } } fragment A on Order { ...B } fragment B on Order { ...A }";
        assert_eq!(refusal(text), "document_invalid: The fragment `A` spreads itself.");
    }
}
