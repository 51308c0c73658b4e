//! Sorting more digests than fit in memory: sorted runs in files, merged while they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tillroll_core::id::StreamId;
use uuid::Uuid;

/// What is compared of an event or a row. Sorts by cart, then version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest {
    pub(super) cart: StreamId,
    pub(super) version: u64,
    pub(super) fingerprint: u64,
    /// Whether it is of an event that may be on its way still. Of a row: whether its cart's newest event is.
    pub(super) is_recent: bool,
}

/// Digests held in memory before they go into a file: 8 MiB.
const BUFFER_DIGESTS_MAX: usize = 8 * 1024 * 1024 / DIGEST_BYTES;
/// Files of one sorter before they are merged into one: few enough to have all of them open.
const FILES_MAX: usize = 64;
const DIGEST_BYTES: usize = 33;

/// Takes digests in any order. Its files lie in the scratch folder and go when it goes.
pub(super) struct Sorter {
    folder: PathBuf,
    name: String,
    buffer_max: usize,
    buffer: Vec<Digest>,
    files: Vec<SpillFile>,
    files_made: u64,
}

impl Sorter {
    /// A sorter whose files in `folder` begin with `name`.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self::with_buffer(folder, name, BUFFER_DIGESTS_MAX)
    }

    fn with_buffer(folder: &Path, name: &str, buffer_max: usize) -> Self {
        let (folder, name) = (folder.to_owned(), name.to_owned());
        Self { folder, name, buffer_max, buffer: Vec::new(), files: Vec::new(), files_made: 0 }
    }

    pub(super) fn push(&mut self, digest: Digest) -> io::Result<()> {
        self.buffer.push(digest);
        if self.buffer.len() < self.buffer_max {
            return Ok(());
        }
        self.buffer.sort_unstable();
        let digests = std::mem::take(&mut self.buffer);
        self.write_file(digests.iter().copied().map(Ok))?;
        self.buffer = digests;
        self.buffer.clear();
        if self.files.len() >= FILES_MAX {
            let files = std::mem::take(&mut self.files);
            self.write_file(Sorted::merge(files, Vec::new())?)?;
        }
        Ok(())
    }

    /// Takes over another sorter's digests. The files of the two must begin with different names.
    pub(super) fn absorb(&mut self, other: Self) {
        self.files.extend(other.files);
        self.buffer.extend(other.buffer);
    }

    fn write_file(&mut self, digests: impl Iterator<Item = io::Result<Digest>>) -> io::Result<()> {
        let path = self.folder.join(format!("{}-{}.digests", self.name, self.files_made));
        self.files_made += 1;
        let mut writer = BufWriter::new(File::create_new(&path)?);
        self.files.push(SpillFile { path });
        for digest in digests {
            writer.write_all(&digest?.to_bytes())?;
        }
        writer.flush()
    }

    /// The digests in order; those that are equal in everything come once.
    pub(super) fn sorted(mut self) -> io::Result<Sorted> {
        self.buffer.sort_unstable();
        Sorted::merge(self.files, self.buffer)
    }
}

/// Digests in order.
pub(super) struct Sorted {
    sources: Vec<Source>,
    heads: BinaryHeap<Reverse<(Digest, usize)>>,
    last: Option<Digest>,
}

enum Source {
    Memory(std::vec::IntoIter<Digest>),
    File { reader: BufReader<File>, _file: SpillFile },
}

impl Sorted {
    fn merge(files: Vec<SpillFile>, buffer: Vec<Digest>) -> io::Result<Self> {
        let mut sources = vec![Source::Memory(buffer.into_iter())];
        for file in files {
            sources.push(Source::File { reader: BufReader::new(File::open(&file.path)?), _file: file });
        }
        let mut sorted = Self { heads: BinaryHeap::with_capacity(sources.len()), sources, last: None };
        for index in 0..sorted.sources.len() {
            sorted.pull(index)?;
        }
        Ok(sorted)
    }

    fn pull(&mut self, index: usize) -> io::Result<()> {
        let head = match self.sources.get_mut(index) {
            Some(Source::Memory(digests)) => digests.next(),
            Some(Source::File { reader, .. }) => Digest::read(reader)?,
            None => None,
        };
        self.heads.extend(head.map(|digest| Reverse((digest, index))));
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = io::Result<Digest>;

    fn next(&mut self) -> Option<io::Result<Digest>> {
        while let Some(Reverse((digest, index))) = self.heads.pop() {
            if let Err(error) = self.pull(index) {
                return Some(Err(error));
            }
            if self.last.replace(digest) != Some(digest) {
                return Some(Ok(digest));
            }
        }
        None
    }
}

/// A file that is removed with its owner.
struct SpillFile {
    path: PathBuf,
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a scratch file of verify stays behind");
        }
    }
}

impl Digest {
    fn to_bytes(self) -> [u8; DIGEST_BYTES] {
        let mut bytes = [0; DIGEST_BYTES];
        bytes[..16].copy_from_slice(self.cart.uuid().as_bytes());
        bytes[16..24].copy_from_slice(&self.version.to_be_bytes());
        bytes[24..32].copy_from_slice(&self.fingerprint.to_be_bytes());
        bytes[32] = u8::from(self.is_recent);
        bytes
    }

    /// The next digest of a file; `None` at its end.
    fn read(reader: &mut impl Read) -> io::Result<Option<Self>> {
        let mut cart = [0; 16];
        match reader.read_exact(&mut cart) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let (mut version, mut fingerprint, mut is_recent) = ([0; 8], [0; 8], [0; 1]);
        reader.read_exact(&mut version)?;
        reader.read_exact(&mut fingerprint)?;
        reader.read_exact(&mut is_recent)?;
        Ok(Some(Self {
            cart: StreamId::new(Uuid::from_bytes(cart)),
            version: u64::from_be_bytes(version),
            fingerprint: u64::from_be_bytes(fingerprint),
            is_recent: is_recent != [0],
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn digest(cart: u128, version: u64, fingerprint: u64) -> Digest {
        Digest { cart: StreamId::new(Uuid::from_u128(cart)), version, fingerprint, is_recent: fingerprint == 2 }
    }

    #[test]
    fn nothing_sorts_to_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Sorter::new(folder.path(), "x").sorted().unwrap().count(), 0);
    }

    #[test]
    fn files_go_with_the_sorter() {
        let folder = tempfile::tempdir().unwrap();
        let files = || fs::read_dir(folder.path()).unwrap().count();
        let mut sorter = Sorter::with_buffer(folder.path(), "x", 2);
        (0..9).for_each(|version| sorter.push(digest(1, version, 0)).unwrap());
        assert_eq!(files(), 4);
        let mut digests = sorter.sorted().unwrap();
        assert_eq!(digests.next().unwrap().unwrap(), digest(1, 0, 0));
        drop(digests);
        assert_eq!(files(), 0);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(32))]
        #[test]
        fn many_files_sort_as_memory_does(
            digests in proptest::collection::vec((0..20_u128, 0..20_u64, 0..3_u64), 0..400),
            buffer_max in 1..100_usize,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut expected: Vec<Digest> = digests.iter().map(|&(c, v, f)| digest(c, v, f)).collect();
            let mut sorter = Sorter::with_buffer(folder.path(), "x", buffer_max);
            for digest in &expected {
                sorter.push(*digest).unwrap();
            }
            let sorted: Vec<Digest> = sorter.sorted().unwrap().map(Result::unwrap).collect();
            expected.sort_unstable();
            expected.dedup();
            proptest::prop_assert_eq!(sorted, expected);
        }
    }
}
