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
//! | [`disclosures`] | `POST /carts/{id}/disclosures` |
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
//! | [`generations`] | `POST /generations/clear` |
//! | [`replays`] | `/replays`, `/replays/{id}`, and `pause`, `resume`, `cancel`, `rollback` under it |
//! | [`openapi`] | `/openapi.json`, made from one table of all of these |
//! | [`health`] | `/catalogue`, `/healthz`, `/readyz`, `/version` |
//!
//! What a host brings is in `host`, addresses are in `routes`, who may do what is in `admission`.
//!
//! Beside them the values ([`request`], [`response`], [`problem`]), how strangers' JSON is read ([`strict_json`],
//! [`shape`]), and the front of functions on AWS ([`gateway`]).

mod accept;
mod admission;
pub mod all_events;
pub mod audience;
pub mod carts;
pub mod commands;
pub mod dead_letters;
pub mod diff;
pub mod disclosures;
pub mod events;
pub mod gateway;
pub mod generations;
pub mod health;
pub mod histogram;
mod host;
pub mod imports;
pub mod lists;
mod log;
mod motive;
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
mod routes;
pub mod shape;
pub mod sse;
pub mod stream;
pub mod strict_json;
#[cfg(test)]
mod tests;
mod turns;
pub mod verify;

use std::sync::Arc;

use tillroll_core::cart::{Cart, Catalogue};

pub use admission::SOURCE;
pub use host::{Ports, Settings, built_in_reducer};
pub use problem::Problem;
use rate::CartRates;
use refusals::Refusals;
pub use request::{ApiRequest, Body, Caller};
pub use response::{ApiResponse, Chunks, ResponseBody};
use sse::OpenStreams;
use turns::Turns;

use crate::ports::Clock as _;
use crate::repository::Repository;

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
}
