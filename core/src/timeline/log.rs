//! Bytes one after the other, in chunks: a history of any length grows without ever being copied, and without more memory
//! than it needs but for one chunk.

use alloc::vec::Vec;

/// Bytes of a chunk. The first one grows up to there, so that a short history costs what it holds.
const CHUNK_BYTES: usize = 1 << 16;
/// Bytes that are copied at once. A copy whose length is known costs a few instructions; one whose length is not is a call
/// of something that is made for long ones.
const STRIDE_BYTES: usize = 32;

/// Records, each whole in one chunk.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    chunks: Vec<Vec<u8>>,
}

/// Where a record begins, or the next one will.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    chunk: usize,
    at: usize,
}

impl Log {
    /// Adds the record that lies at the front of bytes and is so long. What lies behind it is read with it, and not kept.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8], length: usize) {
        let full = |chunk: &Vec<u8>| chunk.len().saturating_add(length) > CHUNK_BYTES;
        if self.chunks.last().is_none_or(full) {
            self.begin(length);
        }
        let Some(chunk) = self.chunks.last_mut() else { return };
        let end = chunk.len().saturating_add(length);
        let mut rest = bytes;
        while chunk.len() < end {
            if let Some((stride, behind)) = rest.split_first_chunk::<STRIDE_BYTES>() {
                chunk.extend_from_slice(stride);
                rest = behind;
            } else {
                chunk.extend_from_slice(rest);
                break;
            }
        }
        chunk.truncate(end);
    }

    /// Begins a chunk for a record of this length.
    fn begin(&mut self, length: usize) {
        let capacity = if self.chunks.is_empty() { length } else { length.max(CHUNK_BYTES) };
        self.chunks.push(Vec::with_capacity(capacity.saturating_add(STRIDE_BYTES)));
    }

    /// Where the next record will begin.
    pub(super) fn end(&self) -> Place {
        let at = self.chunks.last().map_or(0, Vec::len);
        Place { chunk: self.chunks.len().saturating_sub(1), at }
    }

    /// The records from there on that lie in one chunk; nothing at the end of the log.
    #[inline]
    pub(super) fn from(&self, place: &mut Place) -> &[u8] {
        let rest =
            |place: &Place| self.chunks.get(place.chunk).and_then(|chunk| chunk.get(place.at..)).unwrap_or_default();
        match rest(place) {
            [] if place.chunk.saturating_add(1) < self.chunks.len() => {
                *place = Place { chunk: place.chunk.saturating_add(1), at: 0 };
                rest(place)
            }
            rest => rest,
        }
    }
}

impl Place {
    /// The place of what follows.
    #[inline]
    pub(super) fn pass(&mut self, length: usize) {
        self.at = self.at.saturating_add(length);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use alloc::vec;

    use super::*;

    #[test]
    fn records_come_out_as_they_went_in_whatever_their_sizes() {
        let record = |nth: usize| vec![u8::try_from(nth % 251).unwrap(); nth * 7919 % 40_000];
        let mut log = Log::default();
        let mut places = Vec::new();
        for nth in 0..100 {
            places.push(log.end());
            let bytes = [record(nth), vec![9; nth % 50]].concat();
            log.push(&bytes, record(nth).len());
        }
        log.push(&vec![7; CHUNK_BYTES * 2], CHUNK_BYTES * 2);
        for (nth, mut place) in places.into_iter().enumerate() {
            let record = record(nth);
            assert!(log.from(&mut place).starts_with(&record), "{nth}");
            place.pass(record.len());
            assert!(!log.from(&mut place).is_empty(), "{nth}");
        }
        assert!(log.from(&mut log.end()).is_empty());
    }
}
