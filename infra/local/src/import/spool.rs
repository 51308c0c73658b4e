//! Groups rows into carts on disk: rows come in file order, carts go out whole, memory stays flat.
//!
//! A temporary SQLite file holds the rows under (cart, row), the cart being the number of its first row. Rows of a file
//! that is already in cart order are appended, others find their place in the tree; either way reading is one walk.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};
use tempfile::TempPath;
use tillroll_core::time::Timestamp;

use super::error::ImportError;
use super::report::Place;
use super::row::Sale;
use super::time;

/// The database is thrown away, so nothing is journalled or synced. 32 MiB of cache keep a shuffled file fast.
const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -32768;
    CREATE TABLE carts (first_row INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
    CREATE TABLE rows (
        cart INTEGER NOT NULL, row INTEGER NOT NULL, line INTEGER, at_ms INTEGER,
        quantity INTEGER NOT NULL, item TEXT NOT NULL, name TEXT, amount INTEGER, discounts BLOB NOT NULL,
        PRIMARY KEY (cart, row)
    ) WITHOUT ROWID;
    BEGIN;
";

pub(super) struct Spool {
    connection: Connection,
    folder: PathBuf,
    carts: u64,
    /// The cart of the last row: in most files the next row's too.
    last_cart: Option<(String, i64)>,
    /// Removes the file; after `connection`, so that it is closed by then.
    _path: Option<TempPath>,
}

/// A row of a cart; one without a sale only says that the cart was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpooledRow {
    pub(super) place: Place,
    pub(super) at: Option<Timestamp>,
    pub(super) sale: Option<Sale>,
}

/// A cart's place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpooledCart {
    pub(super) first_row: u64,
    pub(super) value: String,
}

impl Spool {
    pub(super) fn create(folder: &Path) -> Result<Self, ImportError> {
        let temp_fault =
            |source| ImportError::TempFile { operation: "make", folder: folder.display().to_string(), source };
        let path = tempfile::Builder::new()
            .prefix("tillroll-import-")
            .suffix(".sqlite")
            .tempfile_in(folder)
            .map_err(temp_fault)?
            .into_temp_path();
        let fault = spool_fault("make", folder);
        let connection = Connection::open(&path).map_err(&fault)?;
        connection.execute_batch(SCHEMA).map_err(&fault)?;
        // Where an open file may lose its name, it does so now, and not even kill -9 leaves it behind.
        let path = if cfg!(unix) {
            path.close().map_err(temp_fault)?;
            None
        } else {
            Some(path)
        };
        Ok(Self { connection, folder: folder.to_owned(), carts: 0, last_cart: None, _path: path })
    }

    /// Adds a row to the cart of that value; rows come in rising order.
    pub(super) fn add(&mut self, value: &str, row: &SpooledRow) -> Result<(), ImportError> {
        self.try_add(value, row).map_err(spool_fault("write", &self.folder))
    }

    /// After the last row.
    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        self.connection.execute_batch("COMMIT").map_err(spool_fault("write", &self.folder))
    }

    pub(super) fn carts(&self) -> u64 {
        self.carts
    }

    /// The first cart whose first row is behind `after`.
    pub(super) fn cart_after(&self, after: u64) -> Result<Option<SpooledCart>, ImportError> {
        let next = || {
            let sql = "SELECT first_row, value FROM carts WHERE first_row > ?1 ORDER BY first_row LIMIT 1";
            self.connection
                .prepare_cached(sql)?
                .query_row([after.cast_signed()], |row| {
                    Ok(SpooledCart { first_row: row.get::<_, i64>(0)?.cast_unsigned(), value: row.get(1)? })
                })
                .optional()
        };
        next().map_err(spool_fault("read", &self.folder))
    }

    /// The rows of a cart in file order.
    pub(super) fn rows_of(&self, cart: &SpooledCart) -> Result<Vec<SpooledRow>, ImportError> {
        let rows = || {
            let sql = "SELECT row, line, at_ms, quantity, item, name, amount, discounts FROM rows WHERE cart = ?1 ORDER BY row";
            self.connection
                .prepare_cached(sql)?
                .query_map([cart.first_row.cast_signed()], spooled_row)?
                .collect::<Result<Vec<_>, _>>()
        };
        rows().map_err(spool_fault("read", &self.folder))
    }

    fn try_add(&mut self, value: &str, row: &SpooledRow) -> rusqlite::Result<()> {
        let number = row.place.row.cast_signed();
        let cart = match &self.last_cart {
            Some((last, cart)) if last == value => *cart,
            _ => {
                let cart = self.cart_of(value, number)?;
                self.last_cart = Some((value.to_owned(), cart));
                cart
            }
        };
        let sale = row.sale.as_ref();
        let discounts: Vec<u8> =
            sale.iter().flat_map(|sale| &sale.discounts).flat_map(|minor| minor.to_le_bytes()).collect();
        self.connection.prepare_cached("INSERT INTO rows VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(
            params![
                cart,
                number,
                row.place.line.map(u64::cast_signed),
                row.at.map(Timestamp::unix_ms),
                sale.map_or(0, |sale| sale.quantity),
                sale.map_or("", |sale| sale.item.as_str()),
                sale.and_then(|sale| sale.name.as_deref()),
                sale.and_then(|sale| sale.amount).map(u64::cast_signed),
                discounts,
            ],
        )?;
        Ok(())
    }

    fn cart_of(&mut self, value: &str, row: i64) -> rusqlite::Result<i64> {
        let mut find = self.connection.prepare_cached("SELECT first_row FROM carts WHERE value = ?1")?;
        if let Some(cart) = find.query_row([value], |row| row.get(0)).optional()? {
            return Ok(cart);
        }
        self.connection.prepare_cached("INSERT INTO carts VALUES (?1, ?2)")?.execute(params![row, value])?;
        self.carts += 1;
        Ok(row)
    }
}

fn spooled_row(row: &Row<'_>) -> rusqlite::Result<SpooledRow> {
    let quantity: u32 = row.get(3)?;
    let sale = match quantity {
        0 => None,
        quantity => Some(Sale {
            item: row.get(4)?,
            name: row.get(5)?,
            quantity,
            amount: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
            discounts: row
                .get_ref(7)?
                .as_blob()?
                .chunks_exact(8)
                .map(|bytes| bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
                .collect(),
        }),
    };
    Ok(SpooledRow {
        place: Place {
            row: row.get::<_, i64>(0)?.cast_unsigned(),
            line: row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned),
        },
        at: row.get::<_, Option<i64>>(2)?.and_then(time::from_millis),
        sale,
    })
}

fn spool_fault(operation: &'static str, folder: &Path) -> impl Fn(rusqlite::Error) -> ImportError {
    let folder = folder.display().to_string();
    move |source| ImportError::Spool { operation, folder: folder.clone(), source }
}
