//! The API as the command line calls it: plain HTTP, answers as they come, problems turned into sentences.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{ClientBuilder, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use tillroll_local::host_check::{KEY_HEADER, Key};

use super::failure::Failure;
use super::output::shown;
use super::tail::Refused;

/// A system on the same machine answers a connection at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client of one running system.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// RFC 9457, as far as the command line reads it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) code: String,
    title: String,
    detail: Option<String>,
    pub(crate) retryable: bool,
}

impl Client {
    /// A client for `http://host:port`.
    pub(crate) fn new(base: &str) -> Result<Self, Failure> {
        Self::of(base, reqwest::Client::builder())
    }

    fn of(base: &str, builder: ClientBuilder) -> Result<Self, Failure> {
        // No overall timeout: verifying a year of baskets takes as long as it takes, and Ctrl+C works.
        let builder = builder.no_proxy().connect_timeout(CONNECT_TIMEOUT);
        let http = builder.build().map_err(|error| Failure::of(&error))?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned() })
    }

    /// The same, for a front that wants its key with every request.
    pub(crate) fn with_key(base: &str, key: &Key) -> Result<Self, Failure> {
        let mut key = HeaderValue::from_str(key.as_str()).map_err(|error| Failure::of(&error))?;
        key.set_sensitive(true);
        let headers = HeaderMap::from_iter([(HeaderName::from_static(KEY_HEADER), key)]);
        Self::of(base, reqwest::Client::builder().default_headers(headers))
    }

    /// Where the system is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Failure> {
        self.send(self.http.get(self.url(path)).query(query)).await.map_err(|error| self.unreachable(&error))
    }

    pub(crate) async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<Answer, Failure> {
        self.send(self.http.post(self.url(path)).json(body)).await.map_err(|error| self.unreachable(&error))
    }

    /// Opens a stream of events behind the last id that was seen.
    pub(crate) async fn open_stream(
        &self,
        path: &str,
        query: &[(&str, String)],
        last: Option<&str>,
    ) -> Result<reqwest::Response, Refused> {
        let mut request = self.http.get(self.url(path)).query(query).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let passing = |error| Refused { failure: self.unreachable(&error), may_pass: true };
        let response = request.send().await.map_err(passing)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let answer = Answer { status, body: response.bytes().await.map_err(passing)? };
        Err(Refused { failure: answer.failure(), may_pass: status.is_server_error() })
    }

    /// Posts lines of JSON. A connection that fails is the caller's to judge: it may try again.
    pub(crate) async fn post_ndjson(&self, path: &str, body: Bytes) -> Result<Answer, reqwest::Error> {
        let request = self.http.post(self.url(path)).header("content-type", "application/x-ndjson");
        self.send(request.body(body)).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.header("accept", "application/json").send().await?;
        let status = response.status();
        Ok(Answer { status, body: response.bytes().await? })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let source = std::iter::successors(error.source(), |cause| (*cause).source()).last();
        let why = source.map_or_else(|| error.to_string(), ToString::to_string);
        let failure = Failure::new(format!("cannot reach the system at {}: {why}", self.base));
        if error.is_connect() {
            failure.hint("start it with `tillroll dev`, or unset TILLROLL_URL if that names another place")
        } else {
            failure.hint("if it stopped in the middle, start it again with `tillroll dev` and repeat the command")
        }
    }
}

impl Answer {
    /// The answer if it is a success, otherwise its problem as a failure.
    pub(crate) fn accepted(self) -> Result<Self, Failure> {
        if self.status.is_success() { Ok(self) } else { Err(self.failure()) }
    }

    /// Reads the body.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let failure = Failure::new(format!("the system's answer does not read as it should: {error}"));
            failure.hint("the system and this program are of different versions; restart `tillroll dev`")
        })
    }

    /// The problem that a status of 400 and above comes with.
    pub(crate) fn problem(&self) -> Problem {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The problem as a failure.
    pub(crate) fn failure(&self) -> Failure {
        let problem = self.problem();
        let code = if problem.code.is_empty() { String::new() } else { format!(" ({})", shown(&problem.code)) };
        let failure = Failure::new(match problem.sentence() {
            Some(sentence) => format!("{}{code}", shown(sentence)),
            None => format!("the system answered with status {}", self.status.as_u16()),
        });
        match self.status {
            // Malformed: a value of the command line that only the system knows to be none.
            StatusCode::BAD_REQUEST => failure.misused(),
            _ if problem.retryable => failure.hint("the same command again is safe and may work"),
            _ => failure,
        }
    }
}

impl Problem {
    /// Its detail, or else its title.
    fn sentence(&self) -> Option<&str> {
        let detail = self.detail.as_deref().filter(|detail| !detail.is_empty());
        detail.or(Some(self.title.as_str())).filter(|sentence| !sentence.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn failure(status: u16, body: &str) -> (String, Option<String>) {
        match answer(status, body).failure() {
            Failure::Said { what, hint, .. } => (what, hint),
            Failure::OutputClosed => (String::new(), None),
        }
    }

    #[test]
    fn a_problem_becomes_a_sentence_with_its_code() {
        let body = r#"{"title":"Not found","detail":"there is no run x","code":"run_not_found","retryable":false}"#;
        assert_eq!(failure(404, body), ("there is no run x (run_not_found)".into(), None));
        let body = r#"{"title":"try later","code":"unavailable","retryable":true}"#;
        let hint = "the same command again is safe and may work";
        assert_eq!(failure(503, body), ("try later (unavailable)".into(), Some(hint.into())));
    }

    #[test]
    fn an_answer_that_is_no_problem_document_still_names_its_status() {
        assert_eq!(failure(502, "<html>").0, "the system answered with status 502");
    }

    #[test]
    fn a_problem_cannot_drive_the_terminal() {
        let body = r#"{"title":"\u001b[2J","code":"x"}"#;
        assert_eq!(failure(400, body).0, "\\u{1b}[2J (x)");
    }
}
