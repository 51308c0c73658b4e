//! `GET /pipeline`: how every stage is doing, and all that an operator should know of at once; `GET /operations`: what
//! people did.

use serde::Serialize;
use serde_json::{Value, json};
use tillroll_core::time::Timestamp;

use super::parked::ParkedCart;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::operations::{self, Operation};
use crate::ports::{PipelineSnapshot, PipelineView as _};
use crate::verify::run::{Verification, Verifications as _};

/// The newest replay runs that are shown.
const RUNS_SHOWN: u32 = 10;
/// The newest operations that are shown.
const OPERATIONS_SHOWN: u32 = 5;
/// Parked carts that are shown; `GET /parked` has all.
const PARKED_SHOWN: usize = 100;
/// Operations on a page when the caller does not say, and at most.
const OPERATIONS_PAGE: u32 = 50;
const OPERATIONS_PAGE_MAX: u32 = 1_000;

/// Everything at once.
#[derive(Debug, Serialize)]
struct Pipeline {
    #[serde(flatten)]
    snapshot: PipelineSnapshot,
    parked: Vec<ParkedCart>,
    reconciliation: Option<Reconciliation>,
    replays: Vec<Value>,
    operations: Vec<Operation>,
}

/// What the newest verification said, in short.
#[derive(Debug, Serialize)]
struct Reconciliation {
    id: String,
    finished_at: Option<Timestamp>,
    ok: bool,
    carts: u64,
    events: u64,
    findings_total: u64,
}

impl<P: Ports> Api<P> {
    pub(super) async fn pipeline(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let newest = self.ports.verifications().latest().await?;
        let pipeline = Pipeline {
            snapshot: self.ports.pipeline().snapshot().await?,
            parked: self.first_parked(PARKED_SHOWN).await?,
            reconciliation: newest.and_then(Reconciliation::of),
            replays: self.newest_runs(RUNS_SHOWN).await?,
            operations: operations::list(self.ports.rows(), None, OPERATIONS_SHOWN).await?,
        };
        Ok(ApiResponse::json(200, &pipeline))
    }

    pub(super) async fn operations(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["limit", "cursor"])?;
        let limit = query.limit(OPERATIONS_PAGE, OPERATIONS_PAGE_MAX)?;
        let before = query.text("cursor");
        if before.is_some_and(|before| !before.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')) {
            return Err(Problem::invalid_query("cursor is none that a page of this list has given"));
        }
        let operations = operations::list(self.ports.rows(), before, limit).await?;
        let is_full = u32::try_from(operations.len()).is_ok_and(|length| length >= limit);
        let cursor = operations.last().filter(|_| is_full).map(|last| last.id.clone());
        Ok(ApiResponse::json(200, &json!({"operations": operations, "cursor": cursor})))
    }
}

impl Reconciliation {
    fn of(newest: Verification) -> Option<Self> {
        let Verification { id, finished_at, report, .. } = newest;
        let report = report?;
        let (carts, events, findings_total) = (report.carts, report.events, report.findings_total);
        Some(Self { id, finished_at, ok: report.ok, carts, events, findings_total })
    }
}
