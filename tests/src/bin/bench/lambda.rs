//! Cold start, memory and warm cost of the function `command`, beside functions in other languages that answer the same
//! event from the same table as their SDKs' own examples would. Each runs under the Runtime API of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tillroll_host_lambda::dynamodb::tables::TableNames;
use tillroll_tests::runtime_api::{Function, FunctionProgram};
use uuid::Uuid;

use crate::command::{EVENTS_AT_FIRST, seed};
use crate::measure::{median, memory_mb, percentile};
use crate::server::Server;

const ROUNDS: usize = 12;
/// Invocations after the first one.
const WARM: usize = 100;
/// What opens the cart: 256 bits, as a client makes them.
const CART_TOKEN: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Who answers, by the folder of its `bootstrap` in `.peers/lambda/`, and the most that ours may take of its time.
const SIDES: [(&str, Option<f64>); 4] =
    [("tillroll", None), ("rust-defaults", Some(0.6)), ("node", Some(1.0 / 30.0)), ("python", Some(1.0 / 50.0))];

struct Taken {
    /// From the start of its process to its first question.
    init_ms: f64,
    /// The first event, to the last byte of its answer.
    first_ms: f64,
    /// CPU time of its process for both.
    cold_cpu_ms: f64,
    warm_p50_ms: f64,
    /// CPU time of its process an event.
    warm_cpu_us: f64,
    peak_mb: f64,
}

impl Taken {
    fn start_ms(&self) -> f64 {
        self.init_ms + self.first_ms
    }
}

pub(crate) fn run() {
    println!(
        "\nlambda: start of the process, and GET of a cart of {EVENTS_AT_FIRST} events from a server on this machine."
    );
    println!(
        "{ROUNDS} rounds, sides in turn in each, then {WARM} more events; medians. CPU is that of the function's process."
    );
    let there: Vec<_> = SIDES.into_iter().filter(|(name, _)| program(name).is_file()).collect();
    for (name, _) in SIDES.iter().filter(|side| !there.contains(side)) {
        println!("  {name} is left out: cargo xtask bench lambda could not make it here");
    }
    println!("  Ruby is left out: its SDK comes from a gem server, which could not be reached to make a peer");
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rounds: Vec<Vec<Taken>> = runtime.block_on(async {
        let cart = Uuid::from_u128(1);
        seed(&server.client(), &TableNames::default().events, cart, Some(token_hash())).await;
        let mut rounds = Vec::with_capacity(ROUNDS);
        for round in 0..ROUNDS {
            let mut taken = Vec::with_capacity(there.len());
            for turn in 0..there.len() {
                let side = (round + turn) % there.len();
                taken.push((side, measure(&server, there[side].0, cart).await));
            }
            taken.sort_by_key(|(side, _)| *side);
            rounds.push(taken.into_iter().map(|(_, taken)| taken).collect());
        }
        rounds
    });
    report(&there, &rounds);
}

fn report(there: &[(&str, Option<f64>)], rounds: &[Vec<Taken>]) {
    for (number, (name, _)) in there.iter().enumerate() {
        let of = |figure: fn(&Taken) -> f64| median(rounds.iter().map(|taken| figure(&taken[number])).collect());
        println!(
            "    {name:<14} init {:6.1} + first {:5.1} = {:6.1} ms, CPU {:6.1} ms; warm p50 {:5.2} ms, CPU {:5.0} µs; \
             peak memory {:5.1} MB; program {} bytes",
            of(|taken| taken.init_ms),
            of(|taken| taken.first_ms),
            of(Taken::start_ms),
            of(|taken| taken.cold_cpu_ms),
            of(|taken| taken.warm_p50_ms),
            of(|taken| taken.warm_cpu_us),
            of(|taken| taken.peak_mb),
            fs::metadata(program(name)).map_or(0, |file| file.len()),
        );
    }
    for (number, (name, goal)) in there.iter().enumerate() {
        let Some(goal) = goal else { continue };
        let ratio = |figure: fn(&Taken) -> f64| {
            median(rounds.iter().map(|taken| figure(&taken[0]) / figure(&taken[number])).collect())
        };
        println!(
            "    {} / {name}: {:.3} of its start (goal {goal:.3}), {:.3} of its CPU for that; warm {:.3} of its CPU",
            there[0].0,
            ratio(Taken::start_ms),
            ratio(|taken| taken.cold_cpu_ms),
            ratio(|taken| taken.warm_cpu_us),
        );
    }
    println!("  The ratios are medians of the rounds' ratios.");
}

fn token_hash() -> String {
    format!("{:x}", Sha256::digest(CART_TOKEN))
}

/// Made by `cargo xtask bench lambda`.
fn program(side: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.peers/lambda").join(side).join("bootstrap")
}

async fn measure(server: &Server, side: &str, cart: Uuid) -> Taken {
    let event = event(cart);
    let mut function = FunctionProgram::new(program(side))
        .env("AWS_ENDPOINT_URL", format!("http://{}", server.address()))
        .env("TILLROLL_EVENTS_TABLE", TableNames::default().events)
        .env("TILLROLL_ROWS_TABLE", TableNames::default().rows)
        .start()
        .await;
    let init = function.ready().await.unwrap_or_else(|why| panic!("{side}: {why:?}\n{}", function.log()));
    let first = answer(&mut function, side, &event).await;
    let cold_cpu = cpu(&mut function).await;
    let mut warm = Vec::with_capacity(WARM);
    for _ in 0..WARM {
        warm.push(milliseconds(answer(&mut function, side, &event).await));
    }
    warm.sort_by(f64::total_cmp);
    let warm_cpu = cpu(&mut function).await.saturating_sub(cold_cpu);
    let peak_mb = memory_mb(function.id(), "VmHWM");
    function.kill().await;
    Taken {
        init_ms: milliseconds(init),
        first_ms: milliseconds(first),
        cold_cpu_ms: milliseconds(cold_cpu),
        warm_p50_ms: percentile(&warm, 50),
        warm_cpu_us: milliseconds(warm_cpu) * 1e3 / WARM as f64,
        peak_mb,
    }
}

/// The event's answer, which has to be the cart; how long it took.
async fn answer(function: &mut Function, side: &str, event: &Value) -> Duration {
    let reply = function.invoke(event).await;
    let answer = reply.answer.value();
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    assert_eq!(body["version"], EVENTS_AT_FIRST, "{side}: {answer}\n{}", function.log());
    assert_eq!(body["lines"].as_array().map(Vec::len), Some(9), "{side}: {answer}");
    reply.took
}

/// As API Gateway words a GET, payload 2.0.
fn event(cart: Uuid) -> Value {
    let path = format!("/carts/{cart}");
    json!({
        "version": "2.0",
        "routeKey": "GET /carts/{id}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "host": "api.execute-api.us-east-1.amazonaws.com",
            "tillroll-cart-token": CART_TOKEN,
            "user-agent": "bench",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "api.execute-api.us-east-1.amazonaws.com",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "bench"},
            "requestId": "bench",
            "routeKey": "GET /carts/{id}",
            "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_305_600_000_u64,
        },
        "pathParameters": {"id": cart},
        "isBase64Encoded": false,
    })
}

/// CPU time that a function's process has used, all its living threads together: once it asks for the next event, because
/// the scheduler counts exactly what does not run. Its count in ticks would be as coarse as what is measured.
async fn cpu(function: &mut Function) -> Duration {
    function.ready().await.expect("it asks for the next event");
    let process = function.id();
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process is there");
    let used = threads.filter_map(|thread| {
        let counts = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        counts.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(used.sum())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
