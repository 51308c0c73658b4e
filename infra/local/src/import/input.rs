//! From a path or standard input to rows, whichever format it is.
//!
//! What cannot be read twice (standard input, a pipe) is first copied to a temporary file without a name: Parquet is
//! read from its end, and a sample needs two passes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::cell::Cell;
use super::csv_rows::CsvRows;
use super::error::ImportError;
use super::parquet_rows::ParquetRows;
use super::report::Place;

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input, written `-`.
    Stdin,
    /// A file.
    Path(PathBuf),
}

impl Input {
    /// Reads the command line's argument: `-` is standard input.
    #[must_use]
    pub fn from_argument(argument: impl Into<PathBuf>) -> Self {
        let path = argument.into();
        if path.as_os_str() == "-" { Self::Stdin } else { Self::Path(path) }
    }

    /// The source when none is named: the file's name without its folder, or `stdin`.
    #[must_use]
    pub fn default_source(&self) -> String {
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::Path(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    pub(super) fn open(&self, temp_folder: &Path) -> Result<OpenInput, ImportError> {
        let (name, file) = match self {
            Self::Stdin => ("standard input".to_owned(), copied(io::stdin().lock(), "standard input", temp_folder)?),
            Self::Path(path) => {
                let name = path.display().to_string();
                let file = open_file(path, &name, temp_folder)?;
                (name, file)
            }
        };
        OpenInput::recognise(file, name, self)
    }
}

fn open_file(path: &Path, name: &str, temp_folder: &Path) -> Result<File, ImportError> {
    let fault = |source| ImportError::Open { input: name.to_owned(), source };
    let file = File::open(path).map_err(fault)?;
    let kind = file.metadata().map_err(fault)?.file_type();
    if kind.is_dir() {
        return Err(fault(io::ErrorKind::IsADirectory.into()));
    }
    if kind.is_file() { Ok(file) } else { copied(file, name, temp_folder) }
}

fn copied(mut from: impl Read, name: &str, temp_folder: &Path) -> Result<File, ImportError> {
    let fault = |operation| {
        move |source| ImportError::TempFile { operation, folder: temp_folder.display().to_string(), source }
    };
    let mut file = tempfile::tempfile_in(temp_folder).map_err(fault("make"))?;
    io::copy(&mut from, &mut file).map_err(|source| ImportError::Read { input: name.to_owned(), row: 0, source })?;
    Ok(file)
}

/// What is read to tell formats apart: as much as the two forms of a timeline file need.
const MAGIC_BYTES: u64 = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Parquet,
}

/// A file whose format is known.
#[derive(Debug)]
pub(super) struct OpenInput {
    file: File,
    pub(super) name: String,
    format: Format,
}

impl OpenInput {
    fn recognise(mut file: File, name: String, input: &Input) -> Result<Self, ImportError> {
        let mut magic = Vec::new();
        file.rewind()
            .and_then(|()| file.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic))
            .map_err(|source| ImportError::Read { input: name.clone(), row: 0, source })?;
        let named_parquet = match input {
            Input::Stdin => false,
            Input::Path(path) => path.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet")),
        };
        let other = |kind, advice| Err(ImportError::Format { input: name.clone(), kind, advice });
        let format = match magic.as_slice() {
            [] => return Err(ImportError::Empty { input: name }),
            // Facts of another store, or of none: what is hypothetical must not become one.
            b"{\"header\"" | [b't', b'i', b'l', b'l', b'r', b'o', b'l', b'l', ..=0x1f] => {
                return other(
                    "a timeline file",
                    "look at it with `tillroll open FILE`; no events are imported from one",
                );
            }
            [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
            [b'P', b'A', b'R', b'E', ..] => return other("encrypted Parquet", "decrypt it first"),
            [0x1f, 0x8b, ..] => return other("gzip", "unpack it first: gunzip -c FILE | tillroll import - …"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                return other("zstd", "unpack it first: zstd -dc FILE | tillroll import - …");
            }
            [b'P', b'K', 3, 4, ..] => {
                return other("a zip archive or a spreadsheet", "unpack it or save it as CSV first");
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return other("UTF-16 text", "save it as UTF-8 first"),
            _ if named_parquet => {
                return other("something else", "its name says Parquet, but its bytes do not; fetch it again");
            }
            _ => Format::Csv,
        };
        Ok(Self { file, name, format })
    }

    /// The rows from the first on, with the named columns in the given order.
    pub(super) fn rows(&self, columns: &[String], delimiter: u8) -> Result<Rows, ImportError> {
        let fault = |source| ImportError::Read { input: self.name.clone(), row: 0, source };
        let mut file = self.file.try_clone().map_err(fault)?;
        file.seek(SeekFrom::Start(0)).map_err(fault)?;
        match self.format {
            Format::Csv => CsvRows::open(file, &self.name, columns, delimiter).map(|rows| Rows::Csv(Box::new(rows))),
            Format::Parquet => ParquetRows::open(file, &self.name, columns).map(|rows| Rows::Parquet(Box::new(rows))),
        }
    }
}

/// The rows of a file, one at a time.
pub(super) enum Rows {
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
}

/// The row at hand.
pub(super) struct CurrentRow {
    pub(super) place: Place,
    /// The row as a whole is wrong, and its cells must not be read: found, expected.
    pub(super) misshapen: Option<(String, String)>,
}

impl Rows {
    /// Goes to the next row; `None` at the end.
    pub(super) fn advance(&mut self) -> Result<Option<CurrentRow>, ImportError> {
        match self {
            Self::Csv(rows) => rows.advance(),
            Self::Parquet(rows) => rows.advance(),
        }
    }

    /// A cell of the row at hand, by the position of its column in the list given on opening.
    pub(super) fn cell(&self, slot: usize) -> Cell<'_> {
        match self {
            Self::Csv(rows) => rows.cell(slot),
            Self::Parquet(rows) => rows.cell(slot),
        }
    }

    /// How far the reading is: done and total, in bytes of text or rows of Parquet.
    pub(super) fn progress(&self) -> (u64, u64) {
        match self {
            Self::Csv(rows) => rows.progress(),
            Self::Parquet(rows) => rows.progress(),
        }
    }
}

/// Finds each wanted column among those present.
pub(super) fn find_columns(input: &str, present: &[String], wanted: &[String]) -> Result<Vec<usize>, ImportError> {
    wanted
        .iter()
        .map(|column| {
            let mut found = present.iter().enumerate().filter(|(_, name)| *name == column).map(|(index, _)| index);
            match (found.next(), found.next()) {
                (Some(index), None) => Ok(index),
                (Some(_), Some(_)) => {
                    Err(ImportError::RepeatedColumn { input: input.to_owned(), column: column.clone() })
                }
                (None, _) => Err(missing_column(input, present, column)),
            }
        })
        .collect()
}

/// Column names shown in a message.
const SHOWN_COLUMNS_MAX: usize = 100;

fn missing_column(input: &str, present: &[String], column: &str) -> ImportError {
    let shown = present.iter().take(SHOWN_COLUMNS_MAX).map(|name| name.escape_debug().to_string()).collect::<Vec<_>>();
    let more = if present.len() > SHOWN_COLUMNS_MAX { ", …" } else { "" };
    let hint = match present {
        [only] if only.contains([';', '\t', '|']) => "; if they are not separated by commas, name the --delimiter",
        _ => "",
    };
    ImportError::MissingColumn {
        input: input.to_owned(),
        column: column.to_owned(),
        present: shown.join(", ") + more,
        hint,
    }
}
