//! An answer as payload 2.0 wants it. What is no text goes as base64.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde::Serialize;

use crate::api::response::{ApiResponse, Chunks, ResponseBody};

/// How long a stream is listened to when its answer has to be whole: longer than its longest silence, shorter than what
/// gateways wait.
const LISTEN: Duration = Duration::from_secs(20);
/// Most chunks of a stream in one whole answer: the greeting, and what is said next.
const CHUNKS_MAX: usize = 2;

/// An answer for the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayAnswer {
    /// HTTP status.
    pub status_code: u16,
    /// Headers, each name once.
    pub headers: BTreeMap<&'static str, String>,
    /// The body.
    pub body: String,
    /// Whether the body is base64.
    pub is_base64_encoded: bool,
}

impl GatewayAnswer {
    /// The answer, whole. Of a stream only what is said first: its reader comes back for the rest, with the last id it
    /// has seen, as it does when a connection breaks.
    pub async fn of(response: ApiResponse) -> Self {
        let ApiResponse { status, headers, body } = response;
        let body = match body {
            ResponseBody::Whole(bytes) => bytes,
            ResponseBody::Chunks(chunks) => first_words(chunks).await,
        };
        Self::of_whole(ApiResponse { status, headers, body: ResponseBody::Whole(body) })
    }

    /// An answer that is whole. What is not has no body here.
    #[must_use]
    pub fn of_whole(response: ApiResponse) -> Self {
        let ApiResponse { status, headers, body } = response;
        let bytes = body.into_whole().unwrap_or_default();
        let (body, is_base64_encoded) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (STANDARD.encode(error.as_bytes()), true),
        };
        Self { status_code: status, headers: headers.into_iter().collect(), body, is_base64_encoded }
    }
}

async fn first_words(mut chunks: Chunks) -> Vec<u8> {
    let mut words = Vec::new();
    for _ in 0..CHUNKS_MAX {
        match tokio::time::timeout(LISTEN, chunks.next()).await {
            Ok(Some(chunk)) => words.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use futures_util::stream;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn text_goes_as_it_is_and_everything_else_as_base64() {
        let text = ApiResponse::json(201, &json!({"a": "ü"})).with("etag", "\"1\"".to_owned());
        let answer = serde_json::to_value(GatewayAnswer::of(text).await).unwrap();
        let expected = json!({
            "statusCode": 201,
            "headers": {"cache-control": "no-store", "content-type": "application/json", "etag": "\"1\""},
            "body": "{\"a\":\"ü\"}",
            "isBase64Encoded": false,
        });
        assert_eq!(answer["statusCode"], expected["statusCode"]);
        assert_eq!(answer["headers"]["etag"], expected["headers"]["etag"]);
        assert_eq!((&answer["body"], &answer["isBase64Encoded"]), (&expected["body"], &json!(false)));
        let packed = ApiResponse::text(200, "application/vnd.tillroll.packed", vec![0xff, 0x00]);
        let answer = GatewayAnswer::of(packed).await;
        assert_eq!((answer.body.as_str(), answer.is_base64_encoded), ("/wA=", true));
    }

    #[tokio::test]
    async fn of_a_stream_the_first_words_are_an_answer() {
        let chunks = stream::iter([b"retry: 1\n\n".to_vec(), b"id: 1\n\n".to_vec()]).chain(stream::pending());
        let answer = GatewayAnswer::of(ApiResponse::chunks("text/event-stream", Chunks::new(chunks))).await;
        assert_eq!(answer.body, "retry: 1\n\nid: 1\n\n");
    }
}
