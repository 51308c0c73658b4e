//! An answer as a value.

use serde::Serialize;

/// What goes back to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case, each name once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
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
        response.body = body;
        response
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let headers = vec![("cache-control", "no-store".to_owned()), ("x-content-type-options", "nosniff".to_owned())];
        Self { status, headers, body: Vec::new() }
    }

    /// Sets a header, in place of what it was.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
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
