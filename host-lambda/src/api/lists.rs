//! What projections and the pipeline show: the directory of carts, suggestions, how the pipeline is doing, and whether
//! everything agrees.

use std::time::Duration;

use serde_json::json;

use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::generations;
use crate::ports::PipelineView as _;
use crate::subscriptions::Subscription;
use crate::subscriptions::carts::{Carts, DirectoryError, PAGE_CARTS_MAX, directory};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::reading::parked_page;
use crate::subscriptions::reminders::Reminders;
use crate::subscriptions::suggestions::{Suggestions, suggest};

/// Carts on a page of the directory when the caller does not say.
const CARTS_PAGE: u32 = 100;
/// How long a verification waits for the stages when the caller does not say, in seconds.
const VERIFY_WAIT_S: u64 = 30;
/// Longest such wait.
const VERIFY_WAIT_S_MAX: u64 = 600;
/// The newest replay runs that the pipeline shows.
const RUNS_SHOWN: u32 = 10;
/// Suggestions when the caller does not say.
const SUGGESTIONS_PAGE: u32 = 10;
/// Most suggestions.
const SUGGESTIONS_PAGE_MAX: u32 = 100;
/// The subscriptions that this build has.
pub const SUBSCRIPTIONS: [&str; 3] = [Carts::NAME, Suggestions::NAME, Reminders::NAME];

impl<P: Ports> Api<P> {
    pub(super) async fn directory(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["limit", "cursor"])?;
        let limit = query.limit(CARTS_PAGE, PAGE_CARTS_MAX)?;
        match directory(self.ports.rows(), limit, query.text("cursor")).await {
            Ok(page) => Ok(ApiResponse::json(200, &page)),
            Err(DirectoryError::BadCursor) => Err(Problem::invalid_query(DirectoryError::BadCursor.to_string())),
            Err(DirectoryError::Fault(fault)) => Err(fault.into()),
        }
    }

    pub(super) async fn suggestions(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["sku", "limit"])?;
        let limit = query.limit(SUGGESTIONS_PAGE, SUGGESTIONS_PAGE_MAX)?;
        let sku = query.text("sku").filter(|sku| !sku.is_empty());
        let sku = sku.ok_or_else(|| Problem::invalid_query("sku is missing: suggestions go with an item"))?;
        let limit = limit.try_into().unwrap_or(usize::MAX);
        let suggestions = suggest(self.ports.rows(), sku, limit).await?;
        Ok(ApiResponse::json(200, &json!({"sku": sku, "suggestions": suggestions})))
    }

    pub(super) async fn pipeline(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let snapshot = self.ports.pipeline().snapshot().await?;
        let mut parked_carts = Vec::new();
        for subscription in SUBSCRIPTIONS {
            let live = generations::read(self.ports.rows(), subscription).await?.live;
            for (cart, parked) in parked_page(self.ports.rows(), &Layout::new(subscription, live), None).await? {
                parked_carts.push(json!({"subscription": subscription, "cart_id": cart, "parked": parked}));
            }
        }
        Ok(ApiResponse::json(
            200,
            &json!({
                "stages": snapshot.stages,
                "dead_letters": snapshot.dead_letters,
                "parked": parked_carts,
                "replays": self.newest_runs(RUNS_SHOWN).await?,
            }),
        ))
    }

    /// The report is the answer, whatever it finds.
    pub(super) async fn verify(&self, request: &ApiRequest) -> Answer {
        let wait = request.query(&["wait"])?.number("wait", 0..=VERIFY_WAIT_S_MAX)?.unwrap_or(VERIFY_WAIT_S);
        Ok(ApiResponse::json(200, &self.ports.verify(Duration::from_secs(wait)).await?))
    }
}
