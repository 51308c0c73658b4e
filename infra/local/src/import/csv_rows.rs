//! The rows of a CSV file with a header line.
//!
//! A row with another number of fields than the header is reported as misshapen, not guessed at. A row has a size
//! limit, because one quote that is never closed would otherwise pull the rest of the file into memory.

use std::fs::File;
use std::io::{self, Read};

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
    bytes: u64,
    header_fields: usize,
    columns: Vec<usize>,
    row: u64,
}

impl CsvRows {
    pub(super) fn open(file: File, input: &str, wanted: &[String], delimiter: u8) -> Result<Self, ImportError> {
        let bytes =
            file.metadata().map_err(|source| ImportError::Read { input: input.to_owned(), row: 0, source })?.len();
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
            bytes,
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
        let line = self.record.position().map(csv::Position::line);
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
        (self.reader.position().byte(), self.bytes)
    }

    fn read_record(&mut self) -> Result<bool, ImportError> {
        self.reader.get_mut().since_row_bytes = 0;
        let line = self.reader.position().line();
        self.reader.read_byte_record(&mut self.record).map_err(|error| {
            if self.reader.get_ref().since_row_bytes >= ROW_BYTES_MAX {
                let (input, row) = (self.input.clone(), self.row + 1);
                return ImportError::RowTooLong { input, row, line, bytes_max: ROW_BYTES_MAX };
            }
            ImportError::Read { input: self.input.clone(), row: self.row, source: error.into() }
        })
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
