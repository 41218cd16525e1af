//! What of the model a pack maps, and which of the model's relations can be followed through it in batches.

use std::collections::BTreeMap;

use super::{Mapping, Pack};
use crate::model::{Field, KeyOrigin, Model, ObjectType};

/// What a pack maps of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityCoverage {
    /// The entity.
    pub entity: &'static str,
    /// Each field that a system could hold, in the order of the model.
    pub fields: Vec<(&'static str, State)>,
    /// By which fields it can be looked up, with the keys of one request.
    pub by: Vec<(&'static str, usize)>,
    /// The relations of the model that lead to it.
    pub relations: Vec<RelationCoverage>,
}

/// What a pack says about one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing: it is null, without an error.
    NotMapped,
    /// Read from the system.
    Mapped,
    /// Read from the system where an optional setting says where it stands.
    WithSetting,
    /// Always the same.
    Constant,
}

/// How one relation of the model is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationCoverage {
    /// On which type it stands.
    pub on: &'static str,
    /// Its name there.
    pub field: &'static str,
    /// By which field of the entity it is looked up.
    pub by: &'static str,
    /// How many keys one request carries; 0 where the pack has no such look-up.
    pub batch: usize,
    /// What belongs to a customer is found through this link where the number does not lead to it: the system tells the
    /// customer's id first, and is then asked by that.
    pub through: Option<&'static str>,
    /// Whether it is asked for many keys at once: it stands on what lists are made of.
    pub in_lists: bool,
}

impl EntityCoverage {
    /// How many fields are mapped, and of how many.
    pub fn count(&self) -> (usize, usize) {
        (self.fields.iter().filter(|(_, state)| *state != State::NotMapped).count(), self.fields.len())
    }
}

/// Fields that hold a system's own id of a customer.
const LINKS: [&str; 3] = ["accountId", "billingId", "supportId"];

/// What a pack maps, by the entities that it maps at all, in the order of the model.
pub fn of(pack: &Pack) -> Vec<EntityCoverage> {
    let least = with_required_settings_only(pack);
    let entities = Model::get().entities().filter(|entity| pack.entities.contains_key(entity.name));
    entities.map(|entity| of_entity(pack, least.as_ref(), entity)).collect()
}

fn of_entity(pack: &Pack, least: Option<&Pack>, entity: &'static ObjectType) -> EntityCoverage {
    let mapping = &pack.entities[entity.name];
    let always =
        least.map(|least| least.entities.get(entity.name).map(|entity| &entity.fields[..]).unwrap_or_default());
    let state = |field: &Field| {
        let of = |fields: &[(usize, &'static str, Mapping)]| {
            fields
                .iter()
                .find(|(_, name, _)| *name == field.name)
                .map(|(.., mapping)| matches!(mapping, Mapping::Constant(_)))
        };
        match (of(&mapping.fields), always.map(of)) {
            (None, _) => State::NotMapped,
            (Some(_), Some(None)) => State::WithSetting,
            (Some(true), _) => State::Constant,
            (Some(false), _) => State::Mapped,
        }
    };
    EntityCoverage {
        entity: entity.name,
        fields: stored(entity).map(|field| (field.name, state(field))).collect(),
        by: mapping.by.values().map(|look_up| (look_up.by, look_up.batch)).collect(),
        relations: relations_to(entity.name)
            .map(|(on, field, by, in_lists)| {
                let direct = mapping.by.get(by).map(|look_up| look_up.batch);
                let linked = || LINKS.into_iter().find_map(|link| Some((link, mapping.by.get(link)?.batch)));
                let through = if direct.is_none() && by == "customerNumber" { linked() } else { None };
                let batch = direct.or(through.map(|(_, batch)| batch)).unwrap_or_default();
                RelationCoverage { on, field, by, batch, through: through.map(|(link, _)| link), in_lists }
            })
            .collect(),
    }
}

/// The fields of an entity that a pack can map.
pub fn stored(entity: &'static ObjectType) -> impl Iterator<Item = &'static Field> {
    entity.fields.values().filter(|field| super::check::is_stored(entity, field))
}

/// Type, field, key and whether it stands on what lists are made of.
fn relations_to(entity: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str, bool)> {
    Model::get().objects.values().flat_map(move |object| {
        let own = object.fields.values().filter_map(move |field| {
            let relation = field.relation.as_ref().filter(|relation| relation.to == entity)?;
            let in_lists = matches!(relation.key, KeyOrigin::Field(_));
            Some((object.name, field.name, relation.by, in_lists))
        });
        own.collect::<Vec<_>>()
    })
}

/// The pack as it is for a tenant that gives no more than it must. `None` where that cannot be told.
fn with_required_settings_only(pack: &Pack) -> Option<Pack> {
    let required = pack.settings.iter().filter(|(_, setting)| setting.default.is_none() && !setting.optional);
    // A word that is a currency, a name and a company alike.
    let stand_in = |number: bool| if number { "1" } else { "EUR" }.to_owned();
    let given: BTreeMap<String, String> =
        required.map(|(name, setting)| (name.clone(), stand_in(setting.number))).collect();
    pack.bind(&given).ok()
}

/// The page of the documentation.
pub fn page(packs: &[&Pack]) -> String {
    format!(
        "# Coverage\n\nWhich fields of the model each shipped pack maps. Written by `portico pack coverage --output \
         docs/coverage.md`;\na test fails where it is out of date. `yes`: read from the system. `fixed`: always the same. \
         `by a setting`: where a\ntenant's optional setting says where it stands. Empty: null, without an error. The last row \
         says by which fields an\nentity is looked up, and how many keys one request carries.\n{}",
        table(packs)
    )
}

/// The table of all these packs: a row for each field, a column for each pack, as Markdown.
pub fn table(packs: &[&Pack]) -> String {
    let mut text = String::new();
    let all: Vec<(&Pack, Vec<EntityCoverage>)> = packs.iter().map(|pack| (*pack, of(pack))).collect();
    for entity in Model::get().entities() {
        let mapping: Vec<(&Pack, &EntityCoverage)> = all
            .iter()
            .filter_map(|(pack, covered)| Some((*pack, covered.iter().find(|one| one.entity == entity.name)?)))
            .collect();
        text += &format!("\n## {}\n\n", entity.name);
        if mapping.is_empty() {
            text += "No pack maps it.\n";
            continue;
        }
        let names: Vec<&str> = mapping.iter().map(|(pack, _)| pack.name.as_str()).collect();
        text += &format!("| field | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
        for field in stored(entity) {
            let state = |covered: &EntityCoverage| {
                covered.fields.iter().find(|(name, _)| *name == field.name).map(|(_, state)| *state)
            };
            let cells = mapping.iter().map(|(_, covered)| state(covered).map_or("", State::sign));
            text += &format!("| `{}` | {} |\n", field.name, cells.collect::<Vec<_>>().join(" | "));
        }
        let look_ups = mapping.iter().map(|(_, covered)| {
            covered.by.iter().map(|(by, batch)| format!("{by} {batch}")).collect::<Vec<_>>().join(", ")
        });
        text += &format!("| looked up by | {} |\n", look_ups.collect::<Vec<_>>().join(" | "));
    }
    text
}

impl State {
    /// In a table.
    pub fn sign(self) -> &'static str {
        match self {
            State::NotMapped => "",
            State::Mapped => "yes",
            State::WithSetting => "by a setting",
            State::Constant => "fixed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pack_maps_is_told_field_by_field() {
        let hubspot = Pack::built_in("hubspot").expect("a shipped pack");
        let accounts = of(&hubspot).into_iter().find(|one| one.entity == "Account").expect("it maps accounts");
        let state = |name: &str| accounts.fields.iter().find(|(field, _)| *field == name).map(|(_, state)| *state);
        assert_eq!(state("name"), Some(State::Mapped));
        assert_eq!(state("segment"), Some(State::WithSetting));
        assert_eq!(state("parent"), None, "it is looked up, not mapped");
        let d365 = Pack::built_in("dynamics365").expect("a shipped pack");
        let covered = of(&d365);
        let of = |entity: &str| covered.iter().find(|one| one.entity == entity).expect("mapped");
        assert!(of("Shipment").fields.contains(&("status", State::Constant)));
        assert!(of("Receivables").fields.contains(&("openBalance", State::NotMapped)));
        let lines = of("OrderLine");
        assert_eq!(lines.by, [("orderNumber", 40)]);
        let relation = lines.relations.iter().find(|relation| relation.on == "Order").expect("orders have lines");
        assert_eq!(
            (relation.field, relation.by, relation.batch, relation.in_lists),
            ("lines", "orderNumber", 40, true)
        );
    }
}
