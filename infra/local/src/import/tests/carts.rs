//! What a good file becomes.

use std::fs;
use std::ops::ControlFlow;

use tillroll_core::cart::CartRequest;
use uuid::Uuid;

use super::super::{
    AmountIs, CloseReason, Currency, ImportPlan, Input, ItemNames, NameTable, Preset, Sample, ids, read,
};
use super::{Shop, briefs, full_plan};

const TWO_CARTS: &str = "\
cart,item,quantity,amount,time
b1,milk,2,2.98,2017-01-01 11:53:26
b1,bread,1,1.50,2017-01-01 11:53:27
b2,milk,3,10.00,2017-01-02
";

#[test]
fn rows_of_one_value_become_one_cart_in_file_order() {
    let (carts, report) = Shop::new().import_csv(TWO_CARTS, &full_plan());
    assert_eq!(briefs(&carts[0]), ["open USD", "add 2 milk (milk) 298/2", "add 1 bread (bread) 150/1"]);
    assert_eq!(briefs(&carts[1]), ["open USD", "add 3 milk (milk) 1000/3"]);
    assert_eq!((carts[0].total_minor, carts[1].total_minor), (448, 1000));
    assert_eq!((report.rows, report.carts, report.lines, report.commands, report.total_minor), (3, 2, 3, 5, 1448));
}

#[test]
fn a_cart_is_the_json_line_that_the_imports_route_takes() {
    let plan = ImportPlan {
        close: Some(CloseReason::CheckedOut),
        columns: super::super::Columns { discounts: vec!["off".to_owned()], ..full_plan().columns },
        ..full_plan()
    };
    let text = "cart,item,quantity,amount,time,off\nb1,milk,2,2.98,2017-01-01 11:53:26,0.98\n";
    let (carts, _) = Shop::new().import_csv(text, &plan);
    let id = |step: &str| ids::command_id(&carts[0].cart_id, 1, step);
    let at = "2017-01-01T11:53:26Z";
    let expected = serde_json::json!({"cart_id": carts[0].cart_id, "source": "till", "commands": [
        {"command_id": id("open"), "type": "OpenCart", "data": {"currency": "USD"}, "happened_at": at},
        {"command_id": id("add"), "type": "AddItem", "happened_at": at,
         "data": {"item_name": "milk", "sku": "milk", "quantity": 2, "price": {"minor": 298, "per": 2}}},
        {"command_id": id("discount:off"), "type": "ApplyDiscount", "happened_at": at,
         "data": {"code": "off", "rule": {"kind": "amount_off", "minor": 98}}},
        {"command_id": id("close"), "type": "CloseCart", "data": {"reason": "checked_out"}, "happened_at": at},
    ]});
    assert_eq!(serde_json::to_value(&carts[0]).unwrap(), expected);
}

#[test]
fn the_core_reads_every_command_of_an_import() {
    let plan = ImportPlan { close: Some(CloseReason::CheckedOut), ..full_plan() };
    let mut net = ImportPlan { amount_is: AmountIs::Net, ..plan };
    net.columns.discounts = vec!["off".to_owned()];
    let with_money = "cart,item,quantity,amount,time,off\n1,milk,2,2.98,2017-01-01,0.5\n";
    let (mut carts, _) = Shop::new().import_csv(with_money, &net);
    carts.extend(Shop::new().import_csv("c,i\n1,milk\n", &ImportPlan::new("till", "c").with_items("i")).0);
    let commands: Vec<_> = carts.iter().flat_map(|cart| &cart.commands).collect();
    assert_eq!(commands.len(), 6);
    for command in commands {
        let json = serde_json::to_value(&command.body).unwrap();
        let read = CartRequest::deserialize_data(json["type"].as_str().unwrap(), &json["data"]).unwrap().unwrap();
        assert!(read.check().is_ok(), "{json}");
    }
}

#[test]
fn ids_derive_from_source_value_row_and_step() {
    let text = "cart,item,quantity,amount,time\n7,,1,1,2017-01-01\n7,milk,1,1,2017-01-01\n7,milk,1,1,2017-01-01\n";
    let (carts, _) = Shop::new().import_csv(text, &full_plan());
    let v5 = |namespace: &Uuid, name: &str| Uuid::new_v5(namespace, name.as_bytes());
    let source = v5(&Uuid::NAMESPACE_URL, "tillroll:import:till");
    let cart = v5(&source, "7");
    assert_eq!(carts[0].cart_id, cart);
    let got: Vec<_> = carts[0].commands.iter().map(|command| (command.command_id, command.row)).collect();
    // Row 1 is bad, so the cart begins at row 2: the numbers stay those of the file.
    assert_eq!(got, [(v5(&cart, "2:open"), 2), (v5(&cart, "2:add"), 2), (v5(&cart, "3:add"), 3)]);
    assert_eq!(source.to_string(), "f69872f1-ff91-50d7-967c-980a05738d9f");
    assert_eq!(cart.to_string(), "5ff4d886-886b-53ad-811f-bccce0075970");
}

#[test]
fn rows_appended_to_a_file_change_no_id_of_the_earlier_ones() {
    let longer = format!("{TWO_CARTS}b1,eggs,1,3.00,2017-01-03\n");
    let plan = ImportPlan { close: Some(CloseReason::CheckedOut), ..full_plan() };
    let command_ids = |text: &str| {
        let (carts, _) = Shop::new().import_csv(text, &plan);
        carts.iter().flat_map(|cart| &cart.commands).map(|command| command.command_id).collect::<Vec<_>>()
    };
    let longer = command_ids(&longer);
    assert!(command_ids(TWO_CARTS).iter().all(|id| longer.contains(id)));
}

#[test]
fn without_optional_columns_there_is_one_piece_no_price_and_no_time() {
    let (carts, report) =
        Shop::new().import_csv("c,i\n1,milk\n1,bread\n", &ImportPlan::new("till", "c").with_items("i"));
    assert_eq!(briefs(&carts[0]), ["open -", "add 1 milk (milk)", "add 1 bread (bread)"]);
    let json = serde_json::to_value(&carts[0].commands).unwrap();
    assert_eq!(
        json[0],
        serde_json::json!({"command_id": carts[0].commands[0].command_id, "type": "OpenCart", "data": {}})
    );
    assert_eq!((report.total_minor, report.currency), (0, None));
}

#[test]
fn without_an_item_column_every_row_is_a_line_of_an_item_called_item() {
    let mut plan = ImportPlan::new("till", "c");
    let (carts, report) = Shop::new().import_csv("c\n1\n2\n1\n", &plan);
    assert_eq!(briefs(&carts[0]), ["open -", "add 1 item (item)", "add 1 item#2 (item)"]);
    assert_eq!((briefs(&carts[1]).len(), report.lines, report.bad.count), (2, 3, 0));

    plan.item_names = ItemNames::Column("n".to_owned());
    let (carts, _) = Shop::new().import_csv("c,n\n1,Oat milk\n1,\n", &plan);
    assert_eq!(briefs(&carts[0]), ["open -", "add 1 item (Oat milk)", "add 1 item#2 (item)"]);
}

#[test]
fn the_same_item_again_is_another_line() {
    let long = "é".repeat(128);
    for (items, skus) in [
        (vec!["milk", "milk", "milk"], vec!["milk", "milk#2", "milk#3"]),
        (vec!["a", "a", "a#2", "a"], vec!["a", "a#2", "a#2#2", "a#3"]),
        (vec!["a#2", "a", "a"], vec!["a#2", "a", "a#3"]),
        (vec![" milk", "milk "], vec!["milk", "milk#2"]),
        (vec![&long, &long], vec![&long, &format!("{}#2", "é".repeat(127))]),
    ] {
        let text = items.iter().fold("c,i\n".to_owned(), |text, item| text + &format!("1,{item}\n"));
        let (carts, _) = Shop::new().import_csv(&text, &ImportPlan::new("till", "c").with_items("i"));
        let briefs = briefs(&carts[0]);
        let expected: Vec<_> =
            items.iter().zip(skus).map(|(item, sku)| format!("add 1 {sku} ({})", item.trim())).collect();
        assert_eq!(briefs[1..], expected);
    }
}

#[test]
fn gross_amounts_lose_the_discounts_and_net_amounts_have_lost_them() {
    let text =
        "cart,item,amount,card,coupon\n1,milk,3.00,0.50,\n1,bread,2.00,-0.25,1\n2,eggs,1.00,0,0\n3,tea,1.00,9,9\n";
    let mut plan = ImportPlan::new("till", "cart").with_items("item");
    plan.columns.amount = Some("amount".to_owned());
    plan.columns.discounts = vec!["card".to_owned(), "coupon".to_owned()];
    let (gross, report) = Shop::new().import_csv(text, &plan);
    assert_eq!(
        briefs(&gross[0]),
        ["open -", "add 1 milk (milk) 300/1", "add 1 bread (bread) 200/1", "off card 75", "off coupon 100"]
    );
    assert_eq!(briefs(&gross[1]), ["open -", "add 1 eggs (eggs) 100/1"]);
    // A cart is never below zero, and what is not there is not taken off.
    assert_eq!(gross.iter().map(|cart| cart.total_minor).collect::<Vec<_>>(), [325, 100, 0]);
    assert_eq!((report.total_minor, report.discounts_minor), (425, 275));

    plan.amount_is = AmountIs::Net;
    let (net, report) = Shop::new().import_csv(text, &plan);
    assert_eq!(
        briefs(&net[0]),
        ["open -", "add 1 milk (milk) 350/1", "add 1 bread (bread) 325/1", "off card 75", "off coupon 100"]
    );
    assert_eq!(net.iter().map(|cart| cart.total_minor).collect::<Vec<_>>(), [500, 100, 100]);
    assert_eq!((report.total_minor, report.discounts_minor), (700, 1975));
}

#[test]
fn zero_quantity_rows_keep_their_cart_and_returns_make_none() {
    let text = "\
cart,item,quantity,amount,time
1,milk,0,0.12,2017-01-01
2,bread,-1,-1.50,2017-01-02
3,eggs,1,-2.00,2017-01-03
4,tea,-1,2.25,2017-01-04
5,soap,0,0,2017-01-05
5,soap,1,1,2017-01-06
5,soap,0,0.13,2017-01-07
";
    let plan = ImportPlan { close: Some(CloseReason::Abandoned), ..full_plan() };
    let (carts, report) = Shop::new().import_csv(text, &plan);
    assert_eq!(briefs(&carts[0]), ["open USD", "close abandoned"]);
    assert_eq!(briefs(&carts[1]), ["open USD", "add 1 soap (soap) 100/1", "close abandoned"]);
    let times: Vec<_> = carts[1].commands.iter().map(|command| command.happened_at.unwrap().to_string()).collect();
    assert_eq!(times, ["2017-01-05T00:00:00Z", "2017-01-06T00:00:00Z", "2017-01-07T00:00:00Z"]);
    assert_eq!((report.carts, report.lines, report.total_minor), (2, 1, 100));
    assert_eq!((report.zero_quantity.count, report.zero_quantity.money_minor), (3, 25));
    assert_eq!((report.negative.count, report.negative.money_minor), (3, -125));
    assert_eq!(
        report.negative.first.iter().map(|place| (place.row, place.line)).collect::<Vec<_>>(),
        [(2, Some(3)), (3, Some(4)), (4, Some(5))]
    );
}

#[test]
fn amounts_are_read_in_the_currencys_own_minor_unit() {
    for (code, amount, minor) in
        [("USD", "12.5", 1250), ("JPY", "1500", 1500), ("KWD", "1.234", 1234), ("JPY", "7.0", 7)]
    {
        let plan = ImportPlan { currency: Some(code.parse::<Currency>().unwrap()), ..full_plan() };
        let (carts, _) =
            Shop::new().import_csv(&format!("cart,item,quantity,amount,time\n1,a,1,{amount},2017-01-01\n"), &plan);
        assert_eq!(carts[0].total_minor, minor, "{code} {amount}");
    }
}

#[test]
fn csv_as_shops_write_it_is_read() {
    for text in [
        "\u{feff}cart,item,quantity,amount,time\r\n1,\"milk, 1 l\",2.0,\"3.00\",2017-01-01\r\n",
        "cart , item,quantity, amount,time\n\n1,\"milk, 1 l\", 2 , 3 ,2017-01-01\n\n",
        "time,amount,other,item,cart,quantity\n2017-01-01,3.0,,\"milk, 1 l\",1,2",
    ] {
        let (carts, report) = Shop::new().import_csv(text, &full_plan());
        assert_eq!(briefs(&carts[0]), ["open USD", "add 2 milk, 1 l (milk, 1 l) 300/2"], "{text:?}");
        assert_eq!(report.bad.count, 0);
    }
    let plan = ImportPlan { delimiter: b';', ..ImportPlan::new("till", "cart").with_items("item") };
    assert_eq!(Shop::new().import_csv("cart;item\n1;milk\n", &plan).0.len(), 1);
}

#[test]
fn names_come_from_a_column_or_another_file() {
    let shop = Shop::new();
    let in_row =
        ImportPlan { item_names: ItemNames::Column("n".to_owned()), ..ImportPlan::new("till", "c").with_items("i") };
    let (carts, _) = shop.import_csv("c,i,n\n1,17,Milk\n1,18,\n", &in_row);
    assert_eq!(briefs(&carts[0])[1..], ["add 1 17 (Milk)", "add 1 18 (18)"]);

    let products = shop.file("products.csv", "id,kind,size\n17,MILK,1 L\n18,BREAD,\n19,,\n20,\"a\nb\",\n");
    let table = NameTable {
        file: Some(products),
        item_column: "id".to_owned(),
        name_columns: vec!["kind".to_owned(), "size".to_owned()],
        between: " ",
        otherwise: "Product".to_owned(),
    };
    let by_table = ImportPlan { item_names: ItemNames::Table(table), ..ImportPlan::new("till", "c").with_items("i") };
    let (carts, _) = shop.import_csv("c,i\n1,17\n1,18\n1,19\n1,20\n1,21\n", &by_table);
    assert_eq!(
        briefs(&carts[0])[1..],
        [
            "add 1 17 (MILK 1 L)",
            "add 1 18 (BREAD)",
            "add 1 19 (Product 19)",
            "add 1 20 (Product 20)",
            "add 1 21 (Product 21)"
        ]
    );
}

#[test]
fn the_preset_finds_the_products_beside_the_transactions() {
    let shop = Shop::new();
    let transactions = shop.folder.path().join("transactions.parquet");
    let table = |plan: ImportPlan| match plan.item_names {
        ItemNames::Table(table) => table.file,
        ItemNames::SameAsItem | ItemNames::Column(_) => panic!("the preset names items by a table"),
    };
    assert_eq!(table(Preset::CompleteJourney.plan(Some(&transactions), None, None)), None);
    let beside = shop.file("products.parquet", "");
    assert_eq!(table(Preset::CompleteJourney.plan(Some(&transactions), None, None)), Some(beside));
    let named = shop.file("other.csv", "");
    assert_eq!(table(Preset::CompleteJourney.plan(Some(&transactions), Some(named.clone()), None)), Some(named));
}

#[test]
fn a_sample_keeps_the_lowest_values_wherever_they_stand() {
    let text = "household,c,i\n10,1,a\n9,2,b\nx,3,c\n100,4,d\n,5,e\n10,6,f\n";
    for (values, kept) in [(1, vec!["2"]), (2, vec!["1", "2", "6"]), (4, vec!["1", "2", "3", "4", "6"])] {
        let sample = Some(Sample { column: "household".to_owned(), values });
        let (carts, report) =
            Shop::new().import_csv(text, &ImportPlan { sample, ..ImportPlan::new("till", "c").with_items("i") });
        assert_eq!(carts.iter().map(|cart| cart.value.as_str()).collect::<Vec<_>>(), kept);
        assert_eq!((report.rows, report.not_sampled), (6, 6 - kept.len() as u64));
    }
}

#[test]
fn the_caller_hears_of_progress_and_can_stop() {
    let shop = Shop::new();
    let text = (0..10_000).fold("c,i\n".to_owned(), |text, row| text + &format!("{row},milk\n"));
    let bytes = text.len() as u64;
    let input = Input::from_argument(shop.file("sales.csv", text));
    let plan = ImportPlan::new(input.default_source(), "c").with_items("i");
    let mut seen = Vec::new();
    read(&input, &plan, &mut |progress| {
        seen.push((progress.rows, progress.done < progress.total, progress.total));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, [(4_096, true, bytes), (8_192, true, bytes)]);
    let stopped = read(&input, &plan, &mut |_| ControlFlow::Break(())).err().unwrap();
    assert!(stopped.to_string().contains("stopped while reading"), "{stopped}");
}

#[test]
fn the_default_source_is_the_name_without_its_folder() {
    assert_eq!(Input::from_argument("a/b/sales.csv").default_source(), "sales.csv");
    assert_eq!(Input::from_argument("-").default_source(), "stdin");
    assert_eq!(Input::from_argument("-"), Input::Stdin);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_like_a_file() {
    let shop = Shop::new();
    let pipe = shop.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, TWO_CARTS).unwrap()
    });
    let sampled = ImportPlan { sample: Some(Sample { column: "cart".to_owned(), values: 1 }), ..full_plan() };
    let (carts, _) = shop.import(pipe, &sampled).unwrap();
    writer.join().unwrap();
    assert_eq!(carts.len(), 1);
}
