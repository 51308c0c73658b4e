//! Row F21: tokens that are missing, expired, for somebody else, or forged.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tillroll_core::time::Timestamp;

use super::*;
use crate::memory::MemoryClock;
use crate::ports::{Fault, FaultKind};

const ISSUER: &str = "https://issuer.example/pool";
const AUDIENCE: &str = "shop";
const NOW_S: i64 = 1_772_604_000;

/// A key that nobody uses for anything else: PKCS #8 with its own public half.
const EC_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgi39godpY3EKTOi3JdTbcwixw81bJ4bM1Vr0PszdrAh\
     GhRANCAASO7+XKof6XxuwcHhBf8O8AQo7Xph7C5ERVHmCI1AN455qqm2MYrjaTFohtzaFNzAw0/pfxCwVvzehmpDNpSjs/";
const EC_X: &str = "ju_lyqH-l8bsHB4QX_DvAEKO16YewuREVR5giNQDeOc";
const EC_Y: &str = "mqqbYxiuNpMWiG3NoU3MDDT-l_ELBW_N6GakM2lKOz8";

fn signing_key() -> EncodingKey {
    EncodingKey::from_ec_der(&STANDARD.decode(EC_KEY).unwrap())
}

fn public_key(name: &str) -> Value {
    json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name, "x": EC_X, "y": EC_Y})
}

/// An issuer that counts how often it is asked.
#[derive(Clone, Default)]
struct Counting {
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Counting {
    fn with(keys: Value) -> Self {
        Self { keys: Arc::new(Mutex::new(Some(keys))), ..Self::default() }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl KeySource for Counting {
    async fn fetch(&self) -> Result<String, Fault> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let keys = self.keys.lock().unwrap().clone();
        keys.map(|keys| keys.to_string())
            .ok_or_else(|| Fault::new(FaultKind::Transient, "fetch the keys of issuer", ISSUER, "it is away"))
    }
}

fn verifier(source: Counting) -> Verifier<Counting> {
    let operators = Operators {
        claim: "cognito:groups".to_owned(),
        group: "operators".to_owned(),
        disclosure_group: "disclosure".to_owned(),
    };
    let rules = Rules { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned(), operators: Some(operators) };
    Verifier::new(rules, source)
}

fn clock() -> MemoryClock {
    MemoryClock::new(Timestamp::from_unix_ms(NOW_S * 1_000), 1)
}

fn claims(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "person-1", "exp": NOW_S + 60, "iat": NOW_S});
    change(&mut claims);
    claims
}

fn token(kid: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::ES256) };
    encode(&header, claims, &signing_key()).unwrap()
}

fn bearing(token: &str) -> ApiRequest {
    let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    ApiRequest { headers, ..ApiRequest::default() }
}

async fn caller(token: &str) -> Result<Caller, Problem> {
    let source = Counting::with(json!({"keys": [public_key("one")]}));
    verifier(source).caller(&bearing(token), &clock()).await
}

#[tokio::test]
async fn f21_a_good_token_names_its_person_and_operators_are_known_by_their_group() {
    let shopper = Ok(Caller::Shopper { owner_ref: "person-1".to_owned() });
    assert_eq!(caller(&token(Some("one"), &claims(|_| ()))).await, shopper);
    assert_eq!(caller(&token(None, &claims(|_| ()))).await, shopper, "the set has but one key");
    let several = claims(|claims| claims["aud"] = json!(["other", AUDIENCE]));
    assert_eq!(caller(&token(Some("one"), &several)).await, shopper);
    let access_token = claims(|claims| {
        claims.as_object_mut().unwrap().remove("aud");
        claims["client_id"] = json!(AUDIENCE);
    });
    assert_eq!(caller(&token(Some("one"), &access_token)).await, shopper);
    for groups in [json!(["staff", "operators"]), json!("staff operators")] {
        let operator = claims(|claims| claims["cognito:groups"] = groups);
        let operator = caller(&token(Some("one"), &operator)).await;
        assert_eq!(operator, Ok(Caller::Operator { name: Some("person-1".to_owned()), discloses: false }));
    }
    for (groups, discloses) in [("operators disclosure", true), ("operators disclosures", false)] {
        let operator = claims(|claims| {
            claims["cognito:groups"] = json!(groups);
            claims["sub"] = json!(7);
        });
        let operator = caller(&token(Some("one"), &operator)).await;
        assert_eq!(operator, Ok(Caller::Operator { name: None, discloses }), "{groups}");
    }
    let alone = claims(|claims| claims["cognito:groups"] = json!("disclosure"));
    assert_eq!(caller(&token(Some("one"), &alone)).await, shopper, "who is no operator sees nothing");
    for groups in [json!(["operators2"]), json!("no-operators"), json!({"operators": true}), json!(null)] {
        let other = claims(|claims| claims["cognito:groups"] = groups);
        assert_eq!(caller(&token(Some("one"), &other)).await, shopper);
    }
    assert_eq!(verifier(Counting::default()).caller(&ApiRequest::default(), &clock()).await, Ok(Caller::Unknown));
}

#[tokio::test]
async fn f21_expired_wrong_and_forged_tokens_are_all_refused_alike() {
    let changed = |name: &'static str, value: Value| token(Some("one"), &claims(|claims| claims[name] = value));
    let without =
        |name: &'static str| token(Some("one"), &claims(|claims| drop(claims.as_object_mut().unwrap().remove(name))));
    let good = token(Some("one"), &claims(|_| ()));
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let operator = encoded(claims(|claims| claims["cognito:groups"] = json!(["operators"])));
    let secret = EncodingKey::from_secret(EC_X.as_bytes());
    let bad = [
        changed("exp", json!(NOW_S - LEEWAY_S)),
        changed("exp", json!("tomorrow")),
        changed("nbf", json!(NOW_S + LEEWAY_S + 1)),
        changed("iss", json!("https://issuer.example/other")),
        changed("aud", json!("other")),
        changed("aud", json!(["other"])),
        changed("sub", json!("")),
        changed("sub", json!("a\nb")),
        changed("sub", json!("x".repeat(300))),
        without("exp"),
        without("iss"),
        without("aud"),
        without("sub"),
        format!("{head}.{operator}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{}.{body}.", encoded(json!({"alg": "none", "typ": "JWT"}))),
        format!("{}.{body}.{signature}", encoded(json!({"alg": "none", "kid": "one"}))),
        format!("{}.{body}.{signature}", encoded(json!({"alg": "RS256", "kid": "one"}))),
        encode(&Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) }, &claims(|_| ()), &secret)
            .unwrap(),
        token(Some("two"), &claims(|_| ())),
        "x".repeat(10_000),
        String::new(),
    ];
    let expected = caller(&bad[0]).await.unwrap_err();
    assert_eq!((expected.status(), expected.code()), (401, "invalid_token"));
    for token in &bad {
        assert_eq!(caller(token).await, Err(expected.clone()), "{token}");
    }
    for header in ["Basic eDp5", "Bearer", &good] {
        let request =
            ApiRequest { headers: vec![("authorization".to_owned(), header.to_owned())], ..ApiRequest::default() };
        let source = Counting::with(json!({"keys": [public_key("one")]}));
        assert_eq!(verifier(source).caller(&request, &clock()).await, Err(expected.clone()), "{header}");
    }
    assert!(caller(&changed("exp", json!(NOW_S - LEEWAY_S + 1))).await.is_ok(), "clocks differ a little");
}

#[tokio::test]
async fn f21_strangers_tokens_do_not_become_requests_to_the_issuer() {
    let source = Counting::with(json!({"keys": [public_key("one")]}));
    let (verifier, clock) = (verifier(source.clone()), clock());
    for _ in 0..5 {
        assert!(verifier.caller(&bearing(&token(Some("one"), &claims(|_| ()))), &clock).await.is_ok());
        assert!(verifier.caller(&bearing(&token(Some("two"), &claims(|_| ()))), &clock).await.is_err());
    }
    assert_eq!(source.asked(), 1);
    *source.keys.lock().unwrap() = Some(json!({"keys": [public_key("two"), {"kty": "unknown"}]}));
    let later = token(Some("two"), &claims(|claims| claims["exp"] = json!(NOW_S + 600)));
    clock.advance(Duration::from_secs(61));
    assert!(verifier.caller(&bearing(&later), &clock).await.is_ok(), "the issuer has a new key");
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn an_issuer_that_is_away_locks_nobody_out_whose_key_is_known() {
    let source = Counting::with(json!({"keys": [public_key("one")]}));
    let (verifier, clock) = (verifier(source.clone()), clock());
    let lasting = |kid| token(Some(kid), &claims(|claims| claims["exp"] = json!(NOW_S + 600)));
    assert!(verifier.caller(&bearing(&lasting("one")), &clock).await.is_ok());
    *source.keys.lock().unwrap() = None;
    clock.advance(Duration::from_secs(61));
    assert_eq!(verifier.caller(&bearing(&lasting("two")), &clock).await.unwrap_err().status(), 401);
    assert!(verifier.caller(&bearing(&lasting("one")), &clock).await.is_ok());
}

#[tokio::test]
async fn without_any_keys_a_token_is_neither_good_nor_bad() {
    let source = Counting::default();
    let (verifier, clock) = (verifier(source.clone()), clock());
    for _ in 0..3 {
        let problem = verifier.caller(&bearing(&token(Some("one"), &claims(|_| ()))), &clock).await.unwrap_err();
        assert_eq!((problem.status(), problem.code(), problem.is_retryable()), (503, "unavailable", true));
    }
    assert_eq!(source.asked(), 1);
}
