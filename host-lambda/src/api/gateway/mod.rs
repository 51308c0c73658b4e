//! HTTP as Lambda is given it: API Gateway's payload 2.0, which Function URLs use too, to the router's values and back;
//! and the calls of the Ruby system, which came without HTTP.
//!
//! | module | |
//! |---|---|
//! | [`event`] | a request, read from an event |
//! | [`answer`] | an answer, written for the gateway |
//! | [`cors`] | which pages of other origins may call |
//! | [`direct`] | `open_cart`, `add_item`, `close_cart`, `get_cart` |

pub mod answer;
pub mod cors;
pub mod direct;
pub mod event;

pub use answer::GatewayAnswer;
pub use cors::Origins;
pub use event::GatewayEvent;
