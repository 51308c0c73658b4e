//! F32, first half: a bad row is named with its row, line and column, counted, and the rest goes on.

use super::super::ImportPlan;
use super::super::report::KEPT_ROWS_MAX;
use super::{Shop, full_plan};

/// A file of one row between two good ones; what the report says about it.
fn complaint(row: &str, plan: &ImportPlan) -> Vec<String> {
    let good = "9,soap,1,1.00,2017-01-01,0";
    let text = format!("cart,item,quantity,amount,time,off\n{good}\n{row}\n{good}\n");
    let (carts, report) = Shop::new().import_csv(&text, plan);
    assert_eq!((report.rows, report.lines, carts.len()), (3, 2, 1), "the rows around {row:?} go on");
    assert_eq!(report.bad.count, report.bad.first.len() as u64);
    report.bad.first.iter().map(ToString::to_string).collect()
}

#[test]
fn a_bad_value_is_named_with_its_row_line_and_column() {
    let mut plan = full_plan();
    plan.columns.discounts = vec!["off".to_owned()];
    let pieces = "a whole number of pieces, 0 to 1000000";
    let money = "an amount with at most 2 decimals and 9007199254740991 minor units";
    let time = "a time such as 2017-01-31, 2017-01-31 18:45:00 (UTC) or RFC 3339";
    let name = "1 to 256 bytes of text without control characters";
    let long = "x".repeat(257);
    let long_shown = format!("\"{}\"…", "x".repeat(60));
    for (row, column, found, expected) in [
        (",milk,1,1,2017-01-01,0", "cart", "nothing", "the cart's value, 1 to 1024 bytes"),
        ("  ,milk,1,1,2017-01-01,0", "cart", "nothing", "the cart's value, 1 to 1024 bytes"),
        ("1,,1,1,2017-01-01,0", "item", "nothing", "the item"),
        ("1,  ,1,1,2017-01-01,0", "item", "nothing", "the item"),
        ("1,a\u{7}b,1,1,2017-01-01,0", "item", r#""a\u{7}b""#, name),
        ("1,a\u{85}b,1,1,2017-01-01,0", "item", r#""a\u{85}b""#, name),
        (&format!("1,{long},1,1,2017-01-01,0"), "item", &long_shown, name),
        ("1,milk,,1,2017-01-01,0", "quantity", "nothing", pieces),
        ("1,milk,two,1,2017-01-01,0", "quantity", r#""two""#, pieces),
        ("1,milk,2.5,1,2017-01-01,0", "quantity", r#""2.5""#, pieces),
        ("1,milk,1e9,1,2017-01-01,0", "quantity", r#""1e9""#, pieces),
        ("1,milk,1000001,1,2017-01-01,0", "quantity", r#""1000001""#, pieces),
        ("1,milk,1,,2017-01-01,0", "amount", "nothing", money),
        ("1,milk,1,abc,2017-01-01,0", "amount", r#""abc""#, money),
        ("1,milk,1,$5,2017-01-01,0", "amount", r#""$5""#, money),
        ("1,milk,1,1.005,2017-01-01,0", "amount", r#""1.005""#, money),
        ("1,milk,1,NaN,2017-01-01,0", "amount", r#""NaN""#, money),
        ("1,milk,1,90071992547409.92,2017-01-01,0", "amount", r#""90071992547409.92""#, money),
        ("1,milk,1,1,,0", "time", "nothing", time),
        ("1,milk,1,1,yesterday,0", "time", r#""yesterday""#, time),
        ("1,milk,1,1,2017-02-29,0", "time", r#""2017-02-29""#, time),
        ("1,milk,1,1,2017-01-01,x", "off", r#""x""#, money),
    ] {
        let expected = format!("row 2 (line 3), column `{column}`: found {found}, expected {expected}");
        assert_eq!(complaint(row, &plan), [expected], "{row:?}");
    }
}

#[test]
fn a_row_of_another_shape_is_bad_as_a_whole() {
    for (row, fields) in [("1,milk", 2), ("1,milk,1,1,2017-01-01,0,more", 7)] {
        let expected = format!("row 2 (line 3): found {fields} fields, the first \"1\", expected 6 as in the header");
        assert_eq!(complaint(row, &full_plan()), [expected]);
    }
}

#[test]
fn a_line_number_is_what_an_editor_shows() {
    for (text, lines) in [
        ("c,i\n1,\n2,tea\n3,\n", vec![2, 4]),
        ("c,i\n1,\n2,tea\n3,", vec![2, 4]),
        ("c,i\r\n1,\r\n2,tea\r\n3,\r\n", vec![2, 4]),
        ("c,i\r\n1,\r\n2,tea\r\n3,", vec![2, 4]),
        ("c,i\n\n1,\n\n\n2,tea\n\n3,\n\n", vec![3, 8]),
        ("c,i\n\"1\n1\",\n2,tea\n\"3\n\n\",\n", vec![2, 5]),
        ("c,i\r\n\"1\r\n1\",\r\n2,tea\r\n\"3\n\",", vec![2, 5]),
    ] {
        let (_, report) = Shop::new().import_csv(text, &ImportPlan::new("till", "c").with_items("i"));
        let got: Vec<_> = report.bad.first.iter().map(|bad| bad.place.line.unwrap()).collect();
        assert_eq!(got, lines, "{text:?}");
    }
}

#[test]
fn text_that_is_not_utf_8_is_a_bad_row() {
    let shop = Shop::new();
    let file = shop.file("latin1.csv", b"c,i\n1,caf\xe9\n1,tea\n");
    let (_, report) = shop.import(file, &ImportPlan::new("till", "c").with_items("i")).unwrap();
    assert_eq!((report.bad.count, report.lines), (1, 1));
    assert_eq!(report.bad.first[0].found, "text that is not UTF-8");
}

#[test]
fn a_net_amount_whose_discounts_lift_it_past_the_limit_is_bad() {
    let mut plan = ImportPlan { amount_is: "net".parse().unwrap(), ..full_plan() };
    plan.columns.discounts = vec!["off".to_owned()];
    assert_eq!(complaint("1,milk,1,90071992547409.91,2017-01-01,0.01", &plan).len(), 1);
}

#[test]
fn all_bad_rows_are_counted_and_the_first_are_kept() {
    let (carts, report) = Shop::new().import_csv(
        &(0..100).fold("c,i\n".to_owned(), |text, row| text + &format!("{row},\n")),
        &ImportPlan::new("till", "c").with_items("i"),
    );
    assert_eq!((carts.len(), report.rows, report.bad.count), (0, 100, 100));
    assert_eq!(report.bad.first.len(), KEPT_ROWS_MAX);
    assert_eq!(report.bad.first.last().unwrap().place.row, 20);
}

#[test]
fn hostile_text_is_only_text() {
    for item in ["<script>alert(1)</script>", "' OR 1=1 --", "${jndi:ldap://x}", "=cmd()", "\u{202e}\u{200b}🥛", "a#2"]
    {
        let text = format!("c,i\n\"1'); DROP TABLE rows;--\",\"{item}\"\n");
        let (carts, _) = Shop::new().import_csv(&text, &ImportPlan::new("till", "c").with_items("i"));
        assert_eq!(super::briefs(&carts[0])[1], format!("add 1 {item} ({item})"));
        assert_eq!(carts[0].value, "1'); DROP TABLE rows;--");
    }
}
