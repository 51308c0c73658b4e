//! Carts that cannot go on: they stand still alone, and are taken up again.

use serde_json::json;

use super::{Picky, projector};
use crate::functions::project::{Projector, Resumed, Tried, Which};
use crate::memory::{MemoryRows, MemoryTable};
use crate::ports::{EventTable as _, Row, RowKey, RowWrite, Rows as _};
use crate::record::EventRecord;
use crate::subscriptions::Subscription;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::{actual, append, bus, cart, event, expected, history, table_of};
use crate::subscriptions::layout::{Layout, Parked};
use crate::subscriptions::reading::{parked_of, parked_page};

async fn parked<S: Subscription>(_: &S, rows: &MemoryRows) -> Vec<(u128, Parked)> {
    let page = parked_page(rows, &Layout::new(S::NAME, 1), None).await.unwrap();
    page.into_iter().map(|(cart, parked)| (cart.uuid().as_u128(), parked)).collect()
}

fn next_build<S: Subscription>(
    subscription: S,
    rows: &MemoryRows,
    table: &MemoryTable,
) -> Projector<S, MemoryRows, MemoryTable> {
    Projector::new(subscription, rows.clone(), table.clone(), "build-2")
}

#[tokio::test]
async fn e23_a_poison_event_parks_its_cart_and_the_others_go_on() {
    let histories = [history(cart(1), "open +milk +worms +bread"), history(cart(2), "open +milk done")];
    let table = table_of(&histories.concat()).await;
    let choking = Picky { chokes_on: Some("worms") };
    let (projector, rows) = projector(choking.clone(), &table);
    assert_eq!(projector.live(&bus(&histories.concat())).await.unwrap().failures, []);

    let found = parked(&choking, &rows).await;
    assert_eq!(found.len(), 1);
    let (number, why) = &found[0];
    assert_eq!((*number, why.version, why.build.as_str()), (1, 3, "build-1"));
    assert_eq!(why.event_id, Some(histories[0][2].circumstances.event_id));
    assert!(why.reason.contains("cannot swallow worms"), "{}", why.reason);
    let row = rows.get(&Layout::new("picky", 1).row_key(cart(1))).await.unwrap().unwrap();
    assert_eq!((row.revision, row.body.as_str()), (2, r#"["milk"]"#), "what came before is applied");

    // Later events of the parked cart are acknowledged without effect.
    let later = event(cart(1), 5, "CartClosed", json!({}));
    append(&table, std::slice::from_ref(&later)).await;
    let before = rows.all();
    assert_eq!(projector.live(&bus(std::slice::from_ref(&later))).await.unwrap().failures, []);
    assert_eq!((rows.all(), projector.counts().held), (before, 1));
    assert_eq!(
        projector.resume_parked(Which::OfOtherBuilds).await.unwrap(),
        Resumed::default(),
        "the same build fails the same way"
    );

    // The build that can swallow it takes the cart up from the table.
    let cured = next_build(Picky::default(), &rows, &table);
    assert_eq!(cured.resume_parked(Which::OfOtherBuilds).await.unwrap(), Resumed { resumed: 1, parked: 0 });
    let histories = [[histories[0].clone(), vec![later]].concat(), histories[1].clone()];
    assert_eq!(actual(&choking, 1, &rows), expected(&Picky::default(), 1, &histories), "and nothing is parked");
}

#[tokio::test]
async fn e25_an_event_of_a_newer_build_or_of_the_wrong_shape_parks_its_cart() {
    for (third, reason) in [
        (event(cart(1), 3, "GiftWrapped", json!({"paper": "red"})), "does not know events named GiftWrapped"),
        (event(cart(1), 3, "ItemAdded", json!({"item_name": 5})), "the data of ItemAdded has the wrong shape"),
    ] {
        let other = history(cart(2), "open +milk");
        let events = [history(cart(1), "open +milk"), vec![third], other.clone()].concat();
        let table = table_of(&events).await;
        let (projector, rows) = projector(Carts, &table);
        for _ in 0..2 {
            assert_eq!(projector.live(&bus(&events)).await.unwrap().failures, [], "never a crash loop");
        }
        let found = parked(&Carts, &rows).await;
        assert_eq!((found.len(), found[0].0, found[0].1.version), (1, 1, 3));
        assert!(found[0].1.reason.contains(reason), "{}", found[0].1.reason);
        assert!(actual(&Carts, 1, &rows).contains(&expected(&Carts, 1, &[other])[0]));
        // Another build looks again, and still cannot.
        let next = next_build(Carts, &rows, &table);
        assert_eq!(next.resume_parked(Which::OfOtherBuilds).await.unwrap(), Resumed { resumed: 0, parked: 1 });
        assert_eq!(parked(&Carts, &rows).await[0].1.build, "build-2");
    }
}

#[tokio::test]
async fn a_parked_cart_goes_on_with_its_next_event_after_a_deploy() {
    let events = history(cart(1), "open +worms +milk");
    let table = table_of(&events).await;
    let (projector, rows) = projector(Picky { chokes_on: Some("worms") }, &table);
    projector.live(&bus(&events[..2])).await.unwrap();
    assert_eq!(parked(&Picky::default(), &rows).await.len(), 1);
    let cured = next_build(Picky::default(), &rows, &table);
    assert_eq!(cured.live(&bus(&events[2..])).await.unwrap().failures, []);
    assert_eq!(actual(&Picky::default(), 1, &rows), expected(&Picky::default(), 1, &[events]));
}

#[tokio::test]
async fn a_hole_in_the_table_parks_the_cart_until_an_operator_resumes_it() {
    let events = history(cart(1), "open +milk +bread");
    let table = table_of(&events).await;
    table.lose(cart(1), 2);
    let (projector, rows) = projector(Carts, &table);
    assert_eq!(projector.live(&bus(&events[2..])).await.unwrap().failures, []);
    let found = parked(&Carts, &rows).await;
    assert_eq!((found[0].1.version, found[0].1.event_id), (2, None));
    assert_eq!(found[0].1.reason, "the table does not have the event");
    let tried = projector.resume(cart(1)).await.unwrap();
    assert_eq!(tried.len(), 1);
    assert!(tried[0].parked.is_some(), "{tried:?}");
    assert_eq!(projector.resume_parked(Which::All).await.unwrap(), Resumed { resumed: 0, parked: 1 });
    table.append(&events[1..2]).await.unwrap();
    let tried = projector.resume(cart(1)).await.unwrap();
    assert!(matches!(tried[..], [Tried { generation: 1, parked: None, .. }]), "{tried:?}");
    assert_eq!(actual(&Carts, 1, &rows), expected(&Carts, 1, &[events]));
    assert_eq!(projector.resume(cart(1)).await.unwrap(), [], "it is not parked any more");
}

#[tokio::test]
async fn a_stored_row_that_does_not_read_parks_its_cart_only() {
    let histories = [history(cart(1), "open +milk"), history(cart(2), "open +milk")];
    let (projector, rows) = projector(Carts, &table_of(&histories.concat()).await);
    let key: RowKey = Layout::new("carts", 1).row_key(cart(1));
    let row = Row { key, revision: 1, body: "{}".to_owned(), index: None };
    rows.write(&[RowWrite::Set(row)]).await.unwrap();
    assert_eq!(projector.live(&bus(&histories.concat())).await.unwrap().failures, []);
    let found = parked(&Carts, &rows).await;
    assert_eq!((found.len(), found[0].0, found[0].1.version), (1, 1, 2));
    let (_, body, _) = &actual(&Carts, 1, &rows).into_iter().find(|(key, ..)| key.sort == cart(2).to_string()).unwrap();
    assert!(body.contains("milk"));
}

#[tokio::test]
async fn parked_carts_are_found_beyond_one_page() {
    let events: Vec<EventRecord> = (0..230).flat_map(|number| history(cart(number), "open +worms")).collect();
    let table = table_of(&events).await;
    let (projector, rows) = projector(Picky { chokes_on: Some("worms") }, &table);
    assert_eq!(projector.live(&bus(&events)).await.unwrap().failures, []);
    let layout = Layout::new("picky", 1);
    assert_eq!(parked_of(&rows, &layout, (0..230).map(cart)).await.unwrap().len(), 230);
    let cured = next_build(Picky::default(), &rows, &table);
    assert_eq!(cured.resume_parked(Which::OfOtherBuilds).await.unwrap(), Resumed { resumed: 230, parked: 0 });
    assert_eq!(parked(&Picky::default(), &rows).await, []);
}
