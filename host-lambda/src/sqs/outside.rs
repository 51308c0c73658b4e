//! Queues that people look at: records that look tampered with, and notices to the owners of carts.

use std::sync::Arc;

use aws_sdk_sqs::Client;
use serde::Serialize;
use uuid::Uuid;

use super::errors::failure;
use super::queues::messages_in;
use super::text::sendable;
use crate::calls;
use crate::ports::{Clock, Fault, FaultKind, Notice, Notices, TamperLog};

/// Ending of the names of FIFO queues.
const FIFO: &str = ".fifo";
/// Most bytes of a message.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes kept of a record that does not fit: within JSON each may become six.
const CUT_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 8;

const KEEP: &str = "keep a tampered record in";
const COUNT: &str = "count the tampered records in";
const NOTIFY: &str = "send notice";

/// A queue of either kind. In a FIFO queue the same content is there once.
#[derive(Clone, Debug)]
struct Outlet<C> {
    client: Client,
    url: Arc<str>,
    clock: C,
}

impl<C: Clock> Outlet<C> {
    async fn send(&self, name: &str, body: &str) -> Result<(), calls::Failure> {
        let send = self.client.send_message().queue_url(&*self.url).message_body(sendable(body));
        let send = if self.url.ends_with(FIFO) {
            let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string();
            send.message_group_id(&id).message_deduplication_id(id)
        } else {
            send
        };
        calls::repeated(&self.clock, || async { send.clone().send().await.map(drop).map_err(failure) }).await
    }
}

/// The tamper log in a queue: more than none in it is an alarm. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqsTamperLog<C>(Outlet<C>);

/// A message of the tamper log.
#[derive(Serialize)]
struct Kept<'a> {
    reason: &'a str,
    /// Whether the record was too large, and this is only its beginning.
    cut: bool,
    /// The record, JSON as text.
    record: &'a str,
}

impl<C: Clock> SqsTamperLog<C> {
    /// The log in the queue at `url`. A FIFO queue keeps a record that is delivered again once.
    pub fn new(client: Client, url: &str, clock: C) -> Self {
        Self(Outlet { client, url: url.into(), clock })
    }

    /// How many records wait to be looked at.
    pub async fn count(&self) -> Result<u64, Fault> {
        let count = messages_in(&self.0.client, &self.0.clock, &self.0.url).await;
        count.map_err(|failure| failure.into_read_fault(COUNT, &*self.0.url))
    }
}

impl<C: Clock> TamperLog for SqsTamperLog<C> {
    async fn keep(&self, reason: &str, record: String) -> Result<(), Fault> {
        let fault = |error| Fault::new(FaultKind::Permanent, KEEP, &*self.0.url, error);
        let whole = serde_json::to_string(&Kept { reason, cut: false, record: &record }).map_err(fault)?;
        let body = if sendable(&whole).len() <= MESSAGE_BYTES_MAX {
            whole
        } else {
            let end = (0..=CUT_BYTES_MAX).rev().find(|end| record.is_char_boundary(*end)).unwrap_or(0);
            let beginning = record.get(..end).unwrap_or_default();
            serde_json::to_string(&Kept { reason, cut: true, record: beginning }).map_err(fault)?
        };
        let sent = self.0.send(&format!("tillroll:tampered:{record}"), &body).await;
        sent.map_err(|failure| failure.into_fault(KEEP, &*self.0.url))
    }
}

/// Notices in a queue, for whoever knows the owners' addresses. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqsNotices<C>(Outlet<C>);

impl<C: Clock> SqsNotices<C> {
    /// Notices to the queue at `url`, each a JSON document. A FIFO queue keeps a notice that is sent again once.
    pub fn new(client: Client, url: &str, clock: C) -> Self {
        Self(Outlet { client, url: url.into(), clock })
    }
}

impl<C: Clock> Notices for SqsNotices<C> {
    async fn send(&self, notice: &Notice) -> Result<(), Fault> {
        let fault = |error| Fault::new(FaultKind::Permanent, NOTIFY, &notice.id, error);
        let body = serde_json::to_string(notice).map_err(fault)?;
        let sent = self.0.send(&format!("tillroll:notice:{}", notice.id), &body).await;
        sent.map_err(|failure| failure.into_fault(NOTIFY, &notice.id))
    }
}
