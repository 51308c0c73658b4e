//! What is answered as JSON: the state, as the API writes it, and a refusal. By `serde_json`, so that it is the very same
//! text: it is 10 kB of the module's 140, and a writer of our own would still be half of that.

use alloc::vec::Vec;

use serde::Serialize;
use tillroll_core::cart::{CartRefusal, CartView};

#[derive(Serialize)]
struct Refusal<'a> {
    code: &'a str,
    details: &'a CartRefusal,
}

/// The State JSON; `null` before the cart was opened.
#[must_use]
pub fn view_json(view: Option<&CartView>) -> Vec<u8> {
    written(&view)
}

/// Code and details of a refusal.
#[must_use]
pub fn refusal_json(refusal: &CartRefusal) -> Vec<u8> {
    written(&Refusal { code: refusal.code(), details: refusal })
}

/// Nothing that is written here can fail: texts and numbers, and names that are known.
fn written<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
