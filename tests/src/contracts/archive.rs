//! What every archive has to do.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use tillroll_host_lambda::ports::{Archive, Created};

/// The sentences, each as a test of the adapter that `$fresh` makes.
#[macro_export]
macro_rules! archive_contract {
    ($fresh:expr) => {
        $crate::sentences!(
            archive,
            $fresh,
            [
                an_object_is_read_as_it_was_created,
                a_create_that_had_landed_finds_its_own_object,
                an_object_with_other_bytes_under_its_key_is_told_and_kept,
                keys_are_listed_in_byte_order_and_page_by_page,
                of_racing_creates_exactly_one_is_new,
            ]
        );
    };
}

const KEY: &str = "v1/dt=2026-01-01/hh=09/shard=shardId-000000000000/0001-0002-2-abc.ndjson.zst";

pub async fn an_object_is_read_as_it_was_created(archive: impl Archive) {
    assert_eq!(archive.read(KEY).await.unwrap(), None);
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    assert_eq!(archive.create(KEY, bytes.clone()).await.unwrap(), Created::New);
    assert_eq!(archive.read(KEY).await.unwrap(), Some(bytes));
    assert_eq!(archive.create("v1/empty", Vec::new()).await.unwrap(), Created::New);
    assert_eq!(archive.read("v1/empty").await.unwrap(), Some(Vec::new()));
}

pub async fn a_create_that_had_landed_finds_its_own_object(archive: impl Archive) {
    assert_eq!(archive.create(KEY, b"bytes".to_vec()).await.unwrap(), Created::New);
    assert_eq!(archive.create(KEY, b"bytes".to_vec()).await.unwrap(), Created::AlreadyThere);
}

pub async fn an_object_with_other_bytes_under_its_key_is_told_and_kept(archive: impl Archive) {
    archive.create(KEY, b"first".to_vec()).await.unwrap();
    assert_eq!(archive.create(KEY, b"other".to_vec()).await.unwrap(), Created::Different);
    assert_eq!(archive.read(KEY).await.unwrap(), Some(b"first".to_vec()));
}

pub async fn keys_are_listed_in_byte_order_and_page_by_page(archive: impl Archive) {
    assert_eq!(archive.list(None, 10).await.unwrap(), Vec::<String>::new());
    // A folder sorts by its name with the slash behind it, so "a-b/" comes before "a/".
    let keys = ["v1/a-b/1", "v1/a/1", "v1/a/10", "v1/a/2", "v1/a0/1", "v1/b/c/1", "v1/b/c/d"];
    for key in keys.iter().rev() {
        archive.create(key, b"x".to_vec()).await.unwrap();
    }
    assert_eq!(archive.list(None, 100).await.unwrap(), keys);
    for limit in 1..=keys.len() {
        let mut listed: Vec<String> = Vec::new();
        loop {
            let page = archive.list(listed.last().map(String::as_str), limit).await.unwrap();
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, keys, "{limit} at a time");
    }
    assert_eq!(archive.list(Some("v1/a/11"), 2).await.unwrap(), ["v1/a/2", "v1/a0/1"]);
}

pub async fn of_racing_creates_exactly_one_is_new(archive: impl Archive + Clone + 'static) {
    for race in 0..50 {
        let creates = (0..4_u8).map(|writer| {
            let archive = archive.clone();
            // Two writers have the same bytes, as two deliveries of one batch have.
            tokio::spawn(
                async move { archive.create(&format!("v1/race-{race}"), vec![writer / 2; 1_000]).await.unwrap() },
            )
        });
        let mut outcomes = Vec::new();
        for create in creates.collect::<Vec<_>>() {
            outcomes.push(create.await.unwrap());
        }
        let count = |outcome| outcomes.iter().filter(|other| **other == outcome).count();
        let counts = (count(Created::New), count(Created::AlreadyThere), count(Created::Different));
        assert_eq!(counts, (1, 1, 2), "{outcomes:?}");
    }
}
