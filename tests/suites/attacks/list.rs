//! `docs/attacks.md` is held against the tests: what it names is there, and what is here stands in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests are in the workspace").to_owned()
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/attacks.md")).expect("docs/attacks.md is there")
}

/// The tests that a row names: `` `file.rs` `test` ``, where a test without a file is in the file named before it.
fn named(row: &str) -> Vec<(String, String)> {
    let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
    let mut file = String::new();
    let mut tests = Vec::new();
    for word in cell.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") {
            word.clone_into(&mut file);
        } else {
            tests.push((file.clone(), word.to_owned()));
        }
    }
    tests
}

fn rows(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what is tried") && !line.starts_with("| ---"))
}

/// The tests of a file.
fn tests_in(text: &str) -> BTreeSet<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |at: usize| {
        lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#["))
            .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    };
    let named = lines.iter().enumerate().filter_map(|(at, line)| {
        let behind = line.strip_prefix("async fn ").or(line.strip_prefix("fn "))?;
        // Properties of proptest have their attribute inside a macro, like any other.
        is_test(at).then(|| behind.split('(').next().unwrap_or_default())
    });
    named.collect()
}

#[test]
fn every_attack_has_tests_that_exist() {
    let page = page();
    let mut rows = rows(&page).peekable();
    assert!(rows.peek().is_some());
    for row in rows {
        let tests = named(row);
        assert!(!tests.is_empty(), "no test: {row}");
        for (file, test) in tests {
            let text =
                std::fs::read_to_string(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}: {row}"));
            assert!(tests_in(&text).contains(test.as_str()), "{file} has no test `{test}`: {row}");
        }
    }
}

#[test]
fn every_test_of_an_attack_stands_in_the_list() {
    let page = page();
    let listed: BTreeSet<(String, String)> = rows(&page).flat_map(named).collect();
    let folder = root().join("tests/suites/attacks");
    for entry in std::fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let file = format!("tests/suites/attacks/{}", path.file_name().expect("a name").to_string_lossy());
        if file.ends_with("/list.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it can be read");
        for test in tests_in(&text) {
            assert!(listed.contains(&(file.clone(), test.to_owned())), "docs/attacks.md lacks {file} {test}");
        }
    }
}
