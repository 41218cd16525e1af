//! One query in, many upstream calls, one answer out: guard, plan, gather, answer.

pub mod answer;
pub mod answers;
pub mod ask;
pub mod connect;
pub mod endure;
pub mod engine;
pub mod estate;
pub mod fresh;
mod gather;
pub mod guard;
mod newest;
pub mod news;
pub mod openapi;
pub mod operations;
pub mod plan;
pub mod schema;
