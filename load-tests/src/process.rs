//! What a process used, as Linux counts it in `/proc`.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

/// `USER_HZ`: the unit of times in `/proc/<pid>/stat`. It is 100 on every architecture that Portico runs on.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time of all threads, in user and kernel mode.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read: has it stopped?"))?;
    let ticks = cpu_ticks(&stat).with_context(|| format!("{path} is not as proc(5) has it: {stat}"))?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// utime + stime: fields 14 and 15. The name in field 2 may hold spaces and parentheses, so counting starts after it.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    user.checked_add(kernel)
}

/// The most memory it ever held, in MiB.
pub(crate) fn peak_memory_mib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(field_kib(&status, "VmHWM")? / 1_024)
}

/// Forgets the peak so far, so that the next one is of the run. Where that is not allowed the peak includes the start.
pub(crate) fn forget_peak(pid: u32) {
    let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// A number of `Name:   123 kB`, as in `/proc/<pid>/status` and `/proc/meminfo`.
pub(crate) fn field_kib(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

/// Which process listens on a port of this machine: found by the socket's inode among the open files we may look at.
pub(crate) fn listening_on(port: u16) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let inode = tables.iter().find_map(|table| listening_inode(table, port))?;
    let link = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.into_iter().find(|pid: &u32| holds(Path::new(&format!("/proc/{pid}/fd")), &link))
}

fn holds(folder: &Path, link: &str) -> bool {
    let Ok(files) = std::fs::read_dir(folder) else { return false };
    files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == link))
}

/// `sl local_address rem_address st … inode`; state 0A listens.
fn listening_inode(table: &str, port: u16) -> Option<u64> {
    let wanted = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_behind_any_name() {
        let stat = "4711 (port) ico (x) S 1 4711 4711 0 -1 4194560 1052 0 0 0 1234 66 7 8 20 0 5 0 100 1 2 3";
        assert_eq!(cpu_ticks(stat), Some(1_300));
        assert_eq!(cpu_ticks("4711 (portico) S 1"), None);
        assert_eq!(cpu_ticks(""), None);
    }

    #[test]
    fn memory_is_read_by_its_whole_name() {
        let status = "Name:\tportico\nVmHWM:\t  151552 kB\nVmHWMX:\t 1 kB\nThreads:\t5\n";
        assert_eq!(field_kib(status, "VmHWM"), Some(151_552));
        assert_eq!((field_kib(status, "VmRSS"), field_kib(status, "Threads")), (None, None));
    }

    #[test]
    fn a_listener_is_told_from_a_connection_to_its_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 111 1\n\
             1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 222 1\n";
        assert_eq!(listening_inode(table, 8_080), Some(222));
        assert_eq!(listening_inode(table, 8_081), None);
    }

    #[test]
    fn this_process_is_found_by_its_own_port_and_uses_cpu() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(listening_on(port), Some(std::process::id()));
        assert!(cpu(std::process::id()).is_ok());
        assert!(peak_memory_mib(std::process::id()).is_some());
    }
}
