//! Whether anything of one tenant reached the other: in answers, streams, logs, audit trail and metrics.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portico_tests::{Scene, Tenant};
use serde_json::Value;

use crate::marks::{Marks, other};

/// Both tenants' marks, and what was found so far.
pub(crate) struct Watch {
    acme: Marks,
    globex: Marks,
    found: Mutex<Found>,
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What should not have been where it was.
    pub(crate) leaks: Vec<String>,
    /// Answers by tenant and status.
    pub(crate) answers: BTreeMap<(&'static str, u16), usize>,
    /// Answers in which a tenant's own data stood: so many times could the search have found something.
    pub(crate) own: BTreeMap<&'static str, usize>,
}

impl Watch {
    /// Over a demo.
    pub(crate) fn over(scene: &Scene) -> Watch {
        let (acme, globex) = (Marks::of(scene, Tenant::Acme), Marks::of(scene, Tenant::Globex));
        Watch { acme, globex, found: Mutex::default() }
    }

    fn marks(&self, tenant: Tenant) -> &Marks {
        match tenant {
            Tenant::Acme => &self.acme,
            Tenant::Globex => &self.globex,
        }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at everything that a tenant's caller was answered.
    pub(crate) fn answered(&self, tenant: Tenant, status: u16, bytes: &[u8], asked: &str) {
        let stranger = self.marks(other(tenant)).found_in(bytes);
        let own = self.marks(tenant).data_found_in(bytes);
        let mut found = self.found();
        *found.answers.entry((tenant.name(), status)).or_default() += 1;
        *found.own.entry(tenant.name()).or_default() += usize::from(own.is_some() && (200..300).contains(&status));
        if let Some(mark) = stranger {
            let told = String::from_utf8_lossy(bytes);
            found.leaks.push(format!("`{mark}` in what {} was answered to\n{asked}\n\n{told}", tenant.name()));
        }
        if status == 500 {
            let told = String::from_utf8_lossy(bytes);
            found.leaks.push(format!("a fault of the gateway's: {} was answered to\n{asked}\n\n{told}", tenant.name()));
        }
    }

    /// Looks at a line that names its tenant: nothing of the other's, and of nobody's data.
    pub(crate) fn logged(&self, what: &str, line: &[u8]) {
        let json: Value = serde_json::from_slice(line).unwrap_or_default();
        let of = json["tenant"].as_str().and_then(Tenant::named);
        let strange = match of {
            Some(tenant) => self.marks(other(tenant)).found_in(line),
            None => self.both(line),
        };
        let data = Tenant::ALL.into_iter().find_map(|tenant| self.marks(tenant).data_found_in(line));
        if let Some(mark) = strange.or(data) {
            self.found().leaks.push(format!("`{mark}` in {what}: {}", String::from_utf8_lossy(line)));
        }
    }

    /// Looks at each line of what is the operator's: nobody's data, and never both tenants in one.
    pub(crate) fn told_to_the_operator(&self, what: &str, text: &str) {
        for line in text.lines() {
            let data = Tenant::ALL.into_iter().find_map(|tenant| self.marks(tenant).data_found_in(line.as_bytes()));
            if let Some(mark) = data.or_else(|| self.both(line.as_bytes())) {
                self.found().leaks.push(format!("`{mark}` in {what}: {line}"));
            }
        }
    }

    /// A mark of the second tenant's where one of the first's stands, too.
    fn both(&self, line: &[u8]) -> Option<String> {
        self.acme.found_in(line).and_then(|_| self.globex.found_in(line))
    }

    /// What was found, in the end.
    pub(crate) fn end(self) -> Found {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The diagnostics of the whole process, kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Diagnostics(Arc<Mutex<Vec<u8>>>);

impl Diagnostics {
    /// Begins to keep them, as the program writes them.
    pub(crate) fn kept() -> Diagnostics {
        let kept = Diagnostics::default();
        let writer = kept.clone();
        // As the program itself: what pingora says of its own accord is not written.
        let filter = "info,pingora_core=off,pingora_proxy=off,pingora_pool=off,h2=off";
        let format = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter);
        format.with_writer(move || writer.clone()).try_init().expect("nobody else keeps them");
        kept
    }

    /// All lines so far; they are forgotten.
    pub(crate) fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Diagnostics {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
