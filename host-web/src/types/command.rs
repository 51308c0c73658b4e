//! What a shopper asks for, and why the domain says no. Members of a command that nobody knows are errors, as at the server.

use alloc::string::String;

use tillroll_core::cart::event::CloseReason;
use tillroll_core::cart::request::{
    AddItem, ApplyDiscount, ChangeQuantity, ClaimCart, CloseCart, OpenCart, RemoveDiscount, RemoveItem, RequestedPrice,
    RequestedRule, RuleKind,
};
use tillroll_core::cart::{CartRefusal, CartRequest};
use tillroll_core::money::{Minor, Price};

use crate::shape::{adjacent, object, words};

adjacent! {
    /// Something to ask of a cart.
    [put take strict] CartRequest = Command by "type" and "data" {
        /// Take a cart.
        OpenCart = "OpenCart" (OpenCart),
        /// Become its owner.
        ClaimCart = "ClaimCart" (ClaimCart),
        /// Put pieces in.
        AddItem = "AddItem" (AddItem),
        /// Set a line's quantity.
        ChangeQuantity = "ChangeQuantity" (ChangeQuantity),
        /// Take a line out.
        RemoveItem = "RemoveItem" (RemoveItem),
        /// Enter a discount code.
        ApplyDiscount = "ApplyDiscount" (ApplyDiscount),
        /// Take a discount code out.
        RemoveDiscount = "RemoveDiscount" (RemoveDiscount),
        /// End it.
        CloseCart = "CloseCart" (CloseCart),
    }
}

object! {
    [put take strict] OpenCart = OpenCart {
        /// Three capital letters; the catalogue's currency when absent.
        currency: Option<String>,
        /// The owner, if there is one already.
        owner_ref: Option<String>,
        /// SHA-256 of the cart's token, 64 lower-case hexadecimal digits.
        token_hash: Option<String>,
    }
}

object! {
    [put take strict] ClaimCart = ClaimCart {
        /// The owner.
        owner_ref: String,
    }
}

object! {
    [put take strict] AddItem = AddItem {
        /// What the shopper calls it.
        item_name: String,
        /// Key of the line; the item's name when absent.
        sku: Option<String>,
        /// Pieces; 1 when absent.
        quantity: Option<i64>,
        /// What the caller believes it costs.
        price: Option<RequestedPrice>,
    }
}

object! {
    /// A price as it is stated.
    [put take strict] RequestedPrice = StatedPrice {
        /// Minor units for `per` pieces.
        minor: i64,
        /// Pieces; 1 when absent.
        per: i64 [or 1],
    }
}

object! {
    [put take strict] ChangeQuantity = ChangeQuantity {
        /// The line.
        sku: String,
        /// Its quantity from now on.
        quantity: i64,
    }
}

object! {
    [put take strict] RemoveItem = RemoveItem {
        /// The line.
        sku: String,
    }
}

object! {
    [put take strict] ApplyDiscount = ApplyDiscount {
        /// The code.
        code: String,
        /// What it does; only an import states it, otherwise the catalogue says.
        rule: Option<RequestedRule>,
    }
}

object! {
    /// A discount rule as it is stated.
    [put take strict] RequestedRule = StatedRule {
        kind: RuleKind,
        /// For `percent_off`: 1 to 10,000.
        basis_points: Option<i64>,
        /// For `amount_off`: at least 1.
        minor: Option<i64>,
        /// Only off this line.
        sku: Option<String>,
        /// Only while the subtotal is at least this.
        min_subtotal_minor: Option<i64>,
    }
}

words! {
    [put take] RuleKind = RuleKind { PercentOff = "percent_off", AmountOff = "amount_off" }
}

object! {
    [put take strict] RemoveDiscount = RemoveDiscount {
        /// The code.
        code: String,
    }
}

object! {
    [put take strict] CloseCart = CloseCart {
        /// How it ended.
        reason: Option<CloseReason>,
    }
}

words! {
    /// How a cart ended.
    [put take] CloseReason = CloseReason { CheckedOut = "checked_out", Abandoned = "abandoned", Discarded = "discarded" }
}

adjacent! {
    /// Why the domain says no, with what a person needs to know.
    [put] CartRefusal = Refusal by "code" and "details" {
        CartNotFound = "cart_not_found" {},
        CartAlreadyOpen = "cart_already_open" {},
        CartClosed = "cart_closed" {},
        LineNotFound = "line_not_found" { sku: String },
        ItemUnknown = "item_unknown" { sku: String },
        InvalidQuantity = "invalid_quantity" { min: u64, max: u64 },
        InvalidName = "invalid_name" { field: &'static str },
        InvalidPrice = "invalid_price" { minor_max: u64, per_max: u64 },
        InvalidDiscount = "invalid_discount" {},
        InvalidCurrency = "invalid_currency" {},
        TooManyLines = "too_many_lines" { max: usize },
        TooManyDiscounts = "too_many_discounts" { max: usize },
        TooManyEvents = "too_many_events" { max: u64 },
        TotalTooLarge = "total_too_large" { max: u64 },
        DiscountUnknown = "discount_unknown" { discount_code as "code": String },
        DiscountAlreadyApplied = "discount_already_applied" { discount_code as "code": String },
        DiscountNotApplied = "discount_not_applied" { discount_code as "code": String },
        DiscountMinimumNotMet = "discount_minimum_not_met" {
            discount_code as "code": String,
            min_subtotal_minor: Minor,
            subtotal_minor: Minor,
        },
        PriceChanged = "price_changed" { sku: String, from: Price, to: Price },
        CurrencyMismatch = "currency_mismatch" { cart: String, catalogue: String },
        NotOwner = "not_owner" {},
        CommandReused = "command_reused" {},
    }
}
