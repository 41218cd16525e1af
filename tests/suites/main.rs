//! Portico as its users meet it: one file for each behaviour, through real sockets.

mod attacks;
mod audit;
mod batching;
mod clients;
mod command_line;
mod credit;
mod drift;
mod estates;
mod faults;
mod foreign;
mod graphql_http;
mod hostile;
mod limits;
mod localstripe;
mod lookups;
mod ninth;
mod observing;
mod partner;
mod protocols;
mod proxied;
mod refusals;
mod sales;
mod tenants;
mod traps;
mod tryton;
