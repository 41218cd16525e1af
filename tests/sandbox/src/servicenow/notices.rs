//! What the instance's own business rules send after a row was saved. Nothing signs them.

use serde_json::{Value, json};

use super::tables::readable;
use crate::notices::{Notice, Pen};
use crate::tenant::Role;
use crate::world::World;

pub(super) fn notice(world: &World, entity: &str, key: &str, pen: &Pen<'_>) -> Option<Notice> {
    let (table, row, mut body) = match entity {
        "case" => {
            let case = world.cases.get(key)?;
            let body = json!({
                "number": format!("CS{:0>7}", case.number),
                "account": account(world, &case.customer),
                "account_number": case.customer,
                "order_number": case.order,
            });
            ("sn_customerservice_case", world.cases.position(key)?, body)
        }
        "asset" => {
            let asset = world.assets.get(key)?;
            let body = json!({ "serial_number": asset.serial, "account_number": asset.customer });
            ("alm_asset", world.assets.position(key)?, body)
        }
        "contract" => {
            let contract = world.contracts.get(key)?;
            let body = json!({ "number": contract.number, "account_number": contract.customer });
            ("ast_contract", world.contracts.position(key)?, body)
        }
        "customer" => {
            let customer = world.customers.get(key).filter(|customer| customer.is_known_to(Role::Support))?;
            let body = json!({ "account_number": customer.number });
            ("customer_account", world.customers.position(key)?, body)
        }
        _ => return None,
    };
    body["id"] = Value::from(pen.id());
    body["table"] = Value::from(table);
    body["operation"] = Value::from("update");
    body["sys_id"] = Value::from(readable(table).ok()?.sys_id(world, row));
    Some(Notice::json(&body).with("x-notice-secret", pen.secret))
}

fn account(world: &World, customer: &str) -> Option<String> {
    let row = world.customers.position(customer)?;
    readable("customer_account").ok().map(|table| table.sys_id(world, row))
}
