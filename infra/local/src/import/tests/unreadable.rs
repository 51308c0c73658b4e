//! F32, second half: a file that cannot be read at all is an error that says what to do.

use std::fs;

use super::super::{ImportError, ImportPlan, Sample};
use super::parquet_types::{SALES_SCHEMA, sales_parquet};
use super::{Shop, full_plan};

fn error(shop: &Shop, name: &str, bytes: impl AsRef<[u8]>) -> ImportError {
    shop.import(shop.file(name, bytes), &ImportPlan::new("till", "cart").with_items("item")).map(|_| ()).unwrap_err()
}

#[test]
fn a_file_that_is_no_table_says_so_and_what_to_do() {
    let shop = Shop::new();
    for (name, bytes, says) in [
        ("empty.csv", &b""[..], "is empty; it needs a header line"),
        ("empty.parquet", b"", "is empty"),
        ("blank.csv", b"\n\n\n", "has no header line"),
        ("sales.csv.gz", b"\x1f\x8b\x08\x00", "is gzip, not CSV or Parquet; unpack it first"),
        ("sales.csv.zst", b"\x28\xb5\x2f\xfd", "is zstd, not CSV or Parquet; unpack it first"),
        ("sales.xlsx", b"PK\x03\x04", "a spreadsheet, not CSV or Parquet; unpack it or save it as CSV"),
        ("sales.csv", b"\xff\xfec\x00", "is UTF-16 text, not CSV or Parquet; save it as UTF-8"),
        ("sales.parquet", b"cart,item\n", "its name says Parquet, but its bytes do not"),
        ("locked.parquet", b"PARE....", "encrypted Parquet"),
        (
            "fork.timeline.bin",
            b"tillroll\x01\x20....",
            "is a timeline file, not CSV or Parquet; look at it with `tillroll open",
        ),
        ("fork.timeline.json", b"{\"header\":{\"format_version\":1", "is a timeline file"),
        ("sales.csv", b"tillroll,item\n1,milk\n", "has no column `cart`"),
        ("sales.csv", b"basket,item\n1,milk\n", "has no column `cart`; its columns are: basket, item. Choose with"),
        ("sales.csv", b"cart;item\n1;milk\n", "name the --delimiter"),
        ("sales.csv", b"cart,item,cart\n1,milk,2\n", "has two columns `cart`"),
    ] {
        let error = error(&shop, name, bytes).to_string();
        assert!(error.contains(says), "{name}: {error}");
    }
}

#[test]
fn a_missing_file_and_a_folder_cannot_be_opened() {
    let shop = Shop::new();
    for path in [shop.folder.path().join("none.csv"), shop.folder.path().to_owned()] {
        let error = shop.import(path, &full_plan()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("; check the path"), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn a_header_without_rows_is_an_empty_import() {
    let (carts, report) = Shop::new().import_csv("cart,item", &ImportPlan::new("till", "cart").with_items("item"));
    assert_eq!((carts.len(), report.rows), (0, 0));
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_file() {
    for end in ["\n", "\r\n"] {
        let text = ["cart,item", "1,milk", "2,\"bread", ""].join(end) + &"3,tea\n".repeat(400_000);
        let error = error(&Shop::new(), "sales.csv", text).to_string();
        assert!(error.contains("row 2 of") && error.contains("(line 3)") && error.contains("a quote"), "{error}");
    }
}

#[test]
fn cut_off_parquet_is_an_error_wherever_it_is_cut() {
    let shop = Shop::new();
    let whole = fs::read(sales_parquet(&shop, "whole.parquet", SALES_SCHEMA)).unwrap();
    for length in 4..whole.len() {
        let error = error(&shop, "cut.parquet", &whole[..length]);
        assert!(error.to_string().contains("cut off or damaged Parquet"), "{length} bytes: {error}");
    }
}

#[test]
fn damaged_parquet_never_brings_the_program_down() {
    let shop = Shop::new();
    let whole = fs::read(sales_parquet(&shop, "whole.parquet", SALES_SCHEMA)).unwrap();
    let plan = ImportPlan::new("till", "cart").with_items("item");
    for position in 4..whole.len() {
        let mut damaged = whole.clone();
        damaged[position] ^= [0x01, 0x80, 0xff][position % 3];
        // A flipped bit may only change a value: any answer will do, a panic will not.
        let _ = shop.import(shop.file("damaged.parquet", &damaged), &plan);
    }
}

#[test]
fn a_plan_that_cannot_be_meant_is_refused_before_the_file_is_opened() {
    let plan = |change: fn(&mut ImportPlan)| {
        let mut plan = ImportPlan::new("till", "cart").with_items("item");
        change(&mut plan);
        plan
    };
    for (plan, says) in [
        (plan(|plan| plan.source.clear()), "--source"),
        (plan(|plan| plan.source = "x".repeat(257)), "--source"),
        (plan(|plan| plan.columns.discounts = vec!["off".to_owned()]), "needs --amount-column"),
        (
            plan(|plan| {
                plan.columns.amount = Some("amount".to_owned());
                plan.columns.discounts = vec!["off".to_owned(), "off".to_owned()];
            }),
            "named twice",
        ),
        (
            plan(|plan| {
                plan.columns.amount = Some("amount".to_owned());
                plan.columns.discounts = (0..21).map(|column| column.to_string()).collect();
            }),
            "more than the 20",
        ),
        (plan(|plan| plan.delimiter = b'"'), "--delimiter"),
        (plan(|plan| plan.delimiter = 0xe9), "--delimiter"),
        (plan(|plan| plan.sample = Some(Sample { column: "cart".to_owned(), values: 0 })), "a sample keeps"),
    ] {
        let error = Shop::new().import("none.csv".into(), &plan).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
