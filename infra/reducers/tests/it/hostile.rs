//! Modules that are no reducers, or evil ones: each gets its error, and the host goes on.

use tillroll_core::id::StreamId;
use tillroll_core::packed::History;
use tillroll_core::reducer::AbiError;
use tillroll_reducers::limits::{ANSWER_BYTES_MAX, MODULE_BYTES_MAX};
use tillroll_reducers::{Call, Reducer, ReducerError, State, Trust};
use uuid::Uuid;

use crate::both::pack;

/// A module that has what a reducer exports; each function traps unless it is given another body.
#[derive(Default)]
struct Text<'a> {
    more: &'a str,
    alloc: Option<&'a str>,
    free: Option<&'a str>,
    abi_version: Option<&'a str>,
    fold: Option<&'a str>,
    view: Option<&'a str>,
}

impl Text<'_> {
    fn text(&self) -> String {
        let stop = "unreachable";
        let four = "(param i32 i32 i32 i32) (result i64)";
        let two = "(param i32 i32) (result i64)";
        format!(
            "(module {} (memory (export \"memory\") 1)
              (func (export \"alloc\") (param i32) (result i32) {})
              (func (export \"free\") (param i32 i32) {})
              (func (export \"abi_version\") (result i32) {})
              (func (export \"fold\") {four} {}) (func (export \"decide\") {four} {stop})
              (func (export \"hash\") {two} {stop}) (func (export \"view\") {two} {}))",
            self.more,
            self.alloc.unwrap_or("i32.const 1024"),
            self.free.unwrap_or(""),
            self.abi_version.unwrap_or("i32.const 1"),
            self.fold.unwrap_or(stop),
            self.view.unwrap_or(stop),
        )
    }

    fn load(&self) -> Result<Reducer, ReducerError> {
        load(&self.text())
    }
}

fn load(text: &str) -> Result<Reducer, ReducerError> {
    Reducer::load(&wat::parse_str(text).unwrap(), Trust::Dropped)
}

/// What folding the beginning of a cart comes to.
fn fold(text: &Text<'_>) -> ReducerError {
    folded(&mut text.load().unwrap())
}

fn folded(module: &mut Reducer) -> ReducerError {
    let history = pack(StreamId::new(Uuid::from_u128(7)), 0, &[]);
    module.fold(None, &History::open(&history).unwrap()).unwrap_err()
}

fn rejected(loaded: Result<Reducer, ReducerError>) -> ReducerError {
    let Err(why) = loaded else { panic!("it was taken") };
    assert_eq!(why.code(), "reducer_rejected", "{why}");
    why
}

#[test]
fn what_is_no_reducer_is_rejected_before_any_of_it_runs() {
    for bytes in [&b""[..], b"<html>", b"\0asm", b"\0asm\x01\0\0\0\x01\xff", b"\0asm\x0d\0\x01\0"] {
        let why = rejected(Reducer::load(bytes, Trust::Dropped));
        assert!(matches!(why, ReducerError::NotWasm { .. }), "{why}");
    }
    let large = vec![0; MODULE_BYTES_MAX + 1];
    assert_eq!(rejected(Reducer::load(&large, Trust::Trusted)), ReducerError::TooLarge { bytes: large.len() });

    let imports = Text { more: "(import \"wasi\" \"clock\" (func))", ..Text::default() };
    let expected = ReducerError::HasImports { module: "wasi".to_owned(), name: "clock".to_owned() };
    assert_eq!(rejected(imports.load()), expected);

    let start = Text { more: "(func $begin (loop br 0)) (start $begin)", ..Text::default() };
    assert_eq!(rejected(start.load()), ReducerError::HasStart);

    let whole = Text::default().text();
    for name in ["memory", "alloc", "free", "abi_version", "fold", "hash", "view", "decide"] {
        let without = whole.replace(&format!("(export \"{name}\")"), "");
        assert_eq!(rejected(load(&without)), ReducerError::MissingExport { name });
    }
    let other = whole.replace("\"free\") (param i32 i32)", "\"free\") (param i32 i64)");
    assert!(matches!(rejected(load(&other)), ReducerError::WrongExport { name: "free", .. }));
    let global = "(module (global (export \"memory\") i32 (i32.const 1)))";
    assert!(matches!(rejected(load(global)), ReducerError::WrongExport { name: "memory", .. }));

    let wide = "(module (memory (export \"memory\") i64 1))";
    assert!(matches!(rejected(load(wide)), ReducerError::NotWasm { .. }), "64-bit memory is switched off");
}

#[test]
fn another_abi_is_named() {
    for found in [0, 2, u32::MAX] {
        let body = format!("i32.const {}", found.cast_signed());
        let text = Text { abi_version: Some(&body), ..Text::default() };
        assert_eq!(rejected(text.load()), ReducerError::OtherAbi { found });
    }
}

#[test]
fn an_endless_loop_runs_out_of_fuel_or_of_time() {
    let endless = "(loop br 0) i64.const 0";
    let text = Text { fold: Some(endless), ..Text::default() };
    assert_eq!(fold(&text), ReducerError::OutOfFuel { during: Call::Fold });
    let start = Text { abi_version: Some("(loop br 0) i32.const 1"), ..Text::default() };
    assert_eq!(start.load().err(), Some(ReducerError::OutOfFuel { during: Call::Start }));
    let alloc = Text { alloc: Some("(loop br 0) i32.const 1"), ..Text::default() };
    assert_eq!(fold(&alloc), ReducerError::OutOfFuel { during: Call::Fold });

    let mut trusted = Reducer::load(&wat::parse_str(text.text()).unwrap(), Trust::Trusted).unwrap();
    assert_eq!(folded(&mut trusted), ReducerError::OutOfTime { during: Call::Fold });
}

#[test]
fn memory_ends_where_it_is_said_to() {
    let grows = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable";
    let text = Text { fold: Some(grows), ..Text::default() };
    assert_eq!(fold(&text), ReducerError::OutOfMemory { during: Call::Fold });
    let begins = Text::default().text().replace("\"memory\") 1)", "\"memory\") 60000)");
    assert_eq!(load(&begins).err(), Some(ReducerError::OutOfMemory { during: Call::Start }));
    let table = Text { more: "(table 10000000 funcref)", ..Text::default() };
    assert_eq!(table.load().err(), Some(ReducerError::OutOfMemory { during: Call::Start }));
    let none = Text { alloc: Some("i32.const 0"), ..Text::default() };
    assert_eq!(fold(&none), ReducerError::OutOfMemory { during: Call::Fold });
}

#[test]
fn pointers_outside_its_memory_are_not_followed() {
    let outside = ReducerError::OutsideMemory { during: Call::Fold };
    for alloc in ["i32.const 65530", "i32.const -1"] {
        assert_eq!(fold(&Text { alloc: Some(alloc), ..Text::default() }), outside);
    }
    // Pointer in the upper half, length in the lower one.
    for answer in ["i64.const 0x0000ffff00000002", "i64.const 0xffffffff00000001", "i64.const 0x00000001000fffff"] {
        assert_eq!(fold(&Text { fold: Some(answer), ..Text::default() }), outside, "{answer}");
    }
    let long = Text { fold: Some("i64.const 0x00000001ffffffff"), ..Text::default() };
    let bytes = u32::MAX;
    assert!(bytes as usize > ANSWER_BYTES_MAX);
    assert_eq!(fold(&long), ReducerError::AnswerTooLarge { during: Call::Fold, bytes });
}

#[test]
fn what_it_answers_is_looked_at() {
    let says = |number: u32| {
        let body = format!("i64.const {number}");
        fold(&Text { fold: Some(&body), ..Text::default() })
    };
    assert_eq!(says(20), ReducerError::Answered { during: Call::Fold, error: AbiError::Malformed });
    assert_eq!(says(99), ReducerError::AnsweredUnknown { during: Call::Fold, number: 99 });
    assert_eq!(says(0), ReducerError::AnsweredUnknown { during: Call::Fold, number: 0 });
    // A byte that no text has.
    let text = Text {
        more: "",
        view: Some("(i32.store8 (i32.const 8) (i32.const 255)) i64.const 0x0000000800000001"),
        ..Text::default()
    };
    let view = text.load().unwrap().view(&State::from_bytes(vec![1]));
    assert_eq!(view, Err(ReducerError::BadAnswer { during: Call::View, expected: "JSON" }));
}

#[test]
fn after_a_call_that_went_wrong_the_module_begins_anew() {
    let deep = "(func $deep (call $deep))";
    let text = Text { more: deep, fold: Some("call $deep i64.const 0"), view: Some("i64.const 5"), ..Text::default() };
    let mut module = text.load().unwrap();
    for _ in 0..2 {
        let ReducerError::Trapped { during: Call::Fold, reason } = folded(&mut module) else { panic!("not stopped") };
        assert!(reason.contains("stack"), "{reason}");
        let answered = module.view(&State::from_bytes(vec![1]));
        assert_eq!(answered, Err(ReducerError::Answered { during: Call::View, error: AbiError::DamagedState }));
    }
}
