//! Addresses: what is asked of which type of object, in any of the vendor's styles of version.

use super::errors::Refusal;
use super::objects::{Object, named};

/// The versions named after a month that are still answered.
const DATED: [&str; 3] = ["2025-09", "2026-03", "2026-09"];

/// What an address names.
#[derive(Clone, Copy)]
pub(crate) enum Resource<'p> {
    /// A page of records.
    List(&'static Object),
    /// One record, by id or by another property.
    One(&'static Object, &'p str),
    /// Many records at once.
    Batch(&'static Object),
    /// Records by what they say.
    Search(&'static Object),
    /// Every property of a type.
    Properties(&'static Object),
    /// One property of a type.
    Property(&'static Object, &'p str),
    /// What one record is linked with.
    Associations(&'static Object, &'p str, &'static Object),
    /// What many records are linked with.
    AssociationBatch(&'static Object, &'static Object),
    /// The people who look after records.
    Owners,
    /// One of them.
    Owner(&'p str),
}

/// Reads an address; of versions that were removed nothing is known any longer.
pub(crate) fn resource<'p>(path: &[&'p str]) -> Result<Resource<'p>, Refusal> {
    let (family, rest): (&str, &[&'p str]) = match path {
        ["crm", family @ ("objects" | "associations" | "properties"), version, rest @ ..]
            if DATED.contains(version) =>
        {
            (family, rest)
        }
        ["crm", "v3", family @ ("objects" | "properties" | "owners"), rest @ ..]
        | ["crm", "v4", family @ ("objects" | "associations"), rest @ ..] => (family, rest),
        _ => return Err(Refusal::no_route()),
    };
    let numbered_v4 = matches!(path, ["crm", "v4", ..]);
    match (family, rest) {
        ("objects", [object, id, "associations", to]) => Ok(Resource::Associations(named(object)?, id, named(to)?)),
        ("objects", _) if numbered_v4 => Err(Refusal::no_route()),
        ("objects", [object]) => named(object).map(Resource::List),
        ("objects", [object, "search"]) => named(object).map(Resource::Search),
        ("objects", [object, "batch", "read"]) => named(object).map(Resource::Batch),
        ("objects", [object, id]) => Ok(Resource::One(named(object)?, id)),
        ("associations", [from, to, "batch", "read"]) => Ok(Resource::AssociationBatch(named(from)?, named(to)?)),
        ("properties", [object]) => named(object).map(Resource::Properties),
        ("properties", [object, name]) => Ok(Resource::Property(named(object)?, name)),
        // The vendor writes a slash behind it.
        ("owners", [] | [""]) => Ok(Resource::Owners),
        ("owners", [id]) => Ok(Resource::Owner(id)),
        _ => Err(Refusal::no_route()),
    }
}
