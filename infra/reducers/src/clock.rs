//! Ticks while a trusted module may run. A call that sees too many ticks is ended.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};

use wasmtime::Engine;

use crate::ReducerError;
use crate::limits::TICK;

/// A thread that ticks until this is dropped.
pub(crate) struct Clock {
    stop: Option<Sender<()>>,
    ticking: Option<JoinHandle<()>>,
}

impl Clock {
    pub(crate) fn start(engine: &Engine) -> Result<Self, ReducerError> {
        let (stop, stopped) = mpsc::channel::<()>();
        let engine = engine.clone();
        let tick = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        };
        let ticking = thread::Builder::new().name("reducer-clock".to_owned()).spawn(tick);
        let ticking = ticking.map_err(|why| ReducerError::Machine { reason: format!("start its clock: {why}") })?;
        Ok(Self { stop: Some(stop), ticking: Some(ticking) })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(ticking) = self.ticking.take() {
            // It does nothing that could panic.
            let _ = ticking.join();
        }
    }
}
