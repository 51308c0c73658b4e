//! What a running system tells of a cart: its life so far, page by page, then every event as it comes; what was refused;
//! the system's own fingerprint of the state; delivery receipts.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::ports::Clock as _;
use tillroll_host_lambda::record::EventRecord;
use tillroll_local::clock::LocalClock;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::super::ask::by;
use super::super::cart::{Moment, State};
use super::super::client::Client;
use super::super::event_stream::Messages;
use super::super::failure::Failure;
use super::super::lists::List;
use super::super::tail::{PAUSE_MAX, PAUSE_MIN, Refused, SILENCE_MAX};
use super::model::{Action, Link, Stage};
use super::path_of;
use super::recording::Refusal;

/// How often refusals are asked for: they make no event that would tell of them.
const REFUSALS_EVERY: Duration = Duration::from_secs(3);

/// Nobody looks any more.
struct Gone;

/// Tells what happens to a cart until nobody looks any more.
pub(super) async fn follow(client: Client, cart: StreamId, to: Sender<Action>) -> Result<(), Failure> {
    let feed = Feed { client, cart, to };
    let refusals = async {
        while feed.refusals().await.is_ok() {
            tokio::time::sleep(REFUSALS_EVERY).await;
        }
    };
    tokio::select! {
        _ = feed.events() => {}
        () = refusals => {}
    }
    Ok(())
}

struct Feed {
    client: Client,
    cart: StreamId,
    to: Sender<Action>,
}

impl Feed {
    async fn tell(&self, action: Action) -> Result<(), Gone> {
        self.to.send(action).await.map_err(|_| Gone)
    }

    async fn events(&self) -> Result<(), Gone> {
        let mut newest = 0;
        let mut pause = PAUSE_MIN;
        loop {
            let broken = match self.catch_up(&mut newest).await {
                Ok(()) => self.live(&mut newest, &mut pause).await?,
                Err(Broken::Gone) => return Err(Gone),
                Err(Broken::Off(failure)) => Some(failure),
            };
            self.tell(Action::Now(LocalClock::system().now())).await?;
            self.tell(Action::Link(Link::Lost { since: LocalClock::system().now() })).await?;
            if let Some(Failure::Said { what, .. }) = broken {
                tracing::debug!(%what, "the stream of the cart ended");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Reads what there is, a page at a time, and lets the state be compared.
    async fn catch_up(&self, newest: &mut u64) -> Result<(), Broken> {
        let after = (*newest > 0).then(|| newest.to_string());
        let mut list = List::new(&self.client, path_of(self.cart) + "/events", "events", "after").from(after);
        loop {
            let page = list.next().await?;
            if page.is_empty() {
                break;
            }
            let events: Result<Vec<_>, _> =
                page.iter().map(|entry| EventRecord::from_json(entry.json().as_bytes())).collect();
            let events = events.map_err(|error| Failure::of(&error))?;
            *newest = events.last().map_or(*newest, |event| event.version);
            self.tell(Action::Arrived(events)).await?;
        }
        self.compare(*newest).await
    }

    async fn compare(&self, version: u64) -> Result<(), Broken> {
        if version > 0 {
            let view = State::fetch(&self.client, self.cart, Some(Moment::Version(version))).await?.view()?;
            let hash: Fingerprint = view.state_hash;
            self.tell(Action::Hash { version, hash }).await?;
        }
        Ok(())
    }

    /// Follows the stream until it breaks.
    async fn live(&self, newest: &mut u64, pause: &mut Duration) -> Result<Option<Failure>, Gone> {
        let path = path_of(self.cart) + "/stream";
        let response = match self.client.open_stream(&path, &[("after", newest.to_string())], None).await {
            Ok(response) => response,
            Err(Refused { failure, .. }) => return Ok(Some(failure)),
        };
        *pause = PAUSE_MIN;
        self.tell(Action::Link(Link::Live)).await?;
        let mut chunks = response.bytes_stream();
        let mut messages = Messages::default();
        while let Ok(Some(Ok(chunk))) = timeout(SILENCE_MAX, chunks.next()).await {
            messages.feed(&chunk);
            let mut events = Vec::new();
            loop {
                match messages.next() {
                    Ok(Some(message)) if message.data.is_empty() => {}
                    Ok(Some(message)) => match EventRecord::from_json(message.data.as_bytes()) {
                        Ok(event) => events.push(event),
                        Err(error) => return Ok(Some(Failure::of(&error))),
                    },
                    Ok(None) => break,
                    Err(error) => return Ok(Some(Failure::of(&error))),
                }
            }
            if let Some(last) = events.last() {
                *newest = last.version;
                self.tell(Action::Arrived(events)).await?;
            }
        }
        Ok(None)
    }

    async fn refusals(&self) -> Result<(), Gone> {
        // Whoever may not see them, and a system that does not answer, is told of by the events.
        let Ok(answer) = self.client.get(&(path_of(self.cart) + "/refusals"), &[]).await else { return Ok(()) };
        let Ok(list) = answer.read::<RefusalList>() else { return Ok(()) };
        self.tell(Action::Refused(list.refusals.into_iter().map(Refusal::from).collect())).await
    }
}

/// Why the events ended.
enum Broken {
    Gone,
    Off(Failure),
}

impl From<Gone> for Broken {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Off(failure)
    }
}

#[derive(Deserialize)]
struct RefusalList {
    refusals: Vec<RefusedCommand>,
}

#[derive(Deserialize)]
struct RefusedCommand {
    time: Timestamp,
    command_id: String,
    r#type: String,
    code: String,
    message: String,
    #[serde(default)]
    details: Value,
    version: u64,
    actor: Option<String>,
}

impl From<RefusedCommand> for Refusal {
    fn from(refused: RefusedCommand) -> Self {
        let RefusedCommand { time, command_id, r#type, code, message, details, version, actor } = refused;
        Self { time: Some(time), command_id, name: r#type, code, message, details, version, actor }
    }
}

/// How far an event has come.
pub(super) async fn receipt(client: &Client, cart: StreamId, version: u64) -> Result<Vec<Stage>, String> {
    let path = format!("{}/events/{version}/receipt", path_of(cart));
    let asked = async { client.get(&path, &[]).await?.accepted()?.read::<Receipt>() };
    match asked.await {
        Ok(receipt) => Ok(receipt.stages.into_iter().map(Stage::from).collect()),
        Err(Failure::Said { what, .. }) => Err(what),
        Err(Failure::OutputClosed) => Err(String::new()),
    }
}

/// Has the system write down why somebody wants to see who is behind a cart.
pub(super) async fn disclose(client: &Client, cart: StreamId, reason: &str) -> Result<(), String> {
    let body = json!({"reason": reason, "by": by(None)});
    let asked = async { client.post(&(path_of(cart) + "/disclosures"), &body).await?.accepted() };
    match asked.await {
        Ok(_) => Ok(()),
        Err(Failure::Said { what, .. }) => Err(what),
        Err(Failure::OutputClosed) => Err(String::new()),
    }
}

#[derive(Deserialize)]
struct Receipt {
    stages: Vec<ReceiptStage>,
}

#[derive(Deserialize)]
struct ReceiptStage {
    stage: String,
    state: String,
    at: Option<Timestamp>,
    shard: Option<String>,
    sequence_number: Option<Value>,
    key: Option<String>,
    line: Option<u64>,
    generation: Option<u32>,
    applied_version: Option<u64>,
    parked_at: Option<u64>,
    reason: Option<String>,
}

impl From<ReceiptStage> for Stage {
    fn from(stage: ReceiptStage) -> Self {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let detail = [
            stage.shard,
            stage.sequence_number.map(text),
            stage.key,
            stage.line.map(|line| format!("line {line}")),
            stage.generation.map(|generation| format!("generation {generation}")),
            stage.applied_version.map(|version| format!("applied up to {version}")),
            stage.parked_at.map(|version| format!("parked before {version}")),
            stage.reason,
        ];
        let detail = detail.into_iter().flatten().collect::<Vec<_>>().join(", ");
        Self { name: stage.stage, state: stage.state, at: stage.at, detail }
    }
}
