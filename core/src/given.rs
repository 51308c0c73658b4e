//! The test kit: given events, when a command, then events, nothing, or a refusal.
//!
//! ```
//! use tillroll_core::cart::{Cart, CartRefusal, CartRequest, Terms, request::RemoveItem};
//! use tillroll_core::given::given;
//!
//! let remove = CartRequest::RemoveItem(RemoveItem { sku: "oat-milk".into() });
//! given::<Cart>([]).when(&remove.check().unwrap(), Terms::AS_GIVEN).then_refused(&CartRefusal::CartNotFound {});
//! ```
#![allow(clippy::panic, clippy::missing_panics_doc, reason = "the kit fails tests, and a test fails by panicking")]

use alloc::vec::Vec;

use crate::aggregate::{Aggregate, Head};
use crate::id::StreamId;

/// A history to decide on, of a stream with the nil id.
#[derive(Clone, Debug)]
pub struct Given<A: Aggregate> {
    head: Head,
    state: A,
}

/// A decision to look at.
#[derive(Debug)]
pub struct Decided<A: Aggregate> {
    state: A,
    outcome: Result<Vec<A::Event>, A::Refusal>,
}

/// Starts from a history.
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    given_stream(StreamId::new(uuid::Uuid::nil()), events)
}

/// Starts from the history of a certain stream.
pub fn given_stream<A: Aggregate>(stream: StreamId, events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut given = Given { head: Head { stream, version: 0 }, state: A::default() };
    for event in events {
        given.state.evolve(&event);
        given.head.version = given.head.version.saturating_add(1);
    }
    given
}

impl<A: Aggregate> Given<A> {
    /// Decides a command.
    pub fn when(self, command: &A::Command, terms: A::Terms<'_>) -> Decided<A> {
        let outcome = self.state.decide(self.head, command, terms);
        Decided { state: self.state, outcome }
    }

    /// The state so far.
    #[must_use]
    pub fn state(&self) -> &A {
        &self.state
    }
}

impl<A: Aggregate> Decided<A> {
    /// Exactly these events happened. Gives the state after them.
    #[track_caller]
    pub fn then(mut self, expected: impl IntoIterator<Item = A::Event>) -> A {
        let expected: Vec<_> = expected.into_iter().collect();
        match self.outcome {
            Ok(events) => assert_eq!(events, expected, "other events happened"),
            Err(refusal) => panic!("refused with {refusal:?}, expected {expected:?}"),
        }
        for event in &expected {
            self.state.evolve(event);
        }
        self.state
    }

    /// Nothing happened: already so.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// The domain said no, for this reason.
    #[track_caller]
    pub fn then_refused(self, expected: &A::Refusal) {
        match self.outcome {
            Ok(events) => panic!("accepted with {events:?}, expected the refusal {expected:?}"),
            Err(refusal) => assert_eq!(&refusal, expected, "refused for another reason"),
        }
    }
}
