//! `POST /carts/{id}/commands`: the wire form of requests and replies of the command function.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tillroll_core::cart::{CartRequest, CartView};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::Atomicity;

use super::request::{command_id, invalid_command_id};
use super::response::etag;
use super::shape::At;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::functions::command::{
    CommandError, CommandReply, CommandRequest, CommandResult, MISSED_EVENTS_MAX, Sent, Verdict, command,
};
use crate::ports::Clock as _;
use crate::record::EventRecord;

/// Most commands in one request: their events fit in one commit.
pub const COMMANDS_MAX: usize = 25;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandsBody {
    commands: Vec<CommandBody>,
    #[serde(default)]
    atomic: bool,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandBody {
    #[serde(default)]
    command_id: Value,
    r#type: String,
    data: Option<Value>,
}

impl<P: Ports> Api<P> {
    pub(super) async fn commands(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        request.query(&[])?;
        let body: CommandsBody = request.json()?;
        let asked = CommandRequest {
            cart,
            commands: sent(request, &body.commands)?,
            atomicity: if body.atomic { Atomicity::AllOrNothing } else { Atomicity::EachOnItsOwn },
            dry_run: body.dry_run,
            if_match: request.if_match()?,
            origin: self.origin(request),
        };
        self.rates.take(cart, self.ports.clock().elapsed_ms())?;
        let reply = self.command(request, asked).await?;
        let mut json = self.reply_json(&reply);
        if body.dry_run {
            json.insert("dry_run".to_owned(), json!(true));
        }
        Ok(ApiResponse::json(200, &json).with("etag", etag(reply.cart.head().version)))
    }

    /// Runs the command function for the caller of `request`.
    pub(super) async fn command(
        &self,
        request: &ApiRequest,
        mut asked: CommandRequest,
    ) -> Result<CommandReply, Problem> {
        if asked.origin.correlation_id.is_none() {
            asked.origin.correlation_id = asked.commands.first().map(|first| first.id.to_string());
        }
        let token_hash = request.cart_token_hash();
        let terms = self.terms(&request.caller, token_hash.as_deref());
        let turn = self.turns.take(asked.cart).await;
        let reply = command(&asked, terms, &self.carts(), self.ports.clock(), self.ports.news()).await?;
        drop(turn);
        self.keep_refusals(request, &asked, &reply).await;
        Ok(reply)
    }

    /// The members of a reply.
    pub(super) fn reply_json(&self, reply: &CommandReply) -> Map<String, Value> {
        let state_hash = CartView::of(&reply.cart).map(|view| view.state_hash);
        let mut json = Map::new();
        json.insert("results".to_owned(), reply.results.iter().map(result_json).collect());
        json.insert("version".to_owned(), json!(reply.cart.head().version));
        json.insert("state_hash".to_owned(), json!(state_hash));
        json.insert("reducer".to_owned(), json!(self.settings.reducer));
        json
    }
}

/// The commands of a body, every shape and id checked.
fn sent(request: &ApiRequest, bodies: &[CommandBody]) -> Result<Vec<Sent>, Problem> {
    if bodies.is_empty() {
        let detail = "a request has at least one command";
        return Err(Problem::new(400, "malformed_json", detail).at("/commands", detail));
    }
    if bodies.len() > COMMANDS_MAX {
        let detail = format!("a request has at most {COMMANDS_MAX} commands");
        return Err(Problem::new(400, "too_many_commands", detail.as_str()).at("/commands", detail));
    }
    let key = request.idempotency_key()?;
    if key.is_some() && bodies.len() > 1 {
        return Err(Problem::invalid_header("Idempotency-Key is for requests of one command"));
    }
    let mut ids = BTreeSet::new();
    let mut sent = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.iter().enumerate() {
        let place = format!("/commands/{index}");
        let id = id_of(&body.command_id, key)
            .filter(|id| ids.insert(*id))
            .ok_or_else(|| invalid_command_id().at(format!("{place}/command_id"), "not an id of its own"))?;
        let request = cart_request(&body.r#type, body.data.as_ref(), &place)?;
        sent.push(Sent { id, request });
    }
    Ok(sent)
}

/// The id in the body, or the key in the header; when both are given they are the same.
pub(super) fn id_of(in_body: &Value, key: Option<CommandId>) -> Option<CommandId> {
    match (in_body, key) {
        (Value::Null, key) => key,
        (Value::String(text), None) => command_id(text),
        (Value::String(text), Some(key)) => command_id(text).filter(|id| *id == key),
        _ => None,
    }
}

/// A request by its wire name and data; data may be left out where all of its members may.
pub(super) fn cart_request(name: &str, data: Option<&Value>, place: &str) -> Result<CartRequest, Problem> {
    let none = Value::Object(Map::new());
    let read = CartRequest::deserialize_data(name, At(data.unwrap_or(&none)));
    let place_of = |pointer: String| format!("{place}{pointer}");
    match read {
        Ok(Some(request)) => Ok(request),
        Ok(None) => {
            let names: Vec<_> = CartRequest::SHAPES.iter().map(|(name, _)| *name).collect();
            let detail = format!("expected one of {}", names.join(", "));
            let problem = Problem::new(400, "unknown_command", "there is no such command");
            Err(problem.at(place_of("/type".to_owned()), detail))
        }
        Err(misfit) => {
            let misfit = misfit.under("data");
            Err(super::shape::Misfit { pointer: place_of(misfit.pointer), ..misfit }.into())
        }
    }
}

/// A result as the reply has it.
fn result_json(result: &CommandResult) -> Value {
    let id = result.command_id;
    match &result.verdict {
        Verdict::Accepted { version, events } => {
            json!({"command_id": id, "status": "accepted", "version": version, "events": events_json(events)})
        }
        Verdict::Noop { version } => json!({"command_id": id, "status": "noop", "version": version}),
        Verdict::Refused(refusal) => json!({
            "command_id": id,
            "status": "refused",
            "code": refusal.code(),
            "message": refusal.to_string(),
            "details": refusal,
        }),
        Verdict::Skipped => json!({"command_id": id, "status": "skipped"}),
    }
}

/// Events as the API shows them.
pub(super) fn events_json(events: &[EventRecord]) -> Value {
    events.iter().map(EventRecord::to_value).collect()
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::CartNotFound => Self::cart_not_found(),
            CommandError::VersionMismatch { version, missed } => {
                let newest = missed.last().map_or(version, |last| last.version);
                let cursor = (newest < version).then(|| newest.to_string());
                Self::new(412, "version_mismatch", detail)
                    .with("version", json!(version))
                    .with("events", events_json(&missed))
                    .with("cursor", json!(cursor))
                    .with_header("etag", etag(version))
            }
            CommandError::Contended => Self::conflict(detail),
            CommandError::TooLarge => Self::new(400, "too_many_commands", detail),
            CommandError::Fault(fault) => fault.into(),
        }
    }
}

// An answer carries as many missed events as one page of events.
const _: () = assert!(MISSED_EVENTS_MAX == super::events::EVENTS_PAGE_MAX);
