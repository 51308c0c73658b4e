//! What becomes of a function that panics: its invocation gets the answer that a fault has, and the program begins anew
//! in the same process, as if it had just been started.
//!
//! Nothing is unwound, which is an eighth of a program's size. And nothing of a state that nobody can vouch for any more
//! is kept: not the clients, not the connections, not what was held. Lambda sees an answer and then a function that asks
//! for the next event; the price is a start of some milliseconds, and panics are rare.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Mutex, TryLockError};

use super::by_hand;
use super::invocation::{Answer, Failure};

/// What there is to say for an invocation that breaks.
type LastWords = Box<dyn FnOnce(Failure) -> Result<Answer, Failure> + Send>;

/// The invocation that is being answered: there is one at a time.
static UNDER_WAY: Mutex<Option<(String, LastWords)>> = Mutex::new(None);

/// As long as it is there, a panic is the fault of the invocation.
pub(super) struct UnderWay(());

impl UnderWay {
    /// Begins the invocation `request_id`; `last_words` makes its answer if it breaks.
    pub(super) fn begin(
        request_id: &str,
        last_words: impl FnOnce(Failure) -> Result<Answer, Failure> + Send + 'static,
    ) -> Self {
        set(Some((request_id.to_owned(), Box::new(last_words))));
        Self(())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        set(None);
    }
}

fn set(under_way: Option<(String, LastWords)>) {
    let before = {
        let mut held = UNDER_WAY.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut *held, under_way)
    };
    drop(before);
}

/// From now on a panic ends as described above. What it says could hold anything, so the log has its place only.
pub(super) fn panics_begin_anew() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program broke");
        say_last_words();
        begin_anew();
    }));
}

fn say_last_words() {
    let under_way = match UNDER_WAY.try_lock() {
        Ok(mut held) => held.take(),
        Err(TryLockError::Poisoned(held)) => held.into_inner().take(),
        Err(TryLockError::WouldBlock) => None,
    };
    if let (Some((request_id, last_words)), Ok(address)) = (under_way, std::env::var("AWS_LAMBDA_RUNTIME_API")) {
        let message = "a part of the program broke; the log says where".to_owned();
        by_hand::tell_answer(&address, &request_id, last_words(Failure { kind: "Panic", message }));
    }
}

/// Replaces the program by itself. Sockets and files close, because Rust opens all of them so.
fn begin_anew() -> ! {
    if let Ok(program) = std::env::current_exe() {
        let error = Command::new(program).args(std::env::args_os().skip(1)).exec();
        tracing::error!(%error, "the program cannot begin anew");
    }
    std::process::abort()
}
