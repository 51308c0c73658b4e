//! A walk through the state machine of `infra/aws`, as far as its states go: Task, Choice, Wait, Map, Succeed, Fail.
//! Every word of the definition that this does not know stops the test.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::*;
use crate::functions::replay::work::{REMAINDER_MS, Task};

const DEFINITION: &str = include_str!("../../../../../infra/aws/machines/replay.asl.json");
/// Most states that an execution enters here.
const STATES_MAX: usize = 10_000;
/// What one call may take: a few slices.
const CALL_MS: i64 = REMAINDER_MS + 5_000;

/// How an execution ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Succeeded(&'static str),
    Failed,
}

/// One execution, or one child of a map: where it is, and what it has.
struct Walk<'a> {
    states: &'a Map<String, Value>,
    at: String,
    input: Value,
}

pub(super) fn definition() -> Value {
    serde_json::from_str(&DEFINITION.replace("${function}", "replay")).unwrap()
}

/// Runs an execution to its end; the rest of the system works beside it.
pub(super) async fn execute<P: ReplayPorts>(world: &World, replay: &Replay<'_, P>, attempt: u32) -> Ended {
    let definition = definition();
    let mut walk = Walk::new(&definition, json!({"run": RUN.to_string(), "attempt": attempt}));
    for _ in 0..STATES_MAX {
        let name = walk.at.clone();
        let state = &walk.states[&name];
        match state["Type"].as_str().unwrap() {
            "Succeed" => return Ended::Succeeded(if name == "Finished" { "Finished" } else { "Stopped" }),
            "Fail" => return Ended::Failed,
            "Map" => {
                let done = map(world, replay, state, &walk.input).await;
                walk.after(state, done.map(|()| walk.input.clone()));
            }
            _ => walk.enter(world, replay).await,
        }
    }
    panic!("the execution does not end");
}

/// The children of a map side by side: as many as may be at a time, each entering one state in turn.
async fn map<P: ReplayPorts>(
    world: &World,
    replay: &Replay<'_, P>,
    state: &Value,
    input: &Value,
) -> Result<(), String> {
    let items = input[state["ItemsPath"].as_str().unwrap().strip_prefix("$.").unwrap()].as_array().unwrap();
    let child = |item: &Value| Walk::new(&state["ItemProcessor"], filled(&state["ItemSelector"], input, Some(item)));
    let mut waiting: VecDeque<Walk<'_>> = items.iter().map(child).collect();
    let senders = usize::try_from(state["MaxConcurrency"].as_u64().unwrap()).unwrap();
    let mut active: Vec<Walk<'_>> = Vec::new();
    for _ in 0..STATES_MAX {
        while active.len() < senders
            && let Some(next) = waiting.pop_front()
        {
            active.push(next);
        }
        if active.is_empty() {
            return Ok(());
        }
        for child in &mut active {
            child.enter(world, replay).await;
        }
        if active.iter().any(|child| child.kind() == "Fail") {
            return Err("a child failed".to_owned());
        }
        active.retain(|child| child.kind() != "Succeed");
    }
    panic!("the map does not end");
}

impl<'a> Walk<'a> {
    fn new(machine: &'a Value, input: Value) -> Self {
        let at = machine["StartAt"].as_str().unwrap().to_owned();
        Self { states: machine["States"].as_object().unwrap(), at, input }
    }

    fn kind(&self) -> &str {
        // A child that failed is nowhere any more.
        self.states.get(&self.at).map_or("Fail", |state| state["Type"].as_str().unwrap())
    }

    /// A state that neither ends nor maps.
    async fn enter<P: ReplayPorts>(&mut self, world: &World, replay: &Replay<'_, P>) {
        let state = &self.states[&self.at];
        match state["Type"].as_str().unwrap() {
            "Task" => {
                let answered = call(world, replay, state, &self.input).await;
                self.after(state, answered);
            }
            "Choice" => self.at = chosen(state, &self.input),
            "Wait" => {
                let seconds = self.input[state["SecondsPath"].as_str().unwrap().strip_prefix("$.").unwrap()].as_u64();
                world.clock.advance(Duration::from_secs(seconds.unwrap()));
                for _ in 0..10 {
                    world.flow().await;
                    world.deliver().await;
                }
                self.at = state["Next"].as_str().unwrap().to_owned();
            }
            other => panic!("a state of type {other}"),
        }
    }

    fn after(&mut self, state: &Value, ended: Result<Value, String>) {
        let next = match ended {
            Ok(output) => {
                self.input = output;
                &state["Next"]
            }
            Err(cause) if state["Catch"].is_array() => {
                self.input["failure"] = json!({"Error": "States.TaskFailed", "Cause": cause});
                &state["Catch"][0]["Next"]
            }
            Err(_) => &Value::Null,
        };
        self.at = next.as_str().unwrap_or("(failed)").to_owned();
    }
}

/// Calls the function, and again as often as the state says.
async fn call<P: ReplayPorts>(
    world: &World,
    replay: &Replay<'_, P>,
    state: &Value,
    input: &Value,
) -> Result<Value, String> {
    assert_eq!(state["Resource"], "replay");
    let task: Task = serde_json::from_value(filled(&state["Parameters"], input, None)).unwrap();
    let mut cause = String::new();
    for _ in 0..=state["Retry"][0]["MaxAttempts"].as_u64().unwrap() {
        let answered = replay.work(&task, world.clock.now().plus_ms(CALL_MS)).await;
        // Time went by, and the rest of the system was at work, too.
        world.flow().await;
        world.deliver().await;
        match answered {
            Ok(answer) => return Ok(serde_json::to_value(answer).unwrap()),
            Err(error) => cause = error.to_string(),
        }
    }
    Err(cause)
}

fn chosen(state: &Value, input: &Value) -> String {
    let choices = state["Choices"].as_array().unwrap().iter();
    let matching = choices.into_iter().find(|choice| {
        let variable = choice["Variable"].as_str().unwrap().strip_prefix("$.").unwrap();
        input[variable] == choice["StringEquals"]
    });
    matching.map_or(&state["Default"], |choice| &choice["Next"]).as_str().unwrap().to_owned()
}

/// An object in which members that end in `.$` are taken from the input, or are the item of a map.
fn filled(template: &Value, input: &Value, item: Option<&Value>) -> Value {
    let fill = |(name, value): (&String, &Value)| match (name.strip_suffix(".$"), value.as_str()) {
        (Some(name), Some("$$.Map.Item.Value")) => (name.to_owned(), item.unwrap().clone()),
        (Some(name), Some(path)) => {
            let members = path.strip_prefix("$.").unwrap().split('.');
            (name.to_owned(), members.fold(input, |value, member| &value[member]).clone())
        }
        _ => (name.clone(), value.clone()),
    };
    Value::Object(template.as_object().unwrap().iter().map(fill).collect())
}
