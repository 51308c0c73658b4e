//! The real data set, where `cargo xtask data` puts it.

use std::env;
use std::io::{Write, stderr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::super::{CommandBody, ImportCommand, Input, Preset, Report, read};
use super::briefs;

/// The transactions file; `None`, and it says so, when the run was told to do without.
fn transactions() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.data/completejourney/transactions.parquet");
    if env::var_os("TILLROLL_TEST_WITHOUT_DATA").is_some_and(|value| value == "1") {
        let _ = writeln!(stderr(), "skipped without the data set (TILLROLL_TEST_WITHOUT_DATA=1)");
        return None;
    }
    assert!(
        path.is_file(),
        "{} is missing: run `cargo xtask data`, or set TILLROLL_TEST_WITHOUT_DATA=1",
        path.display()
    );
    Some(path)
}

fn import(path: PathBuf, households: Option<u32>) -> (Vec<u64>, Report) {
    let plan = Preset::CompleteJourney.plan(Some(&path), None, households);
    let mut carts = read(&Input::Path(path), &plan, &mut |_| ControlFlow::Continue(())).unwrap();
    let is_line = |command: &ImportCommand| matches!(command.body, CommandBody::AddItem { .. });
    let lines = carts.by_ref().map(|cart| cart.unwrap().commands.into_iter().filter(is_line).count() as u64).collect();
    (lines, carts.report().clone())
}

#[test]
fn a_hundred_households_are_6789_baskets() {
    let Some(path) = transactions() else { return };
    let (lines, report) = import(path, Some(100));
    assert_eq!((report.rows - report.not_sampled, report.carts), (60_405, 6_789));
    assert_eq!((report.total_minor, report.negative.count, report.bad.count), (18_712_368, 0, 0));
    assert_eq!(lines.iter().sum::<u64>(), report.lines);
    assert_eq!(report.lines + report.zero_quantity.count, 60_405);
}

#[test]
fn the_whole_year_adds_up_to_the_cent() {
    let Some(path) = transactions() else { return };
    let (lines, report) = import(path, None);
    assert_eq!((report.rows, report.carts, report.lines), (1_469_307, 155_848, 1_460_438));
    assert_eq!((report.zero_quantity.count, report.zero_quantity.money_minor), (8_869, 1_252));
    assert_eq!((report.negative.count, report.bad.count, report.not_sampled), (0, 0, 0));
    assert_eq!((report.total_minor, report.discounts_minor), (459_602_706, 79_619_146));
    assert_eq!(lines.iter().filter(|lines| **lines == 0).count(), 330);
    assert_eq!(lines.iter().max(), Some(&161));
}

#[test]
fn a_real_basket_reads_as_the_receipt_says() {
    let Some(path) = transactions() else { return };
    let plan = Preset::CompleteJourney.plan(Some(&path), None, Some(1));
    let mut carts = read(&Input::Path(path), &plan, &mut |_| ControlFlow::Continue(())).unwrap();
    let cart = carts.next().unwrap().unwrap();
    let briefs = briefs(&cart);
    let ends = (briefs.first().map(String::as_str), briefs.last().map(String::as_str));
    assert_eq!(ends, (Some("open USD"), Some("close checked_out")));
    assert_eq!(cart.commands[0].happened_at.unwrap().to_string(), "2017-01-07T18:55:24Z");
    assert_eq!(briefs.iter().filter(|brief| brief.starts_with("add ")).count(), 34);
    assert_eq!(briefs[35..37], ["off retail_disc 1418", "off coupon_match_disc 130"]);
    assert_eq!(cart.total_minor, 7_377);
    assert!(briefs.iter().all(|brief| !brief.contains("(Product ")), "the products file names them all");
}
