//! The common store of several gateways: a Redis or Valkey server. What limits say and ask is in
//! [`portico_policies::throttle::store`]; here it becomes scripts that run there, each atomically and by that clock.
//!
//! One connection for everything: questions of many accounts travel together. Nobody but the background waits for a
//! connection; while there is none, every question fails at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use portico_policies::throttle::store::{Answer, Ask, Beat, Statement, Store, StoreError};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, Pipeline, RedisError, ServerErrorKind,
    TlsCertificates, Value,
};

use crate::settings;

/// A gateway that was not heard of for so long does not count.
const FORGOTTEN: Duration = Duration::from_secs(5);
const CONNECTING: Duration = Duration::from_secs(2);

/// Whether an address can be called, and whether it holds a password.
pub(crate) fn address(url: &str) -> Result<bool, ()> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("redis" | "rediss" | "redis+unix" | "unix")) {
        return Err(());
    }
    let info = url.into_connection_info().map_err(drop)?;
    Ok(info.redis_settings().password().is_some())
}

/// The server, and the connection to it.
pub struct RedisStore {
    client: Client,
    prefix: Arc<str>,
    connection: ArcSwapOption<MultiplexedConnection>,
    rate: Script,
    quota: Script,
    beat: Script,
}

/// How a script is called.
#[derive(Debug, Clone, Copy)]
enum How {
    ByName,
    ByText,
}

/// A script by its name at the server, which may have forgotten it.
struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    fn new(code: &'static str) -> Self {
        Script { code, hash: redis::Script::new(code).get_hash().to_owned() }
    }

    /// Begins a call on one key, which is the next argument.
    fn call<'p>(&self, pipeline: &'p mut Pipeline, how: How) -> &'p mut Pipeline {
        match how {
            How::ByName => pipeline.cmd("EVALSHA").arg(&self.hash).arg(1),
            How::ByText => pipeline.cmd("EVAL").arg(self.code).arg(1),
        }
    }
}

impl RedisStore {
    /// Not connected yet.
    pub fn new(store: &settings::Store) -> Result<Self, RedisError> {
        let info = (&*store.url).into_connection_info()?;
        let mut of_us = info.redis_settings().clone();
        if let Some(user) = &store.user {
            of_us = of_us.set_username(user);
        }
        if let Some(password) = &store.password {
            of_us = of_us.set_password(password.reveal());
        }
        let info = info.set_redis_settings(of_us);
        let client = match &store.authority {
            None => Client::open(info)?,
            Some(pem) => {
                Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) })?
            }
        };
        Ok(RedisStore {
            client,
            prefix: Arc::clone(&store.prefix),
            connection: ArcSwapOption::empty(),
            rate: Script::new(include_str!("store/rate.lua")),
            quota: Script::new(include_str!("store/quota.lua")),
            beat: Script::new(include_str!("store/beat.lua")),
        })
    }

    fn connection(&self) -> Result<MultiplexedConnection, StoreError> {
        let connection = self.connection.load();
        connection.as_deref().cloned().ok_or_else(|| StoreError("not connected".to_owned()))
    }

    /// Runs scripts by their names; where the server has forgotten those, by their text. What ran already is known by
    /// its number.
    async fn run(&self, write: impl Fn(&mut Pipeline, How)) -> Result<Vec<Value>, StoreError> {
        let mut connection = self.connection()?;
        let mut pipeline = redis::pipe();
        write(&mut pipeline, How::ByName);
        let mut ran = pipeline.query_async(&mut connection).await;
        if let Err(error) = &ran
            && error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
        {
            pipeline.clear();
            write(&mut pipeline, How::ByText);
            ran = pipeline.query_async(&mut connection).await;
        }
        ran.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &RedisError) -> StoreError {
        if error.is_unrecoverable_error() {
            self.connection.store(None);
        }
        // The library's words name no key and no credential.
        StoreError(error.to_string())
    }

    fn add(&self, pipeline: &mut Pipeline, how: How, gateway: &str, gateways: u32, ask: &Ask) {
        let key = format!("{}:{}", self.prefix, ask.account);
        let script = match ask.says {
            Statement::Rate { .. } => &self.rate,
            Statement::Quota { .. } => &self.quota,
        };
        let command = script.call(pipeline, how).arg(key);
        command.arg(gateway).arg(ask.sequence).arg(ask.need).arg(ask.want);
        match ask.says {
            Statement::Rate { cell, burst, known, remind, owed, back } => {
                command.arg(micros(cell)).arg(burst).arg(micros(known)).arg(u8::from(remind));
                command.arg(micros(owed)).arg(back);
            }
            Statement::Quota { period, limit, number, taken, unsaid, known } => {
                command.arg(period.as_str()).arg(limit).arg(number).arg(taken).arg(unsaid).arg(known);
                command.arg(gateways);
            }
        }
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn connect(&self) -> Result<(), StoreError> {
        if self.connection.load().is_some() {
            return Ok(());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(CONNECTING));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = connection.map_err(|error| StoreError(error.to_string()))?;
        self.connection.store(Some(Arc::new(connection)));
        Ok(())
    }

    fn disconnect(&self) {
        self.connection.store(None);
    }

    async fn beat(&self, gateway: &str) -> Result<Beat, StoreError> {
        let (key, word) = (format!("{}:gateways", self.prefix), uuid::Uuid::new_v4().simple().to_string());
        let forgotten = FORGOTTEN.as_millis().to_string();
        let answers = self.run(|pipeline, how| {
            self.beat.call(pipeline, how).arg(&key).arg(gateway).arg(&forgotten).arg(&word);
        });
        let answers = answers.await?;
        let (gateways, epoch) =
            answers.first().and_then(|answer| redis::from_redis_value_ref(answer).ok()).ok_or_else(unreadable)?;
        Ok(Beat { gateways, epoch })
    }

    async fn settle(&self, gateway: &str, gateways: u32, asks: &[Ask]) -> Result<Vec<Answer>, StoreError> {
        let answers =
            self.run(|pipeline, how| asks.iter().for_each(|ask| self.add(pipeline, how, gateway, gateways, ask)));
        let answers = answers.await?;
        asks.iter().zip(answers).map(|(ask, answer)| read(ask, &answer).ok_or_else(unreadable)).collect()
    }

    async fn leave(&self, gateway: &str) -> Result<(), StoreError> {
        let key = format!("{}:gateways", self.prefix);
        let left = self.run(|pipeline, _| {
            pipeline.cmd("HDEL").arg(&key).arg(gateway);
        });
        left.await.map(drop)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn read(ask: &Ask, answer: &Value) -> Option<Answer> {
    let numbers: Vec<u64> = redis::from_redis_value_ref(answer).ok()?;
    match (ask.says, &*numbers) {
        (_, []) => Some(Answer::Late),
        (Statement::Rate { .. }, &[granted, debt]) => Some(Answer::Rate { granted, debt: Duration::from_micros(debt) }),
        (Statement::Quota { .. }, &[granted, total, number, ends_in]) => Some(Answer::Quota {
            granted,
            total,
            number: u32::try_from(number).ok()?,
            ends_in: Duration::from_secs(ends_in),
        }),
        _ => None,
    }
}

/// Microseconds, to the nanosecond: a cell may take less than one.
fn micros(time: Duration) -> String {
    let nanos = time.as_nanos();
    format!("{}.{:03}", nanos / 1000, nanos % 1000)
}

fn unreadable() -> StoreError {
    StoreError("an answer that cannot be read".to_owned())
}
