//! The archive on one machine: a folder with the same keys as the bucket, written once, never changed.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tillroll_host_lambda::ports::{Archive, Created, Fault, FaultKind};

/// Where objects are written before they get their name; no key begins like this.
const UNFINISHED: &str = ".unfinished";
/// Longest key (S3).
const KEY_BYTES_MAX: usize = 1024;
/// Permissions of an object, before the process's own mask.
#[cfg(unix)]
const OBJECT_MODE: u32 = 0o666;

/// The archive folder.
#[derive(Clone, Debug)]
pub struct LocalArchive {
    root: Arc<Path>,
}

impl LocalArchive {
    /// The archive in `root`, which is created when missing. What an earlier process left unfinished is removed: it
    /// never had a name.
    pub fn open(root: PathBuf) -> Result<Self, Fault> {
        let prepare = |root: &Path| {
            let unfinished = root.join(UNFINISHED);
            match std::fs::remove_dir_all(&unfinished) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            std::fs::create_dir_all(unfinished)
        };
        prepare(&root).map_err(|error| fault("open the archive", &root.display().to_string(), error))?;
        Ok(Self { root: root.into() })
    }

    /// The archive in a folder that is there, to look at: nothing is removed and nothing is created.
    #[must_use]
    pub fn existing(root: PathBuf) -> Self {
        Self { root: root.into() }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        object: &str,
        work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let root = Arc::clone(&self.root);
        match tokio::task::spawn_blocking(move || work(&root)).await {
            Ok(result) => result.map_err(|error| fault(operation, object, error)),
            Err(stopped) => Err(Fault::new(FaultKind::Transient, operation, object, stopped)),
        }
    }
}

impl Archive for LocalArchive {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        let path = checked("create archive object", key)?;
        self.blocking("create archive object", key, move |root| create(root, &root.join(path), &bytes)).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        let path = checked("read archive object", key)?;
        self.blocking("read archive object", key, move |root| match std::fs::read(root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let after = after.unwrap_or_default().to_owned();
        self.blocking("list the archive", "", move |root| {
            let mut keys = Vec::new();
            list_into(&mut keys, root, "", &after, limit)?;
            Ok(keys)
        })
        .await
    }
}

fn fault(operation: &'static str, object: &str, error: std::io::Error) -> Fault {
    // A full or read-only disk may recover; a key or a file that is wrong stays wrong.
    let permanent = matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::IsADirectory);
    let kind = if permanent { FaultKind::Permanent } else { FaultKind::Transient };
    Fault::new(kind, operation, object, error)
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The relative path of a key, if the key stays within the folder on every system.
fn checked(operation: &'static str, key: &str) -> Result<PathBuf, Fault> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte))
    };
    if key.len() <= KEY_BYTES_MAX && key.split('/').all(plain) {
        return Ok(key.split('/').collect());
    }
    let reason = "not a key of the archive: names of letters, digits and -_=. with slashes between them";
    Err(Fault::new(FaultKind::Permanent, operation, key.escape_debug().to_string(), reason))
}

fn create(root: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<Created> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(OBJECT_MODE));
    let mut unfinished = builder.tempfile_in(root.join(UNFINISHED))?;
    unfinished.write_all(bytes)?;
    // The reader's checkpoint moves on after this: the bytes must not be lost with the power.
    unfinished.as_file().sync_data()?;
    match unfinished.persist_noclobber(path) {
        Ok(_) => Ok(Created::New),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
            let same = std::fs::read(path)? == bytes;
            Ok(if same { Created::AlreadyThere } else { Created::Different })
        }
        Err(refused) => Err(refused.error),
    }
}

/// Appends keys above `after` in byte order until there are `limit`. `prefix` is the folder's key, with its slash.
fn list_into(keys: &mut Vec<String>, folder: &Path, prefix: &str, after: &str, limit: usize) -> std::io::Result<()> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        // A folder sorts as its keys do: with the slash that follows its name.
        let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
        entries.push(format!("{prefix}{name}{slash}"));
    }
    entries.sort_unstable();
    for key in entries {
        if keys.len() >= limit {
            return Ok(());
        }
        if !key.ends_with('/') {
            if key.as_str() > after {
                keys.push(key);
            }
        } else if key.as_str() > after || after.starts_with(&key) {
            let name = key.strip_prefix(prefix).unwrap_or(&key).trim_end_matches('/');
            list_into(keys, &folder.join(name), &key, after, limit)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[tokio::test]
    async fn an_object_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let archive = LocalArchive::open(folder.path().join("archive")).unwrap();
        assert_eq!(archive.read("v1/a").await.unwrap(), None);
        assert_eq!(archive.create("v1/a", b"one".into()).await.unwrap(), Created::New);
        assert_eq!(archive.create("v1/a", b"one".into()).await.unwrap(), Created::AlreadyThere);
        assert_eq!(archive.create("v1/a", b"two".into()).await.unwrap(), Created::Different);
        assert_eq!(archive.read("v1/a").await.unwrap(), Some(b"one".into()));
        assert_eq!(archive.read("v1/a/b").await.unwrap(), None);
    }

    #[tokio::test]
    async fn keys_are_listed_in_byte_order_from_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let archive = LocalArchive::open(folder.path().to_owned()).unwrap();
        let mut keys = ["v1/a/b", "v1/a-b", "v1/a=b", "v1/a/c/d", "v1/b", "v1/a.b", "v0"].map(str::to_owned);
        for key in &keys {
            archive.create(key, key.as_bytes().to_vec()).await.unwrap();
        }
        keys.sort();
        assert_eq!(archive.list(None, 100).await.unwrap(), keys);
        for limit in 1..=keys.len() {
            let mut listed: Vec<String> = Vec::new();
            loop {
                let page = archive.list(listed.last().map(String::as_str), limit).await.unwrap();
                if page.is_empty() {
                    break;
                }
                assert!(page.len() <= limit);
                listed.extend(page);
            }
            assert_eq!(listed, keys, "in pages of {limit}");
        }
        assert_eq!(archive.list(Some("v1/a/bb"), 1).await.unwrap(), ["v1/a/c/d"]);
        assert_eq!(archive.list(Some("v1/zz"), 1).await.unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_key_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = LocalArchive::open(folder.path().to_owned()).unwrap();
        for key in ["", "/etc/x", "../x", "a/../b", "a//b", "a/", ".unfinished/x", "a\\b", "a\nb", "C:x", "ä", "a/./b"]
        {
            assert_eq!(archive.create(key, Vec::new()).await.unwrap_err().kind, FaultKind::Permanent, "{key:?}");
            assert_eq!(archive.read(key).await.unwrap_err().kind, FaultKind::Permanent, "{key:?}");
        }
        assert!(archive.create(&"a".repeat(KEY_BYTES_MAX + 1), Vec::new()).await.is_err());
    }

    #[tokio::test]
    async fn what_a_killed_process_left_unfinished_is_no_object() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(UNFINISHED)).unwrap();
        std::fs::write(folder.path().join(UNFINISHED).join("torn"), "half").unwrap();
        let archive = LocalArchive::open(folder.path().to_owned()).unwrap();
        assert!(archive.list(None, 10).await.unwrap().is_empty());
        assert!(!folder.path().join(UNFINISHED).join("torn").exists());
    }
}
