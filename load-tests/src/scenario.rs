//! What is asked, by whom, over how many connections: one YAML file a scenario, so that a new one is no code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A traffic shape.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The file's name.
    #[serde(skip)]
    pub(crate) name: String,
    /// What it shows.
    pub(crate) about: String,
    /// What stands behind the gateway.
    pub(crate) upstream: Upstream,
    /// Whose tokens are shown.
    pub(crate) consumer: String,
    /// How many different tokens.
    pub(crate) callers: usize,
    /// How many requests are under way at once.
    pub(crate) connections: usize,
    /// What is asked. `{key}` stands for the key whose turn it is.
    pub(crate) request: Shape,
    /// The keys that take turns.
    pub(crate) keys: Option<Keys>,
    /// What a right answer looks like.
    pub(crate) expect: Expect,
}

/// What stands behind the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Upstream {
    /// A fixed answer from inside the load generator: as little work as an upstream can make.
    Plain,
    /// The simulated systems.
    Sandbox,
}

/// A request with a hole for the key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) graphql: Option<Graphql>,
}

/// A GraphQL request.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Graphql {
    query: String,
    variables: BTreeMap<String, Value>,
}

/// `SO-20000`, `SO-20001` and so on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    prefix: String,
    first: u32,
    count: u32,
}

/// What a right answer looks like. An answer that is fast and wrong is no answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) status: u16,
    /// Text in the body.
    pub(crate) contains: Option<String>,
    /// Text that is not in it.
    pub(crate) lacks: Option<String>,
}

impl Keys {
    /// All keys in their order.
    pub(crate) fn all(&self) -> Vec<String> {
        (0..self.count).map(|index| format!("{}{}", self.prefix, self.first.saturating_add(index))).collect()
    }
}

/// The scenarios that were asked for: by name in `folder`, or by the path of a file of one's own. All when none is named.
pub(crate) fn chosen(folder: &Path, wanted: &[String]) -> anyhow::Result<Vec<Scenario>> {
    if wanted.is_empty() {
        return all(folder)?.iter().map(|path| read(path)).collect();
    }
    wanted.iter().map(|name| read(&find(folder, name)?)).collect()
}

fn find(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let is_path = name.ends_with(".yaml");
    let path = if is_path { PathBuf::from(name) } else { folder.join(format!("{name}.yaml")) };
    if !path.is_file() {
        let known: Vec<String> = all(folder)?.iter().map(|path| stem(path)).collect();
        bail!("there is no scenario `{name}`; there are {} (or the path of a .yaml file)", known.join(", "));
    }
    Ok(path)
}

fn all(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    // Proxying first: it is the floor that the composites stand on.
    paths.sort_by_key(|path| (!stem(path).starts_with("proxy"), path.clone()));
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(path: &Path) -> anyhow::Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut scenario: Scenario = serde_saphyr::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    scenario.name = stem(path);
    if scenario.callers == 0 || scenario.connections == 0 || scenario.keys.as_ref().is_some_and(|keys| keys.count == 0)
    {
        bail!("{}: callers, connections and keys.count are at least 1", path.display());
    }
    Ok(scenario)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
    }

    #[test]
    fn every_scenario_reads_and_proxying_comes_first() {
        let scenarios = chosen(&folder(), &[]).unwrap();
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["proxy", "composite-cached", "composite-uncached"]);
    }

    #[test]
    fn cached_and_uncached_ask_the_same_so_that_they_can_be_compared() {
        let scenarios = chosen(&folder(), &["composite-cached".to_owned(), "composite-uncached".to_owned()]).unwrap();
        let queries: Vec<&str> =
            scenarios.iter().filter_map(|scenario| Some(scenario.request.graphql.as_ref()?.query.as_str())).collect();
        assert_eq!(queries.len(), 2);
        assert_eq!(queries[0], queries[1]);
    }

    #[test]
    fn an_unknown_scenario_is_refused_with_those_there_are() {
        let says = chosen(&folder(), &["proxied".to_owned()]).unwrap_err().to_string();
        insta::assert_snapshot!(says, @"there is no scenario `proxied`; there are proxy, composite-cached, composite-uncached (or the path of a .yaml file)");
    }

    #[test]
    fn keys_count_up() {
        let keys = Keys { prefix: "SO-".to_owned(), first: 20_000, count: 3 };
        assert_eq!(keys.all(), ["SO-20000", "SO-20001", "SO-20002"]);
    }
}
