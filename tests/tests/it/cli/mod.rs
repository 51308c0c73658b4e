//! The program `tillroll` as its user meets it: started as a process, judged by what it prints and how it ends.

mod aws;
mod dev;
mod doctor;
mod import;
mod looking;
mod migrate;
mod operations;
mod pipeline;
mod readme;
mod replay;
mod screen;
mod tail;
mod timeline;

use std::fs;
use std::path::{Path, PathBuf};

use tillroll_tests::program::{Background, Desk, Ran, program, send_signal, wait_for};

/// Two baskets: three lines with a discount, and one line.
const SALES: &str = "\
receipt,article,pieces,total,sold_at,off
A1,milk,2,2.38,2024-01-31 09:00:00,0
A1,milk,1,1.19,2024-01-31 09:00:00,0.19
A1,bread,3,10.00,2024-01-31 09:00:00,0
B2,soap,1,0.95,2024-02-01,0
";

/// How to read them.
const COLUMNS: [&str; 16] = [
    "--cart-column",
    "receipt",
    "--item-column",
    "article",
    "--quantity-column",
    "pieces",
    "--amount-column",
    "total",
    "--time-column",
    "sold_at",
    "--discount-column",
    "off",
    "--currency",
    "EUR",
    "--close",
    "checked_out",
];

/// `import FILE` with the columns of [`SALES`].
fn import<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["import", file], &COLUMNS[..], more].concat()
}

/// A running system with the two baskets: two carts of nine events.
fn shop() -> (Desk, Background) {
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    (desk, dev)
}

/// The same, and the larger cart's id: opened, milk, milk, bread, a discount, closed.
fn shop_and_larger_cart() -> (Desk, Background, String) {
    let (desk, dev) = shop();
    let larger = desk.carts().into_iter().find(|cart| cart["lines_count"] == 3).unwrap();
    let id = larger["cart_id"].as_str().unwrap().to_owned();
    (desk, dev, id)
}

/// The archive's objects below a folder.
fn archive_objects(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let nested = entries.map(|path| if path.is_dir() { archive_objects(&path) } else { vec![path] });
    nested.flatten().filter(|path| path.extension().is_some_and(|end| end == "zst")).collect()
}
