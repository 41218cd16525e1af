//! Follows a selection along the model's relations and makes the steps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{
    ExecutableDocument, Field as AstField, OperationDefinition, OperationType, SelectionSet,
};
use async_graphql_value::ConstValue;
use indexmap::IndexMap;
use portico_contracts::canonical::Failure;
use portico_contracts::model::{Field, KeyOrigin, Model, ObjectType, Relation, expect_object};
use portico_contracts::problem::{Code, Problem};
use portico_contracts::scopes::INTROSPECTION;
use portico_contracts::tenancy::Principal;

use super::coerce::{self, Variables};
use super::customer::Identity;
use super::select::{Reader, owned};
use super::{
    Chosen, Completion, EdgeField, Filter, KeyExpr, Lane, PageField, Paged, Plan, Related, Resolve, Selection, Step,
    StepId,
};
use crate::ask::{Ask, Key, Narrow, Upstream};
use crate::engine::{Arguments, Asking, Gate};
use crate::estate::Estate;
use crate::fresh::Wish;

/// More rows than this are never asked for at once.
const MOST_ROWS: u32 = 100;
/// Longer than any cursor of ours, those through several systems included: it is kept with what it led to.
const LONGEST_CURSOR: usize = 2_048;
/// How many rows a list without a `first` is priced at.
const USUAL_ROWS: u64 = 10;

/// What a field of one object is planned with.
pub(super) struct Here<'h> {
    /// The public type.
    pub(super) of: &'static ObjectType,
    /// The entity whose records answer it; a case's requester is a `Contact` answered from `Requester`s.
    pub(super) record: &'static ObjectType,
    /// The step that brings the records.
    pub(super) within: Option<StepId>,
    /// How the customer is known, where the object is one.
    pub(super) customer: Option<&'h Identity>,
    /// Keys that are known before any record of the object is: a decision's own.
    pub(super) keys: &'h [(&'static str, KeyExpr)],
    /// Where we are, for `notProvided`.
    pub(super) path: &'h str,
}

pub(super) struct Builder<'a> {
    pub(super) estate: &'a Estate,
    pub(super) principal: &'a Principal,
    pub(super) gate: &'a Gate<'a>,
    pub(super) reader: Reader<'a>,
    pub(super) wish: Wish,
    pub(super) steps: Vec<Step>,
    pub(super) not_provided: Vec<String>,
    pub(super) scopes: BTreeSet<&'static str>,
    pub(super) introspects: bool,
}

/// Plans one operation of a validated document for one caller.
pub(crate) fn plan(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    estate: &Estate,
    by: &Asking<'_>,
) -> Result<Plan, Problem> {
    let mut builder = Builder {
        estate,
        principal: by.principal,
        gate: by.gate,
        reader: Reader::new(document, variables),
        wish: by.wish,
        steps: Vec::new(),
        not_provided: Vec::new(),
        scopes: BTreeSet::new(),
        introspects: false,
    };
    let of = expect_object(if operation.ty == OperationType::Subscription { "Subscription" } else { "Query" });
    let here = Here { of, record: of, within: None, customer: None, keys: &[], path: "" };
    let root = builder.selection(&[&operation.selection_set.node], &here)?;
    refuse_if_nothing_is_left(&root)?;
    let Builder { steps, not_provided, scopes, introspects, .. } = builder;
    Ok(Plan { root, steps, not_provided, scopes, introspects })
}

/// A document of which every root field is refused is refused as a whole.
fn refuse_if_nothing_is_left(root: &Selection) -> Result<(), Problem> {
    let mut refusals = root.fields.iter().filter(|chosen| !matches!(chosen.resolve, Resolve::Typename(_))).peekable();
    let all = refusals.peek().is_some()
        && root.fields.iter().all(|c| matches!(c.resolve, Resolve::Refused(_) | Resolve::Typename(_)));
    let first =
        refusals.find_map(|chosen| if let Resolve::Refused(failure) = &chosen.resolve { Some(failure) } else { None });
    match first {
        Some(failure) if all => {
            let problem = Problem::new(failure.code, failure.message.clone());
            Err(Problem { cause: failure.cause.clone(), ..problem })
        }
        _ => Ok(()),
    }
}

impl<'a> Builder<'a> {
    /// The chosen fields of one object.
    pub(super) fn selection(&mut self, sets: &[&'a SelectionSet], here: &Here<'_>) -> Result<Selection, Problem> {
        let merged = self.reader.collect(sets, here.of)?;
        let mut fields = Vec::with_capacity(merged.len());
        for (key, same) in merged {
            fields.push(self.choose(key, &same, here)?);
        }
        Ok(Selection { fields })
    }

    fn choose(&mut self, key: &str, same: &[&'a AstField], here: &Here<'_>) -> Result<Chosen, Problem> {
        let name = same[0].name.node.as_str();
        if name == "__typename" {
            return Ok(Chosen { key: owned(key), field: None, resolve: Resolve::Typename(here.of.name) });
        }
        if name == "__schema" || name == "__type" {
            self.allow_introspection()?;
            return Ok(Chosen { key: owned(key), field: None, resolve: Resolve::Introspection });
        }
        let unknown =
            || Problem::new(Code::DocumentInvalid, format!("Unknown field \"{name}\" on type \"{}\".", here.of.name));
        let field = here.of.fields.get(name).filter(|field| !field.hidden).ok_or_else(unknown)?;
        let path = if here.path.is_empty() { key.to_owned() } else { format!("{}.{key}", here.path) };
        let resolve = match self.missing_scope(field) {
            Some(refusal) => Resolve::Refused(refusal),
            None => self.resolve(field, same, here, &path)?,
        };
        if matches!(resolve, Resolve::NotProvided) {
            self.not_provided.push(path);
        }
        Ok(Chosen { key: owned(key), field: Some(field), resolve })
    }

    fn resolve(
        &mut self,
        field: &'static Field,
        same: &[&'a AstField],
        here: &Here<'_>,
        path: &str,
    ) -> Result<Resolve, Problem> {
        let arguments = coerce::arguments(&field.arguments, &same[0].arguments, self.reader.variables)
            .map_err(|why| Problem::new(Code::ArgumentInvalid, format!("`{path}`: {why}")))?;
        if let Err(refusal) = self.admitted(field, &arguments, here) {
            return Ok(Resolve::Refused(refusal));
        }
        let outer = self.wish;
        if let Some(seconds) = self.reader.max_age(same)? {
            self.wish = self.wish.and(Wish { max_age: Some(Duration::from_secs(seconds.into())), ..Wish::default() });
        }
        let sets: Vec<&'a SelectionSet> = same.iter().map(|field| &field.selection_set.node).collect();
        // What the record itself holds need not be looked up elsewhere.
        let elsewhere = |relation: &&Relation| relation.take.is_none() || !holds(self.estate, here, field.name);
        let resolved = match (field.composite, field.relation.as_ref().filter(elsewhere), field.name) {
            (Some("discrepancies"), _, _) => self.discrepancies(here.customer, &sets, path),
            (Some(name), _, _) => self.composite(name, &arguments, &sets, path),
            (None, Some(relation), _) => self.relation(field, relation, &arguments, &sets, here, path),
            (None, None, "customer") if here.of.name == "Query" => match self.identity(arguments.get("by")) {
                Ok(identity) => self.customer(&identity, true, &sets, path),
                Err(refusal) => Ok(Resolve::Refused(refusal)),
            },
            (None, None, "source") if here.of.has_source => Ok(Resolve::Source(self.part("Source", &sets, path)?)),
            (None, None, "extensions") if here.of.has_source => Ok(Resolve::Extensions(names(arguments.get("names")))),
            (None, None, _) => self.value(field, &sets, here, path),
        };
        self.wish = outer;
        resolved
    }

    /// Whether what must hold of a root field does, beside its scope.
    fn admitted(
        &self,
        field: &Field,
        arguments: &IndexMap<&'static str, ConstValue>,
        here: &Here<'_>,
    ) -> Result<(), Arc<Failure>> {
        if !matches!(here.of.name, "Query" | "Subscription") {
            return Ok(());
        }
        self.gated(field.name, arguments)
    }

    /// What must hold of a root field, by its name.
    pub(super) fn gated(
        &self,
        field: &str,
        arguments: &IndexMap<&'static str, ConstValue>,
    ) -> Result<(), Arc<Failure>> {
        (self.gate)(field, Arguments(arguments)).map_err(|problem| {
            let failure = Failure::new(problem.code, problem.detail);
            Arc::new(Failure { cause: problem.cause, ..failure })
        })
    }

    fn allow_introspection(&mut self) -> Result<(), Problem> {
        self.introspects = true;
        self.scopes.insert(INTROSPECTION);
        if self.principal.scopes.has(INTROSPECTION) {
            return Ok(());
        }
        Err(Problem::new(Code::IntrospectionRefused, format!("Introspection needs the scope `{INTROSPECTION}`.")))
    }

    /// A field's own scope, or that of the entity it leads to.
    fn missing_scope(&mut self, field: &'static Field) -> Option<Arc<Failure>> {
        let of_target = || {
            let relation = field.relation.as_ref()?;
            Model::get().entity(relation.to)?.entity.as_ref().map(|facts| facts.scope)
        };
        let scope = field.scope.or_else(of_target)?;
        self.scopes.insert(scope);
        let refusal =
            || Arc::new(Failure::new(Code::ScopeMissing, format!("`{}` needs the scope `{scope}`.", field.name)));
        (!self.principal.scopes.has(scope)).then(refusal)
    }

    /// Refuses an entity that a decision would show and the caller may not see.
    pub(super) fn entity_scope(&mut self, entity: &str) -> Option<Arc<Failure>> {
        let scope = expect_object(entity).entity.as_ref()?.scope;
        self.scopes.insert(scope);
        let refusal = || Arc::new(Failure::new(Code::ScopeMissing, format!("`{entity}` needs the scope `{scope}`.")));
        (!self.principal.scopes.has(scope)).then(refusal)
    }

    /// A leaf, or an object that lies in the record.
    fn value(
        &mut self,
        field: &'static Field,
        sets: &[&'a SelectionSet],
        here: &Here<'_>,
        path: &str,
    ) -> Result<Resolve, Problem> {
        let Some(of_record) = here.record.fields.get(field.name) else { return Ok(Resolve::NotProvided) };
        if here.record.entity.is_some() && !self.tells(here.record, field.name) {
            return Ok(Resolve::NotProvided);
        }
        let inside = match Model::get().object(field.type_name()) {
            // The parts of a decision know the decision's own keys.
            Some(of) if here.record.entity.is_none() => {
                let inside = Here { of, record: of, within: None, customer: None, keys: here.keys, path };
                self.selection(sets, &inside)?
            }
            Some(_) => self.part(field.type_name(), sets, path)?,
            None => Selection::default(),
        };
        Ok(Resolve::Value(of_record.ordinal, inside))
    }

    /// Whether the estate can tell a field of an entity, from its own record or from what completes it.
    pub(super) fn tells(&self, entity: &'static ObjectType, field: &str) -> bool {
        let owners = self.estate.having(entity);
        if owners.is_empty() || owners.iter().any(|owner| owner.provides_field(entity, field)) {
            return !owners.is_empty();
        }
        let completed: &[&str] = match entity.name {
            "Receivables" => &["openBalance", "overdueBalance", "oldestOverdueDays"],
            "Invoice" => &["dueOn", "openAmount", "status"],
            // The sum of the lines.
            "Order" if field == "total" => {
                let lines = expect_object("OrderLine");
                return self.estate.having(lines).iter().any(|owner| owner.provides_field(lines, "lineTotal"));
            }
            "Contract" if field == "coversSerialNumbers" => return self.coverage_is_kept_apart(),
            _ => &[],
        };
        completed.contains(&field) && self.estate.owners(expect_object("OpenItem")).is_some()
    }

    /// The selection of an object that lies in a record or a decision.
    pub(super) fn part(&mut self, of: &str, sets: &[&'a SelectionSet], path: &str) -> Result<Selection, Problem> {
        let of = expect_object(of);
        self.selection(sets, &Here { of, record: of, within: None, customer: None, keys: &[], path })
    }

    fn relation(
        &mut self,
        field: &'static Field,
        relation: &'static Relation,
        arguments: &IndexMap<&'static str, ConstValue>,
        sets: &[&'a SelectionSet],
        here: &Here<'_>,
        path: &str,
    ) -> Result<Resolve, Problem> {
        let narrow = narrow(arguments)?;
        if let Some(identity) = here.customer {
            return self.of_customer(field, relation, narrow, sets, identity, path);
        }
        let (key, within) = match relation.key {
            KeyOrigin::Argument("customer") => match self.identity(arguments.get("customer")) {
                Ok(identity) => return self.of_customer(field, relation, narrow, sets, &identity, path),
                Err(refusal) => return Ok(Resolve::Refused(refusal)),
            },
            KeyOrigin::Argument(name) => match text(arguments.get(name)) {
                Some(key) => (KeyExpr::Given(key), None),
                None => {
                    return Err(Problem::new(
                        Code::ArgumentInvalid,
                        format!("`{path}`: Argument `{name}` must not be empty."),
                    ));
                }
            },
            KeyOrigin::Field(name) if here.record.entity.is_none() => {
                match here.keys.iter().find(|(field, _)| *field == name) {
                    Some((_, key)) => (key.clone(), None),
                    None => return Ok(Resolve::NotProvided),
                }
            }
            KeyOrigin::Field(name) => match here.record.ordinal(name).filter(|_| self.tells(here.record, name)) {
                Some(ordinal) => (KeyExpr::Parent(ordinal), here.within),
                None => return Ok(Resolve::NotProvided),
            },
        };
        if relation.to == "Customer" {
            return self.customer(&Identity::by_number(key, within), false, sets, path);
        }
        let many = field.is_list() || connection(field).is_some();
        let lookup = Lookup { record: expect_object(relation.to), by: relation.by, key, within, narrow, many };
        self.related(field, relation, lookup, sets, path)
    }

    /// The entities behind a key.
    fn related(
        &mut self,
        field: &'static Field,
        relation: &'static Relation,
        mut lookup: Lookup,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        let (record, after) = (lookup.record, lookup.narrow.after.is_some());
        let filter = self.filter(record, &mut lookup.narrow);
        match self.step(lookup) {
            Some(step) => self.shown(field, relation, &Rows { record, step, filter }, after, sets, path),
            None => Ok(Resolve::NotProvided),
        }
    }

    /// The shape of the entities that a step brings.
    fn shown(
        &mut self,
        field: &'static Field,
        relation: &'static Relation,
        rows: &Rows,
        after: bool,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Resolve, Problem> {
        if let Some(take) = relation.take {
            let ordinal = rows.record.ordinal(take);
            return Ok(ordinal.map_or(Resolve::NotProvided, |ordinal| Resolve::Taken(rows.step, ordinal)));
        }
        if let Some(of) = connection(field) {
            let page = self.page(of, rows, after, sets, path)?;
            return Ok(Resolve::Connection(Box::new(page)));
        }
        let of = expect_object(field.type_name());
        let related = self.entity(of, rows, sets, path)?;
        Ok(if field.is_list() { Resolve::Many(Box::new(related)) } else { Resolve::One(Box::new(related)) })
    }

    /// What is chosen of an entity's records, with what completes them.
    pub(super) fn entity(
        &mut self,
        of: &'static ObjectType,
        rows: &Rows,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Related, Problem> {
        let here = Here { of, record: rows.record, within: Some(rows.step), customer: None, keys: &[], path };
        let selection = self.selection(sets, &here)?;
        let filters = rows.filter.open.is_some() || !rows.filter.statuses.is_empty();
        let completion = self.completion(rows.record, rows.step, &selection, filters);
        Ok(Related { step: rows.step, selection, completion, filter: rows.filter.clone() })
    }

    fn page(
        &mut self,
        of: &'static ObjectType,
        rows: &Rows,
        after: bool,
        sets: &[&'a SelectionSet],
        path: &str,
    ) -> Result<Paged, Problem> {
        let node_type = expect_object(of.connection_of.unwrap_or(rows.record.name));
        let mut fields = Vec::new();
        let mut nodes: Vec<&'a SelectionSet> = Vec::new();
        for (key, same) in self.reader.collect(sets, of)? {
            let inside: Vec<&'a SelectionSet> = same.iter().map(|field| &field.selection_set.node).collect();
            let page_field = match same[0].name.node.as_str() {
                "edges" => PageField::Edges(self.edges(of, &inside, &mut nodes)?),
                "pageInfo" => PageField::PageInfo(self.part("PageInfo", &inside, path)?),
                _ => PageField::Typename(of.name),
            };
            fields.push((owned(key), page_field));
        }
        let related = self.entity(node_type, rows, &nodes, &format!("{path}.edges.node"))?;
        Ok(Paged { related, fields, after })
    }

    /// The fields of an edge; what they select of the node is collected once for all edges fields.
    fn edges(
        &self,
        of: &'static ObjectType,
        sets: &[&'a SelectionSet],
        nodes: &mut Vec<&'a SelectionSet>,
    ) -> Result<Vec<(Arc<str>, EdgeField)>, Problem> {
        let edge = expect_object(of.fields.get("edges").map_or("", Field::type_name));
        let mut fields = Vec::new();
        for (key, same) in self.reader.collect(sets, edge)? {
            let field = match same[0].name.node.as_str() {
                "node" => {
                    nodes.extend(same.iter().map(|field| &field.selection_set.node));
                    EdgeField::Node
                }
                "cursor" => EdgeField::Cursor,
                _ => EdgeField::Typename(edge.name),
            };
            fields.push((owned(key), field));
        }
        Ok(fields)
    }

    /// What another entity of the estate adds to the records, if something that is chosen needs it.
    fn completion(
        &mut self,
        record: &'static ObjectType,
        step: StepId,
        selection: &Selection,
        filters: bool,
    ) -> Option<Completion> {
        let owners = self.estate.having(record);
        let lacking = |name: &str| owners.iter().any(|owner| !owner.provides_field(record, name));
        let chosen =
            |name: &str| selection.fields.iter().any(|chosen| chosen.field.is_some_and(|field| field.name == name));
        let needs = |names: &[&str]| names.iter().any(|name| chosen(name) && lacking(name));
        match record.name {
            "Receivables" if needs(&["openBalance", "overdueBalance", "oldestOverdueDays"]) => {
                let (key, within) = (self.steps[step].key.clone(), self.steps[step].within);
                let items = self.step(Lookup::all("OpenItem", "customerNumber", key, within))?;
                Some(Completion::ReceivablesFromItems(items))
            }
            "Invoice" if needs(&["dueOn", "openAmount", "status"]) || (filters && lacking("openAmount")) => {
                let key = KeyExpr::Parent(record.ordinal("number")?);
                let item = self.step(Lookup::all("OpenItem", "invoiceNumber", key, Some(step)))?;
                Some(Completion::InvoiceFromItem(item))
            }
            "Order" if chosen("total") || ((chosen("status") || filters) && self.lines_tell_delivery()) => {
                let key = KeyExpr::Parent(record.ordinal("number")?);
                let lines = self.step(Lookup::all("OrderLine", "orderNumber", key, Some(step)))?;
                Some(Completion::OrderFromLines(lines))
            }
            "Contract" => {
                let apart = needs(&["coversSerialNumbers"]);
                Some(Completion::Contract(if apart { self.coverage_of(step) } else { None }))
            }
            _ => None,
        }
    }

    /// The serial numbers of the contracts that a step brings, where the same system keeps them apart.
    pub(super) fn coverage_of(&mut self, contracts: StepId) -> Option<StepId> {
        let key = KeyExpr::Parent(expect_object("Contract").ordinal("number")?);
        let lookup = Lookup::all("ContractCoverage", "contractNumber", key, Some(contracts));
        if self.coverage_is_kept_apart() { self.step(lookup) } else { None }
    }

    fn coverage_is_kept_apart(&self) -> bool {
        let having = |entity| self.estate.having(expect_object(entity));
        let also = |one: &Arc<dyn Upstream>| having("ContractCoverage").iter().any(|other| other.id() == one.id());
        having("Contract").iter().any(also)
    }

    /// What has to be filtered here, because the rows' state is known only once they are completed.
    fn filter(&self, record: &'static ObjectType, narrow: &mut Narrow) -> Filter {
        let mut filter = Filter { open: narrow.open, statuses: Vec::new() };
        if record.name == "Order" && self.lines_tell_delivery() && !narrow.statuses.is_empty() {
            filter.statuses.clone_from(&narrow.statuses);
            // To the ERP an order that is partly shipped is an open one.
            if filter.statuses.contains(&"PARTIALLY_SHIPPED") && !filter.statuses.contains(&"OPEN") {
                narrow.statuses.push("OPEN");
                narrow.statuses.sort_unstable();
            }
        }
        filter
    }

    /// Whether an order's status is completed from its lines.
    fn lines_tell_delivery(&self) -> bool {
        let lines = expect_object("OrderLine");
        self.estate.having(lines).iter().any(|owner| owner.provides_field(lines, "delivered"))
    }

    /// The step that asks for this, made or found. `None` where no system of the tenant can be asked so.
    pub(super) fn step(&mut self, lookup: Lookup) -> Option<StepId> {
        let owners = self.estate.owners(lookup.record)?;
        match owners.lone() {
            Some(lone) => self.step_at_lone(owners, lone, lookup),
            None => self.step_at_each(owners, &lookup),
        }
    }

    /// The same of one system.
    pub(super) fn step_at(
        &mut self,
        upstream: &Arc<dyn Upstream>,
        lookup: Lookup,
        lane: Option<Lane>,
    ) -> Option<StepId> {
        let Lookup { record: entity, by, key, within, narrow, many } = lookup;
        upstream.supports(entity, by)?;
        let ask = Ask { entity, by, narrow };
        let same_lane = |step: &Step| match (&step.lane, &lane) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is(other),
            _ => false,
        };
        let same = |step: &Step| {
            step.ask == ask
                && step.upstream.id() == upstream.id()
                && step.key == key
                && step.within == within
                && step.wish == self.wish
                && step.unless.is_none()
                && step.many == many
                && step.several.is_none()
                && same_lane(step)
        };
        if let Some(known) = self.steps.iter().position(same) {
            return Some(known);
        }
        let keys = match (&key, within) {
            (KeyExpr::Given(_), _) | (KeyExpr::Parent(_), None) => 1,
            (KeyExpr::OneOf(keys, _), _) => keys.len() as u64,
            (KeyExpr::Via(source, _), _) => self.rows_for(*source, lane.as_ref()),
            (KeyExpr::Parent(_), Some(parent)) => self.rows_for(parent, lane.as_ref()),
        };
        let per_key = if many { ask.narrow.first.map_or(USUAL_ROWS, u64::from) } else { 1 };
        let rows = keys.saturating_mul(per_key);
        let (upstream, wish) = (Arc::clone(upstream), self.wish);
        let step = Step { ask, upstream, key, within, unless: None, wish, keys, rows, many, lane, several: None };
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    /// What belongs to a customer, by whichever of its names the owner can be asked.
    fn of_customer(
        &mut self,
        field: &'static Field,
        relation: &'static Relation,
        mut narrow: Narrow,
        sets: &[&'a SelectionSet],
        identity: &Identity,
        path: &str,
    ) -> Result<Resolve, Problem> {
        let (record, after) = (expect_object(relation.to), narrow.after.is_some());
        let many = field.is_list() || connection(field).is_some();
        let filter = self.filter(record, &mut narrow);
        match self.step_of_customer(relation.to, identity, &narrow, many) {
            Some(step) => self.shown(field, relation, &Rows { record, step, filter }, after, sets, path),
            None => Ok(Resolve::NotProvided),
        }
    }
}

/// Which records are asked for, by which key.
#[derive(Clone)]
pub(super) struct Lookup {
    pub(super) record: &'static ObjectType,
    pub(super) by: &'static str,
    pub(super) key: KeyExpr,
    pub(super) within: Option<StepId>,
    pub(super) narrow: Narrow,
    /// Whether one key can have several rows.
    pub(super) many: bool,
}

impl Lookup {
    /// All rows of a key.
    pub(super) fn all(record: &str, by: &'static str, key: KeyExpr, within: Option<StepId>) -> Self {
        Lookup { record: expect_object(record), by, key, within, narrow: Narrow::default(), many: true }
    }

    /// The one row of a key.
    pub(super) fn one(record: &str, by: &'static str, key: KeyExpr, within: Option<StepId>) -> Self {
        Lookup { many: false, ..Lookup::all(record, by, key, within) }
    }
}

/// Rows that a step will bring.
pub(super) struct Rows {
    pub(super) record: &'static ObjectType,
    pub(super) step: StepId,
    /// Filters that the system may not have applied.
    pub(super) filter: Filter,
}

/// Whether the records of an entity hold a field themselves, in every system that has it.
fn holds(estate: &Estate, here: &Here<'_>, field: &str) -> bool {
    here.record.entity.is_some()
        && !estate.having(here.record).is_empty()
        && estate.having(here.record).iter().all(|owner| owner.provides_field(here.record, field))
}

/// The connection type that a field returns, if it does.
fn connection(field: &Field) -> Option<&'static ObjectType> {
    Model::get().object(field.type_name()).filter(|object| object.connection_of.is_some())
}

/// A non-empty text.
pub(super) fn text(value: Option<&ConstValue>) -> Option<Key> {
    match value {
        Some(ConstValue::String(text)) if !text.is_empty() => Some(Key::from(text.as_str())),
        _ => None,
    }
}

fn names(value: Option<&ConstValue>) -> Option<Vec<String>> {
    let Some(ConstValue::List(items)) = value else { return None };
    Some(
        items
            .iter()
            .filter_map(|item| if let ConstValue::String(name) = item { Some(name.clone()) } else { None })
            .collect(),
    )
}

/// `status`, `open`, `first` and `after`, wherever a field has them.
fn narrow(arguments: &IndexMap<&'static str, ConstValue>) -> Result<Narrow, Problem> {
    let mut narrow = Narrow::default();
    if let Some(ConstValue::List(statuses)) = arguments.get("status") {
        let known = |value: &ConstValue| if let ConstValue::Enum(name) = value { order_status(name) } else { None };
        narrow.statuses = statuses.iter().filter_map(known).collect();
        narrow.statuses.sort_unstable();
        narrow.statuses.dedup();
    }
    if let Some(ConstValue::Boolean(open)) = arguments.get("open") {
        narrow.open = Some(*open);
    }
    if let Some(ConstValue::Number(first)) = arguments.get("first") {
        let first =
            first.as_u64().and_then(|first| u32::try_from(first).ok()).filter(|first| (1..=MOST_ROWS).contains(first));
        let wrong =
            || Problem::new(Code::ArgumentInvalid, format!("Argument `first` must be between 1 and {MOST_ROWS}."));
        narrow.first = Some(first.ok_or_else(wrong)?);
    }
    narrow.after = text(arguments.get("after"));
    if narrow.after.as_ref().is_some_and(|after| after.len() > LONGEST_CURSOR) {
        return Err(Problem::new(Code::ArgumentInvalid, "Argument `after` is longer than any cursor."));
    }
    Ok(narrow)
}

fn order_status(name: &str) -> Option<&'static str> {
    Model::get().enums.get("OrderStatus").and_then(|statuses| statuses.value(name))
}
