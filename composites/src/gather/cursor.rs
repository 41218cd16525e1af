//! A position in a list that several systems bring together: where each of them stands.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico_contracts::tenancy::SystemId;

/// The position after a row: for each system that has shown something, behind which of its rows to go on.
pub(crate) fn of_all<'s>(positions: impl Iterator<Item = (&'s SystemId, &'s Arc<str>)>) -> Arc<str> {
    let parts: Vec<String> = positions.map(|(system, position)| format!("{system} {position}")).collect();
    URL_SAFE_NO_PAD.encode(parts.join("\n")).into()
}

/// Where one system stands; at its beginning, where the position does not name it or is none of ours.
pub(crate) fn of_system(position: &str, system: &SystemId) -> Option<Arc<str>> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(position).ok()?).ok()?;
    let own = text.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == system.as_str())?;
    Some(Arc::from(own.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_finds_its_place_again() {
        let [a, b, c] = ["a-erp", "b-erp", "c-erp"].map(|name| SystemId::parse(name).expect("a name"));
        let (one, two): (Arc<str>, Arc<str>) = ("MS5PLTE".into(), "Mi5PLTI".into());
        let position = of_all([(&a, &one), (&b, &two)].into_iter());
        assert_eq!(
            (of_system(&position, &a), of_system(&position, &b), of_system(&position, &c)),
            (Some(one), Some(two), None)
        );
        for foreign in ["", "MS5PLTE", "!", "////"] {
            assert_eq!(of_system(foreign, &a), None, "{foreign}");
        }
    }
}
