//! The HTTP API as a pure function: an [`ApiRequest`] in, an [`ApiResponse`] out, everything else behind ports.
//!
//! A front turns what its world has (a socket, an event of API Gateway or of a Function URL) into the one and back from
//! the other, and decides nothing. Local process and Lambda therefore answer alike to the byte.
//!
//! | module | routes |
//! |---|---|
//! | [`carts`] | `POST /carts`, `GET /carts/{id}` |
//! | [`commands`] | `POST /carts/{id}/commands` |
//! | [`diff`] | `GET /carts/{id}/diff` |
//! | [`events`] | `GET /carts/{id}/events` with long poll |
//! | [`imports`] | `POST /imports` |
//! | [`lists`] | `GET /carts`, `GET /suggestions` |
//! | [`pipeline`] | `GET /pipeline`, `GET /operations` |
//! | [`verify`] | `POST /verify`, `GET /verify`, `GET /verify/{id}` |
//! | [`dead_letters`] | `GET /dead-letters`, `GET /dead-letters/{id}`, `POST /dead-letters/redrive` |
//! | [`parked`] | `GET /parked`, `POST /parked/{cart}/resume` |
//! | [`stream`], [`all_events`] | `GET /carts/{id}/stream`, `GET /events/stream` |
//! | [`receipts`], [`refusals`] | `GET /carts/{id}/events/{version}/receipt`, `GET /carts/{id}/refusals` |
//! | [`histogram`] | `GET /carts/histogram` |
//! | [`replays`] | `/replays`, `/replays/{id}`, and `pause`, `resume`, `cancel`, `rollback` under it |
//! | [`openapi`] | `/openapi.json`, made from one table of all of these |
//! | [`health`] | `/catalogue`, `/healthz`, `/readyz`, `/version` |
//!
//! Beside them the values ([`request`], [`response`], [`problem`]), how strangers' JSON is read ([`strict_json`],
//! [`shape`]), and the front of functions on AWS ([`gateway`]).

mod accept;
pub mod all_events;
pub mod carts;
pub mod commands;
pub mod dead_letters;
pub mod diff;
pub mod events;
pub mod gateway;
pub mod health;
pub mod histogram;
pub mod imports;
pub mod lists;
mod log;
pub mod openapi;
pub mod parked;
pub mod pipeline;
pub mod problem;
mod rate;
pub mod receipts;
pub mod refusals;
pub mod replays;
pub mod request;
pub mod response;
pub mod shape;
pub mod sse;
pub mod stream;
pub mod strict_json;
#[cfg(test)]
mod tests;
mod turns;
pub mod verify;

mod motive;

use std::str::FromStr;
use std::sync::Arc;

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::catalogue::Actor;
use tillroll_core::cart::{Cart, Catalogue, Tariff, Terms};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;

pub use problem::Problem;
use rate::CartRates;
use refusals::Refusals;
pub use request::{ApiRequest, Body, Caller};
pub use response::{ApiResponse, Chunks, ResponseBody};
use sse::OpenStreams;
use turns::Turns;

use replays::RunChange;

use crate::functions::command::Origin;
use crate::ports::{
    Archive, Clock, DeadLetterQueue, EventFeed, EventTable, News, PipelineView, Progress, ReplayQueue, ReplayStarter,
    Rows, Runs,
};
use crate::repository::Repository;
use crate::verify::run::Verifications;

/// `source` of events that come in here.
pub const SOURCE: &str = "tillroll:api";

/// The adapters that a host gives the API.
pub trait Ports: Send + Sync + 'static {
    /// Whether this host has the routes of shoppers. A function that has not has no code for them either.
    const SHOPPERS: bool = true;
    /// Whether it has those of operators.
    const OPERATORS: bool = true;

    /// The event table.
    type Table: EventTable;
    /// Projections.
    type Rows: Rows;
    /// Replay runs.
    type Runs: Runs;
    /// Where the stages stand.
    type Progress: Progress;
    /// The archive.
    type Archive: Archive;
    /// The replay queues.
    type Queue: ReplayQueue;
    /// Time.
    type Clock: Clock;
    /// News of appends.
    type News: News;
    /// The event bus for onlookers.
    type Feed: EventFeed;
    /// How the pipeline is doing.
    type Pipeline: PipelineView;
    /// Messages that were given up.
    type DeadLetters: DeadLetterQueue;
    /// Comparisons of everything. The host runs them, because it knows where there is room to sort.
    type Verifications: Verifications;
    /// Whoever carries replays from step to step.
    type Starter: ReplayStarter;

    /// The event table.
    fn table(&self) -> &Self::Table;
    /// Projections.
    fn rows(&self) -> &Self::Rows;
    /// Replay runs.
    fn runs(&self) -> &Self::Runs;
    /// Where the stages stand.
    fn progress(&self) -> &Self::Progress;
    /// The archive.
    fn archive(&self) -> &Self::Archive;
    /// The replay queues.
    fn queue(&self) -> &Self::Queue;
    /// Time.
    fn clock(&self) -> &Self::Clock;
    /// News of appends.
    fn news(&self) -> &Self::News;
    /// The event bus for onlookers.
    fn feed(&self) -> &Self::Feed;
    /// How the pipeline is doing.
    fn pipeline(&self) -> &Self::Pipeline;
    /// Messages that were given up.
    fn dead_letters(&self) -> &Self::DeadLetters;
    /// Comparisons of everything.
    fn verifications(&self) -> &Self::Verifications;
    /// Whoever carries replays.
    fn starter(&self) -> &Self::Starter;
}

/// What a host decides once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Prices and rules, if the shop has a catalogue.
    pub catalogue: Option<Catalogue>,
    /// The first 16 hexadecimal digits of the reducer's hash.
    pub reducer: String,
    /// Version of the build.
    pub version: String,
    /// Whether shoppers reach their own carts only, signed in or by `Tillroll-Cart-Token`, and operators alone what is
    /// theirs. Off: every caller is trusted.
    pub check_owner: bool,
    /// Requests a second that may change one cart, as far as this process sees; `None` without limit.
    pub cart_rate: Option<u32>,
}

/// The API over a host's adapters.
#[derive(Debug)]
pub struct Api<P> {
    ports: Arc<P>,
    settings: Settings,
    turns: Turns,
    streams: OpenStreams,
    refusals: Refusals,
    rates: CartRates,
}

/// An answer, or why there is none as asked.
type Answer = Result<ApiResponse, Problem>;

impl<P: Ports> Api<P> {
    /// The API over these adapters.
    pub fn new(ports: P, settings: Settings) -> Self {
        Self {
            ports: Arc::new(ports),
            rates: CartRates::new(settings.cart_rate),
            settings,
            turns: Turns::default(),
            streams: OpenStreams::default(),
            refusals: Refusals::default(),
        }
    }

    /// The adapters.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// Prices and rules, as this router was told them.
    pub fn prices(&self) -> Option<&Catalogue> {
        self.settings.catalogue.as_ref()
    }

    /// The carts in the event table.
    fn carts(&self) -> Repository<Cart, &P::Table> {
        Repository::new(self.ports.table())
    }

    /// Answers one request. Never fails: a fault is an answer too.
    pub async fn answer(&self, request: &ApiRequest) -> ApiResponse {
        let begun_ms = self.ports.clock().elapsed_ms();
        let answered = self.route(request).await;
        let entry = log::Entry { request, duration_ms: self.ports.clock().elapsed_ms().saturating_sub(begun_ms) };
        let response = match answered {
            Ok(response) => entry.answered(response),
            Err(problem) => entry.refused(problem),
        };
        if request.method == "HEAD" { response.without_body() } else { response }
    }

    async fn route(&self, request: &ApiRequest) -> Answer {
        let route = Route::of(&request.path)?;
        // Conditions on constants: what a host has not got is not even compiled into it.
        if P::OPERATORS && route.is_for_operators(request) {
            let method = route.method(request)?;
            self.admit_operator(request, method)?;
            return self.route_of_operators(request, method, route).await;
        }
        if P::SHOPPERS && !route.is_for_operators(request) {
            let method = route.method(request)?;
            return self.route_of_shoppers(request, method, route).await;
        }
        Err(nothing_here())
    }

    async fn route_of_shoppers(&self, request: &ApiRequest, method: Method, route: Route) -> Answer {
        match (method, route) {
            (Method::Options, route) => Ok(allowed(&route)),
            (Method::Post, Route::Carts) => self.open_cart(request).await,
            (_, Route::Cart(cart)) => self.cart(request, cart).await,
            (_, Route::Commands(cart)) => self.commands(request, cart).await,
            (_, Route::Diff(cart)) => self.diff(request, cart).await,
            (_, Route::Events(cart)) => self.events(request, cart).await,
            (_, Route::Stream(cart)) => self.stream(request, cart).await,
            (_, Route::Refusals(cart)) => self.refusals(request, cart).await,
            (_, Route::Suggestions) => self.suggestions(request).await,
            (_, Route::Catalogue) => self.catalogue(request),
            (_, Route::Healthz) => Self::healthz(request),
            (_, Route::Readyz) => self.readyz(request).await,
            (_, Route::Version) => self.version(request),
            (_, Route::Description) => Self::description(request),
            (_, _) => Err(nothing_here()),
        }
    }

    async fn route_of_operators(&self, request: &ApiRequest, method: Method, route: Route) -> Answer {
        match (method, route) {
            (Method::Options, route) => Ok(allowed(&route)),
            (_, Route::Carts) => self.directory(request).await,
            (_, Route::Receipt(cart, version)) => self.receipt(request, cart, version).await,
            (_, Route::Histogram) => self.histogram(request).await,
            (_, Route::AllEvents) => self.all_events(request).await,
            (_, Route::Imports) => self.imports(request).await,
            (_, Route::Pipeline) => self.pipeline(request).await,
            (_, Route::Operations) => self.operations(request).await,
            (_, Route::DeadLetters) => self.dead_letters(request).await,
            (_, Route::DeadLetter(id)) => self.dead_letter(request, &id).await,
            (_, Route::Redrive) => self.redrive(request).await,
            (_, Route::Parked) => self.parked(request).await,
            (_, Route::ResumeParked(cart)) => self.resume_parked(request, cart).await,
            (Method::Post, Route::Replays) => self.start_replay(request).await,
            (_, Route::Replays) => self.replays(request).await,
            (_, Route::Replay(run)) => self.replay_of(request, &run).await,
            (_, Route::ReplayChange(run, change)) => self.change_replay(request, &run, change).await,
            (Method::Post, Route::Verify) => self.begin_verification(request).await,
            (_, Route::Verify) => self.newest_verification(request).await,
            (_, Route::Verification(id)) => self.verification(request, &id).await,
            (_, _) => Err(nothing_here()),
        }
    }

    /// Only operators may, where callers are checked; what methods there are everybody may ask.
    fn admit_operator(&self, request: &ApiRequest, method: Method) -> Result<(), Problem> {
        if !self.settings.check_owner || method == Method::Options {
            return Ok(());
        }
        match request.caller {
            Caller::Operator => Ok(()),
            Caller::Shopper { .. } => Err(Problem::not_an_operator()),
            Caller::Unknown => Err(Problem::token_needed()),
        }
    }

    fn terms<'a>(&'a self, caller: &'a Caller, token_hash: Option<&'a str>) -> Terms<'a> {
        let tariff = self.settings.catalogue.as_ref().map_or(Tariff::AsGiven, Tariff::Catalogue);
        Terms { tariff, actor: self.actor(caller, token_hash) }
    }

    fn actor<'a>(&self, caller: &'a Caller, token_hash: Option<&'a str>) -> Actor<'a> {
        match caller {
            _ if !self.settings.check_owner => Actor::Trusted,
            Caller::Operator => Actor::Trusted,
            Caller::Shopper { owner_ref } => Actor::Shopper { owner_ref: Some(owner_ref), token_hash },
            Caller::Unknown => Actor::Shopper { owner_ref: None, token_hash },
        }
    }

    /// Whether the cart exists and its caller may see it. A missing cart and a foreign one get the same answer.
    fn admit(&self, request: &ApiRequest, cart: &Versioned<Cart>) -> Result<(), Problem> {
        let token_hash = request.cart_token_hash();
        let Some(contents) = cart.state().contents() else { return Err(Problem::cart_not_found()) };
        if self.actor(&request.caller, token_hash.as_deref()).may_see(contents) {
            return Ok(());
        }
        tracing::warn!(cart = %cart.head().stream, trace_id = request.trace_id(), "a foreign cart was asked for");
        Err(Problem::cart_not_found())
    }

    fn origin(&self, request: &ApiRequest) -> Origin {
        Origin {
            source: SOURCE.to_owned(),
            correlation_id: request.correlation_id(),
            traceparent: request.traceparent().map(str::to_owned),
            actor: match &request.caller {
                Caller::Shopper { owner_ref } => Some(owner_ref.clone()),
                Caller::Operator | Caller::Unknown => None,
            },
            reducer: Some(self.settings.reducer.clone()),
        }
    }
}

/// Everything that has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Route {
    Carts,
    Cart(StreamId),
    Commands(StreamId),
    Diff(StreamId),
    Events(StreamId),
    Stream(StreamId),
    Receipt(StreamId, u64),
    Refusals(StreamId),
    Histogram,
    AllEvents,
    Imports,
    Suggestions,
    Pipeline,
    Operations,
    DeadLetters,
    DeadLetter(String),
    Redrive,
    Parked,
    ResumeParked(StreamId),
    Replays,
    Replay(String),
    ReplayChange(String, RunChange),
    Verify,
    Verification(String),
    Catalogue,
    Healthz,
    Readyz,
    Version,
    Description,
}

/// How an address is used. `HEAD` counts as `GET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Get,
    Post,
    Options,
}

impl Route {
    /// No segment of an address is ever decoded: a path trick is an address that nobody has.
    fn of(path: &str) -> Result<Self, Problem> {
        let cart = |text| StreamId::from_str(text).map_err(|_| Problem::cart_not_found());
        let segments: Vec<_> = path.strip_prefix('/').unwrap_or_default().split('/').collect();
        Ok(match segments.as_slice() {
            ["carts"] => Self::Carts,
            ["carts", "histogram"] => Self::Histogram,
            ["carts", id] => Self::Cart(cart(id)?),
            ["carts", id, "commands"] => Self::Commands(cart(id)?),
            ["carts", id, "diff"] => Self::Diff(cart(id)?),
            ["carts", id, "events"] => Self::Events(cart(id)?),
            ["carts", id, "stream"] => Self::Stream(cart(id)?),
            ["carts", id, "events", version, "receipt"] => {
                Self::Receipt(cart(id)?, request::whole_number(version).ok_or_else(carts::version_not_found)?)
            }
            ["carts", id, "refusals"] => Self::Refusals(cart(id)?),
            ["events", "stream"] => Self::AllEvents,
            ["imports"] => Self::Imports,
            ["suggestions"] => Self::Suggestions,
            ["pipeline"] => Self::Pipeline,
            ["operations"] => Self::Operations,
            ["dead-letters"] => Self::DeadLetters,
            ["dead-letters", "redrive"] => Self::Redrive,
            ["dead-letters", id] => Self::DeadLetter((*id).to_owned()),
            ["parked"] => Self::Parked,
            ["parked", id, "resume"] => Self::ResumeParked(cart(id)?),
            ["replays"] => Self::Replays,
            ["replays", run] => Self::Replay((*run).to_owned()),
            ["replays", run, change] => {
                let change = RunChange::of(change).ok_or_else(nothing_here)?;
                Self::ReplayChange((*run).to_owned(), change)
            }
            ["verify"] => Self::Verify,
            ["verify", id] => Self::Verification((*id).to_owned()),
            ["catalogue"] => Self::Catalogue,
            ["healthz"] => Self::Healthz,
            ["readyz"] => Self::Readyz,
            ["version"] => Self::Version,
            ["openapi.json"] => Self::Description,
            _ => return Err(nothing_here()),
        })
    }

    /// Whether it is of those who run the shop. Of the list of carts that is reading it; opening one is not.
    fn is_for_operators(&self, request: &ApiRequest) -> bool {
        match self {
            Self::Carts => request.method != "POST",
            Self::Cart(_)
            | Self::Commands(_)
            | Self::Diff(_)
            | Self::Events(_)
            | Self::Stream(_)
            | Self::Refusals(_)
            | Self::Suggestions
            | Self::Catalogue
            | Self::Healthz
            | Self::Readyz
            | Self::Version
            | Self::Description => false,
            Self::Receipt(..)
            | Self::Histogram
            | Self::AllEvents
            | Self::Imports
            | Self::Pipeline
            | Self::Operations
            | Self::DeadLetters
            | Self::DeadLetter(_)
            | Self::Redrive
            | Self::Parked
            | Self::ResumeParked(_)
            | Self::Replays
            | Self::Replay(_)
            | Self::ReplayChange(..)
            | Self::Verify
            | Self::Verification(_) => true,
        }
    }

    fn methods(&self) -> &'static [Method] {
        match self {
            Self::Carts | Self::Replays | Self::Verify => &[Method::Get, Method::Post],
            Self::Commands(_) | Self::Imports | Self::ReplayChange(..) | Self::Redrive | Self::ResumeParked(_) => {
                &[Method::Post]
            }
            Self::Cart(_)
            | Self::Diff(_)
            | Self::Events(_)
            | Self::Stream(_)
            | Self::AllEvents
            | Self::Receipt(..)
            | Self::Refusals(_)
            | Self::Histogram
            | Self::Suggestions
            | Self::Pipeline
            | Self::Operations
            | Self::DeadLetters
            | Self::DeadLetter(_)
            | Self::Parked
            | Self::Verification(_)
            | Self::Replay(_)
            | Self::Catalogue
            | Self::Healthz
            | Self::Readyz
            | Self::Version
            | Self::Description => &[Method::Get],
        }
    }

    fn method(&self, request: &ApiRequest) -> Result<Method, Problem> {
        let method = match request.method.as_str() {
            "GET" | "HEAD" => Some(Method::Get),
            "POST" => Some(Method::Post),
            "OPTIONS" => return Ok(Method::Options),
            _ => None,
        };
        method.filter(|method| self.methods().contains(method)).ok_or_else(|| Problem::method_not_allowed(self.allow()))
    }

    fn allow(&self) -> String {
        let names = self.methods().iter().map(|method| match method {
            Method::Get => "GET, HEAD",
            Method::Post => "POST",
            Method::Options => "OPTIONS",
        });
        names.chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
    }
}

fn allowed(route: &Route) -> ApiResponse {
    ApiResponse::empty(204).with("allow", route.allow())
}

fn nothing_here() -> Problem {
    Problem::not_found("there is nothing under this address")
}

/// Stands for the reducer in events and replies: two builds with the same one compute the same states. As long as the
/// reducer is built into the program and is no module of its own, that is the program's version.
#[must_use]
pub fn built_in_reducer() -> String {
    Fingerprint::of_bytes(concat!("tillroll ", env!("CARGO_PKG_VERSION")).as_bytes()).to_string()
}
