//! From rows to carts: the one pass over the file, then the carts in the order of their first rows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::env;
use std::ops::ControlFlow;

use tillroll_core::text::TEXT_BYTES_MAX;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::command::{CommandBody, ImportCart, ImportCommand, LinePrice, Rule};
use super::error::ImportError;
use super::ids;
use super::input::{Input, OpenInput};
use super::item_names::Names;
use super::plan::{ImportPlan, Sample};
use super::report::{BadRow, Report};
use super::row::{RowJudge, SampleKey, Verdict};
use super::spool::{Spool, SpooledCart, SpooledRow};

/// Rows between two calls of the progress function.
const PROGRESS_ROWS: u64 = 4_096;

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Of `total`: bytes of a text file, rows of Parquet.
    pub done: u64,
    /// What `done` will reach.
    pub total: u64,
}

/// Reads a whole file into groups. `progress` is called every 4,096 rows and can stop the reading.
///
/// Nothing is written but a temporary database, which is gone when [`Carts`] is dropped.
///
/// # Errors
///
/// When the file cannot be read at all, see [`ImportError`]; bad rows are in [`Carts::report`].
pub fn read(
    input: &Input,
    plan: &ImportPlan,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Carts, ImportError> {
    plan.check()?;
    let temp_folder = plan.temp_folder.clone().unwrap_or_else(env::temp_dir);
    let open = input.open(&temp_folder)?;
    let kept = match &plan.sample {
        Some(sample) => lowest_values(&open, sample, plan.delimiter)?,
        None => BTreeSet::new(),
    };
    let judge = RowJudge::new(plan, kept);
    let mut rows = open.rows(judge.columns(), plan.delimiter)?;
    let names = Names::load(&plan.item_names, plan.delimiter, &temp_folder)?;
    let mut spool = Spool::create(&temp_folder)?;
    let mut report = Report { source: plan.source.clone(), currency: plan.currency, ..Report::default() };

    while let Some(row) = rows.advance()? {
        let place = row.place;
        report.rows += 1;
        if report.rows.is_multiple_of(PROGRESS_ROWS) {
            let (done, total) = rows.progress();
            if progress(Progress { rows: report.rows, done, total }).is_break() {
                return Err(ImportError::Stopped { input: open.name });
            }
        }
        if let Some((found, expected)) = row.misshapen {
            report.bad.add(BadRow { place, column: None, found, expected });
            continue;
        }
        match judge.judge(&rows) {
            Verdict::Sale { cart, at, sale } => spool.add(&cart, &SpooledRow { place, at, sale: Some(sale) })?,
            Verdict::ZeroQuantity { cart, at, money_minor } => {
                report.zero_quantity.add(place, money_minor);
                spool.add(&cart, &SpooledRow { place, at, sale: None })?;
            }
            Verdict::Negative { money_minor } => report.negative.add(place, money_minor),
            Verdict::Bad { column, found, expected } => {
                report.bad.add(BadRow { place, column: Some(column), found, expected });
            }
            Verdict::NotSampled => report.not_sampled += 1,
        }
    }
    spool.finish()?;
    let namespace = ids::source_namespace(&plan.source);
    Ok(Carts { spool, names, plan: plan.clone(), namespace, report, after_row: 0, failed: false })
}

/// A first pass over one column, so that a sample depends on the file alone and not on where its rows stand.
fn lowest_values(open: &OpenInput, sample: &Sample, delimiter: u8) -> Result<BTreeSet<SampleKey>, ImportError> {
    let mut rows = open.rows(std::slice::from_ref(&sample.column), delimiter)?;
    let mut lowest = BTreeSet::new();
    while let Some(row) = rows.advance()? {
        let key = if row.misshapen.is_some() { None } else { SampleKey::of(&rows.cell(0)) };
        if let Some(key) = key
            && lowest.insert(key)
            && lowest.len() > sample.values as usize
        {
            lowest.pop_last();
        }
    }
    Ok(lowest)
}

/// The carts of a file, in the order of their first rows, and the report over it.
///
/// After an error the iterator ends.
pub struct Carts {
    spool: Spool,
    names: Names,
    plan: ImportPlan,
    namespace: Uuid,
    report: Report,
    after_row: u64,
    failed: bool,
}

impl Carts {
    /// How many carts there are in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.spool.carts()
    }

    /// What is known so far: all about the rows at once, carts, commands and totals as the carts are taken.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn next_cart(&mut self) -> Result<Option<ImportCart>, ImportError> {
        let Some(cart) = self.spool.cart_after(self.after_row)? else { return Ok(None) };
        let rows = self.spool.rows_of(&cart)?;
        self.after_row = cart.first_row;
        Ok(Some(self.assemble(cart, rows)))
    }

    fn assemble(&mut self, cart: SpooledCart, rows: Vec<SpooledRow>) -> ImportCart {
        let cart_id = ids::cart_id(&self.namespace, &cart.value);
        let first_at = rows.first().and_then(|row| row.at);
        let last_at = rows.last().and_then(|row| row.at);
        let command = |row: u64, step: &str, body: CommandBody, happened_at: Option<Timestamp>| ImportCommand {
            command_id: ids::command_id(&cart_id, row, step),
            body,
            happened_at,
            row,
        };
        let currency = self.plan.currency.map(|currency| currency.to_string());
        let mut commands = vec![command(cart.first_row, "open", CommandBody::OpenCart { currency }, first_at)];

        let mut skus = LineSkus::default();
        let mut left_minor: u128 = 0;
        let mut discounts = vec![0_u128; self.plan.columns.discounts.len()];
        for row in rows {
            let Some(sale) = row.sale else { continue };
            left_minor += u128::from(sale.amount.unwrap_or_default());
            for (sum, minor) in discounts.iter_mut().zip(&sale.discounts) {
                *sum += u128::from(*minor);
            }
            let item_name = self.names.name(&sale.item, sale.name);
            let price = sale.amount.map(|minor| LinePrice { minor, per: sale.quantity });
            let body = CommandBody::AddItem { item_name, sku: skus.next(&sale.item), quantity: sale.quantity, price };
            commands.push(command(row.place.row, "add", body, row.at));
            self.report.lines += 1;
        }
        for (code, sum) in self.plan.columns.discounts.iter().zip(discounts).filter(|(_, sum)| *sum > 0) {
            // More than the core takes is the core's to refuse.
            let rule = Rule::AmountOff { minor: u64::try_from(sum).unwrap_or(u64::MAX) };
            let body = CommandBody::ApplyDiscount { code: code.clone(), rule };
            commands.push(command(cart.first_row, &format!("discount:{code}"), body, last_at));
            let taken = sum.min(left_minor);
            left_minor -= taken;
            self.report.discounts_minor += taken;
        }
        if let Some(reason) = self.plan.close {
            commands.push(command(cart.first_row, "close", CommandBody::CloseCart { reason }, last_at));
        }
        self.report.carts += 1;
        self.report.commands += commands.len() as u64;
        self.report.total_minor += left_minor;
        ImportCart { cart_id, source: self.plan.source.clone(), commands, value: cart.value, total_minor: left_minor }
    }
}

impl Iterator for Carts {
    type Item = Result<ImportCart, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let cart = self.next_cart();
        self.failed = cart.is_err();
        cart.transpose()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, usize::try_from(self.total() - self.report.carts).ok())
    }
}

/// The skus of one cart: an item's second line is `item#2`, its third `item#3`, unless an item of that very name is
/// there already.
#[derive(Default)]
struct LineSkus {
    taken: HashSet<String>,
    lines_by_item: HashMap<String, u64>,
}

impl LineSkus {
    fn next(&mut self, item: &str) -> String {
        let lines = self.lines_by_item.entry(item.to_owned()).or_insert(0);
        *lines += 1;
        let mut sku = if *lines == 1 { item.to_owned() } else { suffixed(item, *lines) };
        // Ends after at most as many steps as there are skus in the cart.
        while !self.taken.insert(sku.clone()) {
            *lines += 1;
            sku = suffixed(item, *lines);
        }
        sku
    }
}

/// `item#number`, the item cut where the whole would be longer than a sku may be.
fn suffixed(item: &str, number: u64) -> String {
    let suffix = format!("#{number}");
    let kept = item.floor_char_boundary(TEXT_BYTES_MAX - suffix.len());
    format!("{}{suffix}", &item[..kept])
}
