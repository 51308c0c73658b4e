//! Archive objects: one `CloudEvents` JSON event a line, compressed with zstd, under a key that names the content.
//!
//! Writing takes the bytes as they came from the bus. Reading trusts nothing: what is decompressed is bounded, must
//! hash to what the key says and must have as many lines; every error names the object.

use std::io::Read as _;

use tillroll_core::sequence::{NotASequenceNumber, SequenceNumber};

use crate::archive_key::{ArchiveKey, ContentHash, NotAnArchiveKey};
use crate::lambda_events::BusBatchRecord;
use crate::ports::{Archive, Fault, FaultKind};
use crate::record::{EventRecord, NotAnEvent};

/// Most bytes of an object before compression. A batch of Lambda's is at most 6 MB, so ten times that is no object of
/// ours, and a small file that swells further is refused before it fills the memory.
pub const OBJECT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// zstd's own default: about 8 times smaller at some 200 MB/s.
const COMPRESSION_LEVEL: i32 = 3;

/// An object to create.
#[derive(Debug)]
pub struct PackedObject {
    /// Its name.
    pub key: ArchiveKey,
    /// Its content, compressed.
    pub bytes: Vec<u8>,
}

/// The records cannot become an object.
#[derive(Debug, thiserror::Error)]
pub enum NotPackable {
    /// No record, or more than a key can count.
    #[error("a batch of {0} records")]
    Count(usize),
    /// A sequence number is none.
    #[error(transparent)]
    SequenceNumber(#[from] NotASequenceNumber),
    /// The shard's name cannot stand in a key.
    #[error(transparent)]
    Key(#[from] NotAnArchiveKey),
    /// The compressor failed.
    #[error("zstd compression failed")]
    Compression(#[source] std::io::Error),
}

/// Packs records of one shard, which come in shard order. The same records always make the same key.
pub fn pack(shard: &str, records: &[&BusBatchRecord]) -> Result<PackedObject, NotPackable> {
    let count = u32::try_from(records.len()).map_err(|_| NotPackable::Count(records.len()))?;
    let (Some(first), Some(last)) = (records.first(), records.last()) else {
        return Err(NotPackable::Count(0));
    };
    let lines = lines_of(records);
    let parse = |record: &BusBatchRecord| record.kinesis.sequence_number.parse::<SequenceNumber>();
    let range = (parse(first)?, parse(last)?);
    let key = ArchiveKey::new(first.arrived_at(), shard, range, count, ContentHash::of(&lines))?;
    let bytes = zstd::encode_all(lines.as_slice(), COMPRESSION_LEVEL).map_err(NotPackable::Compression)?;
    Ok(PackedObject { key, bytes })
}

fn lines_of(records: &[&BusBatchRecord]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(records.iter().map(|record| record.kinesis.data.len() + 1).sum());
    for record in records {
        let line_start = lines.len();
        lines.extend_from_slice(&record.kinesis.data);
        // In JSON a bare newline is only ever white space. Ours have none; a foreign record shall not tear the lines.
        lines[line_start..].iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        lines.push(b'\n');
    }
    lines
}

/// An object as it was read: checked against its key.
#[derive(Debug)]
pub struct ArchiveObject {
    key: String,
    lines: Vec<u8>,
}

/// Why an object cannot be read; [`ArchiveObject::read`] puts its key in front.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableObject {
    /// Somebody else's object lies in the archive.
    #[error(transparent)]
    ForeignKey(#[from] NotAnArchiveKey),
    /// The key was listed and is gone.
    #[error("the object is not there any more")]
    Missing,
    /// Cut off, damaged, or not zstd at all.
    #[error("the object cannot be decompressed; it is cut off or damaged")]
    Damaged(#[source] std::io::Error),
    /// It swells beyond the bound.
    #[error("the object has more than {OBJECT_BYTES_MAX} bytes")]
    TooLarge,
    /// The content is another than the key names.
    #[error("the content's hash is {found}, the key says {named}")]
    WrongHash {
        /// Of the content.
        found: ContentHash,
        /// In the key.
        named: ContentHash,
    },
    /// The number of lines is another than the key names.
    #[error("the object has {found} lines, the key says {named}")]
    WrongCount {
        /// In the content.
        found: usize,
        /// In the key.
        named: u32,
    },
    /// A line is no event of this layout.
    #[error("line {line}")]
    NotAnEvent {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: NotAnEvent,
    },
}

impl ArchiveObject {
    /// Reads and checks the object under `key`.
    pub async fn read<A: Archive>(archive: &A, key: &str) -> Result<Self, Fault> {
        let parsed: ArchiveKey = key.parse().map_err(|error| unreadable(key, UnreadableObject::ForeignKey(error)))?;
        let bytes = archive.read(key).await?.ok_or_else(|| unreadable(key, UnreadableObject::Missing))?;
        Self::unpack(&parsed, &bytes).map_err(|error| unreadable(key, error))
    }

    /// Decompresses and checks the bytes of an object.
    pub fn unpack(key: &ArchiveKey, bytes: &[u8]) -> Result<Self, UnreadableObject> {
        let lines = decompress(bytes)?;
        let found = ContentHash::of(&lines);
        if found != key.content() {
            return Err(UnreadableObject::WrongHash { found, named: key.content() });
        }
        let object = Self { key: key.to_string(), lines };
        let found = object.lines().count();
        if u32::try_from(found) != Ok(key.count()) {
            return Err(UnreadableObject::WrongCount { found, named: key.count() });
        }
        Ok(object)
    }

    /// The object's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The lines without their newlines.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
    }

    /// The events with their lines.
    pub fn events(&self) -> impl Iterator<Item = Result<(EventRecord, &[u8]), Fault>> {
        self.lines().enumerate().map(|(index, line)| match EventRecord::from_json(line) {
            Ok(event) => Ok((event, line)),
            Err(source) => Err(self.not_an_event(index, source)),
        })
    }

    /// The fault of a line (counted from 0) that is no event.
    #[must_use]
    pub fn not_an_event(&self, index: usize, source: NotAnEvent) -> Fault {
        unreadable(&self.key, UnreadableObject::NotAnEvent { line: index + 1, source })
    }
}

fn unreadable(key: &str, reason: UnreadableObject) -> Fault {
    Fault::new(FaultKind::Permanent, "read archive object", key, reason)
}

fn decompress(bytes: &[u8]) -> Result<Vec<u8>, UnreadableObject> {
    let decoder = zstd::Decoder::with_buffer(bytes).map_err(UnreadableObject::Damaged)?;
    let mut lines = Vec::new();
    let read = decoder.take(OBJECT_BYTES_MAX + 1).read_to_end(&mut lines).map_err(UnreadableObject::Damaged)?;
    if read as u64 > OBJECT_BYTES_MAX { Err(UnreadableObject::TooLarge) } else { Ok(lines) }
}
