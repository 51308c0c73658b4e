//! Notices on one machine go nowhere: they are lines in a file of the data folder, where a person can read them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use tillroll_host_lambda::ports::{Fault, FaultKind, Notice, Notices};

/// The outbox of reminders.
#[derive(Clone, Debug)]
pub struct Outbox {
    file: Arc<Path>,
}

impl Outbox {
    /// The outbox in `folder`, which is created with the first notice.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { file: folder.join("reminders.ndjson").into() }
    }
}

impl Notices for Outbox {
    async fn send(&self, notice: &Notice) -> Result<(), Fault> {
        let file = Arc::clone(&self.file);
        let id = notice.id.clone();
        let fault = |error| Fault::new(FaultKind::Transient, "write notice", id, error);
        let line = serde_json::to_vec(notice).map_err(std::io::Error::from);
        let written = tokio::task::spawn_blocking(move || append(&file, line?)).await;
        written.map_err(std::io::Error::other).flatten().map_err(fault)
    }
}

/// One write for the whole line, so that a killed process leaves no half of one behind another.
fn append(file: &Path, mut line: Vec<u8>) -> std::io::Result<()> {
    line.push(b'\n');
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(file)?.write_all(&line)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use tillroll_core::id::StreamId;
    use tillroll_core::time::Timestamp;

    use super::*;

    #[tokio::test]
    async fn every_notice_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(&folder.path().join("outbox"));
        let cart = StreamId::new(uuid::Uuid::from_u128(7));
        for id in ["a", "b"] {
            outbox.send(&Notice { id: id.into(), cart, due: Timestamp::UNIX_EPOCH }).await.unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("outbox/reminders.ndjson")).unwrap();
        let notices: Vec<Notice> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(notices.iter().map(|notice| notice.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}
