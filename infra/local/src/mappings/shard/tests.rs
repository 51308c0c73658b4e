//! A mapping over shards that end, fail, stop and come back.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tillroll_host_lambda::lambda_events::BatchAnswer;
use tillroll_host_lambda::ports::{BusRecord, EventBus as _, FaultKind};

use super::*;

const AT_ONCE: Batching = Batching { records_max: 10, window: Duration::ZERO, interval: Duration::ZERO };
/// Nothing here waits for time to pass; this only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a function does when it meets a record.
#[derive(Clone, Copy)]
enum Trouble {
    Returned,
    Error,
    Panic,
}

/// Notes what it was given and what it finished; makes trouble so many times for some records.
#[derive(Clone, Default)]
struct Recording {
    troubles: Arc<Mutex<BTreeMap<&'static str, (Trouble, u32)>>>,
    finished: Arc<Mutex<Vec<String>>>,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl Recording {
    fn with(troubles: &[(&'static str, Trouble, u32)]) -> Self {
        let function = Self::default();
        for &(record, trouble, times) in troubles {
            function.troubles.lock().unwrap().insert(record, (trouble, times));
        }
        function
    }

    fn trouble(&self, record: &str) -> Option<Trouble> {
        let mut troubles = self.troubles.lock().unwrap();
        let (trouble, left) = troubles.get_mut(record).filter(|(_, left)| *left > 0)?;
        *left -= 1;
        Some(*trouble)
    }
}

impl Function<BusBatch> for Recording {
    async fn invoke(&self, batch: &BusBatch) -> Result<BatchAnswer, Fault> {
        self.batches.lock().unwrap().push(batch.records.len());
        for record in &batch.records {
            let data = String::from_utf8(record.kinesis.data.clone()).unwrap();
            match self.trouble(&data) {
                None => self.finished.lock().unwrap().push(data),
                Some(Trouble::Returned) => {
                    return Ok(BatchAnswer::again([record.kinesis.sequence_number.clone()]));
                }
                Some(Trouble::Error) => return Err(Fault::new(FaultKind::Transient, "test", data, "down")),
                #[allow(clippy::panic, reason = "a function that panics is what is tested")]
                Some(Trouble::Panic) => panic!("on {data}"),
            }
        }
        Ok(BatchAnswer::done())
    }
}

/// A bus of one shard with records 0..n, and everything to map it.
struct Bench {
    bus: LocalBus,
    checkpoints: Checkpoints,
    pace: watch::Sender<Pace>,
}

impl Bench {
    async fn open(folder: &Path) -> Self {
        let sqlite = crate::pipeline_db::open(&folder.join("pipeline.sqlite")).unwrap();
        let readers = vec!["reader".to_owned()];
        let bus = LocalBus::open(sqlite.clone(), LocalClock::system(), 1, readers).await.unwrap();
        Self { bus, checkpoints: Checkpoints::new(sqlite), pace: watch::Sender::new(Pace::Batching) }
    }

    async fn put(&self, numbers: std::ops::Range<u32>) {
        let record = |n: u32| BusRecord { partition_key: "cart".into(), data: n.to_string().into_bytes() };
        self.bus.put(numbers.map(record).collect()).await.unwrap();
    }

    fn map(&self, batching: Batching, function: &Recording) -> tokio::task::JoinHandle<()> {
        let source = BusSource::new(self.bus.clone(), self.bus.shards()[0].clone());
        let (checkpoints, clock) = (self.checkpoints.clone(), LocalClock::system());
        let mapping = ShardMapping::new("reader", batching, source, function.clone(), checkpoints, clock);
        tokio::spawn(mapping.run(self.pace.subscribe()))
    }

    async fn checkpoint_reaches(&self, sequence: u64) {
        let reached = async {
            while self.checkpoints.load("reader", self.bus.shards()[0].name()).await.unwrap()
                < Some(SequenceNumber::from(sequence))
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
    }
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn every_record_is_finished_in_order_whatever_the_function_does_on_the_way() {
    for (name, troubles) in [
        ("nothing", &[][..]),
        ("a returned record", &[("3", Trouble::Returned, 1)][..]),
        ("the first of a batch", &[("0", Trouble::Returned, 2)]),
        ("an error", &[("7", Trouble::Error, 3)]),
        ("a panic", &[("5", Trouble::Panic, 1)]),
        ("several", &[("1", Trouble::Error, 1), ("8", Trouble::Returned, 1), ("24", Trouble::Panic, 2)]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::open(folder.path()).await;
        bench.put(0..25).await;
        let function = Recording::with(troubles);
        let mapping = bench.map(AT_ONCE, &function);
        bench.checkpoint_reaches(25).await;
        let finished = function.finished.lock().unwrap().clone();
        let mut first_times = Vec::new();
        for record in &finished {
            if !first_times.contains(record) {
                first_times.push(record.clone());
            }
        }
        assert_eq!(first_times, numbers(0..25), "{name}");
        assert!(function.batches.lock().unwrap().iter().all(|&length| length <= 10), "{name}");
        bench.pace.send_replace(Pace::Stopping);
        mapping.await.unwrap();
    }
}

#[tokio::test]
async fn a_partial_failure_redelivers_from_the_failed_record_and_nothing_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path()).await;
    bench.put(0..10).await;
    let function = Recording::with(&[("4", Trouble::Returned, 1)]);
    let _mapping = bench.map(AT_ONCE, &function);
    bench.checkpoint_reaches(10).await;
    assert_eq!(*function.finished.lock().unwrap(), numbers(0..10));
    assert_eq!(*function.batches.lock().unwrap(), [10, 6]);
}

#[tokio::test]
async fn a_mapping_that_was_cut_off_goes_on_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path()).await;
    bench.put(0..10).await;
    let function = Recording::default();
    let mapping = bench.map(AT_ONCE, &function);
    bench.checkpoint_reaches(10).await;
    mapping.abort();
    drop(bench);
    let bench = Bench::open(folder.path()).await;
    bench.put(10..15).await;
    let _mapping = bench.map(AT_ONCE, &function);
    bench.checkpoint_reaches(15).await;
    assert_eq!(*function.finished.lock().unwrap(), numbers(0..15));
}

#[tokio::test]
async fn a_window_waits_for_a_full_batch_and_flushing_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path()).await;
    let function = Recording::default();
    let window = Batching { window: Duration::from_hours(1), ..AT_ONCE };
    let _mapping = bench.map(window, &function);
    for start in [0, 4, 8] {
        bench.put(start..start + 4).await;
    }
    bench.checkpoint_reaches(10).await;
    assert_eq!(*function.batches.lock().unwrap(), [10]);
    bench.pace.send_replace(Pace::Flushing);
    bench.checkpoint_reaches(12).await;
    assert_eq!(*function.batches.lock().unwrap(), [10, 2]);
}
