//! What would become of a message, said before anything moves.

use serde_json::json;

use super::{Picky, projector};
use crate::functions::project::{Effect, Outlook, Projector};
use crate::ports::{EventTable, Rows};
use crate::subscriptions::Subscription;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::{bus, cart, event, history, message, table_of};

async fn outlooks<S: Subscription, R: Rows, T: EventTable>(
    projector: &Projector<S, R, T>,
    body: &str,
) -> (bool, Effect, Vec<Outlook>) {
    let dry_run = projector.dry_run(body).await.unwrap();
    (dry_run.would_succeed, dry_run.effect, dry_run.carts.iter().map(|cart| cart.outlook).collect())
}

#[tokio::test]
async fn a_dry_run_says_what_a_message_would_do_to_each_cart_and_writes_nothing() {
    let (one, two, three) =
        (history(cart(1), "open +milk"), history(cart(2), "open +milk"), history(cart(3), "open +milk"));
    let table = table_of(&[one.clone(), two.clone(), three.clone()].concat()).await;
    let (projector, rows) = projector(Carts, &table);
    projector.live(&bus(&one)).await.unwrap();
    let before = rows.all();
    let body = message("carts", 1, &[one, two, three[1..].to_vec()].concat());
    let expected = vec![Outlook::AlreadyApplied, Outlook::Applied, Outlook::Filled];
    assert_eq!(outlooks(&projector, &body).await, (true, Effect::Applies, expected));
    assert_eq!(rows.all(), before);
}

#[tokio::test]
async fn what_would_park_a_cart_and_what_is_parked_would_not_succeed() {
    let worms = history(cart(1), "open +worms");
    let (projector, _) = projector(Picky { chokes_on: Some("worms") }, &table_of(&worms).await);
    let body = message("picky", 1, &worms);
    assert_eq!(outlooks(&projector, &body).await, (false, Effect::Parks, vec![Outlook::Parked]));
    projector.live(&bus(&worms)).await.unwrap();
    assert_eq!(outlooks(&projector, &body).await, (false, Effect::Parks, vec![Outlook::Held]));
    // A gap that the table does not fill.
    let lost = event(cart(2), 4, "CartClosed", json!({"shopping_cart_uuid": cart(2)}));
    assert_eq!(outlooks(&projector, &message("picky", 1, &[lost])).await.2, [Outlook::Parked]);
}

#[tokio::test]
async fn f30_a_message_that_is_not_ours_says_why() {
    let events = history(cart(1), "open");
    let (projector, _) = projector(Carts, &table_of(&events).await);
    for (body, effect, says) in [
        ("{}".to_owned(), Effect::Unreadable, "not a replay message"),
        (message("suggestions", 1, &events), Effect::Unreadable, "for subscription suggestions"),
        (message("carts", 7, &events), Effect::GenerationGone, "generation 7"),
    ] {
        let dry_run = projector.dry_run(&body).await.unwrap();
        assert_eq!((dry_run.effect, dry_run.would_succeed), (effect, effect == Effect::GenerationGone));
        assert!(dry_run.reason.unwrap().contains(says));
    }
}
