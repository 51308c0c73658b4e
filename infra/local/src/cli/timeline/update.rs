//! How a timeline changes by what comes in.

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::record::EventRecord;

use super::super::output::count;
use super::fields;
use super::filter::Filter;
use super::keys;
use super::model::{Action, Against, Ask, Axis, Command, Effect, Life, Model, Pane, Prompt, SPEEDS, StateTab, Tab};
use super::persons::Persons;
use super::recording::Recording;
use super::seek;
use super::ticket;

/// Below this a filter applies while it is typed; a larger cart waits for Enter.
const TYPED_FILTER_VERSIONS_MAX: u64 = 20_000;
/// How far the life of a field is looked at on both sides of the position.
const LIFE_REACH: u64 = 500;
/// Longest text that a prompt takes.
const PROMPT_CHARS_MAX: usize = 200;

impl Model {
    pub(super) fn update(&mut self, action: Action) -> Option<Effect> {
        let effect = match action {
            Action::Do(command) => self.command(command),
            Action::Type(char) => self.typed(|text| {
                if text.chars().count() < PROMPT_CHARS_MAX && !char.is_control() {
                    text.push(char);
                }
            }),
            Action::Erase => self.typed(|text| {
                text.pop();
            }),
            Action::EraseAll => self.typed(String::clear),
            Action::Offer(by) => self.quietly(|model| model.offer(by)),
            Action::Ask(deed) => self.deed(deed),
            Action::Enter => self.enter(),
            Action::Slide(version) => self.look(|model| model.slide(version)),
            Action::Choose(place) => self.look(|model| {
                model.focus = Pane::List;
                model.go(place);
            }),
            Action::Focus(pane) => self.quietly(|model| model.focus = pane),
            Action::Scroll(pane, by) => self.scroll(pane, by),
            Action::Beat => self.beat(),
            Action::Now(now) => self.quietly(|model| model.now = now),
            Action::Opened { cart, notes, hypothetical } => self.quietly(|model| {
                model.recording = Recording::new(cart);
                (model.recording.notes, model.recording.hypothetical) = (notes, hypothetical);
            }),
            Action::Arrived(events) => self.quietly(|model| model.arrived(events)),
            Action::Refused(refusals) => self.quietly(|model| {
                if model.recording.refuse(refusals) {
                    model.refresh_rows();
                }
            }),
            Action::Link(link) => self.quietly(|model| model.link = link),
            Action::Hash { version, hash } => self.quietly(|model| {
                let ours = model.recording.view(version).map(|view| view.state_hash);
                model.compared = ours.map(|ours| (version, ours == hash));
            }),
            Action::Receipt { version, stages } => self.quietly(|model| model.receipt = Some((version, stages))),
            Action::Disclosed(answer) => self.quietly(|model| model.disclosed(answer)),
            Action::Say(message) => self.quietly(|model| model.message = Some(message)),
        };
        if self.tab == Tab::Life {
            self.refresh_life();
        }
        effect.or_else(|| self.receipt_wanted())
    }

    pub(super) fn quietly(&mut self, change: impl FnOnce(&mut Self)) -> Option<Effect> {
        change(self);
        None
    }

    /// Somebody looks around: playing ends, and so does what was said.
    pub(super) fn look(&mut self, change: impl FnOnce(&mut Self)) -> Option<Effect> {
        self.playing = false;
        self.message = None;
        change(self);
        None
    }

    fn command(&mut self, command: Command) -> Option<Effect> {
        if self.keys_from.is_some() && command != Command::Quit {
            let scrolls = [(Command::Up, -1), (Command::Down, 1), (Command::PageUp, -10), (Command::PageDown, 10)];
            return self.scroll_keys(scrolls.into_iter().find(|(key, _)| *key == command).map(|(_, by)| by));
        }
        match command {
            Command::Previous => self.look(|model| model.step(-1)),
            Command::Next => self.look(|model| model.step(1)),
            Command::PreviousChange => self.look(|model| model.change(false)),
            Command::NextChange => self.look(|model| model.change(true)),
            Command::First => self.look(Self::go_before),
            Command::Last => self.look(|model| model.step(i64::MAX)),
            Command::NextRefusal => self.look(Self::next_refusal),
            Command::Follow => self.look(Self::follow),
            Command::Play => self.quietly(Self::play),
            Command::Slower => self.quietly(|model| model.speed = model.speed.saturating_sub(1)),
            Command::Faster => self.quietly(|model| model.speed = (model.speed + 1).min(SPEEDS.len() - 1)),
            Command::GoTo => self.look(|model| model.ask(Ask::GoTo)),
            Command::Filter => self.look(|model| model.ask(Ask::Filter)),
            Command::PinA => self.look(|model| model.pin(0)),
            Command::PinB => self.look(|model| model.pin(1)),
            Command::Diff => self.look(Self::diff),
            Command::Fit => self.look(|model| model.window = None),
            Command::ZoomIn => self.look(|model| model.zoom(true)),
            Command::ZoomOut => self.look(|model| model.zoom(false)),
            Command::Axis => self.quietly(|model| {
                model.axis = if model.axis == Axis::Number { Axis::Time } else { Axis::Number };
            }),
            Command::Times => self.quietly(|model| model.clock.times = model.clock.times.next()),
            Command::NextPane => self.look(|model| model.next_pane(1)),
            Command::PreviousPane => self.look(|model| model.next_pane(2)),
            Command::Up => self.scroll(self.focus, -1),
            Command::Down => self.scroll(self.focus, 1),
            Command::PageUp => self.scroll(self.focus, -10),
            Command::PageDown => self.scroll(self.focus, 10),
            Command::StateTab => self.look(Self::next_state_tab),
            Command::InspectorTab => self.look(Self::next_tab),
            Command::Life => self.look(|model| model.show(Tab::Life)),
            Command::Receipt => self.look(|model| {
                model.receipt = None;
                model.show(Tab::Delivery);
            }),
            Command::Persons => self.look(Self::persons),
            Command::CopyLink => Some(match self.link_to_here() {
                Some(link) => Effect::Copy("the link", link),
                // Without a page the command is what leads here.
                None => Effect::Copy("the command, as there is no page to link to", self.command_to_here()),
            }),
            Command::CopyText => Some(Effect::Copy("the story as text", ticket::text(self))),
            Command::CopyInvocation => Some(Effect::Copy("the command", self.command_to_here())),
            Command::WhatIf => self.look(Self::what_if),
            Command::Palette => self.look(|model| model.ask(Ask::Palette)),
            Command::Keys => self.look(|model| model.keys_from = Some(0)),
            Command::Back => self.look(Self::back),
            Command::Quit => Some(Effect::Quit),
        }
    }

    /// What does not fit on the sheet of keys is scrolled to; every other key closes it.
    pub(super) fn scroll_keys(&mut self, by: Option<isize>) -> Option<Effect> {
        let first = self.keys_from.unwrap_or(0);
        self.keys_from = by.map(|by| first.saturating_add_signed(by));
        None
    }

    /// Esc: the newest thing that was opened closes.
    fn back(&mut self) {
        if let Some(prompt) = self.prompt.take() {
            if prompt.ask == Ask::Filter {
                self.set_filter(&prompt.before);
            }
        } else if !self.filter.shows_all() {
            self.set_filter("");
        } else if self.tab != Tab::Event {
            self.show(Tab::Event);
        } else {
            self.focus = Pane::List;
        }
    }

    fn play(&mut self) {
        self.message = None;
        self.playing = !self.playing;
        if self.playing && self.rows.last().is_some_and(|last| *last <= self.at) {
            self.slide(1);
        }
    }

    fn beat(&mut self) -> Option<Effect> {
        if self.playing {
            self.step(1);
            self.playing = self.rows.last().is_some_and(|last| self.at < *last);
        }
        None
    }

    fn pin(&mut self, which: usize) {
        if let Some(pin) = self.pins.get_mut(which) {
            *pin = if *pin == Some(self.at.version) { None } else { Some(self.at.version) };
        }
        if (self.against == Against::A && self.pins[0].is_none())
            || (self.against == Against::Pins && self.pins.contains(&None))
        {
            self.against = Against::Previous;
        }
    }

    fn diff(&mut self) {
        if self.tab == Tab::Diff {
            self.against = match (self.against, self.pins) {
                (Against::Previous, [Some(_), _]) => Against::A,
                (Against::A, [Some(_), Some(_)]) => Against::Pins,
                (Against::Previous | Against::A | Against::Pins, _) => Against::Previous,
            };
            if self.pins[0].is_none() {
                self.message = Some("pin A with [ to compare with it".to_owned());
            }
        }
        self.show(Tab::Diff);
    }

    fn next_pane(&mut self, steps: usize) {
        const PANES: [Pane; 3] = [Pane::List, Pane::State, Pane::Inspector];
        let here = PANES.iter().position(|pane| *pane == self.focus).unwrap_or(0);
        self.focus = PANES[(here + steps) % PANES.len()];
    }

    fn next_state_tab(&mut self) {
        (self.focus, self.state_scroll) = (Pane::State, 0);
        self.state_tab = match self.state_tab {
            StateTab::Lines => StateTab::Tree,
            StateTab::Tree => StateTab::Raw,
            StateTab::Raw => StateTab::Lines,
        };
    }

    fn next_tab(&mut self) {
        self.show(match self.tab {
            Tab::Event => Tab::Diff,
            Tab::Diff => Tab::Life,
            Tab::Life => Tab::Causes,
            Tab::Causes => Tab::Delivery,
            Tab::Delivery => Tab::Event,
        });
        self.focus = Pane::Inspector;
    }

    pub(super) fn show(&mut self, tab: Tab) {
        (self.tab, self.inspector_scroll) = (tab, 0);
        if tab != Tab::Event {
            self.focus = Pane::Inspector;
        }
    }

    fn scroll(&mut self, pane: Pane, by: i64) -> Option<Effect> {
        let moved = |place: usize| place.saturating_add_signed(isize::try_from(by).unwrap_or(0));
        match pane {
            Pane::List => return self.look(|model| model.step(by)),
            Pane::State if self.state_tab == StateTab::Raw => self.state_scroll = moved(self.state_scroll),
            Pane::State => self.select_field(by),
            Pane::Inspector => self.inspector_scroll = moved(self.inspector_scroll),
        }
        None
    }

    fn select_field(&mut self, by: i64) {
        let fields = fields::selectable(&self.recording, self.at.version, self.state_tab);
        let here = fields.iter().position(|field| *field == self.field);
        let next = match here {
            Some(here) => here.saturating_add_signed(isize::try_from(by).unwrap_or(0)),
            None => 0,
        };
        if let Some(field) = fields.get(next.min(fields.len().saturating_sub(1))) {
            self.field = field.clone();
            (self.message, self.inspector_scroll) = (None, 0);
        }
    }

    fn ask(&mut self, ask: Ask) {
        let text = if ask == Ask::Filter { self.filter.text.clone() } else { String::new() };
        self.prompt_with(ask, text);
    }

    pub(super) fn prompt_with(&mut self, ask: Ask, text: String) {
        self.prompt = Some(Prompt { ask, before: text.clone(), text, offer: 0 });
    }

    fn offer(&mut self, by: i64) {
        let Some(prompt) = &self.prompt else { return };
        let last = keys::sought(self, &prompt.text).len().saturating_sub(1);
        let offer = prompt.offer.saturating_add_signed(isize::try_from(by).unwrap_or(0)).min(last);
        if let Some(prompt) = &mut self.prompt {
            prompt.offer = offer;
        }
    }

    fn typed(&mut self, change: impl FnOnce(&mut String)) -> Option<Effect> {
        let prompt = self.prompt.as_mut()?;
        change(&mut prompt.text);
        (prompt.offer, self.message) = (0, None);
        if prompt.ask == Ask::Filter && self.recording.newest() <= TYPED_FILTER_VERSIONS_MAX {
            let text = prompt.text.clone();
            self.set_filter(&text);
        }
        None
    }

    fn enter(&mut self) -> Option<Effect> {
        let prompt = self.prompt.take()?;
        match prompt.ask {
            Ask::Palette => {
                let chosen = keys::sought(self, &prompt.text).into_iter().nth(prompt.offer);
                return self.update(chosen?.action);
            }
            Ask::WhatIf(wanted) => return self.edit(wanted, prompt),
            Ask::Reason => return self.disclosure(prompt),
            Ask::Filter => self.set_filter(&prompt.text),
            Ask::GoTo if prompt.text.trim().is_empty() => {}
            Ask::GoTo => match seek::target(&prompt.text, &self.recording, &self.clock, self.at.version) {
                Ok((version, remark)) => {
                    self.slide(version);
                    let remark = remark.map(str::to_owned);
                    let hidden = || format!("the filter hides event {}; the one before it is shown", count(version));
                    self.message = remark.or_else(|| (self.at.version != version).then(hidden));
                }
                Err(why) => self.message = Some(why),
            },
        }
        None
    }

    /// Masks persons again, or asks why they are to be shown. What is in a file is the reader's own.
    fn persons(&mut self) {
        match (self.recording.persons, self.is_of_a_file()) {
            (Persons::Shown, _) => self.recording.persons = Persons::Masked,
            (Persons::Masked, true) => {
                self.recording.persons = Persons::Shown;
                self.message = Some("persons are shown; of a file nobody writes that down".to_owned());
            }
            (Persons::Masked, false) => self.ask(Ask::Reason),
        }
    }

    fn disclosure(&mut self, prompt: Prompt) -> Option<Effect> {
        let reason = prompt.text.trim().to_owned();
        if reason.is_empty() {
            self.message = Some("say why: it is written down before persons are shown".to_owned());
            self.prompt = Some(prompt);
            return None;
        }
        Some(Effect::Disclose(reason))
    }

    fn disclosed(&mut self, answer: Result<(), String>) {
        self.message = Some(match answer {
            Ok(()) => {
                self.recording.persons = Persons::Shown;
                "persons are shown, and why was written down; P masks them again".to_owned()
            }
            Err(why) => format!("persons stay masked: {why}"),
        });
    }

    fn set_filter(&mut self, text: &str) {
        self.filter = Filter::of(text);
        self.refresh_rows();
    }

    fn arrived(&mut self, events: Vec<EventRecord>) {
        let known = self.recording.newest();
        for event in events {
            self.recording.push(event);
        }
        self.clock.first = self.recording.first_time().unwrap_or(Timestamp::UNIX_EPOCH);
        let came = self.filter.places_after(&self.recording, known);
        self.rows.extend(came);
        if let Some(version) = self.begin.filter(|version| *version <= self.recording.newest()) {
            self.begin = None;
            self.slide(version);
        }
        self.stay_on_a_row();
    }

    fn refresh_life(&mut self) {
        let (version, newest) = (self.at.version, self.recording.newest());
        let (from, to) = (version.saturating_sub(LIFE_REACH).max(1), version.saturating_add(LIFE_REACH).min(newest));
        let known = &self.life;
        if known.field == self.field && known.from <= from && known.to >= to {
            return;
        }
        // Somewhat more, so that the next steps find it there.
        let (from, to) = (from.saturating_sub(LIFE_REACH).max(1), to.saturating_add(LIFE_REACH).min(newest));
        let turns = tillroll_core::timeline::life(self.recording.timeline(), &self.field, from..=to);
        self.life = Life { field: self.field.clone(), from, to, turns };
    }

    /// The receipt is fetched when it is looked at, for one event at a time.
    fn receipt_wanted(&mut self) -> Option<Effect> {
        let version = self.at.version;
        let is_known = self.receipt.as_ref().is_some_and(|(known, _)| *known == version);
        if self.tab != Tab::Delivery || is_known || version == 0 || self.playing || self.is_of_a_file() {
            return None;
        }
        self.receipt = Some((version, Ok(Vec::new())));
        Some(Effect::FetchReceipt(version))
    }
}
