//! The forms that values have: each reads a text or says what it has to be. No value is repeated in an error.

use std::net::IpAddr;

use crate::functions::project::by_name::SUBSCRIPTIONS;

/// An address that is spoken to: that of all calls instead of AWS, or that of an object. Plain HTTP only to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(pub String);

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySet {
    /// Here.
    Inline(String),
    /// Behind this address.
    At(String),
}

/// When an HTTP request is answered in chunks as they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streaming {
    /// When it came through a Function URL.
    #[default]
    FunctionUrl,
    /// Always.
    On,
    /// Never.
    Off,
}

pub(super) fn endpoint(text: &str) -> Result<Endpoint, String> {
    let url = text.trim_end_matches('/').to_owned();
    if url.starts_with("https://") {
        return Ok(Endpoint(url));
    }
    let host = url.strip_prefix("http://").map(host_of);
    let is_loopback =
        |host: &str| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match host {
        Some(host) if is_loopback(host) => Ok(Endpoint(url)),
        Some(_) => Err("is plain HTTP to another machine; it has to be https://".to_owned()),
        None => Err("has to begin with https://, or with http:// and name this machine".to_owned()),
    }
}

/// The host of what follows `http://`.
fn host_of(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

pub(super) fn url(text: &str) -> Result<String, String> {
    let is_url = text.starts_with("https://") || text.starts_with("http://");
    if is_url { Ok(text.to_owned()) } else { Err("has to be the queue's URL".to_owned()) }
}

pub(super) fn arn(text: &str) -> Result<String, String> {
    if text.starts_with("arn:") { Ok(text.to_owned()) } else { Err("has to be an ARN".to_owned()) }
}

pub(super) fn key_set(text: &str) -> Result<KeySet, String> {
    if text.starts_with('{') {
        Ok(KeySet::Inline(text.to_owned()))
    } else if endpoint(text).is_ok() {
        Ok(KeySet::At(text.to_owned()))
    } else {
        Err("has to be a JSON Web Key Set, or its https:// address".to_owned())
    }
}

pub(super) fn subscription(text: &str) -> Result<String, String> {
    one_of(text, &SUBSCRIPTIONS).map(str::to_owned)
}

pub(super) fn one_of<'a>(text: &str, known: &[&'a str]) -> Result<&'a str, String> {
    let found = known.iter().find(|word| **word == text);
    found.copied().ok_or_else(|| format!("has to be one of {}", known.join(", ")))
}

pub(super) fn streaming(text: &str) -> Result<Streaming, String> {
    Ok(match one_of(text, &["function-url", "on", "off"])? {
        "on" => Streaming::On,
        "off" => Streaming::Off,
        _ => Streaming::FunctionUrl,
    })
}

pub(super) fn whole_number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "has to be a whole number".to_owned())
}

/// Origins of pages, exactly as browsers send them.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins: Vec<String> = text.split(',').map(|origin| origin.trim().to_owned()).collect();
    let is_origin = |origin: &String| {
        let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', '?', '#']))
    };
    if origins.iter().all(is_origin) {
        Ok(origins)
    } else {
        Err("has to be origins like https://shop.example with commas between them, without paths and stars".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_never_leaves_this_machine() {
        for good in ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:80", "https://vpce.example"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        let elsewhere = ["http://10.0.0.1", "http://localhost.evil.example", "ftp://127.0.0.1", "127.0.0.1", "http://"];
        for bad in elsewhere {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_star() {
        let two = origins("https://shop.example, http://127.0.0.1:5173");
        assert_eq!(two, Ok(vec!["https://shop.example".to_owned(), "http://127.0.0.1:5173".to_owned()]));
        for bad in ["*", "https://*.example", "https://shop.example/", "shop.example", "https://a.example,"] {
            assert!(origins(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_a_set_or_its_address() {
        assert_eq!(key_set("{\"keys\":[]}"), Ok(KeySet::Inline("{\"keys\":[]}".to_owned())));
        assert_eq!(key_set("https://issuer.example/keys"), Ok(KeySet::At("https://issuer.example/keys".to_owned())));
        assert!(key_set("http://issuer.example/keys").is_err(), "keys that anybody on the way may change");
    }
}
