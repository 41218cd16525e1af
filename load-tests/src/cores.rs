//! Which cores the gateway runs on, and which are for everything that loads it. Sharing cores measures the scheduler.

use std::process::{Command, Stdio};

use anyhow::Context;

/// The machine's cores, shared out. Lists as `taskset -c` takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cores {
    pub(crate) gateway: String,
    pub(crate) load: String,
    /// How many threads are of use to the load generator.
    pub(crate) load_count: usize,
    /// How many cores the gateway has.
    pub(crate) gateway_count: usize,
}

impl Cores {
    /// The first half of the allowed cores for the gateway and the rest for the load, unless lists are given. `None`
    /// where there is one core only, or no `taskset`.
    pub(crate) fn share(gateway: Option<&str>, load: Option<&str>) -> anyhow::Result<Option<Self>> {
        let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status cannot be read")?;
        let allowed = allowed(&status).context("/proc/self/status names no allowed cores")?;
        if !has_taskset() {
            return Ok(None);
        }
        Ok(shared(&allowed, gateway, load))
    }

    /// Keeps this process, and what it starts from now on, off the gateway's cores.
    pub(crate) fn pin_self(&self) -> anyhow::Result<()> {
        let own = std::process::id().to_string();
        let mut command = Command::new("taskset");
        command.args(["--all-tasks", "--cpu-list", "--pid", &self.load, &own]).stdout(Stdio::null());
        let status = command.status().context("taskset did not start")?;
        anyhow::ensure!(status.success(), "taskset refuses the cores {}", self.load);
        Ok(())
    }
}

fn has_taskset() -> bool {
    let known = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    known.is_ok_and(|status| status.success())
}

fn allowed(status: &str) -> Option<Vec<u16>> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    cores(list.trim())
}

/// `0-3,8` → 0, 1, 2, 3, 8.
fn cores(list: &str) -> Option<Vec<u16>> {
    let mut cores = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cores.extend(first.parse::<u16>().ok()?..=last.parse::<u16>().ok()?);
    }
    Some(cores)
}

fn shared(allowed: &[u16], gateway: Option<&str>, load: Option<&str>) -> Option<Cores> {
    let (first, rest) = allowed.split_at(allowed.len() / 2);
    let gateway = gateway.map_or_else(|| written(first), str::to_owned);
    let load = load.map_or_else(|| written(rest), str::to_owned);
    let (gateway_count, load_count) = (cores(&gateway)?.len(), cores(&load)?.len());
    Some(Cores { gateway, load, load_count, gateway_count })
}

fn written(cores: &[u16]) -> String {
    cores.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(list: &str) -> Option<(String, String)> {
        let cores = shared(&cores(list)?, None, None)?;
        Some((cores.gateway, cores.load))
    }

    #[test]
    fn the_gateway_gets_the_first_half() {
        assert_eq!(halves("0-1"), Some(("0".to_owned(), "1".to_owned())));
        assert_eq!(halves("0-2,8"), Some(("0,1".to_owned(), "2,8".to_owned())));
        assert_eq!(halves("3-5"), Some(("3".to_owned(), "4,5".to_owned())));
    }

    #[test]
    fn one_core_is_not_shared_out() {
        assert_eq!(halves("7"), None);
    }

    #[test]
    fn lists_that_are_given_win() {
        let cores = shared(&[0, 1], Some("4-6"), Some("7"));
        let expected = Cores { gateway: "4-6".to_owned(), load: "7".to_owned(), load_count: 1, gateway_count: 3 };
        assert_eq!(cores, Some(expected));
    }

    #[test]
    fn the_kernel_says_which_cores_are_allowed() {
        assert_eq!(allowed("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n"), Some(vec![0, 1]));
        assert_eq!(allowed("Name:\tx\n"), None);
    }
}
