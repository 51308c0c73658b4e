//! Who calls: the one verifier of bearer tokens, on every path into the system.
//!
//! Behind an HTTP API a gateway has looked at the token already, behind a Function URL nobody has. Here it is verified
//! again all the same: a signature costs a tenth of a millisecond, and so no route depends on how somebody set up the
//! gateway. What a gateway says about claims is never read.
//!
//! Signatures are RS256 or ES256 with a key of the issuer's set, as the key says and not as the token says; a token
//! without a signature has no key that fits. Carts' own tokens are no business of this module: the router compares them.

mod keys;
mod token;

#[cfg(test)]
mod tests;

pub use keys::{KeySource, Keys, NotKeys, SET_BYTES_MAX, StoredKeys};
pub use token::{LEEWAY_S, NotAccepted, Operators, Rules};

use crate::api::request::Caller;
use crate::api::{ApiRequest, Problem};
use crate::ports::Clock;

/// Verifies tokens of one issuer.
#[derive(Debug)]
pub struct Verifier<S> {
    keys: Keys<S>,
    rules: Rules,
}

impl<S: KeySource> Verifier<S> {
    /// A verifier of tokens that keep to `rules` and are signed with keys of `source`.
    pub fn new(rules: Rules, source: S) -> Self {
        Self { keys: Keys::new(source), rules }
    }

    /// Who sent a request: nobody in particular without a token, and nobody at all with a bad one.
    pub async fn caller<C: Clock>(&self, request: &ApiRequest, clock: &C) -> Result<Caller, Problem> {
        let Some(sent) = request.header("authorization") else { return Ok(Caller::Unknown) };
        let token = bearer(sent).ok_or(NotAccepted::NotBearer)?;
        let header = token::header(token)?;
        let key = self.keys.find(&header, clock).await?.ok_or(NotAccepted::UnknownKey)?;
        Ok(self.rules.caller(token, &key, clock.now())?)
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl From<NotAccepted> for Problem {
    /// Why is for the log: whoever forges tokens need not know how far they came.
    fn from(reason: NotAccepted) -> Self {
        tracing::info!(%reason, "a token was not accepted");
        Self::invalid_token()
    }
}
