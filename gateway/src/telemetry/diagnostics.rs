//! What the gateway says about itself, on standard error. Requests are the access log's business.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;
use tracing_subscriber::fmt::time::ChronoUtc;

use crate::settings::{Log, LogFormat};

/// pingora logs heads and addresses of its own accord, with customers' data in them, and what it has to say we log.
const SILENCED: [&str; 4] = ["pingora_core=off", "pingora_proxy=off", "pingora_pool=off", "h2=off"];

/// Starts to write. Once in a process; an error says why not.
pub(crate) fn start_diagnostics(log: &Log) -> Result<(), String> {
    let mut filter = EnvFilter::try_new(&log.filter).map_err(|error| error.to_string())?;
    for silenced in SILENCED {
        filter = filter.add_directive(silenced.parse::<Directive>().map_err(|error| error.to_string())?);
    }
    let writer = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let clock = ChronoUtc::new("%Y-%m-%dT%H:%M:%S%.3fZ".to_owned());
    let started = match log.format {
        LogFormat::Json => writer.json().flatten_event(true).with_timer(clock).try_init(),
        LogFormat::Text => writer.with_timer(clock).try_init(),
    };
    started.map_err(|error| error.to_string())
}
