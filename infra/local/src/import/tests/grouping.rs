//! However the rows of a file are interleaved, the carts are the same.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{CloseReason, ImportCart, ImportPlan};
use super::{Shop, briefs, full_plan};

type Content = (String, Vec<String>, Vec<String>, u128);

/// A cart without what depends on where in the file its rows stand.
fn content(cart: &ImportCart) -> Content {
    let times = cart.commands.iter().map(|command| command.happened_at.unwrap().to_string()).collect();
    (cart.cart_id.to_string(), briefs(cart), times, cart.total_minor)
}

fn import(rows: &[&(usize, String)]) -> (Vec<ImportCart>, BTreeMap<String, Content>) {
    let header = "cart,item,quantity,amount,time\n".to_owned();
    let text = rows.iter().fold(header, |text, (_, line)| text + &format!("{line}\n"));
    let plan = ImportPlan { close: Some(CloseReason::CheckedOut), ..full_plan() };
    let (carts, report) = Shop::new().import_csv(&text, &plan);
    assert_eq!((report.rows, report.bad.count), (rows.len() as u64, 0));
    let by_value = carts.iter().map(|cart| (cart.value.clone(), content(cart))).collect();
    (carts, by_value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_interleaving_of_rows_gives_the_same_carts(
        sizes in vec(1_usize..8, 1..12),
        seeds in vec((any::<u32>(), 0_u32..4, 0_u32..900), 84),
    ) {
        let owners = sizes.iter().enumerate().flat_map(|(cart, size)| std::iter::repeat_n(cart, *size));
        let rows: Vec<(usize, String)> = owners
            .zip(&seeds)
            .enumerate()
            .map(|(row, (cart, (_, quantity, cents)))| {
                let item = cents % 5;
                let line = format!("b{cart},item{item},{quantity},{}.{:02},2017-01-{:02}", cents / 100, cents % 100, row % 28 + 1);
                (cart, line)
            })
            .collect();
        let contiguous: Vec<_> = rows.iter().collect();

        // Which cart's turn it is, is drawn; within a cart the order stays.
        let mut turns: Vec<_> = rows.iter().zip(&seeds).map(|((cart, _), (turn, _, _))| (*turn, *cart)).collect();
        turns.sort_unstable();
        let mut waiting: BTreeMap<usize, std::vec::IntoIter<&(usize, String)>> = BTreeMap::new();
        for (cart, of_cart) in sizes.iter().enumerate().map(|(cart, _)| (cart, rows.iter().filter(move |row| row.0 == cart))) {
            waiting.insert(cart, of_cart.collect::<Vec<_>>().into_iter());
        }
        let interleaved: Vec<_> = turns.iter().filter_map(|(_, cart)| waiting.get_mut(cart)?.next()).collect();
        prop_assert_eq!(interleaved.len(), rows.len());

        let (_, expected) = import(&contiguous);
        let (carts, got) = import(&interleaved);
        prop_assert_eq!(got, expected);
        let first_rows: Vec<_> = carts.iter().map(|cart| cart.commands[0].row).collect();
        prop_assert!(first_rows.is_sorted(), "carts come in the order of their first rows: {first_rows:?}");
    }
}
