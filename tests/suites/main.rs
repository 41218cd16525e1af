//! Portico as its users meet it: one file for each behaviour, through real sockets.

mod lookups;
