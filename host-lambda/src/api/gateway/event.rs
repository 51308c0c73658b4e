//! A request from an event of payload 2.0.
//!
//! The gateway has put the values of a header that came several times into one list already, and cookies beside the
//! headers; the path begins with the name of the stage, unless that is the default one.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::api::request::{ApiRequest, Body, body_bytes_max};

/// The stage that adds nothing to paths.
const DEFAULT_STAGE: &str = "$default";
/// What the host of a Function URL has in its name.
const FUNCTION_URL: &str = ".lambda-url.";

/// An event of payload 2.0: the members that count here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayEvent {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    request_context: RequestContext,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    http: Http,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    domain_name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Http {
    method: String,
}

/// Enough of any event to tell what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(default)]
    request_context: Option<serde::de::IgnoredAny>,
}

impl GatewayEvent {
    /// Whether an event came over HTTP.
    #[must_use]
    pub fn is_one(event: &str) -> bool {
        serde_json::from_str::<Kind>(event).is_ok_and(|kind| kind.request_context.is_some())
    }

    /// Whether it came through a Function URL.
    #[must_use]
    pub fn is_of_function_url(&self) -> bool {
        self.request_context.domain_name.as_deref().is_some_and(|host| host.contains(FUNCTION_URL))
    }

    /// The request. A body that is said to be base64 and is none is no text either, which its reader will say.
    #[must_use]
    pub fn into_request(self, request_id: &str) -> ApiRequest {
        let path = self.path().to_owned();
        let body = match self.body {
            None => Vec::new(),
            Some(text) if self.is_base64_encoded => STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes()),
            Some(text) => text.into_bytes(),
        };
        let mut headers: Vec<_> =
            self.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        if !self.cookies.is_empty() {
            headers.push(("cookie".to_owned(), self.cookies.join("; ")));
        }
        ApiRequest {
            method: self.request_context.http.method,
            query: self.raw_query_string,
            headers,
            body: if body.len() > body_bytes_max(&path) { Body::TooLarge } else { Body::Whole(body) },
            path,
            request_id: request_id.to_owned(),
            ..ApiRequest::default()
        }
    }

    fn path(&self) -> &str {
        let stage = self.request_context.stage.as_deref().filter(|stage| *stage != DEFAULT_STAGE);
        let below = stage.and_then(|stage| self.raw_path.strip_prefix('/')?.strip_prefix(stage));
        match below {
            Some("") => "/",
            Some(below) if below.starts_with('/') => below,
            _ => &self.raw_path,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::{Value, json};

    use super::*;

    fn event(change: impl FnOnce(&mut Value)) -> GatewayEvent {
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/carts/%7Bx%7D",
            "rawQueryString": "after=1&after=2",
            "cookies": ["a=1", "b=2"],
            "headers": {"content-type": "application/json", "Tillroll-Cart-Token": "t", "accept": "a, b"},
            "queryStringParameters": {"after": "1,2"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.execute-api.eu-central-1.amazonaws.com",
                "http": {"method": "POST", "path": "/carts/{x}", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                         "userAgent": "agent"},
                "requestId": "id",
                "routeKey": "$default",
                "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_583_348_638_390_u64,
            },
            "body": "{\"a\":1}",
            "isBase64Encoded": false,
        });
        change(&mut event);
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn a_request_arrives_as_it_was_sent() {
        let request = event(|_| {}).into_request("request");
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/carts/%7Bx%7D"), "never decoded");
        assert_eq!((request.query.as_str(), request.request_id.as_str()), ("after=1&after=2", "request"));
        assert_eq!(request.header("tillroll-cart-token"), Some("t"), "names are in lower case");
        assert_eq!((request.header("cookie"), request.header("accept")), (Some("a=1; b=2"), Some("a, b")));
        assert_eq!(request.body, Body::Whole(b"{\"a\":1}".to_vec()));
    }

    #[test]
    fn a_body_may_come_as_base64_and_may_be_missing() {
        let encoded = event(|event| {
            event["body"] = json!("/wD+");
            event["isBase64Encoded"] = json!(true);
        });
        assert_eq!(encoded.into_request("").body, Body::Whole(vec![0xff, 0x00, 0xfe]));
        let broken = event(|event| event["isBase64Encoded"] = json!(true));
        assert_eq!(broken.into_request("").body, Body::Whole(b"{\"a\":1}".to_vec()), "no JSON is hidden in it");
        let none = event(|event| drop(event.as_object_mut().unwrap().remove("body")));
        assert_eq!(none.into_request("").body, Body::Whole(Vec::new()));
    }

    #[test]
    fn f01_a_body_that_is_too_large_is_known_as_such() {
        let large = event(|event| event["body"] = json!("x".repeat(300_000)));
        assert_eq!(large.into_request("").body, Body::TooLarge);
    }

    #[test]
    fn the_stage_is_no_part_of_an_address() {
        for (stage, path, address) in [
            ("$default", "/prod/carts", "/prod/carts"),
            ("prod", "/prod/carts", "/carts"),
            ("prod", "/prod", "/"),
            ("prod", "/production/carts", "/production/carts"),
            ("prod", "/carts", "/carts"),
        ] {
            let event = event(|event| {
                event["rawPath"] = json!(path);
                event["requestContext"]["stage"] = json!(stage);
            });
            assert_eq!(event.into_request("").path, address, "{stage} {path}");
        }
    }

    #[test]
    fn what_came_over_http_and_what_through_a_function_url_is_known() {
        assert!(!event(|_| {}).is_of_function_url());
        let url = "abc.lambda-url.eu-central-1.on.aws";
        assert!(event(|event| event["requestContext"]["domainName"] = json!(url)).is_of_function_url());
        assert!(GatewayEvent::is_one("{\"requestContext\":{\"http\":{}}}"));
        for other in ["{}", "null", "[]", "{\"ShoppingCartID\":\"x\"}", "{\"requestContext\":null}", "nonsense"] {
            assert!(!GatewayEvent::is_one(other), "{other}");
        }
    }
}
