//! `tillroll-remind`: sends a notice for each cart whose reminder is due.

use std::process::ExitCode;

use serde_json::value::RawValue;
use tillroll_host_lambda::dynamodb::{RowTable, Tokens};
use tillroll_host_lambda::functions::remind::{Reminded, remind};
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::invocation::{Answer, Answered, Failure, Invocation};
use tillroll_host_lambda::lambda::metrics::{Metrics, Outcome};
use tillroll_host_lambda::lambda::{Configuration, Function, configuration, run};
use tillroll_host_lambda::ports::Clock as _;
use tillroll_host_lambda::sqs::SqsNotices;

/// No further round begins when so much of the invocation's time is over; a round sends a thousand notices at most.
const ROUNDS_SHARE: u32 = 2;

struct Remind {
    rows: RowTable<SystemClock>,
    notices: SqsNotices<SystemClock>,
    clock: SystemClock,
}

impl Function for Remind {
    async fn answer(&self, _: &RawValue, invocation: &Invocation) -> Result<Answered, Failure> {
        let begun_ms = self.clock.elapsed_ms();
        let enough_ms = u64::try_from((invocation.time / ROUNDS_SHARE).as_millis()).unwrap_or(u64::MAX);
        let mut all = Reminded::default();
        loop {
            let round = remind(self.clock.now(), &self.rows, &self.notices).await?;
            all.sent += round.sent;
            all.failed += round.failed;
            all.changed += round.changed;
            all.more = round.more;
            // What failed is tried again by a later call, not at once.
            let is_late = self.clock.elapsed_ms().saturating_sub(begun_ms) >= enough_ms;
            if !round.more || round.failed > 0 || is_late {
                break;
            }
        }
        let outcome = if all.failed > 0 { Outcome::Partial } else { Outcome::Ok };
        let metrics = Metrics::of(outcome).count("NoticesSent", all.sent).count("NoticesFailed", all.failed);
        Ok(Answered { answer: Answer::json(&all)?, metrics })
    }
}

fn main() -> ExitCode {
    run("remind", async |Configuration { aws, own }: &Configuration<configuration::Remind>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let rows = RowTable::new(clients.dynamodb(), own.rows.clone(), Tokens::Send, clock);
        let notices = SqsNotices::new(clients.sqs(), &own.notices_queue, clock);
        Ok(Remind { rows, notices, clock })
    })
}
