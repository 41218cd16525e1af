//! Where in a row a value stands: `Account.Name`, `items.data[].price.id`, `custom_fields[id=42].value`.
//!
//! `[]` goes through every element of a list, `[0]` to one, `[id=42]` to the one whose member has that value
//! (`[paid=]` to the one whose member has none), `^` from a row to what encloses its list, and a final `?` says that
//! the value may be missing without that being news; `??` that something else may stand on the way, too. Members with
//! dots or other signs are quoted: `"@odata.nextLink"`.

use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// Every element of a list.
    Each,
    /// One element of a list.
    Index(usize),
    /// The first element whose member has this text; none, where it is empty.
    Having(String, String),
}

/// A path from a row (or, for rows and paging, from the body).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Path {
    /// How many enclosing lists to leave first.
    pub up: usize,
    /// Then these steps.
    pub steps: Vec<Step>,
    /// Whether a missing value is usual.
    pub optional: bool,
    /// Whether it is usual, too, that something else stands on the way: an id where an object may be.
    pub lenient: bool,
}

impl Path {
    /// Reads a path; the error is a sentence.
    pub fn parse(text: &str) -> Result<Path, String> {
        let mut rest = text.trim();
        let optional = rest.ends_with('?');
        rest = rest.strip_suffix('?').unwrap_or(rest);
        let lenient = rest.ends_with('?');
        rest = rest.strip_suffix('?').unwrap_or(rest);
        let mut path = Path { optional, lenient, ..Path::default() };
        if rest == "$" {
            return Ok(path);
        }
        while let Some(after) = rest.strip_prefix('^') {
            path.up += 1;
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        let mut first = true;
        while !rest.is_empty() {
            let (step, after) = step(rest, first).map_err(|says| format!("`{text}` is not a path: {says}"))?;
            path.steps.push(step);
            rest = after;
            first = false;
        }
        if path.steps.is_empty() && path.up == 0 {
            return Err("a path must not be empty; `$` is the whole".to_owned());
        }
        Ok(path)
    }

    /// Whether it may find several values.
    pub fn is_many(&self) -> bool {
        self.steps.contains(&Step::Each)
    }

    /// The members on the way up to the first list, joined: what query languages select.
    pub fn members(&self) -> Vec<&str> {
        let plain = self.steps.iter().map_while(|step| if let Step::Member(name) = step { Some(name) } else { None });
        plain.map(String::as_str).collect()
    }
}

impl fmt::Display for Path {
    /// As packs write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.up == 0 && self.steps.is_empty() {
            return f.write_str("$");
        }
        f.write_str(&"^".repeat(self.up))?;
        let mut dot = self.up > 0;
        for step in &self.steps {
            match step {
                Step::Member(name) => {
                    f.write_str(if dot { "." } else { "" })?;
                    let quoted = name.contains('.') || !name.chars().all(is_plain);
                    if quoted { write!(f, "\"{name}\"")? } else { f.write_str(name)? }
                }
                Step::Each => f.write_str("[]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Having(name, value) => write!(f, "[{name}={value}]")?,
            }
            dot = true;
        }
        f.write_str(match (self.optional, self.lenient) {
            (_, true) => "??",
            (true, false) => "?",
            (false, false) => "",
        })
    }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@' | ':' | '#')
}

fn step(rest: &str, first: bool) -> Result<(Step, &str), &'static str> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (inside, after) = inside.split_once(']').ok_or("a `[` is not closed")?;
        return Ok((bracket(inside)?, after));
    }
    let rest = if first { rest } else { rest.strip_prefix('.').ok_or("a `.` is missing between two members")? };
    if let Some(quoted) = rest.strip_prefix('"') {
        let (name, after) = quoted.split_once('"').ok_or("a quote is not closed")?;
        return Ok((Step::Member(name.to_owned()), after));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    match name.is_empty() || !name.chars().all(is_plain) {
        true => Err("members are letters, digits, `_`, `-`, `$`, `@`, `:` and `#`, or quoted"),
        false => Ok((Step::Member(name.to_owned()), after)),
    }
}

fn bracket(inside: &str) -> Result<Step, &'static str> {
    if inside.is_empty() {
        return Ok(Step::Each);
    }
    if let Some((member, value)) = inside.split_once('=') {
        return Ok(Step::Having(member.to_owned(), value.to_owned()));
    }
    inside.parse().map(Step::Index).map_err(|_| "brackets hold nothing, a number, or `member=value`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Step {
        Step::Member(name.to_owned())
    }

    #[test]
    fn paths_are_read_step_by_step() {
        let path = Path::parse("items.data[].price.id").expect("a path");
        assert_eq!(path.steps, [member("items"), member("data"), Step::Each, member("price"), member("id")]);
        assert!(path.is_many());
        assert_eq!(path.members(), ["items", "data"]);
        let path = Path::parse("^.metadata.erp_id?").expect("a path");
        assert_eq!((path.up, path.optional, path.lenient, path.steps.len()), (1, true, false, 2));
        let path = Path::parse("customer.id??").expect("a path");
        assert_eq!((path.optional, path.lenient, path.steps.len()), (true, true, 2));
        let path = Path::parse("custom_fields[id=42].value").expect("a path");
        assert_eq!(path.steps[1], Step::Having("id".into(), "42".into()));
        assert_eq!(Path::parse("\"@odata.nextLink\"").expect("a path").steps, [member("@odata.nextLink")]);
        assert_eq!(Path::parse("$").expect("the whole"), Path::default());
    }

    #[test]
    fn a_path_is_written_as_it_is_read() {
        for text in [
            "a.b",
            "items.data[].price.id",
            "^.metadata.erp_id?",
            "f[id=42].value",
            "\"@odata.next.Link\"",
            "$",
            "[0].x??",
        ] {
            assert_eq!(Path::parse(text).expect("a path").to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_said() {
        for wrong in ["", "a..b", "a[", "a[x]", "a b", "\"open", "a[0]b", "'; drop"] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }
}
