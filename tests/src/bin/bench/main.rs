//! The benchmarks: `cargo xtask bench [name…]`. Every figure is printed with how it was taken.
//!
//! Ratios are taken side by side in one run, peers in turn inside each round, and the median of rounds is what counts:
//! a shared machine moves by tens of percent between two minutes. Nothing here is a test, because a busy machine must
//! not turn a correct program red.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a measurement stops at the first surprise, prints, and divides numbers far below 2^53"
)]

mod bare;
mod command;
mod dev;
mod import;
mod lambda;
mod measure;
mod pages;
#[cfg(feature = "peers")]
mod peers;
mod rehydrate;
mod screen;
mod server;
mod sse;
mod throughput;
mod timeline;
mod typed;
mod writes;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask bench [name…]

  rehydrate  from the bytes of query answers to a cart: CPU an event, beside the bare SDK, dynamo-es and serde_json
  command    fetch + one-event store at 1 and 16 writers: client CPU beside the bare SDK and dynamo-es doing the same
  writes     import-shaped commits: events/s beside a bare SDK loop, without the pipeline
  dev        second start of `tillroll dev`, and its memory when idle
  sse        live streams: delay after the acknowledgement while 16 writers run, memory of idle listeners
  throughput publish and archive without transport: events/s of one core
  timeline   fold from packed bytes, and seeks in histories of 100,000 and 1,000,000 events
  screen     `tillroll timeline` of 100,000 and 1,000,000 events in a terminal: opening, a step, a seek, memory
  lambda     the function `command` on Lambda's Runtime API: cold start, memory, warm cost, beside Rust, Node and Python
  import     the whole data set: imported, captured, archived, projected, verified, replayed (about half an hour)

Without a name: all but the last three.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, folder] = arguments.as_slice()
        && serve == server::SERVE
    {
        server::serve(folder.as_ref());
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<&str> = match arguments.as_slice() {
        [] => vec!["rehydrate", "command", "writes", "dev", "sse", "throughput", "timeline"],
        names => names.iter().map(String::as_str).collect(),
    };
    println!("machine: {}", measure::machine());
    println!("versions: {}", measure::versions());
    for name in chosen {
        match name {
            "rehydrate" => rehydrate::run(),
            "command" => command::run(),
            "writes" => writes::run(),
            "dev" => dev::run(),
            "sse" => sse::run(),
            "throughput" => throughput::run(),
            "timeline" => timeline::run(),
            "screen" => screen::run(),
            "lambda" => lambda::run(),
            "import" => import::run(),
            _ => {
                eprintln!("{HELP}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
