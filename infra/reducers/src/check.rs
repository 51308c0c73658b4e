//! What is said of a file before any of it runs: its size, its sections, what it imports and exports.

use wasmtime::{ExternType, FuncType, Module, ValType};

use crate::ReducerError;
use crate::limits::MODULE_BYTES_MAX;

/// What a reducer exports: parameters and results of each function.
const FUNCTIONS: [(&str, &[Kind], &[Kind], &str); 7] = [
    ("alloc", &[Kind::I32], &[Kind::I32], "a function from an i32 to an i32"),
    ("free", &[Kind::I32; 2], &[], "a function of two i32"),
    ("abi_version", &[], &[Kind::I32], "a function to an i32"),
    ("fold", &[Kind::I32; 4], &[Kind::I64], "a function from four i32 to an i64"),
    ("hash", &[Kind::I32; 2], &[Kind::I64], "a function from two i32 to an i64"),
    ("view", &[Kind::I32; 2], &[Kind::I64], "a function from two i32 to an i64"),
    ("decide", &[Kind::I32; 4], &[Kind::I64], "a function from four i32 to an i64"),
];

/// Number of the section that names a function to run at the start.
const START_SECTION: u8 = 8;
/// A module's magic and version.
const PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

#[derive(Clone, Copy)]
enum Kind {
    I32,
    I64,
}

impl Kind {
    const fn is(self, found: &ValType) -> bool {
        matches!((self, found), (Self::I32, ValType::I32) | (Self::I64, ValType::I64))
    }
}

/// What can be said without compiling.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), ReducerError> {
    if bytes.len() > MODULE_BYTES_MAX {
        return Err(ReducerError::TooLarge { bytes: bytes.len() });
    }
    let Some(mut rest) = bytes.strip_prefix(&PREAMBLE) else {
        return Err(ReducerError::NotWasm { reason: "it does not begin as a wasm module does".to_owned() });
    };
    while let Some((&number, behind)) = rest.split_first() {
        if number == START_SECTION {
            return Err(ReducerError::HasStart);
        }
        // Whether the sections are in order is the compiler's matter.
        let Some(after) = after_section(behind) else { break };
        rest = after;
    }
    Ok(())
}

/// What follows a section whose length stands first, as a number in groups of seven bits.
fn after_section(bytes: &[u8]) -> Option<&[u8]> {
    let mut length = 0_usize;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return bytes.get(place + 1..)?.get(length..);
        }
    }
    None
}

/// What can be said of a module before it runs.
pub(crate) fn module(module: &Module) -> Result<(), ReducerError> {
    if let Some(import) = module.imports().next() {
        let (module, name) = (import.module().to_owned(), import.name().to_owned());
        return Err(ReducerError::HasImports { module, name });
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(_)) => {}
        Some(_) => return Err(ReducerError::WrongExport { name: "memory", expected: "a memory" }),
        None => return Err(ReducerError::MissingExport { name: "memory" }),
    }
    for (name, takes, gives, expected) in FUNCTIONS {
        match module.get_export(name) {
            Some(ExternType::Func(found)) if is_of(&found, takes, gives) => {}
            Some(_) => return Err(ReducerError::WrongExport { name, expected }),
            None => return Err(ReducerError::MissingExport { name }),
        }
    }
    Ok(())
}

fn is_of(found: &FuncType, takes: &[Kind], gives: &[Kind]) -> bool {
    let fits = |kinds: &[Kind], found: &mut dyn ExactSizeIterator<Item = ValType>| {
        kinds.len() == found.len() && kinds.iter().zip(found).all(|(kind, found)| kind.is(&found))
    };
    fits(takes, &mut found.params()) && fits(gives, &mut found.results())
}
