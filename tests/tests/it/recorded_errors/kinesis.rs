//! Kinesis: records that the bus does not take one by one, puts and reads that fail, iterators that are too old.

use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{BusRecord, EventBus as _, EventFeed as _, Fault};
use tillroll_tests::recorded::{Recorded, Reply};

use super::{Permanent, SECRET, Transient, clock, json_errors, kind_of};

fn bus(recorded: &Recorded) -> KinesisBus<MemoryClock> {
    KinesisBus::new(recorded.kinesis(), "events", clock())
}

fn record(key: &str) -> BusRecord {
    BusRecord { partition_key: key.to_owned(), data: SECRET.into() }
}

fn taken(number: u32) -> String {
    format!(
        r#"{{"ShardId":"shardId-000000000000","SequenceNumber":"4959033827149025660855969253836157109592{number}"}}"#
    )
}

fn answer(results: &[String]) -> Reply {
    Reply::json(200, format!(r#"{{"FailedRecordCount":0,"Records":[{}]}}"#, results.join(",")))
}

#[tokio::test]
async fn e12_records_that_the_bus_does_not_take_are_told_one_by_one_in_their_order() {
    let throttled = r#"{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"Rate exceeded"}"#;
    let broken = r#"{"ErrorCode":"InternalFailure","ErrorMessage":"Internal service failure."}"#;
    let recorded = Recorded::new([answer(&[taken(1), throttled.to_owned(), taken(2), broken.to_owned()])]);
    let answers = bus(&recorded).put(["a", "b", "c", "d", "e"].map(record).into()).await.unwrap();
    let said: Vec<Option<&str>> =
        answers.iter().map(|answer| answer.as_ref().err().map(|refused| refused.reason.as_str())).collect();
    let unsaid = Some("the answer does not mention it");
    let expected = [None, Some("ProvisionedThroughputExceededException"), None, Some("InternalFailure"), unsaid];
    assert_eq!(said, expected);
    assert_eq!(recorded.sent().len(), 1, "publish decides what is sent again");
}

#[tokio::test]
async fn every_error_of_a_put_says_whether_it_can_be_put_again() {
    let busy = [
        (400, "ProvisionedThroughputExceededException"),
        (400, "LimitExceededException"),
        (400, "KMSThrottlingException"),
        (400, "ResourceInUseException"),
        (400, "ThrottlingException"),
        (400, "ExpiredTokenException"),
    ];
    for (reply, kind) in json_errors(&busy) {
        let recorded = Recorded::new([reply.clone()]);
        assert_eq!(kind_of(bus(&recorded).put(vec![record("a")]).await, "events"), kind, "{reply:?}");
        let attempts = recorded.sent().len();
        assert_eq!(attempts == 1, kind == Permanent, "{reply:?}: {attempts} attempts");
        assert!(attempts < 64, "{reply:?}: {attempts} attempts");
    }
}

#[tokio::test]
async fn a_put_that_failed_for_a_moment_is_made_again() {
    for reply in
        [Reply::Cut, Reply::json_error(400, "LimitExceededException"), Reply::json_error(500, "InternalFailure")]
    {
        let recorded = Recorded::new([reply, answer(&[taken(1)])]);
        assert_eq!(bus(&recorded).put(vec![record("a")]).await.unwrap(), [Ok(())]);
        assert_eq!(recorded.sent().len(), 2);
    }
}

#[tokio::test]
async fn a_record_that_would_fail_its_whole_request_is_refused_alone() {
    let recorded = Recorded::new([answer(&[taken(1), taken(2)])]);
    let large = BusRecord { data: vec![b'x'; 1024 * 1024 + 1], ..record("large") };
    let records = vec![record("a"), large, record(""), record(&"k".repeat(257)), record("b")];
    let answers = bus(&recorded).put(records).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, false, true]);
    let [sent] = recorded.sent().try_into().unwrap();
    assert_eq!(sent.body.matches("PartitionKey").count(), 2);
}

#[tokio::test]
async fn a_put_of_more_than_one_request_holds_is_sent_in_several_and_told_as_one() {
    let records = |count| (0..count).map(|n| BusRecord { data: vec![b'x'; 1024 * 1024], ..record(&format!("{n}")) });
    let recorded = Recorded::new([answer(&[1, 2, 3, 4].map(taken)), answer(&[5, 6, 7].map(taken))]);
    let answers = bus(&recorded).put(records(7).collect()).await.unwrap();
    assert_eq!((answers, recorded.sent().len()), (vec![Ok(()); 7], 2));
    let recorded = Recorded::new([answer(&[1, 2, 3, 4].map(taken)), Reply::json_error(400, "AccessDeniedException")]);
    let answers = bus(&recorded).put(records(7).collect()).await.unwrap();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4, "what got through is told");
}

const SHARD: &str = "shardId-000000000003";

fn iterator() -> Reply {
    Reply::json(200, r#"{"ShardIterator":"from-here"}"#)
}

fn page(numbers: &[&str], behind_ms: u32) -> Reply {
    let record = |number: &&str| {
        format!(
            r#"{{"SequenceNumber":"{number}","ApproximateArrivalTimestamp":1767225600.123,"Data":"e30=","PartitionKey":"k"}}"#
        )
    };
    let records: Vec<String> = numbers.iter().map(record).collect();
    let records = records.join(",");
    Reply::json(
        200,
        format!(r#"{{"Records":[{records}],"NextShardIterator":"next","MillisBehindLatest":{behind_ms}}}"#),
    )
}

/// The numbers of what is read behind `after`.
async fn read(recorded: &Recorded, after: Option<&str>) -> Result<Vec<String>, Fault> {
    let bus = KinesisBus::new(recorded.kinesis(), "events", clock());
    let after = after.map(|after| after.parse().unwrap());
    let records = bus.read(SHARD, after.as_ref(), 100).await?;
    assert!(records.iter().all(|record| record.shard() == SHARD && record.kinesis.data == b"{}"));
    assert!(records.iter().all(|record| record.arrived_at().unix_ms() == 1_767_225_600_123));
    Ok(records.into_iter().map(|record| record.kinesis.sequence_number).collect())
}

#[tokio::test]
async fn a_read_goes_on_over_empty_answers_until_something_comes_or_the_end() {
    let recorded = Recorded::new([iterator(), page(&[], 90_000), page(&[], 60_000), page(&["8", "10"], 30_000)]);
    assert_eq!(read(&recorded, Some("7")).await.unwrap(), ["8", "10"]);
    let recorded = Recorded::new([iterator(), page(&[], 90_000), page(&[], 0)]);
    assert_eq!(read(&recorded, Some("7")).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn f26_a_number_that_the_bus_never_gave_out_is_read_on_from_by_comparing() {
    let refused = Reply::json_error(400, "InvalidArgumentException");
    let recorded = Recorded::new([refused, iterator(), page(&["8", "9"], 5), page(&["10", "11"], 0)]);
    assert_eq!(read(&recorded, Some("9")).await.unwrap(), ["10", "11"]);
    let asked: Vec<String> = recorded.sent().into_iter().map(|sent| sent.body).collect();
    assert!(asked[0].contains("AFTER_SEQUENCE_NUMBER") && asked[1].contains("TRIM_HORIZON"), "{asked:?}");
}

#[tokio::test]
async fn a_read_goes_on_where_the_last_one_ended_and_begins_anew_when_that_is_too_old() {
    let expired = Reply::json_error(400, "ExpiredIteratorException");
    let replies = [iterator(), page(&["8"], 5), page(&["9"], 5), expired, iterator(), page(&["10"], 0)];
    let recorded = Recorded::new(replies);
    let bus = KinesisBus::new(recorded.kinesis(), "events", clock());
    for (after, next) in [("7", "8"), ("8", "9"), ("9", "10")] {
        let records = bus.read(SHARD, Some(&after.parse().unwrap()), 100).await.unwrap();
        let numbers: Vec<&str> = records.iter().map(|record| record.kinesis.sequence_number.as_str()).collect();
        assert_eq!(numbers, [next]);
    }
    let iterators = recorded.sent().iter().filter(|sent| sent.body.contains("AFTER_SEQUENCE_NUMBER")).count();
    assert_eq!(iterators, 2);
}

#[tokio::test]
async fn a_shard_that_is_not_there_is_empty_and_a_bus_that_is_not_there_is_a_fault() {
    let unknown = || Reply::json_error(400, "ResourceNotFoundException");
    let recorded = Recorded::new([unknown(), Reply::json(200, r#"{"Shards":[]}"#)]);
    assert_eq!(read(&recorded, None).await.unwrap(), [""; 0]);
    assert_eq!(kind_of(read(&Recorded::new([unknown()]), None).await, SHARD), Permanent);
}

#[tokio::test]
async fn every_error_of_a_read_says_whether_it_can_be_read_again() {
    for (code, status, kind) in [
        ("ProvisionedThroughputExceededException", 400, Transient),
        ("KMSThrottlingException", 400, Transient),
        ("InternalFailure", 500, Transient),
        ("AccessDeniedException", 400, Permanent),
        ("KMSNotFoundException", 400, Permanent),
        ("KMSInvalidStateException", 400, Permanent),
    ] {
        for before in [vec![], vec![iterator()]] {
            let recorded = Recorded::new(before.into_iter().chain([Reply::json_error(status, code)]));
            assert_eq!(kind_of(read(&recorded, None).await, SHARD), kind, "{code}");
        }
    }
    assert_eq!(kind_of(read(&Recorded::new([iterator(), Reply::Cut]), None).await, SHARD), Transient);
}
