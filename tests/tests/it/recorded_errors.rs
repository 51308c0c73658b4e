//! Every shape of error that AWS answers with, replayed to the adapters: throttles, partial failures, conditions that
//! do not hold, rights and keys that are missing, answers that make no sense, connections that break.

use std::collections::BTreeMap;
use std::time::Duration;

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::dynamodb::client::base_config;
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{
    AppendError, Archive as _, BusRecord, Created, EventBus as _, EventFeed as _, EventTable as _, Fault, FaultKind,
    Notice, Notices as _, QueueMessage, ReplayQueue as _, TamperLog as _,
};
use tillroll_host_lambda::s3::{S3Archive, S3Catalogue};
use tillroll_host_lambda::sqs::{QueueUrls, SqsNotices, SqsQueues, SqsTamperLog};
use tillroll_tests::contracts::event_table::{commit, stream};
use tillroll_tests::recorded::{Recorded, Reply};

use FaultKind::{Permanent, Transient, UnknownOutcome};

/// Words that stand in every payload here, and must stand in no fault.
const SECRET: &str = "oolong-tea-of-ada";
const KEY: &str = "v1/dt=2026-01-01/hh=09/shard=shardId-000000000000/1-2-2-abc.ndjson.zst";

fn clock() -> MemoryClock {
    MemoryClock::new(Timestamp::UNIX_EPOCH.plus_ms(1_767_225_600_000), 1)
}

/// The fault in words, with all that it was caused by.
fn in_words(fault: &Fault) -> String {
    let first: &dyn std::error::Error = fault;
    let all = std::iter::successors(Some(first), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The kind of a fault that says where it happened and gives nothing away.
fn kind_of<T: std::fmt::Debug>(result: Result<T, Fault>, object: &str) -> FaultKind {
    let fault = result.unwrap_err();
    let words = in_words(&fault);
    assert!(words.contains(object), "{words}");
    assert!(!words.contains(SECRET), "{words}");
    fault.kind
}

/// Errors of the JSON protocols and what they mean for a write: whether it is told at once, and as what.
fn json_errors(busy: &[(u16, &str)]) -> Vec<(Reply, FaultKind)> {
    let busy = busy.iter().map(|(status, code)| (Reply::json_error(*status, code), Transient));
    let others = [
        (Reply::json_error(400, "AccessDeniedException"), Permanent),
        (Reply::json_error(400, "ResourceNotFoundException"), Permanent),
        (Reply::json_error(400, "KMSAccessDeniedException"), Permanent),
        (Reply::json_error(400, "KMSDisabledException"), Permanent),
        (Reply::json_error(400, "ValidationException"), Permanent),
        (Reply::json_error(403, "UnrecognizedClientException"), Permanent),
        (Reply::json_error(500, "InternalFailure"), UnknownOutcome),
        (Reply::json(503, "<html>busy</html>"), UnknownOutcome),
        (Reply::json(200, "{\"Records\": [{"), UnknownOutcome),
        (Reply::Cut, UnknownOutcome),
    ];
    busy.chain(others).collect()
}

mod put_records {
    use super::*;

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
        let records =
            |count| (0..count).map(|n| BusRecord { data: vec![b'x'; 1024 * 1024], ..record(&format!("{n}")) });
        let recorded = Recorded::new([answer(&[1, 2, 3, 4].map(taken)), answer(&[5, 6, 7].map(taken))]);
        let answers = bus(&recorded).put(records(7).collect()).await.unwrap();
        assert_eq!((answers, recorded.sent().len()), (vec![Ok(()); 7], 2));
        let recorded =
            Recorded::new([answer(&[1, 2, 3, 4].map(taken)), Reply::json_error(400, "AccessDeniedException")]);
        let answers = bus(&recorded).put(records(7).collect()).await.unwrap();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4, "what got through is told");
    }
}

mod get_records {
    use super::*;

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
}

mod put_object {
    use super::*;

    fn archive(recorded: &Recorded) -> S3Archive<MemoryClock> {
        S3Archive::new(recorded.s3(), "archive", clock())
    }

    fn created() -> Reply {
        Reply::object("", &[("etag", "\"1\"")])
    }

    async fn create(recorded: &Recorded) -> Result<Created, Fault> {
        archive(recorded).create(KEY, SECRET.into()).await
    }

    #[tokio::test]
    async fn e18_a_create_whose_key_is_taken_tells_its_own_object_from_another_one() {
        let taken = Reply::s3_error(412, "PreconditionFailed");
        for (stored, outcome) in [(SECRET, Created::AlreadyThere), ("other bytes", Created::Different)] {
            let recorded = Recorded::new([taken.clone(), Reply::object(stored, &[])]);
            assert_eq!(create(&recorded).await.unwrap(), outcome);
            let [put, get] = recorded.sent().try_into().unwrap();
            assert!(put.line.starts_with("PUT ") && get.line.starts_with("GET "), "{} {}", put.line, get.line);
            assert_eq!(put.header("if-none-match"), Some("*"));
        }
        let recorded = Recorded::new([taken, Reply::s3_error(404, "NoSuchKey")]);
        assert_eq!(kind_of(create(&recorded).await, KEY), Transient, "somebody removed it in between");
    }

    #[tokio::test]
    async fn e18_a_create_whose_answer_was_lost_finds_its_object() {
        let taken = Reply::s3_error(412, "PreconditionFailed");
        let recorded = Recorded::new([Reply::Cut, taken, Reply::object(SECRET, &[])]);
        assert_eq!(create(&recorded).await.unwrap(), Created::AlreadyThere);
    }

    #[tokio::test]
    async fn e19_of_two_creates_at_the_same_time_the_later_one_tries_again_until_it_knows() {
        let conflict = || Reply::s3_error(409, "ConditionalRequestConflict");
        let recorded = Recorded::new([conflict(), conflict(), created()]);
        assert_eq!(create(&recorded).await.unwrap(), Created::New);
        assert_eq!(recorded.sent().len(), 3);
        let recorded = Recorded::new([conflict()]);
        assert_eq!(kind_of(create(&recorded).await, KEY), Transient);
        let attempts = recorded.sent().len();
        assert!((2..64).contains(&attempts), "{attempts} attempts");
    }

    #[tokio::test]
    async fn every_error_of_a_create_says_whether_it_can_be_created_again() {
        for (reply, kind) in [
            (Reply::s3_error(503, "SlowDown"), Transient),
            (Reply::s3_error(400, "RequestTimeout"), Transient),
            (Reply::s3_error(400, "ExpiredToken"), Transient),
            (Reply::s3_error(400, "KMS.ThrottlingException"), Transient),
            (Reply::s3_error(500, "InternalError"), UnknownOutcome),
            (Reply::s3_error(403, "AccessDenied"), Permanent),
            (Reply::s3_error(400, "KMS.DisabledException"), Permanent),
            (Reply::s3_error(400, "KMS.NotFoundException"), Permanent),
            (Reply::s3_error(400, "BadDigest"), Permanent),
            (Reply::s3_error(404, "NoSuchBucket"), Permanent),
            (Reply::Http { status: 502, headers: Vec::new(), body: "<html".into() }, UnknownOutcome),
            (Reply::Cut, UnknownOutcome),
        ] {
            let recorded = Recorded::new([reply.clone()]);
            assert_eq!(kind_of(create(&recorded).await, KEY), kind, "{reply:?}");
            let attempts = recorded.sent().len();
            assert_eq!(attempts == 1, kind == Permanent, "{reply:?}: {attempts} attempts");
        }
    }

    #[tokio::test]
    async fn an_object_that_does_not_have_its_checksum_is_read_again_and_never_handed_out() {
        // CRC32 of the bytes "123456789" is cbf43926.
        let whole = Reply::object("123456789", &[("x-amz-checksum-crc32", "y/Q5Jg==")]);
        let damaged = Reply::object("123456780", &[("x-amz-checksum-crc32", "y/Q5Jg==")]);
        let recorded = Recorded::new([damaged.clone(), whole]);
        assert_eq!(archive(&recorded).read(KEY).await.unwrap().unwrap(), b"123456789");
        assert_eq!(recorded.sent()[0].header("x-amz-checksum-mode"), Some("ENABLED"));
        let recorded = Recorded::new([damaged]);
        assert_eq!(kind_of(archive(&recorded).read(KEY).await, KEY), Transient);
    }

    #[tokio::test]
    async fn what_is_missing_is_none_and_what_is_forbidden_is_a_fault() {
        let read = async |reply| archive(&Recorded::new([reply])).read(KEY).await;
        assert_eq!(read(Reply::s3_error(404, "NoSuchKey")).await.unwrap(), None);
        assert_eq!(kind_of(read(Reply::s3_error(404, "NoSuchBucket")).await, KEY), Permanent);
        assert_eq!(kind_of(read(Reply::s3_error(403, "AccessDenied")).await, KEY), Permanent);
        assert_eq!(kind_of(read(Reply::s3_error(500, "InternalError")).await, KEY), Transient, "nothing was changed");
    }
}

mod catalogue {
    use super::*;

    const CATALOGUE: &str = r#"{"version":"v1","currency":"EUR","items":[],"discounts":[]}"#;
    const REFRESH: Duration = Duration::from_mins(1);

    fn catalogue(recorded: &Recorded, clock: &MemoryClock) -> S3Catalogue<MemoryClock> {
        S3Catalogue::new(recorded.s3(), "shop", "catalogue.json", REFRESH, clock.clone())
    }

    #[tokio::test]
    async fn a_catalogue_is_read_once_and_asked_for_by_its_tag_when_it_is_due() {
        let clock = clock();
        let newer = CATALOGUE.replace("v1", "v2");
        let unchanged = Reply::Http { status: 304, headers: Vec::new(), body: "".into() };
        let replies =
            [Reply::object(CATALOGUE, &[("etag", "\"1\"")]), unchanged, Reply::object(newer, &[("etag", "\"2\"")])];
        let recorded = Recorded::new(replies);
        let catalogue = catalogue(&recorded, &clock);
        for (version, sent) in [("v1", 1), ("v1", 2), ("v2", 3)] {
            for _ in 0..3 {
                assert_eq!(catalogue.current().await.unwrap().version, version);
            }
            assert_eq!(recorded.sent().len(), sent);
            clock.advance(REFRESH);
        }
        assert_eq!(recorded.sent()[0].header("if-none-match"), None);
        assert_eq!(recorded.sent()[1].header("if-none-match"), Some("\"1\""));
    }

    #[tokio::test]
    async fn a_damaged_catalogue_is_named_at_first_and_later_leaves_the_one_that_was_read() {
        let damaged = [
            Reply::object(&CATALOGUE.as_bytes()[..20], &[]),
            Reply::object("[]", &[]),
            Reply::s3_error(404, "NoSuchKey"),
            Reply::s3_error(403, "AccessDenied"),
        ];
        for reply in damaged {
            let clock = clock();
            let fault = catalogue(&Recorded::new([reply.clone()]), &clock).current().await;
            assert_eq!(kind_of(fault, "s3://shop/catalogue.json"), Permanent);
            let recorded = Recorded::new([Reply::object(CATALOGUE, &[]), reply]);
            let catalogue = catalogue(&recorded, &clock);
            for _ in 0..2 {
                assert_eq!(catalogue.current().await.unwrap().version, "v1");
                clock.advance(REFRESH);
            }
        }
    }
}

mod send_message_batch {
    use super::*;

    fn queues(recorded: &Recorded) -> SqsQueues<MemoryClock> {
        let url = |name: &str| format!("http://127.0.0.1:1/000000000000/{name}.fifo");
        let urls = QueueUrls { queue: url("carts"), dead_letters: url("carts-dead") };
        SqsQueues::new(recorded.sqs(), BTreeMap::from([("carts".to_owned(), urls)]), clock())
    }

    fn message(group: &str, id: &str) -> QueueMessage {
        QueueMessage { group: group.to_owned(), deduplication_id: id.to_owned(), body: format!("\"{SECRET}\"") }
    }

    fn answer(successful: &[usize], failed: &[(usize, &str)]) -> Reply {
        let successful =
            successful.iter().map(|id| format!(r#"{{"Id":"{id}","MessageId":"m{id}","MD5OfMessageBody":"x"}}"#));
        let failed = failed
            .iter()
            .map(|(id, code)| format!(r#"{{"Id":"{id}","Code":"{code}","Message":"{SECRET}","SenderFault":false}}"#));
        let join = |entries: Vec<String>| entries.join(",");
        let (successful, failed) = (join(successful.collect()), join(failed.collect()));
        Reply::json(200, format!(r#"{{"Successful":[{successful}],"Failed":[{failed}]}}"#))
    }

    #[tokio::test]
    async fn messages_that_the_queue_does_not_take_are_told_one_by_one_in_their_order() {
        let recorded = Recorded::new([answer(&[2, 0], &[(1, "InternalError")])]);
        let messages = ["a", "b", "c", "d"].map(|group| message(group, group));
        let answers = queues(&recorded).send("carts", messages.into()).await.unwrap();
        let said: Vec<Option<&str>> =
            answers.iter().map(|answer| answer.as_ref().err().map(|refused| refused.reason.as_str())).collect();
        assert_eq!(said, [None, Some("InternalError"), None, Some("the answer does not mention it")]);
    }

    #[tokio::test]
    async fn a_message_that_is_not_taken_stops_its_group_and_no_other() {
        let large =
            |group: &str, id: &str| QueueMessage { body: format!("\"{}\"", "x".repeat(600_000)), ..message(group, id) };
        let messages = vec![large("a", "a1"), large("b", "b1"), large("a", "a2"), large("b", "b2")];
        let recorded = Recorded::new([answer(&[], &[(0, "InternalError")]), answer(&[1], &[]), answer(&[3], &[])]);
        let answers = queues(&recorded).send("carts", messages).await.unwrap();
        assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false, true]);
        let sent: Vec<String> = recorded.sent().into_iter().map(|sent| sent.body).collect();
        assert_eq!(sent.len(), 3, "each fills a request, and one is not sent");
        assert!(sent.iter().all(|body| !body.contains("\"a2\"")));
        assert!(sent[1].contains("\"b1\"") && sent[2].contains("\"b2\""));
    }

    #[tokio::test]
    async fn every_error_of_a_send_says_whether_it_can_be_sent_again() {
        let busy = [(400, "RequestThrottled"), (400, "ThrottlingException"), (400, "KmsThrottled"), (403, "OverLimit")];
        for (reply, kind) in json_errors(&busy) {
            let recorded = Recorded::new([reply.clone()]);
            let sent = queues(&recorded).send("carts", vec![message("a", "1")]).await;
            assert_eq!(kind_of(sent, "carts"), kind, "{reply:?}");
            let attempts = recorded.sent().len();
            assert_eq!(attempts == 1, kind == Permanent, "{reply:?}: {attempts} attempts");
        }
        for code in ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "KmsAccessDenied", "KmsDisabled"] {
            let recorded = Recorded::new([Reply::json_error(400, code)]);
            let sent = queues(&recorded).send("carts", vec![message("a", "1")]).await;
            assert_eq!(kind_of(sent, "carts"), Permanent, "{code}");
        }
    }

    #[tokio::test]
    async fn a_send_whose_answer_was_lost_is_made_again_with_the_same_ids() {
        let recorded = Recorded::new([Reply::Cut, answer(&[0, 1], &[])]);
        let messages = vec![message("a", "id-one"), message("a", "id-two")];
        assert_eq!(queues(&recorded).send("carts", messages).await.unwrap(), [Ok(()), Ok(())]);
        let bodies: Vec<String> = recorded.sent().into_iter().map(|sent| sent.body).collect();
        assert_eq!(bodies[0], bodies[1]);
        assert!(bodies[0].contains("id-one") && bodies[0].contains("id-two"));
    }

    #[tokio::test]
    async fn the_depth_counts_what_is_in_flight_and_a_queue_that_does_not_say_is_a_fault() {
        let said = r#"{"Attributes":{"ApproximateNumberOfMessages":"3","ApproximateNumberOfMessagesNotVisible":"4","ApproximateNumberOfMessagesDelayed":"1"}}"#;
        assert_eq!(queues(&Recorded::new([Reply::json(200, said)])).depth("carts").await.unwrap(), 8);
        let silent = queues(&Recorded::new([Reply::json(200, "{}")])).depth("carts").await;
        assert_eq!(kind_of(silent, "carts"), Permanent);
        let unknown = queues(&Recorded::new([Reply::Cut])).depth("nobody").await;
        assert_eq!(kind_of(unknown, "nobody"), Permanent);
    }

    #[tokio::test]
    async fn tampered_records_and_notices_go_to_queues_of_either_kind() {
        let sent = || Reply::json(200, r#"{"MessageId":"m","MD5OfMessageBody":"x"}"#);
        let notice = Notice { id: "n-1".to_owned(), cart: stream(1), due: Timestamp::UNIX_EPOCH };
        for (queue, is_fifo) in [("http://127.0.0.1:1/0/q", false), ("http://127.0.0.1:1/0/q.fifo", true)] {
            let recorded = Recorded::new([sent()]);
            let log = SqsTamperLog::new(recorded.sqs(), queue, clock());
            log.keep("an event was changed", "{\"a\":1}".to_owned()).await.unwrap();
            log.keep("an event was changed", "\u{1}".repeat(400_000)).await.unwrap();
            SqsNotices::new(recorded.sqs(), queue, clock()).send(&notice).await.unwrap();
            let bodies: Vec<serde_json::Value> =
                recorded.sent().iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
            let messages: Vec<serde_json::Value> = bodies
                .iter()
                .map(|body| serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap())
                .collect();
            assert_eq!(
                messages[0],
                serde_json::json!({"reason": "an event was changed", "cut": false, "record": "{\"a\":1}"})
            );
            assert_eq!(messages[1]["cut"], true);
            assert!(bodies[1]["MessageBody"].as_str().unwrap().len() <= 1024 * 1024);
            assert_eq!(messages[2]["id"], "n-1");
            assert!(bodies.iter().all(|body| body["MessageDeduplicationId"].is_string() == is_fifo));
        }
    }
}

mod transact_write_items {
    use super::*;

    fn events(recorded: &Recorded) -> Events<MemoryClock> {
        use aws_sdk_dynamodb::config::{Credentials, Region};
        let config = base_config()
            .endpoint_url("http://127.0.0.1:1")
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "recorded"))
            .http_client(recorded.clone());
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        Events::new(client, "events", Tokens::Send, clock())
    }

    fn cancelled(codes: [&str; 2]) -> Reply {
        let reasons = codes.map(|code| format!(r#"{{"Code":"{code}"}}"#)).join(",");
        let body = format!(
            r#"{{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{reasons}]}}"#
        );
        Reply::json(400, body)
    }

    /// An empty page, for the reading back that follows a doubt.
    fn nothing() -> Reply {
        Reply::json(200, r#"{"Count":0,"Items":[],"ScannedCount":0}"#)
    }

    async fn append(recorded: &Recorded) -> Result<(), AppendError> {
        events(recorded).append(&commit(stream(1), 1..=2, 1)).await
    }

    #[tokio::test]
    async fn every_error_of_a_transaction_says_whether_it_can_be_sent_again() {
        for (reply, kind) in [
            (cancelled(["None", "TransactionConflict"]), Transient),
            (cancelled(["ThrottlingError", "None"]), Transient),
            (cancelled(["ProvisionedThroughputExceeded", "TransactionConflict"]), Transient),
            (cancelled(["ValidationError", "TransactionConflict"]), Permanent),
            (Reply::json_error(400, "ThrottlingException"), Transient),
            (Reply::json_error(400, "RequestLimitExceeded"), Transient),
            (Reply::json_error(400, "AccessDeniedException"), Permanent),
            (Reply::json_error(400, "ResourceNotFoundException"), Permanent),
            (Reply::json_error(400, "ValidationException"), Permanent),
            (Reply::json_error(400, "KMSAccessDeniedException"), Permanent),
            (Reply::json_error(500, "InternalServerError"), UnknownOutcome),
            (Reply::json_error(400, "TransactionInProgressException"), UnknownOutcome),
            (Reply::json(200, "{\"Consumed"), UnknownOutcome),
            (Reply::Cut, UnknownOutcome),
        ] {
            let recorded = Recorded::new([reply.clone()]);
            let Err(AppendError::Fault(fault)) = append(&recorded).await else { panic!("{reply:?}") };
            assert_eq!(fault.kind, kind, "{reply:?}");
            assert!(in_words(&fault).contains(&stream(1).to_string()));
        }
    }

    #[tokio::test]
    async fn a_condition_that_does_not_hold_is_a_conflict_when_the_table_has_something_else() {
        let recorded = Recorded::new([cancelled(["ConditionalCheckFailed", "None"]), nothing()]);
        assert!(matches!(append(&recorded).await, Err(AppendError::Conflict)));
    }

    #[tokio::test]
    async fn a_transaction_that_failed_for_a_moment_is_sent_again_with_its_token() {
        for reply in
            [Reply::Cut, cancelled(["TransactionConflict", "None"]), Reply::json_error(400, "ThrottlingException")]
        {
            let recorded = Recorded::new([reply, Reply::json(200, "{}")]);
            append(&recorded).await.unwrap();
            let sent = recorded.sent();
            assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body));
            assert!(sent[0].body.contains("ClientRequestToken"));
        }
    }
}
