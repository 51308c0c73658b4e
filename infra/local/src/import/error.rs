//! Why a file cannot be imported at all, and what to do about it.
//!
//! A bad row is no error: it is counted in the [`super::Report`].

use std::io;

use thiserror::Error;

/// The import as a whole cannot go on.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The flags contradict each other.
    #[error("cannot import so: {what}")]
    Plan {
        /// What is wrong, and what to write instead.
        what: String,
    },
    /// The file is missing, a folder, or not readable.
    #[error("cannot open {input}; check the path and the permission to read it")]
    Open {
        /// The file.
        input: String,
        /// Why.
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("{input} is empty; it needs a header line and rows, or the output of whatever should have written it")]
    Empty {
        /// The file.
        input: String,
    },
    /// The file is of a kind that is not read.
    #[error("{input} is {kind}, not CSV or Parquet; {advice}")]
    Format {
        /// The file.
        input: String,
        /// What it seems to be.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A CSV file of blank lines.
    #[error("{input} has no header line; its first line must name the columns")]
    NoHeader {
        /// The file.
        input: String,
    },
    /// A column that the plan names is not there.
    #[error("{input} has no column `{column}`; its columns are: {present}. Choose with the --…-column flags{hint}")]
    MissingColumn {
        /// The file.
        input: String,
        /// The column.
        column: String,
        /// The columns there are.
        present: String,
        /// More advice, or nothing.
        hint: &'static str,
    },
    /// Two columns bear the name that the plan asks for.
    #[error("{input} has two columns `{column}`; rename one of them")]
    RepeatedColumn {
        /// The file.
        input: String,
        /// The column.
        column: String,
    },
    /// A Parquet column holds lists.
    #[error("column `{column}` of {input} holds lists; flatten it to one value a row first")]
    ListColumn {
        /// The file.
        input: String,
        /// The column.
        column: String,
    },
    /// Bytes could not be read in the middle of the file.
    #[error(
        "cannot read {input} past row {row}; nothing was imported from it. Check the disk and run the import again"
    )]
    Read {
        /// The file.
        input: String,
        /// The last whole row.
        row: u64,
        /// Why.
        source: io::Error,
    },
    /// A CSV row does not end.
    #[error(
        "row {row} of {input} (line {line}) does not end within {bytes_max} bytes; look there for a quote that is not closed"
    )]
    RowTooLong {
        /// The file.
        input: String,
        /// The row, from 1.
        row: u64,
        /// The line on which it begins, from 1.
        line: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The Parquet file is cut off or damaged.
    #[error("{input} is cut off or damaged Parquet (after row {row}); fetch or write it again")]
    Parquet {
        /// The file.
        input: String,
        /// The last row that could be read.
        row: u64,
        /// Why.
        source: parquet::errors::ParquetError,
    },
    /// The Parquet file is compressed with a codec that this program does not have.
    #[error("{input} is Parquet compressed with {codec}; write it with snappy, zstd or no compression")]
    Codec {
        /// The file.
        input: String,
        /// The codec.
        codec: String,
    },
    /// More item names than are kept in memory.
    #[error("{input} names more than {names_max} items; leave out those that are not sold")]
    TooManyNames {
        /// The file.
        input: String,
        /// The limit.
        names_max: usize,
    },
    /// The temporary file cannot be made or written.
    #[error(
        "cannot {operation} the import's temporary file in {folder}; make room there, or set TMPDIR to another folder"
    )]
    TempFile {
        /// What was tried.
        operation: &'static str,
        /// Where.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// The temporary database fails.
    #[error(
        "cannot {operation} the import's temporary database in {folder}; make room there, or set TMPDIR to another folder"
    )]
    Spool {
        /// What was tried.
        operation: &'static str,
        /// Where.
        folder: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// The caller's progress function said stop.
    #[error("the import was stopped while reading {input}; nothing of it was sent")]
    Stopped {
        /// The file.
        input: String,
    },
}
