//! What a mapping reads of a row: every path with the field that it is read for.

use super::{Condition, Kind, Mapping, Path, Times};

/// One path that a field reads.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'m> {
    /// Where.
    pub path: &'m Path,
    /// What it becomes; absent where it only decides (a condition) or belongs to something else (a factor).
    pub kind: Option<&'m Kind>,
    /// The only words of it that count, where a condition on the same place says so.
    pub only: Option<&'m [String]>,
}

impl Mapping {
    /// Every path that is read, in the order of the pack.
    pub fn reads(&self) -> Vec<Reading<'_>> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all
    }

    fn collect<'m>(&'m self, into: &mut Vec<Reading<'m>>) {
        match self {
            Mapping::Constant(_) => {}
            Mapping::Object(_, fields) => fields.iter().for_each(|(.., mapping)| mapping.collect(into)),
            Mapping::FirstOf(all) => all.iter().for_each(|mapping| mapping.collect(into)),
            Mapping::Read(read) => {
                let only = |path: &Path| read.only_if.iter().find(|one| one.path == *path).map(|one| &one.values[..]);
                into.extend(read.paths.iter().map(|path| Reading { path, kind: Some(&read.kind), only: only(path) }));
                into.extend(read.only_if.iter().map(|condition| condition.reading()));
                if let Some(Times::Value(path)) = &read.times {
                    into.push(Reading { path, kind: Some(&Kind::Decimal), only: None });
                }
                if let Kind::Money { currency, .. } = &read.kind {
                    currency.iter().for_each(|mapping| mapping.collect(into));
                }
            }
        }
    }
}

impl Condition {
    fn reading(&self) -> Reading<'_> {
        Reading { path: &self.path, kind: None, only: None }
    }
}
