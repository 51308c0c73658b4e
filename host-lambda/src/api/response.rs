//! An answer as a value. Its body is whole, or a stream of chunks that the front pulls.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;
use serde::Serialize;

/// What goes back to the caller.
#[derive(Debug)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case, each name once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: ResponseBody,
}

/// The body of an answer.
#[derive(Debug)]
pub enum ResponseBody {
    /// All of it.
    Whole(Vec<u8>),
    /// Chunks that come as they come, perhaps for minutes.
    Chunks(Chunks),
}

impl ResponseBody {
    /// All of it; `None` when it is a stream of chunks.
    #[must_use]
    pub fn into_whole(self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Chunks(_) => None,
        }
    }
}

/// Chunks of a body. Nothing happens until somebody pulls, and nothing is made ahead: a slow reader holds up its own
/// stream, and no queue grows.
pub struct Chunks(Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>);

impl Chunks {
    /// These chunks.
    pub fn new(chunks: impl Stream<Item = Vec<u8>> + Send + 'static) -> Self {
        Self(Box::pin(chunks))
    }
}

impl Stream for Chunks {
    type Item = Vec<u8>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chunks")
    }
}

impl ApiResponse {
    /// An answer with a JSON body. It is not to be stored by anybody on the way, unless its maker says otherwise.
    #[must_use]
    pub fn json<T: Serialize>(status: u16, body: &T) -> Self {
        // Bodies are strings, integers and maps with string keys, which always serialize.
        Self::text(status, "application/json", serde_json::to_vec(body).unwrap_or_default())
    }

    /// An answer with a body of some type.
    #[must_use]
    pub fn text(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let mut response = Self::empty(status);
        response.set("content-type", content_type);
        response.body = ResponseBody::Whole(body);
        response
    }

    /// An answer whose body comes in chunks, which nobody on the way may hold back or put together: what compresses in
    /// between, as a page's own server does, waits until there is enough of it, and leaves alone what may not be transformed.
    #[must_use]
    pub fn chunks(content_type: &str, chunks: Chunks) -> Self {
        let mut response = Self::empty(200)
            .with("content-type", content_type)
            .with("cache-control", "no-store, no-transform")
            .with("x-accel-buffering", "no");
        response.body = ResponseBody::Chunks(chunks);
        response
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let headers = vec![("cache-control", "no-store".to_owned()), ("x-content-type-options", "nosniff".to_owned())];
        Self { status, headers, body: ResponseBody::Whole(Vec::new()) }
    }

    /// Sets a header, in place of what it was.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
    }

    /// The answer to a `HEAD`: without its body, and with the length of it where that is known.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        if let ResponseBody::Whole(body) = &self.body {
            let length = body.len().to_string();
            self.set("content-length", length);
        }
        self.body = ResponseBody::Whole(Vec::new());
        self
    }

    /// The same answer with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(present, _)| *present == name).map(|(_, value)| value.as_str())
    }
}

/// A version, or any other name of a state, as an entity tag.
#[must_use]
pub fn etag(name: impl std::fmt::Display) -> String {
    format!("\"{name}\"")
}
