//! Every read: one record, many records, lists and searches, with what was asked to come along.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::errors::Refusal;
use super::pages::{Wish, wish};
use super::search::{Found, search};
use super::shapes::{
    User, agent, moment, organization, organizations, people, requester, shape_organization, shape_ticket, shape_user,
    ticket, ticket_id, user, users,
};
use crate::tenant::Role;
use crate::vendor::Call;
use crate::world::{Case, Customer, World};

/// The vendor's cap on values in one parameter.
const MOST_VALUES: usize = 100;
/// How many results of a search can be reached.
const MOST_RESULTS: usize = 1_000;

/// A read in one tenant's world.
pub(crate) struct Reads<'c, 'w> {
    /// What was asked.
    pub(crate) call: &'c Call,
    /// Of whom.
    pub(crate) world: &'w World,
}

impl<'w> Reads<'_, 'w> {
    /// `GET /organizations/{id}`.
    pub(crate) fn organization(&self, id: &str) -> Result<Value, Refusal> {
        let found = self.found(organization, id, "organizations")?;
        Ok(json!({ "organization": self.shape_organization(found) }))
    }

    /// `GET /users/{id}`.
    pub(crate) fn user(&self, id: &str) -> Result<Value, Refusal> {
        let found = if id == "me" { agent(self.world) } else { self.found(user, id, "users")? };
        let mut body = json!({ "user": self.shape_user(&found) });
        self.bring_along(&mut body, &[Found::User(found)]);
        Ok(body)
    }

    /// `GET /tickets/{id}`.
    pub(crate) fn ticket(&self, id: &str) -> Result<Value, Refusal> {
        let found = self.found(ticket, id, "tickets")?;
        let mut body = json!({ "ticket": self.shape_ticket(found) });
        self.bring_along(&mut body, &[Found::Ticket(found)]);
        Ok(body)
    }

    /// `GET /tickets/{id}/comments`: the first message only.
    pub(crate) fn comments(&self, id: &str) -> Result<Value, Refusal> {
        let found = self.found(ticket, id, "tickets")?;
        let comment = json!({
            "id": ticket_id(found) * 10,
            "type": "Comment",
            "author_id": requester(self.world, found).id(),
            "body": found.description,
            "plain_body": found.description,
            "public": true,
            "attachments": [],
            "created_at": moment(found.created),
        });
        Ok(json!({ "comments": [comment], "next_page": null, "previous_page": null, "count": 1 }))
    }

    /// `GET /organizations`.
    pub(crate) fn organizations(&self) -> Result<Value, Refusal> {
        self.listed("organizations", &organizations(self.world).map(Found::Organization).collect::<Vec<_>>())
    }

    /// `GET /organizations/{id}/users`, and `GET /users` without an id; of one role where that is asked.
    pub(crate) fn users(&self, organization_id: Option<&str>) -> Result<Value, Refusal> {
        let found: Vec<Found<'w>> = match organization_id {
            None => users(self.world).map(Found::User).collect(),
            Some(id) => {
                let owner = self.found(organization, id, "organizations")?;
                people(self.world, owner).map(Found::User).collect()
            }
        };
        let role = self.call.param("role");
        let wanted = |found: &Found<'w>| match found {
            Found::User(user) => role.is_none_or(|role| user.role() == role),
            _ => false,
        };
        self.listed("users", &found.into_iter().filter(wanted).collect::<Vec<_>>())
    }

    /// `GET /organizations/{id}/tickets`.
    pub(crate) fn tickets_of_organization(&self, id: &str) -> Result<Value, Refusal> {
        let owner = self.found(organization, id, "organizations")?;
        self.tickets_where(|case| case.customer == owner.number)
    }

    /// `GET /users/{id}/tickets/requested`.
    pub(crate) fn tickets_of_user(&self, id: &str) -> Result<Value, Refusal> {
        let asked = self.found(user, id, "users")?.id();
        self.tickets_where(|case| requester(self.world, case).id() == asked)
    }

    /// `GET /tickets`, all or those with an external id.
    pub(crate) fn tickets(&self) -> Result<Value, Refusal> {
        match self.call.param("external_id") {
            Some(wanted) => self.tickets_where(|case| case.order.as_deref() == Some(wanted)),
            None => self.tickets_where(|_| true),
        }
    }

    /// `GET /tickets/count`.
    pub(crate) fn ticket_count(&self) -> Value {
        json!({ "count": { "value": self.world.cases.len(), "refreshed_at": moment(self.call.now) } })
    }

    fn tickets_where(&self, wanted: impl Fn(&Case) -> bool) -> Result<Value, Refusal> {
        let mut found: Vec<&Case> = self.world.cases.iter().filter(|case| wanted(case)).collect();
        found.sort_by_key(|case| ticket_id(case));
        self.listed("tickets", &found.into_iter().map(Found::Ticket).collect::<Vec<_>>())
    }

    /// `GET /organizations/search`: by the exact external id or name, and not by both.
    pub(crate) fn find_organizations(&self) -> Result<Value, Refusal> {
        let same = |one: &str, two: &str| one.to_lowercase() == two.to_lowercase();
        let wanted: Box<dyn Fn(&Customer) -> bool> = match (self.call.param("external_id"), self.call.param("name")) {
            (Some(id), None) => Box::new(move |customer| same(&customer.number, id)),
            (None, Some(name)) => Box::new(move |customer| same(customer.name_in(Role::Support), name)),
            (Some(_), Some(_)) => return Err(Refusal::invalid("Specify either external_id or name, not both")),
            (None, None) => return Err(Refusal::invalid("Specify external_id or name")),
        };
        let found = organizations(self.world).filter(|customer| wanted(customer));
        self.listed("organizations", &found.map(Found::Organization).collect::<Vec<_>>())
    }

    /// `GET /users/search`: by external id, which no user has here, or by words.
    pub(crate) fn find_users(&self) -> Result<Value, Refusal> {
        let found: Vec<Found<'w>> = match (self.call.param("external_id"), self.call.param("query")) {
            (Some(_), _) => Vec::new(),
            (None, Some(query)) => search(self.world, &format!("type:user {query}"), None, None),
            (None, None) => return Err(Refusal::invalid("Specify query or external_id")),
        };
        let only_users: Vec<Found<'w>> = found.into_iter().filter(|found| matches!(found, Found::User(_))).collect();
        self.listed("users", &only_users)
    }

    /// `GET /organizations/show_many`: sorted by name, whatever order was asked.
    pub(crate) fn many_organizations(&self) -> Result<Value, Refusal> {
        let mut found: Vec<&Customer> = match self.call.param("external_ids") {
            Some(_) => {
                let wanted: Vec<String> = self.values("external_ids")?.iter().map(|id| id.to_lowercase()).collect();
                organizations(self.world).filter(|c| wanted.contains(&c.number.to_lowercase())).collect()
            }
            None => self.ids()?.into_iter().filter_map(|id| organization(self.world, id)).collect(),
        };
        found.sort_by(|one, two| one.name_in(Role::Support).cmp(two.name_in(Role::Support)));
        Ok(self.many("organizations", &found.into_iter().map(Found::Organization).collect::<Vec<_>>()))
    }

    /// `GET /users/show_many`: sorted by name.
    pub(crate) fn many_users(&self) -> Result<Value, Refusal> {
        let mut found: Vec<User<'w>> = match self.call.param("external_ids") {
            Some(_) => self.values("external_ids").map(|_| Vec::new())?,
            None => self.ids()?.into_iter().filter_map(|id| user(self.world, id)).collect(),
        };
        found.sort_by_key(User::name);
        Ok(self.many("users", &found.into_iter().map(Found::User).collect::<Vec<_>>()))
    }

    /// `GET /tickets/show_many`: by ids only.
    pub(crate) fn many_tickets(&self) -> Result<Value, Refusal> {
        let found: Vec<Found<'w>> =
            self.ids()?.into_iter().filter_map(|id| ticket(self.world, id)).map(Found::Ticket).collect();
        Ok(self.many("tickets", &found))
    }

    /// `GET /search`.
    pub(crate) fn search(&self) -> Result<Value, Refusal> {
        let query = self.call.param("query").unwrap_or_default().trim();
        if query.is_empty() {
            return Err(Refusal::search("Query parameter is required"));
        }
        let wish = wish(self.call)?;
        if matches!(wish, Wish::Number(page, size) if page > 1 && (page - 1) * size >= MOST_RESULTS) {
            return Err(Refusal::search("Requested response size was greater than Search Response Limits"));
        }
        let sort = (self.call.param("sort_by"), self.call.param("sort_order"));
        let found = search(self.world, query, sort.0, sort.1);
        let reachable = found.get(..found.len().min(MOST_RESULTS)).unwrap_or_default();
        let page = wish.of(reachable);
        let mut body = Map::new();
        body.insert("results".to_owned(), page.iter().map(|found| self.result(found)).collect());
        body.insert("facets".to_owned(), Value::Null);
        body.extend(wish.surroundings(self.call, reachable.len()));
        if body.contains_key("count") {
            body.insert("count".to_owned(), Value::from(found.len()));
        }
        let mut body = Value::Object(body);
        self.bring_along(&mut body, page);
        Ok(body)
    }

    fn result(&self, found: &Found<'_>) -> Value {
        let kind = match found {
            Found::Ticket(_) => "ticket",
            Found::User(_) => "user",
            Found::Organization(_) => "organization",
        };
        let mut body = self.shape(found);
        body["result_type"] = Value::from(kind);
        body
    }

    /// A page of a list.
    fn listed(&self, name: &str, found: &[Found<'w>]) -> Result<Value, Refusal> {
        let wish = wish(self.call)?;
        let page = wish.of(found);
        let mut body = Map::new();
        body.insert(name.to_owned(), page.iter().map(|found| self.shape(found)).collect());
        body.extend(wish.surroundings(self.call, found.len()));
        let mut body = Value::Object(body);
        self.bring_along(&mut body, page);
        Ok(body)
    }

    /// A list that is never paged.
    fn many(&self, name: &str, found: &[Found<'w>]) -> Value {
        let shown: Vec<Value> = found.iter().map(|found| self.shape(found)).collect();
        let mut body = json!({ name: shown, "next_page": null, "previous_page": null, "count": found.len() });
        self.bring_along(&mut body, found);
        body
    }

    /// Adds what `include` names: beside the list, everything once.
    fn bring_along(&self, body: &mut Value, shown: &[Found<'_>]) {
        let include = self.call.param("include").unwrap_or_default();
        // A search names them in brackets: `tickets(users,organizations)`.
        let wants = |name: &str| include.split([',', '(', ')']).any(|wanted| wanted.trim() == name);
        let tickets =
            || shown.iter().filter_map(|found| if let Found::Ticket(case) = found { Some(*case) } else { None });
        if wants("users") && !matches!(shown.first(), Some(Found::User(_))) {
            let involved = tickets().flat_map(|case| [requester(self.world, case), agent(self.world)]);
            let once: BTreeMap<i64, Value> = involved.map(|user| (user.id(), self.shape_user(&user))).collect();
            body["users"] = once.into_values().collect();
        }
        if wants("organizations") {
            let of_tickets = tickets().filter_map(|case| self.world.customers.get(&case.customer));
            let of_users =
                shown.iter().filter_map(|found| if let Found::User(user) = found { user.customer() } else { None });
            let once: BTreeMap<&str, Value> =
                of_tickets.chain(of_users).map(|c| (c.number.as_str(), self.shape_organization(c))).collect();
            body["organizations"] = once.into_values().collect();
        }
    }

    fn shape(&self, found: &Found<'_>) -> Value {
        match found {
            Found::Ticket(case) => self.shape_ticket(case),
            Found::User(user) => self.shape_user(user),
            Found::Organization(customer) => self.shape_organization(customer),
        }
    }

    fn shape_ticket(&self, case: &Case) -> Value {
        shape_ticket(self.world, case, &self.call.base_url)
    }

    fn shape_user(&self, user: &User<'_>) -> Value {
        shape_user(self.world, user, &self.call.base_url)
    }

    fn shape_organization(&self, customer: &Customer) -> Value {
        shape_organization(self.world, customer, &self.call.base_url)
    }

    fn found<T>(&self, find: impl Fn(&'w World, i64) -> Option<T>, id: &str, resource: &str) -> Result<T, Refusal> {
        let id = id.parse().map_err(|_| Refusal::no_id(resource))?;
        find(self.world, id).ok_or_else(Refusal::not_found)
    }

    fn ids(&self) -> Result<Vec<i64>, Refusal> {
        let parsed = self.values("ids")?.iter().map(|id| id.parse()).collect::<Result<Vec<i64>, _>>();
        let mut ids =
            parsed.map_err(|_| Refusal::invalid("Parameter ids must be a comma-separated list of integers"))?;
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The values of a parameter that lists several.
    fn values(&self, name: &str) -> Result<Vec<&str>, Refusal> {
        let text = self.call.param(name).unwrap_or_default();
        let values: Vec<&str> = text.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
        match values.len() {
            0 => Err(Refusal::invalid(&format!("Parameter {name} is missing"))),
            count if count > MOST_VALUES => Err(Refusal::too_many(name, MOST_VALUES)),
            _ => Ok(values),
        }
    }
}
