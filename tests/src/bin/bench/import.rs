//! The whole data set through the whole system: imported, captured, archived, projected, verified, replayed.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dev::Dev;
use crate::measure::{memory_mb, program};

/// How often the pipeline is asked whether it is done.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) fn run() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.data/completejourney/transactions.parquet");
    assert!(file.exists(), "the data set is missing: run `cargo xtask data` first");
    println!("\nimport: {} through `tillroll dev`, in a fresh folder.", file.file_name().unwrap().display());
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (dev, _) = Dev::start(folder.path());

    let clock = Instant::now();
    let report = tillroll(&dev, &["import", &file.to_string_lossy(), "--preset", "completejourney", "--no-wait"]);
    let (imported, events) = (clock.elapsed(), number(&report, "events"));
    println!(
        "    imported in {}: {events:.0} events, {:.0} events/s with the pipeline running",
        minutes(imported),
        events / imported.as_secs_f64()
    );
    println!("    report: {report}");
    while lag(&dev) > 0.0 {
        sleep(LOOK);
    }
    println!(
        "    drained after {} in all: {:.0} events/s end to end",
        minutes(clock.elapsed()),
        events / clock.elapsed().as_secs_f64()
    );

    let clock = Instant::now();
    let verified = tillroll(&dev, &["verify", "--wait", "60"]);
    println!("    verified in {}: {verified}", minutes(clock.elapsed()));

    let clock = Instant::now();
    let replayed = tillroll(&dev, &["replay", "suggestions"]);
    println!("    replayed to suggestions in {}: {replayed}", minutes(clock.elapsed()));
    let verified = tillroll(&dev, &["verify", "--wait", "60"]);
    println!("    verified again: {verified}");

    println!("    highest memory {:.0} MB resident", memory_mb(dev.process.id(), "VmHWM"));
    for (name, bytes) in sizes(folder.path()) {
        println!("    {name}: {:.0} MB", bytes as f64 / 1e6);
    }
}

/// Runs a command against `dev` and answers its JSON.
fn tillroll(dev: &Dev, arguments: &[&str]) -> Value {
    let output = Command::new(program("tillroll"))
        .args(arguments)
        .arg("--json")
        .env("TILLROLL_URL", &dev.url)
        .output()
        .expect("tillroll is built beside the benchmarks");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{arguments:?}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).expect("one JSON document")
}

fn number(report: &Value, member: &str) -> f64 {
    report[member].as_f64().unwrap_or_else(|| panic!("the report has {member}: {report}"))
}

/// Events that wait before any stage.
fn lag(dev: &Dev) -> f64 {
    let pipeline = dev.get("/pipeline").expect("dev answers");
    pipeline["stages"].as_array().expect("stages").iter().map(|stage| stage["lag_events"].as_f64().unwrap_or(0.0)).sum()
}

fn minutes(duration: Duration) -> String {
    format!("{}:{:02} min", duration.as_secs() / 60, duration.as_secs() % 60)
}

/// Bytes of each entry of the data folder, folders with all that is below them.
fn sizes(folder: &Path) -> Vec<(String, u64)> {
    fn below(path: &Path) -> u64 {
        match std::fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|entry| below(&entry.path())).sum(),
            Err(_) => path.metadata().map_or(0, |file| file.len()),
        }
    }
    let entries = std::fs::read_dir(folder).expect("the folder").flatten();
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), below(&entry.path()))).collect()
}
