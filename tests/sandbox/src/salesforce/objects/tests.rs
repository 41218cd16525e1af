use chrono::NaiveDate;

use super::*;
use crate::world::World;

fn world() -> World {
    World::generate(Tenant::Acme, NaiveDate::from_ymd_opt(2026, 11, 2).unwrap())
}

#[test]
fn every_value_has_the_type_its_field_announces() {
    let world = world();
    for object in OBJECTS {
        for record in (object.records)(&world).into_iter().take(200) {
            for field in object.fields {
                let fits = match (field.value)(&world, record) {
                    Cell::Null => true,
                    Cell::Id(_) => field.kind == Kind::Id,
                    Cell::Text(text) => field.kind == Kind::Text && !text.is_empty(),
                    Cell::Bool(_) => field.kind == Kind::Bool,
                    Cell::Number(_) => field.kind == Kind::Number,
                    Cell::Date(_) => field.kind == Kind::Date,
                    Cell::Moment(_) => field.kind == Kind::Moment,
                    Cell::Address(_) => field.kind == Kind::Address,
                };
                assert!(fits, "{}.{} of {record}", object.name, field.name);
            }
        }
    }
}

#[test]
fn relations_lead_to_records_that_exist_and_their_id_fields_agree() {
    let world = world();
    for object in OBJECTS {
        for record in (object.records)(&world).into_iter().take(200) {
            for parent in object.parents {
                let Some(found) = (parent.record)(&world, record) else { continue };
                let target = super::object(parent.object).unwrap();
                assert!((target.records)(&world).binary_search(&found).is_ok(), "{}.{}", object.name, parent.name);
                let id = object.field(&format!("{}Id", parent.name)).unwrap();
                assert_eq!((id.value)(&world, record), Cell::Id(target.id(&world, found)));
            }
            for children in object.children {
                let target = super::object(children.object).unwrap();
                let back = target.parent(object.name).unwrap();
                for child in (children.records)(&world, record) {
                    assert_eq!((back.record)(&world, child), Some(record), "{}.{}", object.name, children.name);
                }
            }
        }
    }
}

#[test]
fn records_are_counted_upwards_and_found_by_their_ids() {
    let world = world();
    for object in OBJECTS {
        let records = (object.records)(&world);
        assert!(records.is_sorted() && !records.is_empty(), "{}", object.name);
        for record in records.into_iter().take(50) {
            assert_eq!(object.record(&world, &object.id(&world, record)), Some(record));
        }
        assert_eq!(object.record(&world, &object.id(&world, 99_999_999)), None);
    }
}
