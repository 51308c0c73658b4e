//! What if, from here: edits of the life that is shown, what would have become of the cart, and where the two part. The
//! core gives the answer; nothing is written but a file that says that it never happened.

use serde_json::{Value, json};
use tillroll_core::cart::Cart;
use tillroll_core::packed::{Header, History, Writer};
use tillroll_core::whatif::{Alternative, EDITS_MAX, Edit, Fate, Mode, Step, what_if};
use tillroll_host_lambda::timeline_file::{Hypothetical, HypotheticalMode};

use super::super::output::count;
use super::phrase::{self, Phrase};
use super::recording::{Place, Recording};

/// What a key does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Previous,
    Next,
    PageUp,
    PageDown,
    First,
    Last,
    Drop,
    Change,
    Move,
    Insert,
    Ask,
    Stop,
    Undo,
    Mode,
    Divergence,
    NextRefusal,
    Save,
    CopyLink,
    Palette,
    Keys,
    Back,
    Quit,
}

/// What is typed for an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Another event instead of this version.
    Change(u64),
    /// The version behind which this one is to stand.
    Move(u64),
    /// One more event behind this version.
    Insert(u64),
    /// A command behind this version.
    Ask(u64),
    /// The file's name.
    Save,
}

/// An edit, as the core, a file and a person have it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    edit: Edit,
    json: Value,
    pub(super) words: String,
}

/// A row of both lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// The recorded event that stands here.
    pub(super) recorded: Option<u64>,
    /// The event of the alternative.
    pub(super) alternative: Option<u64>,
    /// None before the first edit.
    pub(super) step: Option<&'a Step>,
}

/// A question, and its answer.
#[derive(Debug)]
pub(super) struct WhatIf {
    /// The life as it was, packed.
    packed: Vec<u8>,
    pub(super) mode: Mode,
    pub(super) edits: Vec<Made>,
    pub(super) answer: Alternative,
    /// The alternative, to be looked at.
    pub(super) life: Recording,
    /// The row one stands on.
    pub(super) row: usize,
}

impl WhatIf {
    /// No edits yet, at a version.
    pub(super) fn at(recording: &Recording, version: u64) -> Result<Self, String> {
        if let Some(broken) = recording.broken() {
            return Err(format!(
                "event {} cannot be read, so nothing can be asked of this life",
                count(broken.version)
            ));
        }
        if recording.newest() == 0 {
            return Err("nothing has happened yet".to_owned());
        }
        let packed = packed(recording)?;
        let (mode, edits) = (Mode::DecideAgain, Vec::new());
        let (answer, life) = answer(recording, &packed, mode, &edits)?;
        let row = usize::try_from(version.saturating_sub(1)).unwrap_or(0);
        Ok(Self { packed, mode, edits, answer, life, row })
    }

    pub(super) fn rows(&self) -> usize {
        self.untouched().saturating_add(self.answer.steps.len())
    }

    fn untouched(&self) -> usize {
        usize::try_from(self.answer.untouched).unwrap_or(usize::MAX)
    }

    pub(super) fn row(&self, row: usize) -> Option<Row<'_>> {
        let Some(step) = row.checked_sub(self.untouched()) else {
            let version = Some(row as u64 + 1);
            return Some(Row { recorded: version, alternative: version, step: None });
        };
        let step = self.answer.steps.get(step)?;
        let recorded = step.origin.filter(|_| !matches!(step.fate, Fate::Moved));
        let alternative = step.fate.happened().then_some(step.alternative);
        Some(Row { recorded, alternative, step: Some(step) })
    }

    /// The first row after which the two carts differ.
    fn divergence(&self) -> Option<usize> {
        Some(self.untouched() + self.answer.divergence?)
    }

    /// The recorded event that one stands on, if no edit is about it yet.
    pub(super) fn free_version(&self) -> Result<u64, String> {
        let row = self.row(self.row).filter(|row| row.step.is_none_or(|step| step.edit.is_none()));
        row.and_then(|row| row.recorded).ok_or_else(|| "stand on a recorded event that no edit is about".to_owned())
    }

    /// The recorded version behind which something is put.
    pub(super) fn after(&self) -> u64 {
        let row = self.row(self.row);
        row.map_or(0, |row| row.step.map_or(row.recorded.unwrap_or(0), |step| step.recorded))
    }

    pub(super) fn step(&mut self, by: i64) {
        let by = isize::try_from(by).unwrap_or(if by < 0 { isize::MIN } else { isize::MAX });
        self.row = self.row.saturating_add_signed(by).min(self.rows().saturating_sub(1));
    }

    /// Goes to where the two part; says so if they do not.
    pub(super) fn go_to_divergence(&mut self) -> Option<&'static str> {
        let Some(row) = self.divergence() else { return Some("the two carts never differ") };
        self.row = row;
        None
    }

    pub(super) fn go_to_next_refusal(&mut self) -> Option<&'static str> {
        let untouched = self.untouched();
        let is_refused = |(_, step): &(usize, &Step)| matches!(step.fate, Fate::Refused(_));
        let refused = || self.answer.steps.iter().enumerate().filter(is_refused).map(|(step, _)| untouched + step);
        match refused().find(|row| *row > self.row).or_else(|| refused().next()) {
            Some(row) => self.row = row,
            None => return Some("nothing would be refused"),
        }
        None
    }

    /// One edit more, and where the two part then.
    pub(super) fn add(&mut self, recording: &Recording, edit: Edit, json: Value, words: String) -> Result<(), String> {
        if self.edits.len() >= EDITS_MAX {
            return Err(format!("more than {EDITS_MAX} edits: take some back with U"));
        }
        self.edits.push(Made { edit, json, words });
        let asked = self.ask(recording);
        if asked.is_err() {
            self.edits.pop();
            return asked;
        }
        let edit = self.edits.len() - 1;
        let made = self.answer.steps.iter().position(|step| step.edit == Some(edit));
        self.row = made.map(|step| self.untouched() + step).or(self.divergence()).unwrap_or(self.row);
        Ok(())
    }

    pub(super) fn undo(&mut self, recording: &Recording) -> Result<String, String> {
        let Some(made) = self.edits.pop() else { return Err("there is no edit to take back".to_owned()) };
        self.ask(recording)?;
        Ok(format!("taken back: {}", made.words))
    }

    pub(super) fn switch_mode(&mut self, recording: &Recording) -> Result<(), String> {
        self.mode = if self.mode == Mode::AsItIs { Mode::DecideAgain } else { Mode::AsItIs };
        self.ask(recording)
    }

    fn ask(&mut self, recording: &Recording) -> Result<(), String> {
        (self.answer, self.life) = answer(recording, &self.packed, self.mode, &self.edits)?;
        self.row = self.row.min(self.rows().saturating_sub(1));
        Ok(())
    }

    /// What was typed, as an edit.
    pub(super) fn typed(&mut self, recording: &Recording, wanted: Wanted, text: &str) -> Result<(), String> {
        let phrase = |after: u64| Phrase::read(text, recording.view(after).as_ref());
        let words = text.trim();
        match wanted {
            Wanted::Change(version) => {
                let (event, json) = phrase(version.saturating_sub(1))?.event(recording.cart)?;
                let json = json!({"edit": "replace", "version": version, "event": json});
                let said = format!("event {} instead: {words}", count(version));
                self.add(recording, Edit::Replace { version, event }, json, said)
            }
            Wanted::Insert(after) => {
                let (event, json) = phrase(after)?.event(recording.cart)?;
                let json = json!({"edit": "insert", "after": after, "event": json});
                self.add(recording, Edit::Insert { after, event }, json, format!("{}: {words}", behind(after)))
            }
            Wanted::Ask(after) => {
                let (request, json) = phrase(after)?.request()?;
                let json = json!({"edit": "issue", "after": after, "command": json});
                self.add(recording, Edit::Issue { after, request }, json, format!("asked {}: {words}", behind(after)))
            }
            Wanted::Move(version) => {
                let after = words.parse().map_err(|_| "write the number of the event behind which it is to stand")?;
                let json = json!({"edit": "move", "version": version, "after": after});
                let said = format!("event {} moved {}", count(version), behind(after));
                self.add(recording, Edit::Move { version, after }, json, said)
            }
            Wanted::Save => Ok(()),
        }
    }

    pub(super) fn drop_event(&mut self, recording: &Recording) -> Result<(), String> {
        let version = self.free_version()?;
        let json = json!({"edit": "drop", "version": version});
        self.add(recording, Edit::Drop { version }, json, format!("event {} left out", count(version)))
    }

    pub(super) fn stop_here(&mut self, recording: &Recording) -> Result<(), String> {
        let version = self.after();
        let json = json!({"edit": "fork", "version": version});
        let said = format!("nothing happened {}", behind(version));
        self.add(recording, Edit::Fork { version }, json, said)
    }

    /// The event one stands on as a phrase, to be changed.
    pub(super) fn phrase(&self, recording: &Recording, currency: Option<&str>) -> String {
        let event = self.free_version().ok().and_then(|version| recording.event(version));
        event.map(|event| phrase::of(&event, currency)).unwrap_or_default()
    }

    /// What was asked, as a file says it.
    pub(super) fn hypothetical(&self, recording: &Recording) -> Hypothetical {
        let mode = match self.mode {
            Mode::AsItIs => HypotheticalMode::AsItIs,
            Mode::DecideAgain => HypotheticalMode::DecideAgain,
        };
        Hypothetical { mode, recorded_version: recording.newest(), edits: self.edits_as_json() }
    }

    pub(super) fn edits_as_json(&self) -> Vec<Value> {
        self.edits.iter().map(|made| made.json.clone()).collect()
    }

    /// What a row of either side says.
    pub(super) fn told(recording: &Recording, version: Option<u64>) -> String {
        let place = version.map(Place::event);
        recording.told(place.into_iter()).next().map(|told| told.text).unwrap_or_default()
    }
}

pub(super) fn behind(after: u64) -> String {
    if after == 0 { "before the first event".to_owned() } else { format!("after event {}", count(after)) }
}

/// What would have become of the cart, and its life.
fn answer(
    recording: &Recording,
    packed: &[u8],
    mode: Mode,
    edits: &[Made],
) -> Result<(Alternative, Recording), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let history = History::open(packed).map_err(|error| said(&error))?;
    let edits: Vec<Edit> = edits.iter().map(|made| made.edit.clone()).collect();
    let answer = what_if(&history, mode, &edits, Vec::new()).map_err(|error| said(&error))?;
    let mut life = Recording::new(recording.cart);
    (life.hypothetical, life.persons) = (true, recording.persons);
    let alternative = History::open(&answer.packed).map_err(|error| said(&error))?;
    life.append(&alternative)?;
    Ok((answer, life))
}

/// A packed history of all that was recorded.
fn packed(recording: &Recording) -> Result<Vec<u8>, String> {
    let header = Header { stream: recording.cart, after: 0, beside: Vec::new() };
    let mut writer = Writer::<Cart>::new(&header).map_err(|error| error.to_string())?;
    for version in 1..=recording.newest() {
        let frame = recording.frame(version).ok_or_else(|| format!("event {} cannot be read", count(version)))?;
        writer.copy(&frame).map_err(|error| error.to_string())?;
    }
    Ok(writer.finish())
}
