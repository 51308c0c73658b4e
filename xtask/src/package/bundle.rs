//! One program as the zip that Lambda takes: one entry, `bootstrap`, mode 0755, dated 1980. Nothing of the machine, the
//! clock or the file's own attributes goes in, so equal programs make equal zips.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

const ENTRY: &str = "bootstrap";
const MODE: u32 = 0o755;
/// As small as deflate gets: levels above 9 are rounds of zopfli, each of which takes a second a program.
const LEVEL: i64 = 14;

/// As small as it gets.
pub(super) fn compressed(program: &[u8]) -> anyhow::Result<Vec<u8>> {
    pack(
        program,
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(LEVEL)),
    )
}

/// As quick as it gets.
pub(super) fn stored(program: &[u8]) -> anyhow::Result<Vec<u8>> {
    pack(program, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

fn pack(program: &[u8], options: SimpleFileOptions) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(ENTRY, options.unix_permissions(MODE).last_modified_time(DateTime::DEFAULT).system(System::Unix))?;
    zip.write_all(program)?;
    Ok(zip.finish()?.into_inner())
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use std::io::Read as _;

    use zip::ZipArchive;

    use super::*;

    /// Repeats itself, as programs do.
    fn program() -> Vec<u8> {
        b"\x7fELF".iter().copied().chain((0..100_000_u32).map(|n| n.to_le_bytes()[0])).collect()
    }

    #[test]
    fn a_program_goes_in_as_bootstrap_that_everybody_may_run() {
        for zip in [compressed(&program()).unwrap(), stored(&program()).unwrap()] {
            let mut zip = ZipArchive::new(Cursor::new(zip)).unwrap();
            assert_eq!(zip.len(), 1);
            let mut entry = zip.by_index(0).unwrap();
            assert_eq!(entry.name().unwrap(), "bootstrap");
            assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(0o755));
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            assert!(content == program());
        }
    }

    #[test]
    fn the_same_program_makes_the_same_zip() {
        assert!(compressed(&program()).unwrap() == compressed(&program()).unwrap());
        assert!(stored(&program()).unwrap() == stored(&program()).unwrap());
        // On any machine, in any folder, at any time.
        let known = "83e4597165b50df327b3ed10a3e5d59203a5ee9373a892ccffb69ea00b005a35";
        assert_eq!(sha256(&stored(b"\x7fELF").unwrap()), known);
    }

    #[test]
    fn compressing_is_worth_it() {
        assert!(compressed(&program()).unwrap().len() < program().len() / 10);
    }
}
