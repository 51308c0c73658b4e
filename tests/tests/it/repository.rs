//! The repository with the real cart, over the table in memory.

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::event::ItemAdded;
use tillroll_core::cart::request::{AddItem, CloseCart, OpenCart};
use tillroll_core::cart::{Cart, CartEvent, CartRefusal, CartRequest, Terms};
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::money::Pieces;
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_core::text::SmolStr;
use tillroll_host_lambda::memory::MemoryTable;
use tillroll_host_lambda::ports::{COMMIT_EVENTS_MAX, EventTable, FaultKind};
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::repository::{COMMIT_BYTES_MAX, Repository, StoreError};
use uuid::Uuid;

const CART: StreamId = StreamId::new(Uuid::from_u128(7));

fn world() -> (Repository<Cart, MemoryTable>, MemoryTable) {
    let table = MemoryTable::default();
    (Repository::new(table.clone()), table)
}

fn template() -> Circumstances {
    Circumstances {
        source: Some("tillroll:api".to_owned()),
        happened_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        recorded_at: Some("2026-01-01T00:00:01Z".parse().unwrap()),
        ..Circumstances::bare(EventId::new(Uuid::nil()))
    }
}

fn open() -> CartRequest {
    CartRequest::OpenCart(OpenCart { currency: None, owner_ref: None, token_hash: None })
}

fn add(name: &str) -> CartRequest {
    CartRequest::AddItem(AddItem { item_name: name.to_owned(), sku: None, quantity: None, price: None })
}

fn ask(cart: &mut Versioned<Cart>, command: u128, request: &CartRequest) -> Outcome<CartRefusal> {
    let mark = CommandMark::new(CommandId::new(Uuid::from_u128(command)), request.fingerprint());
    let asked = [Asked { mark, command: request.check() }];
    judge(cart, &asked, Terms::AS_GIVEN, Atomicity::EachOnItsOwn).remove(0)
}

async fn opened_with(repository: &Repository<Cart, MemoryTable>, items: u128) -> Vec<EventRecord> {
    let mut cart = Versioned::new(CART);
    ask(&mut cart, 1, &open());
    for number in 0..items {
        ask(&mut cart, 100 + number, &add(&format!("item {number}")));
    }
    repository.store(&mut cart, &template()).await.unwrap()
}

#[tokio::test]
async fn what_is_stored_is_fetched_again() {
    let (repository, table) = world();
    assert!(repository.fetch(CART).await.unwrap().is_none(), "no events, no cart");
    let recorded = opened_with(&repository, 2).await;
    assert_eq!(recorded.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(table.load(CART, 0, None).await.unwrap(), recorded);
    assert!(recorded.iter().all(|event| event.circumstances.command.is_some()));
    assert_eq!(recorded[0].circumstances.source, template().source);

    let mut cart = repository.fetch(CART).await.unwrap().unwrap();
    assert_eq!(cart.stored_version(), 3);
    assert_eq!(repository.store(&mut cart, &template()).await.unwrap(), [], "nothing to store");
    ask(&mut cart, 2, &add("bread"));
    assert_eq!(repository.store(&mut cart, &template()).await.unwrap().len(), 1);
    assert!(cart.changes().is_empty());
    assert_eq!(cart.stored_version(), 4);
}

#[tokio::test]
async fn a_closed_cart_is_none_to_a_plain_fetch_and_its_history_stays() {
    let (repository, _) = world();
    opened_with(&repository, 1).await;
    let mut cart = repository.fetch(CART).await.unwrap().unwrap();
    ask(&mut cart, 2, &CartRequest::CloseCart(CloseCart { reason: None }));
    repository.store(&mut cart, &template()).await.unwrap();
    assert!(repository.fetch(CART).await.unwrap().is_none());
    assert_eq!(repository.load(CART).await.unwrap().stored_version(), 3);
}

#[tokio::test]
async fn a_stale_aggregate_is_a_conflict_and_after_loading_again_a_success() {
    let (repository, _) = world();
    opened_with(&repository, 0).await;
    let mut stale = repository.load(CART).await.unwrap();
    let mut first = repository.load(CART).await.unwrap();
    ask(&mut first, 2, &add("tea"));
    repository.store(&mut first, &template()).await.unwrap();

    ask(&mut stale, 3, &add("bread"));
    let refused = repository.store(&mut stale, &template()).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    assert_eq!(stale.changes().len(), 1, "the changes stay");

    let mut fresh = repository.load(CART).await.unwrap();
    ask(&mut fresh, 3, &add("bread"));
    repository.store(&mut fresh, &template()).await.unwrap();
    assert_eq!(repository.load(CART).await.unwrap().stored_version(), 3);
}

#[tokio::test]
async fn the_same_command_again_hours_later_gets_the_same_answer_and_no_new_events() {
    let (repository, table) = world();
    opened_with(&repository, 3).await;
    let mut cart = repository.load(CART).await.unwrap();
    let outcome = ask(&mut cart, 101, &add("item 1"));
    assert_eq!(outcome, Outcome::Resent { first_version: 3, last_version: 3 });
    repository.store(&mut cart, &template()).await.unwrap();
    assert_eq!(table.change_count(), 4);
    assert_eq!(ask(&mut cart, 101, &add("other")), Outcome::Refused(CartRefusal::CommandReused {}));
}

#[tokio::test]
async fn a_lost_answer_is_a_success_when_the_same_aggregate_is_stored_again() {
    let (repository, table) = world();
    opened_with(&repository, 0).await;
    let mut cart = repository.load(CART).await.unwrap();
    ask(&mut cart, 2, &add("tea"));
    table.faults().lose_next_answers(1);
    let Err(StoreError::Fault(fault)) = repository.store(&mut cart, &template()).await else { panic!("no fault") };
    assert_eq!(fault.kind, FaultKind::UnknownOutcome);
    assert_eq!(repository.store(&mut cart, &template()).await.unwrap().len(), 1);
    assert_eq!(table.change_count(), 2);
}

#[tokio::test]
async fn a_hole_is_a_fault_that_names_the_cart_and_the_missing_version() {
    let (repository, table) = world();
    opened_with(&repository, 4).await;
    table.lose(CART, 3);
    let fault = repository.load(CART).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent);
    assert!(fault.object.contains(&CART.to_string()) && fault.object.ends_with("version 3"), "{fault}");
}

#[tokio::test]
async fn an_event_that_does_not_read_as_its_name_says_is_a_fault() {
    let (repository, table) = world();
    let mut recorded = opened_with(&repository, 0).await;
    let mut wrong = recorded.remove(0);
    wrong.version = 2;
    wrong.name = "ItemAdded".to_owned();
    wrong.data = serde_json::json!({"shopping_cart_uuid": CART, "item_name": 7});
    table.append(&[wrong]).await.unwrap();
    let fault = repository.load(CART).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent);
    assert!(fault.object.ends_with("version 2"), "{fault}");
}

#[tokio::test]
async fn a_commit_has_at_most_25_events_and_64_kib() {
    let (repository, table) = world();
    let mut many = Versioned::new(CART);
    ask(&mut many, 1, &open());
    for number in 0..u128::try_from(COMMIT_EVENTS_MAX).unwrap() {
        ask(&mut many, 100 + number, &add(&format!("item {number}")));
    }
    let refused = repository.store(&mut many, &template()).await;
    assert!(matches!(refused, Err(StoreError::TooManyEvents(26))), "{refused:?}");

    // No request can say so much; an event of another aggregate could.
    let large = SmolStr::from("x".repeat(COMMIT_BYTES_MAX));
    let mut cart = Versioned::<Cart>::new(CART);
    let event = ItemAdded {
        shopping_cart_uuid: CART.uuid(),
        item_name: large.clone(),
        sku: Some(large),
        quantity: Pieces::default(),
        price: None,
    };
    let mark = CommandMark::new(CommandId::new(Uuid::from_u128(1)), add("x").fingerprint());
    cart.apply(mark, vec![CartEvent::ItemAdded(event)]);
    let refused = repository.store(&mut cart, &template()).await;
    assert!(matches!(refused, Err(StoreError::TooLarge(bytes)) if bytes > COMMIT_BYTES_MAX), "{refused:?}");
    assert_eq!(table.change_count(), 0);
}
