//! A slice of a real year, end to end: what the file says is what the shop has, through import, restart and replay. The
//! file's rows are read here a second time, by other code than the import's, and added up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{DataType, DoubleType, Int64Type};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value, json};
use tillroll_local::import::ids;
use tillroll_tests::api::Api;
use tillroll_tests::program::Desk;
use tillroll_tests::real_data::transactions;

/// 91 baskets in 1,698 rows.
const HOUSEHOLDS: usize = 3;
const SOURCE: &str = "completejourney";
/// Items whose suggestions are compared: those in most carts, so that there are some.
const ITEMS_COMPARED: usize = 5;

/// A row of the file, money in cents.
struct Row {
    basket: i64,
    product: i64,
    quantity: i64,
    paid: u64,
    /// `retail_disc` and `coupon_match_disc`.
    off: [u64; 2],
}

/// What a basket comes to by its rows.
#[derive(Default)]
struct Basket<'a> {
    lines: Vec<&'a Row>,
    paid: u64,
    off: [u64; 2],
}

impl Basket<'_> {
    /// Opened, lines, discounts, closed.
    fn events(&self) -> usize {
        2 + self.lines.len() + self.off.iter().filter(|off| **off > 0).count()
    }
}

fn column<T: DataType>(file: &SerializedFileReader<File>, name: &str) -> Vec<T::T> {
    let columns = file.metadata().file_metadata().schema_descr().columns();
    let index = columns.iter().position(|column| column.name() == name).unwrap();
    let mut values = Vec::new();
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).unwrap();
        let rows = usize::try_from(group.metadata().num_rows()).unwrap();
        let mut reader = get_typed_column_reader::<T>(group.get_column_reader(index).unwrap());
        let mut present = Vec::new();
        let (records, read, _) = reader.read_records(rows, Some(&mut present), None, &mut values).unwrap();
        assert_eq!((records, read), (rows, rows), "{name} has no empty cells");
    }
    values
}

/// The rows of the lowest so many households.
fn rows(path: &Path, households: usize) -> Vec<Row> {
    let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let household = column::<Int64Type>(&file, "household_id");
    let lowest: BTreeSet<_> = household.iter().copied().collect::<BTreeSet<_>>().into_iter().take(households).collect();
    let kept: Vec<usize> = (0..household.len()).filter(|row| lowest.contains(&household[*row])).collect();
    let integers = |name| column::<Int64Type>(&file, name);
    let money = |name| column::<DoubleType>(&file, name);
    let (basket, product, quantity) = (integers("basket_id"), integers("product_id"), integers("quantity"));
    let (paid, retail, coupon) = (money("sales_value"), money("retail_disc"), money("coupon_match_disc"));
    let row = |row: usize| Row {
        basket: basket[row],
        product: product[row],
        quantity: quantity[row],
        paid: cents(paid[row]),
        off: [cents(retail[row]), cents(coupon[row])],
    };
    kept.into_iter().map(row).collect()
}

fn cents(amount: f64) -> u64 {
    format!("{:.2}", amount.abs()).replace('.', "").parse().unwrap()
}

/// Rows of quantity 0 are no lines, but their basket is a cart.
fn baskets(rows: &[Row]) -> BTreeMap<i64, Basket<'_>> {
    let mut baskets: BTreeMap<i64, Basket<'_>> = BTreeMap::new();
    for row in rows {
        let basket = baskets.entry(row.basket).or_default();
        if row.quantity > 0 {
            basket.paid += row.paid;
            basket.off[0] += row.off[0];
            basket.off[1] += row.off[1];
            basket.lines.push(row);
        }
    }
    baskets
}

/// What a caller can see of the whole shop.
#[derive(Debug, PartialEq)]
struct Seen {
    verified: Value,
    carts: Vec<Value>,
    suggestions: Vec<Value>,
    cart: Value,
}

async fn look(desk: &Desk, api: &Api, items: &[String], cart: &str) -> Seen {
    let verified = desk.verdict();
    let mut suggestions = Vec::new();
    for item in items {
        let (status, page) = api.get(&format!("/suggestions?sku={item}")).await;
        assert_eq!(status, 200, "{page}");
        suggestions.push(page);
    }
    Seen { verified, carts: api.list("/carts", "carts").await, suggestions, cart: desk.json(&["state", cart]) }
}

#[tokio::test]
async fn a_slice_of_a_real_year_is_what_the_file_says_after_import_replay_and_restart() {
    let Some(file) = transactions() else { return };
    let rows = rows(&file, HOUSEHOLDS);
    let baskets = baskets(&rows);
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    let api = Api::at(dev.api());
    let households = HOUSEHOLDS.to_string();
    let file = file.to_str().unwrap();
    let import = ["import", file, "--preset", "completejourney", "--sample-households", &households];

    let report = desk.json(&import);
    the_report_is_the_sum_of_the_rows(&report, &baskets);

    let (number, basket) = baskets.iter().max_by_key(|(_, basket)| (basket.events(), basket.lines.len())).unwrap();
    let cart = ids::cart_id(&ids::source_namespace(SOURCE), &number.to_string()).to_string();
    the_cart_reads_as_the_receipt(&desk, &cart, basket);
    the_cart_half_way_has_the_first_half(&desk, &api, &cart, basket).await;

    let items = items_in_most_carts(&baskets);
    let before = look(&desk, &api, &items, &cart).await;
    assert_eq!(before.verified["ok"], true, "{}", before.verified);
    assert_eq!(before.verified["carts"], json!(baskets.len()));
    assert_eq!(before.verified["events"], report["events"]);
    assert_eq!(before.verified["money_by_currency"], json!({"USD": report["total_minor"]}));
    assert!(before.suggestions.iter().all(|page| page["suggestions"] != json!([])), "{:?}", before.suggestions);

    let run = desk.json(&["replay", "suggestions"]);
    assert_eq!((&run["phase"], &run["generation"]), (&json!("finished"), &json!(2)), "{run}");
    assert_eq!(run["events_sent"], report["events"], "every archived event is sent once");
    assert_eq!(look(&desk, &api, &items, &cart).await, before, "a replay changes nothing");

    let again = desk.json(&import);
    assert_eq!((&again["events"], &again["carts_unchanged"]), (&json!(0), &report["carts"]), "{again}");
    assert_eq!(again["stored_total_minor"], report["total_minor"]);
    assert_eq!(look(&desk, &api, &items, &cart).await, before, "a second import changes nothing");

    assert_eq!(dev.signal("TERM"), Some(0));
    let dev = desk.dev(&["--no-demo"]);
    assert_eq!(look(&desk, &Api::at(dev.api()), &items, &cart).await, before, "a restart keeps everything");
    assert_eq!(dev.signal("TERM"), Some(0));
}

fn the_report_is_the_sum_of_the_rows(report: &Value, baskets: &BTreeMap<i64, Basket<'_>>) {
    let sum = |of: &dyn Fn(&Basket<'_>) -> u64| baskets.values().map(of).sum::<u64>();
    let events: usize = baskets.values().map(Basket::events).sum();
    let lines: usize = baskets.values().map(|basket| basket.lines.len()).sum();
    let expected = [
        ("carts", json!(baskets.len())),
        ("lines", json!(lines)),
        ("events", json!(events)),
        ("events_stored", json!(events)),
        ("total_minor", json!(sum(&|basket| basket.paid))),
        ("stored_total_minor", json!(sum(&|basket| basket.paid))),
        ("discounts_minor", json!(sum(&|basket| basket.off.iter().sum()))),
        ("complete", json!(true)),
    ];
    for (name, expected) in expected {
        assert_eq!(report[name], expected, "{name} of {report}");
    }
    for name in ["bad", "refused", "failed", "negative"] {
        assert_eq!(report[name]["count"], 0, "{name} of {report}");
    }
}

/// Each line with its item, quantity and money: what was paid, and what was taken off before that.
fn the_cart_reads_as_the_receipt(desk: &Desk, cart: &str, basket: &Basket<'_>) {
    let state = desk.json(&["state", cart]);
    assert_eq!(lines(&state), receipt(&basket.lines));
    let off: Vec<_> = state["discounts"].as_array().unwrap().iter().map(|discount| &discount["amount_minor"]).collect();
    let expected: Vec<_> = basket.off.iter().filter(|off| **off > 0).map(|off| json!(off)).collect();
    assert_eq!(off, expected.iter().collect::<Vec<_>>());
    assert_eq!(state["total_minor"], json!(basket.paid));
    assert_eq!((&state["status"], &state["version"]), (&json!("closed"), &json!(basket.events())));
}

async fn the_cart_half_way_has_the_first_half(desk: &Desk, api: &Api, cart: &str, basket: &Basket<'_>) {
    let half = basket.lines.len() / 2;
    let version = half + 1;
    let state = desk.json(&["state", cart, "--at", &version.to_string()]);
    assert_eq!(lines(&state), receipt(&basket.lines[..half]));
    assert_eq!((&state["status"], &state["version"]), (&json!("open"), &json!(version)));
    let (status, answer) = api.get(&format!("/carts/{cart}?version={version}")).await;
    assert_eq!((status, answer), (200, state), "the command line prints what the API says");
}

/// Item, pieces, cents.
type Line = (String, u64, u64);

fn receipt(rows: &[&Row]) -> Vec<Line> {
    let line = |row: &&Row| {
        let money = row.paid + row.off.iter().sum::<u64>();
        (row.product.to_string(), u64::try_from(row.quantity).unwrap(), money)
    };
    rows.iter().map(line).collect()
}

/// An item's second line is `item#2`.
fn lines(state: &Value) -> Vec<Line> {
    let line = |line: &Value| {
        let item = line["sku"].as_str().unwrap().split('#').next().unwrap().to_owned();
        (item, line["quantity"].as_u64().unwrap(), line["total_minor"].as_u64().unwrap())
    };
    state["lines"].as_array().unwrap().iter().map(line).collect()
}

fn items_in_most_carts(baskets: &BTreeMap<i64, Basket<'_>>) -> Vec<String> {
    let mut carts: BTreeMap<i64, usize> = BTreeMap::new();
    for basket in baskets.values() {
        for product in basket.lines.iter().map(|row| row.product).collect::<BTreeSet<_>>() {
            *carts.entry(product).or_default() += 1;
        }
    }
    let mut items: Vec<_> = carts.into_iter().map(|(product, carts)| (carts, product)).collect();
    items.sort_unstable();
    items.iter().rev().take(ITEMS_COMPARED).map(|(_, product)| product.to_string()).collect()
}
