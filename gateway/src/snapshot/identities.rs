//! From settings to what the policies decide by: issuers, applications, keys, limits.

use std::collections::HashMap;

use portico_policies::authenticate::api_key::KeyRecord;
use portico_policies::authenticate::{CertificateRecord, Issuer};
use portico_policies::throttle::Limits;
use portico_policies::{Consumer, ConsumerKey, Consumers};

use crate::settings::{Settings, Tenant};

/// How many addresses are told apart.
const ADDRESSES: usize = 100_000;

/// The issuers.
pub(super) fn issuers(settings: &Settings) -> Vec<Issuer> {
    settings.issuers.clone()
}

/// The applications of every tenant.
pub(super) fn consumers(settings: &Settings) -> Consumers {
    let of_tenant = |tenant: &Tenant| {
        let tenant_id = tenant.id.clone();
        let all = tenant.consumers.values().map(move |consumer| {
            let key = ConsumerKey { tenant: tenant_id.clone(), consumer: consumer.id.clone() };
            let known = Consumer {
                plan: consumer.plan.name.as_str().into(),
                tier: consumer.tier,
                scopes: consumer.scopes.clone(),
                customers: consumer.customers.clone(),
                documents: consumer.documents.clone(),
            };
            (key, known)
        });
        all.collect::<Vec<_>>()
    };
    settings.tenants.values().flat_map(|tenant| of_tenant(tenant)).collect()
}

/// The API keys of every application.
pub(super) fn keys(settings: &Settings) -> Vec<KeyRecord> {
    let mut keys = Vec::new();
    for tenant in settings.tenants.values() {
        for consumer in tenant.consumers.values() {
            for key in &consumer.keys {
                keys.push(KeyRecord {
                    hash: key.hash,
                    name: key.name.clone(),
                    owner: ConsumerKey { tenant: tenant.id.clone(), consumer: consumer.id.clone() },
                    scopes: None,
                    expires: key.expires.map(|date| u64::try_from(date.timestamp()).unwrap_or(0)),
                });
            }
        }
    }
    keys
}

/// The client certificates of every application.
pub(super) fn certificates(settings: &Settings) -> Vec<CertificateRecord> {
    let of_tenant = |tenant: &Tenant| {
        let records = tenant.consumers.values().flat_map(|consumer| {
            let owner = ConsumerKey { tenant: tenant.id.clone(), consumer: consumer.id.clone() };
            consumer.certificates.iter().map(move |certificate| CertificateRecord {
                owner: owner.clone(),
                name: certificate.name.clone(),
                mark: certificate.mark.clone(),
            })
        });
        records.collect::<Vec<_>>()
    };
    settings.tenants.values().flat_map(|tenant| of_tenant(tenant)).collect()
}

/// The limits of plans, tenants and addresses.
pub(super) fn limits(settings: &Settings) -> Limits {
    let plans = settings.plans.values().map(|plan| (plan.name.as_str().into(), plan.throttle));
    let tenants = settings.tenants.values().map(|tenant| (tenant.id.clone(), tenant.limits));
    Limits {
        plans: plans.collect::<HashMap<_, _>>(),
        tenants: tenants.collect::<HashMap<_, _>>(),
        places: settings
            .apis
            .values()
            .flat_map(|api| api.versions.values())
            .flat_map(|version| version.limits().cloned())
            .collect(),
        address: settings.limits.per_address,
        addresses: ADDRESSES,
    }
}
