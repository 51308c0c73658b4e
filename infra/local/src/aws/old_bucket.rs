//! A bucket of the original system: its objects lie anywhere in it, not below the archive's own folder.

use aws_sdk_s3::Client;
use tillroll_host_lambda::ports::{Archive, Created, Fault, FaultKind};

use super::account::Account;
use super::system::AwsArchive;
use crate::clock::LocalClock;
use crate::mappings::described;

/// Most keys on a page of a list (S3).
const PAGE_KEYS_MAX: usize = 1_000;

/// All objects of a bucket, whatever they are called.
#[derive(Clone, Debug)]
pub struct OldBucket {
    objects: AwsArchive,
    client: Client,
    bucket: String,
}

impl OldBucket {
    /// The bucket of this name.
    #[must_use]
    pub fn new(account: &Account, bucket: &str) -> Self {
        let objects = AwsArchive::new(account.s3(), bucket, LocalClock::system());
        Self { objects, client: account.s3(), bucket: bucket.to_owned() }
    }
}

impl Archive for OldBucket {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        self.objects.create(key, bytes).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.objects.read(key).await
    }

    /// One page: whoever lists goes on behind its last key until nothing comes.
    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let keys_max = i32::try_from(limit.min(PAGE_KEYS_MAX)).unwrap_or(i32::MAX);
        let request = self.client.list_objects_v2().bucket(&self.bucket).max_keys(keys_max);
        let page =
            request.set_start_after(after.map(str::to_owned)).send().await.map_err(|error| {
                Fault::new(FaultKind::Transient, "list the bucket", &self.bucket, described(&error))
            })?;
        Ok(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect())
    }
}
