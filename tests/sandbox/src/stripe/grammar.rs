//! The search language: `metadata['erp_id']:'C-1' OR metadata['erp_id']:'C-2'`.
//!
//! Clauses are joined by all AND (or nothing, which means AND) or all OR; there are no brackets.

/// The vendor's cap on clauses in one query.
const MOST_CLAUSES: usize = 10;
/// The vendor's cap on the text of one query.
const LONGEST_QUERY: usize = 5_000;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// The conditions, at least one.
    pub(crate) clauses: Vec<Clause>,
    /// One condition is enough; otherwise all must hold.
    pub(crate) any: bool,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// A minus stood before it: the condition must not hold.
    pub(crate) negated: bool,
    /// On what.
    pub(crate) field: Field,
    /// How.
    pub(crate) operator: Operator,
    /// Against what.
    pub(crate) value: Value,
}

/// What a clause looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    /// A property of the object.
    Named(String),
    /// `metadata['key']`.
    Metadata(String),
}

/// How a clause compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `:`, without case.
    Is,
    /// `~`, a part of the text.
    Contains,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// What a clause compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A quoted text, unescaped.
    Text(String),
    /// A whole number.
    Number(i64),
    /// The field is absent.
    Null,
}

/// Reads a query; the error is the sentence the vendor would answer with.
pub(crate) fn search(text: &str) -> Result<Search, String> {
    if text.chars().count() > LONGEST_QUERY {
        return Err(format!("Search queries may be at most {LONGEST_QUERY} characters long."));
    }
    let mut rest = text.trim_start();
    let mut clauses = Vec::new();
    let mut joined_by: Option<bool> = None;
    loop {
        let (clause, after) = clause(rest)?;
        clauses.push(clause);
        rest = after.trim_start();
        if rest.is_empty() {
            break;
        }
        if after.len() == rest.len() {
            return Err(misread(rest));
        }
        let (any, after) = joiner(rest);
        if joined_by.is_some_and(|before| before != any) {
            return Err("Search queries cannot mix AND and OR.".to_owned());
        }
        joined_by = Some(any);
        rest = after.trim_start();
    }
    if clauses.len() > MOST_CLAUSES {
        return Err(format!("Search queries may have at most {MOST_CLAUSES} clauses."));
    }
    Ok(Search { clauses, any: joined_by.unwrap_or(false) })
}

/// `AND`, `OR` or nothing between two clauses: whether it is OR, and what follows.
fn joiner(rest: &str) -> (bool, &str) {
    let word = |wanted: &str| {
        let head = rest.get(..wanted.len())?;
        let after = &rest[wanted.len()..];
        (head.eq_ignore_ascii_case(wanted) && after.starts_with(char::is_whitespace)).then_some(after)
    };
    match (word("OR"), word("AND")) {
        (Some(after), _) => (true, after),
        (_, Some(after)) => (false, after),
        _ => (false, rest),
    }
}

fn clause(text: &str) -> Result<(Clause, &str), String> {
    let (negated, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (field, rest) = field(rest)?;
    let (operator, rest) = operator(rest)?;
    let (value, rest) = value(rest)?;
    Ok((Clause { negated, field, operator, value }, rest))
}

fn field(text: &str) -> Result<(Field, &str), String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return Err(misread(text));
    }
    let Some(inside) = rest.strip_prefix('[') else { return Ok((Field::Named(name.to_owned()), rest)) };
    if name != "metadata" {
        return Err(misread(text));
    }
    let (key, rest) = quoted(inside).ok_or_else(|| misread(text))?;
    let rest = rest.strip_prefix(']').ok_or_else(|| misread(text))?;
    Ok((Field::Metadata(key), rest))
}

fn operator(text: &str) -> Result<(Operator, &str), String> {
    const OPERATORS: [(&str, Operator); 6] = [
        (">=", Operator::AtLeast),
        ("<=", Operator::AtMost),
        (">", Operator::Above),
        ("<", Operator::Below),
        (":", Operator::Is),
        ("~", Operator::Contains),
    ];
    OPERATORS
        .into_iter()
        .find_map(|(mark, operator)| text.strip_prefix(mark).map(|rest| (operator, rest)))
        .ok_or_else(|| misread(text))
}

fn value(text: &str) -> Result<(Value, &str), String> {
    if let Some((text, rest)) = quoted(text) {
        return Ok((Value::Text(text), rest));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if word.eq_ignore_ascii_case("null") {
        return Ok((Value::Null, rest));
    }
    word.parse().map(|number| (Value::Number(number), rest)).map_err(|_| misread(text))
}

/// A text in single or double quotes; a backslash protects the character after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mark = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut content = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => content.push(letters.next()?.1),
            _ if letter == mark => return Some((content, &text[at + 1..])),
            _ => content.push(letter),
        }
    }
    None
}

fn misread(rest: &str) -> String {
    let shown: String = rest.chars().take(40).collect();
    format!(
        "We were unable to parse your search query near `{shown}`. Try using the format `metadata[\"key\"]:\"value\"`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(key: &str, value: &str) -> Clause {
        Clause {
            negated: false,
            field: Field::Metadata(key.into()),
            operator: Operator::Is,
            value: Value::Text(value.into()),
        }
    }

    #[test]
    fn clauses_are_joined_by_or_or_by_and() {
        let read = search("metadata['erp_id']:'C-1' OR metadata[\"erp_id\"]:\"C-2\"").unwrap();
        assert_eq!(read, Search { clauses: vec![is("erp_id", "C-1"), is("erp_id", "C-2")], any: true });
        assert!(!search("email:'a@b.c' name~'acme'").unwrap().any);
        assert!(!search("email:'a@b.c' and name~'acme'").unwrap().any);
        assert!(search("email:'a' AND name:'b' OR name:'c'").is_err());
        assert!(search("email:'a' name:'b' OR name:'c'").is_err());
    }

    #[test]
    fn hostile_texts_stay_inside_their_quotes() {
        for value in ["' OR name:'x", r"\", r"\' OR name:\'x", "\"", "]", "😀", "OR", ""] {
            let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
            assert_eq!(search(&format!("metadata['k']:'{escaped}'")).unwrap().clauses, [is("k", value)]);
        }
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for wrong in [
            "",
            " ",
            "x",
            "email",
            "email:",
            "email:'a",
            "email:'a'name:'b'",
            "(email:'a')",
            "email:'a' OR",
            "OR",
            "metadata[erp]:'a'",
            "metadata['erp':'a'",
            "other['erp']:'a'",
            "-",
            "é:'a'",
            "email:'a' é",
            r"email:'a\",
            "created>99999999999999999999",
            "email:'a' OR OR name:'b'",
        ] {
            assert!(search(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ten_clauses_are_allowed_and_eleven_are_not() {
        let of = |count: usize| vec!["name:'a'"; count].join(" OR ");
        assert!(search(&of(10)).is_ok());
        assert!(search(&of(11)).is_err());
    }

    #[test]
    fn numbers_nulls_and_negation_are_read() {
        let read = search("-metadata['k']:null created>=1700000000").unwrap();
        assert!(read.clauses[0].negated);
        assert_eq!(read.clauses[0].value, Value::Null);
        assert_eq!(
            (read.clauses[1].operator, &read.clauses[1].value),
            (Operator::AtLeast, &Value::Number(1_700_000_000))
        );
    }
}
