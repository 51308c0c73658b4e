//! A function on the loop of ours that panics when its event says so: in the answer, beside it, or in its own start.
#![allow(clippy::panic, reason = "that is what it is for")]

use std::process::ExitCode;

use futures_util::stream;
use serde_json::json;
use serde_json::value::RawValue;
use tillroll_host_lambda::lambda::configuration::Archive;
use tillroll_host_lambda::lambda::invocation::{Answer, Answered, Failure, Invocation, Streamed};
use tillroll_host_lambda::lambda::metrics::Metrics;
use tillroll_host_lambda::lambda::{Configuration, Function, run};

struct Breaking;

impl Function for Breaking {
    async fn answer(&self, event: &RawValue, _: &Invocation) -> Result<Answered, Failure> {
        match event.get() {
            "\"panic\"" | "\"panic, streamed\"" => panic!("a secret"),
            "\"panic elsewhere\"" => {
                tokio::spawn(async { panic!("a secret of somebody else's") });
                std::future::pending().await
            }
            other => Ok(Answered { answer: Answer::json(&json!({"event": other}))?, metrics: Metrics::default() }),
        }
    }

    fn broken(&self, event: &RawValue, _: &Invocation, failure: Failure) -> Result<Answer, Failure> {
        if event.get() != "\"panic, streamed\"" {
            return Err(failure);
        }
        let chunks = Box::pin(stream::iter([Ok(failure.message.into_bytes())]));
        let headers = vec![("content-type", "text/plain".to_owned())];
        Ok(Answer::Streamed(Streamed { status: 500, headers, chunks }))
    }
}

fn main() -> ExitCode {
    run("breaking", async |_: &Configuration<Archive>| {
        assert!(std::env::args().all(|argument| argument != "--at-start"), "a secret of its start");
        Ok(Breaking)
    })
}
