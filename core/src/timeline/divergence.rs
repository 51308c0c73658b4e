//! Where two ways of folding the same events first disagree.
//!
//! Both fold in strides; after each their states' fingerprints are compared, because a fingerprint costs more than a
//! fold. In the first stride whose end differs every event is looked at. It is never bisected over the whole history:
//! states that parted can meet again, so "the middle is equal" says nothing about what lies before it. For the same
//! reason a difference that is gone before its stride ends is not seen; a stride of 1 sees every one.

use core::num::NonZeroU64;

use super::Moment;
use crate::hash::Fingerprint;
use crate::id::StreamId;
use crate::packed::{Content, Frame, Frames, History, Packed, PackedError};

/// Events in a stride, when nothing speaks for another number.
pub const STRIDE: NonZeroU64 = NonZeroU64::new(64).unwrap();

/// A way of folding packed events. States of two reducers need not have the same type; only fingerprints are compared.
pub trait Reducer {
    /// What it folds into.
    type State: Clone;
    /// What can go wrong; a module of somebody else's may trap.
    type Error: From<PackedError>;

    /// The state before the first event.
    fn begin(&mut self, stream: StreamId) -> Result<Self::State, Self::Error>;

    /// Folds one event in.
    fn fold(&mut self, state: &mut Self::State, frame: &Frame<'_>) -> Result<(), Self::Error>;

    /// What the state is compared by.
    fn fingerprint(&mut self, state: &Self::State) -> Result<Fingerprint, Self::Error>;
}

/// The first event after which two states differ.
pub struct Divergence<L: Reducer, R: Reducer> {
    /// Its version; the version before the first event when the states differ from the beginning.
    pub version: u64,
    /// The one state after it.
    pub left: L::State,
    /// The other.
    pub right: R::State,
}

/// A reducer of this build: an aggregate, a way to evolve it, and what of it is compared.
pub struct Native<A: Packed> {
    /// Folds one event in.
    pub evolve: fn(&mut A, &A::Borrowed<'_>),
    /// Fingerprint of what counts.
    pub fingerprint: fn(&Moment<A>) -> Fingerprint,
}

impl<A: Packed> Reducer for Native<A> {
    type State = Moment<A>;
    type Error = PackedError;

    fn begin(&mut self, stream: StreamId) -> Result<Moment<A>, PackedError> {
        Ok(Moment::before(stream))
    }

    fn fold(&mut self, moment: &mut Moment<A>, frame: &Frame<'_>) -> Result<(), PackedError> {
        match frame.content::<A>()? {
            Content::Known(event) => (self.evolve)(&mut moment.state, &event),
            Content::Unknown { .. } => moment.unknown_events = moment.unknown_events.saturating_add(1),
        }
        moment.head.version = frame.version;
        Ok(())
    }

    fn fingerprint(&mut self, moment: &Moment<A>) -> Result<Fingerprint, PackedError> {
        Ok((self.fingerprint)(moment))
    }
}

/// A pair of reducers on their way through one history.
struct Pair<'a, L: Reducer, R: Reducer> {
    left: &'a mut L,
    right: &'a mut R,
    states: (L::State, R::State),
}

/// The first event after which the states differ; `None` when they agree after every stride.
pub fn first_divergence<L: Reducer, R: Reducer<Error = L::Error>>(
    history: &History<'_>,
    left: &mut L,
    right: &mut R,
    stride: NonZeroU64,
) -> Result<Option<Divergence<L, R>>, L::Error> {
    let stream = history.header().stream;
    let states = (left.begin(stream)?, right.begin(stream)?);
    let mut pair = Pair { left, right, states };
    if pair.differs()? {
        return Ok(Some(pair.divergence(history.header().after)));
    }
    let mut frames = history.frames();
    loop {
        let (before, states) = (frames.clone(), pair.states.clone());
        for _ in 0..stride.get() {
            let Some(frame) = frames.next() else { break };
            pair.fold(&frame?)?;
        }
        if pair.differs()? {
            pair.states = states;
            return pair.first_in(before);
        }
        if frames.at_end() {
            return Ok(None);
        }
    }
}

impl<L: Reducer, R: Reducer<Error = L::Error>> Pair<'_, L, R> {
    fn fold(&mut self, frame: &Frame<'_>) -> Result<(), L::Error> {
        self.left.fold(&mut self.states.0, frame)?;
        self.right.fold(&mut self.states.1, frame)
    }

    fn differs(&mut self) -> Result<bool, L::Error> {
        Ok(self.left.fingerprint(&self.states.0)? != self.right.fingerprint(&self.states.1)?)
    }

    /// Goes on event by event until the states differ.
    fn first_in(mut self, frames: Frames<'_>) -> Result<Option<Divergence<L, R>>, L::Error> {
        for frame in frames {
            let frame = frame?;
            self.fold(&frame)?;
            if self.differs()? {
                return Ok(Some(self.divergence(frame.version)));
            }
        }
        Ok(None)
    }

    fn divergence(self, version: u64) -> Divergence<L, R> {
        let (left, right) = self.states;
        Divergence { version, left, right }
    }
}
