//! A replay queue, FIFO, to project: batches of ten messages, in which one message fails with those behind it in its group.

use tillroll_host_lambda::ports::{DeadLetterQueue as _, Letters, QueueMessage, ReplayQueue as _};
use tillroll_local::mappings::queue::QueueMapping;
use tillroll_local::queue::{LocalQueue, RECEIVES_MAX};

use super::*;

const SUBSCRIPTION: &str = "carts";
/// Cart, first and last version of each message; a cart's messages are a group.
const MESSAGES: [(u128, u64, u64); 5] = [(1, 1, 2), (TROUBLED, 1, 2), (1, 3, 4), (TROUBLED, 3, 4), (3, 1, 4)];

/// A shop whose replay queue has the messages, and the program that takes them.
struct Replaying {
    shop: Shop,
    queue: LocalQueue,
    project: Invoked,
}

impl Replaying {
    /// `spoil` may change the body of a message.
    async fn new(spoil: impl Fn(usize, String) -> String) -> Self {
        let shop = Shop::with_events(None).await;
        let subscriptions = [SUBSCRIPTION.to_owned()];
        let queue = LocalQueue::open(shop.sqlite.clone(), LocalClock::system(), &subscriptions).await.unwrap();
        let messages = MESSAGES.iter().enumerate().map(|(place, (cart, first, last))| QueueMessage {
            group: format!("lane-{cart}"),
            deduplication_id: format!("message-{place}"),
            body: spoil(place, body(*cart, *first, *last)),
        });
        assert!(queue.send(SUBSCRIPTION, messages.collect()).await.unwrap().iter().all(Result::is_ok));
        let project = shop.program("project", &[("TILLROLL_SUBSCRIPTION", SUBSCRIPTION)]);
        Self { shop, queue, project }
    }

    fn begin(&mut self) -> StatusCell {
        let (queue, project) = (self.queue.clone(), self.project.clone());
        let mapping = QueueMapping::new(SUBSCRIPTION, queue, project, LocalClock::system());
        let status = mapping.status();
        self.shop.mappings.spawn(mapping.run(self.shop.pace.subscribe()));
        status
    }
}

fn body(cart: u128, first: u64, last: u64) -> String {
    let event = |version| serde_json::from_slice::<serde_json::Value>(&event(cart, version).to_json()).unwrap();
    let events: Vec<_> = (first..=last).map(event).collect();
    let lane = tillroll_core::lane::lane_of(event_table::stream(cart), tillroll_core::lane::LANES);
    let message = json!({
        "run": "7d9d3c5e-5f0c-4d5c-9a4e-6f3f1c9d9f21", "mode": "replay", "subscription": SUBSCRIPTION, "generation": 1,
        "lane": lane, "object": "v1/an-object", "part": 0, "events": events,
    });
    message.to_string()
}

/// The rows when nothing goes wrong.
async fn calm_rows() -> BTreeMap<String, String> {
    let mut replaying = Replaying::new(|_, body| body).await;
    let status = replaying.begin();
    finished(&status, MESSAGES.len(), &replaying.project).await;
    assert_eq!(story(&replaying.project), ["0 to 4, done"]);
    replaying.shop.rows().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_fails_stays_with_those_behind_it_in_its_group_and_the_others_are_gone() {
    let calm = calm_rows().await;
    for (case, times, trouble, expected) in [
        (
            "its row is outrun all through an invocation",
            RACES,
            Trouble::Outrun,
            &["0 to 4, back: 1 3", "1 3, done"][..],
        ),
        ("through two", 2 * RACES, Trouble::Outrun, &["0 to 4, back: 1 3", "1 3, back: 1 3", "1 3, done"]),
        ("killed before its row", 1, Trouble::StruckBefore, &["0 to 4, killed", "0 to 4, done"]),
        ("killed after its row", 1, Trouble::StruckAfter, &["0 to 4, killed", "0 to 4, done"]),
    ] {
        let mut replaying = Replaying::new(|_, body| body).await;
        replaying.shop.trouble(ROW_WRITE, 0, times, trouble);
        let status = replaying.begin();
        finished(&status, MESSAGES.len(), &replaying.project).await;
        assert_eq!(story(&replaying.project), expected, "{case}");
        assert_eq!(replaying.queue.depth(SUBSCRIPTION).await.unwrap(), 0, "{case}");
        assert_eq!(replaying.shop.rows().await, calm, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_never_reads_is_given_up_with_those_behind_it_and_the_table_makes_up_for_it() {
    let spoil = |place, body| if place == 1 { "no message".to_owned() } else { body };
    let mut replaying = Replaying::new(spoil).await;
    let status = replaying.begin();
    let (queue, project) = (replaying.queue.clone(), replaying.project.clone());
    finished(&status, MESSAGES.len() - 2, &project).await;
    let given_up = async {
        while queue.count(&Letters::All).await.unwrap() < 2 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, given_up).await.expect("both are given up");
    let again = vec!["1 3, back: 1 3"; RECEIVES_MAX as usize - 1];
    assert_eq!(story(&project), [&["0 to 4, back: 1 3"][..], &again].concat());

    let letters = queue.list(Some(SUBSCRIPTION), None, 10).await.unwrap();
    let [unreadable, behind] = letters.try_into().unwrap();
    assert_eq!((unreadable.body.as_str(), unreadable.receive_count), ("no message", RECEIVES_MAX));
    let ids = Letters::Ids(vec![behind.id.clone()]);
    assert_eq!(queue.redrive(&ids, 1).await.unwrap(), [behind.id]);
    finished(&status, MESSAGES.len() - 1, &project).await;
    assert_eq!(replaying.shop.rows().await, calm_rows().await, "what is missing before it is read from the table");
}
