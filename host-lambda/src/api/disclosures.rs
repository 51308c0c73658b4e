//! `POST /carts/{id}/disclosures`: somebody wants to see who is behind a cart, and says why.
//!
//! The log has who, when, which cart and why before the answer goes out. What pages mask until then is masked by them:
//! to fold events and to compare fingerprints they need the events as they are, so to whoever may read a cart's events
//! this is a record, and no lock.

use serde::Deserialize;
use serde_json::json;
use tillroll_core::id::StreamId;

use super::motive::motive;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::operations::{self, OperationKind};
use crate::ports::EventTable as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisclosureBody {
    reason: Option<String>,
    by: Option<String>,
}

impl<P: Ports> Api<P> {
    pub(super) async fn disclose(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        request.query(&[])?;
        self.admit_disclosure(request)?;
        let DisclosureBody { reason, by } = request.json()?;
        let motive = motive(&request.caller, reason, by)?;
        if self.ports.table().load(cart, 0, Some(1)).await?.is_empty() {
            return Err(Problem::cart_not_found());
        }
        let (rows, clock) = (self.ports.rows(), self.ports.clock());
        let operation =
            operations::begin(rows, clock, OperationKind::Disclose, motive, json!({"cart_id": cart})).await?;
        let operation = operations::end(rows, operation, json!({"disclosed": true})).await?;
        Ok(ApiResponse::json(200, &json!({"cart_id": cart, "operation": operation})))
    }
}
