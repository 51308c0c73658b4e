//! Real baskets: the data set that `cargo xtask data` brings, or the word that the run does without it.

use std::env;
use std::io::{Write as _, stderr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tillroll_local::import::{ImportCart, Input, Preset, read};

/// The file of all rows; `None`, and it says so, when the run was told to do without.
#[must_use]
pub fn transactions() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.data/completejourney/transactions.parquet");
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

/// The baskets of the households with the lowest numbers, as an import sends them.
#[must_use]
pub fn baskets(transactions: &Path, households: u32) -> Vec<ImportCart> {
    let plan = Preset::CompleteJourney.plan(Some(transactions), None, Some(households));
    let carts = read(&Input::Path(transactions.to_owned()), &plan, &mut |_| ControlFlow::Continue(())).unwrap();
    carts.map(Result::unwrap).collect()
}
