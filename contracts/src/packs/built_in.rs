//! The packs that Portico ships, checked once when one is first asked for.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;

use super::Pack;

pub(super) const FILES: [(&str, &str); 9] = [
    ("chargebee", include_str!("../../systems/chargebee/pack.yaml")),
    ("dynamics365", include_str!("../../systems/dynamics365/pack.yaml")),
    ("hubspot", include_str!("../../systems/hubspot/pack.yaml")),
    ("netsuite", include_str!("../../systems/netsuite/pack.yaml")),
    ("salesforce", include_str!("../../systems/salesforce/pack.yaml")),
    ("servicenow", include_str!("../../systems/servicenow/pack.yaml")),
    ("stripe", include_str!("../../systems/stripe/pack.yaml")),
    ("tryton", include_str!("../../systems/tryton/pack.yaml")),
    ("zendesk", include_str!("../../systems/zendesk/pack.yaml")),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(name, _)| name)
}

pub(super) fn pack(name: &str) -> Option<Arc<Pack>> {
    static PACKS: LazyLock<IndexMap<&'static str, Arc<Pack>>> = LazyLock::new(|| {
        let read = |(name, yaml)| Pack::parse(name, yaml).ok().map(|pack| (name, Arc::new(pack)));
        FILES.into_iter().filter_map(read).collect()
    });
    PACKS.get(name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_that_is_shipped_is_sound() {
        for (name, yaml) in FILES {
            if let Err(mistakes) = Pack::parse(name, yaml) {
                let lines: Vec<String> =
                    mistakes.iter().map(|m| format!("{name}:{} {} {}", m.line, m.at, m.says)).collect();
                panic!("{}", lines.join("\n"));
            }
        }
    }
}
