//! Where mistakes are written down, and how references are resolved.

use std::net::SocketAddr;

use portico_contracts::secret::Secret;
use url::{Host, Url};

use crate::settings::folder::Folder;
use crate::settings::read::{At, Place};
use crate::settings::secrets::{Reference, SecretReference};
use crate::settings::units::parse_address;
use crate::settings::{Mistake, Network, Secrets, Settings};

/// Mistakes and warnings so far, and what references need.
pub(super) struct Ledger<'a> {
    pub(super) folder: &'a Folder,
    secrets: &'a dyn Secrets,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
}

/// A reference that is not looked up, because only the form is checked.
pub(super) const UNRESOLVED: &str = "https://unresolved.invalid/";

/// A secret longer than this is another file.
const LONGEST_SECRET: usize = 64 * 1024;

impl<'a> Ledger<'a> {
    pub(super) fn new(folder: &'a Folder, secrets: &'a dyn Secrets) -> Self {
        Ledger { folder, secrets, mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// Ends the check: settings, or what is wrong with them.
    pub(super) fn close(mut self, mut settings: Settings) -> Result<Settings, Vec<Mistake>> {
        self.mistakes.sort();
        self.mistakes.dedup();
        self.warnings.sort();
        settings.warnings = self.warnings;
        if self.mistakes.is_empty() { Ok(settings) } else { Err(self.mistakes) }
    }

    pub(super) fn wrong(&mut self, place: &Place, says: impl Into<String>) {
        self.mistakes.push(place.mistake(says));
    }

    pub(super) fn odd(&mut self, place: &Place, says: impl Into<String>) {
        self.warnings.push(place.mistake(says));
    }

    pub(super) fn add(&mut self, mistakes: impl IntoIterator<Item = Mistake>) {
        self.mistakes.extend(mistakes);
    }

    /// Whether references are resolved.
    pub(super) fn resolves(&self) -> bool {
        self.secrets.resolve()
    }

    /// Takes the value, or writes down why there is none.
    pub(super) fn take<T>(&mut self, place: &Place, result: Result<T, impl std::fmt::Display>) -> Option<T> {
        result.map_err(|error| self.wrong(place, error.to_string())).ok()
    }

    /// A secret, from where its reference points.
    pub(super) fn secret(&mut self, at: &At<SecretReference>) -> Option<Secret> {
        if !self.resolves() {
            return Some(Secret::new(""));
        }
        let value = self.look_up(&at.value.0).and_then(|value| {
            let sendable =
                !value.is_empty() && value.len() <= LONGEST_SECRET && !value.bytes().any(|b| b.is_ascii_control());
            if sendable {
                Ok(value)
            } else {
                Err(format!("{} is empty, too long, or holds line breaks or control characters", at.value.0))
            }
        });
        self.take(&at.place, value).map(Secret::new)
    }

    /// A secret of several lines, such as a key.
    pub(super) fn lines(&mut self, at: &At<SecretReference>) -> Option<Secret> {
        if !self.resolves() {
            return Some(Secret::new(""));
        }
        let value = self.look_up(&at.value.0).and_then(|value| match value.len() {
            1..=LONGEST_SECRET => Ok(value),
            _ => Err(format!("{} is empty or too long", at.value.0)),
        });
        self.take(&at.place, value).map(Secret::new)
    }

    /// Text that may be a reference. `None` where it is one that is wrong or is not looked up.
    pub(super) fn text(&mut self, at: &At<String>) -> Option<String> {
        match Reference::parse(at) {
            None => Some(at.value.clone()),
            Some(_) if !self.resolves() => None,
            Some(reference) => {
                let value = self.look_up(&reference);
                self.take(&at.place, value)
            }
        }
    }

    fn look_up(&self, reference: &Reference) -> Result<String, String> {
        match reference {
            Reference::Environment(name) => {
                self.secrets.environment(name).ok_or_else(|| format!("the environment variable {name} is not set"))
            }
            Reference::File(path) => {
                let found = self.folder.named(path)?;
                let text =
                    std::fs::read_to_string(found).map_err(|error| format!("\"{path}\" cannot be read: {error}"))?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
        }
    }

    /// An address and a port, or a reference to them.
    pub(super) fn address(&mut self, at: Option<&At<String>>, default: SocketAddr) -> SocketAddr {
        let Some(at) = at else { return default };
        let Some(text) = self.text(at) else { return default };
        parse_address(&text).unwrap_or_else(|| {
            self.wrong(&at.place, format!("\"{text}\" is not an address and a port such as `127.0.0.1:8080`"));
            default
        })
    }

    /// An upstream's or issuer's address, or a reference to it. Plain HTTP and private addresses only where they are allowed.
    pub(super) fn url(&mut self, at: &At<String>, network: Network) -> Option<Url> {
        let Some(text) = self.text(at) else { return if self.resolves() { None } else { Url::parse(UNRESOLVED).ok() } };
        let url = check_url(&text, network);
        self.take(&at.place, url)
    }
}

fn check_url(text: &str, network: Network) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "this is not an address such as `https://erp.example.com`".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address holds no credentials; they have settings of their own".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an address has no query and no fragment here".to_owned());
    }
    match (url.scheme(), network) {
        ("https", _) | ("http", Network::Private) => {}
        ("http", Network::Public) => {
            return Err("expected https; plain http is for `network: private` only".to_owned());
        }
        (scheme, _) => return Err(format!("expected https, found {scheme}")),
    }
    match url.host() {
        Some(host) if !allowed(&host, network) => {
            Err(format!("{host} is not a public address; say `network: private` if it is meant"))
        }
        Some(_) => Ok(url),
        None => Err("this address names no host".to_owned()),
    }
}

/// What can be told without resolving names; that is checked again with every connection.
fn allowed(host: &Host<&str>, network: Network) -> bool {
    match host {
        _ if network == Network::Private => true,
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name != "localhost" && !name.ends_with(".localhost") && !name.ends_with(".internal")
        }
        Host::Ipv4(address) => network.allows((*address).into()),
        Host::Ipv6(address) => network.allows((*address).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
            "169.254.169.254",
            "10.1.2.3",
            "100.64.0.1",
            "[fd00::1]",
            "[fe80::1]",
            "localhost",
            "a.localhost",
            "metadata.google.internal",
        ] {
            let refused = check_url(&format!("https://{private}/"), Network::Public);
            assert!(refused.unwrap_err().contains("not a public address"), "{private}");
            assert!(check_url(&format!("http://{private}/"), Network::Private).is_ok(), "{private}");
        }
        for public in ["erp.example.com", "93.184.216.34", "[2606:2800:220:1::]", "localhost.example.com"] {
            assert!(check_url(&format!("https://{public}/"), Network::Public).is_ok(), "{public}");
        }
    }

    #[test]
    fn an_address_is_an_address_and_nothing_else() {
        for text in [
            "",
            "erp",
            "ftp://erp.example.com",
            "http://erp.example.com",
            "https://u:p@erp.example.com",
            "https://erp.example.com?a=b",
            "https://erp.example.com#a",
            "file:///etc/passwd",
        ] {
            assert!(check_url(text, Network::Public).is_err(), "{text}");
        }
    }
}
