//! What is sent: arguments, and the fields of inputs.

use std::collections::BTreeSet;

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{BaseType, InputValueDefinition, Type};

use super::super::verdict::Verdict;
use super::Comparison;

type Inputs = [Positioned<InputValueDefinition>];

fn named<'a>(inputs: &'a Inputs, name: &str) -> Option<&'a InputValueDefinition> {
    inputs.iter().map(|input| &input.node).find(|input| input.name.node == name)
}

impl Comparison<'_> {
    pub(super) fn arguments(&mut self, at: &str, old: &Inputs, new: &Inputs, users: &BTreeSet<String>) {
        let place = |name: &str| format!("{at}({name}:)");
        self.values(old, new, &place, users);
    }

    pub(super) fn input(&mut self, on: &str, old: &Inputs, new: &Inputs) {
        let place = |name: &str| format!("{on}.{name}");
        self.values(old, new, &place, &self.before.fields_taking(on));
    }

    /// Callers may send one member only, or any again.
    pub(super) fn one_of(&mut self, name: &str, was: bool, is: bool) {
        let users = self.before.fields_taking(name);
        match (was, is) {
            (false, true) => self.add(Verdict::Breaking, name, "takes exactly one of its fields now", users),
            (true, false) => self.add(Verdict::Safe, name, "takes more than one of its fields now", users),
            _ => {}
        }
    }

    fn values(&mut self, old: &Inputs, new: &Inputs, place: &dyn Fn(&str) -> String, users: &BTreeSet<String>) {
        for was in old.iter().map(|input| &input.node) {
            let at = place(&was.name.node);
            match named(new, &was.name.node) {
                Some(is) => self.value(&at, was, is, users),
                None => self.add(Verdict::Breaking, &at, "is no longer taken", users.clone()),
            }
        }
        for is in new.iter().map(|input| &input.node).filter(|input| named(old, &input.name.node).is_none()) {
            let (verdict, says) =
                if is_required(is) { (Verdict::Breaking, "is new and required") } else { (Verdict::Safe, "is new") };
            self.add(verdict, &place(&is.name.node), says, users.clone());
        }
    }

    fn value(&mut self, at: &str, was: &InputValueDefinition, is: &InputValueDefinition, users: &BTreeSet<String>) {
        let (old, new) = (&was.ty.node, &is.ty.node);
        if old != new {
            let verdict = if is_wider(old, new) { Verdict::Safe } else { Verdict::Breaking };
            self.add(verdict, at, format!("its type was {old} and is {new}"), users.clone());
        }
        let default = |input: &InputValueDefinition| input.default_value.as_ref().map(|value| value.node.to_string());
        let (was_default, is_default) = (default(was), default(is));
        if was_default != is_default {
            let words = |default: Option<String>| default.unwrap_or_else(|| "nothing".to_owned());
            let verdict = if is_required(is) && !is_required(was) { Verdict::Breaking } else { Verdict::Dangerous };
            let says = format!("its default was {} and is {}", words(was_default), words(is_default));
            self.add(verdict, at, says, users.clone());
        }
    }
}

fn is_required(input: &InputValueDefinition) -> bool {
    !input.ty.node.nullable && input.default_value.is_none()
}

/// Whether the new type takes everything that the old one took.
fn is_wider(old: &Type, new: &Type) -> bool {
    let same = match (&old.base, &new.base) {
        (BaseType::Named(old), BaseType::Named(new)) => old == new,
        (BaseType::List(old), BaseType::List(new)) => is_wider(old, new),
        // A value that is sent as a variable is not taken for a list.
        _ => false,
    };
    same && (new.nullable || !old.nullable)
}
