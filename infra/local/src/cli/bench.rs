//! `tillroll bench`: a short and honest load on this machine, against a system of its own in a scratch folder, over HTTP
//! as everybody else. It says what this machine does, and nothing about any other.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use tillroll_local::system::Options;
use uuid::Uuid;

use super::client::Client;
use super::failure::{Ending, Failure, say};
use super::interrupt::Interrupt;
use super::output::{Output, count};
use super::progress::per_second;
use super::running::Running;
use super::table::{Column, Table};

/// Writers that send one command after the other, each to a cart of its own.
const WRITERS: usize = 16;
/// Longest that writers write, in seconds.
const SECONDS_MAX: u64 = 600;
/// Carts of the import, and items in each: some 5,500 events.
const IMPORTED_CARTS: usize = 250;
const IMPORTED_ITEMS: usize = 20;
/// Carts in one request of the import.
const CARTS_A_REQUEST: usize = 50;
/// Events of the long cart: as many as its line in an import may have.
const LONG_CART_EVENTS: usize = 2_500;
/// How often the same lines are sent before giving up: a machine that is busy for minutes measures nothing.
const SENDS_MAX: usize = 5;
/// How often the long cart is loaded.
const LOADS: usize = 11;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Starts a fresh system in a scratch folder, which goes away afterwards. With --yes and TILLROLL_URL it measures the system
there instead, and leaves its carts in it.

Example:
  tillroll bench --seconds 2")]
pub(crate) struct Arguments {
    /// How long writers write
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=SECONDS_MAX))]
    seconds: u64,
    /// Measure the system at `TILLROLL_URL`
    #[arg(long, short, env = "TILLROLL_BENCH_YES", hide_env = true)]
    yes: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Figures {
    /// Where.
    system: String,
    /// Processors of this machine.
    processors: usize,
    /// Whether this program was built for speed.
    release_build: bool,
    writers: usize,
    commands: u64,
    commands_per_second: u64,
    command_p50_us: u64,
    command_p99_us: u64,
    imported_events: u64,
    imported_events_per_second: u64,
    long_cart_events: u64,
    long_cart_load_p50_us: u64,
}

pub(crate) async fn run(arguments: &Arguments, json: bool, interrupt: &Interrupt) -> Result<Ending, Failure> {
    let url = std::env::var("TILLROLL_URL").ok().filter(|url| arguments.yes && !url.is_empty());
    let scratch = tempfile::tempdir().map_err(|error| Failure::of(&error))?;
    let (own, base) = if let Some(url) = url {
        (None, url)
    } else {
        let running = Running::start(Options::new(scratch.path()), 0).await?;
        let base = format!("http://127.0.0.1:{}", running.port());
        (Some(running), base)
    };
    let measured = tokio::select! {
        measured = measure(&base, own.is_some(), arguments, json) => measured.map(Some),
        () = interrupt.raised() => Ok(None),
    };
    if let Some(own) = own {
        own.end().await;
    }
    let Some(figures) = measured? else { return Ok(Ending::Interrupted) };
    let mut output = Output::new();
    let written = if json { output.json(&figures) } else { output.text(&page(&figures)) };
    written?;
    output.end()?;
    Ok(Ending::Fine)
}

async fn measure(base: &str, own: bool, arguments: &Arguments, quiet: bool) -> Result<Figures, Failure> {
    let tell = |line: &str| {
        if !quiet {
            say(line);
        }
    };
    let bench = Bench { client: Client::new(base)?, base: base.to_owned(), names: Names::new() };
    tell(&format!("{WRITERS} writers for {} s", arguments.seconds));
    let (mut latencies, elapsed) = bench.write(Duration::from_secs(arguments.seconds)).await?;
    tell(&format!("importing {IMPORTED_CARTS} carts"));
    let (imported_events, importing) = bench.import().await?;
    tell(&format!("loading a cart of {LONG_CART_EVENTS} events"));
    let mut loads = bench.load_long_cart().await?;
    let commands = latencies.len() as u64;
    Ok(Figures {
        system: if own { "its own, in a scratch folder".to_owned() } else { bench.base },
        processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        release_build: !cfg!(debug_assertions),
        writers: WRITERS,
        commands,
        commands_per_second: per_second(commands, elapsed).unwrap_or(0),
        command_p50_us: quantile(&mut latencies, 50),
        command_p99_us: quantile(&mut latencies, 99),
        imported_events,
        imported_events_per_second: per_second(imported_events, importing).unwrap_or(0),
        long_cart_events: LONG_CART_EVENTS as u64,
        long_cart_load_p50_us: quantile(&mut loads, 50),
    })
}

/// The value below which so many percent of all lie, in microseconds.
fn quantile(values: &mut [Duration], percent: usize) -> u64 {
    values.sort_unstable();
    let place = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(place).map_or(0, |value| u64::try_from(value.as_micros()).unwrap_or(u64::MAX))
}

/// Ids that no other run makes.
struct Names {
    run: String,
}

impl Names {
    fn new() -> Self {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { run: format!("tillroll:bench:{}:{}", std::process::id(), since_1970.as_nanos()) }
    }

    fn id(&self, what: &str, number: usize) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}:{what}:{number}", self.run).as_bytes()).to_string()
    }
}

struct Bench {
    client: Client,
    base: String,
    names: Names,
}

impl Bench {
    /// How long each command took, and all of them together.
    async fn write(&self, limit: Duration) -> Result<(Vec<Duration>, Duration), Failure> {
        let begun = Instant::now();
        let writers = (0..WRITERS).map(|writer| self.writer(writer, begun + limit));
        let latencies = futures_util::future::try_join_all(writers).await?;
        Ok((latencies.concat(), begun.elapsed()))
    }

    /// One cart that is filled line by line; full ones are left for a new one.
    async fn writer(&self, writer: usize, until: Instant) -> Result<Vec<Duration>, Failure> {
        const LINES: usize = 100;
        let mut latencies = Vec::new();
        let mut number = 0;
        while Instant::now() < until {
            let cart = self.names.id(&format!("cart {writer}"), number);
            let open = json!({"command_id": self.names.id(&format!("open {writer}"), number), "cart_id": cart});
            self.client.post("/carts", &open).await?.accepted()?;
            let path = format!("/carts/{cart}/commands");
            for line in 0..LINES {
                number += 1;
                let id = self.names.id(&format!("add {writer}"), number);
                let command = json!({"commands": [added(&id, line)]});
                let sent = Instant::now();
                self.client.post(&path, &command).await?.accepted()?;
                latencies.push(sent.elapsed());
                if Instant::now() >= until {
                    break;
                }
            }
        }
        Ok(latencies)
    }

    /// How many events were imported, and in which time.
    async fn import(&self) -> Result<(u64, Duration), Failure> {
        let lines: Vec<String> = (0..IMPORTED_CARTS).map(|cart| self.basket(cart, IMPORTED_ITEMS)).collect();
        let begun = Instant::now();
        let mut events = 0;
        for some in lines.chunks(CARTS_A_REQUEST) {
            events += self.send(some.join("\n")).await?;
        }
        Ok((events, begun.elapsed()))
    }

    async fn load_long_cart(&self) -> Result<Vec<Duration>, Failure> {
        // Opened and closed beside the items, of which one line takes only so many; quantities make up the rest.
        self.send(self.basket(IMPORTED_CARTS, LONG_CART_EVENTS - 2)).await?;
        let path = format!("/carts/{}", self.names.id("basket", IMPORTED_CARTS));
        let version = [("version", LONG_CART_EVENTS.to_string())];
        let mut loads = Vec::with_capacity(LOADS);
        for _ in 0..LOADS {
            let asked = Instant::now();
            self.client.get(&path, &version).await?.accepted()?;
            loads.push(asked.elapsed());
        }
        Ok(loads)
    }

    /// Sends lines of an import; answers how many events came of them. A busy machine may leave a cart in doubt: the same
    /// lines again change nothing that is there.
    async fn send(&self, lines: String) -> Result<u64, Failure> {
        let lines = Bytes::from(lines);
        let mut sent = self.send_once(lines.clone()).await;
        for _ in 1..SENDS_MAX {
            if sent.is_ok() {
                break;
            }
            sent = self.send_once(lines.clone()).await;
        }
        sent
    }

    async fn send_once(&self, lines: Bytes) -> Result<u64, Failure> {
        let answer = self.client.post_ndjson("/imports", lines).await;
        let answer = answer.map_err(|error| self.client.unreachable(&error))?.accepted()?;
        let mut events = 0;
        for line in answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let answer: Value = serde_json::from_slice(line).unwrap_or_default();
            let Some(imported) = answer["events"].as_u64().filter(|_| answer["status"] == "imported") else {
                return Err(Failure::new(format!("a cart was not imported: {}", answer["message"])));
            };
            events += imported;
        }
        Ok(events)
    }

    fn basket(&self, cart: usize, items: usize) -> String {
        const LINES: usize = 400;
        let id = |step: &str, number: usize| self.names.id(&format!("{step} of {cart}"), number);
        let open = json!({"command_id": id("open", 0), "type": "OpenCart", "data": {"currency": "EUR"}});
        let adds = (0..items).map(|item| added(&id("add", item), item % LINES));
        let close = json!({"command_id": id("close", 0), "type": "CloseCart", "data": {"reason": "checked_out"}});
        let commands: Vec<Value> = [open].into_iter().chain(adds).chain([close]).collect();
        json!({"cart_id": self.names.id("basket", cart), "source": "bench", "commands": commands}).to_string()
    }
}

fn added(id: &str, line: usize) -> Value {
    let data = json!({"item_name": format!("Item {line}"), "sku": format!("item-{line}"), "price": {"minor": 199}});
    json!({"command_id": id, "type": "AddItem", "data": data})
}

fn page(figures: &Figures) -> String {
    let mut table = Table::new([Column::word(""), Column::number("")]);
    let mut fact = |name: &str, value: String| table.row([name.to_owned(), value]);
    fact("commands a second", count(figures.commands_per_second));
    fact("a command, median", format!("{} us", count(figures.command_p50_us)));
    fact("a command, 99 of 100", format!("{} us", count(figures.command_p99_us)));
    fact("imported events a second", count(figures.imported_events_per_second));
    fact(
        &format!("a cart of {} events", count(figures.long_cart_events)),
        format!("{} us", count(figures.long_cart_load_p50_us)),
    );
    let build = if figures.release_build { "a release build" } else { "a debug build, which is many times slower" };
    let Figures { writers, processors, .. } = figures;
    format!(
        "{}\n{writers} writers and everything else in one process on {processors} processors, {build}: this machine, now\n",
        table.render()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_value_that_was_measured() {
        let mut values: Vec<_> = (1..=100).rev().map(Duration::from_micros).collect();
        assert_eq!([50, 99, 100].map(|percent| quantile(&mut values, percent)), [50, 99, 100]);
        assert_eq!((quantile(&mut [], 50), quantile(&mut [Duration::from_micros(7)], 99)), (0, 7));
    }
}
