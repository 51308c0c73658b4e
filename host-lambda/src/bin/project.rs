//! `tillroll-project`: events become the rows of one subscription, from the event bus and from its replay queue.

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::value::RawValue;
use tillroll_host_lambda::derived::Checkpoints;
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::project::by_name::AnyProjector;
use tillroll_host_lambda::lambda::batch::{answered, read};
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::invocation::{Answered, Failure, Invocation};
use tillroll_host_lambda::lambda::{BUILD, Configuration, Function, configuration, run};
use tillroll_host_lambda::lambda_events::{BusBatch, QueueBatch};
use tillroll_host_lambda::ports::Counts;

const EXPECTED: &str = "a batch of the event bus or of a replay queue";
/// Where Lambda says that a record comes from.
const BUS: &str = "aws:kinesis";
const QUEUE: &str = "aws:sqs";

struct Project {
    subscription: String,
    projector: AnyProjector<RowTable<SystemClock>, Events<SystemClock>>,
    checkpoints: Checkpoints<RowTable<SystemClock>>,
}

/// Enough of a batch to tell which feed it is of.
#[derive(Deserialize)]
struct Sources {
    #[serde(rename = "Records")]
    records: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "eventSource")]
    source: String,
}

impl Function for Project {
    async fn answer(&self, event: &RawValue, _: &Invocation) -> Result<Answered, Failure> {
        let before = self.projector.counts();
        let sources: Sources = read(event, EXPECTED)?;
        let (answer, records) = match sources.records.first().map(|first| first.source.as_str()) {
            Some(BUS) => {
                let batch: BusBatch = read(event, EXPECTED)?;
                let answer = self.projector.live(&batch).await?;
                self.checkpoints.finished(&self.subscription, &batch, &answer).await?;
                (answer, batch.records.len())
            }
            Some(QUEUE) => {
                let batch: QueueBatch = read(event, EXPECTED)?;
                (self.projector.replayed(&batch).await?, batch.records.len())
            }
            _ => {
                let message = format!("the event is not {EXPECTED}: it has no record, or one from elsewhere");
                return Err(Failure { kind: "UnreadableEvent", message });
            }
        };
        let Answered { answer, metrics } = answered(&answer, records)?;
        let counts = difference(self.projector.counts(), before);
        let metrics = metrics
            .count("EventsApplied", counts.applied)
            .count("GateDuplicate", counts.duplicates)
            .count("GateGapFilled", counts.gaps_filled)
            .count("GateParked", counts.parked)
            .count("Foreign", counts.foreign + counts.unreadable);
        Ok(Answered { answer, metrics })
    }
}

/// What this invocation did: the projector counts from its beginning.
fn difference(now: Counts, before: Counts) -> Counts {
    Counts {
        applied: now.applied.saturating_sub(before.applied),
        gaps_filled: now.gaps_filled.saturating_sub(before.gaps_filled),
        duplicates: now.duplicates.saturating_sub(before.duplicates),
        parked: now.parked.saturating_sub(before.parked),
        held: now.held.saturating_sub(before.held),
        foreign: now.foreign.saturating_sub(before.foreign),
        unreadable: now.unreadable.saturating_sub(before.unreadable),
        gone: now.gone.saturating_sub(before.gone),
    }
}

fn main() -> ExitCode {
    run("project", async |Configuration { aws, own }: &Configuration<configuration::Project>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let events = Events::new(clients.dynamodb(), own.events.clone(), Tokens::Send, clock);
        let rows = RowTable::new(clients.dynamodb(), own.rows.clone(), Tokens::Send, clock);
        let projector = AnyProjector::of(&own.subscription, rows.clone(), events, BUILD).ok_or_else(|| Failure {
            kind: "Configuration",
            message: "TILLROLL_SUBSCRIPTION names no subscription of this build".to_owned(),
        })?;
        Ok(Project { subscription: own.subscription.clone(), projector, checkpoints: Checkpoints::new(rows) })
    })
}
