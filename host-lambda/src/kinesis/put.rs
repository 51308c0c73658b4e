//! Puts: how events become requests, and what the answer says of each.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, PutRecordsResultEntry};

use super::KinesisBus;
use super::errors::failure;
use crate::calls::{self, Failure};
use crate::ports::{BUS_PUT_RECORDS_MAX, BusRecord, Clock, EventBus, Fault, FaultKind, RecordRefused};

/// Largest record, its key not counted: what every stream takes unless it was set up for more. One that is larger
/// makes Kinesis refuse its whole request, so it is refused here.
const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// Longest partition key.
const PARTITION_KEY_CHARS_MAX: usize = 256;
/// Most bytes of one request, keys included. Kinesis takes 10 MiB today and took 5 for years, as emulators do.
const REQUEST_BYTES_MAX: usize = 5 * 1024 * 1024;

const PUT: &str = "put records on the event bus";

/// One answer a record, in the order of the records.
type Answers = Vec<Result<(), RecordRefused>>;

impl<C: Clock> EventBus for KinesisBus<C> {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Answers, Fault> {
        if !(1..=BUS_PUT_RECORDS_MAX).contains(&records.len()) {
            let found = format!("{} records in one put, 1 to {BUS_PUT_RECORDS_MAX} are taken", records.len());
            return Err(Fault::new(FaultKind::Permanent, PUT, &*self.stream, found));
        }
        let mut answers: Answers = records.iter().map(|_| Err(refused("it was not sent"))).collect();
        let mut requests = Requests::default();
        for (place, record) in records.into_iter().enumerate() {
            match refusal_of(&record) {
                Some(reason) => set(&mut answers, place, Err(refused(reason))),
                None => requests.add(place, record),
            }
        }
        let mut anything_taken = false;
        for (places, entries) in requests.0 {
            match self.send(entries).await {
                Ok(results) => {
                    let mut results = results.into_iter();
                    for place in places {
                        let answer = self.read_result(results.next());
                        anything_taken |= answer.is_ok();
                        set(&mut answers, place, answer);
                    }
                }
                // What an earlier request has put is told; the rest stays unsent.
                Err(failure) if anything_taken => {
                    tracing::warn!(error = %failure.source, "the event bus took only the first part of a put");
                    break;
                }
                Err(failure) => return Err(failure.into_fault(PUT, &*self.stream)),
            }
        }
        self.known.puts.send_modify(|puts| *puts = puts.wrapping_add(1));
        Ok(answers)
    }
}

impl<C: Clock> KinesisBus<C> {
    async fn send(&self, entries: Vec<PutRecordsRequestEntry>) -> Result<Vec<PutRecordsResultEntry>, Failure> {
        let put = self.client.put_records().stream_name(&*self.stream).set_records(Some(entries));
        let answer = calls::repeated(&self.clock, || async { put.clone().send().await.map_err(failure) }).await?;
        Ok(answer.records)
    }

    fn read_result(&self, result: Option<PutRecordsResultEntry>) -> Result<(), RecordRefused> {
        let result = result.ok_or_else(|| refused("the answer does not mention it"))?;
        let number = result.sequence_number.unwrap_or_default();
        self.known.learn_width(&number);
        match (result.error_code, result.shard_id, number.parse()) {
            (None, Some(shard), Ok(number)) => {
                self.known.seen(&shard, number);
                Ok(())
            }
            (Some(code), ..) => Err(RecordRefused { reason: code }),
            (None, ..) => Err(refused("the answer does not say where it is")),
        }
    }
}

/// Requests with the places of their records in the put.
#[derive(Default)]
struct Requests(Vec<(Vec<usize>, Vec<PutRecordsRequestEntry>)>, usize);

impl Requests {
    /// Adds a record to the last request, or to a new one when that is full.
    fn add(&mut self, place: usize, record: BusRecord) {
        let bytes = record.data.len() + record.partition_key.len();
        self.1 += bytes;
        if self.0.is_empty() || self.1 > REQUEST_BYTES_MAX {
            self.0.push((Vec::new(), Vec::new()));
            self.1 = bytes;
        }
        let entry = PutRecordsRequestEntry::builder().partition_key(record.partition_key);
        // Key and data are all that an entry must have.
        if let (Ok(entry), Some((places, entries))) = (entry.data(Blob::new(record.data)).build(), self.0.last_mut()) {
            places.push(place);
            entries.push(entry);
        }
    }
}

fn set(answers: &mut Answers, place: usize, answer: Result<(), RecordRefused>) {
    if let Some(slot) = answers.get_mut(place) {
        *slot = answer;
    }
}

fn refused(reason: &str) -> RecordRefused {
    RecordRefused { reason: reason.to_owned() }
}

fn refusal_of(record: &BusRecord) -> Option<&'static str> {
    if record.data.len() > RECORD_BYTES_MAX {
        Some("the record is larger than 1 MiB")
    } else if record.partition_key.is_empty() {
        Some("the partition key is empty")
    } else if record.partition_key.chars().count() > PARTITION_KEY_CHARS_MAX {
        Some("the partition key is longer than 256 characters")
    } else {
        None
    }
}
