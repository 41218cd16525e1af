//! What is answered: fields of objects and interfaces, their types, arguments and scopes.

use std::collections::BTreeSet;

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{BaseType, FieldDefinition, Type};

use super::super::verdict::Verdict;
use super::{Comparison, has};

type Fields = [Positioned<FieldDefinition>];

fn named<'a>(fields: &'a Fields, name: &str) -> Option<&'a FieldDefinition> {
    fields.iter().map(|field| &field.node).find(|field| field.name.node == name)
}

impl<'a> Comparison<'a> {
    pub(super) fn fields(&mut self, on: &str, old: &'a Fields, new: &'a Fields) {
        for was in old.iter().map(|field| &field.node) {
            let at = format!("{on}.{}", was.name.node);
            match named(new, &was.name.node) {
                Some(is) => self.field(&at, was, is),
                None => {
                    let says = format!("this field is no longer there{}", renamed(was, old, new));
                    self.add(Verdict::Breaking, &at, says, [at.clone()]);
                }
            }
        }
        for is in new.iter().map(|field| &field.node).filter(|field| named(old, &field.name.node).is_none()) {
            self.add(Verdict::Safe, &format!("{on}.{}", is.name.node), "this field is new", []);
        }
    }

    fn field(&mut self, at: &str, was: &'a FieldDefinition, is: &'a FieldDefinition) {
        let users = BTreeSet::from([at.to_owned()]);
        let (old, new) = (&was.ty.node, &is.ty.node);
        if old != new {
            let verdict = if is_narrower(old, new) { Verdict::Safe } else { Verdict::Breaking };
            self.add(verdict, at, format!("its type was {old} and is {new}"), users.clone());
        }
        self.arguments(at, &was.arguments, &is.arguments, &users);
        self.scopes(at, &scopes(was), &scopes(is), &users);
        match (has(&was.directives, "deprecated"), has(&is.directives, "deprecated")) {
            (false, true) => self.add(Verdict::Safe, at, "is deprecated now", users),
            (true, false) => self.add(Verdict::Safe, at, "is no longer deprecated", users),
            _ => {}
        }
    }

    fn scopes(&mut self, at: &str, old: &BTreeSet<&str>, new: &BTreeSet<&str>, users: &BTreeSet<String>) {
        for scope in new.difference(old) {
            self.add(Verdict::Breaking, at, format!("the scope `{scope}` is needed now"), users.clone());
        }
        for scope in old.difference(new) {
            self.add(Verdict::Safe, at, format!("the scope `{scope}` is no longer needed"), users.clone());
        }
    }
}

/// Whether everything that the new type answers, the old one did: not null instead of perhaps null.
fn is_narrower(old: &Type, new: &Type) -> bool {
    let same = match (&old.base, &new.base) {
        (BaseType::Named(old), BaseType::Named(new)) => old == new,
        (BaseType::List(old), BaseType::List(new)) => is_narrower(old, new),
        _ => false,
    };
    same && (old.nullable || !new.nullable)
}

/// A new field of the same type is most likely the same.
fn renamed(was: &FieldDefinition, old: &Fields, new: &Fields) -> String {
    let added = new.iter().map(|field| &field.node).filter(|field| named(old, &field.name.node).is_none());
    let mut alike = added.filter(|field| field.ty.node == was.ty.node && field.arguments.len() == was.arguments.len());
    alike.next().map_or_else(String::new, |field| format!("; is it `{}` now?", field.name.node))
}

/// The scopes that a field's description names: `Needs the scope `…`.` SDL has no other place that clients see.
fn scopes(field: &FieldDefinition) -> BTreeSet<&str> {
    let about = field.description.as_ref().map_or("", |text| text.node.as_str());
    let named = about.split("Needs the scope `").skip(1);
    named.filter_map(|rest| rest.split_once('`').map(|(scope, _)| scope)).collect()
}
