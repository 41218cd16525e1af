//! The table on standard output, and the remarks below it.

use std::fmt;

use super::{Report, Run};
use crate::scenario::Upstream;

const TITLES: [&str; 11] =
    ["scenario", "req/s", "p50", "p90", "p99", "max", "CPU/req", "gateway CPU", "load CPU", "memory", "upstream/req"];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.machine)?;
        let mut rows = vec![TITLES.map(str::to_owned)];
        rows.extend(self.runs.iter().map(row));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
        for row in &rows {
            write!(f, "{:width$}", row[0], width = widths[0])?;
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                write!(f, "  {cell:>width$}")?;
            }
            writeln!(f)?;
        }
        self.runs.iter().try_for_each(|run| remarks(run, f))
    }
}

fn row(run: &Run) -> [String; 11] {
    let latency = &run.latency_us;
    let percent = |percent: u64| format!("{percent} %");
    [
        run.setting.scenario.clone(),
        run.requests_per_second.to_string(),
        time(latency.p50),
        time(latency.p90),
        time(latency.p99),
        time(latency.max),
        run.cpu_us_per_request.map_or_else(unknown, time),
        run.gateway_cpu_percent.map_or_else(unknown, percent),
        percent(run.load_cpu_percent),
        run.peak_memory_mib.map_or_else(unknown, |mib| format!("{mib} MiB")),
        thousandths(run.upstream_calls_per_1000_requests),
    ]
}

fn unknown() -> String {
    "?".to_owned()
}

/// 850 µs, 12.3 ms, 1.25 s.
pub(super) fn time(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        _ => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}

fn thousandths(count: u64) -> String {
    format!("{}.{:03}", count / 1_000, count % 1_000)
}

fn remarks(run: &Run, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let setting = &run.setting;
    let how = match setting.rate {
        Some(rate) => format!("open loop at {rate}/s"),
        None => "closed loop".to_owned(),
    };
    let behind = match setting.upstream {
        Upstream::Plain => "plain upstream",
        Upstream::Sandbox => "simulated systems",
    };
    let place = if setting.one_process { ", in the gateway's process (its CPU and memory are of both)" } else { "" };
    writeln!(
        f,
        "\n{}: {how}, {} connections, {} callers, {behind}{place}; {} requests in {} ms",
        setting.scenario, setting.connections, setting.callers, run.requests, run.milliseconds
    )?;
    for (system, calls) in &run.upstream_calls {
        writeln!(f, "  {calls} calls of {system}")?;
    }
    if run.wrong() == 0 {
        return Ok(());
    }
    writeln!(f, "  {} of {} requests got no right answer:", run.wrong(), run.requests)?;
    let statuses = run.statuses.iter().map(|(status, count)| format!("{count} × {status}"));
    let failures = run.failures.iter().map(|(why, count)| format!("{count} × {why}"));
    let unsent = (run.unsent > 0).then(|| format!("{} × never sent", run.unsent));
    writeln!(f, "  {}", statuses.chain(failures).chain(unsent).collect::<Vec<_>>().join(", "))?;
    if let Some(sample) = &run.sample {
        writeln!(f, "  the first wrong answer: {sample}")?;
    }
    if !run.is_sound() {
        writeln!(f, "  More than one in a hundred: these numbers say nothing about right answers.")?;
    }
    Ok(())
}
