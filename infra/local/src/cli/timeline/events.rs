//! The events of one cart, packed: as records a million of them would take a gigabyte. One is unpacked when it is looked
//! at.

use std::collections::BTreeMap;

use tillroll_core::cart::Cart;
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Frame, Header, History};
use tillroll_host_lambda::packing::{NotPackable, pack, record_of};
use tillroll_host_lambda::record::EventRecord;

/// Events from version 1 on.
#[derive(Debug)]
pub(super) struct Events {
    cart: StreamId,
    /// Frames of a packed history, one behind the other.
    frames: Vec<u8>,
    /// Where the frame of each version ends.
    ends: Vec<usize>,
    /// Those that cannot be packed, because their data does not read; their frames are empty.
    unpackable: BTreeMap<u64, EventRecord>,
}

impl Events {
    pub(super) fn new(cart: StreamId) -> Self {
        Self { cart, frames: Vec::new(), ends: Vec::new(), unpackable: BTreeMap::new() }
    }

    /// How many there are, which is the version of the newest one.
    pub(super) fn newest(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Takes the next one. One whose data does not read is kept as it is, with the reason as an error.
    pub(super) fn push(&mut self, record: EventRecord) -> Result<(), NotPackable> {
        let packed = self.append(&record);
        if packed.is_err() {
            self.unpackable.insert(record.version, record);
        }
        self.ends.push(self.frames.len());
        packed
    }

    /// Puts its frame behind the others.
    fn append(&mut self, record: &EventRecord) -> Result<(), NotPackable> {
        let header = Header { stream: self.cart, after: self.newest(), beside: Vec::new() };
        let packed = pack(&header, std::slice::from_ref(record))?;
        let first = History::open(&packed).ok().and_then(|history| history.frames().next()?.ok());
        let start = first.and_then(|frame| usize::try_from(frame.at()).ok());
        let end = packed.len().checked_sub(ENDING_BYTES);
        let frame = start.zip(end).and_then(|(start, end)| packed.get(start..end));
        self.frames.extend_from_slice(frame.unwrap_or_default());
        Ok(())
    }

    /// The packed event; none for one that cannot be packed.
    pub(super) fn frame(&self, version: u64) -> Option<Frame<'_>> {
        let place = usize::try_from(version.checked_sub(1)?).ok()?;
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let bytes = self.frames.get(start..*self.ends.get(place)?)?;
        Frame::cut_out(self.cart, version, bytes).ok()
    }

    /// The event as it was recorded.
    pub(super) fn get(&self, version: u64) -> Option<EventRecord> {
        match self.frame(version) {
            Some(frame) => record_of(self.cart, frame.entry::<Cart>().ok()?).ok(),
            None => self.unpackable.get(&version).cloned(),
        }
    }
}

/// What a packed history has behind its last frame: a zero, and the checksum.
const ENDING_BYTES: usize = 1 + 8;
