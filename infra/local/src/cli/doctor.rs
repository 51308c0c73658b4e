//! `tillroll doctor`: what is wrong here, and what to do about it. Changes nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tillroll_host_lambda::ports::{PipelineSnapshot, StageState};
use tillroll_local::doctor::{Finding, State, examine};
use tillroll_local::folder;

use super::again::completed;
use super::aws::Choice;
use super::client::Client;
use super::dev::PORT;
use super::failure::{Ending, Failure};
use super::output::{Output, count, shown};
use super::reach;
use super::table::{Column, Table};

/// How long a running system may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Looks at the data folder (where it is, who works in it, whether its files are whole and of this build, whether archive
objects are what their names say), the disk, the clock, the port, and at the system if one is running. Changes nothing.
With --aws or --stack: at the account, the clock, and the shape of tables, bus, bucket and queues on AWS.
Exit status 1 when there is a problem.

Example:
  tillroll doctor")]
pub(crate) struct Arguments {
    /// The port that `dev` would take
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
}

/// The document of `--json`.
#[derive(Serialize)]
struct Examined<'a> {
    ok: bool,
    findings: &'a [Finding],
}

pub(crate) async fn run(
    arguments: &Arguments,
    data_dir: Option<PathBuf>,
    aws: &Choice,
    json: bool,
) -> Result<Ending, Failure> {
    let mut findings = if aws.is_aws()? {
        let (account, names) = aws.found().await?;
        tillroll_local::aws::doctor::examine(&account, &names).await
    } else {
        let named = if data_dir.is_none() { reach::named_system() } else { None };
        let folder = reach::folder_to_examine(data_dir)?;
        let mut findings = examine(&folder, arguments.port).await;
        findings.push(system(named, &folder).await);
        findings
    };
    for finding in &mut findings {
        finding.advice = finding.advice.as_deref().map(|advice| completed(advice).into_owned());
    }
    let ok = findings.iter().all(|finding| finding.state != State::Problem);
    let mut output = Output::new();
    if json {
        output.json(&Examined { ok, findings: &findings })?;
    } else {
        output.text(&page(&findings))?;
    }
    output.end()?;
    Ok(if ok { Ending::Fine } else { Ending::Problems })
}

fn page(findings: &[Finding]) -> String {
    let mut table = Table::new([Column::word(""), Column::word(""), Column::text("")]);
    for finding in findings {
        let mark = match finding.state {
            State::Fine => "ok",
            State::Note => "note",
            State::Problem => "PROBLEM",
        };
        table.row([mark.to_owned(), finding.check.to_owned(), shown(&finding.says).into_owned()]);
    }
    let advice = findings.iter().filter_map(|finding| Some((finding, finding.advice.as_ref()?)));
    let advice = advice.map(|(finding, advice)| format!("{}: {}\n", finding.check, shown(advice)));
    let advice: String = advice.collect();
    if advice.is_empty() { table.render() } else { format!("{}\n{advice}", table.render()) }
}

/// What a running system says of itself: the one that the environment names, or else the one that works in the folder.
async fn system(named: Option<String>, folder: &Path) -> Finding {
    const CHECK: &str = "running system";
    let in_folder = || folder::occupant(folder).and_then(|occupant| occupant.port).map(reach::loopback);
    let Some(url) = named.or_else(in_folder) else { return Finding::fine(CHECK, "none") };
    match tokio::time::timeout(ANSWER_MAX, ask(&url)).await {
        Ok(Ok(finding)) => finding,
        Ok(Err(failure)) => {
            let why = match failure {
                Failure::Said { what, .. } => what,
                Failure::OutputClosed => "it does not answer".to_owned(),
            };
            Finding::problem(CHECK, why, "stop it and start it again; nothing acknowledged is lost")
        }
        Err(_) => Finding::problem(
            CHECK,
            format!("{} does not answer within {} s", shown(&url), ANSWER_MAX.as_secs()),
            "stop it and start it again; nothing acknowledged is lost",
        ),
    }
}

#[derive(Deserialize)]
struct Build {
    version: String,
}

#[derive(Deserialize)]
struct Pipeline {
    #[serde(flatten)]
    flow: PipelineSnapshot,
    #[serde(default)]
    parked: Vec<serde_json::Value>,
}

async fn ask(url: &str) -> Result<Finding, Failure> {
    const CHECK: &str = "running system";
    let client = Client::new(url)?;
    client.get("/readyz", &[]).await?.accepted()?;
    let Build { version } = client.get("/version", &[]).await?.accepted()?.read()?;
    let Pipeline { flow, parked } = client.get("/pipeline", &[]).await?.accepted()?.read()?;
    if let Some(stage) = flow.stages.iter().find(|stage| stage.state == StageState::Retrying) {
        let why = stage.last_error.as_deref().unwrap_or("it does not say why");
        let says = format!("the stage {} fails and is tried again: {why}", stage.name);
        return Ok(Finding::problem(CHECK, says, "`tillroll pipeline` shows all stages; nothing is lost meanwhile"));
    }
    let dead: u64 = flow.dead_letters.iter().map(|letters| letters.messages).sum();
    if dead > 0 || !parked.is_empty() {
        let says = format!("{} dead letters, {} parked carts", count(dead), parked.len());
        return Ok(Finding::problem(
            CHECK,
            says,
            "`tillroll dead-letters list` and `tillroll pipeline` say which and why",
        ));
    }
    if version != env!("CARGO_PKG_VERSION") {
        let says = format!("is version {}, this program is {}", shown(&version), env!("CARGO_PKG_VERSION"));
        return Ok(Finding::note(CHECK, says, "restart `tillroll dev` with this program"));
    }
    let waiting: u64 = flow.stages.iter().map(|stage| stage.lag_events).sum();
    Ok(Finding::fine(CHECK, format!("{} is ready; {} events wait for a stage", shown(url), count(waiting))))
}
