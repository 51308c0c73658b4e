//! The limit that a typed JSON parser sets: the same bytes into borrowed structs, folded the short way.

use serde::Deserialize;
use tillroll_tests::canned::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    #[serde(borrow)]
    version: Number<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    data: Map<'a>,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(rename = "S")]
    text: &'a str,
}

#[derive(Deserialize)]
struct Number<'a> {
    #[serde(rename = "N")]
    digits: &'a str,
}

#[derive(Deserialize)]
struct Map<'a> {
    #[serde(rename = "M", borrow)]
    members: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    item_name: Option<Text<'a>>,
    #[serde(borrow)]
    sku: Option<Text<'a>>,
    #[serde(borrow)]
    quantity: Option<Number<'a>>,
}

/// Folds all answers; the version of the last event.
pub(crate) fn fold(answers: &[Answer]) -> u64 {
    let mut lines: Vec<(String, u64)> = Vec::new();
    let mut newest = 0;
    for answer in answers {
        let page: Page<'_> = serde_json::from_slice(&answer.body).expect("a page");
        for Item { version, name, data } in page.items {
            newest = version.digits.parse().expect("a version");
            if name.text == "ItemAdded" {
                let Data { item_name, sku, quantity } = data.members;
                let sku = sku.or(item_name).expect("a name").text;
                let quantity: u64 = quantity.expect("a quantity").digits.parse().expect("a number");
                match lines.iter_mut().find(|(known, _)| known == sku) {
                    Some((_, pieces)) => *pieces += quantity,
                    None => lines.push((sku.to_owned(), quantity)),
                }
            }
        }
    }
    newest
}
