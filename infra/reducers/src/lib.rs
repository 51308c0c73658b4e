//! Runs reducer modules: the rules of any build, as wasm without imports (docs/reducers.md). What a module does wrong is
//! an error with a type, for that module alone; the host goes on.
//!
//! | module | what it does |
//! |---|---|
//! | `limits` | what a module may use |
//! | `check` | what is said of a file before any of it runs |
//! | `instance` | one running module: bytes in, bytes out, within bounds |
//! | `clock` | ends calls of trusted modules that take too long |
//! | `error` | what can go wrong, and what to do |
//!
//! It leaves to others where modules lie, which hashes are trusted, and what is compared with what. A crate of its own,
//! because wasmtime is a compiler, and nothing else should have to compile it.

#![forbid(unsafe_code)]

mod check;
mod clock;
mod error;
mod instance;
pub mod limits;

use tillroll_core::cart::{Cart, CartRequest, Tariff};
use tillroll_core::hash::Fingerprint;
use tillroll_core::packed::{Header, History, PackedError, Writer};
use tillroll_core::reducer::{self, ABI_VERSION};
use wasmtime::{Config, Engine, Module};

use clock::Clock;
pub use error::{Call, ReducerError};
use instance::Instance;

/// Where a module comes from, and so how its calls are bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Its hash is one that we published. It runs against the clock, which costs the least.
    Trusted,
    /// Somebody brought the file. Its instructions are counted, so that the same input ends the same everywhere.
    Dropped,
}

/// A reducer module, ready to be called.
pub struct Reducer {
    module: Module,
    trust: Trust,
    abi_version: u32,
    /// None after a call that went wrong: what the module left in its memory is not looked at again.
    instance: Option<Instance>,
    /// Runs as long as the module may be called.
    _clock: Option<Clock>,
}

/// What a reducer knows after a version. Only the reducer that answered it reads it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State(Vec<u8>);

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// What happens: a packed history that follows the state, with no event when all is so already.
    Events(Vec<u8>),
    /// The domain says no: `code` and `details` as JSON.
    Refused(String),
}

impl State {
    /// A state that was kept.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// To keep it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Reducer {
    /// Checks a file and makes it ready. Nothing of it runs but `abi_version`.
    pub fn load(bytes: &[u8], trust: Trust) -> Result<Self, ReducerError> {
        check::bytes(bytes)?;
        let engine = Engine::new(&config(trust)).map_err(|why| ReducerError::Machine { reason: why.to_string() })?;
        let module = Module::new(&engine, bytes).map_err(|why| ReducerError::NotWasm { reason: format!("{why:#}") })?;
        check::module(&module)?;
        let clock = match trust {
            Trust::Trusted => Some(Clock::start(&engine)?),
            Trust::Dropped => None,
        };
        let mut instance = Instance::new(&module, trust)?;
        let abi_version = instance.abi_version()?;
        if abi_version != u32::from(ABI_VERSION) {
            return Err(ReducerError::OtherAbi { found: abi_version });
        }
        Ok(Self { module, trust, abi_version, instance: Some(instance), _clock: clock })
    }

    /// Version of what crosses; it fixes the packed layout in which histories are given.
    #[must_use]
    pub fn abi_version(&self) -> u32 {
        self.abi_version
    }

    /// The state after a history that follows `state`, or that begins at the beginning of its stream. A long one is given
    /// in pieces: what the module needs of memory does not depend on it.
    pub fn fold(&mut self, state: Option<&State>, history: &History<'_>) -> Result<State, ReducerError> {
        let header = history.header();
        let mut state = state.map_or_else(Vec::new, |state| state.0.clone());
        let mut piece = Piece::after(header, header.after)?;
        for frame in history.frames() {
            let frame = frame?;
            piece.copy(&frame)?;
            if piece.is_full() {
                state = self.fold_piece(&state, piece)?;
                piece = Piece::after(header, frame.version)?;
            }
        }
        if piece.events > 0 || state.is_empty() || header.after == piece.after {
            state = self.fold_piece(&state, piece)?;
        }
        Ok(State(state))
    }

    /// The state's fingerprint: the `state_hash` of its view, and zero before the cart was opened.
    pub fn hash(&mut self, state: &State) -> Result<Fingerprint, ReducerError> {
        let digits = self.ask(Call::Hash, &state.0, &[])?;
        let hash = str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok());
        hash.ok_or(ReducerError::BadAnswer { during: Call::Hash, expected: "16 hexadecimal digits" })
    }

    /// The State JSON; `null` before the cart was opened.
    pub fn view(&mut self, state: &State) -> Result<String, ReducerError> {
        let view = self.ask(Call::View, &state.0, &[])?;
        text(Call::View, view)
    }

    /// What a command causes on a state, whoever asks being trusted.
    pub fn decide(
        &mut self,
        state: &State,
        tariff: Tariff<'_>,
        request: &CartRequest,
    ) -> Result<Decided, ReducerError> {
        let mut answer = self.ask(Call::Decide, &state.0, &reducer::command(tariff, request))?;
        let expected = "0 and a history, or 1 and a refusal";
        let tag = answer.first().copied().ok_or(ReducerError::BadAnswer { during: Call::Decide, expected })?;
        answer.remove(0);
        match tag {
            0 => Ok(Decided::Events(answer)),
            1 => text(Call::Decide, answer).map(Decided::Refused),
            _ => Err(ReducerError::BadAnswer { during: Call::Decide, expected }),
        }
    }

    /// One call with bytes as they are, whatever they are: for whoever has a state and a short history as bytes. `hash` and
    /// `view` take the first ones only.
    pub fn ask(&mut self, call: Call, first: &[u8], second: &[u8]) -> Result<Vec<u8>, ReducerError> {
        self.call(call, first, second, 0)
    }

    fn fold_piece(&mut self, state: &[u8], piece: Piece) -> Result<Vec<u8>, ReducerError> {
        let events = piece.events;
        self.call(Call::Fold, state, &piece.finish(), events)
    }

    fn call(&mut self, call: Call, first: &[u8], second: &[u8], events: u64) -> Result<Vec<u8>, ReducerError> {
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => Instance::new(&self.module, self.trust)?,
        };
        let answer = instance.call(call, first, second, events);
        if answer.as_ref().map_or_else(ReducerError::is_an_answer, |_| true) {
            self.instance = Some(instance);
        }
        answer
    }
}

/// A part of a history that is given to a module at once.
struct Piece {
    writer: Writer<Cart>,
    written: Vec<u8>,
    after: u64,
    events: u64,
}

impl Piece {
    fn after(header: &Header, after: u64) -> Result<Self, ReducerError> {
        let header = Header { stream: header.stream, after, beside: Vec::new() };
        let writer = Writer::new(&header).map_err(|why| ReducerError::Machine { reason: why.to_string() })?;
        Ok(Self { writer, written: Vec::new(), after, events: 0 })
    }

    fn copy(&mut self, frame: &tillroll_core::packed::Frame<'_>) -> Result<(), PackedError> {
        self.writer.copy(frame)?;
        self.written.append(&mut self.writer.take());
        self.events += 1;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.events >= limits::PIECE_EVENTS_MAX || self.written.len() >= limits::PIECE_BYTES
    }

    fn finish(mut self) -> Vec<u8> {
        self.written.append(&mut self.writer.finish());
        self.written
    }
}

fn text(during: Call, bytes: Vec<u8>) -> Result<String, ReducerError> {
    String::from_utf8(bytes).map_err(|_| ReducerError::BadAnswer { during, expected: "JSON" })
}

/// The same for every module, so that the same module does the same on every machine: no threads, no memory but one, one
/// bit pattern for what is not a number.
fn config(trust: Trust) -> Config {
    let mut config = Config::new();
    config.cranelift_nan_canonicalization(true).max_wasm_stack(limits::STACK_BYTES_MAX);
    config.wasm_memory64(false).wasm_multi_memory(false).relaxed_simd_deterministic(true);
    match trust {
        Trust::Trusted => config.epoch_interruption(true),
        Trust::Dropped => config.consume_fuel(true),
    };
    config
}
