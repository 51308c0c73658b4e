//! Query answers as DynamoDB would give them for one long cart, in pages of 1 MB of items.

use serde_json::{Value, json};
use tillroll_tests::canned::Answer;
use uuid::Uuid;

/// The cart of all answers.
pub(crate) const CART: Uuid = Uuid::from_u128(0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8);
/// DynamoDB ends a page at this size of its items.
const PAGE_BYTES: usize = 1_000_000;
/// Different items that are added in turn.
const LINES: usize = 20;

/// What an item holds. Its attributes come in alphabetical order, the data before the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The five attributes of the Ruby system.
    Ruby,
    /// The seven that a load for folding reads of ours.
    Ours,
}

impl Layout {
    pub(crate) fn description(self) -> String {
        let bytes = self.item(2).to_string().len();
        match self {
            Self::Ruby => {
                format!("five attributes, data {{shopping_cart_uuid, item_name, quantity}}: {bytes} bytes of JSON")
            }
            Self::Ours => format!("as ours are read for folding, with sku, price and command: {bytes} bytes of JSON"),
        }
    }

    fn item(self, version: usize) -> Value {
        let (name, sku) = if version == 1 { ("CartOpened", None) } else { ("ItemAdded", Some(version % LINES)) };
        let mut data = json!({"shopping_cart_uuid": {"S": CART}});
        if let Some(sku) = sku {
            data["item_name"] = json!({"S": format!("FLUID MILK WHITE ONLY {sku:02}")});
            data["quantity"] = json!({"N": "2"});
        }
        let mut item = json!({
            "AggregateUuid": {"S": CART}, "Version": {"N": version.to_string()}, "Name": {"S": name},
            "EventUuid": {"S": Uuid::new_v5(&CART, &version.to_be_bytes())},
        });
        if self == Self::Ours {
            if let Some(sku) = sku {
                data["sku"] = json!({"S": format!("10297{sku:02}")});
                data["price"] = json!({"M": {"minor": {"N": "398"}, "per": {"N": "2"}}});
            }
            item["CommandId"] = json!({"S": Uuid::new_v5(&CART, &(version / 10).to_be_bytes())});
            item["CommandHash"] = json!({"S": "0123456789abcdef"});
        }
        item["Data"] = json!({"M": data});
        item
    }
}

/// The pages of a cart with this many events.
pub(crate) fn answers(layout: Layout, events: usize) -> Vec<Answer> {
    let mut pages: Vec<(Vec<Value>, usize)> = vec![Default::default()];
    for version in 1..=events {
        let item = layout.item(version);
        let size = size(&item);
        if pages.last().is_some_and(|(_, bytes)| bytes + size > PAGE_BYTES) {
            pages.push(Default::default());
        }
        let page = pages.last_mut().expect("there is a page");
        page.0.push(item);
        page.1 += size;
    }
    let last = pages.len() - 1;
    let answer = |(number, (items, _)): (usize, (Vec<Value>, usize))| {
        let mut answer = json!({"Count": items.len(), "ScannedCount": items.len()});
        if number < last {
            let end = items.last().expect("a page has items");
            answer["LastEvaluatedKey"] = json!({"AggregateUuid": end["AggregateUuid"], "Version": end["Version"]});
        }
        answer["Items"] = items.into();
        Answer::ok(answer.to_string())
    };
    pages.into_iter().enumerate().map(answer).collect()
}

/// Bytes of an item about as DynamoDB counts them: names and values, not the JSON around them.
fn size(item: &Value) -> usize {
    let attributes = item.as_object().expect("an item").iter();
    attributes.map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    match value.get("M") {
        Some(members) => 3 + size(members),
        None => value["S"].as_str().map_or(2, str::len),
    }
}
