//! `tillroll import`: the sales in a file become carts. The file is read by [`tillroll_local::import`]; here are the
//! flags, the posting and the report.

mod report;
mod request;
mod send;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tillroll_local::import::{
    self, AmountIs, Carts, CloseReason, Currency, ImportError, ImportPlan, Input, ItemNames, Preset,
};
use tokio::task::spawn_blocking;

use report::Report;

use super::Session;
use super::failure::{Ending, Failure, say};
use super::output::{Output, counted};
use super::pipeline;
use super::progress::Progress;

const AFTER_HELP: &str = "\
Rows with one value in the cart column become one cart: opened, filled in the order of the file, closed if --close says
so. Ids are derived from the source's name and the file's own values, so importing a file again changes nothing, and an
import that was stopped goes on with the same command.

Times are RFC 3339, 2017-01-31, 2017-01-31 18:45:00 (UTC), or Parquet's own. A bad row is reported and left out; the
others go on. Exit status 1 if there was one, or the system refused a command.

Examples:
  tillroll import .data/completejourney/transactions.parquet --preset completejourney
  tillroll import sales.csv --cart-column receipt --item-column article --quantity-column pieces \\
      --amount-column total --currency EUR --time-column sold_at --close checked_out
  tillroll import purchases.csv --cart-column customer --amount-column paid --currency USD
  gunzip -c sales.csv.gz | tillroll import - --source sales.csv --cart-column receipt --item-column article";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// A CSV or Parquet file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Read a data set that is known by name
    #[arg(long, value_name = "NAME", value_parser = ["completejourney"], conflicts_with_all = COLUMN_FLAGS)]
    preset: Option<String>,
    /// With --preset: the file that names the items; products.parquet beside FILE without it
    #[arg(long, value_name = "FILE", requires = "preset")]
    products: Option<PathBuf>,
    /// With --preset: only the baskets of the lowest so many household ids
    #[arg(long, value_name = "N", requires = "preset", value_parser = clap::value_parser!(u32).range(1..))]
    sample_households: Option<u32>,

    /// Rows with one value here are one cart
    #[arg(long, value_name = "NAME", required_unless_present = "preset")]
    cart_column: Option<String>,
    /// What was sold; without it every row is a line of an item called item
    #[arg(long, value_name = "NAME")]
    item_column: Option<String>,
    /// What people call it; the item column without it
    #[arg(long, value_name = "NAME")]
    item_name_column: Option<String>,
    /// How many pieces; 1 without it
    #[arg(long, value_name = "NAME")]
    quantity_column: Option<String>,
    /// The line's total as a decimal number; no prices without it
    #[arg(long, value_name = "NAME")]
    amount_column: Option<String>,
    /// ISO 4217 code of the amounts, such as EUR
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// When it was sold
    #[arg(long, value_name = "NAME")]
    time_column: Option<String>,
    /// Money taken off; becomes a discount of the cart with the column's name as its code (repeatable)
    #[arg(long = "discount-column", value_name = "NAME", requires = "amount_column")]
    discount_columns: Vec<String>,
    /// Whether the amounts are before the discounts (gross, the default) or after them (net)
    #[arg(long, value_name = "gross|net", requires = "discount_columns")]
    amount_is: Option<AmountIs>,
    /// Close every cart after its last line: bought (`checked_out`), `abandoned` or `discarded`
    #[arg(long, value_name = "REASON")]
    close: Option<CloseReason>,
    /// What stands between the fields of a CSV file; a comma without it, \t is a tab
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,

    /// The name from which all ids derive; the file's name without its folder if not given
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Do not wait until the pipeline has drained; on AWS nobody waits for it
    #[arg(long)]
    no_wait: bool,
}

const COLUMN_FLAGS: [&str; 11] = [
    "cart_column",
    "item_column",
    "item_name_column",
    "quantity_column",
    "amount_column",
    "currency",
    "time_column",
    "discount_columns",
    "amount_is",
    "close",
    "delimiter",
];

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err("write one ASCII character, or \\t for a tab"),
    }
}

impl Arguments {
    fn plan(&self, input: &Input) -> Result<ImportPlan, Failure> {
        let mut plan = match &self.preset {
            Some(name) => {
                let preset: Preset = name.parse().map_err(Failure::misuse)?;
                let file = matches!(input, Input::Path(_)).then_some(self.file.as_path());
                preset.plan(file, self.products.clone(), self.sample_households)
            }
            None => self.plan_of_columns(input),
        };
        if let Some(source) = &self.source {
            plan.source.clone_from(source);
        }
        Ok(plan)
    }

    fn plan_of_columns(&self, input: &Input) -> ImportPlan {
        // Without a preset the parser has demanded it.
        let cart = self.cart_column.clone().unwrap_or_default();
        let mut plan = ImportPlan::new(input.default_source(), cart);
        plan.columns.item.clone_from(&self.item_column);
        plan.columns.quantity.clone_from(&self.quantity_column);
        plan.columns.amount.clone_from(&self.amount_column);
        plan.columns.time.clone_from(&self.time_column);
        plan.columns.discounts.clone_from(&self.discount_columns);
        plan.amount_is = self.amount_is.unwrap_or_default();
        plan.currency = self.currency;
        plan.close = self.close;
        plan.delimiter = self.delimiter.unwrap_or(plan.delimiter);
        if let Some(column) = &self.item_name_column {
            plan.item_names = ItemNames::Column(column.clone());
        }
        plan
    }
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let started = Instant::now();
    let input = Input::from_argument(&arguments.file);
    let plan = arguments.plan(&input)?;
    let Some(carts) = read(input, plan, session, session.json()).await? else {
        say("stopped while reading; nothing was sent, the same command begins again");
        return Ok(Ending::Interrupted);
    };
    let progress = Progress::start("importing", "carts", session.json());
    let landed = send::send(carts, session.client(), &session.interrupt, progress).await?;
    if !landed.stopped && (!arguments.no_wait || session.reach.is_on_aws()) {
        pipeline::drained(session).await?;
    }
    let stopped = landed.stopped;
    let report = Report::new(landed, started.elapsed());
    let mut output = Output::new();
    if session.json() {
        output.json(&report)?;
    } else {
        output.text(&report.page())?;
    }
    output.end()?;
    if stopped {
        say(&format!("stopped; {} are in. The same command goes on from there", counted(report.carts(), "cart")));
        return Ok(Ending::Interrupted);
    }
    report.judge()?;
    Ok(if session.interrupt.is_raised() { Ending::Interrupted } else { Ending::Fine })
}

/// Reads the whole file on a thread of its own. `None`: Ctrl+C came first.
async fn read(input: Input, plan: ImportPlan, session: &Session, quiet: bool) -> Result<Option<Carts>, Failure> {
    let is_parquet = matches!(&input, Input::Path(path) if path.extension().is_some_and(|end| end == "parquet"));
    let mut progress = Progress::start("reading", if is_parquet { "rows" } else { "bytes" }, quiet);
    let interrupt = session.interrupt.clone();
    let reading = spawn_blocking(move || {
        let carts = import::read(&input, &plan, &mut |at| {
            progress.at(at.done, at.total);
            if interrupt.is_raised() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        progress.end();
        carts
    });
    tokio::select! {
        carts = reading => match carts.map_err(|error| Failure::of(&error))? {
            Ok(carts) => Ok(Some(carts)),
            Err(ImportError::Stopped { .. }) => Ok(None),
            Err(error) => Err(Failure::of(&error)),
        },
        // Standard input may never end, so its reader is left behind.
        () = session.interrupt.raised() => Ok(None),
    }
}

/// Imports a sample of the Complete Journey data, without a report: what `dev` seeds itself with. Answers with the
/// number of carts.
pub(crate) async fn sample(file: &Path, households: u32, session: &Session) -> Result<u64, Failure> {
    let plan = Preset::CompleteJourney.plan(Some(file), None, Some(households));
    let Some(carts) = read(Input::Path(file.to_owned()), plan, session, true).await? else { return Ok(0) };
    let progress = Progress::start("seeding", "carts", true);
    Ok(send::send(carts, session.client(), &session.interrupt, progress).await?.carts)
}
