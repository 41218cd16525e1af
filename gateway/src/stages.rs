//! A request's stages, one file each, in the order in which `proxy.rs` calls them.

pub(crate) mod connection;

// Blank lines, because rustfmt would sort the list.
pub(crate) mod admit;

pub(crate) mod identify;

pub(crate) mod shed;

pub(crate) mod route;

pub(crate) mod authenticate;

pub(crate) mod hear;

pub(crate) mod version;

pub(crate) mod authorize;

pub(crate) mod throttle;

pub(crate) mod prepare;

pub(crate) mod dispatch;

pub(crate) mod forward;

pub(crate) mod finish;
