//! fetch + one-event store: client CPU per command, ours beside the bare SDK and dynamo-es doing the same.

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
#[cfg(feature = "peers")]
use crate::peers;
use crate::server::Server;

const ROUNDS: usize = 7;
/// Events in a cart before the first command; commands add to it.
pub(crate) const EVENTS_AT_FIRST: u64 = 10;
const COMMANDS_PER_CART: usize = 10;

struct Taken {
    cpu_us: f64,
    commands_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
}

type Carts = Repository<Cart, Events<LocalClock>>;

/// Who does the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// The SDK alone, whole items in and out.
    Bare,
    Tillroll,
    /// A transaction of one put, as it always does.
    #[cfg(feature = "peers")]
    DynamoEs,
}

impl Side {
    const ALL: &'static [Self] = &[
        Self::Bare,
        Self::Tillroll,
        #[cfg(feature = "peers")]
        Self::DynamoEs,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare SDK",
            Self::Tillroll => "tillroll",
            #[cfg(feature = "peers")]
            Self::DynamoEs => "dynamo-es 0.5.0",
        }
    }
}

pub(crate) fn run() {
    println!("\ncommand: a consistent query of a cart with 10 to 20 events, fold, decide, one conditional put.");
    println!("Server in another process, fresh for each peer and round; client on one thread; CPU of that thread.");
    for (writers, commands) in [(1, 600), (16, 1_920)] {
        let rounds: Vec<Vec<Taken>> = (0..ROUNDS).map(|round| side_by_side(round, writers, commands)).collect();
        println!("  {writers:2} writers, {commands} commands, {ROUNDS} rounds, medians");
        let of =
            |side: usize, figure: fn(&Taken) -> f64| median(rounds.iter().map(|taken| figure(&taken[side])).collect());
        let ratio =
            |side: usize, to: usize| median(rounds.iter().map(|taken| taken[side].cpu_us / taken[to].cpu_us).collect());
        for (number, side) in Side::ALL.iter().enumerate() {
            println!(
                "    {:<16} client CPU {:4.0} µs/command ({:.3} of bare SDK), {:5.0}/s, p50 {:.2} ms, p99 {:.2} ms, p99/p50 {:.2}",
                side.name(),
                of(number, |taken| taken.cpu_us),
                ratio(number, 0),
                of(number, |taken| taken.commands_per_s),
                of(number, |taken| taken.p50_ms),
                of(number, |taken| taken.p99_ms),
                of(number, |taken| taken.p99_ms / taken.p50_ms),
            );
        }
        for number in 2..Side::ALL.len() {
            println!("    tillroll / {}: {:.3}", Side::ALL[number].name(), ratio(1, number));
        }
    }
    println!("  The ratios are medians of the rounds' ratios.");
}

/// One round; who goes first changes from round to round.
fn side_by_side(round: usize, writers: usize, commands: usize) -> Vec<Taken> {
    let sides = Side::ALL.len();
    let mut taken: Vec<(usize, Taken)> = (0..sides)
        .map(|turn| (round + turn) % sides)
        .map(|side| (side, measure(writers, commands, Side::ALL[side])))
        .collect();
    taken.sort_by_key(|(side, _)| *side);
    taken.into_iter().map(|(_, taken)| taken).collect()
}

fn measure(writers: usize, commands: usize, side: Side) -> Taken {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let carts: Vec<Uuid> = (1..=commands / COMMANDS_PER_CART).map(|n| Uuid::from_u128(n as u128)).collect();
        let desk = Desk::open(side, server.client());
        desk.seed_all(&carts).await;
        let (wall, cpu, mut latencies) = (Instant::now(), thread_cpu(), Vec::with_capacity(commands));
        // A cart's commands follow each other; different carts go at once.
        let work = stream::iter(&carts).map(|cart| {
            let desk = &desk;
            async move {
                let mut taken = Vec::with_capacity(COMMANDS_PER_CART);
                for step in 0..COMMANDS_PER_CART {
                    let start = Instant::now();
                    desk.command(*cart, step).await;
                    taken.push(start.elapsed().as_secs_f64() * 1e3);
                }
                taken
            }
        });
        let mut work = work.buffer_unordered(writers);
        while let Some(taken) = work.next().await {
            latencies.extend(taken);
        }
        let cpu_us = thread_cpu().saturating_sub(cpu).as_secs_f64() * 1e6 / commands as f64;
        let commands_per_s = commands as f64 / wall.elapsed().as_secs_f64();
        latencies.sort_by(f64::total_cmp);
        Taken { cpu_us, commands_per_s, p50_ms: percentile(&latencies, 50), p99_ms: percentile(&latencies, 99) }
    })
}

/// Where one side's commands are done.
struct Desk {
    side: Side,
    client: Client,
    table: String,
    repository: Carts,
    news: ProcessNews<LocalClock>,
    #[cfg(feature = "peers")]
    framework: dynamo_es::DynamoCqrs<peers::Basket>,
}

impl Desk {
    fn open(side: Side, client: Client) -> Self {
        let table = TableNames::default().events;
        Self {
            side,
            repository: Carts::new(Events::new(client.clone(), &table, Tokens::Omit, LocalClock::system())),
            news: ProcessNews::new(LocalClock::system()),
            #[cfg(feature = "peers")]
            framework: peers::framework(&client),
            client,
            table,
        }
    }

    /// Every cart gets its first events, written in the same way for both that read them.
    async fn seed_all(&self, carts: &[Uuid]) {
        #[cfg(feature = "peers")]
        if self.side == Side::DynamoEs {
            peers::create_table(&self.client).await;
            let seed = |cart: Uuid| async move {
                for number in 1..=EVENTS_AT_FIRST {
                    peers::add(&self.framework, &cart.to_string(), format!("seed-{number}")).await;
                }
            };
            return stream::iter(carts).for_each_concurrent(16, |cart| seed(*cart)).await;
        }
        stream::iter(carts).for_each_concurrent(16, |cart| seed(&self.client, &self.table, *cart, None)).await;
    }

    async fn command(&self, cart: Uuid, step: usize) {
        match self.side {
            Side::Bare => {
                let newest = bare::fetch(&self.client, &self.table, cart).await;
                let item = bare::item(cart, newest + 1, &format!("sku-{step}"));
                bare::put(&self.client, &self.table, item).await;
            }
            Side::Tillroll => {
                let (request, clock) = (one_add(cart, step), LocalClock::system());
                let done = command(&request, Terms::AS_GIVEN, &self.repository, &clock, &self.news).await;
                assert_eq!(done.expect("accepted").results.len(), 1);
            }
            #[cfg(feature = "peers")]
            Side::DynamoEs => peers::add(&self.framework, &cart.to_string(), format!("sku-{step}")).await,
        }
    }
}

/// A cart with its first events; with the hash of a token, if somebody is to open it with one.
pub(crate) async fn seed(client: &Client, table: &str, cart: Uuid, token_hash: Option<String>) {
    let repository = Carts::new(Events::new(client.clone(), table, Tokens::Omit, LocalClock::system()));
    let open = CartRequest::OpenCart(OpenCart { token_hash, ..OpenCart::default() });
    let open = Sent { id: CommandId::new(Uuid::new_v5(&cart, b"open")), request: open };
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
