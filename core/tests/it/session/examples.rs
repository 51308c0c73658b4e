//! Single situations, each a sentence.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::request::{AddItem, ChangeQuantity, OpenCart, RemoveItem};
use tillroll_core::cart::{Cart, CartEvent, CartRefusal, CartRequest, Terms};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Atomicity, judge};
use tillroll_core::packed::History;
use tillroll_core::recorded::{Circumstances, Recorded, Stored};
use tillroll_core::session::{
    Answer, BATCH_COMMANDS_MAX, Cause, Certainty, NotDiscarded, NotTaken, Outcome, Past, QUEUE_MAX, Reply, Said,
    Session, SessionError, Standing, Subject, Taken, Verdict,
};
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::server::{REDUCER, asked, catalogue};
use super::world::cart;

fn id(number: usize) -> CommandId {
    CommandId::new(Uuid::from_u128(number as u128))
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

fn add(sku: &str) -> CartRequest {
    CartRequest::AddItem(AddItem { item_name: sku.into(), sku: Some(sku.into()), quantity: None, price: None })
}

fn change(sku: &str, quantity: i64) -> CartRequest {
    CartRequest::ChangeQuantity(ChangeQuantity { sku: sku.into(), quantity })
}

fn remove(sku: &str) -> CartRequest {
    CartRequest::RemoveItem(RemoveItem { sku: sku.into() })
}

/// A history as the server would have it: what these commands of somebody else cause.
fn history(requests: &[CartRequest]) -> Vec<Recorded<CartEvent>> {
    let mut state = Versioned::<Cart>::new(cart());
    let opened = [CartRequest::OpenCart(OpenCart::default())];
    for (number, request) in opened.iter().chain(requests).enumerate() {
        judge(&mut state, &[asked(id(1_000 + number), request)], Terms::HISTORY, Atomicity::EachOnItsOwn);
    }
    let recorded = state.changes().iter().map(|change| Recorded {
        stream: cart(),
        version: change.version,
        event: Stored::Known(change.event.clone()),
        circumstances: Circumstances { command: Some(change.command), ..Circumstances::bare(change.event_id) },
    });
    recorded.collect()
}

fn session(requests: &[CartRequest]) -> Session {
    let mut session = Session::new(cart(), REDUCER);
    session.confirm(&history(requests)).unwrap();
    session
}

fn said(code: &str) -> Said {
    Said { code: code.into(), message: "no".into(), details: "{}".into() }
}

fn reply(attempt: u64, version: u64, answers: &[(usize, Verdict)]) -> Reply {
    let answers = answers.iter().map(|(number, verdict)| Answer { id: id(*number), verdict: verdict.clone() });
    Reply { attempt, answers: answers.collect(), version, state_hash: None, reducer: REDUCER.into() }
}

fn accepted(version: u64) -> Verdict {
    Verdict::Accepted { version, events: Vec::new() }
}

fn skus(session: &Session) -> Vec<String> {
    session.visible().map_or(Vec::new(), |cart| cart.lines.iter().map(|line| line.sku.to_string()).collect())
}

fn outcomes(session: &Session) -> Vec<Outcome> {
    session.settled_after(0).map(|settlement| settlement.outcome.clone()).collect()
}

#[test]
fn a_command_is_visible_at_once_and_refused_with_the_servers_code() {
    let mut session = session(&[]);
    assert_eq!(session.dispatch(id(1), add("tea"), at(0)), Ok(Taken::Applied));
    assert_eq!(skus(&session), ["tea"]);
    let missing = session.dispatch(id(2), remove("milk"), at(0));
    assert_eq!(missing, Err(NotTaken::Refused(CartRefusal::LineNotFound { sku: "milk".into() })));
    assert_eq!(session.dispatch(id(3), change("tea", 1), at(0)), Ok(Taken::Noop));
    assert_eq!(session.dispatch(id(1), add("tea"), at(0)), Ok(Taken::Again));
    let reused = session.dispatch(id(1), add("eggs"), at(0));
    assert_eq!(reused, Err(NotTaken::Refused(CartRefusal::CommandReused {})));
    assert_eq!(session.dispatch(id(0), add("tea"), at(0)), Err(NotTaken::NilId));
    assert_eq!(session.snapshot().pending.len(), 1);
}

#[test]
fn a_line_stays_visible_from_its_dispatch_until_its_event_is_there() {
    let mut session = session(&[]);
    session.dispatch(id(1), add("tea"), at(0)).unwrap();
    let batch = session.next_to_send(at(0)).unwrap();
    // Somebody else was first, and those events are not here yet.
    session.answered(&reply(batch.attempt, 3, &[(1, accepted(3))])).unwrap();
    assert_eq!((skus(&session), session.missing()), (vec!["tea".into()], Some(1)));
    assert_eq!(session.next_to_send(at(0)), None, "what has its answer is never sent again");
    let mut events = history(&[add("milk"), add("tea")]);
    events[2].circumstances.command = None;
    session.confirm(&events[..2]).unwrap();
    assert_eq!(skus(&session), ["milk", "tea"]);
    session.confirm(&events).unwrap();
    assert_eq!((skus(&session), session.missing()), (vec!["milk".into(), "tea".into()], None));
    assert_eq!(outcomes(&session), [Outcome::Confirmed { version: 3, changed: false }]);
}

#[test]
fn one_event_in_any_order_and_any_number_counts_once() {
    let mut session = Session::new(cart(), REDUCER);
    let mut events = history(&[add("tea"), add("tea")]);
    events.reverse();
    assert_eq!(session.confirm(&events).unwrap().applied, 3);
    let revision = session.revision();
    let again = session.confirm(&events).unwrap();
    assert_eq!((again.applied, again.missing_after, session.revision()), (0, None, revision));
    let mut late = Session::new(cart(), REDUCER);
    assert_eq!(late.confirm(&events[..1]).unwrap().missing_after, Some(0));
    events[0].stream = StreamId::new(Uuid::from_u128(8));
    assert!(matches!(late.confirm(&events), Err(SessionError::ForeignCart { .. })));
    assert_eq!(late.confirmed_version(), 0);
}

#[test]
fn a_refusal_waits_for_somebody_and_blocks_nothing() {
    let mut session = session(&[add("tea")]);
    for (number, request) in [(1, change("tea", 5)), (2, add("milk"))] {
        session.dispatch(id(number), request, at(0)).unwrap();
    }
    let batch = session.next_to_send(at(0)).unwrap();
    let answers = [(1, Verdict::Refused(said("line_not_found"))), (2, accepted(3))];
    session.answered(&reply(batch.attempt, 3, &answers)).unwrap();
    let snapshot = session.snapshot();
    assert_eq!((snapshot.pending.len(), snapshot.attention.len()), (1, 1));
    assert_eq!((snapshot.attention[0].said, &snapshot.lines[0].refused[..]), (&said("line_not_found"), &[id(1)][..]));
    assert_eq!(session.retry(id(1), at(1)), Ok(Taken::Applied));
    let doubled = session.answered(&reply(batch.attempt, 3, &answers));
    assert!(doubled.is_ok() && session.snapshot().attention.is_empty(), "a late answer is none to the new try");
    assert_eq!(session.next_to_send(at(1)).unwrap().ids, [id(1)]);
    assert_eq!(session.discard(id(1)), Err(NotDiscarded::Sent));
    assert_eq!(outcomes(&session), [Outcome::Refused(said("line_not_found"))]);
}

#[test]
fn a_transient_failure_keeps_the_order_and_the_ids() {
    let mut session = session(&[]);
    for number in 1..=BATCH_COMMANDS_MAX + 1 {
        session.dispatch(id(number), add("tea"), at(0)).unwrap();
    }
    let batch = session.next_to_send(at(0)).unwrap();
    assert_eq!(batch.ids, (1..=BATCH_COMMANDS_MAX).map(id).collect::<Vec<_>>());
    assert_eq!(session.next_to_send(at(0)), None, "one batch at a time");
    session.failed(batch.attempt, Certainty::Unknown);
    session.pause(at(500));
    assert_eq!(session.next_to_send(at(499)), None);
    let again = session.next_to_send(at(500)).unwrap();
    assert_eq!((&again.ids, again.failures), (&batch.ids, 1));
    session.failed(batch.attempt, Certainty::Unknown);
    assert_eq!(session.next_to_send(at(500)), None, "a failure of an attempt that was given up means nothing");
}

#[test]
fn a_request_that_is_turned_away_whole_goes_again_one_by_one() {
    let mut session = session(&[]);
    for number in 1..=3 {
        session.dispatch(id(number), add("tea"), at(0)).unwrap();
    }
    let batch = session.next_to_send(at(0)).unwrap();
    session.rejected(batch.attempt, &said("malformed_json"));
    let first = session.next_to_send(at(0)).unwrap();
    assert_eq!(first.ids, [id(1)]);
    session.rejected(first.attempt, &said("malformed_json"));
    for number in 2..=3 {
        let next = session.next_to_send(at(0)).unwrap();
        assert_eq!(next.ids, [id(number)]);
        session.answered(&reply(next.attempt, number as u64, &[(number, accepted(number as u64))])).unwrap();
    }
    assert_eq!(session.snapshot().attention.len(), 1);
}

#[test]
fn a_price_that_rose_meanwhile_is_asked_about_and_not_paid() {
    let mut session = Session::new(cart(), REDUCER);
    session.set_catalogue(Some(catalogue(0)));
    session.confirm(&history(&[])).unwrap();
    session.dispatch(id(1), add("item-0"), at(0)).unwrap();
    let Some(CartRequest::AddItem(sent)) = session.request(id(1)) else { panic!("it is pending") };
    assert_eq!(sent.price.map(|price| price.minor), Some(499), "the price that was shown goes along");
    assert_eq!(session.dispatch(id(1), add("item-0"), at(0)), Ok(Taken::Again));
    session.set_catalogue(Some(catalogue(1)));
    let snapshot = session.snapshot();
    let Standing::Refused { code, cause, .. } = snapshot.pending[0].standing else { panic!("{snapshot:?}") };
    assert_eq!((code, cause), ("price_changed", Some(Cause::Catalogue)));
    assert_eq!(skus(&session), [""; 0]);
}

#[test]
fn a_command_that_became_something_else_says_so() {
    let mut session = session(&[add("tea")]);
    session.dispatch(id(1), change("tea", 5), at(0)).unwrap();
    session.confirm(&history(&[add("tea"), change("tea", 5)])).unwrap();
    let snapshot = session.snapshot();
    assert_eq!((&snapshot.pending[0].standing, snapshot.pending[0].now.events().count()), (&Standing::Changed, 0));
    assert_eq!(snapshot.pending[0].subject, Subject::Line { sku: "tea".into() });
    let batch = session.next_to_send(at(0)).unwrap();
    session.answered(&reply(batch.attempt, 3, &[(1, Verdict::Noop { version: 3 })])).unwrap();
    assert_eq!(outcomes(&session), [Outcome::Noop { version: 3 }]);
}

#[test]
fn the_event_that_spoiled_a_command_is_named_among_many() {
    let mut session = session(&[add("tea")]);
    session.dispatch(id(1), add("milk"), at(0)).unwrap();
    session.dispatch(id(2), change("tea", 5), at(0)).unwrap();
    let mut later = vec![add("tea"), add("eggs"), add("eggs"), remove("tea")];
    later.resize(40, add("eggs"));
    session.confirm(&history(&later)).unwrap();
    let snapshot = session.snapshot();
    let Standing::Refused { code, cause, .. } = snapshot.pending[1].standing else { panic!("{snapshot:?}") };
    assert_eq!((code, cause), ("line_not_found", Some(Cause::Event { version: 5 })));
    assert_eq!(snapshot.pending[0].standing, Standing::AsMeant);
}

#[test]
fn clicks_on_one_quantity_are_one_command_until_it_is_sent() {
    let mut session = session(&[add("tea")]);
    for number in 1..=50 {
        session.dispatch(id(number), change("tea", number as i64 + 1), at(0)).unwrap();
    }
    assert_eq!(session.next_to_send(at(0)).unwrap().ids, [id(50)]);
    session.dispatch(id(51), change("tea", 9), at(0)).unwrap();
    assert_eq!(session.snapshot().pending.len(), 2, "what is on its way stays");
    assert_eq!(outcomes(&session)[0], Outcome::Superseded { by: id(2) });
}

proptest! {
    /// Between what is typed batches are lost (`None`) that may have been done.
    #[test]
    fn whatever_is_typed_between_two_sends_is_one_command(typed in vec(option::weighted(0.8, 2_i64..999), 1..30)) {
        let mut session = session(&[add("tea")]);
        let mut expected: Vec<(usize, bool)> = Vec::new();
        let mut superseded = 0;
        for (number, step) in (1..).zip(&typed) {
            let Some(quantity) = step else {
                if let Some(batch) = session.next_to_send(at(0)) {
                    session.failed(batch.attempt, Certainty::Unknown);
                }
                for (_, sent) in &mut expected {
                    *sent = true;
                }
                continue;
            };
            let taken = session.dispatch(id(number), change("tea", *quantity), at(0));
            prop_assert!(matches!(taken, Ok(Taken::Applied | Taken::Noop)), "{taken:?}");
            if taken == Ok(Taken::Noop) {
                continue;
            }
            if expected.pop_if(|(_, sent)| !*sent).is_some() {
                superseded += 1;
                prop_assert_eq!(outcomes(&session).pop(), Some(Outcome::Superseded { by: id(number) }));
            }
            expected.push((number, false));
            prop_assert_eq!(session.visible().unwrap().lines[0].quantity.get(), quantity.unsigned_abs());
        }
        let ids: Vec<_> = expected.iter().map(|(number, _)| id(*number)).collect();
        let pending: Vec<_> = session.snapshot().pending.iter().map(|pending| pending.id).collect();
        prop_assert_eq!(&pending, &ids, "in the order in which they were taken");
        prop_assert_eq!(session.next_to_send(at(0)).map_or(Vec::new(), |batch| batch.ids), ids);
        prop_assert_eq!(outcomes(&session).len(), superseded, "each has one end");
    }
}

#[test]
fn a_full_queue_says_what_to_do_and_takes_more_when_there_is_room() {
    let mut session = session(&[]);
    for number in 1..=QUEUE_MAX {
        session.dispatch(id(number), add("tea"), at(0)).unwrap();
    }
    let full = session.dispatch(id(QUEUE_MAX + 1), add("tea"), at(0));
    assert_eq!(full, Err(NotTaken::QueueFull { max: QUEUE_MAX }));
    session.discard(id(QUEUE_MAX)).unwrap();
    assert_eq!(session.dispatch(id(QUEUE_MAX + 1), add("tea"), at(0)), Ok(Taken::Applied));
}

#[test]
fn the_queue_survives_a_reload_and_one_that_was_sent_goes_again_with_its_id() {
    let mut before = session(&[]);
    before.dispatch(id(1), add("tea"), at(0)).unwrap();
    before.dispatch(id(2), add("milk"), at(0)).unwrap();
    before.next_to_send(at(0)).unwrap();
    let unsaved = before.unsaved().unwrap();
    before.saved(unsaved.ticket);
    assert_eq!(before.unsaved(), None);
    let mut after = session(&[]);
    after.merge(unsaved.rows.clone(), unsaved.settled_through);
    assert_eq!((skus(&after), after.discard(id(1))), (skus(&before), Err(NotDiscarded::Sent)));
    assert_eq!(after.next_to_send(at(0)).unwrap().ids, [id(1), id(2)]);
    let revision = after.revision();
    after.merge(unsaved.rows, unsaved.settled_through);
    assert_eq!(after.revision(), revision, "reading the same again changes nothing");
}

#[test]
fn a_command_that_another_tab_settled_is_not_sent_and_vanishes_only_behind_its_events() {
    let (mut here, mut there) = (session(&[]), session(&[]));
    here.dispatch(id(1), add("tea"), at(0)).unwrap();
    let unsaved = here.unsaved().unwrap();
    here.saved(unsaved.ticket);
    there.merge(unsaved.rows, unsaved.settled_through);
    let batch = there.next_to_send(at(0)).unwrap();
    let mut events = history(&[add("tea")]);
    events[1].circumstances.command = Some(asked(id(1), &add("tea")).mark);
    let verdict = Verdict::Accepted { version: 2, events: events[1..].to_vec() };
    there.answered(&reply(batch.attempt, 2, &[(1, verdict)])).unwrap();
    let settled = there.unsaved().unwrap();
    assert_eq!((settled.removed, settled.settled_through), (vec![id(1)], 2));
    here.merge(Vec::new(), 2);
    assert_eq!((here.next_to_send(at(0)), skus(&here), here.missing()), (None, vec!["tea".into()], Some(1)));
    here.confirm(&events).unwrap();
    assert_eq!(outcomes(&here), [Outcome::Confirmed { version: 2, changed: false }]);
}

#[test]
fn a_hash_that_differs_is_reported_until_all_events_were_fetched_anew() {
    let mut session = session(&[add("tea")]);
    let hash = session.confirmed().unwrap().state_hash;
    let claim = |version, state_hash, reducer: &str| Reply {
        state_hash: Some(state_hash),
        reducer: reducer.into(),
        ..reply(9, version, &[])
    };
    session.answered(&claim(2, hash, REDUCER)).unwrap();
    assert_eq!(session.sync().diverged, None);
    let wrong = Fingerprint::new(1);
    session.answered(&claim(2, wrong, "another")).unwrap();
    assert_eq!((session.sync().diverged, session.update_needed()), (None, true));
    session.answered(&claim(2, wrong, REDUCER)).unwrap();
    let diverged = session.sync().diverged.unwrap();
    assert_eq!((diverged.version, diverged.ours, diverged.theirs, diverged.rebuilt), (2, hash, wrong, false));
    let bytes = session.packed(0).unwrap();
    session.rebuild(&[History::open(&bytes).unwrap()]).unwrap();
    assert_eq!(session.sync().diverged.map(|it| it.rebuilt), Some(true), "fetching anew did not help");
    session.answered(&claim(2, hash, REDUCER)).unwrap();
    assert_eq!((session.sync().diverged, session.update_needed()), (None, false));
}

#[test]
fn an_answer_that_the_server_lost_goes_out_again() {
    let mut session = session(&[]);
    session.dispatch(id(1), add("tea"), at(0)).unwrap();
    let batch = session.next_to_send(at(0)).unwrap();
    session.answered(&reply(batch.attempt, 7, &[(1, accepted(7))])).unwrap();
    let bytes = session.packed(0).unwrap();
    session.rebuild(&[History::open(&bytes).unwrap()]).unwrap();
    assert_eq!((skus(&session), session.missing()), (vec!["tea".into()], None));
    assert_eq!(session.next_to_send(at(0)).unwrap().ids, [id(1)]);
}

#[test]
fn damaged_pages_and_replies_that_contradict_themselves_change_nothing() {
    let mut session = session(&[add("tea")]);
    session.dispatch(id(1), add("milk"), at(0)).unwrap();
    let batch = session.next_to_send(at(0)).unwrap();
    let whole = session.packed(0).unwrap();
    for byte in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[byte] ^= 0x55;
        let mut fresh = Session::new(cart(), REDUCER);
        let taken = History::open(&damaged).map_err(SessionError::Packed).and_then(|page| fresh.confirm_packed(&page));
        assert!(taken.is_err() && fresh.confirmed_version() == 0, "byte {byte}");
    }
    let wrong = session.answered(&reply(batch.attempt, 2, &[(1, accepted(9))]));
    assert!(matches!(wrong, Err(SessionError::WrongReply(_))));
    assert_eq!((skus(&session), session.missing()), (vec!["tea".into(), "milk".into()], None));
    assert_eq!(session.next_to_send(at(0)).unwrap().ids, [id(1)], "nothing is lost");
}

#[test]
fn events_of_a_newer_build_are_flagged_and_nothing_is_decided_on_them() {
    let mut session = session(&[]);
    let mut event = history(&[add("tea")])[1].clone();
    event.event = Stored::Unknown { name: "ItemWeighed".into() };
    session.dispatch(id(1), add("tea"), at(0)).unwrap();
    session.confirm(&[event]).unwrap();
    assert!(session.update_needed() && session.visible().unwrap().unknown_events == 1);
    assert_eq!(session.dispatch(id(2), add("tea"), at(0)), Err(NotTaken::UpdateNeeded));
    assert_eq!(session.next_to_send(at(0)).unwrap().ids, [id(1)], "the server knows them");
}

#[test]
fn the_life_behind_the_session_is_the_timelines() {
    let session = session(&[add("tea"), add("milk"), change("tea", 3)]);
    assert_eq!(session.at(2).unwrap().unwrap().lines.len(), 1);
    assert_eq!((session.at(0), session.at(5)), (Some(None), None));
    let past: Vec<_> = session.history(2).collect();
    assert_eq!((past.len(), past[0].version, past[1].command), (2, 3, Some(id(1_003))));
    let bytes = session.packed(1).unwrap();
    let mut other = Session::new(cart(), REDUCER);
    let early = other.confirm_packed(&History::open(&bytes).unwrap()).unwrap();
    assert_eq!((early.applied, early.missing_after), (0, Some(0)));
    other.confirm(&history(&[])).unwrap();
    other.confirm_packed(&History::open(&bytes).unwrap()).unwrap();
    assert_eq!(other.confirmed(), session.confirmed());
    assert!(other.history(0).map(|Past { content, .. }| content).eq(session.history(0).map(|it| it.content)));
}
