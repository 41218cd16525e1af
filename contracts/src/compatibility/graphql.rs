//! Two GraphQL schemas as SDL. What is breaking follows from the specification: a document that was valid stays valid,
//! and what it is answered stays what its types said.

mod fields;
mod inputs;

use std::collections::{BTreeMap, BTreeSet};

use async_graphql_parser::types::{
    BaseType, ConstDirective, DirectiveDefinition, FieldDefinition, SchemaDefinition, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql_parser::{Error, Positioned, parse_schema};
use async_graphql_value::Name;

use super::verdict::{Difference, Finding, Surface, Verdict};

/// A schema by its names.
#[derive(Default)]
pub(super) struct Sdl {
    types: BTreeMap<String, TypeDefinition>,
    directives: BTreeMap<String, DirectiveDefinition>,
    roots: BTreeMap<&'static str, String>,
}

impl Sdl {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let mut sdl = Sdl::default();
        // The grammar wants one definition at least.
        if text.trim().is_empty() {
            return Ok(sdl);
        }
        for definition in parse_schema(text)?.definitions {
            match definition {
                TypeSystemDefinition::Type(one) => {
                    sdl.types.insert(one.node.name.node.to_string(), one.node);
                }
                TypeSystemDefinition::Directive(one) => {
                    sdl.directives.insert(one.node.name.node.to_string(), one.node);
                }
                TypeSystemDefinition::Schema(one) => sdl.roots = roots(&one.node),
            }
        }
        Ok(sdl)
    }

    /// The fields whose answers are of this type, as `Order.status`.
    fn fields_of(&self, name: &str) -> BTreeSet<String> {
        let fields = self.types.values().flat_map(|one| fields(one).map(move |field| (one, field)));
        let answering = fields.filter(|(_, field)| named(&field.ty.node) == name);
        answering.map(|(one, field)| coordinate(one, field)).collect()
    }

    /// The fields that an input or enumeration can be given to, through other inputs, too.
    fn fields_taking(&self, name: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::from([name.to_owned()]);
        loop {
            let holding = self.types.values().filter(|one| match &one.kind {
                TypeKind::InputObject(input) => {
                    input.fields.iter().any(|field| names.contains(named(&field.node.ty.node)))
                }
                _ => false,
            });
            let more: Vec<String> = holding.map(|one| one.name.node.to_string()).collect();
            let known = names.len();
            names.extend(more);
            if names.len() == known {
                break;
            }
        }
        let fields = self.types.values().flat_map(|one| fields(one).map(move |field| (one, field)));
        let takes =
            |field: &FieldDefinition| field.arguments.iter().any(|one| names.contains(named(&one.node.ty.node)));
        fields.filter(|(_, field)| takes(field)).map(|(one, field)| coordinate(one, field)).collect()
    }

    /// Whoever asks for one of these has to do with the type.
    fn users_of(&self, name: &str) -> BTreeSet<String> {
        let mut users = self.fields_of(name);
        users.extend(self.fields_taking(name));
        users
    }
}

fn roots(schema: &SchemaDefinition) -> BTreeMap<&'static str, String> {
    let roots = [("query", &schema.query), ("mutation", &schema.mutation), ("subscription", &schema.subscription)];
    roots.into_iter().filter_map(|(word, name)| Some((word, name.as_ref()?.node.to_string()))).collect()
}

fn fields(one: &TypeDefinition) -> impl Iterator<Item = &FieldDefinition> {
    let fields: &[Positioned<FieldDefinition>] = match &one.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => &[],
    };
    fields.iter().map(|field| &field.node)
}

fn coordinate(one: &TypeDefinition, field: &FieldDefinition) -> String {
    format!("{}.{}", one.name.node, field.name.node)
}

/// The name inside the lists.
fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(item) => named(item),
    }
}

fn has(directives: &[Positioned<ConstDirective>], name: &str) -> bool {
    directives.iter().any(|directive| directive.node.name.node == name)
}

/// Every difference between two schemas.
pub(super) fn compare(before: &Sdl, now: &Sdl) -> Vec<Difference> {
    let mut comparison = Comparison { before, now, found: Vec::new() };
    comparison.roots();
    comparison.types();
    comparison.directives();
    comparison.found.into_iter().map(|finding| finding.of(Surface::GraphQl)).collect()
}

struct Comparison<'a> {
    before: &'a Sdl,
    now: &'a Sdl,
    found: Vec<Finding>,
}

impl<'a> Comparison<'a> {
    fn add(&mut self, verdict: Verdict, at: &str, says: impl Into<String>, used_by: impl IntoIterator<Item = String>) {
        self.found.push(Finding::new(verdict, at, says).used_by(used_by));
    }

    fn roots(&mut self) {
        for (word, was) in &self.before.roots {
            match self.now.roots.get(word) {
                Some(is) if is == was => {}
                Some(is) => self.add(Verdict::Breaking, word, format!("its type was {was} and is {is}"), []),
                None => self.add(Verdict::Breaking, word, "is no longer there", []),
            }
        }
        for word in self.now.roots.keys().filter(|word| !self.before.roots.contains_key(*word)) {
            self.add(Verdict::Safe, word, "is new", []);
        }
    }

    fn types(&mut self) {
        for (name, was) in &self.before.types {
            match self.now.types.get(name) {
                Some(is) => self.same_type(name, was, is),
                None => {
                    let says = format!("this type is no longer there{}", self.renamed(was));
                    let own = fields(was).map(|field| coordinate(was, field));
                    self.add(Verdict::Breaking, name, says, own.chain(self.before.users_of(name)));
                }
            }
        }
        for name in self.now.types.keys().filter(|name| !self.before.types.contains_key(*name)) {
            self.add(Verdict::Safe, name, "this type is new", []);
        }
    }

    /// A new type with all the fields of the one that is gone is most likely the same.
    fn renamed(&self, was: &TypeDefinition) -> String {
        let names = |one: &'a TypeDefinition| parts(one);
        let old = parts(was);
        let new = self.now.types.iter().filter(|(name, _)| !self.before.types.contains_key(*name));
        let mut alike = new.filter(|(_, one)| !old.is_empty() && names(one) == old);
        alike.next().map_or_else(String::new, |(name, _)| format!("; is it `{name}` now?"))
    }

    fn same_type(&mut self, name: &str, was: &'a TypeDefinition, is: &'a TypeDefinition) {
        match (&was.kind, &is.kind) {
            (TypeKind::Object(old), TypeKind::Object(new)) => {
                self.implements(name, &old.implements, &new.implements);
                self.fields(name, &old.fields, &new.fields);
            }
            (TypeKind::Interface(old), TypeKind::Interface(new)) => {
                self.implements(name, &old.implements, &new.implements);
                self.fields(name, &old.fields, &new.fields);
            }
            (TypeKind::InputObject(old), TypeKind::InputObject(new)) => {
                self.input(name, &old.fields, &new.fields);
                self.one_of(name, has(&was.directives, "oneOf"), has(&is.directives, "oneOf"));
            }
            (TypeKind::Enum(_), TypeKind::Enum(_)) => self.members(name, "the value", &parts(was), &parts(is)),
            (TypeKind::Union(_), TypeKind::Union(_)) => self.members(name, "the member", &parts(was), &parts(is)),
            (TypeKind::Scalar, TypeKind::Scalar) => self.scalar(name, was, is),
            (old, new) => {
                let says = format!("was {} and is {}", kind(old), kind(new));
                self.add(Verdict::Breaking, name, says, self.before.users_of(name));
            }
        }
    }

    fn implements(&mut self, name: &str, old: &[Positioned<Name>], new: &[Positioned<Name>]) {
        let has = |names: &[Positioned<Name>], one: &str| names.iter().any(|name| name.node == one);
        for one in old.iter().filter(|one| !has(new, &one.node)) {
            self.add(
                Verdict::Breaking,
                name,
                format!("no longer implements {}", one.node),
                self.before.fields_of(name),
            );
        }
        for one in new.iter().filter(|one| !has(old, &one.node)) {
            self.add(
                Verdict::Dangerous,
                name,
                format!("implements {} now", one.node),
                self.before.fields_of(&one.node),
            );
        }
    }

    /// Of enumerations and unions: what callers compare with, and what they do not expect yet.
    fn members(&mut self, name: &str, what: &str, old: &BTreeSet<&str>, new: &BTreeSet<&str>) {
        for gone in old.difference(new) {
            let users = self.before.users_of(name);
            self.add(Verdict::Breaking, &format!("{name}.{gone}"), format!("{what} is no longer there"), users);
        }
        for more in new.difference(old) {
            let users = self.before.fields_of(name);
            // Where nobody is answered with it, nobody meets it without sending it.
            let verdict = if users.is_empty() { Verdict::Safe } else { Verdict::Dangerous };
            self.add(verdict, &format!("{name}.{more}"), format!("{what} is new"), users);
        }
    }

    fn scalar(&mut self, name: &str, was: &TypeDefinition, is: &TypeDefinition) {
        let specified = |one: &TypeDefinition| {
            let directive = one.directives.iter().find(|directive| directive.node.name.node == "specifiedBy");
            directive.and_then(|directive| directive.node.get_argument("url")).map(|url| url.node.to_string())
        };
        if specified(was) != specified(is) {
            self.add(Verdict::Dangerous, name, "is specified elsewhere now", self.before.users_of(name));
        }
    }

    fn directives(&mut self) {
        for (name, was) in &self.before.directives {
            let at = format!("@{name}");
            let Some(is) = self.now.directives.get(name) else {
                self.add(Verdict::Breaking, &at, "this directive is no longer there", []);
                continue;
            };
            self.arguments(&at, &was.arguments, &is.arguments, &BTreeSet::new());
            let gone = was.locations.iter().filter(|one| is.locations.iter().all(|other| other.node != one.node));
            for location in gone {
                self.add(Verdict::Breaking, &at, format!("may no longer stand on {:?}", location.node), []);
            }
        }
        for name in self.now.directives.keys().filter(|name| !self.before.directives.contains_key(*name)) {
            self.add(Verdict::Safe, &format!("@{name}"), "this directive is new", []);
        }
    }
}

/// The names inside a type.
fn parts(one: &TypeDefinition) -> BTreeSet<&str> {
    match &one.kind {
        TypeKind::Enum(choice) => choice.values.iter().map(|value| value.node.value.node.as_str()).collect(),
        TypeKind::Union(union) => union.members.iter().map(|member| member.node.as_str()).collect(),
        TypeKind::InputObject(input) => input.fields.iter().map(|field| field.node.name.node.as_str()).collect(),
        _ => fields(one).map(|field| field.name.node.as_str()).collect(),
    }
}

fn kind(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Scalar => "a scalar",
        TypeKind::Object(_) => "an object",
        TypeKind::Interface(_) => "an interface",
        TypeKind::Union(_) => "a union",
        TypeKind::Enum(_) => "an enumeration",
        TypeKind::InputObject(_) => "an input",
    }
}
