//! What projections show: the directory of carts, suggestions.

use serde_json::json;
use tillroll_core::cart::view::Status;

use super::request::Query;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::subscriptions::carts::search::{Flag, TEXT_CHARS_MAX, Wanted};
use crate::subscriptions::carts::{DirectoryError, PAGE_CARTS_MAX, find};
use crate::subscriptions::suggestions::suggest;

/// Carts on a page of the directory when the caller does not say.
const CARTS_PAGE: u32 = 100;
/// Suggestions when the caller does not say.
const SUGGESTIONS_PAGE: u32 = 10;
/// Most suggestions.
const SUGGESTIONS_PAGE_MAX: u32 = 100;

impl<P: Ports> Api<P> {
    pub(super) async fn directory(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["q", "status", "flag", "from", "to", "limit", "cursor"])?;
        let limit = query.limit(CARTS_PAGE, PAGE_CARTS_MAX)?;
        match find(self.ports.rows(), &wanted(&query)?, limit, query.text("cursor")).await {
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

/// Which carts a query is for.
pub(super) fn wanted(query: &Query) -> Result<Wanted, Problem> {
    let text = query.text("q");
    if text.is_some_and(|text| !(1..=TEXT_CHARS_MAX).contains(&text.chars().count())) {
        return Err(Problem::invalid_query(format!("q must have 1 to {TEXT_CHARS_MAX} characters")));
    }
    let status = match query.text("status") {
        None => None,
        Some("open") => Some(Status::Open),
        Some("closed") => Some(Status::Closed),
        Some(_) => return Err(Problem::invalid_query("status must be open or closed")),
    };
    let flag = match query.text("flag") {
        None => None,
        Some("parked") => Some(Flag::Parked),
        Some("imported") => Some(Flag::Imported),
        Some(_) => return Err(Problem::invalid_query("flag must be parked or imported")),
    };
    let (from, to) = (query.moment("from")?, query.moment("to")?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::invalid_query("from must be before to"));
    }
    Ok(Wanted { text: text.map(str::to_owned), status, flag, from, to })
}
