//! ministack, an AWS emulator that nobody here wrote, as a process on a loopback port of its own.
//!
//! `cargo xtask peers` installs it. With `TILLROLL_TEST_WITHOUT_PEERS=1` the tests that need it say that they were
//! skipped; without it and without the program they fail.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::sync::Mutex;

/// Starting takes half a second on an idle machine.
const START_MAX: Duration = Duration::from_mins(1);
const PROBE_EVERY: Duration = Duration::from_millis(50);

/// A running ministack. Stopped, by its process id, when it is dropped.
#[derive(Debug)]
pub struct Ministack {
    address: SocketAddr,
    process: Child,
    _folder: TempDir,
}

/// One process serves all tests that run at the same time; the last of them stops it.
static RUNNING: Mutex<Weak<Ministack>> = Mutex::const_new(Weak::new());

/// The running emulator, or a new one; `None`, said on standard error, when tests are to go without.
pub async fn shared() -> Option<Arc<Ministack>> {
    if std::env::var_os("TILLROLL_TEST_WITHOUT_PEERS").is_some_and(|value| value == "1") {
        say("skipped: TILLROLL_TEST_WITHOUT_PEERS=1");
        return None;
    }
    let mut running = RUNNING.lock().await;
    if let Some(ministack) = running.upgrade() {
        return Some(ministack);
    }
    let ministack = Arc::new(Ministack::start().await);
    *running = Arc::downgrade(&ministack);
    Some(ministack)
}

/// The Python that it is installed with.
#[must_use]
pub fn python() -> PathBuf {
    installed("python")
}

fn installed(program: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.peers/ministack/bin").join(program)
}

#[allow(clippy::print_stderr, reason = "a skipped test says so to whoever runs it")]
fn say(what: &str) {
    eprintln!("{what}");
}

impl Ministack {
    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        let program = installed("ministack");
        assert!(program.exists(), "{} is missing: run `cargo xtask peers`", program.display());
        // Taken and given back; nobody else on this machine is likely to get the same port from the system right now.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let port = address.port().to_string();
        let process = Command::new(program)
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "0")
            .env("GATEWAY_PORT", &port)
            .env("EDGE_PORT", &port)
            .env("PERSIST_STATE", "0")
            .env("S3_PERSIST", "0")
            .env("STATE_DIR", folder.path())
            .env("S3_DATA_DIR", folder.path())
            .env("TMPDIR", folder.path())
            .env("LOG_LEVEL", "WARNING")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ministack = Self { address, process, _folder: folder };
        ministack.wait_until_it_answers().await;
        ministack
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn wait_until_it_answers(&mut self) {
        let started = Instant::now();
        let url = format!("http://{}/_ministack/health", self.address);
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(self.process.try_wait().unwrap().is_none(), "ministack ended before it answered");
            assert!(started.elapsed() < START_MAX, "ministack did not answer within {START_MAX:?}");
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
