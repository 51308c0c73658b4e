//! Import-shaped commits: how many events a second reach a streamed table, ours beside a bare SDK loop with the same
//! batching and concurrency. No pipeline runs.

use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::request::{AddItem, CloseCart, OpenCart, RequestedPrice};
use tillroll_core::cart::{Cart, CartRequest, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Atomicity, judge};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::dynamodb::tables::TableNames;
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::functions::command::{Origin, Sent};
use tillroll_host_lambda::repository::Repository;
use tillroll_local::clock::LocalClock;
use uuid::Uuid;

use crate::bare;
use crate::measure::median;
use crate::server::Server;

const ROUNDS: usize = 5;
const CARTS: usize = 3_000;
/// The mean of the data set: open, nine or ten lines, close.
const EVENTS_PER_CART: u64 = 12;
const CONCURRENCY: usize = 16;

pub(crate) fn run() {
    println!("\nwrites: {CARTS} new carts of {EVENTS_PER_CART} events, one transaction each, {CONCURRENCY} at a time,");
    println!("into a fresh streamed table in another process; events/s by wall time, {ROUNDS} rounds, medians.");
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (measure(true), measure(false))).collect();
    let (bare, ours): (Vec<f64>, Vec<f64>) = rounds.iter().copied().unzip();
    let ratio = median(rounds.iter().map(|(bare, ours)| ours / bare).collect());
    println!("    bare SDK: {:.0} events/s", median(bare));
    println!("    tillroll: {:.0} events/s", median(ours));
    println!("    tillroll / bare SDK: {ratio:.3} (median of the rounds' ratios)");
}

fn measure(bare_sdk: bool) -> f64 {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = server.client();
        let table = TableNames::default().events;
        let repository =
            Repository::<Cart, _>::new(Events::new(client.clone(), &table, Tokens::Omit, LocalClock::system()));
        let start = Instant::now();
        stream::iter(1..=CARTS)
            .map(|n| {
                let (client, table, repository) = (client.clone(), table.clone(), repository.clone());
                let cart = Uuid::from_u128(n as u128);
                tokio::spawn(async move {
                    if bare_sdk {
                        let items = (1..=EVENTS_PER_CART).map(|n| bare::item(cart, n, &format!("sku-{n}")));
                        bare::transact(&client, &table, items.collect()).await;
                    } else {
                        let mut aggregate = Versioned::new(StreamId::new(cart));
                        let asked: Vec<_> = basket(cart).iter().map(Sent::asked).collect();
                        judge(&mut aggregate, &asked, Terms::HISTORY, Atomicity::EachOnItsOwn);
                        let stored = repository.store(&mut aggregate, &circumstances()).await.expect("stored");
                        assert_eq!(stored.len() as u64, EVENTS_PER_CART);
                    }
                })
            })
            .buffer_unordered(CONCURRENCY)
            .for_each(|done| async { done.expect("written") })
            .await;
        CARTS as f64 * EVENTS_PER_CART as f64 / start.elapsed().as_secs_f64()
    })
}

fn circumstances() -> tillroll_core::recorded::Circumstances {
    let origin = Origin {
        source: "tillroll:import:bench".into(),
        reducer: Some("0123456789abcdef".into()),
        ..Origin::default()
    };
    origin.circumstances(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)
}

fn basket(cart: Uuid) -> Vec<Sent> {
    let sent = |step: &str, request| Sent { id: CommandId::new(Uuid::new_v5(&cart, step.as_bytes())), request };
    let open = sent("open", CartRequest::OpenCart(OpenCart::default()));
    let close = sent("close", CartRequest::CloseCart(CloseCart::default()));
    let adds = (1..EVENTS_PER_CART - 1).map(|n| {
        let sku = format!("sku-{n}");
        let price = Some(RequestedPrice { minor: 398, per: 2 });
        sent(
            &sku,
            CartRequest::AddItem(AddItem { item_name: sku.clone(), sku: Some(sku.clone()), quantity: Some(2), price }),
        )
    });
    [open].into_iter().chain(adds).chain([close]).collect()
}
