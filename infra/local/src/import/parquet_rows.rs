//! The rows of a Parquet file, read column by column in batches.
//!
//! Only the wanted columns are decoded; memory is one batch and one page of each. The file's types are taken as they
//! are: whole numbers, decimals, floats, texts, booleans, dates and every kind of timestamp.

use std::borrow::Cow;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::cell::Cell;
use super::decimal::Decimal;
use super::error::ImportError;
use super::input::{CurrentRow, find_columns};
use super::report::Place;
use super::time;

/// Rows decoded at a time: enough to make the calls cheap, little enough to stay in the cache.
const BATCH_ROWS: usize = 4_096;

pub(super) struct ParquetRows {
    reader: SerializedFileReader<File>,
    input: String,
    columns: Vec<Column>,
    /// The row group to open next.
    next_group: usize,
    group_rows_left: usize,
    batch_rows: usize,
    /// The row at hand within the batch, from 1.
    batch_row: usize,
    row: u64,
    rows_total: u64,
}

struct Column {
    index: usize,
    meaning: Meaning,
    /// Fewer definition levels than this mean null.
    present_level: i16,
    chunk: Option<ColumnReader>,
    batch: Vec<Value>,
}

/// What the numbers and bytes of a column stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    AsStored,
    Unsigned,
    Decimal { scale: u32 },
    Date,
    Millis,
    Micros,
    Nanos,
    Uuid,
    Unknown,
}

/// A decoded value that owns its bytes (a share of its page).
enum Value {
    Cell(Cell<'static>),
    Bytes(ByteArray),
}

impl ParquetRows {
    pub(super) fn open(file: File, input: &str, wanted: &[String]) -> Result<Self, ImportError> {
        let fault = |source| ImportError::Parquet { input: input.to_owned(), row: 0, source };
        let reader = without_panic(|| SerializedFileReader::new(file)).map_err(fault)?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let present: Vec<String> = schema.columns().iter().map(|column| column.path().parts().join(".")).collect();
        let columns = find_columns(input, &present, wanted)?
            .into_iter()
            .map(|index| {
                let descriptor = schema.column(index);
                if descriptor.max_rep_level() > 0 {
                    let column = present[index].clone();
                    return Err(ImportError::ListColumn { input: input.to_owned(), column });
                }
                Ok(Column {
                    index,
                    meaning: Meaning::of(&descriptor),
                    present_level: descriptor.max_def_level(),
                    chunk: None,
                    batch: Vec::with_capacity(BATCH_ROWS),
                })
            })
            .collect::<Result<_, _>>()?;
        let rows_total = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
        let rows = Self {
            reader,
            input: input.to_owned(),
            columns,
            next_group: 0,
            group_rows_left: 0,
            batch_rows: 0,
            batch_row: 0,
            row: 0,
            rows_total,
        };
        rows.check_chunks()?;
        Ok(rows)
    }

    pub(super) fn advance(&mut self) -> Result<Option<CurrentRow>, ImportError> {
        if self.batch_row == self.batch_rows
            && !without_panic(|| self.read_batch()).map_err(|source| self.fault(source))?
        {
            return Ok(None);
        }
        self.batch_row += 1;
        self.row += 1;
        Ok(Some(CurrentRow { place: Place { row: self.row, line: None }, misshapen: None }))
    }

    pub(super) fn cell(&self, slot: usize) -> Cell<'_> {
        let Some(column) = self.columns.get(slot) else { return Cell::Empty };
        let value = self.batch_row.checked_sub(1).and_then(|row| column.batch.get(row));
        match value {
            None => Cell::Empty,
            Some(Value::Cell(cell)) => cell.clone(),
            Some(Value::Bytes(bytes)) => match column.meaning {
                Meaning::Decimal { scale } => big_endian(bytes.data(), scale),
                Meaning::Uuid => Uuid::from_slice(bytes.data())
                    .map_or(Cell::Unreadable("a broken UUID"), |uuid| Cell::Text(Cow::Owned(uuid.to_string()))),
                Meaning::Unknown => Cell::Unreadable("a value of a type that is not read"),
                Meaning::AsStored
                | Meaning::Unsigned
                | Meaning::Date
                | Meaning::Millis
                | Meaning::Micros
                | Meaning::Nanos => Cell::from_utf8(bytes.data()),
            },
        }
    }

    pub(super) fn progress(&self) -> (u64, u64) {
        (self.row, self.rows_total)
    }

    /// Decodes the next rows of every column; false at the end of the file.
    fn read_batch(&mut self) -> Result<bool, ParquetError> {
        while self.group_rows_left == 0 {
            if self.next_group == self.reader.num_row_groups() {
                return Ok(false);
            }
            let group = self.reader.get_row_group(self.next_group)?;
            let rows = group.metadata().num_rows();
            self.group_rows_left = usize::try_from(rows)
                .map_err(|_| ParquetError::General(format!("row group {} says it has {rows} rows", self.next_group)))?;
            for column in &mut self.columns {
                column.chunk = Some(group.get_column_reader(column.index)?);
            }
            self.next_group += 1;
        }
        let rows = self.group_rows_left.min(BATCH_ROWS);
        for column in &mut self.columns {
            column.read(rows)?;
        }
        self.group_rows_left -= rows;
        (self.batch_rows, self.batch_row) = (rows, 0);
        Ok(true)
    }

    fn fault(&self, source: ParquetError) -> ImportError {
        ImportError::Parquet { input: self.input.clone(), row: self.row, source }
    }

    /// Refuses a codec that this build lacks, and a footer that points before the file, before any row is read.
    fn check_chunks(&self) -> Result<(), ImportError> {
        let groups = self.reader.metadata().row_groups();
        let of_group =
            |group| self.columns.iter().filter_map(move |column| RowGroupMetaData::columns(group).get(column.index));
        for chunk in groups.iter().flat_map(of_group) {
            if !matches!(chunk.compression(), Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)) {
                return Err(ImportError::Codec { input: self.input.clone(), codec: chunk.compression().to_string() });
            }
            if chunk.compressed_size() < 0 || chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset()) < 0 {
                return Err(self.fault(ParquetError::General("a column lies before the file".to_owned())));
            }
        }
        Ok(())
    }
}

impl Column {
    fn read(&mut self, rows: usize) -> Result<(), ParquetError> {
        use ColumnReader as R;
        let meaning = self.meaning;
        let (level, batch) = (self.present_level, &mut self.batch);
        batch.clear();
        match self.chunk.as_mut() {
            None => Err(ParquetError::General("no column is open".to_owned())),
            Some(R::BoolColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| Value::Cell(Cell::Boolean(*v))),
            Some(R::Int32ColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| Value::Cell(meaning.of_i32(*v))),
            Some(R::Int64ColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| Value::Cell(meaning.of_i64(*v))),
            Some(R::Int96ColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| {
                let words = <[u32; 3]>::try_from(v.data()).unwrap_or_default();
                Value::Cell(time_cell(time::from_int96(words)))
            }),
            Some(R::FloatColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| Value::Cell(Cell::Single(*v))),
            Some(R::DoubleColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| Value::Cell(Cell::Double(*v))),
            Some(R::ByteArrayColumnReader(chunk)) => pull(chunk, rows, level, batch, |v| Value::Bytes(v.clone())),
            Some(R::FixedLenByteArrayColumnReader(chunk)) => {
                pull(chunk, rows, level, batch, |v| Value::Bytes(ByteArray::clone(v)))
            }
        }
    }
}

/// Reads `rows` values, nulls put back where they belong.
fn pull<T: DataType>(
    chunk: &mut ColumnReaderImpl<T>,
    rows: usize,
    present_level: i16,
    batch: &mut Vec<Value>,
    value: impl Fn(&T::T) -> Value,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let (read, _, _) = chunk.read_records(rows, Some(&mut levels), None, &mut values)?;
    if read != rows {
        return Err(ParquetError::EOF(format!("a column ends after {read} of {rows} rows")));
    }
    if present_level == 0 {
        batch.extend(values.iter().map(value));
        return Ok(());
    }
    let mut values = values.iter();
    for level in levels {
        batch.push(match (level == present_level).then(|| values.next()) {
            None => Value::Cell(Cell::Empty),
            Some(Some(present)) => value(present),
            Some(None) => return Err(ParquetError::EOF("a column has fewer values than it says".to_owned())),
        });
    }
    Ok(())
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Self {
        let scale = || u32::try_from(column.type_scale()).unwrap_or_default();
        match column.logical_type_ref() {
            Some(LogicalType::Decimal(_)) => return Self::Decimal { scale: scale() },
            Some(LogicalType::Date) => return Self::Date,
            Some(LogicalType::Timestamp(timestamp)) => {
                return match timestamp.unit {
                    TimeUnit::MILLIS => Self::Millis,
                    TimeUnit::MICROS => Self::Micros,
                    TimeUnit::NANOS => Self::Nanos,
                };
            }
            Some(LogicalType::Integer(integer)) if !integer.is_signed => return Self::Unsigned,
            Some(LogicalType::Uuid) => return Self::Uuid,
            Some(LogicalType::Float16 | LogicalType::Time(_) | LogicalType::Bson) => return Self::Unknown,
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::DECIMAL => Self::Decimal { scale: scale() },
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIMESTAMP_MILLIS => Self::Millis,
            ConvertedType::TIMESTAMP_MICROS => Self::Micros,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
                Self::Unsigned
            }
            ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS | ConvertedType::INTERVAL => Self::Unknown,
            ConvertedType::NONE
            | ConvertedType::UTF8
            | ConvertedType::MAP
            | ConvertedType::MAP_KEY_VALUE
            | ConvertedType::LIST
            | ConvertedType::ENUM
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64
            | ConvertedType::JSON
            | ConvertedType::BSON => Self::AsStored,
        }
    }

    fn of_i32(self, number: i32) -> Cell<'static> {
        match self {
            Self::Unsigned => whole(i128::from(number.cast_unsigned())),
            Self::Date => time_cell(time::from_days(number)),
            Self::AsStored
            | Self::Decimal { .. }
            | Self::Millis
            | Self::Micros
            | Self::Nanos
            | Self::Uuid
            | Self::Unknown => self.of_i64(i64::from(number)),
        }
    }

    fn of_i64(self, number: i64) -> Cell<'static> {
        match self {
            Self::Unsigned => whole(i128::from(number.cast_unsigned())),
            Self::Decimal { scale } => Cell::Decimal(Decimal { unscaled: i128::from(number), scale }),
            Self::Millis => time_cell(time::from_millis(number)),
            Self::Micros => time_cell(time::from_millis(number.div_euclid(1_000))),
            Self::Nanos => time_cell(time::from_millis(number.div_euclid(1_000_000))),
            Self::Unknown => Cell::Unreadable("a value of a type that is not read"),
            Self::AsStored | Self::Date | Self::Uuid => whole(i128::from(number)),
        }
    }
}

/// The decoder panics on some damaged files (a dictionary that is used and not there, for one); to a shop that is a file to
/// fetch again like any other. After an error nothing more is read, so no half-changed reader is seen.
fn without_panic<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ParquetError::General("the decoder gave up on bytes that make no sense".to_owned())))
}

fn whole(unscaled: i128) -> Cell<'static> {
    Cell::Decimal(Decimal { unscaled, scale: 0 })
}

fn time_cell(time: Option<Timestamp>) -> Cell<'static> {
    time.map_or(Cell::Unreadable("a time outside the years 1 to 9999"), Cell::Time)
}

/// A decimal stored as a two's complement number, most significant byte first.
fn big_endian(bytes: &[u8], scale: u32) -> Cell<'static> {
    let Some(first) = bytes.first() else { return Cell::Empty };
    if bytes.len() > size_of::<i128>() {
        return Cell::Unreadable("a decimal of more than 128 bits");
    }
    let sign = if *first >= 0x80 { -1_i128 } else { 0 };
    let unscaled = bytes.iter().fold(sign, |number, byte| (number << 8) | i128::from(*byte));
    Cell::Decimal(Decimal { unscaled, scale })
}
