//! The keys of an issuer: fetched when a token names one that is not known, and not more often than once a minute.

use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use tokio::sync::Mutex;

use super::token::Header;
use crate::ports::{Clock, Fault, FaultKind};

/// After a fetch, good or bad, there is none for so long: a stranger's tokens must not become requests to the issuer.
const FETCH_EVERY_MS: u64 = 60_000;
/// Largest set that is read; issuers have two to ten keys of half a kilobyte.
pub const SET_BYTES_MAX: usize = 64 * 1024;
/// Most keys of a set.
const KEYS_MAX: usize = 100;

/// Where an issuer's keys come from.
pub trait KeySource: Send + Sync {
    /// The issuer's JSON Web Key Set as it is now; at most [`SET_BYTES_MAX`] bytes.
    fn fetch(&self) -> impl Future<Output = Result<String, Fault>> + Send;
}

/// Keys that a host was told.
#[derive(Clone, Debug)]
pub struct StoredKeys(pub String);

impl KeySource for StoredKeys {
    async fn fetch(&self) -> Result<String, Fault> {
        Ok(self.0.clone())
    }
}

/// A text that is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no JSON Web Key Set of at most {SET_BYTES_MAX} bytes")]
pub struct NotKeys;

/// A key, and what it signs with.
pub(super) struct Key {
    pub(super) key: DecodingKey,
    pub(super) algorithm: Algorithm,
}

/// The keys that are known.
pub struct Keys<S> {
    source: S,
    known: Mutex<Known>,
}

/// A key and its `kid`.
type NamedKey = (Option<String>, Arc<Key>);

#[derive(Default)]
struct Known {
    keys: Vec<NamedKey>,
    tried_at_ms: Option<u64>,
}

impl<S> std::fmt::Debug for Keys<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl<S: KeySource> Keys<S> {
    /// None so far.
    pub fn new(source: S) -> Self {
        Self { source, known: Mutex::default() }
    }

    /// The key that a token names. Others wait while the set is fetched, so it is fetched once.
    pub(super) async fn find<C: Clock>(&self, header: &Header, clock: &C) -> Result<Option<Arc<Key>>, Fault> {
        let mut known = self.known.lock().await;
        if let Some(key) = known.find(header) {
            return Ok(Some(key));
        }
        let now_ms = clock.elapsed_ms();
        if known.tried_at_ms.is_some_and(|tried_ms| now_ms.saturating_sub(tried_ms) < FETCH_EVERY_MS) {
            return if known.keys.is_empty() { Err(no_keys("they were not to be had a moment ago")) } else { Ok(None) };
        }
        known.tried_at_ms = Some(now_ms);
        match self.source.fetch().await.and_then(|set| read(&set).map_err(no_keys)) {
            Ok(keys) => known.keys = keys,
            // What was known goes on counting: an issuer that is away for a moment locks nobody out.
            Err(fault) if known.keys.is_empty() => return Err(fault),
            Err(fault) => tracing::warn!(%fault, "the issuer's keys were not fetched"),
        }
        Ok(known.find(header))
    }
}

impl Known {
    /// A key signs with one algorithm, so a token that names another has no key. Without a name any key of the
    /// algorithm will do if there is but one.
    fn find(&self, header: &Header) -> Option<Arc<Key>> {
        let mut fitting = self.keys.iter().filter(|(_, key)| key.algorithm == header.algorithm);
        match &header.key_id {
            Some(_) => fitting.find(|(name, _)| *name == header.key_id),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
        .map(|(_, key)| Arc::clone(key))
    }
}

fn no_keys(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::new(FaultKind::Transient, "read the keys of", "the issuer of tokens", reason)
}

/// The keys of a set that sign tokens; keys of other kinds are passed over.
fn read(set: &str) -> Result<Vec<NamedKey>, NotKeys> {
    let set: Value = Some(set)
        .filter(|set| set.len() <= SET_BYTES_MAX)
        .and_then(|set| serde_json::from_str(set).ok())
        .ok_or(NotKeys)?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or(NotKeys)?;
    let read = |key: &Value| {
        let key: Jwk = serde_json::from_value(key.clone()).ok()?;
        let algorithm = algorithm_of(&key)?;
        let name = key.common.key_id.clone();
        Some((name, Arc::new(Key { key: DecodingKey::from_jwk(&key).ok()?, algorithm })))
    };
    Ok(keys.iter().take(KEYS_MAX).filter_map(read).collect())
}

fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    let stated = key.common.key_algorithm;
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(stated, None | Some(KeyAlgorithm::RS256)).then_some(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            matches!(stated, None | Some(KeyAlgorithm::ES256)).then_some(Algorithm::ES256)
        }
        AlgorithmParameters::EllipticCurve(_)
        | AlgorithmParameters::OctetKey(_)
        | AlgorithmParameters::OctetKeyPair(_) => None,
    }
}
