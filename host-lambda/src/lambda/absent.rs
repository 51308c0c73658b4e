//! What a function has not got. The router is one for all hosts and names all their ports; a function that has only the
//! routes of shoppers never comes to the others, and has no rights there either.

use std::time::Duration;

use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use crate::lambda_events::BusBatchRecord;
use crate::ports::{
    Archive, Created, DeadLetter, DeadLetterQueue, EventFeed, Fault, FaultKind, FeedPlace, FeedPosition, FeedShard,
    Letters, PipelineSnapshot, PipelineView, Progress, QueueMessage, RecordRefused, ReplayQueue, ReplayStarter,
    RowsError, Runs, ShardProgress, TableStreamProgress,
};
use crate::verify::run::{Ask, Begun, Verification, Verifications};

/// Every port that has not got anything behind it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Absent;

fn absent(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Permanent, operation, "(nothing)", "this function has no such port")
}

impl Archive for Absent {
    async fn create(&self, _key: &str, _bytes: Vec<u8>) -> Result<Created, Fault> {
        Err(absent("create archive object"))
    }

    async fn read(&self, _key: &str) -> Result<Option<Vec<u8>>, Fault> {
        Err(absent("read archive object"))
    }

    async fn list(&self, _after: Option<&str>, _limit: usize) -> Result<Vec<String>, Fault> {
        Err(absent("list the archive"))
    }
}

impl ReplayQueue for Absent {
    async fn send(
        &self,
        _subscription: &str,
        _messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        Err(absent("send to a replay queue"))
    }

    async fn depth(&self, _subscription: &str) -> Result<u64, Fault> {
        Err(absent("count a replay queue"))
    }
}

impl DeadLetterQueue for Absent {
    async fn list(
        &self,
        _subscription: Option<&str>,
        _after: Option<&str>,
        _limit: u32,
    ) -> Result<Vec<DeadLetter>, Fault> {
        Err(absent("list dead letters"))
    }

    async fn get(&self, _id: &str) -> Result<Option<DeadLetter>, Fault> {
        Err(absent("read a dead letter"))
    }

    async fn count(&self, _letters: &Letters) -> Result<u64, Fault> {
        Err(absent("count dead letters"))
    }

    async fn redrive(&self, _letters: &Letters, _limit: u32) -> Result<Vec<String>, Fault> {
        Err(absent("redrive dead letters"))
    }
}

impl EventFeed for Absent {
    async fn shards(&self) -> Result<Vec<FeedShard>, Fault> {
        Err(absent("list shards"))
    }

    async fn read(
        &self,
        _shard: &str,
        _after: Option<&SequenceNumber>,
        _records_max: usize,
    ) -> Result<Vec<BusBatchRecord>, Fault> {
        Err(absent("read a shard"))
    }

    async fn wait(&self, _after: &FeedPosition, _max: Duration) -> bool {
        false
    }

    async fn place_of(&self, _partition_key: &str, _since: Timestamp) -> Result<FeedPlace, Fault> {
        Err(absent("find a place on the bus"))
    }
}

impl PipelineView for Absent {
    async fn snapshot(&self) -> Result<PipelineSnapshot, Fault> {
        Err(absent("look at the pipeline"))
    }
}

impl Progress for Absent {
    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        Err(absent("ask how far the bus is"))
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        Err(absent("ask how far the table stream is"))
    }
}

impl Runs for Absent {
    async fn load(&self, _run: &str) -> Result<Option<(u64, String)>, Fault> {
        Err(absent("read replay run"))
    }

    async fn save(&self, _run: &str, _expected: u64, _document: String) -> Result<(), RowsError> {
        Err(absent("write replay run").into())
    }

    async fn list(&self, _limit: u32) -> Result<Vec<(String, String)>, Fault> {
        Err(absent("list replay runs"))
    }
}

impl ReplayStarter for Absent {
    async fn start(&self, _run: &str, _attempt: u32) -> Result<(), Fault> {
        Err(absent("start replay run"))
    }
}

impl Verifications for Absent {
    async fn begin(&self, _ask: Ask) -> Result<Begun, Fault> {
        Err(absent("begin a verification"))
    }

    async fn get(&self, _id: &str) -> Result<Option<Verification>, Fault> {
        Err(absent("read a verification"))
    }

    async fn latest(&self) -> Result<Option<Verification>, Fault> {
        Err(absent("read a verification"))
    }
}
