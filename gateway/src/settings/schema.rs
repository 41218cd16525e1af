//! The JSON Schema of what operators write, for editors.

use schemars::{Schema, schema_for};

use super::written::{ApiFile, GatewayFile, TenantFile};

/// A kind of configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// `portico.yaml`
    Gateway,
    /// `tenants/<id>.yaml`
    Tenant,
    /// `apis/<name>/<version>/api.yaml`
    Api,
}

/// The schema of a kind of file.
pub fn schema(document: Document) -> Schema {
    match document {
        Document::Gateway => schema_for!(GatewayFile),
        Document::Tenant => schema_for!(TenantFile),
        Document::Api => schema_for!(ApiFile),
    }
}
