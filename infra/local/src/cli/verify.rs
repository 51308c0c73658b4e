//! `tillroll verify`: whether table, archive and projections agree, event for event; and putting right what does not.

use std::time::{Duration, Instant};

use serde::Serialize;
use tillroll_host_lambda::verify::run::Verification;
use tillroll_host_lambda::verify::{FINDINGS_LISTED_MAX, Finding, FindingKind, NO_CURRENCY, Phase, Report, Standing};

use super::Session;
use super::ask::{Agreement, agreement, by};
use super::client::Answer;
use super::failure::{Ending, Failure, say};
use super::output::{Output, count, counted, money_with_code, shown};
use super::replay::filter_in_words;
use super::table::{Column, Table};

/// Findings shown to a person.
const FINDINGS_SHOWN_MAX: usize = 50;
/// Short enough to look alive, long enough to cost nothing.
const POLL: Duration = Duration::from_millis(200);
/// How often it is said how far a long phase is.
const SAY_EVERY: Duration = Duration::from_secs(5);
/// What is recorded of a repair when nobody gives a reason.
const REASON: &str = "tillroll verify --repair";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is paused: what is written while it looks is no finding.
A repair takes everything from the event table, and never touches that: what archive or projections lack goes on the
event bus again, and rows with another content are written again.
Exit status: 0 when all agree, 3 when not, 1 when it could not look.

Examples:
  tillroll verify --wait 60
  tillroll verify --repair --dry-run
  tillroll verify --repair --reason 'the disk was full on Monday'")]
pub(crate) struct Arguments {
    /// How many seconds the stages may take to pass what was written before
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=600))]
    wait: u32,
    /// Look up every entry of the projections too; takes about twice as long
    #[arg(long)]
    entries: bool,
    #[command(flatten)]
    repairing: Repairing,
}

#[derive(Debug, clap::Args)]
struct Repairing {
    /// Put right what can be put right, and look again
    #[arg(long)]
    repair: bool,
    /// Only say what a repair would do
    #[arg(long, requires = "repair")]
    dry_run: bool,
    /// Why; it is recorded with the repair
    #[arg(long, value_name = "TEXT", requires = "repair", default_value = REASON)]
    reason: String,
    /// Who; it is recorded with the repair (default: the user of this machine)
    #[arg(long, value_name = "NAME", requires = "repair")]
    by: Option<String>,
    /// Do not ask before a repair
    #[arg(long, short, requires = "repair")]
    yes: bool,
}

#[derive(Debug, Serialize)]
struct Ask<'a> {
    wait: u32,
    entries: bool,
    repair: bool,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let Repairing { repair, dry_run, yes, .. } = arguments.repairing;
    if repair && !dry_run && !yes {
        let Some(planned) = verified(&arguments, true, session).await? else { return Ok(Ending::Interrupted) };
        let seen: Verification = planned.read()?;
        if !work_is_planned(&seen) {
            return conclude(&planned, &seen, session);
        }
        let question = format!("{}{} Repair?", page(&seen), planned_in_words(&seen));
        match agreement(&question, "a repair writes to archive and projections", session).await? {
            Agreement::Yes => {}
            Agreement::No => return Err(Failure::new("nothing was done")),
            Agreement::Interrupted => return Ok(Ending::Interrupted),
        }
    }
    let Some(answer) = verified(&arguments, dry_run, session).await? else { return Ok(Ending::Interrupted) };
    conclude(&answer, &answer.read()?, session)
}

/// Begins a verification and follows it to its end; `None` after Ctrl+C.
async fn verified(arguments: &Arguments, dry_run: bool, session: &Session) -> Result<Option<Answer>, Failure> {
    let Arguments { wait, entries, repairing } = arguments;
    let Repairing { repair, reason, by: named, .. } = repairing;
    let is_recorded = *repair && !dry_run;
    let ask = Ask {
        wait: *wait,
        entries: *entries,
        repair: *repair,
        dry_run: *repair && dry_run,
        reason: is_recorded.then_some(reason),
        by: is_recorded.then(|| by(named.as_deref())).flatten(),
    };
    let begun = tokio::select! {
        begun = session.client().post("/verify", &ask) => begun?.accepted()?,
        () = session.interrupt.raised() => return Ok(None),
    };
    follow(begun, session).await
}

async fn follow(begun: Answer, session: &Session) -> Result<Option<Answer>, Failure> {
    let mut answer = begun;
    let mut told: Option<(Phase, Instant)> = None;
    loop {
        let seen: Verification = answer.read()?;
        if seen.has_ended() {
            return Ok(Some(answer));
        }
        let Standing { phase, .. } = seen.standing;
        let is_due = told.is_none_or(|(before, at)| before != phase || at.elapsed() >= SAY_EVERY);
        if is_due && !session.json() {
            say(&in_words(seen.standing));
            told = Some((phase, Instant::now()));
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = session.interrupt.raised() => {
                if session.reach.is_elsewhere() {
                    say("not waiting any longer; it goes on by itself");
                }
                return Ok(None);
            }
        }
        answer = session.client().get(&format!("/verify/{}", seen.id), &[]).await?.accepted()?;
    }
}

fn in_words(standing: Standing) -> String {
    let Standing { phase, events_read, objects_read, rows_read } = standing;
    match phase {
        Phase::Reading => format!("reading the table: {}", counted(events_read, "event")),
        Phase::Waiting => "waiting until the stages have passed what the table holds".to_owned(),
        Phase::Comparing => {
            let (objects, rows) = (counted(objects_read, "archive object"), counted(rows_read, "row"));
            format!("comparing: {objects} and {rows} read")
        }
        Phase::Repairing => "repairing".to_owned(),
        Phase::Finished => "finished".to_owned(),
        Phase::Failed => "broken off".to_owned(),
    }
}

fn conclude(answer: &Answer, seen: &Verification, session: &Session) -> Result<Ending, Failure> {
    let Some(report) = &seen.report else {
        let error = seen.error.as_deref().unwrap_or("the system does not say why");
        return Err(Failure::new(format!("the verification broke off: {}", shown(error))));
    };
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
    } else {
        output.text(&page(seen))?;
    }
    output.end()?;
    if report.ok {
        return Ok(Ending::Fine);
    }
    if !session.json() {
        let differences = counted(report.findings_total, "difference");
        say(&format!("error: table, archive and projections do not agree: {differences}"));
        if seen.repair.is_none() {
            say(
                "hint: if the pipeline is only behind (`tillroll pipeline` says so), give it longer: `tillroll verify --wait 300`",
            );
            say("hint: what a repair can do about the rest: `tillroll verify --repair --dry-run`");
        }
    }
    Ok(Ending::Differences)
}

fn work_is_planned(seen: &Verification) -> bool {
    seen.repair.as_ref().is_some_and(|repair| repair.events_republished + repair.rows_rebuilt > 0)
}

fn planned_in_words(seen: &Verification) -> String {
    let Some(repair) = &seen.repair else { return String::new() };
    let events = counted(repair.events_republished, "event");
    let rows = counted(repair.rows_rebuilt, "row");
    format!("A repair puts {events} on the event bus again and writes {rows} again.")
}

fn page(seen: &Verification) -> String {
    let Some(report) = &seen.report else { return String::new() };
    let mut parts = vec![facts(report), findings(report)];
    parts.extend(report.summary.iter().map(|of| {
        let (hop, findings, kind) = (shown(&of.hop), count(of.findings), kind_in_words(of.kind));
        format!("\n{hop}: {findings} {kind}\n  {}\n", shown(&of.advice))
    }));
    match &seen.repair {
        None => {}
        Some(repair) if repair.dry_run && report.ok => parts.push("\nnothing to repair\n".to_owned()),
        Some(repair) if repair.dry_run => {
            parts.push(format!("\n{} Nothing was done yet.\n", planned_in_words(seen)));
        }
        Some(repair) => {
            let events = counted(repair.events_republished, "event");
            let rows = counted(repair.rows_rebuilt, "row");
            let left = match repair.rows_left {
                0 => String::new(),
                left => format!(", {} left alone", counted(left, "row")),
            };
            parts.push(format!(
                "\nrepaired: {events} on the event bus again, {rows} written again{left}; then everything was compared again\n"
            ));
        }
    }
    parts.concat()
}

fn facts(report: &Report) -> String {
    let mut facts = Table::new([Column::word(""), Column::number("")]);
    facts.row(["carts".into(), count(report.carts)]);
    facts.row(["events".into(), count(report.events)]);
    for (currency, minor) in &report.money_by_currency {
        let currency = Some(currency.as_str()).filter(|code| *code != NO_CURRENCY);
        facts.row(["total".into(), money_with_code((*minor).into(), currency)]);
    }
    facts.row(["differences".into(), count(report.findings_total)]);
    let filtered = report.filtered.iter().map(|(subscription, filter)| {
        format!("{} is made of {} and was compared with that\n", shown(subscription), filter_in_words(filter))
    });
    let on_their_way = report.on_their_way.iter().map(|(hop, events)| {
        let (hop, events) = (shown(hop), counted(*events, "event"));
        format!("on the way to {hop}, and no difference yet: {events}, recorded only just now\n")
    });
    std::iter::once(facts.render()).chain(filtered).chain(on_their_way).collect()
}

fn findings(report: &Report) -> String {
    if report.findings.is_empty() {
        return String::new();
    }
    let mut of_carts =
        Table::new([Column::word("HOP"), Column::id("CART"), Column::number("VERSION"), Column::word("KIND")]);
    let mut of_objects = Table::new([Column::text("DAMAGED OBJECT"), Column::text("REASON")]);
    for finding in report.findings.iter().take(FINDINGS_SHOWN_MAX) {
        match finding {
            Finding { object: Some(object), reason, .. } => {
                let reason = reason.as_deref().unwrap_or_default();
                of_objects.row([shown(object).into_owned(), shown(reason).into_owned()]);
            }
            Finding { hop, cart, version, kind, .. } => of_carts.row([
                shown(hop).into_owned(),
                cart.map(|cart| cart.to_string()).unwrap_or_default(),
                version.map(count).unwrap_or_default(),
                kind_in_words(*kind).to_owned(),
            ]),
        }
    }
    let tables = [of_carts, of_objects].into_iter().filter(|table| !table.is_empty());
    let tables: Vec<String> = tables.map(|table| format!("\n{}", table.render())).collect();
    match report.findings_total.saturating_sub(report.findings.len().min(FINDINGS_SHOWN_MAX) as u64) {
        0 => tables.concat(),
        more => format!("{}and {} more; --json names up to {FINDINGS_LISTED_MAX}\n", tables.concat(), count(more)),
    }
}

const fn kind_in_words(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Missing => "missing",
        FindingKind::Doubled => "doubled",
        FindingKind::Different => "different",
        FindingKind::Damaged => "damaged",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn differences_are_shown_with_their_place_and_what_to_do() {
        let seen = r#"{"id": "x", "phase": "finished", "events_read": 7, "objects_read": 1, "rows_read": 2,
            "started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:01Z",
            "repair": {"dry_run": false, "events_republished": 1, "rows_rebuilt": 2, "rows_left": 0},
            "ok": false, "carts": 2, "events": 7, "money": 1250,
            "money_by_currency": {"EUR": 1000, "XXX": 250}, "findings_total": 61, "on_their_way": {"archive": 2},
            "findings": [
                {"hop": "archive", "cart": "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21", "version": 3, "kind": "missing"},
                {"hop": "archive", "object": "v1/x", "kind": "damaged", "reason": "it is cut off"}],
            "summary": [{"hop": "archive", "kind": "missing", "findings": 60, "advice": "a repair helps"}]}"#;
        let expected = "\
carts                2
events               7
total        EUR 10.00
total             2.50
differences         61
on the way to archive, and no difference yet: 2 events, recorded only just now

HOP      CART                                  VERSION  KIND
archive  0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21        3  missing

DAMAGED OBJECT  REASON
v1/x            it is cut off
and 59 more; --json names up to 1000

archive: 60 missing
  a repair helps

repaired: 1 event on the event bus again, 2 rows written again; then everything was compared again
";
        assert_eq!(page(&serde_json::from_str(seen).unwrap()), expected);
    }

    #[test]
    fn a_verification_under_way_has_no_report() {
        let seen = r#"{"id": "x", "phase": "comparing", "events_read": 7, "objects_read": 1, "rows_read": 2,
            "started_at": "2026-01-01T00:00:00Z", "finished_at": null}"#;
        let seen: Verification = serde_json::from_str(seen).unwrap();
        assert_eq!((seen.report.is_none(), seen.has_ended()), (true, false));
        assert_eq!(in_words(seen.standing), "comparing: 1 archive object and 2 rows read");
    }
}
