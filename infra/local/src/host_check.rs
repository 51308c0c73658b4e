//! Whose requests the local front answers. It listens on loopback and trusts who reaches it, so a web page must not
//! reach it through the browser of the person who runs it.
//!
//! * A page whose name was made to point at 127.0.0.1 (DNS rebinding) sends its own name as `Host`: only the names of
//!   this machine, and those that were configured, are answered for.
//! * Where the front acts with more than this machine's rights, as on AWS, there is a [`Key`] that lives as long as the
//!   process: nobody else on this machine, and no page, has it.
//! * A page that only sends and never reads (a form) brings its `Origin`: from a page of another machine nothing is
//!   changed. Pages of this machine may, on whatever port.

use std::fmt;

use tillroll_host_lambda::api::{ApiRequest, ApiResponse, Problem};
use uuid::Uuid;

/// The names of this machine that every browser knows.
const OWN: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// Longest name of a host (RFC 1035), with a port.
const HOST_BYTES_MAX: usize = 255;
/// Most further names.
const NAMES_MAX: usize = 16;

/// The hosts that requests may name.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    more: Vec<String>,
    key: Option<Key>,
}

/// What a request has to show, in the header [`KEY_HEADER`].
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// Where the key stands.
pub const KEY_HEADER: &str = "tillroll-key";

impl Key {
    /// A key that nobody can guess: 244 random bits.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// As it stands in the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Never its digits.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// A configured name is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHosts {
    /// It is empty, too long, or has characters that no name has.
    #[error("{0:?} is no host name: write it without scheme, port and path, as in shop.test")]
    NotAName(String),
    /// There are too many.
    #[error("at most {NAMES_MAX} further hosts can be named")]
    TooMany,
}

impl Hosts {
    /// The names of this machine and these. A name is written without a port.
    pub fn with(more: &[String]) -> Result<Self, NoHosts> {
        if more.len() > NAMES_MAX {
            return Err(NoHosts::TooMany);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        let wrong = |name: &&String| {
            !(1..=HOST_BYTES_MAX).contains(&name.len())
                || !name.bytes().all(plain)
                || without_port(name) != name.as_str()
        };
        match more.iter().find(wrong) {
            Some(name) => Err(NoHosts::NotAName(name.clone())),
            None => Ok(Self { more: more.iter().map(|name| name.to_ascii_lowercase()).collect(), key: None }),
        }
    }

    /// The same, for those who show the key.
    #[must_use]
    pub fn with_key(self, key: Key) -> Self {
        Self { key: Some(key), ..self }
    }

    /// The answer to a request that is none of ours to carry out; `None` for all others.
    #[must_use]
    pub fn refuse(&self, request: &ApiRequest) -> Option<ApiResponse> {
        let problem = if !request.header("host").is_some_and(|host| self.know(host)) {
            Problem::new(421, "misdirected_request", "this system answers for localhost, 127.0.0.1 and [::1] only")
        } else if changes(request) && !request.header("origin").is_none_or(|origin| self.know_origin(origin)) {
            Problem::new(403, "foreign_origin", "a page of another machine changes nothing here")
        } else if self.key.as_ref().is_some_and(|key| request.header(KEY_HEADER) != Some(key.as_str())) {
            Problem::new(403, "foreign_origin", "this system answers the command that started it, and nobody else")
        } else {
            return None;
        };
        Some(problem.into_response(request.trace_id()))
    }

    fn know(&self, host: &str) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        OWN.contains(&name.as_str()) || self.more.contains(&name)
    }

    /// `null`, which pages without an address send, is nobody's.
    fn know_origin(&self, origin: &str) -> bool {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| self.know(host))
    }
}

fn changes(request: &ApiRequest) -> bool {
    !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS")
}

/// `[::1]:7070` and `localhost:7070` without what follows the name.
fn without_port(host: &str) -> &str {
    let end = match host.find(']') {
        Some(bracket) => bracket + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or(port);
    // What is neither a name nor a name with a port stays as it is, and is nobody's.
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn status(hosts: &Hosts, method: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = ApiRequest { method: method.to_owned(), headers, ..ApiRequest::default() };
        hosts.refuse(&request).map(|answer| answer.status)
    }

    #[test]
    fn where_there_is_a_key_only_who_shows_it_is_answered() {
        let key = Key::random();
        assert_ne!(key, Key::random());
        assert!(!format!("{key:?}").contains(key.as_str()));
        let hosts = Hosts::default().with_key(key.clone());
        for (shown, refused) in [(key.as_str(), None), ("guess", Some(403)), ("", Some(403))] {
            assert_eq!(status(&hosts, "GET", &[("host", "localhost"), (KEY_HEADER, shown)]), refused);
        }
        assert_eq!(status(&hosts, "GET", &[("host", "localhost")]), Some(403));
        assert_eq!(status(&hosts, "GET", &[("host", "evil.example"), (KEY_HEADER, key.as_str())]), Some(421));
    }

    #[test]
    fn a_request_that_names_another_host_is_misdirected() {
        let hosts = Hosts::with(&["shop.test".to_owned()]).unwrap();
        for own in
            ["localhost", "localhost:7070", "LOCALHOST:1", "127.0.0.1:7070", "[::1]:7070", "[::1]", "Shop.Test:80"]
        {
            assert_eq!(status(&hosts, "GET", &[("host", own)]), None, "{own}");
        }
        for foreign in [
            "evil.example",
            "evil.example:7070",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "::1",
            "",
            "[::1",
            "localhost:7070:1",
            "localhost:x",
            "localhost, evil.example",
        ] {
            assert_eq!(status(&hosts, "GET", &[("host", foreign)]), Some(421), "{foreign}");
        }
        assert_eq!(status(&hosts, "GET", &[]), Some(421), "none at all");
    }

    #[test]
    fn a_page_of_another_machine_changes_nothing() {
        let hosts = Hosts::default();
        let asked = |method: &str, origin: &str| status(&hosts, method, &[("host", "localhost"), ("origin", origin)]);
        for own in ["http://localhost:5173", "http://127.0.0.1:7070", "https://localhost", "http://[::1]:1"] {
            assert_eq!(asked("POST", own), None, "{own}");
        }
        for foreign in ["http://evil.example", "null", "", "file://", "http://localhost.evil.example", "localhost"] {
            assert_eq!(asked("POST", foreign), Some(403), "{foreign}");
            assert_eq!(asked("GET", foreign), None, "{foreign}: it cannot read the answer");
        }
        assert_eq!(status(&hosts, "POST", &[("host", "localhost")]), None, "no browser");
    }

    #[test]
    fn a_configured_name_is_a_name() {
        for wrong in ["", "shop.test:80", "http://shop.test", "shop test", "shop.test/"] {
            assert_eq!(Hosts::with(&[wrong.to_owned()]).unwrap_err(), NoHosts::NotAName(wrong.to_owned()));
        }
        assert_eq!(Hosts::with(&vec!["a".to_owned(); 17]).unwrap_err(), NoHosts::TooMany);
    }
}
