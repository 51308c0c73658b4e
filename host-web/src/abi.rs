//! A module's door: functions that take and give numbers. A call's bytes are put where [`reserve`](Door::reserve) says, and
//! its result lies where [`call`](Door::call) says, until the next one. `web/cart/src/wasm/module.ts` is the other side.
//!
//! What is behind a number is kept here. Nothing that comes in makes this panic; should it happen all the same, what was
//! called is gone and says so with every further call, and the others go on.
#![allow(unsafe_code, reason = "what is kept is for the one thread there is")]

use alloc::vec::Vec;
use core::cell::Cell;

use crate::error::Failure;
use crate::wire::{Put as _, Take, Writer, read};

/// What of a call's bytes and of a result's is kept for the next one; more than that, as a history has, is given back.
const KEPT_BYTES_MAX: usize = 1 << 16;

/// What a number stands for: nothing yet, at first.
pub trait Kept: Default {
    /// Does the call that these bytes say, and gives its result into others, which are empty.
    fn call(&mut self, said: &[u8], given: Vec<u8>) -> Vec<u8>;
}

/// All that a module keeps.
#[derive(Default)]
pub struct Door<T> {
    held: Cell<Vec<Option<T>>>,
    said: Cell<Vec<u8>>,
    given: Cell<Vec<u8>>,
}

// SAFETY: a module's memory is not shared, so there is no other thread.
#[cfg(target_family = "wasm")]
unsafe impl<T> Sync for Door<T> {}

impl<T: Kept> Door<T> {
    /// A door with nothing behind it.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: Cell::new(Vec::new()), said: Cell::new(Vec::new()), given: Cell::new(Vec::new()) }
    }

    /// Makes room for a call's bytes; where it is.
    pub fn reserve(&self, length: usize) -> usize {
        let mut said = self.said.take();
        // What is there already is written over.
        said.resize(length, 0);
        let at = said.as_ptr().addr();
        self.said.set(said);
        at
    }

    /// Something new; its number.
    pub fn open(&self) -> usize {
        self.with(|held| {
            let number = held.iter().position(Option::is_none).unwrap_or(held.len());
            match held.get_mut(number) {
                Some(place) => *place = Some(T::default()),
                None => held.push(Some(T::default())),
            }
            number
        })
    }

    /// Gives up what has this number.
    pub fn release(&self, number: usize) {
        drop(self.take(number));
    }

    /// Looks at what has this number, if there is such a thing.
    pub fn look<R>(&self, number: usize, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.with(|held| held.get(number)?.as_ref().map(look))
    }

    /// Does the call whose bytes were put into the room; where its result is: 0 and what it gives, or 1 and why it was not
    /// done.
    pub fn call(&self, number: usize) -> usize {
        let (said, mut given) = (self.said.take(), self.given.take());
        if given.capacity() > KEPT_BYTES_MAX {
            given = Vec::new();
        }
        given.clear();
        // It comes back when the call has ended well.
        let given = match self.take(number) {
            Some(mut held) => {
                let given = held.call(&said, given);
                self.with(|all| {
                    if let Some(place) = all.get_mut(number) {
                        *place = Some(held);
                    }
                });
                given
            }
            None => answered(given, |_| Err(Failure::Gone)),
        };
        if said.capacity() <= KEPT_BYTES_MAX {
            self.said.set(said);
        }
        let at = given.as_ptr().addr();
        self.given.set(given);
        at
    }

    /// How many bytes the newest result has.
    pub fn length(&self) -> usize {
        let given = self.given.take();
        let length = given.len();
        self.given.set(given);
        length
    }

    fn take(&self, number: usize) -> Option<T> {
        self.with(|held| held.get_mut(number)?.take())
    }

    fn with<R>(&self, look: impl FnOnce(&mut Vec<Option<T>>) -> R) -> R {
        let mut held = self.held.take();
        let seen = look(&mut held);
        self.held.set(held);
        seen
    }
}

/// Reads a call, with what lies behind it, and writes what comes of it.
pub(crate) fn answer<C: Take>(
    said: &[u8],
    given: Vec<u8>,
    call: impl FnOnce(C, &[u8], &mut Writer) -> Result<(), Failure>,
) -> Vec<u8> {
    answered(given, |out| {
        let (said, behind) = read(said).map_err(|byte| Failure::Malformed { byte })?;
        call(said, behind, out)
    })
}

fn answered(given: Vec<u8>, call: impl FnOnce(&mut Writer) -> Result<(), Failure>) -> Vec<u8> {
    let mut out = Writer(given);
    out.byte(0);
    if let Err(failure) = call(&mut out) {
        out.0.clear();
        out.byte(1);
        failure.put(&mut out);
    }
    out.0
}

/// The functions that every module exports, for what it keeps.
#[macro_export]
macro_rules! exports {
    ($kept:ty) => {
        static DOOR: $crate::abi::Door<$kept> = $crate::abi::Door::new();

        /// Makes room for a call's bytes; where it is.
        #[unsafe(no_mangle)]
        extern "C" fn reserve(length: usize) -> usize {
            DOOR.reserve(length)
        }

        /// Something new; its number.
        #[unsafe(no_mangle)]
        extern "C" fn open() -> usize {
            DOOR.open()
        }

        /// Gives up what has this number.
        #[unsafe(no_mangle)]
        extern "C" fn release(number: usize) {
            DOOR.release(number);
        }

        /// Does the call whose bytes were put into the room; where its result is.
        #[unsafe(no_mangle)]
        extern "C" fn call(number: usize) -> usize {
            DOOR.call(number)
        }

        /// How many bytes the newest result has.
        #[unsafe(no_mangle)]
        extern "C" fn length() -> usize {
            DOOR.length()
        }
    };
}
