//! `tillroll-publish`: records of the table stream become events on the bus.

use std::process::ExitCode;

use serde_json::value::RawValue;
use tillroll_host_lambda::functions::publish::publish;
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::lambda::batch::{CountedTamperLog, answered, read};
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::invocation::{Answered, Failure, Invocation};
use tillroll_host_lambda::lambda::{Configuration, Function, configuration, run};
use tillroll_host_lambda::lambda_events::TableStreamBatch;
use tillroll_host_lambda::sqs::SqsTamperLog;

struct Publish {
    bus: KinesisBus<SystemClock>,
    tamper: SqsTamperLog<SystemClock>,
}

impl Function for Publish {
    async fn answer(&self, event: &RawValue, _: &Invocation) -> Result<Answered, Failure> {
        let batch: TableStreamBatch = read(event, "a batch of the table stream")?;
        let tamper = CountedTamperLog::new(&self.tamper);
        let answer = publish(&batch, &self.bus, &tamper).await?;
        let Answered { answer, metrics } = answered(&answer, batch.records.len())?;
        Ok(Answered { answer, metrics: metrics.count("TamperRecords", tamper.kept()) })
    }
}

fn main() -> ExitCode {
    run("publish", async |Configuration { aws, own }: &Configuration<configuration::Publish>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let bus = KinesisBus::new(clients.kinesis(), &own.bus, clock);
        let tamper = SqsTamperLog::new(clients.sqs(), &own.tamper_queue, clock);
        Ok(Publish { bus, tamper })
    })
}
