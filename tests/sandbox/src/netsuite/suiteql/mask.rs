//! Date masks of `TO_CHAR` and `TO_DATE`: `YYYY-MM-DD"T"HH24:MI:SS`.

/// The parts of a mask, longer ones first, and what they are called here.
const PARTS: [(&str, &str); 6] =
    [("YYYY", "%Y"), ("HH24", "%H"), ("MM", "%m"), ("DD", "%d"), ("MI", "%M"), ("SS", "%S")];

/// The mask in the words of this language; none when a part of it is unknown.
pub(super) fn translated(mask: &str) -> Option<String> {
    let mut found = String::new();
    let mut rest = mask;
    while let Some(first) = rest.chars().next() {
        if let Some(literal) = rest.strip_prefix('"') {
            let (literal, after) = literal.split_once('"')?;
            found.push_str(&literal.replace('%', "%%"));
            rest = after;
        } else if let Some((part, name)) = PARTS.iter().find(|(part, _)| starts_with(rest, part)) {
            found.push_str(name);
            rest = &rest[part.len()..];
        } else if matches!(first, '-' | '/' | '.' | ':' | ' ' | ',') {
            found.push(first);
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(found)
}

fn starts_with(text: &str, part: &str) -> bool {
    text.get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_translated_or_refused() {
        assert_eq!(translated("YYYY-MM-DD\"T\"HH24:MI:SS\"%Z\"").as_deref(), Some("%Y-%m-%dT%H:%M:%S%%Z"));
        for unknown in ["%Y", "YYYY\"", "é", "DAY", "Q"] {
            assert_eq!(translated(unknown), None, "{unknown}");
        }
    }
}
