//! The module that is loaded when somebody wants to look back: any moment of a packed history, behind calls that
//! `tillroll_host_web::timeline` answers. It is made quick (decision 0022); `host-web/session` is the one that is small.
//! Natively there is nothing in it.
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

tillroll_host_web::exports!(tillroll_host_web::timeline::Kept);
