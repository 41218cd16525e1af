//! The file of variables that `portico demo` and `portico sandbox` write once they are ready (`--env-file`).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

/// The variables of such a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnvFile(BTreeMap<String, String>);

impl EnvFile {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Self::parse(&text))
    }

    /// `NAME=value` or `export NAME='value'` a line; comments and empty lines are passed over.
    pub(crate) fn parse(text: &str) -> Self {
        let variables = text.lines().filter_map(|line| {
            let line = line.trim();
            let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            is_name.then(|| (name.to_owned(), unquoted(value).to_owned()))
        });
        Self(variables.collect())
    }

    pub(crate) fn get(&self, name: &str) -> anyhow::Result<&str> {
        self.0.get(name).map(String::as_str).with_context(|| format!("the env file has no {name}"))
    }

    /// Whether all of these are there. A file that is still being written lacks some.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.contains_key(*name))
    }
}

fn unquoted(value: &str) -> &str {
    let between = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    between('"').or_else(|| between('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_quoted_and_exported_variables_are_read() {
        let file = EnvFile::parse(
            "# the demo\nPORTICO_URL=http://127.0.0.1:1\n\nexport TOKEN_CRM='a.b=c'\nKEY_PARTNER=\"k\"\nno variable\n a b=c\n",
        );
        assert_eq!(file.get("PORTICO_URL").unwrap(), "http://127.0.0.1:1");
        assert_eq!(file.get("TOKEN_CRM").unwrap(), "a.b=c");
        assert_eq!(file.get("KEY_PARTNER").unwrap(), "k");
        assert!(file.has(&["PORTICO_URL", "TOKEN_CRM"]) && !file.has(&["PORTICO_URL", "TOKEN_SUPPORT"]));
        insta::assert_snapshot!(file.get("PORTICO_ADMIN_URL").unwrap_err(), @"the env file has no PORTICO_ADMIN_URL");
    }
}
