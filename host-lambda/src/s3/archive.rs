//! The archive in a bucket: objects are created once, by a condition that S3 keeps, and never written over.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::errors::{failure, is_missing, is_taken};
use crate::calls::{self, Failure, Verdict};
use crate::ports::{Archive, Clock, Created, Fault};

/// Everything of the archive lies below it. What else the bucket holds (a catalogue, reducers) is no object of the
/// archive and is not listed.
const FOLDER: &str = "v1/";
/// Most keys on a page of a list (S3).
const PAGE_KEYS_MAX: usize = 1_000;
/// Largest object that is read: a batch of a thousand of the largest records, twice over.
const OBJECT_BYTES_MAX: usize = 2 * 1024 * 1024 * 1024;

const CREATE: &str = "create archive object";
const READ: &str = "read archive object";
const LIST: &str = "list the archive";

/// The archive over S3. Cheap to clone.
#[derive(Clone, Debug)]
pub struct S3Archive<C> {
    client: Client,
    bucket: String,
    clock: C,
}

impl<C: Clock> S3Archive<C> {
    /// The archive in the bucket of this name. The client's own retries should be off: see
    /// [`base_config`](super::client::base_config).
    pub fn new(client: Client, bucket: impl Into<String>, clock: C) -> Self {
        Self { client, bucket: bucket.into(), clock }
    }

    /// One attempt to create; false when the key is taken.
    async fn put(&self, key: &str, bytes: &[u8]) -> Result<bool, Failure> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).if_none_match("*");
        // S3 refuses what does not arrive with this checksum, and keeps it with the object for those who read it.
        let put = put.checksum_algorithm(ChecksumAlgorithm::Crc32);
        match put.body(ByteStream::from(bytes.to_vec())).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_taken(&error) => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    /// One attempt to read an object and check it against the checksum that it was stored with.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        let get = self.client.get_object().bucket(&self.bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        match get.send().await {
            Ok(object) => {
                let length = object.content_length().and_then(|length| usize::try_from(length).ok());
                if length.is_some_and(|length| length > OBJECT_BYTES_MAX) {
                    return Err(Failure::permanent(format!("it is larger than {OBJECT_BYTES_MAX} bytes")));
                }
                collected(object.body, length).await.map(Some)
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }
}

/// The whole body. One that breaks off or does not have its checksum is read again.
pub(super) async fn collected(body: ByteStream, length: Option<usize>) -> Result<Vec<u8>, Failure> {
    let broken = |source: Box<dyn std::error::Error + Send + Sync>| Failure { verdict: Verdict::Busy, source };
    let bytes = body.collect().await.map_err(|error| broken(error.into()))?.to_vec();
    match length {
        Some(length) if length != bytes.len() => Err(broken(format!("{} of {length} bytes came", bytes.len()).into())),
        _ => Ok(bytes),
    }
}

fn is_absent(error: &SdkError<GetObjectError, HttpResponse>) -> bool {
    is_missing(error)
}

impl<C: Clock> Archive for S3Archive<C> {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        let created = calls::repeated(&self.clock, || self.put(key, &bytes)).await;
        if created.map_err(|failure| failure.into_fault(CREATE, key))? {
            return Ok(Created::New);
        }
        // An attempt of ours whose answer was lost, another delivery of the batch, or something else altogether.
        match self.read(key).await? {
            Some(stored) if stored == bytes => Ok(Created::AlreadyThere),
            Some(_) => Ok(Created::Different),
            None => {
                let gone = "the key was taken, and then there was no object: somebody removes what the archive keeps";
                Err(Failure { verdict: Verdict::Busy, source: gone.into() }.into_fault(CREATE, key))
            }
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        let read = calls::repeated(&self.clock, || self.get(key)).await;
        read.map_err(|failure| failure.into_read_fault(READ, key))
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let mut keys: Vec<String> = Vec::new();
        while keys.len() < limit {
            let page_max = (limit - keys.len()).min(PAGE_KEYS_MAX);
            let last = keys.last().map(String::as_str).or(after);
            let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(FOLDER);
            let request = request.set_start_after(last.filter(|last| *last > FOLDER).map(str::to_owned));
            let request = request.max_keys(i32::try_from(page_max).unwrap_or(i32::MAX));
            let page = calls::repeated(&self.clock, || async { request.clone().send().await.map_err(failure) }).await;
            let page = page.map_err(|failure| failure.into_read_fault(LIST, &self.bucket))?;
            let found = page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
            let before = keys.len();
            keys.extend(found.take(page_max));
            // Every turn goes on behind the last key, so it ends.
            if page.is_truncated != Some(true) || keys.len() == before {
                break;
            }
        }
        Ok(keys)
    }
}
