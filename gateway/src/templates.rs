//! Configurations that Portico brings along: the one that `portico init` writes and the one that `portico demo` runs.

/// A file: its name in the configuration's folder, and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($folder:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../templates/", $folder, "/", $name)))),*]
    };
}

/// A small, commented configuration to start from.
pub const INIT: &[File] = files! { "init":
    "README.md"
    "apis/orders/v1/api.yaml"
    "apis/orders/v1/order.graphql"
    "portico.yaml"
    "tenants/example.yaml"
};

/// The gateway of the demo estate. Its addresses and secrets are references that the demo resolves from memory.
pub const DEMO: &[File] = files! { "demo":
    "apis/credit/v1/api.yaml"
    "apis/credit/v1/check.graphql"
    "apis/erp/v1/api.yaml"
    "apis/partner/v0/api.yaml"
    "apis/partner/v1/api.yaml"
    "apis/partner/v1/order.graphql"
    "apis/partner/v1/warranty.graphql"
    "apis/partner/v2/api.yaml"
    "apis/partner/v2/order.graphql"
    "apis/partner/v2/orders.graphql"
    "apis/partner/v2/product.graphql"
    "apis/partner/v2/warranty.graphql"
    "apis/partner/v3/api.yaml"
    "apis/partner/v3/order.graphql"
    "apis/partner/v3/orders.graphql"
    "apis/partner/v3/product.graphql"
    "apis/partner/v3/warranty.graphql"
    "apis/sales/v1/api.yaml"
    "apis/sales/v1/order-check.graphql"
    "apis/support/v1/api.yaml"
    "apis/support/v1/customer.graphql"
    "apis/support/v1/entitlement.graphql"
    "portico.yaml"
    "tenants/acme.yaml"
    "tenants/globex.yaml"
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::settings::{FormOnly, Settings};

    fn on_disk(folder: &Path, below: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                on_disk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_file_of_a_template_is_brought_along() {
        for (folder, files) in [("init", INIT), ("demo", DEMO)] {
            let mut found = Vec::new();
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(folder);
            on_disk(&root, "", &mut found);
            found.sort();
            assert_eq!(found, files.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{folder}");
        }
    }

    #[test]
    fn what_init_writes_is_in_order() {
        let settings = Settings::check_files(INIT, &FormOnly).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        assert!(settings.warnings.is_empty(), "{:#?}", settings.warnings);
    }

    /// What the demo must know; its own code is held against the same names.
    fn demo_secrets() -> BTreeMap<String, String> {
        let mut secrets: BTreeMap<String, String> = [
            ("PORTICO_LISTEN", "127.0.0.1:0"),
            ("PORTICO_ADMIN_LISTEN", "127.0.0.1:0"),
            ("PORTICO_ADMIN_TOKEN", "secret"),
            ("PORTICO_ISSUER_URL", "http://127.0.0.1:1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let key = rcgen::KeyPair::generate().unwrap();
        for (number, tenant) in ["ACME", "GLOBEX"].into_iter().enumerate() {
            for system in ["ERP", "CRM", "BILLING", "SUPPORT"] {
                secrets.insert(format!("{tenant}_{system}_URL"), "http://127.0.0.1:2".to_owned());
                for what in ["CLIENT_ID", "CLIENT_SECRET", "API_KEY", "SCOPE", "CERTIFICATE_ID"] {
                    secrets.insert(format!("{tenant}_{system}_{what}"), "secret".to_owned());
                }
                secrets.insert(format!("{tenant}_{system}_PRIVATE_KEY"), key.serialize_pem());
            }
            secrets.insert(format!("{tenant}_ERP_TOKEN_URL"), "http://127.0.0.1:2/token".to_owned());
            for (consumer, digit) in [("ONE", "a"), ("TWO", "b")] {
                let hash = format!("sha256:{number}{}", digit.repeat(63));
                secrets.insert(format!("{tenant}_PARTNER_{consumer}_KEY_HASH"), hash);
            }
        }
        secrets
    }

    #[test]
    fn the_demo_is_in_order() {
        let settings = Settings::check_files(DEMO, &demo_secrets()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        assert!(settings.warnings.is_empty(), "{:#?}", settings.warnings);
        let places: Vec<String> = settings
            .apis
            .values()
            .flat_map(|api| api.versions.values())
            .flat_map(|version| {
                let operations = version.operations.iter().map(|one| format!("{} {}", one.method, one.path));
                let routes = version.routes.iter().map(|one| format!("{} {}", one.methods[0], one.path));
                let state = format!("{} {}", version.base_path(), version.lifecycle.as_str());
                std::iter::once(state)
                    .chain(operations.chain(routes).map(|place| format!("  {place}")))
                    .collect::<Vec<_>>()
            })
            .collect();
        insta::assert_snapshot!(places.join("\n"), @"
        /credit/v1 active
          POST /checks
        /erp/v1 active
          GET /**
          GET /services/rest/**
        /partner/v0 retired
        /partner/v1 deprecated
          GET /orders/{orderNo}
          GET /warranties/{serialNo}
        /partner/v2 active
          GET /orders/{number}
          GET /orders
          GET /products/{sku}
          GET /warranties/{serialNumber}
        /partner/v3 preview
          GET /orders/{number}
          GET /orders
          GET /products/{sku}
          GET /warranties/{serialNumber}
        /sales/v1 active
          POST /order-checks
        /support/v1 active
          GET /customers/{number}
          GET /entitlements
        ");
    }
}
