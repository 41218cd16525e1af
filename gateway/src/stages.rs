//! A request's stages, one file each, in the order in which `proxy.rs` calls them.

pub(crate) mod connection;

pub(crate) mod admit;
pub(crate) mod identify;
pub(crate) mod shed;
pub(crate) mod route;
pub(crate) mod authenticate;
pub(crate) mod version;
pub(crate) mod authorize;
pub(crate) mod throttle;
pub(crate) mod prepare;
pub(crate) mod dispatch;
pub(crate) mod finish;

pub(crate) mod forward;
