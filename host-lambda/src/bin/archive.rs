//! `tillroll-archive`: a batch of the event bus becomes an object that is kept for ever.

use std::process::ExitCode;

use serde_json::value::RawValue;
use tillroll_host_lambda::derived::Checkpoints;
use tillroll_host_lambda::dynamodb::{RowTable, Tokens};
use tillroll_host_lambda::functions::archive::archive;
use tillroll_host_lambda::functions::replay::ARCHIVE_READER;
use tillroll_host_lambda::lambda::batch::{CountedArchive, answered, read};
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::invocation::{Answered, Failure, Invocation};
use tillroll_host_lambda::lambda::{Configuration, Function, configuration, run};
use tillroll_host_lambda::lambda_events::BusBatch;
use tillroll_host_lambda::s3::S3Archive;

struct Archive {
    archive: S3Archive<SystemClock>,
    checkpoints: Checkpoints<RowTable<SystemClock>>,
}

impl Function for Archive {
    async fn answer(&self, event: &RawValue, _: &Invocation) -> Result<Answered, Failure> {
        let batch: BusBatch = read(event, "a batch of the event bus")?;
        let counted = CountedArchive::new(&self.archive);
        let answer = archive(&batch, &counted).await?;
        self.checkpoints.finished(ARCHIVE_READER, &batch, &answer).await?;
        let Answered { answer, metrics } = answered(&answer, batch.records.len())?;
        Ok(Answered { answer, metrics: counted.counted(metrics) })
    }
}

fn main() -> ExitCode {
    run("archive", async |Configuration { aws, own }: &Configuration<configuration::Archive>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let archive = S3Archive::new(clients.s3(), own.archive.clone(), clock);
        let rows = RowTable::new(clients.dynamodb(), own.rows.clone(), Tokens::Send, clock);
        Ok(Archive { archive, checkpoints: Checkpoints::new(rows) })
    })
}
