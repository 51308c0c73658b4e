//! `POST /verify` begins a verification, `GET /verify` is the newest one, `GET /verify/{id}` one that was begun.
//!
//! One that ends soon is the answer itself; of a longer one the answer is 202 with its place in `Location`. Either way it
//! is the same document, which has the report once it has come to its end.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::motive::motive;
use super::request::Body;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::operations::{self, OperationKind};
use crate::ports::Clock as _;
use crate::verify::run::{Ask, Begun, Then, Verification, Verifications as _};

/// How long the stages may take to pass what was written before, when the caller does not say; in seconds.
const WAIT_S: u64 = 30;
/// Longest such wait.
const WAIT_S_MAX: u64 = 600;
/// How long a request waits for the end before it answers that it takes longer.
const ANSWER_WITHIN_MS: u64 = 10_000;
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyBody {
    wait: Option<u64>,
    #[serde(default)]
    entries: bool,
    #[serde(default)]
    repair: bool,
    #[serde(default)]
    dry_run: bool,
    reason: Option<String>,
    by: Option<String>,
}

impl<P: Ports> Api<P> {
    pub(super) async fn begin_verification(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let body: VerifyBody = match &request.body {
            Body::Whole(bytes) if bytes.is_empty() => VerifyBody::default(),
            Body::Whole(_) | Body::TooLarge => request.json()?,
        };
        let wait = body.wait.unwrap_or(WAIT_S);
        if wait > WAIT_S_MAX {
            let detail = format!("a wait is 0 to {WAIT_S_MAX} seconds");
            return Err(Problem::new(400, "malformed_json", "the wait is out of range").at("/wait", detail));
        }
        let motive = match (body.repair, body.dry_run) {
            (true, false) => Some(motive(&request.caller, body.reason, body.by)?),
            (true, true) | (false, _) => None,
        };
        if let Some(under_way) = self.ports.verifications().latest().await?.filter(|newest| !newest.has_ended()) {
            return Err(busy(&under_way));
        }
        let then = match (body.repair, motive) {
            (false, _) => Then::Report,
            (true, None) => Then::Plan,
            (true, Some(motive)) => {
                let (rows, clock) = (self.ports.rows(), self.ports.clock());
                let subject = json!({"entries": body.entries});
                Then::Repair(Box::new(operations::begin(rows, clock, OperationKind::Repair, motive, subject).await?))
            }
        };
        let ask = Ask { wait: Duration::from_secs(wait), entries: body.entries, then: then.clone() };
        match self.ports.verifications().begin(ask).await? {
            Begun::Started(verification) => self.answer_soon(verification).await,
            Begun::Busy(under_way) => {
                if let Then::Repair(operation) = then {
                    let outcome = json!({"error": "another verification had just begun"});
                    operations::end(self.ports.rows(), *operation, outcome).await?;
                }
                Err(busy(&under_way))
            }
        }
    }

    /// The verification at its end, if that comes soon.
    async fn answer_soon(&self, mut verification: Verification) -> Answer {
        let clock = self.ports.clock();
        let until_ms = clock.elapsed_ms().saturating_add(ANSWER_WITHIN_MS);
        while !verification.has_ended() && clock.elapsed_ms() < until_ms {
            clock.pause(LOOK_EVERY).await;
            let now = self.ports.verifications().get(&verification.id).await?;
            verification = now.unwrap_or(verification);
        }
        let status = if verification.has_ended() { 200 } else { 202 };
        Ok(ApiResponse::json(status, &verification).with("location", place(&verification)))
    }

    pub(super) async fn newest_verification(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let none = || Problem::not_found("nothing was verified since the system started; POST begins it");
        let newest = self.ports.verifications().latest().await?.ok_or_else(none)?;
        Ok(ApiResponse::json(200, &newest))
    }

    pub(super) async fn verification(&self, request: &ApiRequest, id: &str) -> Answer {
        request.query(&[])?;
        let none = || Problem::not_found("there is no such verification, or it is forgotten");
        let found = self.ports.verifications().get(id).await?.ok_or_else(none)?;
        Ok(ApiResponse::json(200, &found))
    }
}

fn place(verification: &Verification) -> String {
    format!("/verify/{}", verification.id)
}

fn busy(under_way: &Verification) -> Problem {
    let detail = "another verification is under way; it ends by itself, and Location says where to look";
    Problem::conflict(detail).with("id", json!(under_way.id)).with_header("location", place(under_way))
}
