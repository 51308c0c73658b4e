//! The module that every page loads: one cart as one client has it, behind calls that `tillroll_host_web::session` answers.
//! It is made small (decision 0022); `host-web/timeline` is the one that is quick. Natively there is nothing in it.
#![cfg(target_family = "wasm")]
#![no_std]
#![allow(unsafe_code, reason = "an exported name is unsafe by its attribute; nothing else here is")]

use core::arch::wasm32;
use core::panic::PanicInfo;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// A third of what the standard library's takes.
#[global_allocator]
static MEMORY: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// Nobody would read what a panic says.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}

tillroll_host_web::exports!(tillroll_host_web::session::Kept);

/// The revision of a session's snapshot.
#[unsafe(no_mangle)]
extern "C" fn revision(number: usize) -> f64 {
    DOOR.look(number, tillroll_host_web::session::revision).unwrap_or_default()
}
