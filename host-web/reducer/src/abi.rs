//! The exports. Every call takes and gives bytes in the module's own memory, by the table of docs/reducers.md.
//!
//! An answer is one `i64`: the pointer in its upper half, the length in its lower half. A pointer of 0 means that there
//! is none, and the lower half is the number of an [`AbiError`].
#![allow(unsafe_code, reason = "pointers of the host become slices, and memory is taken and given back by hand")]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::arch::wasm32;
use core::hint::black_box;
use core::panic::PanicInfo;
use core::slice;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use tillroll_core::reducer::{self, ABI_VERSION, AbiError, Decided, Mark};

use crate::{refusal_json, view_json};

/// Bytes of a page of wasm's memory.
const PAGE_BYTES: usize = 65_536;

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Who this module is, for states to say who wrote them. `cargo xtask reducer` finds the words and writes the module's
/// hash into the eight bytes behind them.
static IDENTITY: [u8; 24] = *b"tillroll-reducer????????";

/// Nothing here panics; what must not happen ends the call.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}

#[unsafe(no_mangle)]
extern "C" fn abi_version() -> u32 {
    ABI_VERSION.into()
}

/// Room for so many bytes; 0 when there is none, and for no bytes.
#[unsafe(no_mangle)]
extern "C" fn alloc(length: usize) -> *mut u8 {
    match Layout::array::<u8>(length) {
        // SAFETY: the layout has a size.
        Ok(layout) if length > 0 => unsafe { alloc::alloc::alloc(layout) },
        Ok(_) | Err(_) => core::ptr::null_mut(),
    }
}

/// Gives back what `alloc` or an answer gave, whole.
#[unsafe(no_mangle)]
extern "C" fn free(pointer: *mut u8, length: usize) {
    if let (Ok(layout), false, true) = (Layout::array::<u8>(length), pointer.is_null(), length > 0) {
        // SAFETY: the host gives back what it was given, once; everything that is given was laid out so.
        unsafe { alloc::alloc::dealloc(pointer, layout) }
    }
}

#[unsafe(no_mangle)]
extern "C" fn fold(state: usize, state_length: usize, history: usize, history_length: usize) -> u64 {
    answer(bytes(state, state_length).and_then(|state| reducer::fold(mark(), state, bytes(history, history_length)?)))
}

#[unsafe(no_mangle)]
extern "C" fn hash(state: usize, state_length: usize) -> u64 {
    let hash = bytes(state, state_length).and_then(|state| reducer::hash(mark(), state));
    answer(hash.map(|hash| hash.digits().into()))
}

#[unsafe(no_mangle)]
extern "C" fn view(state: usize, state_length: usize) -> u64 {
    let view = bytes(state, state_length).and_then(|state| reducer::view(mark(), state));
    answer(view.map(|view| view_json(view.as_ref())))
}

#[unsafe(no_mangle)]
extern "C" fn decide(state: usize, state_length: usize, command: usize, command_length: usize) -> u64 {
    let decided =
        bytes(state, state_length).and_then(|state| reducer::decide(mark(), state, bytes(command, command_length)?));
    answer(decided.map(|decided| match decided {
        Decided::Events(history) => tagged(0, &history),
        Decided::Refused(refusal) => tagged(1, &refusal_json(&refusal)),
    }))
}

/// The bytes of the host; no bytes are nowhere.
fn bytes<'a>(pointer: usize, length: usize) -> Result<&'a [u8], AbiError> {
    if length == 0 {
        return Ok(&[]);
    }
    let end = pointer.checked_add(length).ok_or(AbiError::OutsideMemory)?;
    if pointer == 0 || end > wasm32::memory_size(0).saturating_mul(PAGE_BYTES) || isize::try_from(length).is_err() {
        return Err(AbiError::OutsideMemory);
    }
    // SAFETY: it lies in memory. The host wrote it before the call, runs nothing during it, and no answer keeps it.
    Ok(unsafe { slice::from_raw_parts(pointer as *const u8, length) })
}

fn answer(given: Result<Vec<u8>, AbiError>) -> u64 {
    match given {
        Ok(bytes) => {
            let bytes = Box::leak(bytes.into_boxed_slice());
            (bytes.as_ptr() as u64) << 32 | bytes.len() as u64
        }
        Err(error) => error.number().into(),
    }
}

fn tagged(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut tagged = Vec::with_capacity(bytes.len().saturating_add(1));
    tagged.push(tag);
    tagged.extend_from_slice(bytes);
    tagged
}

fn mark() -> Mark {
    // Read where it lies: the compiler must not know what will stand there.
    let identity: &[u8; 24] = black_box(&IDENTITY);
    Mark(identity.last_chunk().copied().unwrap_or_default())
}
