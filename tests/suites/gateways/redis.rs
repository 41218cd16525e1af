//! A real Redis of a test's own, on a socket in a folder of its own, and a slow way to it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portico_gateway::settings::{Settings, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A server that keeps nothing on disk. It ends when it is dropped.
pub(crate) struct Redis {
    folder: tempfile::TempDir,
    server: Option<Child>,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// Where there is neither Redis nor Valkey: `scripts/setup test` installs one.
    pub(crate) fn start() -> Redis {
        let folder = tempfile::tempdir().expect("a folder");
        let mut redis = Redis { folder, server: None };
        redis.begin();
        redis
    }

    /// Starts it again, empty, at the same place.
    ///
    /// # Panics
    /// Where it does not start.
    pub(crate) fn begin(&mut self) {
        let program = ["redis-server", "valkey-server"].into_iter().find(|program| is_there(program));
        let mut server = Command::new(program.expect("`scripts/setup test` installs redis-server"))
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no", "--unixsocket"])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let lines = BufReader::new(server.stdout.take().expect("the server has an output")).lines();
        let ready = lines.map_while(Result::ok).any(|line| line.contains("accept connections"));
        assert!(ready, "the server says that it is ready");
        self.server = Some(server);
    }

    /// Ends it as a power cut would.
    ///
    /// # Panics
    /// Where it cannot be ended.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("it can be ended");
            server.wait().expect("it ends");
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// What gateways are told of it.
    pub(crate) fn store(&self) -> Store {
        store(&self.url())
    }

    /// Makes it a gateway's.
    pub(crate) fn shared(&self) -> impl Fn(&mut Settings) + use<> {
        let store = self.store();
        move |settings| settings.store = Some(store.clone())
    }

    /// The names of all its keys.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask(&["KEYS", "*"]);
        keys.sort();
        keys
    }

    /// Asks it something.
    ///
    /// # Panics
    /// Where it does not answer.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).expect("an address");
        let mut connection = client.get_connection().expect("it answers");
        let (name, arguments) = words.split_first().expect("a command");
        redis::cmd(name).arg(arguments).query(&mut connection).expect("it answers")
    }

    /// A slow way to it, for this long in both directions together.
    pub(crate) async fn behind(&self, delay: Duration) -> SlowWay {
        SlowWay::to(self.socket(), delay).await
    }
}

/// What gateways are told of a store at this address. A debug build beside twenty other tests is given time.
pub(crate) fn store(url: &str) -> Store {
    Store {
        url: url.into(),
        user: None,
        password: None,
        authority: None,
        prefix: "portico".into(),
        timeout: Duration::from_millis(1_000),
        lease: 5,
        gateways: 1,
    }
}

fn is_there(program: &str) -> bool {
    let answer = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    answer.is_ok_and(|status| status.success())
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A TCP port on which everything arrives late.
pub(crate) struct SlowWay {
    address: SocketAddr,
    delay: Arc<AtomicU64>,
    listening: JoinHandle<()>,
}

impl SlowWay {
    async fn to(socket: PathBuf, delay: Duration) -> SlowWay {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let delay = Arc::new(AtomicU64::new(millis(delay)));
        let late = Arc::clone(&delay);
        let listening = tokio::spawn(async move {
            let mut ways = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&socket).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                ways.spawn(carry(from_client, to_server, None));
                ways.spawn(carry(from_server, to_client, Some(Arc::clone(&late))));
            }
        });
        SlowWay { address, delay, listening }
    }

    /// What gateways are told of it.
    pub(crate) fn store(&self) -> Store {
        store(&format!("redis://{}", self.address))
    }

    /// Changes by how much answers are late.
    pub(crate) fn takes(&self, delay: Duration) {
        self.delay.store(millis(delay), Ordering::Relaxed);
    }
}

impl Drop for SlowWay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Each piece by its own time, so that many questions are under way at once.
async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, delay: Option<Arc<AtomicU64>>) {
    let (pieces, mut arriving) = tokio::sync::mpsc::channel::<(Instant, Vec<u8>)>(4_096);
    let reading = async move {
        let mut piece = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let late = delay.as_ref().map_or(0, |delay| delay.load(Ordering::Relaxed));
            let due = Instant::now() + Duration::from_millis(late);
            if pieces.send((due, piece[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, piece)) = arriving.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}
