//! The rows of a CSV file with a header line.
//!
//! A row with another number of fields than the header is reported as misshapen, not guessed at. A row has a size
//! limit, because one quote that is never closed would otherwise pull the rest of the file into memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::cell::{Cell, shown};
use super::error::ImportError;
use super::input::{CurrentRow, find_columns};
use super::report::Place;

/// Far above any real row; what a runaway quote can hold in memory.
const ROW_BYTES_MAX: u64 = 1024 * 1024;

/// Read ahead from the file.
const BUFFER_BYTES: usize = 64 * 1024;

pub(super) struct CsvRows {
    reader: Reader<RowBounded>,
    record: ByteRecord,
    input: String,
    line_ends: LineEnds,
    header_fields: usize,
    columns: Vec<usize>,
    row: u64,
}

impl CsvRows {
    pub(super) fn open(mut file: File, input: &str, wanted: &[String], delimiter: u8) -> Result<Self, ImportError> {
        let line_ends =
            LineEnds::of(&mut file).map_err(|source| ImportError::Read { input: input.to_owned(), row: 0, source })?;
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(RowBounded { file, since_row_bytes: 0 });
        let mut rows = Self {
            reader,
            record: ByteRecord::new(),
            input: input.to_owned(),
            line_ends,
            header_fields: 0,
            columns: Vec::new(),
            row: 0,
        };
        if !rows.read_record()? {
            return Err(ImportError::NoHeader { input: input.to_owned() });
        }
        let header: Vec<_> = rows.record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        rows.header_fields = header.len();
        rows.columns = find_columns(input, &header, wanted)?;
        Ok(rows)
    }

    pub(super) fn advance(&mut self) -> Result<Option<CurrentRow>, ImportError> {
        if !self.read_record()? {
            return Ok(None);
        }
        self.row += 1;
        let line = Some(self.first_line());
        let misshapen = (self.record.len() != self.header_fields).then(|| {
            let start = String::from_utf8_lossy(self.record.get(0).unwrap_or_default()).into_owned();
            (
                format!("{} fields, the first {}", self.record.len(), shown(&start)),
                format!("{} as in the header", self.header_fields),
            )
        });
        Ok(Some(CurrentRow { place: Place { row: self.row, line }, misshapen }))
    }

    pub(super) fn cell(&self, slot: usize) -> Cell<'_> {
        let field = self.columns.get(slot).and_then(|column| self.record.get(*column));
        Cell::from_utf8(field.unwrap_or_default())
    }

    pub(super) fn progress(&self) -> (u64, u64) {
        (self.reader.position().byte(), self.line_ends.file_bytes)
    }

    /// The line on which the row at hand begins. The reader counts the newlines behind it: one of them ended the row,
    /// unless the lines end in CR LF, whose second half it has not seen yet, or the file ends without one.
    fn first_line(&self) -> u64 {
        let behind = self.reader.position();
        let at_open_end = behind.byte() == self.line_ends.file_bytes && !self.line_ends.last_is_newline;
        let ended_by_newline = u64::from(!self.line_ends.carriage_return && !at_open_end);
        let within = self.record.as_slice().split(|byte| *byte == b'\n').skip(1).count() as u64;
        behind.line().saturating_sub(ended_by_newline + within)
    }

    fn read_record(&mut self) -> Result<bool, ImportError> {
        self.reader.get_mut().since_row_bytes = 0;
        let unseen_newline = self.line_ends.carriage_return && self.header_fields > 0;
        let line = self.reader.position().line() + u64::from(unseen_newline);
        self.reader.read_byte_record(&mut self.record).map_err(|error| {
            if self.reader.get_ref().since_row_bytes >= ROW_BYTES_MAX {
                let (input, row) = (self.input.clone(), self.row + 1);
                return ImportError::RowTooLong { input, row, line, bytes_max: ROW_BYTES_MAX };
            }
            ImportError::Read { input: self.input.clone(), row: self.row, source: error.into() }
        })
    }
}

/// How the lines of a file end, as far as line numbers depend on it.
struct LineEnds {
    file_bytes: u64,
    /// The first line ends in CR LF or CR.
    carriage_return: bool,
    last_is_newline: bool,
}

impl LineEnds {
    /// Looks at the file's first bytes and its last, and leaves it at its beginning.
    fn of(file: &mut File) -> io::Result<Self> {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let mut last = Vec::new();
        file.seek(SeekFrom::Start(file_bytes.saturating_sub(1)))?;
        file.read_to_end(&mut last)?;
        file.rewind()?;
        let mut head = Vec::new();
        file.by_ref().take(BUFFER_BYTES as u64).read_to_end(&mut head)?;
        file.rewind()?;
        let first_end = head.iter().find(|byte| matches!(byte, b'\r' | b'\n'));
        Ok(Self { file_bytes, carriage_return: first_end == Some(&b'\r'), last_is_newline: last == b"\n" })
    }
}

/// A file that refuses to give more than [`ROW_BYTES_MAX`] for one row.
struct RowBounded {
    file: File,
    since_row_bytes: u64,
}

impl Read for RowBounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row_bytes >= ROW_BYTES_MAX {
            return Err(io::Error::other("the row is too long"));
        }
        let count = self.file.read(buffer)?;
        self.since_row_bytes += count as u64;
        Ok(count)
    }
}
