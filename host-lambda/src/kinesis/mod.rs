//! The ports [`EventBus`](crate::ports::EventBus) and [`EventFeed`](crate::ports::EventFeed) over Kinesis and its SDK.
//!
//! | file | the one thing it knows |
//! |---|---|
//! | `put` | how events become requests, and what the answer says of each |
//! | `shards` | which shards there are, which follow which, and which of them takes a key |
//! | `reading` | how a shard is read from a place, and how its end is found |
//! | `feed` | what onlookers ask for |
//! | `errors` | Kinesis's codes: the only file that does |
//! | `client` | how a client has to be set up, and one for an emulator on this machine |
//!
//! The functions that work on the bus do not read through this: Lambda's event source mappings hand them their
//! batches. Only onlookers do, and they share five reads a second and shard with those mappings; so everything here
//! that looks repeatedly does so once a second at most.

pub mod client;
mod errors;
mod feed;
mod put;
mod reading;
mod shards;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_kinesis::Client;
use tillroll_core::sequence::SequenceNumber;
use tokio::sync::watch;

/// The event bus over Kinesis. Cheap to clone; clones share what they have seen.
#[derive(Clone, Debug)]
pub struct KinesisBus<C> {
    client: Client,
    stream: Arc<str>,
    clock: C,
    known: Arc<Known>,
}

impl<C> KinesisBus<C> {
    /// The stream of this name. The client's own retries should be off: see [`client::base_config`].
    pub fn new(client: Client, stream: &str, clock: C) -> Self {
        let known = Known { puts: watch::Sender::new(0), ..Known::default() };
        Self { client, stream: stream.into(), clock, known: Arc::new(known) }
    }
}

/// What this process has seen of the bus, so that it need not ask again at once.
#[derive(Debug, Default)]
struct Known {
    /// Counts puts of this process.
    puts: watch::Sender<u64>,
    shards: Mutex<BTreeMap<String, KnownShard>>,
    stream: Mutex<Option<reading::Kept>>,
    /// How many digits numbers have, where the service writes them with leading zeros: emulators do, and compare them
    /// as text. Kinesis does not, and would not take them so.
    digits: AtomicUsize,
}

#[derive(Clone, Debug, Default)]
struct KnownShard {
    /// Its newest record, as far as is known.
    newest: Option<SequenceNumber>,
    /// When its end was looked for last.
    looked: Option<reading::Look>,
    /// Where the last read ended.
    resumed: Option<reading::Resumed>,
}

impl Known {
    fn shards(&self) -> MutexGuard<'_, BTreeMap<String, KnownShard>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard(&self, shard: &str) -> KnownShard {
        self.shards().get(shard).cloned().unwrap_or_default()
    }

    fn change(&self, shard: &str, change: impl FnOnce(&mut KnownShard)) {
        let mut shards = self.shards();
        if !shards.contains_key(shard) {
            shards.insert(shard.to_owned(), KnownShard::default());
        }
        shards.get_mut(shard).map(change);
    }

    fn learn_width(&self, number: &str) {
        if number.starts_with('0') {
            self.digits.fetch_max(number.len(), Ordering::Relaxed);
        }
    }

    /// The number as the service writes it.
    fn written(&self, number: &SequenceNumber) -> String {
        format!("{:0>digits$}", number.as_str(), digits = self.digits.load(Ordering::Relaxed))
    }

    /// A shard has this record.
    fn seen(&self, shard: &str, record: SequenceNumber) {
        self.change(shard, |known| {
            if known.newest.as_ref() < Some(&record) {
                known.newest = Some(record);
            }
        });
    }
}
