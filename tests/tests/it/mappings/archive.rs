//! Event bus to archive: an object for each batch, and none lost or torn when the function dies or is refused.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use tillroll_host_lambda::archive_object::ArchiveObject;
use tillroll_host_lambda::ports::Archive as _;
use tillroll_host_lambda::s3::{self, S3Archive};
use tillroll_tests::ministack;

use super::*;

/// Numbers buckets: one emulator serves several tests.
static CREATED: AtomicU32 = AtomicU32::new(0);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_an_object_every_event_is_in_the_archive() {
    let Some(ministack) = ministack::shared().await else { return };
    let client = s3::client::emulator_client(ministack.address());
    let halved = ["0 to 5, done", "6 to 11, done"];
    for (case, times, trouble, first, objects) in [
        ("nothing", 0, Trouble::StruckAfter, "0 to 11, done", 1),
        ("a put is refused", 1, Trouble::Refused(403, "AccessDenied"), "0 to 11, failed", 2),
        ("killed before a put", 1, Trouble::StruckBefore, "0 to 11, killed", 2),
        // The object of the whole batch is there as well: readers drop what they have.
        ("killed after a put", 1, Trouble::StruckAfter, "0 to 11, killed", 3),
    ] {
        let bucket = format!("archived-{}", CREATED.fetch_add(1, Ordering::Relaxed));
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let mut shop = Shop::new(Some(ministack.address())).await;
        let bus = shop.bus(events().iter().map(on_bus).collect()).await;
        let function = shop.program("archive", &[("TILLROLL_ARCHIVE_BUCKET", &bucket)]);
        shop.account.ordain(Fate { operation: "PUT", text: bucket.clone(), after: 0, times, trouble });
        let status = shop.map_bus(&bus, BY_THOUSAND, &function);
        finished(&status, EVENTS, &function).await;
        let expected = if times == 0 { vec![first] } else { [&[first][..], &halved[..]].concat() };
        assert_eq!(story(&function), expected, "{case}");

        let archive = S3Archive::new(client.clone(), bucket, WallClock::default());
        let keys = archive.list(None, 100).await.unwrap();
        assert_eq!(keys.len(), objects, "{case}: {keys:?}");
        let mut archived = BTreeSet::new();
        for key in keys {
            let object = ArchiveObject::read(&archive, &key).await.unwrap();
            archived.extend(object.lines().map(<[u8]>::to_vec));
        }
        let expected: BTreeSet<Vec<u8>> = events().iter().map(EventRecord::to_json).collect();
        assert_eq!(archived, expected, "{case}");
    }
}
