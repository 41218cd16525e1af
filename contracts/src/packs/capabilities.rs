//! What each driver can do of what a pack may say. A pack that asks for more is refused when it is checked, with its
//! line: what a driver would leave out in silence must not look like an answer.

use super::Language;

/// What one driver can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// How packs name the driver.
    pub name: &'static str,
    /// Members of the pack that only some drivers read.
    pub pack: &'static [&'static str],
    /// Members of an entity.
    pub entity: &'static [&'static str],
    /// Members of a look-up.
    pub look_up: &'static [&'static str],
    /// Members of `statuses`.
    pub statuses: &'static [&'static str],
    /// How pages may follow each other.
    pub paging: &'static [Pages],
    /// Which paths it can ask for.
    pub paths: Paths,
    /// Whether it can look up by a field that holds a list.
    pub by_list: bool,
    /// How it asks for its system's own description, for `portico check --live`.
    pub shapes: &'static [&'static str],
}

/// How pages may follow each other, told apart as far as drivers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// By an address in the body.
    Link,
    /// By a value in the body that becomes a parameter.
    Cursor,
    /// By a value in the body that becomes a member of the next body.
    CursorInBody,
    /// By the last row's id.
    After,
    /// By a number of rows; the last page is not full.
    Offset,
    /// By a number of rows; the body says whether there is more.
    OffsetSaid,
    /// By a number of rows; a header says how many there are.
    OffsetCounted,
}

/// Which paths a query can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// Any: whole members are asked for, or the request is the pack's own.
    Any,
    /// Members, and one list of children: `Owner.Name`, `Lines.records[].Name`.
    MembersAndChildren,
    /// A column's name.
    Columns,
}

impl Pages {
    /// As packs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Pages::Link => "link",
            Pages::Cursor => "cursor",
            Pages::CursorInBody => "cursor in the body",
            Pages::After => "after",
            Pages::Offset => "offset",
            Pages::OffsetSaid => "offset with `more`",
            Pages::OffsetCounted => "offset with `total`",
        }
    }
}

/// OData 4: queries are written by the driver, pages are links.
pub const ODATA: Capabilities = Capabilities {
    name: "odata",
    pack: &["path"],
    entity: &[
        "from", "where", "filter", "fields", "by", "order", "skip_if", "needs", "combine", "open", "statuses", "shape",
    ],
    look_up: &["path", "batch", "keys", "paging", "truncated"],
    statuses: &["enum"],
    paging: &[Pages::Link],
    paths: Paths::Any,
    by_list: false,
    shapes: &["metadata"],
};

/// Salesforce's SOQL: queries are written by the driver, pages are links.
pub const SOQL: Capabilities =
    Capabilities { name: "soql", statuses: &[], paths: Paths::MembersAndChildren, shapes: &["describe"], ..ODATA };

/// NetSuite's SuiteQL: queries are written by the driver over the columns that the pack names.
pub const SUITEQL: Capabilities = Capabilities {
    name: "suiteql",
    entity: &[
        "from", "columns", "where", "filter", "fields", "by", "order", "skip_if", "needs", "combine", "open",
        "statuses",
    ],
    look_up: &["path", "from", "batch", "keys", "paging", "truncated"],
    paging: &[Pages::OffsetSaid],
    paths: Paths::Columns,
    shapes: &["query"],
    ..SOQL
};

/// Requests are the pack's own.
pub const REST: Capabilities = Capabilities {
    name: "rest",
    pack: &[],
    entity: &["where", "fields", "by", "rows", "skip_if", "needs", "combine", "open", "statuses", "shape"],
    look_up: &["path", "batch", "keys", "request", "links", "rows", "paging", "truncated"],
    statuses: &["each", "join"],
    paging: &[
        Pages::Link,
        Pages::Cursor,
        Pages::CursorInBody,
        Pages::After,
        Pages::Offset,
        Pages::OffsetSaid,
        Pages::OffsetCounted,
    ],
    paths: Paths::Any,
    by_list: true,
    shapes: &["fields", "row"],
};

impl Language {
    /// What its driver can do.
    pub fn capabilities(self) -> &'static Capabilities {
        match self {
            Language::Odata => &ODATA,
            Language::Soql => &SOQL,
            Language::Suiteql => &SUITEQL,
            Language::Rest => &REST,
        }
    }
}
