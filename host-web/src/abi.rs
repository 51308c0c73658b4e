//! The module's door: eight functions that take and give numbers. A call's bytes are put where [`reserve`] says, and its
//! result lies where [`call`] says, until the next one. `web/cart/src/wasm/module.ts` is the other side.
//!
//! Sessions and timelines are kept here, by number. Nothing that comes in makes this panic; should it happen all the same,
//! what was called is gone and says so with every further call, and the others go on.
#![allow(
    unsafe_code,
    reason = "exported names are unsafe by their attribute; what is kept is for the one thread there is"
)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::arch::wasm32;
use core::cell::Cell;
use core::mem;
use core::panic::PanicInfo;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

use tillroll_core::cart::Cart;
use tillroll_core::session::Session;
use tillroll_core::timeline::Timeline;

use crate::error::Failure;
use crate::wire::{Put as _, Writer, read};
use crate::{session, timeline};

/// What of a call's bytes is kept for the next one; more than that, as a history has, is given back.
const KEPT_BYTES_MAX: usize = 1 << 16;

/// A third of what the standard library's takes.
#[global_allocator]
static MEMORY: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Nobody would read what a panic says.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}

static HELD: Kept<Held> = Kept::new();
static SAID: Kept<u8> = Kept::new();
static GIVEN: Kept<u8> = Kept::new();

/// What stays between calls.
struct Kept<T>(Cell<Vec<T>>);

// SAFETY: this module's memory is not shared, so there is no other thread.
unsafe impl<T> Sync for Kept<T> {}

impl<T> Kept<T> {
    const fn new() -> Self {
        Self(Cell::new(Vec::new()))
    }

    fn with<R>(&self, look: impl FnOnce(&mut Vec<T>) -> R) -> R {
        let mut kept = self.0.take();
        let seen = look(&mut kept);
        self.0.set(kept);
        seen
    }
}

/// What a number stands for.
enum Held {
    Nothing,
    Session(Option<Box<Session>>),
    Timeline(Option<Box<Timeline<Cart>>>),
}

/// Makes room for a call's bytes; where it is.
#[unsafe(no_mangle)]
extern "C" fn reserve(length: usize) -> usize {
    SAID.with(|said| {
        said.clear();
        said.resize(length, 0);
        said.as_ptr().addr()
    })
}

/// A new session; its number.
#[unsafe(no_mangle)]
extern "C" fn session() -> usize {
    hold(Held::Session(None))
}

/// A new timeline; its number.
#[unsafe(no_mangle)]
extern "C" fn timeline() -> usize {
    hold(Held::Timeline(None))
}

/// Gives up what has this number.
#[unsafe(no_mangle)]
extern "C" fn release(number: usize) {
    drop(take(number));
}

/// The revision of a session's snapshot.
#[unsafe(no_mangle)]
#[allow(clippy::cast_precision_loss, reason = "nobody changes a cart 2^53 times")]
extern "C" fn revision(number: usize) -> f64 {
    HELD.with(|held| match held.get(number) {
        Some(Held::Session(Some(session))) => session.revision() as f64,
        _ => 0.0,
    })
}

/// Does the call whose bytes were put into the room; where its result is: 0 and what it gives, or 1 and why it was not done.
#[unsafe(no_mangle)]
extern "C" fn call(number: usize) -> usize {
    let said = SAID.0.take();
    let mut out = Writer(GIVEN.0.take());
    out.0.clear();
    out.byte(0);
    // It comes back when the call has ended well.
    let mut held = take(number);
    let done = match &mut held {
        Held::Nothing => Err(Failure::Gone),
        Held::Session(it) => {
            understood(read(&said)).and_then(|(call, history)| session::call(it, call, history, &mut out))
        }
        Held::Timeline(it) => {
            understood(read(&said)).and_then(|(call, history)| timeline::call(it, call, history, &mut out))
        }
    };
    put_back(number, held);
    if let Err(failure) = done {
        out.0.clear();
        out.byte(1);
        failure.put(&mut out);
    }
    if said.capacity() <= KEPT_BYTES_MAX {
        SAID.0.set(said);
    }
    let at = out.0.as_ptr().addr();
    GIVEN.0.set(out.0);
    at
}

/// How many bytes the newest result has.
#[unsafe(no_mangle)]
extern "C" fn length() -> usize {
    GIVEN.with(|given| given.len())
}

fn understood<T>(read: Result<T, u32>) -> Result<T, Failure> {
    read.map_err(|byte| Failure::Malformed { byte })
}

fn hold(new: Held) -> usize {
    HELD.with(|held| {
        let free = held.iter().position(|held| matches!(held, Held::Nothing));
        let number = free.unwrap_or(held.len());
        match held.get_mut(number) {
            Some(place) => *place = new,
            None => held.push(new),
        }
        number
    })
}

fn take(number: usize) -> Held {
    HELD.with(|held| held.get_mut(number).map_or(Held::Nothing, |held| mem::replace(held, Held::Nothing)))
}

fn put_back(number: usize, it: Held) {
    HELD.with(|held| {
        if let Some(place) = held.get_mut(number) {
            *place = it;
        }
    });
}
