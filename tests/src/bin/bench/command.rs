//! fetch + one-event store: client CPU per command, ours beside the bare SDK doing the same.

use std::time::Instant;

use aws_sdk_dynamodb::Client;
use futures_util::StreamExt as _;
use futures_util::stream;
use tillroll_core::cart::request::{AddItem, OpenCart, RequestedPrice};
use tillroll_core::cart::{Cart, CartRequest, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::Atomicity;
use tillroll_host_lambda::dynamodb::tables::TableNames;
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::functions::command::{CommandRequest, Origin, Sent, command};
use tillroll_host_lambda::memory::ProcessNews;
use tillroll_host_lambda::repository::Repository;
use tillroll_local::clock::LocalClock;
use uuid::Uuid;

use crate::bare;
use crate::measure::{median, percentile, thread_cpu};
use crate::server::Server;

const ROUNDS: usize = 7;
/// Events in a cart before the first command; commands add to it.
const EVENTS_AT_FIRST: u64 = 10;
const COMMANDS_PER_CART: usize = 10;

struct Taken {
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
}

type Carts = Repository<Cart, Events<LocalClock>>;

pub(crate) fn run() {
    println!("\ncommand: a consistent query of a cart with 10 to 20 events, fold, decide, one conditional put.");
    println!("Server in another process, fresh for each peer and round; client on one thread; CPU of that thread.");
    for (writers, commands) in [(1, 600), (16, 1_920)] {
        let rounds: Vec<(Taken, Taken)> = (0..ROUNDS).map(|round| side_by_side(round, writers, commands)).collect();
        let ratio = median(rounds.iter().map(|(bare, ours)| ours.cpu_us / bare.cpu_us).collect());
        let of = |figure: fn(&Taken) -> f64, ours: bool| {
            median(rounds.iter().map(|(bare, own)| figure(if ours { own } else { bare })).collect())
        };
        println!("  {writers:2} writers, {commands} commands, {ROUNDS} rounds, medians");
        for (name, ours) in [("bare SDK", false), ("tillroll", true)] {
            let (cpu, p50, p99) = (of(|t| t.cpu_us, ours), of(|t| t.p50_ms, ours), of(|t| t.p99_ms, ours));
            println!("    {name}: client CPU {cpu:.0} µs/command, p50 {p50:.2} ms, p99 {p99:.2} ms");
        }
        println!("    client CPU, tillroll / bare SDK: {ratio:.3} (median of the rounds' ratios)");
    }
}

/// One round; who goes first changes from round to round.
fn side_by_side(round: usize, writers: usize, commands: usize) -> (Taken, Taken) {
    if round.is_multiple_of(2) {
        (measure(writers, commands, true), measure(writers, commands, false))
    } else {
        let ours = measure(writers, commands, false);
        (measure(writers, commands, true), ours)
    }
}

fn measure(writers: usize, commands: usize, bare_sdk: bool) -> Taken {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = server.client();
        let table = TableNames::default().events;
        let carts: Vec<Uuid> = (1..=commands / COMMANDS_PER_CART).map(|n| Uuid::from_u128(n as u128)).collect();
        let repository = Carts::new(Events::new(client.clone(), &table, Tokens::Omit, LocalClock::system()));
        let news = ProcessNews::new(LocalClock::system());
        stream::iter(&carts).for_each_concurrent(16, |cart| seed(&client, &table, *cart)).await;

        let (cpu, mut latencies) = (thread_cpu(), Vec::with_capacity(commands));
        // A cart's commands follow each other; different carts go at once.
        let work = stream::iter(&carts).map(|cart| {
            let (client, table, repository, news) = (&client, &table, &repository, &news);
            async move {
                let mut taken = Vec::with_capacity(COMMANDS_PER_CART);
                for step in 0..COMMANDS_PER_CART {
                    let start = Instant::now();
                    if bare_sdk {
                        let newest = bare::fetch(client, table, *cart).await;
                        bare::put(client, table, bare::item(*cart, newest + 1, &format!("sku-{step}"))).await;
                    } else {
                        let request = one_add(*cart, step);
                        let clock = LocalClock::system();
                        let done = command(&request, Terms::AS_GIVEN, repository, &clock, news).await;
                        assert_eq!(done.expect("accepted").results.len(), 1);
                    }
                    taken.push(start.elapsed().as_secs_f64() * 1e3);
                }
                taken
            }
        });
        let mut work = work.buffer_unordered(writers);
        while let Some(taken) = work.next().await {
            latencies.extend(taken);
        }
        let cpu = thread_cpu().saturating_sub(cpu).as_secs_f64() * 1e6 / commands as f64;
        latencies.sort_by(f64::total_cmp);
        Taken { cpu_us: cpu, p50_ms: percentile(&latencies, 50), p99_ms: percentile(&latencies, 99) }
    })
}

/// A cart with its first events, written the same way for both.
async fn seed(client: &Client, table: &str, cart: Uuid) {
    let repository = Carts::new(Events::new(client.clone(), table, Tokens::Omit, LocalClock::system()));
    let open =
        Sent { id: CommandId::new(Uuid::new_v5(&cart, b"open")), request: CartRequest::OpenCart(OpenCart::default()) };
    let adds = (1..EVENTS_AT_FIRST).map(|n| add(cart, &format!("seed-{n}")));
    let request = CommandRequest { commands: [open].into_iter().chain(adds).collect(), ..one_add(cart, 0) };
    let clock = LocalClock::system();
    let news = ProcessNews::new(LocalClock::system());
    command(&request, Terms::AS_GIVEN, &repository, &clock, &news).await.expect("seeded");
}

fn add(cart: Uuid, sku: &str) -> Sent {
    let price = Some(RequestedPrice { minor: 398, per: 2 });
    let request =
        CartRequest::AddItem(AddItem { item_name: sku.into(), sku: Some(sku.into()), quantity: Some(2), price });
    Sent { id: CommandId::new(Uuid::new_v5(&cart, sku.as_bytes())), request }
}

fn one_add(cart: Uuid, step: usize) -> CommandRequest {
    CommandRequest {
        cart: StreamId::new(cart),
        commands: vec![add(cart, &format!("sku-{step}"))],
        atomicity: Atomicity::EachOnItsOwn,
        dry_run: false,
        if_match: None,
        origin: Origin {
            source: "tillroll:api".into(),
            correlation_id: Some(Uuid::new_v5(&cart, b"command").to_string()),
            reducer: Some("0123456789abcdef".into()),
            ..Origin::default()
        },
    }
}
