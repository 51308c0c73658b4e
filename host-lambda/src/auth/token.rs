//! A token: its signature, and what its claims have to be.

use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Map, Value};
use tillroll_core::time::Timestamp;

use super::keys::Key;
use crate::api::request::Caller;

/// Largest token that is looked at; gateways take no more in all headers together.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Longest name of a person. Issuers have UUIDs.
const SUBJECT_BYTES_MAX: usize = 256;
/// How far the clocks of issuer and host may be apart, in seconds.
pub const LEEWAY_S: i64 = 30;

/// What a token's claims have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `iss`.
    pub issuer: String,
    /// `aud`, or one of them; or `client_id`, where Amazon Cognito has it in access tokens.
    pub audience: String,
    /// Who is an operator; without, nobody is one.
    pub operators: Option<Operators>,
}

/// What makes an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operators {
    /// The claim that says it.
    pub claim: String,
    /// What that has to be or to contain.
    pub group: String,
    /// What it has to contain too, for those of them who may have references to persons shown.
    pub disclosure_group: String,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Something else than a bearer token.
    #[error("it is no bearer token")]
    NotBearer,
    /// It does not read as a token, or its algorithm is none of ours.
    #[error("it is no token that is signed with RS256 or ES256")]
    Malformed,
    /// Nobody has its key.
    #[error("its key is not in the issuer's set")]
    UnknownKey,
    /// Somebody else wrote it.
    #[error("its signature is wrong")]
    Forged,
    /// It is over.
    #[error("it has expired")]
    Expired,
    /// It has not begun.
    #[error("it is not valid yet")]
    NotYet,
    /// Somebody else's.
    #[error("it is of another issuer")]
    OtherIssuer,
    /// For somebody else.
    #[error("it is for another audience")]
    OtherAudience,
    /// It names nobody.
    #[error("it names nobody")]
    Nobody,
}

/// What a token says of its signature.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
}

/// The header of a token; nothing of it is trusted beyond finding the key.
pub(super) fn header(token: &str) -> Result<Header, NotAccepted> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(NotAccepted::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| NotAccepted::Malformed)?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(NotAccepted::Malformed);
    }
    Ok(Header { algorithm: header.alg, key_id: header.kid })
}

impl Rules {
    /// Who has this token.
    pub(super) fn caller(&self, token: &str, key: &Key, now: Timestamp) -> Result<Caller, NotAccepted> {
        // The signature alone: the claims are looked at below, by the host's clock.
        let mut validation = Validation::new(key.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key.key, &validation);
        let claims = decoded.map_err(|_| NotAccepted::Forged)?.claims;
        self.check(&claims, now.unix_ms().div_euclid(1_000))?;
        let fits =
            |name: &&str| !name.is_empty() && name.len() <= SUBJECT_BYTES_MAX && !name.contains(char::is_control);
        let name = claims.get("sub").and_then(Value::as_str).filter(fits).map(str::to_owned);
        match &self.operators {
            Some(Operators { claim, group, disclosure_group }) if says(&claims, claim, group) => {
                Ok(Caller::Operator { name, discloses: says(&claims, claim, disclosure_group) })
            }
            _ => Ok(Caller::Shopper { owner_ref: name.ok_or(NotAccepted::Nobody)? }),
        }
    }

    fn check(&self, claims: &Map<String, Value>, now_s: i64) -> Result<(), NotAccepted> {
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        if claims.get("exp").and_then(seconds).is_none_or(|exp| exp.saturating_add(LEEWAY_S) <= now_s) {
            return Err(NotAccepted::Expired);
        }
        if claims.get("nbf").is_some_and(|nbf| seconds(nbf).is_none_or(|nbf| nbf.saturating_sub(LEEWAY_S) > now_s)) {
            return Err(NotAccepted::NotYet);
        }
        if text("iss") != Some(&self.issuer) {
            return Err(NotAccepted::OtherIssuer);
        }
        let named = match claims.get("aud") {
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(&self.audience)),
            Some(one) => one.as_str() == Some(&self.audience),
            None => text("client_id") == Some(&self.audience),
        };
        if named { Ok(()) } else { Err(NotAccepted::OtherAudience) }
    }
}

/// Whether a claim is, or contains, the name of a group.
fn says(claims: &Map<String, Value>, claim: &str, group: &str) -> bool {
    match claims.get(claim) {
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(group)),
        // Scopes are words with spaces between them.
        Some(Value::String(words)) => words.split(' ').any(|word| word == group),
        _ => false,
    }
}

/// Seconds since 1970; issuers write them with fractions too.
fn seconds(claim: &Value) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "a float outside i64 saturates, which is far away all the same")]
    let truncated = |seconds: f64| seconds as i64;
    claim.as_i64().or_else(|| claim.as_f64().map(truncated))
}
