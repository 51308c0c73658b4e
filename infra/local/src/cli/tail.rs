//! `tillroll tail`: events as they happen, of one cart or of all.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::record::{EventRecord, TYPE_PREFIX};
use tokio::time::timeout;

use super::Session;
use super::cart::{CartName, Moment, State};
use super::client::Client;
use super::event_stream::{Message, Messages};
use super::events::what;
use super::failure::{Ending, Failure, say};
use super::output::{Output, shown};

/// The stream says something every 15 seconds; after three times that its connection is dead.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(45);
/// First pause before the stream is opened again after it broke; it doubles.
pub(crate) const PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest such pause.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Carts whose currency is remembered; then all are forgotten, and asked for again.
const CURRENCIES_MAX: usize = 10_000;
/// The longest name of an event, so that what happened begins in one column.
const NAME_WIDTH: usize = 19;
/// Place of an event within its cart.
const VERSION_WIDTH: usize = 6;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints a line for each event: time, cart, version, event, and what happened.
It goes on until Ctrl+C, and comes back by itself when the system is restarted.

Examples:
  tillroll tail
  tillroll tail --type CartClosed --json
  tillroll tail 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21 --from 1")]
pub(crate) struct Arguments {
    /// The cart's id; all carts without it
    #[arg(value_name = "CART")]
    cart: Option<CartName>,
    /// Begin earlier than now: of a cart at this version; of all carts with `oldest`, or behind a place that an earlier
    /// `tail` ended with
    #[arg(long, value_name = "VERSION|oldest|PLACE")]
    from: Option<String>,
    /// Only events of this type, such as `ItemAdded`; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// End after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let client = session.client();
    let mut tail = Tail::begin(arguments, client, session.json()).await?;
    tokio::select! {
        ended = tail.follow(client) => return ended.map(|()| Ending::Fine),
        () = session.interrupt.raised() => {}
    }
    say(&tail.how_to_go_on());
    Ok(Ending::Interrupted)
}

/// What is followed, and how far it was printed.
struct Tail {
    cart: Option<StreamId>,
    types: Vec<String>,
    /// The query of a stream that was never opened.
    begin: Option<(&'static str, String)>,
    /// The last id.
    last: Option<String>,
    left: u64,
    json: bool,
    currencies: BTreeMap<StreamId, Option<String>>,
}

/// Why a stream ended.
enum Broken {
    /// It ended, or its connection did: the rest comes with the next one.
    Off,
    /// Nothing more to do.
    Done,
}

impl Tail {
    async fn begin(arguments: Arguments, client: &Client, json: bool) -> Result<Self, Failure> {
        let Arguments { cart, from, types, limit } = arguments;
        let cart = cart.map(|name| name.id()).transpose()?;
        let begin = match (cart, from) {
            (Some(cart), None) => Some(("after", State::fetch(client, cart, None).await?.view()?.version.to_string())),
            (Some(_), Some(from)) => {
                let version: u64 = from.parse().map_err(|_| {
                    Failure::misuse("--from must be a version of the cart").hint("`--from 1` shows its whole life")
                })?;
                Some(("after", version.saturating_sub(1).to_string()))
            }
            (None, None) => None,
            (None, Some(from)) if from == "oldest" => Some(("from", from)),
            (None, Some(place)) => Some(("after", place)),
        };
        let in_short = |name: String| name.strip_prefix(TYPE_PREFIX).map_or(name.clone(), str::to_owned);
        let types = types.into_iter().map(in_short).collect();
        let left = limit.unwrap_or(u64::MAX);
        Ok(Self { cart, types, begin, last: None, left, json, currencies: BTreeMap::new() })
    }

    /// Opens the stream again and again, behind the last id, so that nothing is lost or doubled.
    async fn follow(&mut self, client: &Client) -> Result<(), Failure> {
        let mut pause = PAUSE_MIN;
        let mut reached = false;
        loop {
            match self.open(client).await {
                Ok(response) => {
                    (pause, reached) = (PAUSE_MIN, true);
                    if matches!(self.read(client, response).await?, Broken::Done) {
                        return Ok(());
                    }
                }
                // The first one must work: a wrong address shall not be tried for ever.
                Err(Refused { failure, may_pass }) if !reached || !may_pass => return Err(failure),
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn open(&self, client: &Client) -> Result<reqwest::Response, Refused> {
        let path = self.cart.map_or_else(|| "/events/stream".to_owned(), |cart| format!("/carts/{cart}/stream"));
        let mut query: Vec<(&str, String)> = self.begin.clone().into_iter().collect();
        if self.cart.is_none() && !self.types.is_empty() {
            query.push(("type", self.types.join(",")));
        }
        client.open_stream(&path, &query, self.last.as_deref()).await
    }

    /// Prints what comes until the stream ends.
    async fn read(&mut self, client: &Client, response: reqwest::Response) -> Result<Broken, Failure> {
        let mut chunks = response.bytes_stream();
        let mut messages = Messages::default();
        // An error is a connection that broke; silence is one that nobody told.
        while let Ok(Some(Ok(chunk))) = timeout(SILENCE_MAX, chunks.next()).await {
            messages.feed(&chunk);
            while let Some(message) = messages.next().map_err(|error| Failure::of(&error))? {
                self.take(client, message).await?;
                if self.left == 0 {
                    return Ok(Broken::Done);
                }
            }
        }
        Ok(Broken::Off)
    }

    async fn take(&mut self, client: &Client, message: Message) -> Result<(), Failure> {
        if !message.data.is_empty() {
            let event = EventRecord::from_json(message.data.as_bytes()).map_err(|error| Failure::of(&error))?;
            // Of one cart everything comes, so that its ids are versions without holes.
            if self.types.is_empty() || self.types.contains(&event.name) {
                self.print(client, event, &message.data).await?;
                self.left -= 1;
            }
        }
        // After it was printed: whoever is stopped before goes on with it.
        self.last = message.id.or(self.last.take());
        Ok(())
    }

    async fn print(&mut self, client: &Client, event: EventRecord, json: &str) -> Result<(), Failure> {
        let line = if self.json { json.to_owned() } else { self.line(client, event).await };
        let mut output = Output::new();
        output.line(&line)?;
        output.end()
    }

    async fn line(&mut self, client: &Client, event: EventRecord) -> String {
        let circumstances = &event.circumstances;
        let time = circumstances.happened_at.or(circumstances.recorded_at);
        let time = time.map_or_else(String::new, |time| time.to_string());
        let currency = self.currency(client, &event).await;
        let (cart, version, name) = (event.stream, event.version, shown(&event.name).into_owned());
        let what = what(event, currency.as_deref());
        let cart = if self.cart.is_none() { format!("{cart}  ") } else { String::new() };
        let line = format!("{time:<24}  {cart}{version:>VERSION_WIDTH$}  {name:<NAME_WIDTH$}  {what}");
        line.trim_end().to_owned()
    }

    /// A cart's currency is in its first event; without it amounts have two decimals.
    async fn currency(&mut self, client: &Client, event: &EventRecord) -> Option<String> {
        let cart = event.stream;
        if event.version == 1 {
            let currency = event.data.get("currency").and_then(|code| code.as_str()).map(str::to_owned);
            self.remember(cart, currency);
        }
        if !self.currencies.contains_key(&cart) {
            let then = State::fetch(client, cart, Some(Moment::Version(1))).await;
            self.remember(cart, then.and_then(|state| state.view()).ok().and_then(|view| view.currency));
        }
        self.currencies.get(&cart).cloned().flatten()
    }

    fn remember(&mut self, cart: StreamId, currency: Option<String>) {
        if self.currencies.len() >= CURRENCIES_MAX {
            self.currencies.clear();
        }
        self.currencies.insert(cart, currency);
    }

    fn how_to_go_on(&self) -> String {
        let types = self.types.iter().fold(String::new(), |types, name| types + " --type " + &shown(name));
        match (self.cart, self.last.as_deref()) {
            (Some(cart), last) => {
                let printed = last.or(self.begin.as_ref().map(|(_, after)| after.as_str()));
                let next = printed.and_then(|version| version.parse::<u64>().ok()).map_or(1, |version| version + 1);
                format!("go on with: `tillroll tail {cart} --from {next}{types}`")
            }
            (None, Some(place)) => format!("go on with: `tillroll tail --from {}{types}`", shown(place)),
            (None, None) => format!("nothing has come yet; again with: `tillroll tail{types}`"),
        }
    }
}

/// A stream was not opened.
pub(crate) struct Refused {
    /// Why.
    pub(crate) failure: Failure,
    /// Whether it may work a little later.
    pub(crate) may_pass: bool,
}
