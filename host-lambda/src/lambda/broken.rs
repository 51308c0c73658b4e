//! What becomes of a function that panics: its invocation gets the answer that a fault has, and the program begins anew
//! in the same process, as if it had just been started. One that panics while it starts says so and ends, because it
//! would do the same for ever.
//!
//! Nothing is unwound, which is an eighth of a program's size. And nothing of a state that nobody can vouch for any more
//! is kept: not the clients, not the connections, not what was held. Lambda sees an answer and then a function that asks
//! for the next event; the price is a start of some milliseconds, and panics are rare.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Mutex, PoisonError, TryLockError};

use super::by_hand;
use super::invocation::{Answer, Failure};

/// What there is to say for an invocation that breaks.
type LastWords = Box<dyn FnOnce(Failure) -> Result<Answer, Failure> + Send>;

/// What the program is about.
enum Stage {
    Starting,
    /// It waits for an event, or streams the rest of an answer.
    Started,
    /// It answers the invocation of this request id.
    Answering(String, LastWords),
}

/// There is one invocation at a time.
static STAGE: Mutex<Stage> = Mutex::new(Stage::Starting);

/// As long as it is there, a panic is the fault of the invocation.
pub(super) struct UnderWay(());

impl UnderWay {
    /// Begins the invocation `request_id`; `last_words` makes its answer if it breaks.
    pub(super) fn begin(
        request_id: &str,
        last_words: impl FnOnce(Failure) -> Result<Answer, Failure> + Send + 'static,
    ) -> Self {
        set(Stage::Answering(request_id.to_owned(), Box::new(last_words)));
        Self(())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        set(Stage::Started);
    }
}

/// The function is ready for events.
pub(super) fn started() {
    set(Stage::Started);
}

fn set(stage: Stage) {
    let before = std::mem::replace(&mut *STAGE.lock().unwrap_or_else(PoisonError::into_inner), stage);
    drop(before);
}

/// From now on a panic ends as described above. What it says could hold anything, so the log has its place only.
pub(super) fn end_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program broke");
        let stage = match STAGE.try_lock() {
            Ok(mut stage) => std::mem::replace(&mut *stage, Stage::Started),
            Err(TryLockError::Poisoned(stage)) => std::mem::replace(&mut *stage.into_inner(), Stage::Started),
            Err(TryLockError::WouldBlock) => Stage::Started,
        };
        let address = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
        let message = "a part of the program broke; the log says where".to_owned();
        let failure = Failure { kind: "Panic", message };
        match stage {
            Stage::Starting => {
                by_hand::tell_no_start(&address, &failure);
                std::process::exit(1);
            }
            Stage::Started => {}
            Stage::Answering(request_id, last_words) => {
                by_hand::tell_answer(&address, &request_id, last_words(failure));
            }
        }
        begin_anew();
    }));
}

/// Replaces the program by itself. Sockets and files close, because Rust opens all of them so.
fn begin_anew() -> ! {
    if let Ok(program) = std::env::current_exe() {
        let error = Command::new(program).args(std::env::args_os().skip(1)).exec();
        tracing::error!(%error, "the program cannot begin anew");
    }
    std::process::abort()
}
