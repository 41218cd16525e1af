use bytes::Bytes;

use super::*;

fn machine() -> Machine {
    Machine {
        measured_at: "2026-11-21T12:00:00Z".to_owned(),
        commit: "0123456789ab".to_owned(),
        version: "portico 0.1.0".to_owned(),
        binary: "dist/portico".to_owned(),
        cpu: "Some CPU".to_owned(),
        cores: 2,
        gateway_cores: Some("0".to_owned()),
        load_cores: Some("1".to_owned()),
        memory_mib: 7_900,
        kernel: "6.1.0".to_owned(),
    }
}

fn setting(scenario: &str, rate: Option<u64>) -> Setting {
    let scenario = scenario.to_owned();
    Setting { scenario, upstream: Upstream::Sandbox, one_process: false, rate, connections: 32, callers: 64 }
}

fn used() -> Used {
    Used {
        took: Duration::from_secs(2),
        gateway_cpu: Some(Duration::from_millis(1_500)),
        load_cpu: Duration::from_millis(1_000),
        peak_memory_mib: Some(63),
        upstream_calls: BTreeMap::from([("acme-erp".to_owned(), 25)]),
    }
}

fn answered(count: u64) -> Tally {
    let mut tally = Tally::new();
    for micros in 1..=count {
        tally.right(200, Duration::from_micros(micros));
    }
    tally
}

#[test]
fn people_see_a_table() {
    let mut troubled = answered(900);
    for _ in 0..99 {
        troubled.wrong(429, &Bytes::from_static(b"{\"code\":\"rate_limited\"}"));
    }
    troubled.failed("connection lost");
    let runs = vec![
        Run::new(setting("composite-cached", None), &answered(1_500), used()),
        Run::new(setting("proxy", Some(500)), &troubled, Used { gateway_cpu: None, peak_memory_mib: None, ..used() }),
    ];
    let report = Report { machine: machine(), runs };
    insta::assert_snapshot!(report, @r#"
    portico 0.1.0 (dist/portico), commit 0123456789ab, 2026-11-21T12:00:00Z
    Some CPU, 2 cores, 7900 MiB, Linux 6.1.0; gateway on core 0, everything else on core 1

    scenario          req/s     p50     p90     p99     max  CPU/req  gateway CPU  load CPU  memory  upstream/req
    composite-cached    750  750 µs  1.3 ms  1.4 ms  1.5 ms   1.0 ms         75 %      50 %  63 MiB         0.016
    proxy               450  450 µs  810 µs  891 µs  900 µs        ?            ?      50 %       ?         0.025

    composite-cached: closed loop, 32 connections, 64 callers, simulated systems; 1500 requests in 2000 ms
      25 calls of acme-erp

    proxy: open loop at 500/s, 32 connections, 64 callers, simulated systems; 1000 requests in 2000 ms
      25 calls of acme-erp
      100 of 1000 requests got no right answer:
      900 × 200, 99 × 429, 1 × connection lost
      the first wrong answer: 429 {"code":"rate_limited"}
      More than one in a hundred: these numbers say nothing about right answers.
    "#);
}

#[test]
fn machines_see_whole_numbers_with_their_units() {
    let report = Report { machine: machine(), runs: vec![Run::new(setting("proxy", None), &answered(1_000), used())] };
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "measured_at": "2026-11-21T12:00:00Z",
      "commit": "0123456789ab",
      "version": "portico 0.1.0",
      "binary": "dist/portico",
      "cpu": "Some CPU",
      "cores": 2,
      "gateway_cores": "0",
      "load_cores": "1",
      "memory_mib": 7900,
      "kernel": "6.1.0",
      "runs": [
        {
          "scenario": "proxy",
          "upstream": "sandbox",
          "one_process": false,
          "rate": null,
          "connections": 32,
          "callers": 64,
          "milliseconds": 2000,
          "requests": 1000,
          "right_answers": 1000,
          "requests_per_second": 500,
          "latency_us": {
            "p50": 500,
            "p90": 900,
            "p99": 990,
            "max": 1000
          },
          "cpu_us_per_request": 1500,
          "requests_per_core_second": 666,
          "gateway_cpu_percent": 75,
          "load_cpu_percent": 50,
          "peak_memory_mib": 63,
          "upstream_calls_per_1000_requests": 25,
          "upstream_calls": {
            "acme-erp": 25
          },
          "statuses": {
            "200": 1000
          },
          "failures": {},
          "unexpected": 0,
          "unsent": 0,
          "sample": null
        }
      ]
    }
    "#);
}

#[test]
fn a_run_without_answers_divides_by_nothing_and_is_not_sound() {
    let run = Run::new(setting("proxy", None), &Tally::new(), used());
    assert_eq!((run.cpu_us_per_request, run.upstream_calls_per_1000_requests, run.is_sound()), (None, 0, false));
}

#[test]
fn one_wrong_answer_in_a_hundred_is_borne() {
    let mut tally = answered(99);
    tally.wrong(502, &Bytes::new());
    assert!(Run::new(setting("proxy", None), &tally, used()).is_sound());
    tally.wrong(502, &Bytes::new());
    assert!(!Run::new(setting("proxy", None), &tally, used()).is_sound());
}

#[test]
fn times_are_written_as_people_read_them() {
    let written = [0, 999, 1_000, 12_345, 999_999, 1_000_000, 61_250_000].map(table::time);
    assert_eq!(written, ["0 µs", "999 µs", "1.0 ms", "12.3 ms", "999.9 ms", "1.00 s", "61.25 s"]);
}
