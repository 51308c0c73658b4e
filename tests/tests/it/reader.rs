//! Events read from the bytes of DynamoDB's answers, and by the SDK: the same events, the same faults, whatever comes.

mod hostile;

use std::collections::BTreeSet;
use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Mutex;

use futures_util::{StreamExt as _, stream as futures};
use serde_json::{Value, json};
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::StreamId;
use tillroll_core::recorded::{Circumstances, Recorded};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, Reader, Tokens, events_of_answer};
use tillroll_host_lambda::item::image_of_event;
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{EventTable, Fault, FaultKind};
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::repository::Repository;
use tillroll_tests::canned::{Answer, Answering, Canned, client_over};
use tillroll_tests::contracts::event_table::{event, stream};
use tillroll_tests::faulty_wire::{FaultyWire, Loss};
use tillroll_tests::wall_clock::WallClock;
use tillroll_tests::{dynoxide, ministack};

/// Longer than any budget lasts.
const ALWAYS: usize = 1_000;

/// What a load comes to: events, or a fault and the words of all its causes.
type Loaded<R> = Result<Vec<R>, (FaultKind, String)>;

fn worded<R>(loaded: Result<Vec<R>, Fault>) -> Loaded<R> {
    loaded.map_err(|fault| {
        let mut words = fault.to_string();
        let mut cause = fault.source();
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        (fault.kind, words)
    })
}

async fn whole(table: &impl EventTable, cart: StreamId) -> Loaded<EventRecord> {
    worded(table.load(cart, 0, None).await)
}

async fn decoded(table: &impl EventTable, cart: StreamId) -> Loaded<Recorded<CartEvent>> {
    let mut events = Vec::new();
    let take = |event| {
        events.push(event);
        Ok(())
    };
    worded(table.load_decoded(cart, None, take).await.map(|()| events))
}

/// A table that answers with this and nothing else, read by either.
fn canned(answers: &[Answer], reader: Reader) -> Events<MemoryClock> {
    let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
    let client = Canned::new(answers.to_vec()).client();
    Events::new(client, "events", Tokens::Omit, clock).with_reader(reader)
}

/// What both readers make of these answers; fails when it is not the same.
async fn both(answers: &[Answer], cart: StreamId) -> (Loaded<EventRecord>, Loaded<Recorded<CartEvent>>) {
    let [ours, sdks] = [Reader::Bytes, Reader::Sdk].map(|reader| canned(answers, reader));
    let expected = (whole(&sdks, cart).await, decoded(&canned(answers, Reader::Sdk), cart).await);
    assert_eq!(whole(&ours, cart).await, expected.0);
    assert_eq!(decoded(&canned(answers, Reader::Bytes), cart).await, expected.1);
    expected
}

fn in_a_runtime<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Events of every kind, with everything that may be noted of them.
fn history(cart: StreamId) -> Vec<EventRecord> {
    let rule = |kind: Value| json!({"shopping_cart_uuid": cart, "code": "SPRING \"10\"", "rule": kind});
    let data = [
        ("CartOpened", json!({"shopping_cart_uuid": cart, "currency": "EUR", "owner_ref": "o", "token_hash": "ab"})),
        ("CartClaimed", json!({"shopping_cart_uuid": cart, "owner_ref": "p"})),
        ("ItemAdded", json!({"shopping_cart_uuid": cart, "item_name": "Tea"})),
        (
            "ItemAdded",
            json!({
                "shopping_cart_uuid": cart, "item_name": "Ärger \u{1f375} \"<b>\" \\ \u{7f}\n\u{0}", "sku": "a/b",
                "quantity": 9_007_199_254_740_991_u64, "price": {"minor": 0, "per": 3}, "later": [null, true, {}, -1.5],
            }),
        ),
        ("ItemQuantityChanged", json!({"shopping_cart_uuid": cart, "sku": "Tea", "quantity": 0})),
        ("ItemRemoved", json!({"shopping_cart_uuid": cart, "sku": "Tea"})),
        ("DiscountApplied", rule(json!({"kind": "percent_off", "basis_points": 1_000, "sku": "a/b"}))),
        ("DiscountApplied", rule(json!({"min_subtotal_minor": 5, "minor": 300, "kind": "amount_off"}))),
        ("DiscountRemoved", json!({"shopping_cart_uuid": cart, "code": "SPRING \"10\""})),
        ("ItemWeighed", json!({"weight": 0.25, "of": [{"deep": [[]]}], "empty": ""})),
        ("CartClosed", json!({"shopping_cart_uuid": cart, "reason": "checked_out"})),
    ];
    let noted = Circumstances {
        happened_at: Some("2017-01-01T11:53:26.5+01:00".parse().unwrap()),
        correlation_id: Some("story \\u0041".to_owned()),
        causation_id: Some(String::new()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        actor: Some("éclair".to_owned()),
        reducer: Some("0123456789abcdef".to_owned()),
        schema_version: 3,
        ..event(cart, 1, 1).circumstances
    };
    let records = (1..).zip(data).map(|(version, (name, data))| {
        let plain = event(cart, version, u128::from(version));
        let circumstances = match version % 3 {
            0 => Circumstances { command: None, source: None, recorded_at: None, ..plain.circumstances.clone() },
            1 => Circumstances { event_id: plain.circumstances.event_id, ..noted.clone() },
            _ => plain.circumstances.clone(),
        };
        EventRecord { name: name.to_owned(), data, circumstances, ..plain }
    });
    records.collect()
}

/// The answer to a query that found these items.
fn answer(items: &[Value]) -> String {
    json!({"Count": items.len(), "Items": items, "ScannedCount": items.len()}).to_string()
}

fn item(record: &EventRecord) -> Value {
    serde_json::to_value(image_of_event(record)).unwrap()
}

fn items(records: &[EventRecord]) -> Vec<Value> {
    records.iter().map(item).collect()
}

#[test]
fn events_of_every_kind_are_read_without_the_sdk_and_as_the_sdk_reads_them() {
    let records = history(stream(1));
    let answer = answer(&items(&records));
    let (whole, decoded) = in_a_runtime(both(&[Answer::ok(answer.clone())], stream(1)));
    assert_eq!(whole, Ok(records.clone()));
    assert_eq!(events_of_answer(answer.as_bytes(), stream(1)), Some(decoded.unwrap()));
    // As other writers of JSON put it: with white space, and nothing but ASCII.
    let spaced = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&answer).unwrap()).unwrap();
    let ascii = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    let escaped: String = answer.encode_utf16().map(ascii).collect();
    for same in [spaced, escaped] {
        assert!(events_of_answer::<CartEvent>(same.as_bytes(), stream(1)).is_some(), "{same}");
        assert_eq!(in_a_runtime(both(&[Answer::ok(same)], stream(1))).0, Ok(records.clone()));
    }
}

#[test]
fn an_items_attributes_come_in_any_order() {
    let records = history(stream(1));
    let most = records.iter().map(|record| item(record).as_object().unwrap().len()).max().unwrap();
    for first in 0..most {
        let turned: Vec<String> = records.iter().map(|record| turned(&item(record), first)).collect();
        let answer = format!(r#"{{"ScannedCount":{0},"Items":[{1}],"Count":{0}}}"#, records.len(), turned.join(","));
        assert!(events_of_answer::<CartEvent>(answer.as_bytes(), stream(1)).is_some());
        let (whole, decoded) = in_a_runtime(both(&[Answer::ok(answer.clone())], stream(1)));
        assert_eq!(whole, Ok(records.clone()));
        assert_eq!(events_of_answer(answer.as_bytes(), stream(1)), Some(decoded.unwrap()));
    }
}

/// An object's text that begins with another member.
fn turned(item: &Value, first: usize) -> String {
    let members: Vec<String> =
        item.as_object().unwrap().iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    let turned: Vec<&str> = members.iter().cycle().skip(first).take(members.len()).map(String::as_str).collect();
    format!("{{{}}}", turned.join(","))
}

#[test]
fn pages_follow_each_other_whoever_reads_them() {
    let records = history(stream(1));
    let page = |records: &[EventRecord], next: bool| {
        let mut page: Value = serde_json::from_str(&answer(&items(records))).unwrap();
        let last = records.last().unwrap();
        if next {
            let key = json!({"AggregateUuid": {"S": last.stream}, "Version": {"N": last.version.to_string()}});
            page["LastEvaluatedKey"] = key;
        }
        Answer::ok(page.to_string())
    };
    // The SDK has to read the one in the middle.
    let mut odd: Value = serde_json::from_slice(&page(&records[4..8], true).body).unwrap();
    odd["ConsumedCapacity"] = json!({"TableName": "events", "CapacityUnits": 1.5});
    let pages = [page(&records[..4], true), Answer::ok(odd.to_string()), page(&records[8..], false)];
    assert_eq!(in_a_runtime(both(&pages, stream(1))).0, Ok(records));
}

/// Real pages, by both readers: events of every kind, a cart of several pages, one without events.
async fn real_pages_are_read_alike(server: SocketAddr) {
    let names = TableNames { events: "read-events".to_owned(), rows: "read-rows".to_owned() };
    create_tables(&emulator_client(server), &names).await.unwrap();
    let wire = FaultyWire::to(server).await;
    let client = emulator_client(wire.address());
    let ours = Events::new(client.clone(), &names.events, Tokens::Omit, WallClock::default());
    let sdks = ours.clone().with_reader(Reader::Sdk);
    let all_kinds = history(stream(1));
    ours.append(&all_kinds).await.unwrap();
    for number in 0..20_u64 {
        let mut large = event(stream(2), number + 1, 1);
        large.data["item_name"] = json!("é\"x".repeat(15_000));
        ours.append(&[large]).await.unwrap();
    }
    for cart in [stream(1), stream(2), stream(3)] {
        let written = wire.answers().len();
        assert_eq!(whole(&ours, cart).await, whole(&sdks, cart).await);
        assert_eq!(decoded(&ours, cart).await, decoded(&sdks, cart).await);
        let pages = wire.answers().split_off(written);
        let left_to_the_sdk = pages.iter().find(|page| events_of_answer::<CartEvent>(page.as_bytes(), cart).is_none());
        assert_eq!(left_to_the_sdk, None);
        assert_eq!(pages.len() > 4, cart == stream(2), "the long cart has several pages");
    }
    assert_eq!(whole(&ours, stream(1)).await, Ok(all_kinds));
    assert_eq!(ours.load(stream(2), 7, Some(12)).await.unwrap(), sdks.load(stream(2), 7, Some(12)).await.unwrap());
    // A table that is not there is the same fault.
    let nowhere = Events::new(client, "nowhere", Tokens::Omit, WallClock::default());
    let fault = whole(&nowhere, stream(1)).await;
    assert!(fault.as_ref().is_err_and(|(kind, _)| *kind == FaultKind::Transient), "{fault:?}");
    assert_eq!(fault, whole(&nowhere.with_reader(Reader::Sdk), stream(1)).await);
}

#[tokio::test]
async fn pages_of_the_embedded_dynamodb_are_read_alike() {
    real_pages_are_read_alike(dynoxide::start().await).await;
}

#[tokio::test]
async fn pages_of_an_independent_emulator_are_read_alike() {
    if let Some(ministack) = ministack::shared().await {
        real_pages_are_read_alike(ministack.address()).await;
    }
}

#[test]
fn every_error_answer_is_the_fault_that_the_sdk_makes_of_it() {
    let good = answer(&items(&history(stream(1))));
    for (answers, expected) in [
        (vec![Answer::error(400, "ProvisionedThroughputExceededException")], FaultKind::Transient),
        (vec![Answer::error(400, "ThrottlingException")], FaultKind::Transient),
        (vec![Answer::error(400, "ResourceNotFoundException")], FaultKind::Transient),
        (vec![Answer::error(400, "ValidationException")], FaultKind::Permanent),
        (vec![Answer::error(500, "InternalServerError")], FaultKind::Transient),
        (vec![Answer { status: 503, body: "<html>busy</html>".into() }], FaultKind::Transient),
        (vec![Answer { status: 400, body: good.clone().into() }], FaultKind::Permanent),
        (vec![Answer::ok(good[..good.len() / 2].to_owned())], FaultKind::Permanent),
        (vec![Answer::ok("[]")], FaultKind::Permanent),
        (vec![Answer::ok("<html>fine</html>")], FaultKind::Permanent),
    ] {
        let (whole, decoded) = in_a_runtime(both(&answers, stream(1)));
        assert!(whole.as_ref().is_err_and(|(kind, _)| *kind == expected), "{answers:?}: {whole:?}");
        assert!(decoded.is_err_and(|(kind, _)| kind == expected), "{answers:?}");
    }
    // What is said again is read when it comes.
    let answers =
        [Answer::error(400, "ThrottlingException"), Answer::error(500, "InternalServerError"), Answer::ok(good)];
    assert_eq!(in_a_runtime(both(&answers, stream(1))).0, Ok(history(stream(1))));
    // Nothing at all, and a success of another kind, are pages without events to the SDK.
    for empty in [Answer::ok(""), Answer::ok("{}"), Answer { status: 204, body: "".into() }] {
        assert_eq!(in_a_runtime(both(&[empty], stream(1))).0, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_and_then_a_fault_to_both() {
    let server = dynoxide::start().await;
    let wire = FaultyWire::to(server).await;
    let names = TableNames::default();
    create_tables(&emulator_client(server), &names).await.unwrap();
    let records = history(stream(1));
    let past_the_wire = Events::new(emulator_client(server), &names.events, Tokens::Omit, WallClock::default());
    past_the_wire.append(&records).await.unwrap();
    for loss in [Loss::Request, Loss::Answer, Loss::HalfAnswer, Loss::LongAnswer] {
        for reader in [Reader::Bytes, Reader::Sdk] {
            let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
            let events = Events::new(emulator_client(wire.address()), &names.events, Tokens::Omit, clock);
            let events = events.with_reader(reader);
            wire.lose_next(&[loss, loss]);
            assert_eq!(whole(&events, stream(1)).await, Ok(records.clone()), "{loss:?}, {reader:?}");
            wire.lose_next(&[loss; ALWAYS]);
            let fault = whole(&events, stream(1)).await.unwrap_err();
            assert_eq!(fault.0, FaultKind::Transient, "{loss:?}, {reader:?}: {}", fault.1);
            wire.lose_next(&[]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_loads_at_once_each_get_their_own_events() {
    const CARTS: u128 = 150;
    /// At a time: each has to be through within the SDK's own timeout, on a busy machine too.
    const AT_ONCE: usize = 50;
    let records = |cart: u128| -> Vec<_> {
        (1..=1 + u64::try_from(cart % 7).unwrap()).map(|n| event(stream(cart), n, cart)).collect()
    };
    // Some of the answers are left to the SDK, some are errors the first time.
    let refused: Mutex<BTreeSet<u128>> = Mutex::default();
    let transport = Answering::new(move |request: &str| {
        let cart = (1..=CARTS).find(|cart| request.contains(&stream(*cart).to_string())).expect("a query for a cart");
        match cart % 5 {
            0 if refused.lock().unwrap().insert(cart) => Answer::error(400, "ThrottlingException"),
            1 => Answer::ok(answer(&items(&records(cart))).replacen('{', r#"{"Unasked":[],"#, 1)),
            _ => Answer::ok(answer(&items(&records(cart)))),
        }
    });
    let client = client_over(transport);
    let loads = (1..=CARTS).map(|cart| {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
        let events = Events::new(client.clone(), "events", Tokens::Omit, clock);
        tokio::spawn(async move {
            assert_eq!(whole(&events, stream(cart)).await, Ok(records(cart)));
            let folded = Repository::<Cart, _>::new(events).load(stream(cart)).await.unwrap();
            assert_eq!((folded.head().stream, folded.head().version), (stream(cart), records(cart).len() as u64));
        })
    });
    futures::iter(loads).buffer_unordered(AT_ONCE).for_each(|load| async { load.unwrap() }).await;
}

#[test]
fn folding_allocates_for_no_event_whose_texts_are_short() {
    const EVENTS: u64 = 1_000;
    let cart = stream(1);
    let mut records = vec![history(cart).remove(0)];
    // Twenty lines, raised, changed and removed.
    records.extend((2..=EVENTS).map(|version| {
        let sku = format!("sku-{}", version % 20);
        let (name, data) = match version % 10 {
            8 => ("ItemQuantityChanged", json!({"shopping_cart_uuid": cart, "sku": sku, "quantity": 4})),
            9 => ("ItemRemoved", json!({"shopping_cart_uuid": cart, "sku": sku})),
            _ => {
                let price = json!({"minor": 398, "per": 2});
                let item_name = format!("Item of {sku}");
                let added = json!({
                    "shopping_cart_uuid": cart, "item_name": item_name, "sku": sku, "quantity": 2, "price": price,
                });
                ("ItemAdded", added)
            }
        };
        EventRecord { name: name.to_owned(), data, ..event(cart, version, version.into()) }
    }));
    for record in &mut records {
        // What a load for folding leaves unread.
        let Circumstances { event_id, command, .. } = record.circumstances;
        record.circumstances = Circumstances { event_id, command, ..event(cart, 1, 1).circumstances };
        record.circumstances.source = None;
    }
    let answer = answer(&items(&records));
    let taken = allocation_counter::measure(|| drop(events_of_answer::<CartEvent>(answer.as_bytes(), cart)));
    // The vector twice, the cart's id as text: short texts lie in the events themselves.
    assert!(taken.count_total <= 8, "{} allocations for {EVENTS} events", taken.count_total);
    // All of a load, the SDK's request and the fold included: what comes on top does not grow with the events.
    let load = |records: &[EventRecord]| {
        let items = items(records);
        let events = canned(&[Answer::ok(self::answer(&items))], Reader::Bytes);
        let repository = Repository::<Cart, _>::new(events);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(repository.load(cart)).unwrap();
        allocation_counter::measure(|| drop(runtime.block_on(repository.load(cart)).unwrap())).count_total
    };
    let (short, long) = (load(&records[..500]), load(&records));
    // Half of the events more: the ids of their commands, which the cart remembers, need room now and then.
    assert!(long - short <= 50, "{short} allocations for half of it, {long} for all");
}
