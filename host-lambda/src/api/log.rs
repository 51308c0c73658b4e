//! One line per request at `debug`, one per fault at `error`. The address is written as the API's description writes it,
//! so no line has an id, a parameter, an item's name or a token; the trace id is the one that the answer bears.

use super::openapi::table::template;
use super::{ApiRequest, ApiResponse, Problem};

/// A request that was answered.
pub(super) struct Entry<'a> {
    pub(super) request: &'a ApiRequest,
    pub(super) duration_ms: u64,
}

impl Entry<'_> {
    pub(super) fn answered(&self, response: ApiResponse) -> ApiResponse {
        self.line(response.status, "");
        response
    }

    /// The problem as an answer. A fault's causes are for the log alone.
    pub(super) fn refused(&self, problem: Problem) -> ApiResponse {
        let (status, code) = (problem.status(), problem.code());
        if let Some(cause) = problem.cause() {
            let (trace_id, route, duration_ms) = (self.request.trace_id(), self.route(), self.duration_ms);
            tracing::error!(trace_id, route, code, status, duration_ms, "{cause}");
        }
        self.line(status, code);
        problem.into_response(self.request.trace_id())
    }

    fn line(&self, status: u16, code: &'static str) {
        let (trace_id, route, duration_ms) = (self.request.trace_id(), self.route(), self.duration_ms);
        tracing::debug!(trace_id, method = self.method(), route, status, code, duration_ms, "answered");
    }

    fn route(&self) -> &'static str {
        template(&self.request.path).unwrap_or("elsewhere")
    }

    fn method(&self) -> &'static str {
        ["GET", "HEAD", "POST", "OPTIONS"].into_iter().find(|known| *known == self.request.method).unwrap_or("other")
    }
}
