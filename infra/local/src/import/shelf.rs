//! What a shop had on its shelves, going by what it sold: a catalogue for a shop of which only the receipts are known.
//! An item costs what it was sold for most often.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::env;

use serde_json::{Value, json};
use tillroll_core::text::Text;

use super::error::ImportError;
use super::input::Input;
use super::item_names::{ItemNames, NameTable, Names};
use super::plan::ImportPlan;
use super::row::{RowJudge, Sale, Verdict};

/// Items of the catalogue: the best-selling ones. A browser loads all of them at once.
const ITEMS_MAX: usize = 2_000;
/// Rows that are read, from the start of the file: enough to tell what sells well, and read before a person waits.
const ROWS_MAX: usize = 200_000;

/// How receipts become a catalogue.
#[derive(Debug)]
pub struct ShelfPlan {
    /// How the receipts are read.
    pub receipts: ImportPlan,
    /// Names each item that was on a shelf.
    pub names: NameTable,
    /// Names its department.
    pub departments: NameTable,
    /// What a department is called; one that is not here by its own name.
    pub department_names: &'static [(&'static str, &'static str)],
    /// Departments of which nothing lies on a shelf.
    pub left_out: &'static [&'static str],
}

/// The items that sold best, best first, as `{sku, item_name, price}` of a catalogue file. An item that the tables do
/// not name is left out, and of several with one name all but the first.
pub fn shelf(receipts: &Input, plan: &ShelfPlan) -> Result<Vec<Value>, ImportError> {
    let temp_folder = plan.receipts.temp_folder.clone().unwrap_or_else(env::temp_dir);
    let delimiter = plan.receipts.delimiter;
    let [names, departments] = [&plan.names, &plan.departments]
        .map(|table| Names::load(&ItemNames::Table(table.clone()), delimiter, &temp_folder));
    let (names, departments) = (names?, departments?);

    let judge = RowJudge::new(&plan.receipts, BTreeSet::new());
    let open = receipts.open(&temp_folder)?;
    let mut rows = open.rows(judge.columns(), delimiter)?;
    let mut sold: HashMap<String, Sold> = HashMap::new();
    for _ in 0..ROWS_MAX {
        if rows.advance()?.is_none() {
            break;
        }
        if let Verdict::Sale { sale, .. } = judge.judge(&rows) {
            sold.entry(sale.item.clone()).or_default().add(&sale);
        }
    }

    let mut by_sales: Vec<(String, Sold)> = sold.into_iter().collect();
    by_sales.sort_by(|(a, first), (b, second)| (Reverse(first.times), a).cmp(&(Reverse(second.times), b)));
    let mut taken = HashSet::new();
    let items = by_sales.iter().filter_map(|(sku, sold)| {
        let (minor, per) = sold.price()?;
        let name = plan.name(departments.listed(sku)?, names.listed(sku)?)?;
        taken
            .insert(name.clone())
            .then(|| json!({"sku": sku, "item_name": name, "price": {"minor": minor, "per": per}}))
    });
    Ok(items.take(ITEMS_MAX).collect())
}

/// How an item sold.
#[derive(Default)]
struct Sold {
    times: u64,
    /// How often at which price: minor units for so many pieces, in lowest terms.
    prices: HashMap<(u64, u64), u64>,
}

impl Sold {
    fn add(&mut self, sale: &Sale) {
        self.times += 1;
        let Some(amount) = sale.amount.filter(|amount| *amount > 0) else { return };
        let pieces = u64::from(sale.quantity);
        let common = common_divisor(amount, pieces);
        *self.prices.entry((amount / common, pieces / common)).or_default() += 1;
    }

    /// The commonest price; of two as common ones the one for fewer pieces, and then the lower one.
    fn price(&self) -> Option<(u64, u64)> {
        let common = self.prices.iter().max_by_key(|((minor, per), times)| (**times, Reverse((*per, *minor))));
        common.map(|(price, _)| *price)
    }
}

impl ShelfPlan {
    /// `Department: the name in small letters`, or nothing where a department is left out.
    fn name(&self, department: &str, name: &str) -> Option<String> {
        if self.left_out.contains(&department) {
            return None;
        }
        let known = self.department_names.iter().find(|(raw, _)| *raw == department);
        let department = known.map_or_else(|| sentence(department), |(_, shown)| (*shown).to_owned());
        Text::parse(&format!("{department}: {}", name.to_lowercase())).map(String::from)
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::super::Preset;
    use super::*;

    const PRODUCTS: &str = "\
product_id,department,product_type,package_size
1,PRODUCE,BANANAS,40 LB
2,DRUG GM,SOAP,
3,FUEL,GASOLINE,
4,PRODUCE,BANANAS,40 LB
6,SALAD BAR,SALAD,
";
    const RECEIPTS: &str = "\
household_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,transaction_timestamp
1,1,1,3,2.00,0,0,0,2017-01-01 10:00:00
1,1,1,6,3.50,0.50,0,0,2017-01-01 10:00:00
1,1,1,1,0.80,0,0,0,2017-01-01 10:00:00
1,1,2,1,0.95,0,0,0,2017-01-01 10:00:00
1,1,2,0,0.95,0,0,0,2017-01-01 10:00:00
1,1,3,1,9.00,0,0,0,2017-01-01 10:00:00
1,1,4,1,0.70,0,0,0,2017-01-01 10:00:00
1,1,5,1,0.70,0,0,0,2017-01-01 10:00:00
1,1,6,1,0,0,0,0,2017-01-01 10:00:00
";

    #[test]
    fn an_item_costs_what_it_was_sold_for_most_often_before_discounts() {
        let folder = tempfile::tempdir().unwrap();
        let (receipts, products) = (folder.path().join("transactions.csv"), folder.path().join("products.csv"));
        std::fs::write(&receipts, RECEIPTS).unwrap();
        std::fs::write(&products, PRODUCTS).unwrap();
        let plan = Preset::CompleteJourney.shelf_plan(&products);
        // Gasoline lies on no shelf, 4 has the name of 1, 5 has none, 6 was never paid for.
        let expected = [
            json!({"sku": "1", "item_name": "Produce: bananas, 40 lb", "price": {"minor": 200, "per": 3}}),
            json!({"sku": "2", "item_name": "Drugstore: soap", "price": {"minor": 95, "per": 1}}),
        ];
        assert_eq!(shelf(&Input::Path(receipts), &plan).unwrap(), expected);
    }
}
