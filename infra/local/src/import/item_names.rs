//! Where the names of items come from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tillroll_core::text::Text;

use super::cell::Cell;
use super::error::ImportError;
use super::input::Input;

/// Names are held in memory while the carts are made; this many take some 100 MB.
const NAMES_MAX: usize = 1_000_000;

/// Where item names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemNames {
    /// The item column is the name too.
    SameAsItem,
    /// A column of the same file; where it is empty, the item itself.
    Column(String),
    /// Another file.
    Table(NameTable),
}

/// A file that names items, one a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTable {
    /// CSV or Parquet; without it every item is called `otherwise`.
    pub file: Option<PathBuf>,
    /// Holds what the sales file has in its item column.
    pub item_column: String,
    /// Put together; empty ones are left out.
    pub name_columns: Vec<String>,
    /// What stands between them.
    pub between: &'static str,
    /// An item that the file does not name, or names in no valid way, is called by this word and itself: `Product 42`.
    pub otherwise: String,
}

/// Item names ready for use.
pub(super) struct Names {
    by_item: HashMap<String, String>,
    otherwise: Option<String>,
}

impl Names {
    pub(super) fn load(names: &ItemNames, delimiter: u8, temp_folder: &Path) -> Result<Self, ImportError> {
        let ItemNames::Table(table) = names else {
            return Ok(Self { by_item: HashMap::new(), otherwise: None });
        };
        let mut by_item = HashMap::new();
        if let Some(file) = &table.file {
            let open = Input::Path(file.clone()).open(temp_folder)?;
            let columns: Vec<String> = [&table.item_column].into_iter().chain(&table.name_columns).cloned().collect();
            let mut rows = open.rows(&columns, delimiter)?;
            while let Some(row) = rows.advance()? {
                let parts: Vec<_> = (1..columns.len()).map(|slot| rows.cell(slot)).collect();
                let parts: Vec<_> = parts.iter().filter_map(Cell::text).collect();
                let parts: Vec<_> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
                let (item, name) = (rows.cell(0), Text::parse(&parts.join(table.between)));
                let (None, Some(item), Some(name)) = (row.misshapen, item.text(), name) else { continue };
                if by_item.len() == NAMES_MAX {
                    return Err(ImportError::TooManyNames { input: open.name, names_max: NAMES_MAX });
                }
                by_item.insert(item.trim().to_owned(), name.into());
            }
        }
        Ok(Self { by_item, otherwise: Some(table.otherwise.clone()) })
    }

    /// The name of an item, where a table has one.
    pub(super) fn listed(&self, item: &str) -> Option<&str> {
        self.by_item.get(item).map(String::as_str)
    }

    /// The name of an item, given what its own row says.
    pub(super) fn name(&self, item: &str, in_row: Option<String>) -> String {
        match (in_row, self.by_item.get(item), &self.otherwise) {
            (Some(name), _, _) => name,
            (None, Some(name), _) => name.clone(),
            (None, None, Some(word)) => {
                Text::parse(&format!("{word} {item}")).map_or_else(|| item.to_owned(), String::from)
            }
            (None, None, None) => item.to_owned(),
        }
    }
}
