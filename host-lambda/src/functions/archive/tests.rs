//! Archive against a store in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use super::archive;
use crate::archive_object::{ArchiveObject, OBJECT_BYTES_MAX, pack};
use crate::lambda_events::{BatchAnswer, BusBatch, BusBatchRecord, BusPayload};
use crate::memory::MemoryArchive;
use crate::ports::{Archive as _, FaultKind};

async fn keys(objects: &MemoryArchive) -> Vec<String> {
    objects.list(None, 100).await.unwrap()
}

async fn lines(objects: &MemoryArchive, key: &str) -> Vec<String> {
    let object = ArchiveObject::read(objects, key).await.unwrap();
    object.lines().map(|line| String::from_utf8(line.to_vec()).unwrap()).collect()
}

fn record(shard: &str, sequence_number: u64, payload: &str) -> BusBatchRecord {
    BusBatchRecord {
        event_id: format!("{shard}:{sequence_number}"),
        kinesis: BusPayload {
            partition_key: "cart".to_owned(),
            sequence_number: sequence_number.to_string(),
            arrival: 1_772_603_999.9,
            data: payload.as_bytes().to_vec(),
        },
    }
}

fn batch(shard: &str, payloads: &[(u64, &str)]) -> BusBatch {
    BusBatch { records: payloads.iter().map(|(number, payload)| record(shard, *number, payload)).collect() }
}

#[tokio::test]
async fn a_batch_becomes_one_object_of_its_bytes_as_they_came() {
    let objects = MemoryArchive::default();
    // Not even JSON: no content stops the archive, and a bare newline does not tear a line.
    let answer = archive(&batch("shardId-000000000000", &[(9, "{\"a\":1}"), (10, "not\njson")]), &objects).await;
    assert_eq!(answer.unwrap(), BatchAnswer::done());
    let stored = keys(&objects).await;
    assert_eq!(stored.len(), 1);
    assert!(stored[0].starts_with("v1/dt=2026-03-04/hh=05/shard=shardId-000000000000/0000"), "{}", stored[0]);
    assert_eq!(lines(&objects, &stored[0]).await, ["{\"a\":1}", "not json"]);
}

/// RELIABILITY E18 and E20: the answer of a put that landed gets lost; nothing is acknowledged before it is confirmed.
#[tokio::test]
async fn a_lost_answer_is_a_fault_and_the_same_batch_again_is_done() {
    let objects = MemoryArchive::default();
    objects.faults().lose_next_answers(1);
    let batch = batch("s", &[(1, "a")]);
    assert_eq!(archive(&batch, &objects).await.unwrap_err().kind, FaultKind::UnknownOutcome);
    assert_eq!(archive(&batch, &objects).await.unwrap(), BatchAnswer::done());
    assert_eq!(keys(&objects).await.len(), 1);
}

/// RELIABILITY E17: the batch comes again with other borders.
#[tokio::test]
async fn other_batch_borders_make_other_objects_and_lose_nothing() {
    let objects = MemoryArchive::default();
    archive(&batch("s", &[(1, "a"), (2, "b")]), &objects).await.unwrap();
    archive(&batch("s", &[(1, "a"), (2, "b"), (3, "c")]), &objects).await.unwrap();
    let stored = keys(&objects).await;
    assert_eq!(stored.len(), 2);
    assert_eq!(lines(&objects, &stored[1]).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn an_earlier_attempt_with_another_compressor_counts_as_done() {
    let objects = MemoryArchive::default();
    let batch = batch("s", &[(1, "a")]);
    archive(&batch, &objects).await.unwrap();
    let key = keys(&objects).await.remove(0);
    objects.tamper(&key, zstd::encode_all(&b"a\n"[..], 19).unwrap());
    assert_eq!(archive(&batch, &objects).await.unwrap(), BatchAnswer::done());
}

/// RELIABILITY E18: the key is taken by something else.
#[tokio::test]
async fn an_object_with_other_content_is_alarmed_and_the_batch_is_kept() {
    let objects = MemoryArchive::default();
    let batch = batch("s", &[(1, "a")]);
    archive(&batch, &objects).await.unwrap();
    let key = keys(&objects).await.remove(0);
    objects.tamper(&key, zstd::encode_all(&b"b\n"[..], 3).unwrap());
    let fault = archive(&batch, &objects).await.unwrap_err();
    assert_eq!((fault.kind, fault.object), (FaultKind::Permanent, key));
}

#[tokio::test]
async fn records_of_several_shards_go_into_an_object_each() {
    let objects = MemoryArchive::default();
    let mut mixed = batch("a", &[(1, "a1"), (2, "a2")]);
    mixed.records.insert(1, record("b", 1, "b1"));
    archive(&mixed, &objects).await.unwrap();
    let stored = keys(&objects).await;
    assert_eq!(lines(&objects, &stored[0]).await, ["a1", "a2"]);
    assert_eq!(lines(&objects, &stored[1]).await, ["b1"]);
}

#[tokio::test]
async fn a_shard_that_cannot_stand_in_a_key_is_a_fault() {
    for shard in ["", "../other", "a/b"] {
        let fault = archive(&batch(shard, &[(1, "a")]), &MemoryArchive::default()).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent, "{shard:?}");
    }
}

/// RELIABILITY E31 and F28: whatever is wrong with an object, the error names it.
#[tokio::test]
async fn a_damaged_object_is_named() {
    let objects = MemoryArchive::default();
    archive(&batch("s", &[(1, "{}"), (2, "{}")]), &objects).await.unwrap();
    let key = keys(&objects).await.remove(0);
    let good = objects.read(&key).await.unwrap().unwrap();
    let compressed = |lines: &[u8]| zstd::encode_all(lines, 3).unwrap();
    let oversize = vec![b'\n'; usize::try_from(OBJECT_BYTES_MAX).unwrap() + 1];
    for (bytes, reason) in [
        (good[..good.len() - 1].to_vec(), "cannot be decompressed"),
        (Vec::new(), "cannot be decompressed"),
        (b"{}\n{}\n".to_vec(), "cannot be decompressed"),
        (compressed(b"{}\n"), "the content's hash"),
        (compressed(&oversize), "has more than"),
    ] {
        objects.tamper(&key, bytes);
        let fault = ArchiveObject::read(&objects, &key).await.unwrap_err();
        assert_eq!((fault.kind, fault.object.as_str()), (FaultKind::Permanent, key.as_str()));
        let source = fault.source.unwrap().to_string();
        assert!(source.contains(reason), "{source}");
    }
    let foreign = key.replace("-2-", "-3-");
    objects.tamper(&foreign, good);
    let fault = ArchiveObject::read(&objects, &foreign).await.unwrap_err();
    assert!(fault.source.unwrap().to_string().contains("2 lines, the key says 3"));
}

/// RELIABILITY E31: every single flipped bit is noticed, or changes nothing that a reader sees.
#[test]
fn a_flipped_bit_never_reads_as_other_events() {
    let ids: Vec<String> =
        (0..40_u128).map(|n| uuid::Uuid::from_u128(n.pow(9) * 0x9e37_79b9_7f4a_7c15).to_string()).collect();
    let records: Vec<BusBatchRecord> = (1..).zip(&ids).map(|(number, id)| record("s", number, id)).collect();
    let packed = pack("s", &records.iter().collect::<Vec<_>>()).unwrap();
    let mut bytes = packed.bytes;
    assert!(bytes.len() * 8 > 5_000, "{} bytes are too few to say anything", bytes.len());
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(object) = ArchiveObject::unpack(&packed.key, &bytes) {
            assert!(object.lines().eq(ids.iter().map(String::as_bytes)), "bit {bit}");
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}
