//! An aggregate as it was at one version.

use crate::aggregate::Head;
use crate::cart::pricing::price;
use crate::cart::{Cart, CartView};
use crate::id::StreamId;
use crate::money::Minor;
use crate::packed::{Content, Packed};

/// A state with its place in its stream, for looking at. It knows nothing of the commands that were seen, so nothing can
/// be decided on it or stored after it; that takes a [`Versioned`](crate::aggregate::Versioned).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment<A> {
    /// The stream and the version.
    pub head: Head,
    /// The state after that version.
    pub state: A,
    /// How many events up to there have names that this build does not know.
    pub unknown_events: u64,
}

impl<A: Packed> Moment<A> {
    /// Before the first event.
    #[must_use]
    pub fn before(stream: StreamId) -> Self {
        Self { head: Head { stream, version: 0 }, state: A::default(), unknown_events: 0 }
    }

    /// Goes on by one event.
    #[inline]
    pub fn step(&mut self, content: &Content<'_, A::Borrowed<'_>>) {
        self.head.version = self.head.version.saturating_add(1);
        match content {
            Content::Known(event) => self.state.evolve_borrowed(event),
            Content::Unknown { .. } => self.unknown_events = self.unknown_events.saturating_add(1),
        }
    }
}

impl Moment<Cart> {
    /// What is to pay; nothing before it was opened.
    #[must_use]
    pub fn total(&self) -> Minor {
        self.state.contents().map(|contents| price(contents).total).unwrap_or_default()
    }

    /// The cart as readers see it; `None` before it was opened.
    #[must_use]
    pub fn view(&self) -> Option<CartView> {
        CartView::at(self.head, &self.state, self.unknown_events)
    }
}
