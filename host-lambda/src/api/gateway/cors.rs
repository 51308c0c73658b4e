//! Which pages of other origins may call. None, unless a host lists them; and never "all", because requests bear tokens.

use crate::api::request::ApiRequest;
use crate::api::response::ApiResponse;

/// How long a browser may keep the answer to a preflight.
const MAX_AGE_S: &str = "600";
const METHODS: &str = "GET, HEAD, POST, OPTIONS";
/// Headers that a page may send beside those that every page may.
const HEADERS: &str = "authorization, content-type, correlation-id, idempotency-key, if-match, if-none-match, \
                       last-event-id, tillroll-cart-token, traceparent";
/// Headers of answers that a page may read beside those that every page may.
const EXPOSED: &str = "etag, location, link, retry-after";

/// Origins whose pages may call, exactly as browsers send them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// These.
    #[must_use]
    pub fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// The answer to a preflight of an origin that is listed; everything else goes on to the router.
    #[must_use]
    pub fn preflight(&self, request: &ApiRequest) -> Option<ApiResponse> {
        let asks = request.method == "OPTIONS" && request.header("access-control-request-method").is_some();
        let allowed = self.allowed(request)?;
        asks.then(|| {
            let response = ApiResponse::empty(204)
                .with("access-control-allow-methods", METHODS)
                .with("access-control-allow-headers", HEADERS)
                .with("access-control-max-age", MAX_AGE_S);
            allow(response, allowed)
        })
    }

    /// The answer, readable for the page that asked if its origin is listed. Where origins are listed every answer
    /// depends on who asks, and says so to caches.
    #[must_use]
    pub fn answer(&self, request: &ApiRequest, response: ApiResponse) -> ApiResponse {
        let response = match self.allowed(request) {
            Some(origin) => allow(response, origin).with("access-control-expose-headers", EXPOSED),
            None => response,
        };
        if self.0.is_empty() { response } else { varied(response) }
    }

    fn allowed<'a>(&self, request: &'a ApiRequest) -> Option<&'a str> {
        request.header("origin").filter(|origin| self.0.iter().any(|listed| listed == origin))
    }
}

fn allow(response: ApiResponse, origin: &str) -> ApiResponse {
    response.with("access-control-allow-origin", origin)
}

fn varied(response: ApiResponse) -> ApiResponse {
    let vary = match response.header("vary") {
        Some(present) => format!("{present}, origin"),
        None => "origin".to_owned(),
    };
    response.with("vary", vary)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::json;

    use super::*;

    fn asking(method: &str, origin: Option<&str>) -> ApiRequest {
        let mut headers: Vec<_> = origin.into_iter().map(|origin| ("origin".to_owned(), origin.to_owned())).collect();
        headers.push(("access-control-request-method".to_owned(), "POST".to_owned()));
        ApiRequest { method: method.to_owned(), headers, ..ApiRequest::default() }
    }

    #[test]
    fn f25_only_a_listed_origin_is_allowed_and_only_exactly() {
        let origins = Origins::new(vec!["https://shop.example".to_owned()]);
        let answered = |origin| origins.answer(&asking("POST", origin), ApiResponse::json(200, &json!({})));
        let allowed = answered(Some("https://shop.example"));
        assert_eq!(allowed.header("access-control-allow-origin"), Some("https://shop.example"));
        assert_eq!(
            (allowed.header("vary"), allowed.header("access-control-allow-credentials")),
            (Some("origin"), None)
        );
        let foreign = ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null", "*"];
        for origin in foreign.into_iter().map(Some).chain([None]) {
            assert_eq!(answered(origin).header("access-control-allow-origin"), None, "{origin:?}");
            assert!(origins.preflight(&asking("OPTIONS", origin)).is_none(), "{origin:?}");
        }
    }

    #[test]
    fn f25_a_preflight_lists_what_a_page_may_send() {
        let origins = Origins::new(vec!["https://shop.example".to_owned()]);
        let response = origins.preflight(&asking("OPTIONS", Some("https://shop.example"))).unwrap();
        assert_eq!((response.status, response.header("access-control-max-age")), (204, Some("600")));
        assert!(response.header("access-control-allow-headers").unwrap().contains("tillroll-cart-token"));
        assert!(origins.preflight(&asking("GET", Some("https://shop.example"))).is_none());
    }

    #[test]
    fn f25_without_a_list_nobody_is_allowed() {
        let response = Origins::default().answer(&asking("GET", Some("https://shop.example")), ApiResponse::empty(204));
        assert_eq!((response.header("access-control-allow-origin"), response.header("vary")), (None, None));
    }
}
