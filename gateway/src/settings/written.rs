//! The configuration as an operator writes it. Dumb on purpose: words and units, no meaning; every field has a line
//! that says what it is for, which is also what editors show (`portico schema`).

mod api;
mod exchange;
mod gateway;
mod shared;
mod tenant;

pub(crate) use api::{ApiFile, RouteSection, StateWord};
pub(crate) use exchange::ExchangeSection;
pub(crate) use gateway::{
    AllowanceSection, AuditSection, AwayWord, DemandWord, FreshnessSection, GatewayFile, GraphqlSection,
    HttpProfileWord, IntrospectionAuthWord, IntrospectionSection, IssuerSection, LimitsSection, LogFormatWord,
    LogSection, NetworkWord, PlanSection, StoreSection, TiersSection,
};
pub(crate) use shared::{KeysSection, OwnersWord};
pub(crate) use tenant::{
    AssertionSection, CertificateSection, ClientAuthWord, ConsumerSection, CredentialsSection, CreditSection,
    EntitlementSection, KeySection, NoticesSection, OauthSection, RulesSection, SigningWord, SupportLevelWord,
    SystemLimitsSection, SystemSection, TenantFile, WarrantySection, WarrantyStartWord,
};

use std::collections::BTreeMap;

use super::read::At;

/// Named parts, with their places.
pub(crate) type Named<T> = BTreeMap<String, At<T>>;

/// The words of enums that the contracts own, for the JSON Schema.
mod words {
    use portico_contracts::tenancy::{Role, Tier};
    use schemars::{Schema, SchemaGenerator, json_schema};

    pub(super) fn role(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Role::ALL.map(Role::as_str) })
    }

    pub(super) fn tier(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [Tier::Critical.as_str(), Tier::Standard.as_str(), Tier::BestEffort.as_str()] })
    }
}
