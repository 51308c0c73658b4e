//! What the timeline shows, and how it changes. No terminal, no clock and no network in here: what comes in is an
//! [`Action`], what has to be done outside is an [`Effect`].
//!
//! There is one position, a [`Place`]. Slider, list, state and inspector are drawn from it, so they cannot disagree.

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::{Pointer, Turn};
use tillroll_host_lambda::record::EventRecord;

use super::super::output::count;
use super::clock::{Clock, Times};
use super::fields;
use super::filter::Filter;
use super::recording::{Place, Recording, Refusal};
use super::seek;

/// Events a second, slowest first.
pub(super) const SPEEDS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
const SPEED_AT_FIRST: usize = 2;
/// Below this a filter applies while it is typed; a larger cart waits for Enter.
const TYPED_FILTER_VERSIONS_MAX: u64 = 20_000;
/// How far the life of a field is looked at on both sides of the position.
const LIFE_REACH: u64 = 5_000;
/// The smallest part of the life that zooming shows.
const WINDOW_VERSIONS_MIN: u64 = 8;
/// Longest text that a prompt takes.
const PROMPT_CHARS_MAX: usize = 200;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Previous,
    Next,
    PreviousChange,
    NextChange,
    First,
    Last,
    Play,
    Slower,
    Faster,
    NextRefusal,
    GoTo,
    Follow,
    PinA,
    PinB,
    Diff,
    Filter,
    Fit,
    ZoomIn,
    ZoomOut,
    Axis,
    Times,
    NextPane,
    PreviousPane,
    Up,
    Down,
    PageUp,
    PageDown,
    StateTab,
    InspectorTab,
    Life,
    Receipt,
    CopyLink,
    Keys,
    Back,
    Quit,
}

/// What happens to a model.
#[derive(Debug)]
pub(super) enum Action {
    Do(Command),
    /// Typed into the prompt.
    Type(char),
    Erase,
    Enter,
    /// The slider was put on a version.
    Slide(u64),
    /// A row of the list was chosen.
    Choose(Place),
    /// A pane was chosen.
    Focus(Pane),
    Scroll(Pane, i64),
    /// Time for the next step while playing.
    Beat,
    /// What time it is.
    Now(Timestamp),
    Arrived(Vec<EventRecord>),
    Refused(Vec<Refusal>),
    Link(Link),
    /// The system's fingerprint of the state at a version.
    Hash {
        version: u64,
        hash: Fingerprint,
    },
    Receipt {
        version: u64,
        stages: Result<Vec<Stage>, String>,
    },
    /// Something to be read once.
    Say(String),
}

/// What has to be done outside.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Quit,
    Copy(String),
    FetchReceipt(u64),
}

/// Where the events come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A running system; how it is called.
    System(String),
    /// A file; its name.
    File(String),
}

/// How the source stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing more comes.
    File,
    /// So many events are known to be there.
    Loading {
        versions: u64,
    },
    Live,
    Lost {
        since: Timestamp,
    },
}

/// A stage of a delivery receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) at: Option<Timestamp>,
    /// Where in the stage, or why not.
    pub(super) detail: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    List,
    State,
    Inspector,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StateTab {
    #[default]
    Lines,
    Tree,
    Raw,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    #[default]
    Event,
    Diff,
    Life,
    Causes,
    Delivery,
}

/// What the axis of the band counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Axis {
    #[default]
    Number,
    Time,
}

/// With what the diff compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Against {
    #[default]
    Previous,
    A,
    /// A with B, wherever the position is.
    Pins,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Filter,
    GoTo,
}

/// Something that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) ask: Ask,
    pub(super) text: String,
    /// The filter before, for Esc.
    before: String,
}

/// The life of a field as far as it was looked at.
#[derive(Debug, Default)]
pub(super) struct Life {
    field: Pointer,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) turns: Vec<Turn>,
}

/// All that is shown.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) recording: Recording,
    pub(super) source: Source,
    pub(super) link: Link,
    pub(super) clock: Clock,
    pub(super) now: Timestamp,
    /// The position.
    pub(super) at: Place,
    /// What the filter shows, in order.
    pub(super) rows: Vec<Place>,
    pub(super) filter: Filter,
    pub(super) pins: [Option<u64>; 2],
    pub(super) field: Pointer,
    pub(super) focus: Pane,
    pub(super) state_tab: StateTab,
    pub(super) tab: Tab,
    pub(super) against: Against,
    pub(super) axis: Axis,
    /// The versions that the band shows; all of them without.
    pub(super) window: Option<(u64, u64)>,
    pub(super) playing: bool,
    pub(super) speed: usize,
    /// Whether the position goes along with what arrives.
    pub(super) follows: bool,
    pub(super) prompt: Option<Prompt>,
    pub(super) shows_keys: bool,
    pub(super) message: Option<String>,
    pub(super) state_scroll: usize,
    pub(super) inspector_scroll: usize,
    pub(super) life: Life,
    pub(super) receipt: Option<(u64, Result<Vec<Stage>, String>)>,
    pub(super) compared: Option<(u64, bool)>,
    /// The version to begin at, until it is here.
    begin: Option<u64>,
}

impl Model {
    /// Nothing yet of a cart. It begins at a version, or at the newest one and goes along with it.
    pub(super) fn new(cart: StreamId, source: Source, link: Link, local: jiff::tz::TimeZone, at: Option<u64>) -> Self {
        Self {
            recording: Recording::new(cart),
            source,
            link,
            clock: Clock { times: Times::Utc, local, first: Timestamp::UNIX_EPOCH },
            now: Timestamp::UNIX_EPOCH,
            at: Place::default(),
            rows: Vec::new(),
            filter: Filter::default(),
            pins: [None; 2],
            field: "/total_minor".parse().unwrap_or_default(),
            focus: Pane::List,
            state_tab: StateTab::Lines,
            tab: Tab::Event,
            against: Against::Previous,
            axis: Axis::Number,
            window: None,
            playing: false,
            speed: SPEED_AT_FIRST,
            follows: at.is_none(),
            prompt: None,
            shows_keys: false,
            message: None,
            state_scroll: 0,
            inspector_scroll: 0,
            life: Life::default(),
            receipt: None,
            compared: None,
            begin: at,
        }
    }

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
            Action::Arrived(events) => self.quietly(|model| model.arrived(events)),
            Action::Refused(refusals) => self.quietly(|model| {
                model.recording.refuse(refusals);
                model.refresh_rows();
            }),
            Action::Link(link) => self.quietly(|model| model.link = link),
            Action::Hash { version, hash } => self.quietly(|model| {
                let ours = model.recording.view(version).map(|view| view.state_hash);
                model.compared = ours.map(|ours| (version, ours == hash));
            }),
            Action::Receipt { version, stages } => self.quietly(|model| model.receipt = Some((version, stages))),
            Action::Say(message) => self.quietly(|model| model.message = Some(message)),
        };
        if self.tab == Tab::Life {
            self.refresh_life();
        }
        effect.or_else(|| self.receipt_wanted())
    }

    fn quietly(&mut self, change: impl FnOnce(&mut Self)) -> Option<Effect> {
        change(self);
        None
    }

    /// Somebody looks around: playing ends, and so does what was said.
    fn look(&mut self, change: impl FnOnce(&mut Self)) -> Option<Effect> {
        self.playing = false;
        self.message = None;
        change(self);
        None
    }

    fn command(&mut self, command: Command) -> Option<Effect> {
        if self.shows_keys && command != Command::Quit {
            return self.quietly(|model| model.shows_keys = false);
        }
        match command {
            Command::Previous => self.look(|model| model.step(-1)),
            Command::Next => self.look(|model| model.step(1)),
            Command::PreviousChange => self.look(|model| model.to_change(false)),
            Command::NextChange => self.look(|model| model.to_change(true)),
            Command::First => self.look(|model| model.step(i64::MIN)),
            Command::Last => self.look(|model| model.step(i64::MAX)),
            Command::NextRefusal => self.look(Self::to_refusal),
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
            Command::CopyLink => Some(Effect::Copy(self.link_to_here())),
            Command::Keys => self.look(|model| model.shows_keys = true),
            Command::Back => self.look(Self::back),
            Command::Quit => Some(Effect::Quit),
        }
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

    /// The row of the position, or where it would be.
    pub(super) fn row(&self) -> Result<usize, usize> {
        self.rows.binary_search(&self.at)
    }

    fn step(&mut self, by: i64) {
        let Some(last) = self.rows.len().checked_sub(1) else { return };
        let distance = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
        let row = match (self.row(), by < 0) {
            (Ok(row) | Err(row), true) => row.saturating_sub(distance),
            (Ok(row), false) => row.saturating_add(distance),
            // The first one behind is already a step.
            (Err(row), false) => row.saturating_add(distance.saturating_sub(1)),
        };
        self.go_to_row(row.min(last));
    }

    fn go_to_row(&mut self, row: usize) {
        if let Some(place) = self.rows.get(row) {
            self.go(*place);
        }
    }

    /// Puts the position on a row; what is not shown is none.
    fn go(&mut self, place: Place) {
        let Ok(row) = self.rows.binary_search(&place) else { return };
        self.follows = row + 1 == self.rows.len() && (self.follows || self.at == place);
        self.at = place;
        self.inspector_scroll = 0;
        if let Some((from, to)) = self.window
            && !(from..=to).contains(&place.version)
        {
            let length = to - from;
            let from = place.version.saturating_sub(length / 2).max(1);
            self.window = Some((from, from.saturating_add(length)));
        }
    }

    /// Puts the position on the last row that is not behind a version, or on the first one.
    pub(super) fn slide(&mut self, version: u64) {
        let behind = self.rows.partition_point(|place| *place <= Place::event(version));
        self.go_to_row(behind.saturating_sub(1));
    }

    fn to_change(&mut self, onwards: bool) {
        let shown_versions = |version: u64| self.rows.binary_search(&Place::event(version)).is_ok();
        match seek::change(&self.recording, &self.field, self.at.version, onwards, shown_versions) {
            Some(version) => self.go(Place::event(version)),
            None => {
                let (when, name) = (if onwards { "later" } else { "earlier" }, fields::name(&self.field));
                self.message = Some(format!("no {when} change of {name}"));
            }
        }
    }

    fn to_refusal(&mut self) {
        let behind = self.rows.partition_point(|place| *place <= self.at);
        let later = self.rows.get(behind..).unwrap_or_default();
        match later.iter().find(|place| place.refusal > 0) {
            Some(place) => self.go(*place),
            None if self.recording.refusals().is_empty() => self.message = Some("nothing was refused".to_owned()),
            None => self.message = Some("no later refusal".to_owned()),
        }
    }

    fn follow(&mut self) {
        self.follows = !self.follows && self.link != Link::File;
        if self.link == Link::File {
            self.message = Some("a file has no later events; `tillroll timeline CART` follows a cart".to_owned());
        } else if self.follows {
            self.step(i64::MAX);
            self.follows = true;
        }
    }

    fn play(&mut self) {
        self.message = None;
        self.playing = !self.playing;
        if self.playing && self.rows.last().is_some_and(|last| *last <= self.at) {
            self.step(i64::MIN);
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

    /// The versions that the diff compares.
    pub(super) fn compared_versions(&self) -> (u64, u64) {
        let version = self.at.version;
        match (self.against, self.pins) {
            (Against::A, [Some(a), _]) => (a, version),
            (Against::Pins, [Some(a), Some(b)]) => (a, b),
            (Against::Previous | Against::A | Against::Pins, _) => (version.saturating_sub(1), version),
        }
    }

    fn zoom(&mut self, closer: bool) {
        let newest = self.recording.newest();
        let (from, to) = self.shown_versions();
        let length = to.saturating_sub(from).saturating_add(1);
        let length = if closer { length / 2 } else { length.saturating_mul(2) }.max(WINDOW_VERSIONS_MIN);
        self.window = if length >= newest {
            None
        } else {
            let from = self.at.version.saturating_sub(length / 2).clamp(1, newest - length + 1);
            Some((from, from + length - 1))
        };
    }

    /// The versions that the band shows.
    pub(super) fn shown_versions(&self) -> (u64, u64) {
        let newest = self.recording.newest().max(1);
        let (from, to) = self.window.unwrap_or((1, newest));
        (from.min(newest), to.min(newest))
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
        self.prompt = Some(Prompt { ask, before: text.clone(), text });
    }

    fn typed(&mut self, change: impl FnOnce(&mut String)) -> Option<Effect> {
        let prompt = self.prompt.as_mut()?;
        change(&mut prompt.text);
        if prompt.ask == Ask::Filter && self.recording.newest() <= TYPED_FILTER_VERSIONS_MAX {
            let text = prompt.text.clone();
            self.set_filter(&text);
        }
        None
    }

    fn enter(&mut self) -> Option<Effect> {
        let prompt = self.prompt.take()?;
        match prompt.ask {
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

    fn set_filter(&mut self, text: &str) {
        self.filter = Filter::of(text);
        self.refresh_rows();
    }

    fn refresh_rows(&mut self) {
        self.rows = self.filter.places_after(&self.recording, 0);
        self.stay_on_a_row();
    }

    /// Where the position is not shown any more, the row before it is taken, or else the first one.
    fn stay_on_a_row(&mut self) {
        if self.follows {
            self.step(i64::MAX);
            self.follows = true;
        } else if let Err(behind) = self.row() {
            self.go_to_row(behind.saturating_sub(1));
        }
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
        if self.tab != Tab::Delivery || is_known || version == 0 || self.playing || self.link == Link::File {
            return None;
        }
        self.receipt = Some((version, Ok(Vec::new())));
        Some(Effect::FetchReceipt(version))
    }

    /// The command that shows this again.
    fn link_to_here(&self) -> String {
        let what = match &self.source {
            Source::System(_) => self.recording.cart.to_string(),
            Source::File(name) => format!("--file {}", super::super::again::quoted(name)),
        };
        format!("`tillroll timeline {what} --at {}`", self.at.version)
    }

    /// The currency of every amount, as far as it is known.
    pub(super) fn currency(&self) -> Option<&str> {
        super::super::story::currency(&self.recording.timeline().newest().state)
    }
}
