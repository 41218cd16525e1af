//! Portico as its users meet it: one file for each behaviour, through real sockets.

mod attacks;
mod audit;
mod batching;
mod command_line;
mod credit;
mod estates;
mod faults;
mod graphql_http;
mod limits;
mod links;
mod lookups;
mod observing;
mod partner;
mod protocols;
mod proxied;
mod refusals;
mod sales;
mod several_systems;
mod tenants;
mod token_exchange;
mod traps;
mod tryton;
