//! Verifications on AWS: `operate` writes one down and starts the state machine that calls `sweep`; `sweep` works on it
//! and writes down how it ended. A row a verification, under a name that sorts by time.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use crate::operations::Operation;
use crate::ports::{By, Clock, Fault, FaultKind, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};
use crate::subscriptions::layout::padded_ms;
use crate::verify::run::{Ask, Begun, Then, Verification, Verifications};
use crate::verify::{Phase, Report, Standing};

/// Partition of the verifications.
const PARTITION: &str = "verifications";
/// Revision of one that has begun, and of one that has ended.
const BEGUN: u64 = 1;
const ENDED: u64 = 2;
/// A function ends after 15 minutes: what has not ended by then never will.
const LASTS_MS_MAX: i64 = 20 * 60 * 1_000;

/// Starts `sweep` on a verification that is written down.
pub trait SweepStarter: Send + Sync {
    /// Starts it; `task` is what `sweep` is to be called with.
    fn start(&self, id: &str, task: &SweepTask) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What `sweep` is called with. A schedule says nothing at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepTask {
    /// The verification that is written down; a new one without.
    pub id: Option<String>,
    /// How long the stages may take to pass the mark.
    pub wait_seconds: Option<u64>,
    /// Whether entries are looked up too.
    pub entries: bool,
    /// What to do about findings: nothing, `plan` or `repair`.
    pub then: SweepThen,
    /// The operation that a repair is recorded as.
    pub operation: Option<Operation>,
}

/// What to do about findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepThen {
    /// Only report them.
    #[default]
    Report,
    /// Say what a repair would do.
    Plan,
    /// Repair them.
    Repair,
}

/// Verifications in rows.
#[derive(Clone, Debug)]
pub struct RowVerifications<R, S, C> {
    rows: R,
    starter: S,
    clock: C,
}

impl<R: Rows, S: SweepStarter, C: Clock> RowVerifications<R, S, C> {
    /// Verifications in these rows, started by `starter`.
    pub const fn new(rows: R, starter: S, clock: C) -> Self {
        Self { rows, starter, clock }
    }
}

impl<R: Rows, S: SweepStarter, C: Clock> Verifications for RowVerifications<R, S, C> {
    async fn begin(&self, ask: Ask) -> Result<Begun, Fault> {
        if let Some(under_way) = self.latest().await?.filter(|newest| !newest.has_ended()) {
            return Ok(Begun::Busy(under_way));
        }
        let verification = begin(&self.rows, &self.clock).await?;
        let (then, operation) = match ask.then {
            Then::Report => (SweepThen::Report, None),
            Then::Plan => (SweepThen::Plan, None),
            Then::Repair(operation) => (SweepThen::Repair, Some(*operation)),
        };
        let id = Some(verification.id.clone());
        let task = SweepTask { id, wait_seconds: Some(ask.wait.as_secs()), entries: ask.entries, then, operation };
        self.starter.start(&verification.id, &task).await?;
        Ok(Begun::Started(verification))
    }

    async fn get(&self, id: &str) -> Result<Option<Verification>, Fault> {
        if id.is_empty() {
            return Ok(None);
        }
        let row = self.rows.get(&key(id)).await?;
        row.map(|row| read(&row, self.clock.now())).transpose()
    }

    async fn latest(&self) -> Result<Option<Verification>, Fault> {
        let query = RowQuery {
            by: By::Key,
            partition: PARTITION.to_owned(),
            after: None,
            until: None,
            order: Order::Descending,
            limit: 1,
        };
        self.rows.query(&query).await?.first().map(|row| read(row, self.clock.now())).transpose()
    }
}

/// Writes down that a verification begins.
pub async fn begin<R: Rows, C: Clock>(rows: &R, clock: &C) -> Result<Verification, Fault> {
    let (at, chance) = (clock.now(), clock.jitter(u64::MAX));
    let name = format!("tillroll:verification:{at}:{chance}");
    let suffix = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string();
    let verification = Verification {
        id: format!("{}-{}", padded_ms(at.unix_ms()), suffix.get(..12).unwrap_or(&suffix)),
        standing: Standing::default(),
        started_at: at,
        finished_at: None,
        error: None,
        repair: None,
        report: None,
    };
    write(rows, 0, BEGUN, &verification).await?;
    Ok(verification)
}

/// The verification that somebody has written down to be worked on.
pub async fn begun<R: Rows, C: Clock>(rows: &R, clock: &C, id: &str) -> Result<Verification, Fault> {
    let none = || Fault::new(FaultKind::Permanent, "read verification", id, "nobody has begun it");
    read(&rows.get(&key(id)).await?.ok_or_else(none)?, clock.now())
}

/// Writes down how it ended. Written twice, as by a call that was tried again, the first stays.
pub async fn end<R: Rows>(rows: &R, verification: &Verification) -> Result<(), Fault> {
    write(rows, BEGUN, ENDED, verification).await
}

/// What a scheduler or a state machine is told of it: all but the findings, which a row can hold and they cannot.
#[must_use]
pub fn summary(verification: &Verification) -> Value {
    let Verification { id, error, report, repair, .. } = verification;
    let of = |report: &Report| {
        json!({
            "ok": report.ok,
            "carts": report.carts,
            "events": report.events,
            "findings_total": report.findings_total,
            "on_their_way": report.on_their_way,
            "summary": report.summary,
        })
    };
    json!({"id": id, "report": report.as_ref().map(of), "repair": repair, "error": error})
}

/// How long the stages may take, if nobody says.
#[must_use]
pub fn wait_of(task: &SweepTask) -> Duration {
    const WAIT_S: u64 = 60;
    const WAIT_S_MAX: u64 = 600;
    Duration::from_secs(task.wait_seconds.unwrap_or(WAIT_S).min(WAIT_S_MAX))
}

async fn write<R: Rows>(rows: &R, expected: u64, revision: u64, verification: &Verification) -> Result<(), Fault> {
    let failed =
        |error: serde_json::Error| Fault::new(FaultKind::Permanent, "write verification", &verification.id, error);
    let body = serde_json::to_string(verification).map_err(failed)?;
    let row = Row { key: key(&verification.id), revision, body, index: None };
    match rows.write(&[RowWrite::Put { expected, row }]).await {
        Ok(()) | Err(RowsError::Conflict) => Ok(()),
        Err(RowsError::Fault(fault)) => Err(fault),
    }
}

fn read(row: &Row, now: Timestamp) -> Result<Verification, Fault> {
    let mut verification: Verification = serde_json::from_str(&row.body)
        .map_err(|error| Fault::new(FaultKind::Permanent, "read verification", &row.key.sort, error))?;
    let over = verification.started_at.plus_ms(LASTS_MS_MAX) <= now;
    if over && !verification.has_ended() {
        verification.standing.phase = Phase::Failed;
        verification.error = Some("it did not come to its end; the log of sweep may say why".to_owned());
    }
    Ok(verification)
}

fn key(id: &str) -> RowKey {
    RowKey { partition: PARTITION.to_owned(), sort: id.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::memory::{MemoryClock, MemoryRows};

    #[derive(Clone, Default)]
    struct Started(Arc<Mutex<Vec<SweepTask>>>);

    impl SweepStarter for Started {
        async fn start(&self, _id: &str, task: &SweepTask) -> Result<(), Fault> {
            self.0.lock().unwrap().push(task.clone());
            Ok(())
        }
    }

    fn world() -> (RowVerifications<MemoryRows, Started, MemoryClock>, Started, MemoryClock, MemoryRows) {
        let (started, rows) = (Started::default(), MemoryRows::default());
        let clock = MemoryClock::new(Timestamp::from_unix_ms(1_772_604_000_000), 1);
        (RowVerifications::new(rows.clone(), started.clone(), clock.clone()), started, clock, rows)
    }

    fn ask() -> Ask {
        Ask { wait: Duration::from_secs(7), entries: true, then: Then::Plan }
    }

    #[tokio::test]
    async fn one_verification_is_under_way_until_sweep_has_written_its_end() {
        let (verifications, started, clock, rows) = world();
        assert_eq!(verifications.latest().await.unwrap(), None);
        let Begun::Started(mut first) = verifications.begin(ask()).await.unwrap() else { panic!() };
        let task = started.0.lock().unwrap()[0].clone();
        assert_eq!((task.id.as_ref(), task.wait_seconds, task.then), (Some(&first.id), Some(7), SweepThen::Plan));
        assert_eq!(verifications.begin(ask()).await.unwrap(), Begun::Busy(first.clone()));
        first.standing.phase = Phase::Finished;
        first.finished_at = Some(clock.now());
        end(&rows, &first).await.unwrap();
        end(&rows, &first).await.unwrap();
        assert_eq!(verifications.get(&first.id).await.unwrap(), Some(first.clone()));
        clock.advance(Duration::from_millis(1));
        let Begun::Started(second) = verifications.begin(ask()).await.unwrap() else { panic!() };
        assert_eq!(verifications.latest().await.unwrap().unwrap().id, second.id);
        assert_eq!(verifications.get("").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_verification_whose_function_died_lets_the_next_one_begin() {
        let (verifications, _, clock, _) = world();
        let Begun::Started(first) = verifications.begin(ask()).await.unwrap() else { panic!() };
        clock.advance(Duration::from_mins(20));
        let seen = verifications.get(&first.id).await.unwrap().unwrap();
        assert_eq!(seen.standing.phase, Phase::Failed);
        assert!(matches!(verifications.begin(ask()).await.unwrap(), Begun::Started(_)));
    }

    #[test]
    fn a_schedule_says_nothing_and_means_a_report() {
        for nothing in ["{}", r#"{"id": null}"#, r#"{"source": "aws.scheduler"}"#] {
            assert_eq!(serde_json::from_str::<SweepTask>(nothing).unwrap(), SweepTask::default(), "{nothing}");
        }
    }
}
