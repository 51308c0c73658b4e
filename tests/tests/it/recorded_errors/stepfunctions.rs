//! Step Functions: a start that there is already, and starts that are refused, throttled or in doubt.

use serde_json::{Value, json};
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{Fault, ReplayStarter as _};
use tillroll_host_lambda::stepfunctions::ReplayMachine;
use tillroll_tests::recorded::{Recorded, Reply};

use super::{Permanent, clock, json_errors, kind_of};

const RUN: &str = "7d9d3c5e-5f0c-4d5c-9a4e-6f3f1c9d9f21";
const ARN: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:replay";

async fn start(recorded: &Recorded) -> Result<(), Fault> {
    let machine: ReplayMachine<MemoryClock> = ReplayMachine::new(recorded.sfn(), ARN, clock());
    machine.start(RUN, 2).await
}

fn started() -> Reply {
    let arn = format!("arn:aws:states:us-east-1:000000000000:execution:replay:{RUN}-2");
    Reply::json(200, json!({"executionArn": arn, "startDate": 1_767_225_600.123}).to_string())
}

#[tokio::test]
async fn an_execution_is_named_by_run_and_attempt_and_told_both() {
    let recorded = Recorded::new([started()]);
    start(&recorded).await.unwrap();
    let [sent] = recorded.sent().try_into().unwrap();
    assert_eq!(sent.header("x-amz-target"), Some("AWSStepFunctions.StartExecution"));
    let sent: Value = serde_json::from_str(&sent.body).unwrap();
    let name = sent["name"].as_str().unwrap();
    assert_eq!((name, sent["stateMachineArn"].as_str()), (format!("{RUN}-2").as_str(), Some(ARN)));
    assert!(name.len() <= 80, "AWS takes no longer name");
    let input: Value = serde_json::from_str(sent["input"].as_str().unwrap()).unwrap();
    assert_eq!(input, json!({"run": RUN, "attempt": 2}));
}

#[tokio::test]
async fn an_execution_that_there_is_already_is_started() {
    let recorded = Recorded::new([Reply::json_error(400, "ExecutionAlreadyExists")]);
    start(&recorded).await.unwrap();
    assert_eq!(recorded.sent().len(), 1);
}

#[tokio::test]
async fn every_error_of_a_start_says_whether_it_can_be_started_again() {
    let busy = [
        (400, "ExecutionLimitExceeded"),
        (400, "ThrottlingException"),
        (400, "KmsThrottlingException"),
        (400, "ExpiredTokenException"),
        (429, "TooManyRequestsException"),
    ];
    let refused = [
        "StateMachineDoesNotExist",
        "StateMachineDeleting",
        "InvalidName",
        "InvalidArn",
        "InvalidExecutionInput",
        "KmsAccessDeniedException",
        "KmsInvalidStateException",
    ];
    let refused = refused.map(|code| (Reply::json_error(400, code), Permanent));
    for (reply, kind) in json_errors(&busy).into_iter().chain(refused) {
        let recorded = Recorded::new([reply.clone()]);
        assert_eq!(kind_of(start(&recorded).await, RUN), kind, "{reply:?}");
        let attempts = recorded.sent().len();
        assert_eq!(attempts == 1, kind == Permanent, "{reply:?}: {attempts} attempts");
        assert!(attempts < 64, "{reply:?}: {attempts} attempts");
    }
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_made_again_under_its_name_and_finds_itself() {
    for found in [started(), Reply::json_error(400, "ExecutionAlreadyExists")] {
        for lost in [Reply::Cut, Reply::json_error(500, "InternalFailure"), Reply::json(200, "{\"executionArn")] {
            let recorded = Recorded::new([lost, found.clone()]);
            start(&recorded).await.unwrap();
            let sent = recorded.sent();
            assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body));
        }
    }
}
