//! The life of the cart behind the session: what happened, and how it was. All of it is the timeline's work.

use alloc::vec::Vec;

use super::Session;
use crate::cart::{CartEvent, CartView};
use crate::id::CommandId;
use crate::packed::{Content, Header, Marks, Unpackable, pack};
use crate::recorded::CommandMark;
use crate::time::Timestamp;

/// A confirmed event.
#[derive(Clone, Debug, PartialEq)]
pub struct Past<'a> {
    /// Its place in the cart's history.
    pub version: u64,
    /// What happened. Of an event that this build does not know, its data only when it came packed.
    pub content: Content<'a, CartEvent<&'a str>>,
    /// The command that caused it.
    pub command: Option<CommandId>,
    /// The server's clock when it was written.
    pub recorded_at: Option<Timestamp>,
}

impl Session {
    /// The cart at a version, 0 being before its first event; `None` when it never came that far.
    #[must_use]
    pub fn at(&self, version: u64) -> Option<Option<CartView>> {
        self.timeline.at(version).map(|moment| moment.view())
    }

    /// The confirmed events after a version, oldest first.
    pub fn history(&self, after: u64) -> impl Iterator<Item = Past<'_>> {
        self.timeline.contents(after).map(|(version, content)| {
            let noted = self.noted(version);
            let command = noted.and_then(|noted| noted.command).map(|mark| mark.id);
            Past { version, content, command, recorded_at: noted.and_then(|noted| noted.recorded_at) }
        })
    }

    /// The confirmed events after a version as a packed history, which [`confirm_packed`](Self::confirm_packed) takes:
    /// for a host that keeps them where there is no connection. Of their circumstances it has event id, command and time.
    pub fn packed(&self, after: u64) -> Result<Vec<u8>, Unpackable> {
        let records = self.timeline.records(after);
        let marked = records.map_while(|(version, _, bytes)| Some((bytes, *self.noted(version)?)));
        pack(&Header { stream: self.cart(), after, beside: Vec::new() }, marked)
    }

    /// Version of the newest confirmed event that a command caused.
    pub(super) fn seen(&self, id: CommandId) -> Option<(u64, CommandMark)> {
        let versions = (1..=self.confirmed_version()).rev();
        let mut seen = versions.zip(self.noted.iter().rev().map(|noted| noted.command));
        seen.find_map(|(version, mark)| mark.filter(|mark| mark.id == id).map(|mark| (version, mark)))
    }

    fn noted(&self, version: u64) -> Option<&Marks> {
        self.noted.get(usize::try_from(version.checked_sub(1)?).ok()?)
    }
}
