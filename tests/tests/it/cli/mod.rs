//! The program `tillroll` as its user meets it: started as a process, judged by what it prints and how it ends.

mod dev;
mod doctor;
mod import;
mod looking;
mod operations;
mod pipeline;
mod readme;
mod replay;
mod tail;
mod timeline;

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
