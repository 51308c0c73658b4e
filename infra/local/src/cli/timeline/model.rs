//! What the timeline shows. No terminal, no clock and no network in here: what comes in is an [`Action`], what has to be
//! done outside is an [`Effect`]. How actions change it is in [`super::update`], how the position moves in
//! [`super::moves`].
//!
//! There is one position, a [`Place`]. Slider, list, state and inspector are drawn from it, so they cannot disagree.

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::{Pointer, Turn};
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::timeline_file::{Annotation, TimelineFile};

use super::clock::{Clock, Times};
use super::filter::Filter;
use super::recording::{Place, Recording, Refusal};
use super::whatif::{Deed, Wanted, WhatIf};

/// Events a second, slowest first.
pub(super) const SPEEDS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
const SPEED_AT_FIRST: usize = 2;

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
    Persons,
    CopyLink,
    CopyText,
    CopyInvocation,
    WhatIf,
    Palette,
    Keys,
    Back,
    Quit,
}

/// What happens to a model.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Do(Command),
    /// What a key does while a question is asked.
    Ask(Deed),
    /// Typed into the prompt.
    Type(char),
    Erase,
    /// All that was typed.
    EraseAll,
    /// Another line of what is offered.
    Offer(i64),
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
    /// A file was opened: whose life it has, and what it says beside the events.
    Opened {
        cart: StreamId,
        notes: Vec<Annotation>,
        hypothetical: bool,
    },
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
    /// The system wrote down why somebody wants to see persons, or says why it does not let them.
    Disclosed(Result<(), String>),
    /// Something to be read once.
    Say(String),
}

/// What has to be done outside.
#[derive(Debug, PartialEq)]
pub(super) enum Effect {
    Quit,
    /// A text, and what it is.
    Copy(&'static str, String),
    FetchReceipt(u64),
    /// Asks the system to show persons, for this reason.
    Disclose(String),
    /// A life that never was, to a file of this name.
    Save(String, Box<TimelineFile>),
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
    /// A file that is being read; how large it is, 0 where that is not known.
    Reading {
        bytes: u64,
    },
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
    /// Why persons are to be shown.
    Reason,
    /// A command by its name.
    Palette,
    /// What an edit needs.
    WhatIf(Wanted),
}

/// Something that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) ask: Ask,
    pub(super) text: String,
    /// The filter before, for Esc.
    pub(super) before: String,
    /// Which of what is offered.
    pub(super) offer: usize,
}

/// The life of a field as far as it was looked at.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) field: Pointer,
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
    /// Before the first event, where somebody went: there is no row.
    pub(super) is_before: bool,
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
    /// The sheet of keys is open, from this row on.
    pub(super) keys_from: Option<usize>,
    pub(super) message: Option<String>,
    /// The question that is asked; its screen is open.
    pub(super) what_if: Option<Box<WhatIf>>,
    /// Where the page in the browser is, if there is one.
    pub(super) page: Option<String>,
    pub(super) state_scroll: usize,
    pub(super) inspector_scroll: usize,
    pub(super) life: Life,
    pub(super) receipt: Option<(u64, Result<Vec<Stage>, String>)>,
    pub(super) compared: Option<(u64, bool)>,
    /// The version to begin at, until it is here.
    pub(super) begin: Option<u64>,
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
            is_before: false,
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
            keys_from: None,
            message: None,
            what_if: None,
            page: None,
            state_scroll: 0,
            inspector_scroll: 0,
            life: Life::default(),
            receipt: None,
            compared: None,
            begin: at,
        }
    }

    /// Whether nothing runs that could be asked.
    pub(super) fn is_of_a_file(&self) -> bool {
        matches!(self.source, Source::File(_))
    }

    /// The row of the position, or where it would be.
    pub(super) fn row(&self) -> Result<usize, usize> {
        self.rows.binary_search(&self.at)
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

    /// The versions that the band shows.
    pub(super) fn shown_versions(&self) -> (u64, u64) {
        let newest = self.recording.newest().max(1);
        let (from, to) = self.window.unwrap_or((1, newest));
        (from.min(newest), to.min(newest))
    }

    /// The currency of every amount, as far as it is known.
    pub(super) fn currency(&self) -> Option<&str> {
        super::super::story::currency(&self.recording.timeline().newest().state)
    }

    /// The command that shows this again.
    pub(super) fn command_to_here(&self) -> String {
        let what = match &self.source {
            Source::System(_) => self.recording.cart.to_string(),
            Source::File(name) => format!("--file {}", super::super::again::quoted(name)),
        };
        let at = self.at.version.max(1);
        super::super::again::completed(&format!("`tillroll timeline {what} --at {at}`")).replace('`', "")
    }

    /// The page in the browser that shows the same.
    pub(super) fn link_to_here(&self) -> Option<String> {
        let mut link = format!("{}/timeline/cart/{}?v={}", self.page.as_ref()?, self.recording.cart, self.at.version);
        let [a, b] = self.pins;
        for (name, pin) in [("a", a), ("b", b)] {
            if let Some(pin) = pin {
                link = link + "&" + name + "=" + &pin.to_string();
            }
        }
        if let Some(refusal) = self.recording.refusal(self.at) {
            link = link + "&r=" + &refusal.command_id;
        }
        if self.axis == Axis::Time {
            link += "&axis=time";
        }
        Some(link)
    }
}
