//! Live streams: how long after its acknowledgement an event is seen while 16 writers run, and what idle listeners cost.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::dev::Dev;
use crate::measure::{memory_mb, percentile};

const WRITERS: usize = 16;
const COMMANDS_PER_WRITER: usize = 200;
/// The first commands of each writer find cold caches and are not counted.
const COMMANDS_NOT_COUNTED: u64 = 10;
const LISTENERS: usize = 1_000;
/// Past the first sign of life, for which every listener looks at the table once.
const IDLE: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_mins(1);

/// Cart and version.
type Place = (Uuid, u64);

pub(crate) fn run() {
    println!(
        "\nsse: `tillroll dev` in a process of its own; {WRITERS} writers, {COMMANDS_PER_WRITER} commands each, one"
    );
    println!("after the other; a listener for each cart and one for all events; from the answer to the message.");
    with_dev(async |dev| delays(dev).await);
    println!("  {LISTENERS} idle listeners, resident memory of the process before them and {IDLE:?} after the last:");
    for path in ["/carts/CART/stream?after=1", "/events/stream"] {
        with_dev(async |dev| idle(dev, path).await);
    }
}

/// Measures a fresh system.
fn with_dev(measure: impl AsyncFnOnce(&Dev)) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (dev, _) = Dev::start(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&dev));
}

async fn delays(dev: &Dev) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let carts: Vec<Uuid> = (1..=WRITERS).map(|n| Uuid::from_u128(n as u128)).collect();
    join_all(carts.iter().map(|cart| open(&client, &dev.url, *cart))).await;

    let last = COMMANDS_PER_WRITER as u64 + 1;
    let of_all = {
        let (client, url) = (client.clone(), format!("{}/events/stream", dev.url));
        let messages = WRITERS * COMMANDS_PER_WRITER;
        listen(client, url, move |seen| seen.keys().filter(|(_, version)| *version > 1).count() >= messages).await
    };
    let mut of_carts = Vec::with_capacity(WRITERS);
    for cart in &carts {
        let (cart, url) = (*cart, format!("{}/carts/{cart}/stream?after=1", dev.url));
        of_carts.push(listen(client.clone(), url, move |seen| seen.contains_key(&(cart, last))).await);
    }

    let began = Instant::now();
    let writers = carts.iter().map(|cart| tokio::spawn(write(client.clone(), dev.url.clone(), *cart)));
    let mut acknowledged: HashMap<Place, Instant> = HashMap::new();
    for written in join_all(writers).await {
        acknowledged.extend(written.expect("written"));
    }
    let rate = acknowledged.len() as f64 / began.elapsed().as_secs_f64();
    let mut seen_by_carts = HashMap::new();
    for listener in of_carts {
        seen_by_carts.extend(listener.await.expect("heard everything"));
    }
    let seen_of_all = of_all.await.expect("heard everything");
    println!("    {} events acknowledged, {rate:.0} a second", acknowledged.len());
    report("a cart's stream", &acknowledged, &seen_by_carts);
    report("all events     ", &acknowledged, &seen_of_all);
}

fn report(name: &str, acknowledged: &HashMap<Place, Instant>, seen: &HashMap<Place, Instant>) {
    let counted = acknowledged.iter().filter(|((_, version), _)| *version > COMMANDS_NOT_COUNTED);
    let mut delays: Vec<f64> = counted
        .map(|(place, at)| seen.get(place).expect("every event is seen").saturating_duration_since(*at))
        .map(|delay| delay.as_secs_f64() * 1e3)
        .collect();
    delays.sort_by(f64::total_cmp);
    let (p50, p99, max) = (percentile(&delays, 50), percentile(&delays, 99), percentile(&delays, 100));
    println!("    {name}: p50 {p50:.1} ms, p99 {p99:.1} ms, longest {max:.1} ms after the acknowledgement");
}

async fn post(client: &reqwest::Client, url: String, body: Value) -> Value {
    let answer = client.post(url).json(&body).send().await.expect("an answer");
    answer.error_for_status().expect("accepted").json().await.expect("JSON")
}

async fn open(client: &reqwest::Client, url: &str, cart: Uuid) {
    let body = json!({"command_id": Uuid::new_v5(&cart, b"open"), "cart_id": cart, "currency": "EUR"});
    post(client, format!("{url}/carts"), body).await;
}

/// Writes one event after the other; when each was acknowledged.
async fn write(client: reqwest::Client, url: String, cart: Uuid) -> Vec<(Place, Instant)> {
    let mut acknowledged = Vec::with_capacity(COMMANDS_PER_WRITER);
    for step in 0..COMMANDS_PER_WRITER {
        let id = Uuid::new_v5(&cart, step.to_string().as_bytes());
        let data = json!({"item_name": format!("item {}", step % 20), "price": {"minor": 199}});
        let commands = json!({"commands": [{"command_id": id, "type": "AddItem", "data": data}]});
        let reply = post(&client, format!("{url}/carts/{cart}/commands"), commands).await;
        acknowledged.push(((cart, reply["version"].as_u64().expect("a version")), Instant::now()));
    }
    acknowledged
}

/// Opens a stream and notes in the background when each event came, until `done`.
async fn listen(
    client: reqwest::Client,
    url: String,
    done: impl Fn(&HashMap<Place, Instant>) -> bool + Send + 'static,
) -> tokio::task::JoinHandle<HashMap<Place, Instant>> {
    let response = client.get(url).send().await.expect("a stream").error_for_status().expect("a stream");
    tokio::spawn(async move {
        let mut chunks = response.bytes_stream();
        let (mut seen, mut rest) = (HashMap::new(), Vec::new());
        while !done(&seen) {
            let chunk = tokio::time::timeout(PATIENCE, chunks.next()).await.expect("in time").expect("an open stream");
            rest.extend_from_slice(&chunk.expect("bytes"));
            let now = Instant::now();
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let Some(data) = line.strip_prefix(b"data: ") else { continue };
                let event: Value = serde_json::from_slice(data).expect("an event");
                let cart = event["subject"].as_str().and_then(|cart| cart.parse().ok()).expect("a cart");
                seen.entry((cart, event["sequence"].as_u64().expect("a version"))).or_insert(now);
            }
        }
        seen
    })
}

async fn idle(dev: &Dev, path: &str) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let cart = Uuid::from_u128(1);
    open(&client, &dev.url, cart).await;
    let (address, path) = (dev.url.trim_start_matches("http://"), path.replace("CART", &cart.to_string()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = memory_mb(dev.process.id(), "VmRSS");
    let mut listeners = Vec::with_capacity(LISTENERS);
    for _ in 0..LISTENERS {
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        socket.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        while !answer.windows(6).any(|bytes| bytes == b"retry:") {
            let read = socket.read_buf(&mut answer).await.expect("read");
            let streams = b"HTTP/1.1 200".starts_with(answer.get(..12).unwrap_or_default());
            assert!(read > 0 && streams, "{}", String::from_utf8_lossy(&answer));
        }
        listeners.push(socket);
    }
    tokio::time::sleep(IDLE).await;
    let after = memory_mb(dev.process.id(), "VmRSS");
    println!("    {path}: {before:.1} MB before, {after:.1} MB after: {:.1} MB", after - before);
    drop(listeners);
}
