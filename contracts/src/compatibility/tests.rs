//! Every kind of difference and what it is called; and that nothing differs from itself.

mod graphql;
mod itself;
mod rest;
mod told;

use chrono::NaiveDate;

use super::{Contracts, Difference, compare};

fn today() -> NaiveDate {
    "2026-11-22".parse().expect("a day")
}

fn differences(before: &Contracts, now: &Contracts) -> Vec<Difference> {
    compare(before, now, today()).expect("the test's schemas are SDL")
}

/// One a line, as the command prints them.
fn lines(differences: &[Difference]) -> String {
    differences.iter().map(|one| format!("{:<10} {one}\n", one.verdict.as_str())).collect()
}
