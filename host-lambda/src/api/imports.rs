//! `POST /imports`: one cart a line in, one answer a line out, in the same order.
//!
//! A line is `{"cart_id", "source", "commands": [{"command_id", "type", "data", "happened_at"?}]}`. Its answer says
//! `status`: `imported` (there are new events), `unchanged` (all of it was there already), `refused` (nothing new, and
//! commands were refused), `malformed` (the line was not read; `code`, `message`, `errors` as in a problem), `failed`
//! (something broke; send the line again if `retryable`). One bad line stops no other.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tillroll_core::id::StreamId;
use tillroll_core::text::Text;
use tillroll_core::time::Timestamp;

use super::commands::cart_request;
use super::request::{command_id, invalid_command_id};
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem, shape, strict_json};
use crate::functions::command::{Origin, Sent};
use crate::functions::import::{CartHistory, Happened, Imported, import_cart};
use crate::subscriptions::IMPORT_SOURCE_PREFIX;

/// The content type of imports, and of their answers.
const NDJSON: &str = "application/x-ndjson";
/// Longest line: a cart of some thousand commands.
const LINE_BYTES_MAX: usize = 1024 * 1024;
/// Lines that are read before the first of them is written, so that a large request needs little memory.
const WINDOW_LINES: usize = 256;
/// Carts of one request that are written at the same time: enough to keep a table busy, few enough to leave others
/// their share.
const CARTS_AT_ONCE: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    cart_id: String,
    source: String,
    commands: Vec<LineCommand>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineCommand {
    #[serde(default)]
    command_id: Value,
    r#type: String,
    data: Option<Value>,
    happened_at: Option<String>,
}

impl<P: Ports> Api<P> {
    pub(super) async fn imports(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let body = request.body_of(NDJSON)?;
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let lines: Vec<_> = lines.collect();
        let mut text = String::new();
        for window in lines.chunks(WINDOW_LINES) {
            for answer in self.import_window(request, window).await {
                text.push_str(&answer.to_string());
                text.push('\n');
            }
        }
        Ok(ApiResponse::text(200, NDJSON, text.into_bytes()))
    }

    /// Imports carts at the same time, but the lines of one cart one after the other. Answers in the order of lines.
    async fn import_window(&self, request: &ApiRequest, window: &[&[u8]]) -> Vec<Value> {
        let mut carts: BTreeMap<Result<StreamId, usize>, Vec<(usize, Read)>> = BTreeMap::new();
        for (index, line) in window.iter().enumerate() {
            let read = self.read_line(request, line);
            let key = read.as_ref().map(|history| history.cart).map_err(|_| index);
            carts.entry(key).or_default().push((index, read));
        }
        let imports = carts.into_values().map(|lines| self.import_lines(lines));
        let answers: Vec<_> = stream::iter(imports).buffer_unordered(CARTS_AT_ONCE).collect().await;
        let in_order: BTreeMap<usize, Value> = answers.into_iter().flatten().collect();
        in_order.into_values().collect()
    }

    async fn import_lines(&self, lines: Vec<(usize, Read)>) -> Vec<(usize, Value)> {
        let mut answers = Vec::with_capacity(lines.len());
        for (index, read) in lines {
            let answer = match read {
                Ok(history) => self.import_line(&history).await,
                Err(problem) => malformed_json(&problem),
            };
            answers.push((index, answer));
        }
        answers
    }

    async fn import_line(&self, history: &CartHistory) -> Value {
        let imported = import_cart(history, &self.carts(), self.ports.clock(), self.ports.news()).await;
        imported.map_or_else(
            |error| failed_json(history.cart, &error.into()),
            |imported| imported_json(history.cart, &imported),
        )
    }

    fn read_line(&self, request: &ApiRequest, line: &[u8]) -> Read {
        if line.len() > LINE_BYTES_MAX {
            let detail = format!("a line may have at most {LINE_BYTES_MAX} bytes");
            return Err(Problem::new(413, "body_too_large", detail));
        }
        let Line { cart_id, source, commands } = shape::read(&strict_json::parse(line)?)?;
        let wrong = |pointer: &str, detail: &str| {
            Problem::new(400, "malformed_json", "a member of the line has a wrong value").at(pointer, detail)
        };
        let cart = StreamId::from_str(&cart_id).ok().filter(|cart| !cart.uuid().is_nil());
        let cart = cart.ok_or_else(|| wrong("/cart_id", "expected a UUID in lower case, not nil"))?;
        let named = Text::parse(&source).filter(|text| text.as_str() == source);
        named.ok_or_else(|| wrong("/source", "expected 1 to 256 bytes without control characters"))?;
        if commands.is_empty() {
            return Err(wrong("/commands", "expected at least one command"));
        }
        let commands: Result<Vec<_>, _> = (0..).zip(&commands).map(|(index, command)| command.read(index)).collect();
        let origin = Origin {
            source: format!("{IMPORT_SOURCE_PREFIX}{source}"),
            reducer: Some(self.settings.reducer.clone()),
            traceparent: request.traceparent().map(str::to_owned),
            ..Origin::default()
        };
        Ok(CartHistory { cart, commands: commands?, origin })
    }
}

/// A line as it was read, or what is wrong with it.
type Read = Result<CartHistory, Problem>;

impl LineCommand {
    fn read(&self, index: usize) -> Result<Happened, Problem> {
        let place = format!("/commands/{index}");
        let id = self.command_id.as_str().and_then(command_id);
        let id = id.ok_or_else(|| invalid_command_id().at(format!("{place}/command_id"), "missing, or not an id"))?;
        let request = cart_request(&self.r#type, self.data.as_ref(), &place)?;
        let at = self.happened_at.as_deref().map(Timestamp::from_str).transpose().map_err(|not_a_time| {
            let problem = Problem::new(400, "malformed_json", "a member of the line has a wrong value");
            problem.at(format!("{place}/happened_at"), not_a_time.to_string())
        })?;
        Ok(Happened { sent: Sent { id, request }, at })
    }
}

fn imported_json(cart: StreamId, imported: &Imported) -> Value {
    let status = match (imported.events, imported.refused.is_empty()) {
        (0, true) => "unchanged",
        (0, false) => "refused",
        _ => "imported",
    };
    let refused = imported.refused.iter().map(|(id, refusal)| {
        json!({"command_id": id, "code": refusal.code(), "message": refusal.to_string(), "details": refusal})
    });
    json!({
        "cart_id": cart,
        "status": status,
        "version": imported.version,
        "events": imported.events,
        "refused": refused.collect::<Vec<_>>(),
        "total_minor": imported.total_minor,
    })
}

fn malformed_json(problem: &Problem) -> Value {
    json!({
        "cart_id": null,
        "status": "malformed",
        "code": problem.code(),
        "message": problem.detail(),
        "errors": problem.errors(),
    })
}

fn failed_json(cart: StreamId, problem: &Problem) -> Value {
    match problem.cause() {
        // Whoever imports sends the line again, and then it is as if nothing had been.
        Some(cause) if problem.is_retryable() => tracing::warn!(%cart, code = problem.code(), "import: {cause}"),
        Some(cause) => tracing::error!(%cart, code = problem.code(), "import: {cause}"),
        None => {}
    }
    json!({
        "cart_id": cart,
        "status": "failed",
        "code": problem.code(),
        "message": problem.detail(),
        "retryable": problem.is_retryable(),
    })
}
