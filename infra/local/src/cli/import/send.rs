//! Carts to `POST /imports`, several requests at a time. Answers are taken in the order of the carts, so that a report
//! reads like the file. What was answered is stored; what was not is sent again, which is safe, because the system
//! knows commands by their ids.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tillroll_local::import::{self, Carts, ImportError};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::request::{Answered, CartAnswer, Cutter, Refused, Request, SentCart};
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::interrupt::Interrupt;
use crate::cli::progress::Progress;

/// Keeps the system's writers busy while answers travel. The table takes one commit at a time and the system writes
/// sixteen carts of a request at once, so more would only wait there until their writes time out.
const REQUESTS_IN_FLIGHT: usize = 2;
/// With pauses of 0.1, 0.2, … at most 5 seconds this is half a minute: a system that restarts is back by then.
const TRIES_MAX: u32 = 11;
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Refusals and failures that a report names; all are counted.
const KEPT_MAX: usize = 20;

/// What came of sending.
#[derive(Debug, Default)]
pub(super) struct Landed {
    /// What was read.
    pub(super) read: import::Report,
    /// Carts that the system has now.
    pub(super) carts: u64,
    /// Those of them to which nothing was added.
    pub(super) carts_unchanged: u64,
    /// Events written now, as far as answers came: a write whose answer was lost is found to be there already.
    pub(super) events: u64,
    /// Events that the carts have in the system, from earlier imports too.
    pub(super) events_stored: u64,
    /// What the carts come to in the system, in minor units.
    pub(super) stored_minor: u128,
    /// Commands that the system refused.
    pub(super) refused: u64,
    /// The first of them.
    pub(super) refusals: Vec<Refusal>,
    /// Carts that the system did not take.
    pub(super) failed: u64,
    /// The first of them.
    pub(super) failures: Vec<Refusal>,
    /// Ctrl+C came before the end.
    pub(super) stopped: bool,
}

/// A command or a cart that the system did not take, with the place it came from.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Refusal {
    /// The file's row, from 1, header not counted: the command's, or the cart's first.
    pub(super) row: u64,
    /// What the file has in the cart column.
    pub(super) cart: String,
    /// The cart.
    pub(super) cart_id: uuid::Uuid,
    /// The stable code.
    pub(super) code: String,
    /// For people.
    pub(super) message: String,
}

/// Sends all carts, unless Ctrl+C comes: then what is on its way is waited for.
pub(super) async fn send(
    carts: Carts,
    client: &Client,
    interrupt: &Interrupt,
    mut progress: Progress,
) -> Result<Landed, Failure> {
    let total = carts.total();
    let (requests, cut) = mpsc::channel(REQUESTS_IN_FLIGHT);
    let cutting = spawn_blocking({
        let interrupt = interrupt.clone();
        move || cut_requests(carts, &interrupt, &requests)
    });
    let cut = stream::unfold(cut, |mut cut| async { cut.recv().await.map(|request| (request, cut)) });
    let answers = cut.map(|request| deliver(request, client, interrupt)).buffered(REQUESTS_IN_FLIGHT);
    let mut answers = std::pin::pin!(answers);
    let mut landed = Landed::default();
    while let Some(answer) = answers.next().await {
        for (cart, answered) in answer? {
            landed.take(&cart, answered);
        }
        progress.at(landed.carts + landed.failed, total);
    }
    progress.end();
    landed.read = cutting.await.map_err(|error| Failure::of(&error))?.map_err(|error| Failure::of(&error))?;
    landed.stopped = landed.carts + landed.failed < total;
    Ok(landed)
}

/// Cuts carts into requests until there are no more, Ctrl+C, or nobody takes them. Runs on a thread of its own,
/// because carts come from a database.
fn cut_requests(
    mut carts: Carts,
    interrupt: &Interrupt,
    requests: &mpsc::Sender<Request>,
) -> Result<import::Report, ImportError> {
    let mut cutter = Cutter::default();
    while let Some(cart) = carts.next() {
        // A request that nobody takes: the sending has failed, which is told there.
        let refused = cutter.add(&cart?).is_some_and(|full| requests.blocking_send(full).is_err());
        if refused || interrupt.is_raised() {
            return Ok(carts.report().clone());
        }
    }
    if let Some(rest) = cutter.rest() {
        let _ = requests.blocking_send(rest);
    }
    Ok(carts.report().clone())
}

/// Sends one request until each of its carts is answered. Carts that were not answered when Ctrl+C came are left out.
async fn deliver(mut request: Request, client: &Client, interrupt: &Interrupt) -> Result<Vec<CartAnswer>, Failure> {
    let mut pause = PAUSE_FIRST;
    let mut done = Vec::with_capacity(request.carts());
    for tries_left in (0..TRIES_MAX).rev() {
        let posted = client.post_ndjson("/imports", request.body()).await;
        let trouble = match posted {
            Ok(answer) if !answer.status.is_success() && answer.problem().retryable => answer.failure(),
            Ok(answer) => {
                let (answered, again) = request.answered(&answer.accepted()?, tries_left > 0)?;
                done.extend(answered);
                match again {
                    None => return Ok(done),
                    Some(again) => request = again,
                }
                Failure::new("the system did not get all carts stored")
            }
            Err(error) => client.unreachable(&error),
        };
        if tries_left == 0 {
            return Err(trouble.hint("what was answered is stored; the same command again goes on from there"));
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt.raised() => break,
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
    Ok(done)
}

impl Landed {
    fn take(&mut self, cart: &SentCart, answered: Answered) {
        match answered {
            Answered::Landed { events, version, total_minor, refused } => {
                self.carts += 1;
                self.carts_unchanged += u64::from(events == 0);
                self.events += events;
                self.events_stored += version;
                self.stored_minor += u128::from(total_minor);
                self.refused += refused.len() as u64;
                for Refused { command_id, code, message } in refused {
                    let row = cart.row_of(command_id);
                    keep(&mut self.refusals, || cart.refusal(row, code, message));
                }
            }
            Answered::Failed { code, message } => {
                self.failed += 1;
                keep(&mut self.failures, || cart.refusal(cart.first_row(), code, message));
            }
        }
    }
}

fn keep(kept: &mut Vec<Refusal>, refusal: impl FnOnce() -> Refusal) {
    if kept.len() < KEPT_MAX {
        kept.push(refusal());
    }
}
