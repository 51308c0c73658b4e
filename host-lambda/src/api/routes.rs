//! Addresses and methods, and which route answers what. What is under an address is said here once: to callers, to who
//! may call, and to the description.

use std::str::FromStr;

use tillroll_core::id::StreamId;

use super::audience::Audience as _;
use super::replays::RunChange;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem, carts, request};

/// Everything that has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    Carts,
    Cart(StreamId),
    Commands(StreamId),
    Diff(StreamId),
    Disclosures(StreamId),
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
    ClearGenerations,
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
pub(super) enum Method {
    Get,
    Post,
    Options,
}

impl Route {
    /// No segment of an address is ever decoded: a path trick is an address that nobody has.
    pub(super) fn of(path: &str) -> Result<Self, Problem> {
        let cart = |text| StreamId::from_str(text).map_err(|_| Problem::cart_not_found());
        let segments: Vec<_> = path.strip_prefix('/').unwrap_or_default().split('/').collect();
        Ok(match segments.as_slice() {
            ["carts"] => Self::Carts,
            ["carts", "histogram"] => Self::Histogram,
            ["carts", id] => Self::Cart(cart(id)?),
            ["carts", id, "commands"] => Self::Commands(cart(id)?),
            ["carts", id, "diff"] => Self::Diff(cart(id)?),
            ["carts", id, "disclosures"] => Self::Disclosures(cart(id)?),
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
            ["generations", "clear"] => Self::ClearGenerations,
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
    pub(super) fn is_for_operators(&self, request: &ApiRequest) -> bool {
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
            | Self::Disclosures(_)
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
            | Self::ClearGenerations
            | Self::Verify
            | Self::Verification(_) => true,
        }
    }

    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Carts | Self::Replays | Self::Verify => &[Method::Get, Method::Post],
            Self::Commands(_)
            | Self::Disclosures(_)
            | Self::Imports
            | Self::ReplayChange(..)
            | Self::ClearGenerations
            | Self::Redrive
            | Self::ResumeParked(_) => &[Method::Post],
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

    pub(super) fn method(&self, request: &ApiRequest) -> Result<Method, Problem> {
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

impl<P: Ports> Api<P> {
    pub(super) async fn route(&self, request: &ApiRequest) -> Answer {
        let route = Route::of(&request.path)?;
        P::Audience::answer(self, request, route).await
    }

    pub(super) async fn route_of_shoppers(&self, request: &ApiRequest, method: Method, route: Route) -> Answer {
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

    pub(super) async fn route_of_operators(&self, request: &ApiRequest, method: Method, route: Route) -> Answer {
        match (method, route) {
            (Method::Options, route) => Ok(allowed(&route)),
            (_, Route::Carts) => self.directory(request).await,
            (_, Route::Receipt(cart, version)) => self.receipt(request, cart, version).await,
            (_, Route::Disclosures(cart)) => self.disclose(request, cart).await,
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
            (_, Route::ClearGenerations) => self.clear_generations(request).await,
            (_, Route::Replay(run)) => self.replay_of(request, &run).await,
            (_, Route::ReplayChange(run, change)) => self.change_replay(request, &run, change).await,
            (Method::Post, Route::Verify) => self.begin_verification(request).await,
            (_, Route::Verify) => self.newest_verification(request).await,
            (_, Route::Verification(id)) => self.verification(request, &id).await,
            (_, _) => Err(nothing_here()),
        }
    }
}

fn allowed(route: &Route) -> ApiResponse {
    ApiResponse::empty(204).with("allow", route.allow())
}

pub(super) fn nothing_here() -> Problem {
    Problem::not_found("there is nothing under this address")
}
