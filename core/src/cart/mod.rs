//! The shopping cart, in the order in which to read it: what can have happened ([`event`]), what can be asked for
//! ([`request`], checked into a [`command`]), how it is decided ([`decide`]), how a fact changes the cart ([`state`]),
//! what it all costs ([`pricing`]), what a reader sees ([`view`]). Beside them the values: [`sku`], [`rule`],
//! [`catalogue`], [`limits`], [`refusal`].

pub mod catalogue;
pub mod command;
mod decide;
pub mod event;
pub mod limits;
pub mod pricing;
pub mod refusal;
pub mod request;
pub mod rule;
pub mod sku;
pub mod state;
pub mod view;

pub use catalogue::{Catalogue, Tariff, Terms};
pub use command::{CartCommand, Quantity};
pub use event::CartEvent;
pub use refusal::CartRefusal;
pub use request::CartRequest;
pub use rule::Rule;
pub use sku::Sku;
pub use state::Cart;
pub use view::CartView;
