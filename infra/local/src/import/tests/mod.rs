//! What the reader makes of files: carts, bad rows, unreadable files, every Parquet type, any order of rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod bad_rows;
mod carts;
mod complete_journey;
mod grouping;
mod parquet_types;
mod unreadable;

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{CommandBody, ImportCart, ImportError, ImportPlan, Input, Report, read};

/// A folder for one test's file and temporary files.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Reads a file to its end with the temporary files in a folder of their own, which must be empty afterwards.
    fn import(&self, file: PathBuf, plan: &ImportPlan) -> Result<(Vec<ImportCart>, Report), ImportError> {
        let temp = self.folder.path().join("temp");
        fs::create_dir_all(&temp).unwrap();
        let plan = ImportPlan { temp_folder: Some(temp.clone()), ..plan.clone() };
        let outcome = read(&Input::Path(file), &plan, &mut |_| ControlFlow::Continue(())).map(|mut carts| {
            let total = carts.total();
            let all: Vec<_> = carts.by_ref().map(Result::unwrap).collect();
            assert_eq!((all.len() as u64, carts.report().carts), (total, total));
            (all, carts.report().clone())
        });
        assert_eq!(fs::read_dir(temp).unwrap().count(), 0, "a temporary file is left behind");
        outcome
    }

    fn import_csv(&self, text: &str, plan: &ImportPlan) -> (Vec<ImportCart>, Report) {
        self.import(self.file("sales.csv", text), plan).unwrap()
    }
}

/// The columns `cart,item,quantity,amount,time`, in dollars.
fn full_plan() -> ImportPlan {
    let mut plan = ImportPlan::new("till", "cart").with_items("item");
    plan.columns.quantity = Some("quantity".to_owned());
    plan.columns.amount = Some("amount".to_owned());
    plan.columns.time = Some("time".to_owned());
    plan.currency = Some("USD".parse().unwrap());
    plan
}

/// A command in one short line: what a person would check first.
fn brief(body: &CommandBody) -> String {
    match body {
        CommandBody::OpenCart { currency } => format!("open {}", currency.as_deref().unwrap_or("-")),
        CommandBody::AddItem { item_name, sku, quantity, price } => match price {
            Some(price) => format!("add {quantity} {sku} ({item_name}) {}/{}", price.minor, price.per),
            None => format!("add {quantity} {sku} ({item_name})"),
        },
        CommandBody::ApplyDiscount { code, rule: super::Rule::AmountOff { minor } } => format!("off {code} {minor}"),
        CommandBody::CloseCart { reason } => format!("close {reason}"),
    }
}

fn briefs(cart: &ImportCart) -> Vec<String> {
    cart.commands.iter().map(|command| brief(&command.body)).collect()
}
