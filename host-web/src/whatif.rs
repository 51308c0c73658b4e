//! What would have become of a packed history, and how pages of one become a whole. Nothing of it is kept.

use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::cart::Cart;
use tillroll_core::packed::{Header, History, PackedErrorKind, Writer as Packing};
use tillroll_core::timeline::diff;
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::whatif::{Edit, Mode, WhatIfError, WhatIfErrorKind, what_if};

use crate::error::Failure;
use crate::types::whatif::{Answer, Given, Reason};
use crate::wire::{Put as _, Writer};

/// Answers a question. `beside` is kept beside the events of the alternative: it says that they never were.
pub(crate) fn ask(history: &[u8], mode: Mode, edits: &[Edit], beside: String, out: &mut Writer) -> Result<(), Failure> {
    let told = match what_if(&History::open(history)?, mode, edits, beside.into_bytes()) {
        Ok(told) => told,
        Err(error) => {
            impossible(error)?.put(out);
            return Ok(());
        }
    };
    let (recorded, alternative) = (told.recorded.view(), told.alternative.view());
    let given = Given {
        untouched: told.untouched,
        steps: &told.steps,
        divergence: told.divergence,
        money: told.money(),
        changes: diff(&Cart::value(&recorded), &Cart::value(&alternative)),
        recorded: recorded.as_ref(),
        alternative: alternative.as_ref(),
        packed: told.packed,
    };
    Answer::Alternative(given).put(out);
    Ok(())
}

/// What is wrong with the question is its answer; what is wrong with the history is an error.
fn impossible(error: WhatIfError) -> Result<Answer<'static>, Failure> {
    let (reason, edit, version) = match error {
        WhatIfError::Packed(error) => return Err(error.into()),
        WhatIfError::Unpackable(error) => return Err(error.into()),
        WhatIfError::NotWhole { .. } => {
            return Err(Failure::BadHistory { byte: 0, problem: PackedErrorKind::DoesNotFollow });
        }
        WhatIfError::TooManyEvents => (Reason::TooManyEvents, None, None),
        WhatIfError::TooManyEdits => (Reason::TooManyEdits, None, None),
        WhatIfError::Edit { edit, kind: WhatIfErrorKind::NoSuchVersion(version) } => {
            (Reason::NoSuchVersion, Some(edit), Some(version))
        }
        WhatIfError::Edit { edit, kind: WhatIfErrorKind::EditedTwice(version) } => {
            (Reason::EditedTwice, Some(edit), Some(version))
        }
        WhatIfError::Edit { edit, kind: WhatIfErrorKind::BehindFork(version) } => {
            (Reason::BehindFork, Some(edit), Some(version))
        }
    };
    Ok(Answer::Impossible { reason, edit, version })
}

/// Histories of which each goes on where the one before ends, as one, with this beside its events. They lie one behind the
/// other; `lengths` says how long each is.
pub(crate) fn join(mut histories: &[u8], lengths: &[u64], beside: String) -> Result<Vec<u8>, Failure> {
    let mut beside = Some(beside.into_bytes());
    let mut joined: Option<Packing<Cart>> = None;
    for length in lengths {
        let length = usize::try_from(*length).unwrap_or(usize::MAX).min(histories.len());
        let (bytes, rest) = histories.split_at(length);
        histories = rest;
        let history = History::open(bytes)?;
        let mut packing = match joined {
            Some(packing) => packing,
            None => Packing::new(&Header { beside: beside.take().unwrap_or_default(), ..history.header().clone() })?,
        };
        for frame in history.frames() {
            packing.copy(&frame?)?;
        }
        joined = Some(packing);
    }
    Ok(joined.map(Packing::finish).unwrap_or_default())
}
