//! Taking figures: CPU time of this thread, memory of a process, medians.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time that the calling thread has used. From the thread's clock, which is exact: `/proc` tells the same as of the
/// last tick of the scheduler, up to 4 ms ago.
pub(crate) fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("time that was used is not negative")
}

/// A memory figure of a process in MB: `VmRSS` now, `VmHWM` at its highest.
pub(crate) fn memory_mb(pid: u32, figure: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find(|line| line.starts_with(figure)).expect("the figure is there");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number");
    kib / 1024.0
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// Processor and cores, so that a figure is not quoted without them.
pub(crate) fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(2).collect::<Vec<_>>().join(" and ");
    let model = model.map_or("unknown processor", |(_, name)| name);
    format!("{model}, {cores} cores, load {load} over the last 1 and 5 minutes, {profile} build")
}

/// The versions of what is measured, from the lock file of this build.
pub(crate) fn versions() -> String {
    const LOCK: &str = include_str!("../../../../Cargo.lock");
    let measured = ["aws-sdk-dynamodb", "cqrs-es", "dynamo-es", "dynoxide-rs", "serde_json", "tokio"];
    let version = |name: &str| {
        let package = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?.1;
        Some(format!("{name} {}", package.split_once('"')?.0))
    };
    measured.into_iter().filter_map(version).collect::<Vec<_>>().join(", ")
}

/// A program of this build, beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    std::env::current_exe().expect("a path of its own").with_file_name(name)
}
