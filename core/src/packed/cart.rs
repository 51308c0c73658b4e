//! The events of a cart, see the table in the module above. Changing one changes the ABI; a new event takes the next number.

use uuid::Uuid;

use super::bytes::{Read, Reader, Sink};
use super::{Packed, PackedErrorKind};
use crate::cart::event::{
    CartClaimed, CartClosed, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged,
    ItemRemoved,
};
use crate::cart::{Cart, CartEvent, Rule};
use crate::id::StreamId;
use crate::money::{Minor, Price};

impl Packed for Cart {
    type Borrowed<'a> = CartEvent<&'a str>;

    #[cfg_attr(feature = "quick", inline(always))]
    fn read<'a>(stream: StreamId, from: &mut Reader<'a>) -> Read<CartEvent<&'a str>> {
        let number = from.small()?;
        let shopping_cart_uuid = from.option(Reader::uuid)?.unwrap_or(stream.uuid());
        Ok(match number {
            0 => CartEvent::CartOpened(CartOpened {
                shopping_cart_uuid,
                currency: from.option(Reader::text)?,
                owner_ref: from.option(Reader::text)?,
                token_hash: from.option(Reader::text)?,
            }),
            1 => CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref: from.text()? }),
            2 => CartEvent::ItemAdded(ItemAdded {
                shopping_cart_uuid,
                item_name: from.text()?,
                sku: from.option(Reader::text)?,
                quantity: from.ranged()?,
                price: from.option(read_price)?,
            }),
            3 => CartEvent::ItemQuantityChanged(ItemQuantityChanged {
                shopping_cart_uuid,
                sku: from.text()?,
                quantity: from.ranged()?,
            }),
            4 => CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku: from.text()? }),
            5 => CartEvent::DiscountApplied(DiscountApplied {
                shopping_cart_uuid,
                code: from.text()?,
                rule: read_rule(from)?,
            }),
            6 => CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code: from.text()? }),
            7 => CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason: from.option(read_reason)? }),
            _ => return Err(PackedErrorKind::Malformed),
        })
    }

    fn write(stream: StreamId, event: &CartEvent, to: &mut Sink) {
        let mut begin = |number: u64, cart: Uuid| {
            to.number(number).option((cart != stream.uuid()).then_some(cart), Sink::uuid);
        };
        match event {
            CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash }) => {
                begin(0, *shopping_cart_uuid);
                to.option(currency.as_deref(), Sink::text).option(owner_ref.as_deref(), Sink::text);
                to.option(token_hash.as_deref(), Sink::text);
            }
            CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref }) => {
                begin(1, *shopping_cart_uuid);
                to.text(owner_ref);
            }
            CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku, quantity, price }) => {
                begin(2, *shopping_cart_uuid);
                to.text(item_name).option(sku.as_deref(), Sink::text).number(quantity.get());
                to.option(*price, |to, Price { minor, per }| to.number(minor.get()).number(per.get()));
            }
            CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity }) => {
                begin(3, *shopping_cart_uuid);
                to.text(sku).number(quantity.get());
            }
            CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku }) => {
                begin(4, *shopping_cart_uuid);
                to.text(sku);
            }
            CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, rule }) => {
                begin(5, *shopping_cart_uuid);
                write_rule(to.text(code), rule);
            }
            CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code }) => {
                begin(6, *shopping_cart_uuid);
                to.text(code);
            }
            CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason }) => {
                begin(7, *shopping_cart_uuid);
                to.option(*reason, |to, reason| to.number(reason_number(reason)));
            }
        }
    }

    fn own(event: &CartEvent<&str>) -> CartEvent {
        event.to_owned()
    }

    #[cfg_attr(feature = "quick", inline(always))]
    fn evolve_borrowed(&mut self, event: &CartEvent<&str>) {
        self.evolve_by(event);
    }

    fn parts(&self) -> u64 {
        self.contents().map_or(0, |contents| contents.lines.len() as u64)
    }
}

fn read_price(from: &mut Reader<'_>) -> Read<Price> {
    Ok(Price { minor: from.ranged()?, per: from.ranged()? })
}

fn read_rule<'a>(from: &mut Reader<'a>) -> Read<Rule<&'a str>> {
    Ok(match from.small()? {
        0 => Rule::PercentOff {
            basis_points: from.number()?,
            sku: from.option(Reader::text)?,
            min_subtotal_minor: from.option(Reader::ranged)?,
        },
        1 => Rule::AmountOff {
            minor: from.ranged()?,
            sku: from.option(Reader::text)?,
            min_subtotal_minor: from.option(Reader::ranged)?,
        },
        _ => return Err(PackedErrorKind::Malformed),
    })
}

fn write_rule(to: &mut Sink, rule: &Rule) {
    let (number, amount, sku, least) = match rule {
        Rule::PercentOff { basis_points, sku, min_subtotal_minor } => (0, *basis_points, sku, min_subtotal_minor),
        Rule::AmountOff { minor, sku, min_subtotal_minor } => (1, minor.get(), sku, min_subtotal_minor),
    };
    to.number(number).number(amount).option(sku.as_deref(), Sink::text);
    to.option(least.map(Minor::get), Sink::number);
}

fn read_reason(from: &mut Reader<'_>) -> Read<CloseReason> {
    Ok(match from.small()? {
        0 => CloseReason::CheckedOut,
        1 => CloseReason::Abandoned,
        2 => CloseReason::Discarded,
        _ => return Err(PackedErrorKind::Malformed),
    })
}

const fn reason_number(reason: CloseReason) -> u64 {
    match reason {
        CloseReason::CheckedOut => 0,
        CloseReason::Abandoned => 1,
        CloseReason::Discarded => 2,
    }
}
