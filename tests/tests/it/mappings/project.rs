//! Event bus to project. All events of a cart in a batch are one write, of its row and its entries.

use super::*;

/// A shop with every event on its bus, and the program that projects them.
async fn projecting(subscription: &str) -> (Shop, LocalBus, Invoked) {
    let shop = Shop::with_events(None).await;
    let bus = shop.bus(events().iter().map(on_bus).collect()).await;
    let project = shop.program("project", &[("TILLROLL_SUBSCRIPTION", subscription)]);
    (shop, bus, project)
}

/// The rows when nothing goes wrong.
async fn calm_rows(subscription: &str) -> BTreeMap<String, String> {
    let (mut shop, bus, project) = projecting(subscription).await;
    let status = shop.map_bus(&bus, BY_HUNDRED, &project);
    finished(&status, EVENTS, &project).await;
    assert_eq!(story(&project), ["0 to 11, done"]);
    shop.rows().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_a_row_in_the_end_each_event_has_counted_once() {
    let (outrun, before, after) = (Trouble::Outrun, Trouble::StruckBefore, Trouble::StruckAfter);
    let returned = &["0 to 11, back: 1", "1 to 11, back: 1", "1 to 11, done"][..];
    let halved = &["0 to 11, killed", "0 to 5, done", "6 to 11, done"][..];
    for subscription in ["carts", "suggestions"] {
        let expected_rows = calm_rows(subscription).await;
        assert!(expected_rows.len() >= 3, "{expected_rows:?}");
        for (case, times, trouble, expected) in [
            ("it is outrun all through two invocations", 2 * RACES, outrun, returned),
            ("killed before its write", 1, before, halved),
            ("killed after its write", 1, after, halved),
        ] {
            let (mut shop, bus, project) = projecting(subscription).await;
            shop.trouble(ROW_WRITE, 0, times, trouble);
            let status = shop.map_bus(&bus, BY_HUNDRED, &project);
            finished(&status, EVENTS, &project).await;
            assert_eq!(story(&project), expected, "{subscription}: {case}");
            assert_eq!(shop.rows().await, expected_rows, "{subscription}: {case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_fail_the_batch_and_it_comes_in_halves() {
    let (mut shop, bus, project) = projecting("carts").await;
    shop.trouble("BatchGetItem", 0, 1, Trouble::Refused(400, "AccessDeniedException"));
    let status = shop.map_bus(&bus, BY_HUNDRED, &project);
    finished(&status, EVENTS, &project).await;
    assert_eq!(story(&project), ["0 to 11, failed", "0 to 5, done", "6 to 11, done"]);
    assert_eq!(shop.rows().await, calm_rows("carts").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_parks_nobody_and_all_goes_on_once_it_is_given() {
    let (mut shop, bus, project) = projecting("carts").await;
    shop.trouble(ROW_WRITE, 0, FOR_EVER, Trouble::Refused(400, "AccessDeniedException"));
    let status = shop.map_bus(&bus, BY_HUNDRED, &project);
    until(&project, "tried again", || project.deliveries().len() >= 3).await;
    assert_eq!(story(&project)[..3], ["0 to 11, back: 1", "1 to 11, back: 1", "1 to 11, back: 1"]);
    assert!(!shop.rows().await.values().any(|row| row.contains("#parked")), "no cart is set aside");

    shop.account.calm();
    finished(&status, EVENTS, &project).await;
    assert_eq!(shop.rows().await, calm_rows("carts").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_kills_project_each_time_is_found_by_halving_and_waits_for_the_repair() {
    let (mut shop, bus, project) = projecting("carts").await;
    shop.trouble(ROW_WRITE, 0, FOR_EVER, Trouble::StruckBefore);
    let status = shop.map_bus(&bus, BY_HUNDRED, &project);
    until(&project, "tried alone for the third time", || project.deliveries().len() >= 8).await;
    let halved = ["0 to 11, killed", "0 to 5, killed", "0 1 2, killed", "0, done", "1 2, killed"];
    assert_eq!(story(&project)[..8], [&halved[..], &["1, killed"; 3][..]].concat());
    assert_eq!(status.read().records, 1, "nothing is given up, and nothing goes past it");

    shop.account.calm();
    finished(&status, EVENTS, &project).await;
    assert_eq!(shop.rows().await, calm_rows("carts").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_applied_parks_its_cart_in_the_first_delivery_and_holds_up_nobody() {
    let calm = calm_rows("carts").await;
    let troubled = event_table::stream(TROUBLED).to_string();
    let others = |rows: &BTreeMap<String, String>| -> Vec<String> {
        rows.values().filter(|row| !row.contains(&troubled)).cloned().collect()
    };
    let unknown = EventRecord { name: "CartPainted".to_owned(), ..event(TROUBLED, 2) };
    let misshapen = EventRecord { data: json!({"item_name": 3}), ..event(TROUBLED, 2) };
    for (case, poison, refused) in [
        ("an unknown event", Some(unknown), 0),
        ("an event of the wrong shape", Some(misshapen), 0),
        ("a row that the table refuses", None, 1),
    ] {
        let mut records: Vec<BusRecord> = events().iter().map(on_bus).collect();
        if let Some(poison) = &poison {
            records[4] = on_bus(poison);
        }
        records.insert(6, BusRecord { partition_key: "somebody".to_owned(), data: b"no event".to_vec() });
        let mut shop = Shop::with_events(None).await;
        shop.trouble(ROW_WRITE, 0, refused, Trouble::Refused(400, "ValidationException"));
        let bus = shop.bus(records).await;
        let project = shop.program("project", &[("TILLROLL_SUBSCRIPTION", "carts")]);
        let status = shop.map_bus(&bus, BY_HUNDRED, &project);
        finished(&status, EVENTS + 1, &project).await;
        assert_eq!(story(&project), ["0 to 12, done"], "{case}");

        let rows = shop.rows().await;
        let parked: Vec<_> = rows.values().filter(|row| row.contains("#parked")).collect();
        assert!(parked.len() == 1 && parked[0].contains(&troubled), "{case}: {parked:?}");
        assert_eq!(others(&rows), others(&calm), "{case}");
    }
}
