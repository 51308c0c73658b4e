//! What every queue of dead letters has to do, beside the replay queues that they come from.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use tillroll_host_lambda::ports::{DeadLetter, DeadLetterQueue, Letters, QueueMessage};

use super::replay_queue::{ReceiveMessages, bodies, message};

/// The sentences, each as a test of the adapter that `$fresh` makes.
#[macro_export]
macro_rules! dead_letters_contract {
    ($fresh:expr) => {
        $crate::sentences!(
            dead_letters,
            $fresh,
            [
                a_queue_that_never_gave_up_has_no_dead_letters,
                a_dead_letter_is_the_message_with_its_history,
                letters_are_listed_oldest_first_and_by_subscription,
                chosen_letters_go_back_behind_what_waits_and_begin_anew,
                redriving_again_moves_nothing_twice,
                no_more_letters_move_than_asked_for,
            ]
        );
    };
}

/// More often than any message is delivered.
const DELIVERIES_MAX: usize = 100;

/// Sends messages to `carts` and returns them until they are given up.
pub async fn given_up(queue: &impl ReceiveMessages, subscription: &str, messages: &[(&str, &str)]) {
    let sent: Vec<QueueMessage> = messages.iter().map(|(group, id)| message(group, id)).collect();
    queue.send(subscription, sent).await.unwrap();
    for _ in 0..DELIVERIES_MAX {
        let received = queue.receive(subscription, 10).await;
        if received.is_empty() {
            return;
        }
        for record in &received {
            queue.release(subscription, record).await;
        }
    }
    panic!("the queue never gives up");
}

async fn all(queue: &impl ReceiveMessages) -> Vec<DeadLetter> {
    queue.dead_letters().list(None, None, 100).await.unwrap()
}

fn ids(letters: &[DeadLetter]) -> Vec<String> {
    letters.iter().map(|letter| letter.id.clone()).collect()
}

fn of(subscription: &str) -> Letters {
    Letters::Of(subscription.to_owned())
}

pub async fn a_queue_that_never_gave_up_has_no_dead_letters(queue: impl ReceiveMessages) {
    queue.send("carts", vec![message("x", "waits")]).await.unwrap();
    let letters = queue.dead_letters();
    assert_eq!(letters.list(None, None, 10).await.unwrap(), []);
    assert_eq!(letters.list(Some("carts"), None, 10).await.unwrap(), []);
    for none in ["1", "", "x", "-1", "99999999999999999999"] {
        assert_eq!(letters.get(none).await.unwrap(), None, "{none}");
        assert_eq!(letters.redrive(&Letters::Ids(vec![none.to_owned()]), 10).await.unwrap(), [""; 0], "{none}");
    }
    for which in [Letters::All, of("carts"), Letters::Ids(Vec::new())] {
        assert_eq!(letters.count(&which).await.unwrap(), 0);
        assert_eq!(letters.redrive(&which, 10).await.unwrap(), [""; 0]);
    }
    assert_eq!(queue.depth("carts").await.unwrap(), 1);
}

pub async fn a_dead_letter_is_the_message_with_its_history(queue: impl ReceiveMessages) {
    given_up(&queue, "carts", &[("x", "poison")]).await;
    let [letter] = all(&queue).await.try_into().unwrap();
    assert_eq!((letter.subscription.as_str(), letter.group.as_str()), ("carts", "x"));
    assert_eq!(letter.body, message("x", "poison").body);
    assert!(letter.receive_count > 1 && !letter.reason.is_empty());
    assert!(letter.sent_at.is_some_and(|sent_at| sent_at <= letter.given_up_at));
    assert_eq!(queue.dead_letters().get(&letter.id).await.unwrap(), Some(letter));
}

pub async fn letters_are_listed_oldest_first_and_by_subscription(queue: impl ReceiveMessages) {
    given_up(&queue, "carts", &[("x", "one"), ("y", "two")]).await;
    given_up(&queue, "suggestions", &[("x", "three")]).await;
    given_up(&queue, "carts", &[("x", "four")]).await;
    let letters = all(&queue).await;
    let said: Vec<&str> = letters.iter().map(|letter| letter.body.trim_start_matches("body of ")).collect();
    assert_eq!(said, ["one", "two", "three", "four"]);
    let list = async |of, after: Option<&str>, limit| ids(&queue.dead_letters().list(of, after, limit).await.unwrap());
    let all = ids(&letters);
    assert_eq!(list(None, None, 2).await, all[..2]);
    assert_eq!(list(None, Some(&all[1]), 2).await, all[2..]);
    assert_eq!(list(None, Some(&all[3]), 2).await, [""; 0]);
    assert_eq!(list(Some("carts"), Some(&all[0]), 10).await, [all[1].clone(), all[3].clone()]);
    assert_eq!(list(Some("suggestions"), None, 10).await, all[2..3]);
    let count = async |which: Letters| queue.dead_letters().count(&which).await.unwrap();
    assert_eq!((count(Letters::All).await, count(of("carts")).await, count(of("suggestions")).await), (4, 3, 1));
    assert_eq!(count(Letters::Ids(vec![all[0].clone(), "none".to_owned()])).await, 1);
}

pub async fn chosen_letters_go_back_behind_what_waits_and_begin_anew(queue: impl ReceiveMessages) {
    given_up(&queue, "carts", &[("x", "one"), ("x", "two"), ("x", "three")]).await;
    queue.send("carts", vec![message("x", "waits")]).await.unwrap();
    let letters = ids(&all(&queue).await);
    let chosen = Letters::Ids(vec![letters[2].clone(), letters[0].clone()]);
    assert_eq!(queue.dead_letters().redrive(&chosen, 10).await.unwrap(), [letters[0].clone(), letters[2].clone()]);
    assert_eq!(ids(&all(&queue).await), letters[1..2]);
    let received = queue.receive("carts", 10).await;
    assert_eq!(bodies(&received), ["waits", "one", "three"]);
    assert!(received.iter().all(|record| record.attributes.receive_count == "1"), "{received:?}");
}

pub async fn redriving_again_moves_nothing_twice(queue: impl ReceiveMessages) {
    given_up(&queue, "carts", &[("x", "one"), ("y", "two")]).await;
    let letters = Letters::Ids(ids(&all(&queue).await));
    assert_eq!(queue.dead_letters().redrive(&letters, 10).await.unwrap().len(), 2);
    assert_eq!(queue.dead_letters().redrive(&letters, 10).await.unwrap(), [""; 0]);
    assert_eq!(queue.dead_letters().redrive(&Letters::All, 10).await.unwrap(), [""; 0]);
    assert_eq!(queue.depth("carts").await.unwrap(), 2);
}

pub async fn no_more_letters_move_than_asked_for(queue: impl ReceiveMessages) {
    given_up(&queue, "carts", &[("x", "one"), ("x", "two"), ("x", "three")]).await;
    let letters = ids(&all(&queue).await);
    let redrive = async |which: &Letters, limit| queue.dead_letters().redrive(which, limit).await.unwrap();
    assert_eq!(redrive(&of("carts"), 1).await, letters[..1]);
    assert_eq!(redrive(&Letters::Ids(letters.clone()), 1).await, letters[1..2]);
    assert_eq!(redrive(&Letters::All, 0).await, [""; 0]);
    assert_eq!(redrive(&Letters::All, 5).await, letters[2..]);
}
