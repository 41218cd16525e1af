//! Portico as its users meet it: one file for each behaviour, through real sockets.

mod attacks;
mod batching;
mod credit;
mod lookups;
mod partner;
mod tryton;
