//! Path templates: `/orders/{number}`, and `/data/**` for everything below.

use std::fmt;

/// A path with parameters. Made of canonical segments only, so that what matches is what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    segments: Vec<Segment>,
    /// Whether it ends in `/**`.
    tail: bool,
}

/// One part between slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Itself.
    Literal(String),
    /// Anything, under this name.
    Parameter(String),
}

/// Why a text is no path template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// It does not start with a slash.
    #[error("a path starts with `/`")]
    NoSlash,
    /// It has an empty segment or ends in a slash.
    #[error("a path has no empty segments and no `/` at its end")]
    Empty,
    /// A segment has characters that a canonical path does not have.
    #[error(
        "`{0}` is not a path segment: use letters, digits and `-._~`, or a parameter as `{{name}}`, or `/**` at the end"
    )]
    Segment(String),
    /// A parameter stands twice.
    #[error("the parameter `{{{0}}}` stands twice")]
    Twice(String),
}

/// What the parameters and the tail of a template matched; still percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched<'p> {
    /// Parameter → segment.
    pub parameters: Vec<(String, &'p str)>,
    /// What `/**` matched, without its leading slash; may be empty.
    pub tail: Option<&'p str>,
}

impl PathTemplate {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let Some(rest) = text.strip_prefix('/') else { return Err(InvalidPath::NoSlash) };
        let (rest, tail) = match rest.strip_suffix("**") {
            Some("") => ("", true),
            Some(front) => (front.strip_suffix('/').ok_or_else(|| InvalidPath::Segment(last(rest)))?, true),
            None => (rest, false),
        };
        let mut segments: Vec<Segment> = Vec::new();
        for part in rest.split('/').filter(|_| !rest.is_empty()) {
            let segment = Segment::parse(part)?;
            if let Segment::Parameter(name) = &segment
                && segments.contains(&segment)
            {
                return Err(InvalidPath::Twice(name.clone()));
            }
            segments.push(segment);
        }
        Ok(PathTemplate { segments, tail })
    }

    /// Its parts.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether it ends in `/**`.
    pub fn has_tail(&self) -> bool {
        self.tail
    }

    /// The names of its parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// Matches a canonical path that starts with a slash. Parameters match one segment that is not empty.
    pub fn matches<'p>(&self, path: &'p str) -> Option<Matched<'p>> {
        let mut rest = path.strip_prefix('/')?;
        let mut matched = Matched::default();
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                rest = rest.strip_prefix('/')?;
            }
            let end = rest.find('/').unwrap_or(rest.len());
            let part = &rest[..end];
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Parameter(name) if !part.is_empty() => matched.parameters.push((name.clone(), part)),
                _ => return None,
            }
            rest = &rest[end..];
        }
        match (self.tail, rest) {
            (false, "") => Some(matched),
            (true, "") => Some(Matched { tail: Some(""), ..matched }),
            (true, below) if self.segments.is_empty() => Some(Matched { tail: Some(below), ..matched }),
            (true, below) => Some(Matched { tail: Some(below.strip_prefix('/')?), ..matched }),
            (false, _) => None,
        }
    }

    /// Puts what was matched into this template: the upstream's path.
    pub fn fill(&self, matched: &Matched<'_>) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            path.push_str(match segment {
                Segment::Literal(literal) => literal,
                Segment::Parameter(name) => matched.parameter(name).unwrap_or_default(),
            });
        }
        if let Some(tail) = matched.tail.filter(|tail| self.tail && !tail.is_empty()) {
            path.push('/');
            path.push_str(tail);
        }
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// The template without the names of its parameters: two of one shape match the same paths.
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        for segment in &self.segments {
            shape.push('/');
            shape.push_str(match segment {
                Segment::Literal(literal) => literal,
                Segment::Parameter(_) => "{}",
            });
        }
        shape.push_str(if self.tail { "/**" } else { "" });
        shape
    }

    /// Sorts the more specific first: literals before parameters, longer before `/**`.
    pub fn precedence(&self) -> impl Ord + use<> {
        let kinds: Vec<u8> = self.segments.iter().map(|s| u8::from(matches!(s, Segment::Parameter(_)))).collect();
        (self.tail, std::cmp::Reverse(self.segments.len()), kinds)
    }
}

impl Matched<'_> {
    /// What a parameter matched; still percent-encoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, part)| *part)
    }
}

impl Segment {
    fn parse(part: &str) -> Result<Self, InvalidPath> {
        let invalid = || InvalidPath::Segment(part.to_owned());
        if part.is_empty() {
            return Err(InvalidPath::Empty);
        }
        if let Some(name) = part.strip_prefix('{') {
            let name = name.strip_suffix('}').ok_or_else(invalid)?;
            let mut letters = name.bytes();
            let starts_well = letters.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
            let well_formed = starts_well && letters.all(|b| b.is_ascii_alphanumeric() || b == b'_');
            return if well_formed { Ok(Segment::Parameter(name.to_owned())) } else { Err(invalid()) };
        }
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        let well_formed = part.bytes().all(unreserved) && part.bytes().any(|b| b != b'.');
        if well_formed { Ok(Segment::Literal(part.to_owned())) } else { Err(invalid()) }
    }
}

fn last(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => write!(f, "/{literal}")?,
                Segment::Parameter(name) => write!(f, "/{{{name}}}")?,
            }
        }
        match (self.tail, self.segments.is_empty()) {
            (true, _) => f.write_str("/**"),
            (false, true) => f.write_str("/"),
            (false, false) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> PathTemplate {
        PathTemplate::parse(text).unwrap()
    }

    #[test]
    fn templates_print_as_they_were_written() {
        for text in ["/", "/orders", "/orders/{number}", "/orders/{number}/lines", "/**", "/data/**"] {
            assert_eq!(template(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_not_canonical_is_no_template() {
        for text in
            ["", "orders", "/orders/", "//", "/a//b", "/..", "/%2e", "/{a", "/{1}", "/a**", "/**/b", "/{a}/{a}", "/a b"]
        {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_match_one_segment() {
        let orders = template("/orders/{number}");
        assert_eq!(orders.matches("/orders/SO-1042").unwrap().parameter("number"), Some("SO-1042"));
        for path in ["/orders", "/orders/", "/orders/a/b", "/order/a", "orders/a", "/orders/a/"] {
            assert_eq!(orders.matches(path), None, "{path}");
        }
        assert!(template("/").matches("/").is_some());
        assert!(template("/").matches("/a").is_none());
    }

    #[test]
    fn a_tail_goes_to_the_upstream() {
        let (path, upstream) = (template("/data/**"), template("/odata/**"));
        assert_eq!(upstream.fill(&path.matches("/data/a/b").unwrap()), "/odata/a/b");
        assert_eq!(upstream.fill(&path.matches("/data").unwrap()), "/odata");
        assert_eq!(path.matches("/database"), None);
        assert_eq!(template("/**").fill(&template("/**").matches("/a/b").unwrap()), "/a/b");
        assert_eq!(template("/x/{id}").fill(&template("/y/{id}").matches("/y/7").unwrap()), "/x/7");
    }

    #[test]
    fn the_more_specific_comes_first() {
        let mut paths = ["/**", "/{a}/b", "/a/{b}", "/a/b", "/a/**"].map(template);
        paths.sort_by_key(PathTemplate::precedence);
        let order: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(order, ["/a/b", "/a/{b}", "/{a}/b", "/a/**", "/**"]);
    }
}
