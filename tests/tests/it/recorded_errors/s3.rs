//! S3: creates whose key is taken, objects that arrive damaged, and the catalogue that is kept when it cannot be read.

use std::time::Duration;

use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{Archive as _, Created, Fault};
use tillroll_host_lambda::s3::{S3Archive, S3Catalogue};
use tillroll_tests::recorded::{Recorded, Reply};

use super::{Permanent, SECRET, Transient, UnknownOutcome, clock, kind_of};

const KEY: &str = "v1/dt=2026-01-01/hh=09/shard=shardId-000000000000/1-2-2-abc.ndjson.zst";

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

const CATALOGUE: &str = r#"{"version":"v1","currency":"EUR","items":[],"discounts":[]}"#;
const OBJECT: &str = "https://shop.s3.us-east-1.amazonaws.com/catalogue.json";
const REFRESH: Duration = Duration::from_mins(1);

fn catalogue(recorded: &Recorded, clock: &MemoryClock) -> S3Catalogue<MemoryClock> {
    S3Catalogue::new(recorded.object(OBJECT), REFRESH, clock.clone())
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
    for sent in recorded.sent() {
        assert_eq!(sent.line, format!("GET {OBJECT}"));
        let signature = sent.header("authorization").unwrap();
        assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=tillroll/20"), "{signature}");
        assert!(signature.contains("/us-east-1/s3/aws4_request, SignedHeaders=host;"), "{signature}");
        assert!(sent.header("x-amz-content-sha256").is_some(), "S3 wants the hash of the body");
    }
}

#[tokio::test]
async fn a_catalogue_whose_answer_is_lost_or_put_off_is_asked_for_again() {
    let cut_short = Reply::Http {
        status: 200,
        headers: vec![("content-length", CATALOGUE.len().to_string())],
        body: CATALOGUE.as_bytes()[..20].into(),
    };
    let replies = [Reply::Cut, Reply::s3_error(503, "SlowDown"), Reply::s3_error(500, "InternalError"), cut_short];
    for reply in replies {
        let recorded = Recorded::new([reply, Reply::object(CATALOGUE, &[])]);
        assert_eq!(catalogue(&recorded, &clock()).current().await.unwrap().version, "v1");
        assert_eq!(recorded.sent().len(), 2);
    }
    let too_large =
        Reply::Http { status: 200, headers: vec![("content-length", "99000000".to_owned())], body: "".into() };
    assert_eq!(kind_of(catalogue(&Recorded::new([too_large]), &clock()).current().await, OBJECT), Permanent);
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
        assert_eq!(kind_of(fault, OBJECT), Permanent);
        let recorded = Recorded::new([Reply::object(CATALOGUE, &[]), reply]);
        let catalogue = catalogue(&recorded, &clock);
        for _ in 0..2 {
            assert_eq!(catalogue.current().await.unwrap().version, "v1");
            clock.advance(REFRESH);
        }
    }
}
