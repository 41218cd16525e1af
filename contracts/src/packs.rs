//! What a pack says about one kind of system, and whether it makes sense.
//!
//! A pack is a YAML file: where each entity of the model is found in that kind of system, how its fields map, how it
//! is looked up, paged and refused. [`Pack::parse`] is the only door for a file; it reports every mistake with its
//! line. [`Pack::bind`] puts a tenant's settings in. Drivers read the result and nothing else, so that a new vendor
//! is a file.

mod built_in;
pub mod capabilities;
mod check;
pub mod coverage;
mod document;
pub mod limits;
mod mapping;
mod notices;
mod path;
mod reader;
mod reads;
mod schema;
mod shapes;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use indexmap::IndexMap;

pub use self::limits::Limits;
pub use self::mapping::{Condition, Format, Kind, Mapping, Read, Text, Times};
pub use self::notices::{ChangeRule, Changed, NoticeFormat, Notices, Proof, SecretPlace, Told};
pub use self::path::{Path, Step};
pub use self::reads::Reading;
pub use self::schema::schema;
pub use self::shapes::{FieldList, Shapes};
pub use self::template::{Hole, Json, Part, Template};
use crate::model::ObjectType;

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line of the file, from 1.
    pub line: u64,
    /// Which member, for example `entities.Order.fields.total`.
    pub at: String,
    /// What is wrong and what would be right.
    pub says: String,
}

/// A pack that was checked.
#[derive(Debug, Clone)]
pub struct Pack {
    /// How configurations call it, for example `dynamics365`.
    pub name: String,
    /// How people call the product.
    pub title: String,
    /// Which query protocol its systems speak.
    pub language: Language,
    /// What a tenant's system adds.
    pub settings: IndexMap<String, Setting>,
    /// How its systems hand out tokens.
    pub auth: Auth,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// Query parameters of every request.
    pub parameters: Vec<(String, String)>,
    /// Where queries go: the root of the entity sets (OData), the query resource (SOQL, SuiteQL).
    pub path: String,
    /// Texts that mean that there is no value.
    pub nulls: Vec<String>,
    /// The member that tells the type of a typed scalar (`{"__class__": "Decimal", …}`), where there are such.
    pub tag: Option<String>,
    /// How all rows of an answer are read.
    pub paging: Paging,
    /// The longest request target that is safe.
    pub longest_target: usize,
    /// What answers mean beside what HTTP says; the first that fits counts.
    pub errors: Vec<ErrorRule>,
    /// How its systems describe themselves.
    pub shapes: Option<Shapes>,
    /// What one account may ask, and what answers tell about it.
    pub limits: Limits,
    /// The entities by name.
    pub entities: IndexMap<&'static str, EntityMapping>,
    /// How its systems tell that something changed, where they can.
    pub notices: Option<Notices>,
    source: Arc<document::Node>,
}

/// Which query protocol a system speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// OData 4.
    Odata,
    /// Salesforce's query language.
    Soql,
    /// NetSuite's query language.
    Suiteql,
    /// Requests as templates.
    Rest,
}

/// What a tenant's system adds to its pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// For the operator.
    pub about: String,
    /// What stands in when it is not given.
    pub default: Option<String>,
    /// Whether it may be left out though it has no default.
    pub optional: bool,
    /// Whether it is a whole number, written as one in JSON.
    pub number: bool,
}

/// How a kind of system hands out tokens; addresses and secrets are the binding's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Auth {
    /// Where the client's id and secret go in a token request.
    pub token_body: TokenBody,
    /// Where tokens are had, relative to the system's base address, where the kind of system fixes that.
    pub token_path: Option<String>,
    /// How long a token is used where the answer does not say.
    pub lifetime: Option<Duration>,
    /// Parameters of every token request beside the client's own.
    pub parameters: Vec<(String, String)>,
    /// What we ask for stands in a signed assertion, and not beside it.
    pub scope_in_assertion: bool,
}

/// Where the client's id and secret go in a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenBody {
    /// As form fields.
    #[default]
    Form,
    /// As HTTP Basic, the rest as form fields.
    Basic,
    /// As members of a JSON body.
    Json,
}

/// How the pages of an answer follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// How the next page is found.
    pub style: PagingStyle,
    /// How many rows a page holds at most.
    pub size: u32,
    /// How many pages are read at most.
    pub pages: usize,
}

/// How the next page is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagingStyle {
    /// An answer is whole.
    None,
    /// The body holds the next page's address.
    Link(Path),
    /// The body holds a value to send back as a parameter; there is no next page where it is missing.
    Cursor {
        /// Where the value stands.
        path: Path,
        /// The parameter that takes it.
        parameter: String,
        /// Whether the parameter is a member of the body.
        in_body: bool,
    },
    /// The last row's id is sent back as a parameter while the body says that there is more.
    After {
        /// Where the body says that there is more.
        more: Path,
        /// Where the ids of the body's rows stand.
        id: Path,
        /// The parameter that takes the id.
        parameter: String,
    },
    /// A page begins so many rows behind the first.
    Offset {
        /// The parameter that says how many rows to leave out.
        parameter: String,
        /// Which page is the last.
        last: LastPage,
    },
}

/// Which page is the last, where pages are counted by rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastPage {
    /// One that is not full.
    Short,
    /// One whose body does not say that there is more. Pages begin at multiples of their size.
    Said {
        /// Where the body says that there is more.
        more: Path,
        /// The parameter that says how many rows a page holds.
        limit: String,
    },
    /// One that reaches the number of rows in a header: pages may hold fewer rows than their size.
    Counted {
        /// The header.
        header: String,
        /// The parameter that says how many rows a page holds.
        limit: String,
    },
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRule {
    /// For these statuses; any where empty.
    pub status: Vec<u16>,
    /// Where a code stands in the body; the body's text where absent.
    pub at: Option<Path>,
    /// The code is one of these, or the text contains one of these; where empty it is enough that `at` has a value.
    pub is: Vec<String>,
    /// The code is none of these.
    pub except: Vec<String>,
    /// Then this is the case.
    pub means: Meaning,
    /// How long to wait where the answer does not say.
    pub wait: Option<Duration>,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The system limits our calls.
    Throttled,
    /// The credential is not accepted any more.
    Unauthorized,
    /// The credential may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It failed, and may succeed when it is asked again.
    Retry,
    /// It failed.
    Failed,
}

/// What several rows are that mean one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The rows of one key are added up to one.
    Sum,
    /// Of rows that name the same thing the first one counts.
    First,
}

/// Where an entity is found and how its rows map.
#[derive(Debug, Clone)]
pub struct EntityMapping {
    /// The entity.
    pub of: &'static ObjectType,
    /// The set, object or tables (OData, SOQL, SuiteQL).
    pub from: String,
    /// The columns of a row with what is selected for them (SuiteQL).
    pub columns: Vec<(String, String)>,
    /// Conditions of every query: a path has one of these values (OData, SOQL, SuiteQL).
    pub filters: Vec<Condition>,
    /// Conditions in the query language itself.
    pub raw_filters: Vec<String>,
    /// The fields by their ordinal in the model.
    pub fields: Vec<(usize, &'static str, Mapping)>,
    /// How it can be looked up, by the model's field.
    pub by: IndexMap<&'static str, LookUp>,
    /// The total order of queries, newest first, in the query language. Without it the system cannot page.
    pub order: Option<String>,
    /// Rows for which all of this holds are no rows.
    pub skip: Vec<Condition>,
    /// What several rows are that mean one thing.
    pub combine: Option<Combine>,
    /// The fragments for what is open and for what is not.
    pub open: Option<(String, String)>,
    /// How a query is narrowed to statuses.
    pub statuses: Option<StatusFilter>,
    /// How the system's description calls it.
    pub shape: Option<String>,
    /// Where its rows stand in a body, where the look-up does not say otherwise.
    pub rows: Path,
}

/// How a query is narrowed to statuses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusFilter {
    /// OData: the name of the enum type before the quoted value; plain text where absent.
    pub enum_type: Option<String>,
    /// REST: what to send for each of the system's own statuses.
    pub each: String,
    /// REST: what stands between them.
    pub join: String,
}

/// How an entity is looked up by one of its fields.
#[derive(Debug, Clone)]
pub struct LookUp {
    /// The field.
    pub by: &'static str,
    /// Where a row holds the key, to filter by (OData, SOQL, SuiteQL).
    pub path: Path,
    /// Tables of its own (SuiteQL).
    pub from: Option<String>,
    /// How many keys one request carries at most.
    pub batch: usize,
    /// Which keys can be asked for.
    pub keys: KeyRules,
    /// The request (REST).
    pub request: Option<RequestTemplate>,
    /// What tells first which rows belong to which key, where the rows themselves do not (REST).
    pub links: Option<Links>,
    /// Where the rows stand in the body.
    pub rows: Path,
    /// Paging of its own.
    pub paging: Option<Paging>,
    /// Where one of these holds of the body, rows were left out that no page brings.
    pub truncated: Vec<Condition>,
}

/// A first request that tells the ids of the rows that belong to each key. The look-up's own request then asks for those,
/// or further links lead on from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Links {
    /// The request for the keys.
    pub request: RequestTemplate,
    /// Where its rows stand in the body.
    pub rows: Path,
    /// Where such a row holds the key.
    pub key: Path,
    /// Where it holds the ids.
    pub ids: Path,
    /// How many ids one request carries at most.
    pub batch: usize,
    /// What the ids lead to.
    pub after: After,
}

/// What the ids that links have told lead to.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    /// The rows themselves: the field that holds such an id in them.
    RowsWithIdIn(&'static str),
    /// The rows themselves: where they hold such an id, which is no field of the model.
    RowsWithIdAt(Path),
    /// Other links: the ids are the keys that they are asked with.
    Links(Box<Links>),
}

impl Links {
    /// The links after so many others; the first for 0.
    pub fn after(&self, hops: usize) -> Option<&Links> {
        match (&self.after, hops.checked_sub(1)) {
            (_, None) => Some(self),
            (After::Links(next), Some(rest)) => next.after(rest),
            _ => None,
        }
    }

    /// Where the rows hold the id that the last links told.
    pub fn id(&self) -> &After {
        match &self.after {
            After::Links(next) => next.id(),
            rows => rows,
        }
    }
}

/// Which keys can be asked for, and how they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRules {
    /// Which characters a key may have.
    pub allow: KeyClass,
    /// Characters that mean something else to the system.
    pub refuse: String,
    /// The system knows the key in these forms; just as it is where empty. `{key}` is the key.
    pub variants: Vec<Template>,
}

/// Which characters a key may have. Control characters it never may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyClass {
    /// All others.
    #[default]
    Any,
    /// ASCII digits, sent as a number where the language tells numbers from text.
    Digits,
    /// ASCII digits, sent as text.
    DigitsAsText,
    /// ASCII letters, digits and `_`.
    Word,
    /// A Salesforce record id, 15 or 18 characters; the short form is completed.
    SalesforceId,
}

/// A request with holes.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestTemplate {
    /// GET, or POST for a query that is safe to repeat.
    pub method: Method,
    /// The path; what fills a hole stays within its segment.
    pub path: Template,
    /// The query parameters. One whose holes have nothing to hold is left out.
    pub query: Vec<(String, QueryValue)>,
    /// The body.
    pub body: Option<Json>,
    /// How one key is written into `{keys}`.
    pub each: Template,
    /// What stands between keys.
    pub join: String,
    /// How a key is escaped before it is put in.
    pub escape: Escape,
}

impl RequestTemplate {
    /// Whether a hole occurs anywhere.
    pub fn has(&self, hole: Hole) -> bool {
        let in_query = self.query.iter().any(|(_, value)| match value {
            QueryValue::Text(text) => text.has(hole),
            QueryValue::Base64(json) => json.has(hole),
        });
        in_query || self.path.has(hole) || self.body.as_ref().is_some_and(|body| body.has(hole))
    }
}

/// The value of a query parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryValue {
    /// Text; `{fields}` alone repeats the parameter.
    Text(Template),
    /// JSON, as padded base64url.
    Base64(Json),
}

/// How a key is escaped before it is put into a query language. Percent-encoding is always done beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Escape {
    /// Not at all: the key stands alone, or its characters are restricted.
    #[default]
    None,
    /// A backslash before backslashes and quotes.
    Backslash,
    /// As the inside of a JSON string.
    Json,
}

impl Pack {
    /// Reads and checks a pack's file.
    pub fn parse(name: &str, yaml: &str) -> Result<Pack, Vec<Mistake>> {
        check::parse(name, yaml)
    }

    /// A pack that Portico ships.
    pub fn built_in(name: &str) -> Option<Arc<Pack>> {
        built_in::pack(name)
    }

    /// The names of the packs that Portico ships.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        built_in::names()
    }

    /// The pack with a tenant's settings in it. The errors are sentences for the operator.
    pub fn bind(&self, given: &BTreeMap<String, String>) -> Result<Pack, Vec<String>> {
        check::bind(self, given)
    }
}
