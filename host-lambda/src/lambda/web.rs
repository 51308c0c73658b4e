//! The two functions behind HTTP: an event becomes a request, somebody's or nobody's; the router answers; the answer goes
//! back whole or in chunks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use serde_json::value::RawValue;

use super::clock::SystemClock;
use super::configuration::{self, Streaming};
use super::invocation::{Answer, Answered, Failure, Invocation, Streamed};
use super::key_source::{IssuerKeys, verifier};
use super::metrics::{Metrics, Outcome};
use super::run::Function;
use crate::api::audience::Audience as _;
use crate::api::gateway::direct::Call;
use crate::api::gateway::{GatewayAnswer, GatewayEvent, Origins};
use crate::api::{Api, ApiRequest, ApiResponse, Ports, Problem, ResponseBody, Settings};
use crate::auth::{Operators, Verifier};
use crate::ports::Clock as _;
use crate::s3::S3Catalogue;

/// How old the catalogue may be.
pub const CATALOGUE_REFRESH: Duration = Duration::from_mins(1);

/// A function behind HTTP.
pub struct Web<P> {
    ports: P,
    settings: Settings,
    /// The router, made anew when the catalogue changes. What it remembers beside that is kindness.
    api: Mutex<Arc<Api<P>>>,
    catalogue: Option<S3Catalogue<SystemClock>>,
    verifier: Option<Verifier<IssuerKeys>>,
    origins: Origins,
    streaming: Streaming,
    direct: Option<String>,
    clock: SystemClock,
}

/// What such a function is made of beside its ports.
#[derive(Debug)]
pub struct Parts {
    /// What the router is told; the catalogue comes from below.
    pub settings: Settings,
    /// Prices and rules.
    pub catalogue: Option<S3Catalogue<SystemClock>>,
    /// Whose tokens count.
    pub issuer: Option<configuration::Issuer>,
    /// Who is an operator.
    pub operators: Operators,
    /// Pages that may call.
    pub cors_origins: Vec<String>,
    /// What is answered in chunks.
    pub streaming: Streaming,
    /// What a direct invocation means, if nothing else says so.
    pub direct: Option<String>,
    /// Time.
    pub clock: SystemClock,
}

impl<P: Ports + Clone> Web<P> {
    /// The function; reads the catalogue, so that prices are there from the first request on.
    pub async fn new(ports: P, made_of: Parts) -> Result<Self, Failure> {
        let Parts { mut settings, catalogue, issuer, operators, cors_origins, streaming, direct, clock } = made_of;
        if let Some(catalogue) = &catalogue {
            settings.catalogue = Some(catalogue.current().await?.as_ref().clone());
        }
        let api = Mutex::new(Arc::new(Api::new(ports.clone(), settings.clone())));
        let verifier = issuer.map(|issuer| verifier(&issuer, operators));
        let origins = Origins::new(cors_origins);
        Ok(Self { ports, settings, api, catalogue, verifier, origins, streaming, direct, clock })
    }

    /// The router with the catalogue as it is now.
    async fn api(&self) -> Result<Arc<Api<P>>, Failure> {
        let now = match &self.catalogue {
            Some(catalogue) => Some(catalogue.current().await?),
            None => None,
        };
        let mut api = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = now.filter(|now| api.prices() != Some(now.as_ref())) {
            let settings = Settings { catalogue: Some(now.as_ref().clone()), ..self.settings.clone() };
            *api = Arc::new(Api::new(self.ports.clone(), settings));
        }
        Ok(Arc::clone(&api))
    }

    async fn http(&self, event: &RawValue, invocation: &Invocation) -> Result<Answered, Failure> {
        let begun_ms = self.clock.elapsed_ms();
        let event = read(event)?;
        let in_chunks = self.streams(&event);
        let request = event.into_request(&invocation.trace_id);
        let response = self.respond(request).await?;
        let metrics = metrics_of(&response);
        let spent = Duration::from_millis(self.clock.elapsed_ms().saturating_sub(begun_ms));
        let answer = if in_chunks {
            Answer::Streamed(streamed(response, invocation.time.saturating_sub(spent)))
        } else {
            Answer::json(&GatewayAnswer::of(response).await)?
        };
        Ok(Answered { answer, metrics })
    }

    async fn respond(&self, mut request: ApiRequest) -> Result<ApiResponse, Failure> {
        if let Some(preflight) = self.origins.preflight(&request) {
            return Ok(preflight);
        }
        if let Some(verifier) = &self.verifier {
            match verifier.caller(&request, &self.clock).await {
                Ok(caller) => request.caller = caller,
                Err(problem) => {
                    let response = problem.into_response(request.trace_id());
                    return Ok(self.origins.answer(&request, response));
                }
            }
        }
        let response = self.api().await?.answer(&request).await;
        Ok(self.origins.answer(&request, response))
    }

    fn streams(&self, event: &GatewayEvent) -> bool {
        match self.streaming {
            Streaming::On => true,
            Streaming::Off => false,
            Streaming::FunctionUrl => event.is_of_function_url(),
        }
    }

    async fn direct(&self, event: &RawValue, invocation: &Invocation) -> Result<Answered, Failure> {
        let Some(call) = Call::of(&invocation.function_arn, self.direct.as_deref()) else { return Err(unknown_call()) };
        let api = self.api().await?;
        let done = P::Audience::direct(&api, call, event.get(), &invocation.request_id).await;
        let answer = done.ok_or_else(unknown_call)?;
        let answer = answer.map_err(|not_done| Failure { kind: not_done.code, message: not_done.message })?;
        Ok(Answered { answer: Answer::json(&answer)?, metrics: Metrics::default() })
    }
}

impl<P: Ports + Clone> Function for Web<P> {
    async fn answer(&self, event: &RawValue, invocation: &Invocation) -> Result<Answered, Failure> {
        if GatewayEvent::is_one(event.get()) {
            self.http(event, invocation).await
        } else {
            self.direct(event, invocation).await
        }
    }

    /// Who came over HTTP is told over HTTP.
    fn broken(&self, event: &RawValue, invocation: &Invocation, failure: Failure) -> Result<Answer, Failure> {
        let Ok(event) = read(event) else { return Err(failure) };
        let problem = match failure.kind {
            "TimedOut" => Problem::unavailable("the request took longer than it may").with("outcome", json!("unknown")),
            "Transient" => Problem::unavailable(failure.message),
            _ => Problem::new(500, "fault", "a part of the program broke; the log has more under the trace id"),
        };
        let in_chunks = self.streams(&event);
        let request = event.into_request(&invocation.trace_id);
        let response = self.origins.answer(&request, problem.into_response(request.trace_id()));
        if in_chunks {
            Ok(Answer::Streamed(streamed(response, invocation.time)))
        } else {
            Answer::json(&GatewayAnswer::of_whole(response))
        }
    }
}

fn unknown_call() -> Failure {
    let message = "the event is no HTTP request of payload 2.0; invoke the function by an alias that is named open_cart, \
                   add_item, close_cart or get_cart, or set TILLROLL_DIRECT";
    Failure { kind: "UnknownCall", message: message.to_owned() }
}

fn read(event: &RawValue) -> Result<GatewayEvent, Failure> {
    serde_json::from_str(event.get()).map_err(|error| Failure::unreadable("an HTTP request of payload 2.0", &error))
}

/// An answer in chunks, which end in good order when the function's time does.
fn streamed(response: ApiResponse, time: Duration) -> Streamed {
    let ApiResponse { status, headers, body } = response;
    let chunks = match body {
        ResponseBody::Whole(bytes) => stream::iter([Ok(bytes)]).boxed(),
        ResponseBody::Chunks(chunks) => chunks.map(Ok).take_until(Box::pin(tokio::time::sleep(time))).boxed(),
    };
    Streamed { status, headers, chunks }
}

fn metrics_of(response: &ApiResponse) -> Metrics {
    let of_status = |status| match status {
        409 | 412 => Outcome::Conflict,
        400..=499 => Outcome::Rejected,
        500.. => Outcome::Fault,
        _ => Outcome::Ok,
    };
    let outcome = if says_unknown(response) { Outcome::Unknown } else { of_status(response.status) };
    Metrics::of(outcome)
}

/// Whether a problem says that nobody knows what became of the request.
fn says_unknown(response: &ApiResponse) -> bool {
    const UNKNOWN: &[u8] = br#""outcome":"unknown""#;
    match &response.body {
        ResponseBody::Whole(body) if response.status == 503 => body.windows(UNKNOWN.len()).any(|part| part == UNKNOWN),
        ResponseBody::Whole(_) | ResponseBody::Chunks(_) => false,
    }
}
