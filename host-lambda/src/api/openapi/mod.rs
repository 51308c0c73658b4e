//! `GET /openapi.json`: the API describes itself, in `OpenAPI` 3.1 with JSON Schema 2020-12.
//!
//! | module | |
//! |---|---|
//! | [`table`] | the one table of operations |
//! | [`problems`] | the one catalogue of problem codes |
//! | `parameters`, `shapes` | what they are made of, as types |
//! | `examples` | a story of requests, with the answers that a running system gave |
//!
//! Core has no schemas and needs none, so its wire types are described by types here that are never made. Tests hold
//! them to the real ones: the strict readers name the members and parameters they know, a running system answers every
//! example as it is written here, and `docs/openapi.json` is this document or the tests fail (`cargo xtask openapi`
//! writes it anew).

mod examples;
mod parameters;
pub mod problems;
pub(super) mod shapes;
pub mod table;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use tillroll_core::hash::Fingerprint;

pub use examples::{EXAMPLES, Example, Likeness};
use parameters::Place;
use table::{Answer, Content, Header, Operation, Tag, operations};

use super::response::etag;
use super::{Answer as Answered, Api, ApiRequest, ApiResponse, Ports};

const VERSION: &str = env!("CARGO_PKG_VERSION");

const ABOUT: &str = "\
An event-sourced shopping cart. Commands are asked for and answered one by one; what happened to a cart is never edited \
and can be seen at any moment of its life.

Every command has an id that its caller makes. The same id with the same content is answered again and changes nothing, \
for ever, so a request whose answer was lost is simply sent again.

Bodies are read strictly: one JSON document in UTF-8 without duplicate keys, at most 256 KiB and 16 levels deep, and no \
member or parameter that is not listed here. Whole numbers are written without a fraction: 4, not 4.0. A member that may \
be null may be left out. `HEAD` answers as `GET` does, without the body; `OPTIONS` lists the methods \
in `Allow`.";

/// The document as it is committed, which a test holds to the generated one: a program that only serves it needs nothing
/// of what makes it.
const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// Its entity tag.
static TAG: LazyLock<String> = LazyLock::new(|| etag(Fingerprint::of_bytes(DOCUMENT.as_bytes())));

impl<P: Ports> Api<P> {
    pub(super) fn description(request: &ApiRequest) -> Answered {
        request.query(&[])?;
        let response = if request.none_match(&TAG) {
            ApiResponse::empty(304)
        } else {
            ApiResponse::text(200, "application/json", DOCUMENT.as_bytes().to_vec())
        };
        Ok(response.with("etag", TAG.as_str()).with("cache-control", "no-cache"))
    }
}

/// What is taken and what is answered, each by name.
#[cfg(test)]
pub(super) fn shapes_of_both_rules() -> (Map<String, Value>, Map<String, Value>) {
    let mut shapes = Shapes::new();
    for operation in operations() {
        describe(&mut shapes, operation);
    }
    (shapes.taken.take_definitions(true), shapes.answered.take_definitions(true))
}

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut shapes = Shapes::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let described = describe(&mut shapes, operation);
        paths.entry(operation.path).or_default().insert(operation.verb.word().to_owned(), described);
    }
    let tags = Tag::ALL.map(|(tag, says)| json!({"name": tag.word(), "description": says}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tillroll",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": shapes.take()},
    })
}

/// The schemas with names. What is taken and what is answered is described by two rules: a member that may be null may
/// be left out of a request, and always stands in an answer.
struct Shapes {
    taken: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Shapes {
    fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings
        };
        let taken = settings().for_deserialize().into_generator();
        Self { taken, answered: settings().for_serialize().into_generator() }
    }

    /// All of them. No name stands for two shapes: a test holds it.
    fn take(&mut self) -> Map<String, Value> {
        let mut all = self.taken.take_definitions(true);
        all.extend(self.answered.take_definitions(true));
        all.values_mut().for_each(without_null_defaults);
        all
    }
}

/// Left out is null: to say it as a default says nothing.
fn without_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|name, value| name != "default" || !value.is_null());
            members.values_mut().for_each(without_null_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null_defaults),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn describe(shapes: &mut Shapes, operation: &Operation) -> Value {
    let told: Vec<&Example> = EXAMPLES.iter().filter(|example| example.operation == operation.id).collect();
    let mut answers = Map::new();
    for answer in operation.answers {
        answers.insert(answer.status.to_string(), describe_answer(&mut shapes.answered, answer));
    }
    for (status, codes) in problems_of(operation) {
        answers.insert(status.to_string(), problems::answer(&mut shapes.answered, &codes));
    }
    for example in &told {
        show_answer(&mut answers, example);
    }
    let parameters = operation.parameters.iter().map(|parameter| {
        let mut described = parameter.document(&mut shapes.taken);
        let shown = told.iter().filter_map(|example| Some((example.name, example.parameter(operation, parameter)?)));
        let shown: Map<_, _> = shown.map(|(name, value)| (name.to_owned(), json!({ "value": value }))).collect();
        if !shown.is_empty() {
            described["examples"] = shown.into();
        }
        described
    });
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag.word()],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters.collect::<Vec<_>>(),
    });
    if let Some((body, required)) = operation.body.content() {
        let mut content = contents(&mut shapes.taken, std::slice::from_ref(&body));
        let shown = told.iter().map(|example| {
            let value = example.request_body();
            (example.name.to_owned(), json!({"summary": example.summary, "value": value}))
        });
        content[body.media]["examples"] = shown.collect::<Map<_, _>>().into();
        described["requestBody"] = json!({"required": required, "content": content});
    }
    described["responses"] = answers.into();
    described
}

/// The problem codes of an operation by status.
fn problems_of(operation: &Operation) -> BTreeMap<u16, Vec<String>> {
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in operation.problems.iter().flat_map(|group| group.iter()) {
        let status = problems::known(code).map_or(500, |(status, _)| status);
        by_status.entry(status).or_default().push((*code).to_owned());
    }
    if !operation.refusals.is_empty() {
        by_status.entry(422).or_default().extend(operation.refusals.iter().map(|code| (*code).to_owned()));
    }
    by_status
}

fn describe_answer(generator: &mut SchemaGenerator, answer: &Answer) -> Value {
    let headers = answer.headers.iter().map(|header| match header {
        Header::ETag => ("ETag".to_owned(), json!({
            "required": true, "description": "Names what is answered.", "schema": {"type": "string", "pattern": "^\"[!#-~]*\"$"},
        })),
        Header::Location => ("Location".to_owned(), json!({
            "required": true, "description": "Where it can be looked at.", "schema": {"type": "string", "pattern": "^/"},
        })),
    });
    let headers: Map<String, Value> = headers.collect();
    let mut described = json!({"description": answer.description, "headers": headers});
    if !answer.content.is_empty() {
        described["content"] = contents(generator, answer.content);
    }
    described
}

fn contents(generator: &mut SchemaGenerator, contents: &[Content]) -> Value {
    let of = |content: &Content| (content.media.to_owned(), json!({"schema": (content.schema)(generator)}));
    contents.iter().map(of).collect::<Map<_, _>>().into()
}

/// Puts the answer of an example beside its schema.
fn show_answer(answers: &mut Map<String, Value>, example: &Example) {
    let answer = answers.get_mut(&example.status.to_string()).and_then(|answer| answer.get_mut("content"));
    let media = answer.and_then(Value::as_object_mut).and_then(|content| content.values_mut().next());
    if let (Some(media), Some(value)) = (media, example.answer()) {
        media["examples"][example.name] = json!({"summary": example.summary, "value": value});
    }
}

impl Example {
    /// What it says for a parameter of its operation.
    fn parameter(&self, operation: &Operation, parameter: &parameters::Parameter) -> Option<Value> {
        let text = match parameter.place {
            Place::Path => {
                let mut segments = operation.path.split('/').zip(self.path.split('/'));
                segments.find(|(written, _)| written.trim_matches(['{', '}']) == parameter.name)?.1
            }
            Place::Query => {
                let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(name, _)| *name == parameter.name)?.1
            }
            Place::Header => self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(parameter.name))?.1,
        };
        let whole = matches!(parameter.kind, parameters::Kind::Whole { .. });
        let number = text.parse::<u64>().ok().filter(|_| whole);
        Some(number.map_or_else(|| json!(text), |number| json!(number)))
    }
}
