//! One running module: bytes in, bytes out, within bounds.

use tillroll_core::reducer::AbiError;
use wasmtime::{Memory, Module, ResourceLimiter, Store, Trap, TypedFunc};

use crate::limits::{
    ANSWER_BYTES_MAX, FUEL_PER_CALL, FUEL_PER_EVENT, MEMORY_BYTES_MAX, TABLE_ENTRIES_MAX, TICKS_PER_CALL,
};
use crate::{Call, ReducerError, Trust};

/// A module in memory of its own.
pub(crate) struct Instance {
    store: Store<Bounds>,
    trust: Trust,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
    free: TypedFunc<(u32, u32), ()>,
    abi_version: TypedFunc<(), u32>,
    fold: TypedFunc<(u32, u32, u32, u32), u64>,
    hash: TypedFunc<(u32, u32), u64>,
    view: TypedFunc<(u32, u32), u64>,
    decide: TypedFunc<(u32, u32, u32, u32), u64>,
}

/// Where bytes lie in the module's memory.
#[derive(Clone, Copy)]
struct Place {
    pointer: u32,
    length: u32,
}

/// Says no to more memory, and remembers it: what the module then does is its own matter, but why it failed is known.
#[derive(Default)]
struct Bounds {
    denied: bool,
}

impl ResourceLimiter for Bounds {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= MEMORY_BYTES_MAX;
        self.denied |= !allowed;
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= TABLE_ENTRIES_MAX;
        self.denied |= !allowed;
        Ok(allowed)
    }
}

impl Instance {
    pub(crate) fn new(module: &Module, trust: Trust) -> Result<Self, ReducerError> {
        let mut store = Store::new(module.engine(), Bounds::default());
        store.limiter(|bounds| bounds);
        bound(&mut store, trust, 0)?;
        let instance = match wasmtime::Instance::new(&mut store, module, &[]) {
            Ok(instance) => instance,
            Err(why) => return Err(failure(&store, Call::Start, &why)),
        };
        let memory = instance.get_memory(&mut store, "memory").ok_or(ReducerError::MissingExport { name: "memory" })?;
        macro_rules! function {
            ($name:literal) => {
                instance.get_typed_func(&mut store, $name).map_err(|_| ReducerError::MissingExport { name: $name })?
            };
        }
        Ok(Self {
            trust,
            memory,
            alloc: function!("alloc"),
            free: function!("free"),
            abi_version: function!("abi_version"),
            fold: function!("fold"),
            hash: function!("hash"),
            view: function!("view"),
            decide: function!("decide"),
            store,
        })
    }

    pub(crate) fn abi_version(&mut self) -> Result<u32, ReducerError> {
        let answer = self.abi_version.call(&mut self.store, ());
        answer.map_err(|why| failure(&self.store, Call::Start, &why))
    }

    /// One call; `events` is how many the bytes hold, for the fuel they may cost.
    pub(crate) fn call(
        &mut self,
        call: Call,
        first: &[u8],
        second: &[u8],
        events: u64,
    ) -> Result<Vec<u8>, ReducerError> {
        bound(&mut self.store, self.trust, events)?;
        let (one, two) = (self.put(call, first)?, self.put(call, second)?);
        let four = (one.pointer, one.length, two.pointer, two.length);
        let answer = match call {
            Call::Fold => self.fold.call(&mut self.store, four),
            Call::Decide => self.decide.call(&mut self.store, four),
            Call::Hash => self.hash.call(&mut self.store, (one.pointer, one.length)),
            Call::Start | Call::View => self.view.call(&mut self.store, (one.pointer, one.length)),
        };
        let answer = answer.map_err(|why| failure(&self.store, call, &why))?;
        self.give_back(call, one)?;
        self.give_back(call, two)?;
        self.take(call, Place { pointer: high(answer), length: low(answer) })
    }

    fn put(&mut self, call: Call, bytes: &[u8]) -> Result<Place, ReducerError> {
        let length = u32::try_from(bytes.len()).map_err(|_| ReducerError::OutOfMemory { during: call })?;
        if length == 0 {
            return Ok(Place { pointer: 0, length });
        }
        let pointer = self.alloc.call(&mut self.store, length).map_err(|why| failure(&self.store, call, &why))?;
        if pointer == 0 {
            return Err(ReducerError::OutOfMemory { during: call });
        }
        let written = self.memory.write(&mut self.store, pointer as usize, bytes);
        written.map_err(|_| ReducerError::OutsideMemory { during: call })?;
        Ok(Place { pointer, length })
    }

    fn take(&mut self, call: Call, place: Place) -> Result<Vec<u8>, ReducerError> {
        let Place { pointer, length } = place;
        if pointer == 0 {
            let unknown = ReducerError::AnsweredUnknown { during: call, number: length };
            return Err(
                AbiError::numbered(length).map_or(unknown, |error| ReducerError::Answered { during: call, error })
            );
        }
        if length as usize > ANSWER_BYTES_MAX {
            return Err(ReducerError::AnswerTooLarge { during: call, bytes: length });
        }
        let start = pointer as usize;
        let lies = self.memory.data(&self.store).get(start..start.saturating_add(length as usize));
        let bytes = lies.ok_or(ReducerError::OutsideMemory { during: call })?.to_vec();
        self.give_back(call, place)?;
        Ok(bytes)
    }

    fn give_back(&mut self, call: Call, Place { pointer, length }: Place) -> Result<(), ReducerError> {
        if length == 0 {
            return Ok(());
        }
        let freed = self.free.call(&mut self.store, (pointer, length));
        freed.map_err(|why| failure(&self.store, call, &why))
    }
}

fn bound(store: &mut Store<Bounds>, trust: Trust, events: u64) -> Result<(), ReducerError> {
    match trust {
        Trust::Trusted => store.set_epoch_deadline(TICKS_PER_CALL),
        Trust::Dropped => {
            let fuel = FUEL_PER_CALL.saturating_add(FUEL_PER_EVENT.saturating_mul(events));
            store.set_fuel(fuel).map_err(|why| ReducerError::Machine { reason: why.to_string() })?;
        }
    }
    Ok(())
}

fn failure(store: &Store<Bounds>, during: Call, why: &wasmtime::Error) -> ReducerError {
    match why.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => ReducerError::OutOfFuel { during },
        Some(Trap::Interrupt) => ReducerError::OutOfTime { during },
        _ if store.data().denied => ReducerError::OutOfMemory { during },
        Some(trap) => ReducerError::Trapped { during, reason: trap.to_string() },
        None => ReducerError::Trapped { during, reason: format!("{why:#}") },
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
const fn low(answer: u64) -> u32 {
    answer as u32
}

const fn high(answer: u64) -> u32 {
    low(answer >> 32)
}
