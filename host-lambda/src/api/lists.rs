//! What projections show: the directory of carts, suggestions.

use serde_json::json;

use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::subscriptions::carts::{DirectoryError, PAGE_CARTS_MAX, directory};
use crate::subscriptions::suggestions::suggest;

/// Carts on a page of the directory when the caller does not say.
const CARTS_PAGE: u32 = 100;
/// Suggestions when the caller does not say.
const SUGGESTIONS_PAGE: u32 = 10;
/// Most suggestions.
const SUGGESTIONS_PAGE_MAX: u32 = 100;

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
}
