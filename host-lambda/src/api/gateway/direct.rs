//! The calls of the Ruby system, which came without HTTP: `open_cart`, `add_item`, `close_cart`, `get_cart`, each a
//! function of its own there. Here the invocation's alias says which is meant, or the function's environment.
//!
//! | call | event | answer |
//! |---|---|---|
//! | `open_cart` | `{}` | `{"event": {"uuid", "items": []}}` |
//! | `add_item` | `{"ShoppingCartID", "ItemName"}` | the cart with the item; null if there is no such cart |
//! | `close_cart` | `{"ShoppingCartID"}` | the cart as it was closed; null if there is none that is open |
//! | `get_cart` | `{"ShoppingCartID"}` | the cart; null if there is none that is open |
//!
//! Items are listed one for each piece, as that system did. These callers have no ids for their commands, so the id of
//! the invocation is taken: Lambda keeps it when it tries an asynchronous invocation again. Whoever may invoke the
//! function is trusted; IAM says who may.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::request::{AddItem, CloseCart, OpenCart};
use tillroll_core::cart::{Cart, CartRefusal, CartRequest, CartView};
use tillroll_core::id::StreamId;
use tillroll_core::judge::Atomicity;

use crate::api::request::{ApiRequest, Caller, command_id};
use crate::api::{Api, Ports, Problem};
use crate::functions::command::{CommandReply, CommandRequest, Sent, Verdict};

/// Their names.
pub const CALLS: [&str; 4] = ["open_cart", "add_item", "close_cart", "get_cart"];
/// Most pieces in an answer: with the longest names they are within what Lambda answers.
const PIECES_MAX: u64 = 10_000;

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opens a new cart.
    OpenCart,
    /// Adds one piece.
    AddItem,
    /// Closes a cart.
    CloseCart,
    /// Shows a cart.
    GetCart,
}

impl Call {
    /// What is meant: the alias at the end of the invoked function's name, or else what the function was told.
    #[must_use]
    pub fn of(function_arn: &str, told: Option<&str>) -> Option<Self> {
        // arn:aws:lambda:region:account:function:name[:alias]
        let alias = function_arn.split(':').nth(7);
        alias.and_then(Self::named).or_else(|| told.and_then(Self::named))
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "open_cart" => Self::OpenCart,
            "add_item" => Self::AddItem,
            "close_cart" => Self::CloseCart,
            "get_cart" => Self::GetCart,
            _ => return None,
        })
    }
}

/// Why a call was not carried out: a stable code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotDone {
    /// A problem's or a refusal's code.
    pub code: &'static str,
    /// For a person.
    pub message: String,
}

#[derive(Deserialize)]
struct OfCart {
    #[serde(rename = "ShoppingCartID")]
    cart: String,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "ItemName")]
    item_name: String,
}

impl<P: Ports> Api<P> {
    /// Carries out a call. `request_id` is the invocation's.
    pub async fn direct(&self, call: Call, event: &str, request_id: &str) -> Result<Value, NotDone> {
        let request = ApiRequest {
            caller: Caller::Operator { name: None, discloses: false },
            request_id: request_id.to_owned(),
            ..ApiRequest::default()
        };
        let asked = match call {
            Call::OpenCart => {
                let open = OpenCart { currency: None, owner_ref: None, token_hash: None };
                let id = command_id(request_id).ok_or_else(|| unreadable("the invocation has no id"))?;
                return self.carry_out(&request, StreamId::opened_by(id), CartRequest::OpenCart(open)).await;
            }
            Call::AddItem => {
                let Item { item_name } = read(event, "it has no ItemName that is a text")?;
                CartRequest::AddItem(AddItem { item_name, sku: None, quantity: None, price: None })
            }
            Call::CloseCart => CartRequest::CloseCart(CloseCart { reason: None }),
            Call::GetCart => {
                let Some(cart) = cart_of(event)? else { return Ok(answer(None)) };
                let fetched = self.carts().fetch(cart).await.map_err(|fault| not_done(&fault.into()))?;
                return answer_of(fetched.as_ref());
            }
        };
        match cart_of(event)? {
            Some(cart) => self.carry_out(&request, cart, asked).await,
            None => Ok(answer(None)),
        }
    }

    async fn carry_out(&self, request: &ApiRequest, cart: StreamId, asked: CartRequest) -> Result<Value, NotDone> {
        let id = command_id(&request.request_id).ok_or_else(|| unreadable("the invocation has no id"))?;
        let asked = CommandRequest {
            cart,
            commands: vec![Sent { id, request: asked }],
            atomicity: Atomicity::EachOnItsOwn,
            dry_run: false,
            if_match: None,
            origin: self.origin(request),
        };
        let CommandReply { results, cart, .. } = match self.command(request, asked).await {
            Ok(reply) => reply,
            Err(problem) if problem.code() == "cart_not_found" => return Ok(answer(None)),
            Err(problem) => return Err(not_done(&problem)),
        };
        match results.first().map(|result| &result.verdict) {
            // For these callers a cart that is closed is none.
            Some(Verdict::Refused(CartRefusal::CartClosed { .. } | CartRefusal::CartNotFound { .. })) => {
                Ok(answer(None))
            }
            Some(Verdict::Refused(refusal)) => Err(NotDone { code: refusal.code(), message: refusal.to_string() }),
            Some(Verdict::Accepted { .. } | Verdict::Noop { .. } | Verdict::Skipped) | None => answer_of(Some(&cart)),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(event: &'a str, otherwise: &str) -> Result<T, NotDone> {
    serde_json::from_str(event).map_err(|_| unreadable(otherwise))
}

/// The cart that an event names; none when that is no id of one, which is how it is with carts that do not exist.
fn cart_of(event: &str) -> Result<Option<StreamId>, NotDone> {
    let OfCart { cart } = read(event, "it has no ShoppingCartID that is a text")?;
    Ok(StreamId::from_str(&cart).ok())
}

fn unreadable(reason: &str) -> NotDone {
    NotDone { code: "malformed_json", message: format!("the event does not fit the call: {reason}") }
}

fn not_done(problem: &Problem) -> NotDone {
    NotDone { code: problem.code(), message: problem.detail().to_owned() }
}

fn answer_of(cart: Option<&Versioned<Cart>>) -> Result<Value, NotDone> {
    let Some(view) = cart.and_then(CartView::of) else { return Ok(answer(None)) };
    let pieces: u64 = view.lines.iter().map(|line| u64::from(line.quantity)).sum();
    if pieces > PIECES_MAX {
        let message = format!("the cart has {pieces} pieces, and one answer lists {PIECES_MAX}; read it over HTTP");
        return Err(NotDone { code: "too_many_lines", message });
    }
    let mut items = Vec::new();
    for line in &view.lines {
        items.extend((0..u64::from(line.quantity)).map(|_| json!(line.item_name)));
    }
    Ok(answer(Some(&json!({"uuid": view.cart_id, "items": items}))))
}

fn answer(cart: Option<&Value>) -> Value {
    json!({ "event": cart })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_says_what_is_meant_and_else_the_environment() {
        let function = "arn:aws:lambda:eu-central-1:123456789012:function:tillroll-command";
        for (arn, told, call) in [
            (format!("{function}:add_item"), Some("get_cart"), Some(Call::AddItem)),
            (format!("{function}:live"), Some("get_cart"), Some(Call::GetCart)),
            (format!("{function}:3"), None, None),
            (function.to_owned(), Some("close_cart"), Some(Call::CloseCart)),
            (function.to_owned(), None, None),
            (String::new(), Some("open_cart"), Some(Call::OpenCart)),
        ] {
            assert_eq!(Call::of(&arn, told), call, "{arn}");
        }
    }
}
