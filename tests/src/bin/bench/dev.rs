//! `tillroll dev` as somebody meets it: how long the second start takes, and what it holds when idle.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::measure::{median, memory_mb, program};

const ROUNDS: usize = 5;
const IDLE: Duration = Duration::from_secs(5);
const START_MAX: Duration = Duration::from_secs(30);

/// A running `tillroll dev`; killed with this value.
pub(crate) struct Dev {
    pub(crate) process: Child,
    pub(crate) url: String,
}

impl Dev {
    /// Starts it on `folder` and waits until it is ready; answers how long that took.
    pub(crate) fn start(folder: &Path) -> (Self, Duration) {
        let started = Instant::now();
        let process = Command::new(program("tillroll"))
            .args(["dev", "--no-demo", "--port", "0", "--data-dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tillroll is built beside the benchmarks");
        let mut dev = Self { process, url: String::new() };
        while started.elapsed() < START_MAX {
            if let Some(port) = port_of(folder, dev.process.id()) {
                dev.url = format!("http://127.0.0.1:{port}");
                if dev.get("/readyz").is_some() {
                    return (dev, started.elapsed());
                }
            }
            sleep(Duration::from_millis(2));
        }
        panic!("tillroll dev was not ready within {START_MAX:?}");
    }

    /// The body of a successful GET.
    pub(crate) fn get(&self, path: &str) -> Option<serde_json::Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let url = format!("{}{path}", self.url);
        runtime.block_on(async { reqwest::get(url).await.ok()?.error_for_status().ok()?.json().await.ok() })
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in the lock file, once it is this process's.
fn port_of(folder: &Path, pid: u32) -> Option<u64> {
    let lock: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("dev.lock")).ok()?).ok()?;
    (lock["pid"].as_u64() == Some(pid.into())).then(|| lock["port"].as_u64()).flatten().filter(|port| *port > 0)
}

pub(crate) fn run() {
    println!("\ndev: started on a folder that was used before, until /readyz answers; then {IDLE:?} of idling.");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (_, first) = Dev::start(folder.path());
    let (mut starts, mut idles) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (dev, start) = Dev::start(folder.path());
        starts.push(start.as_secs_f64() * 1e3);
        sleep(IDLE);
        idles.push(memory_mb(dev.process.id(), "VmRSS"));
    }
    println!(
        "    first start {:.0} ms, second start {:.0} ms (median of {ROUNDS})",
        first.as_secs_f64() * 1e3,
        median(starts)
    );
    println!("    idle {:.0} MB resident (median of {ROUNDS})", median(idles));
}
