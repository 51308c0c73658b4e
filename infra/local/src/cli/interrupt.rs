//! Ctrl+C and the polite kill. The first asks a command to come to a good end, the second ends the program at once.

use std::process;

use tokio::sync::watch;

use super::failure::{Failure, INTERRUPTED};

/// Whether somebody asked the program to stop.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Begins to listen for the signals; needs the runtime.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (raise, raised) = watch::channel(false);
        let mut signals = Signals::new().map_err(|error| Failure::new(format!("cannot listen for Ctrl+C: {error}")))?;
        tokio::spawn(async move {
            signals.next().await;
            let _ = raise.send(true);
            signals.next().await;
            process::exit(i32::from(INTERRUPTED));
        });
        Ok(Self(raised))
    }

    /// Whether it has happened.
    pub(crate) fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it happens.
    pub(crate) async fn raised(&self) {
        let mut raised = self.0.clone();
        // The sending side lives until the second signal, which ends the program.
        let _ = raised.wait_for(|raised| *raised).await;
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
