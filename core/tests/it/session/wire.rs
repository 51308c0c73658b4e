//! Calls of a session as the API writes what is in them: for playing the same schedule with another build.

use serde_json::{Value, json};
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{CartEvent, CartRequest};
use tillroll_core::recorded::{Recorded, Stored};
use tillroll_core::session::{Answer, Batch, NotTaken, Reply, Said, Taken, Verdict};

use super::server::Asking;

/// `{"type", "data"}`.
pub(super) fn request(request: &CartRequest) -> Value {
    let Value::Object(tagged) = json!(request) else { unreachable!("a request is tagged by its name") };
    let (name, data) = tagged.into_iter().next().unwrap();
    let given = data.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    json!({"type": name, "data": given.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()})
}

/// Of recorded events what a session looks at.
pub(super) fn events(events: &[Recorded<CartEvent>]) -> Value {
    events.iter().map(event).collect()
}

fn event(recorded: &Recorded<CartEvent>) -> Value {
    let Stored::Known(event) = &recorded.event else { unreachable!("the simulator has no newer builds") };
    let noted = &recorded.circumstances;
    json!({
        "id": noted.event_id,
        "type": format!("tillroll.cart.{}", event.name()),
        "subject": recorded.stream,
        "sequence": recorded.version,
        "data": event.serialize_data(serde_json::value::Serializer).unwrap(),
        "recordedtime": noted.recorded_at.map(|time| time.to_string()),
        "commandid": noted.command.map(|mark| mark.id),
        "commandhash": noted.command.map(|mark| mark.hash),
    })
}

pub(super) fn batch(batch: &Batch, asking: &Asking) -> Value {
    let command = |(id, asked): &(_, CartRequest)| {
        let mut command = request(asked);
        command["command_id"] = json!(id);
        command
    };
    let commands: Vec<_> = asking.iter().map(command).collect();
    json!({"attempt": batch.attempt, "commands": commands, "failures": batch.failures})
}

/// `answered` with the body of the reply, or `rejected` with the problem.
pub(super) fn reply(attempt: u64, reply: &Result<Reply, Said>) -> Value {
    match reply {
        Err(said) => json!({"call": "rejected", "attempt": attempt, "said": said}),
        Ok(reply) => {
            let results: Vec<_> = reply.answers.iter().map(answer).collect();
            let (version, hash, reducer) = (reply.version, reply.state_hash, &reply.reducer);
            let body = json!({"results": results, "version": version, "state_hash": hash, "reducer": reducer});
            json!({"call": "answered", "attempt": attempt, "body": body})
        }
    }
}

fn answer(Answer { id, verdict }: &Answer) -> Value {
    match verdict {
        Verdict::Accepted { version, events: own } => {
            json!({"command_id": id, "status": "accepted", "version": version, "events": events(own)})
        }
        Verdict::Noop { version } => json!({"command_id": id, "status": "noop", "version": version}),
        Verdict::Refused(Said { code, message, details }) => {
            let details: Value = serde_json::from_str(details).unwrap();
            json!({"command_id": id, "status": "refused", "code": code, "message": message, "details": details})
        }
        Verdict::Skipped => json!({"command_id": id, "status": "skipped"}),
    }
}

/// `applied`, `noop`, `again`, or the code of the refusal.
pub(super) fn taken(taken: &Result<Taken, NotTaken>) -> Value {
    match taken {
        Ok(Taken::Applied) => json!("applied"),
        Ok(Taken::Noop) => json!("noop"),
        Ok(Taken::Again) => json!("again"),
        Err(NotTaken::Refused(refusal)) => json!({"code": refusal.code(), "details": refusal}),
        Err(other) => json!(other.to_string()),
    }
}
