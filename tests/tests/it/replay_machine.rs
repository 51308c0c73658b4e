//! The state machine that carries replays, as the Terraform describes it, on an emulator of Step Functions that calls the
//! real program `replay`: a run goes to its end, is paused and goes on, or stands still and says why.
//!
//! The other functions are called by the test. What the emulator does not model, docs/replay-at-scale.md says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tillroll_core::id::StreamId;
use tillroll_host_lambda::derived::{DerivedProgress, RowRuns};
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::project::by_name::SUBSCRIPTIONS;
use tillroll_host_lambda::functions::replay::{ARCHIVE_READER, Options, Phase, Replay, ReplayPorts, Run};
use tillroll_host_lambda::generations;
use tillroll_host_lambda::kinesis::{self, KinesisBus};
use tillroll_host_lambda::ports::{EventTable as _, ReplayStarter as _, Rows as _};
use tillroll_host_lambda::s3::S3Archive;
use tillroll_host_lambda::sqs::{QueueUrls, SqsQueues};
use tillroll_host_lambda::stepfunctions::{self, ReplayMachine};
use tillroll_host_lambda::subscriptions::layout::Layout;
use tillroll_tests::cloud::Cloud;
use tillroll_tests::ministack::python;
use tillroll_tests::runtime_api::FunctionProgram;
use tillroll_tests::terraform::module;
use tillroll_tests::wall_clock::WallClock;
use uuid::Uuid;

use super::mappings::events;

const SUBSCRIPTION: &str = "carts";
const ROLE: &str = "arn:aws:iam::000000000000:role/tillroll";
/// Far longer than a run takes.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);

type Rows = RowTable<WallClock>;

/// What a replay works with, in this process: runs are begun and looked at here, and carried elsewhere.
struct Stores {
    archive: S3Archive<WallClock>,
    queue: SqsQueues<WallClock>,
    rows: Rows,
    runs: RowRuns<Rows, WallClock>,
    progress: DerivedProgress<Rows, KinesisBus<WallClock>, WallClock>,
    table: Events<WallClock>,
    clock: WallClock,
}

impl ReplayPorts for Stores {
    type Archive = S3Archive<WallClock>;
    type Queue = SqsQueues<WallClock>;
    type Rows = Rows;
    type Runs = RowRuns<Rows, WallClock>;
    type Progress = DerivedProgress<Rows, KinesisBus<WallClock>, WallClock>;
    type Table = Events<WallClock>;
    type Clock = WallClock;
}

impl Stores {
    fn of(cloud: &Cloud) -> Self {
        let (address, clock, variables) = (cloud.address(), WallClock::default(), cloud.variables());
        let dynamodb = emulator_client(address);
        let rows = RowTable::new(dynamodb.clone(), variables["TILLROLL_ROWS_TABLE"].clone(), Tokens::Send, clock);
        let bus = KinesisBus::new(kinesis::client::emulator_client(address), &variables["TILLROLL_BUS"], clock);
        let readers = SUBSCRIPTIONS.into_iter().chain([ARCHIVE_READER]).map(str::to_owned);
        let queue = variables["TILLROLL_QUEUE_CARTS"].clone();
        let urls = QueueUrls { queue, dead_letters: variables["TILLROLL_DEAD_LETTERS_CARTS"].clone() };
        Self {
            archive: S3Archive::new(cloud.s3.clone(), variables["TILLROLL_ARCHIVE_BUCKET"].clone(), clock),
            queue: SqsQueues::new(cloud.sqs.clone(), BTreeMap::from([(SUBSCRIPTION.to_owned(), urls)]), clock),
            runs: RowRuns::new(rows.clone(), clock),
            progress: DerivedProgress::new(rows.clone(), bus, readers, clock),
            table: Events::new(dynamodb, variables["TILLROLL_EVENTS_TABLE"].clone(), Tokens::Send, clock),
            rows,
            clock,
        }
    }

    fn replay(&self) -> Replay<'_, Self> {
        let Self { archive, queue, rows, runs, progress, table, clock } = self;
        Replay { archive, queue, rows, runs, progress, table, clock }
    }

    async fn live_generation(&self) -> u32 {
        generations::read(&self.rows, SUBSCRIPTION).await.unwrap().live
    }
}

/// The system with its state machine.
struct Machines {
    cloud: Cloud,
    stores: Stores,
    sfn: aws_sdk_sfn::Client,
    arn: String,
    starter: ReplayMachine<WallClock>,
}

impl Machines {
    /// With some carts that went through everything, and the function `replay` told these variables beside the usual ones;
    /// `None` when tests go without the emulator.
    async fn new(variables: &[(&str, &str)]) -> Option<Self> {
        let mut cloud = Cloud::new().await?;
        let stores = Stores::of(&cloud);
        for event in events() {
            stores.table.append(&[event]).await.unwrap();
        }
        cloud.pump_dry().await;
        let name = format!("replay-{}", cloud.variables()["TILLROLL_BUS"]);
        let function = create_function(&cloud, &name, variables).await;
        let definition = fs::read_to_string(module().join("machines/replay.asl.json")).unwrap();
        let sfn = stepfunctions::client::emulator_client(cloud.address());
        let created = sfn.create_state_machine().name(name).role_arn(ROLE);
        let created = created.definition(definition.replace("${function}", &function)).send().await.unwrap();
        let arn = created.state_machine_arn;
        let starter = ReplayMachine::new(sfn.clone(), arn.clone(), stores.clock);
        Some(Self { cloud, stores, sfn, arn, starter })
    }

    /// A new run of everything, which nobody carries yet.
    async fn begun(&self) -> Run {
        self.stores.replay().start(SUBSCRIPTION, Options::new(Uuid::new_v4()), &SUBSCRIPTIONS).await.unwrap()
    }

    /// Names of all executions, parts of the archive left out.
    async fn executions(&self) -> BTreeSet<String> {
        let listed = self.sfn.list_executions().state_machine_arn(&self.arn).send().await.unwrap();
        let executions: Vec<String> = listed.executions.into_iter().map(|execution| execution.name).collect();
        let names: BTreeSet<String> = executions.iter().cloned().collect();
        assert_eq!(names.len(), executions.len(), "{executions:?}");
        names
    }

    /// Calls the other functions until the execution has ended; how, and over which states.
    async fn ended(&mut self, name: &str) -> (ExecutionStatus, Vec<String>, Value) {
        let arn = format!("{}:{name}", self.arn.replace(":stateMachine:", ":execution:"));
        let ended = async {
            loop {
                let execution = self.sfn.describe_execution().execution_arn(&arn).send().await.unwrap();
                if execution.status != ExecutionStatus::Running {
                    return execution;
                }
                self.cloud.pump().await;
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let execution = tokio::time::timeout(PATIENCE, ended).await.expect("an execution ends");
        let history = self.sfn.get_execution_history().execution_arn(&arn).max_results(1_000).send().await.unwrap();
        let entered = history.events.iter().filter_map(|event| event.state_entered_event_details.as_ref());
        let input = serde_json::from_str(&execution.input.unwrap()).unwrap();
        (execution.status, entered.map(|state| state.name.clone()).collect(), input)
    }

    async fn run(&self, run: &Run) -> Run {
        self.stores.replay().get(&run.id).await.unwrap().unwrap()
    }
}

/// A function that is the program of this build, packed as a script that becomes it; its ARN.
async fn create_function(cloud: &Cloud, name: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = FunctionProgram::of_this_build("replay");
    let script = format!("#!/bin/sh\nexec '{}'\n", program.path().display());
    fs::write(folder.path().join("bootstrap"), script).unwrap();
    let mut pack = Command::new(python());
    pack.args(["-m", "zipfile", "-c", "replay.zip", "bootstrap"]).current_dir(folder.path());
    assert!(pack.status().unwrap().success(), "the function is packed");
    let package = STANDARD.encode(fs::read(folder.path().join("replay.zip")).unwrap());

    let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: BTreeMap<_, _> =
        cloud.variables().clone().into_iter().chain(cloud.account()).chain(given).collect();
    let function = json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Role": ROLE,
        "Timeout": 900,
        "Code": {"ZipFile": package},
        "Environment": {"Variables": environment},
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/2015-03-31/functions", cloud.address());
    let answer: Value = client.post(url).json(&function).send().await.unwrap().json().await.unwrap();
    answer["FunctionArn"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_carried_to_its_end_by_the_state_machine_that_terraform_describes() {
    let Some(mut machines) = Machines::new(&[]).await else { return };
    let run = machines.begun().await;
    for _ in 0..2 {
        machines.starter.start(&run.id, 0).await.unwrap();
    }
    let name = format!("{}-0", run.id);
    assert_eq!(machines.executions().await, BTreeSet::from([name.clone()]), "started twice is started once");

    let (status, path, input) = machines.ended(&name).await;
    let run = machines.run(&run).await;
    assert_eq!((status, run.phase), (ExecutionStatus::Succeeded, Phase::Finished), "{path:?} {:?}", run.error);
    assert_eq!(input, json!({"run": run.id, "attempt": 0}));
    assert_eq!(path.last().map(String::as_str), Some("Finished"));
    assert!(path.iter().any(|state| state == "SendParts"), "the archive is sent by the map: {path:?}");
    assert_eq!(run.events_sent, 12, "{run:?}");

    let stores = &machines.stores;
    assert_eq!(stores.live_generation().await, 2);
    let carts: BTreeSet<StreamId> = events().iter().map(|event| event.stream).collect();
    for cart in carts {
        let [before, after] = [1, 2].map(|generation| Layout::new(SUBSCRIPTION, generation).row_key(cart));
        let (before, after) = (stores.rows.get(&before).await.unwrap(), stores.rows.get(&after).await.unwrap());
        let (before, after) = (before.unwrap(), after.unwrap());
        assert_eq!((before.revision, before.body), (after.revision, after.body), "{cart}");
    }
    machines.starter.start(&run.id, 0).await.unwrap();
    assert_eq!(machines.executions().await.len(), 1, "nor when it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_ends_its_execution_and_goes_on_in_the_next_one() {
    let Some(mut machines) = Machines::new(&[]).await else { return };
    let run = machines.begun().await;
    machines.stores.replay().pause(&run.id).await.unwrap();
    machines.starter.start(&run.id, 0).await.unwrap();
    let (status, path, _) = machines.ended(&format!("{}-0", run.id)).await;
    assert_eq!((status, path.last().map(String::as_str)), (ExecutionStatus::Succeeded, Some("Stopped")));
    assert_eq!(machines.stores.live_generation().await, 1);

    let resumed = machines.stores.replay().resume(&run.id, None).await.unwrap();
    assert_eq!(resumed.attempt(), 1);
    machines.starter.start(&run.id, resumed.attempt()).await.unwrap();
    let (status, path, _) = machines.ended(&format!("{}-1", run.id)).await;
    assert_eq!((status, path.last().map(String::as_str)), (ExecutionStatus::Succeeded, Some("Finished")));
    assert_eq!(machines.run(&run).await.phase, Phase::Finished);
    assert_eq!(machines.stores.live_generation().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_go_on_fails_its_execution_and_says_why() {
    let Some(mut machines) = Machines::new(&[("TILLROLL_ARCHIVE_BUCKET", "nobody-has-this")]).await else { return };
    let run = machines.begun().await;
    machines.starter.start(&run.id, 0).await.unwrap();
    let (status, path, _) = machines.ended(&format!("{}-0", run.id)).await;
    assert_eq!((status, path.last().map(String::as_str)), (ExecutionStatus::Failed, Some("Failed")), "{path:?}");
    let run = machines.run(&run).await;
    assert!(run.error.as_ref().is_some_and(|error| error.contains("archive")), "{run:?}");
    assert_eq!(machines.stores.live_generation().await, 1);
}
