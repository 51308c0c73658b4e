//! One request of carts: how it is cut, and what its answer says of each cart. No IO.

use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use tillroll_local::import::{ImportCart, ImportCommand};
use uuid::Uuid;

use super::send::Refusal;
use crate::cli::client::Answer;
use crate::cli::failure::Failure;
use crate::cli::output::count;

/// Enough to make the cost of a request vanish, few enough for progress to move.
const CARTS_MAX: usize = 200;
/// Then a request is closed even with fewer carts.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// A cart of more commands goes in several lines: the API reads lines of up to 1 MiB, and a command with the longest
/// name and sku, all of it escaped, takes 1.3 KB.
const LINE_COMMANDS_MAX: usize = 800;
/// A cart takes no more events than this, so one of more rows is not even sent.
const CART_COMMANDS_MAX: usize = 10_000;

/// Carts that are sent together.
#[derive(Debug)]
pub(super) struct Request {
    body: Bytes,
    carts: Vec<SentCart>,
}

/// A cart in a request, and where its commands come from.
#[derive(Debug)]
pub(super) struct SentCart {
    id: Uuid,
    value: String,
    /// Each command with its row.
    rows: Vec<(Uuid, u64)>,
    /// Its lines in the body; none for a cart that is too large to be sent.
    bytes: Range<usize>,
    lines: usize,
}

/// What the system says of a cart.
#[derive(Debug)]
pub(super) enum Answered {
    /// It is stored.
    Landed {
        /// Events that are new.
        events: u64,
        /// Its version now.
        version: u64,
        /// What it comes to.
        total_minor: u64,
        /// Commands that did not happen.
        refused: Vec<Refused>,
    },
    /// It is not, or not all of it.
    Failed {
        /// The stable code.
        code: String,
        /// For people.
        message: String,
    },
}

/// A cart with what is said of it.
pub(super) type CartAnswer = (SentCart, Answered);

/// A command that the system refused.
#[derive(Debug, Deserialize)]
pub(super) struct Refused {
    /// Which.
    pub(super) command_id: Uuid,
    /// The stable code.
    pub(super) code: String,
    /// For people.
    pub(super) message: String,
}

/// One line of the answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Line {
    #[serde(alias = "unchanged", alias = "refused")]
    Imported { events: u64, version: u64, refused: Vec<Refused>, total_minor: Option<u64> },
    #[serde(alias = "malformed")]
    Failed {
        code: String,
        message: String,
        #[serde(default)]
        retryable: bool,
    },
}

impl SentCart {
    /// The row that caused a command.
    pub(super) fn row_of(&self, command: Uuid) -> u64 {
        let row = self.rows.iter().find(|(id, _)| *id == command);
        row.map_or_else(|| self.first_row(), |(_, row)| *row)
    }

    /// The row with which the cart begins.
    pub(super) fn first_row(&self) -> u64 {
        self.rows.first().map_or(0, |(_, row)| *row)
    }

    fn too_large(&self) -> Answered {
        let commands = count(self.rows.len() as u64);
        let message = format!(
            "it has {commands} commands, and a cart takes {}; is the cart column the right one?",
            count(CART_COMMANDS_MAX as u64)
        );
        Answered::Failed { code: "too_many_events".into(), message }
    }

    pub(super) fn refusal(&self, row: u64, code: String, message: String) -> Refusal {
        Refusal { row, cart: self.value.clone(), cart_id: self.id, code, message }
    }
}

impl Request {
    /// What is sent: one line of JSON for each cart, or several.
    pub(super) fn body(&self) -> Bytes {
        self.body.clone()
    }

    /// How many carts it has.
    pub(super) fn carts(&self) -> usize {
        self.carts.len()
    }

    /// What the answer says of each cart. Those that should be sent again, if `may_repeat`, are a new request.
    pub(super) fn answered(
        self,
        answer: &Answer,
        may_repeat: bool,
    ) -> Result<(Vec<CartAnswer>, Option<Self>), Failure> {
        let text = answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines: Result<Vec<Line>, _> = text.map(serde_json::from_slice).collect();
        let lines = lines.map_err(|error| Failure::of(&error))?;
        if lines.len() != self.carts.iter().map(|cart| cart.lines).sum::<usize>() {
            return Err(Failure::new("the system's answer is not about the carts that were sent"));
        }
        let mut lines = lines.into_iter();
        let mut answered = Vec::with_capacity(self.carts.len());
        let mut again = Cutter::default();
        for cart in self.carts {
            if cart.lines == 0 {
                let outcome = cart.too_large();
                answered.push((cart, outcome));
                continue;
            }
            let lines: Vec<Line> = lines.by_ref().take(cart.lines).collect();
            match together(lines) {
                (_, true) if may_repeat => again.repeat(&self.body, cart),
                (outcome, _) => answered.push((cart, outcome)),
            }
        }
        Ok((answered, again.rest()))
    }
}

/// The outcome of a cart from those of its lines, and whether sending it again may help.
fn together(lines: Vec<Line>) -> (Answered, bool) {
    let (mut all_events, mut newest, mut total, mut all_refused) = (0, 0, 0, Vec::new());
    for line in lines {
        match line {
            Line::Imported { events, version, refused, total_minor } => {
                all_events += events;
                newest = version;
                all_refused.extend(refused);
                total = total_minor.unwrap_or(total);
            }
            Line::Failed { code, message, retryable } => return (Answered::Failed { code, message }, retryable),
        }
    }
    (Answered::Landed { events: all_events, version: newest, total_minor: total, refused: all_refused }, false)
}

/// The request that is being filled.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    body: Vec<u8>,
    carts: Vec<SentCart>,
}

impl Cutter {
    /// Adds a cart; answers with the request if it is full now.
    pub(super) fn add(&mut self, cart: &ImportCart) -> Option<Request> {
        let start = self.body.len();
        let mut lines = 0;
        let sendable = if cart.commands.len() > CART_COMMANDS_MAX { &[] } else { cart.commands.as_slice() };
        for commands in sendable.chunks(LINE_COMMANDS_MAX) {
            #[derive(serde::Serialize)]
            struct Line<'a> {
                cart_id: Uuid,
                source: &'a str,
                commands: &'a [ImportCommand],
            }
            let line = Line { cart_id: cart.cart_id, source: &cart.source, commands };
            // Texts and integers always serialize; an empty line would come back as an answer too few.
            self.body.extend(serde_json::to_vec(&line).unwrap_or_default());
            self.body.push(b'\n');
            lines += 1;
        }
        let rows = cart.commands.iter().map(|command| (command.command_id, command.row)).collect();
        let bytes = start..self.body.len();
        self.carts.push(SentCart { id: cart.cart_id, value: cart.value.clone(), rows, bytes, lines });
        let is_full = self.carts.len() >= CARTS_MAX || self.body.len() >= BYTES_MAX;
        if is_full { self.rest() } else { None }
    }

    /// Adds a cart as it was sent before.
    fn repeat(&mut self, body: &Bytes, cart: SentCart) {
        let start = self.body.len();
        self.body.extend(body.slice(cart.bytes.clone()));
        self.carts.push(SentCart { bytes: start..self.body.len(), ..cart });
    }

    /// What is left, if there is any.
    pub(super) fn rest(&mut self) -> Option<Request> {
        let Self { body, carts } = std::mem::take(self);
        (!carts.is_empty()).then(|| Request { body: body.into(), carts })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

    use reqwest::StatusCode;
    use tillroll_local::import::CommandBody;

    use super::*;

    fn cart(value: &str, commands: u64) -> ImportCart {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, value.as_bytes());
        let command = |row: u64| ImportCommand {
            command_id: Uuid::new_v5(&id, &row.to_be_bytes()),
            body: CommandBody::OpenCart { currency: None },
            happened_at: None,
            row,
        };
        let commands = (1..=commands).map(command).collect();
        ImportCart { cart_id: id, source: "test".into(), commands, value: value.into(), total_minor: 0 }
    }

    fn answer(lines: &[&str]) -> Answer {
        Answer { status: StatusCode::OK, body: lines.join("\n").into() }
    }

    const IMPORTED: &str =
        r#"{"cart_id":"x","status":"imported","version":3,"events":3,"refused":[],"total_minor":250}"#;
    const UNCHANGED: &str =
        r#"{"cart_id":"x","status":"unchanged","version":3,"events":0,"refused":[],"total_minor":250}"#;
    const AWAY: &str = r#"{"cart_id":"x","status":"failed","code":"unavailable","message":"later","retryable":true}"#;
    const BAD: &str = r#"{"cart_id":null,"status":"malformed","code":"malformed_json","message":"no","errors":[]}"#;

    #[test]
    fn a_request_is_cut_after_two_hundred_carts() {
        let mut cutter = Cutter::default();
        let cut: Vec<_> = (0..450).filter_map(|n| cutter.add(&cart(&n.to_string(), 1))).collect();
        assert_eq!(cut.iter().map(Request::carts).collect::<Vec<_>>(), [200, 200]);
        assert_eq!(cutter.rest().unwrap().carts(), 50);
        assert!(cutter.rest().is_none());
    }

    #[test]
    fn a_large_cart_goes_in_several_lines_of_one_request() {
        let mut cutter = Cutter::default();
        assert!(cutter.add(&cart("large", 2_000)).is_none());
        let request = cutter.rest().unwrap();
        assert_eq!(request.body().trim_ascii_end().split(|byte| *byte == b'\n').count(), 3);
        let (answered, again) = request.answered(&answer(&[IMPORTED, UNCHANGED, IMPORTED]), true).unwrap();
        assert!(again.is_none());
        assert!(matches!(&answered[..], [(_, Answered::Landed { events: 6, total_minor: 250, .. })]), "{answered:?}");
    }

    #[test]
    fn only_carts_that_may_still_land_are_sent_again() {
        let mut cutter = Cutter::default();
        for value in ["a", "b", "c"] {
            cutter.add(&cart(value, 1));
        }
        let request = cutter.rest().unwrap();
        let b_alone = request.body().split(|byte| *byte == b'\n').nth(1).unwrap().to_vec();
        let (answered, again) = request.answered(&answer(&[IMPORTED, AWAY, BAD]), true).unwrap();
        assert_eq!(answered.iter().map(|(cart, _)| cart.value.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        let again = again.unwrap();
        assert_eq!(again.body().trim_ascii_end(), b_alone);
        let (answered, again) = again.answered(&answer(&[AWAY]), false).unwrap();
        assert!(again.is_none());
        assert!(matches!(&answered[..], [(_, Answered::Failed { code, .. })] if code == "unavailable"), "{answered:?}");
    }

    #[test]
    fn a_refusal_names_its_row() {
        let mut cutter = Cutter::default();
        let sent = cart("a", 3);
        cutter.add(&sent);
        let refused = format!(
            r#"{{"cart_id":"x","status":"refused","version":3,"events":0,"total_minor":null,"refused":[
                {{"command_id":"{}","code":"too_many_lines","message":"full","details":{{}}}}]}}"#,
            sent.commands[1].command_id
        );
        let (answered, _) = cutter.rest().unwrap().answered(&answer(&[&refused.replace('\n', "")]), true).unwrap();
        let [(cart, Answered::Landed { refused, .. })] = &answered[..] else { panic!("{answered:?}") };
        assert_eq!(cart.row_of(refused[0].command_id), 2);
    }

    #[test]
    fn a_cart_of_more_rows_than_a_cart_takes_is_not_sent() {
        let mut cutter = Cutter::default();
        cutter.add(&cart("all", 10_001));
        let request = cutter.rest().unwrap();
        assert!(request.body().is_empty());
        let (answered, _) = request.answered(&answer(&[]), true).unwrap();
        assert!(
            matches!(&answered[..], [(_, Answered::Failed { code, .. })] if code == "too_many_events"),
            "{answered:?}"
        );
    }

    #[test]
    fn an_answer_about_other_carts_is_a_failure() {
        let mut cutter = Cutter::default();
        cutter.add(&cart("a", 1));
        assert!(cutter.rest().unwrap().answered(&answer(&[IMPORTED, IMPORTED]), true).is_err());
    }
}
