//! One cart's life as it is looked at: its events, the state after each of them, and what was asked of it and refused.
//!
//! Events lie packed in one array whose index is the version; everything else is derived from it, in columns of some bytes
//! an event. States come from the core's timeline, sentences are made for the rows that are seen.

use tillroll_core::cart::{Cart, CartEvent, CartView};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Frame, History};
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::{Moment, Playback, Timeline};
use tillroll_host_lambda::packing::record_of;
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::timeline_file::Annotation;

use super::super::failure::Failure;
use super::super::output::shown;
use super::super::story;
use super::events::Events;
use super::persons::Persons;

/// A command that the cart refused.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// When, where that is known.
    pub(super) time: Option<Timestamp>,
    /// Its id.
    pub(super) command_id: String,
    /// Its name: `AddItem`.
    pub(super) name: String,
    /// Why, as a code.
    pub(super) code: String,
    /// Why, as a sentence.
    pub(super) message: String,
    /// What it was about, as JSON.
    pub(super) details: serde_json::Value,
    /// The version it was judged against.
    pub(super) version: u64,
    /// Who asked.
    pub(super) actor: Option<String>,
}

/// A place on the timeline: an event, or a refusal that was judged against it. Ordered as they are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The version.
    pub(super) version: u64,
    /// 0 for the event itself, n for the nth refusal after it.
    pub(super) refusal: usize,
}

impl Place {
    pub(super) const fn event(version: u64) -> Self {
        Self { version, refusal: 0 }
    }
}

/// The first event that cannot be read. Nothing from it on is folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) version: u64,
    pub(super) why: String,
}

/// What makes an event stand out. The later ones matter more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Discount,
    Closed,
    UnknownEvent,
    OutOfOrder,
    Note,
    Refused,
    Broken,
}

impl Mark {
    fn of(name: &str) -> Option<Self> {
        match name {
            "DiscountApplied" | "DiscountRemoved" => Some(Self::Discount),
            "CartClosed" => Some(Self::Closed),
            "CartOpened" | "CartClaimed" | "ItemAdded" | "ItemQuantityChanged" | "ItemRemoved" => None,
            _ => Some(Self::UnknownEvent),
        }
    }
}

/// An error as a person reads it.
fn said(error: &dyn std::error::Error) -> String {
    match Failure::of(error) {
        Failure::Said { what, .. } => what,
        Failure::OutputClosed => String::new(),
    }
}

/// A cart's life.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) cart: StreamId,
    events: Events,
    timeline: Timeline<Cart>,
    broken: Option<Broken>,
    /// For each version when it happened, no earlier than those before it: clocks differ and step back, versions do not.
    times: Vec<Timestamp>,
    /// What was to pay after each version that was folded.
    totals: Vec<i128>,
    /// For each version what makes it stand out.
    marks: Vec<Option<Mark>>,
    /// In the order of the timeline.
    refusals: Vec<Refusal>,
    pub(super) notes: Vec<Annotation>,
    /// It never happened so: a what-if gave it, and a file carried it here.
    pub(super) hypothetical: bool,
    /// Whether sentences name persons.
    pub(super) persons: Persons,
}

impl Recording {
    pub(super) fn new(cart: StreamId) -> Self {
        Self {
            cart,
            events: Events::new(cart),
            timeline: Timeline::new(cart),
            broken: None,
            times: Vec::new(),
            totals: Vec::new(),
            marks: Vec::new(),
            refusals: Vec::new(),
            notes: Vec::new(),
            hypothetical: false,
            persons: Persons::Masked,
        }
    }

    /// Goes on by one event; false for one that does not follow, which is left out.
    pub(super) fn push(&mut self, record: EventRecord) -> bool {
        if record.stream != self.cart || record.version != self.newest().saturating_add(1) {
            return false;
        }
        let noted = story::at(&record);
        let newest = self.times.last().copied();
        let time = noted.or(newest).unwrap_or(Timestamp::UNIX_EPOCH);
        let is_out_of_order = noted.zip(newest).is_some_and(|(noted, newest)| noted < newest);
        let mut mark = if is_out_of_order { Some(Mark::OutOfOrder) } else { Mark::of(&record.name) };
        let version = record.version;
        let packed = self.events.push(record);
        if self.broken.is_none()
            && let Err(why) = packed.map_err(|error| said(&error)).and_then(|()| self.fold(version))
        {
            self.broken = Some(Broken { version, why });
            mark = Some(Mark::Broken);
        }
        self.times.push(newest.map_or(time, |newest| newest.max(time)));
        self.marks.push(mark);
        true
    }

    /// Goes on by a packed history that follows.
    pub(super) fn append(&mut self, history: &History<'_>) -> Result<(), String> {
        for entry in history.entries::<Cart>() {
            let record = entry
                .map_err(|error| said(&error))
                .and_then(|entry| record_of(self.cart, entry).map_err(|error| said(&error)))?;
            self.push(record);
        }
        Ok(())
    }

    /// The packed event; none for one that cannot be read.
    pub(super) fn frame(&self, version: u64) -> Option<Frame<'_>> {
        self.events.frame(version)
    }

    /// Goes on by the newest event.
    fn fold(&mut self, version: u64) -> Result<(), String> {
        let frame = self.events.frame(version).ok_or("it does not read")?;
        self.timeline.append_frame(&frame).map_err(|error| said(&error))?;
        self.totals.push(story::total(&self.timeline.newest().state));
        Ok(())
    }

    /// Puts the refused commands on the timeline in place of those that were there; false if they are the same.
    pub(super) fn refuse(&mut self, mut refusals: Vec<Refusal>) -> bool {
        refusals.sort_by_key(|refusal| (refusal.version, refusal.time));
        let differs = self.refusals != refusals;
        self.refusals = refusals;
        differs
    }

    /// The version of the newest event, 0 without any.
    pub(super) fn newest(&self) -> u64 {
        self.events.newest()
    }

    pub(super) fn event(&self, version: u64) -> Option<EventRecord> {
        self.events.get(version)
    }

    /// What stands out among versions, if these are there.
    pub(super) fn mark(&self, from: u64, to: u64) -> Option<Mark> {
        let place = |version: u64| usize::try_from(version).unwrap_or(usize::MAX);
        let marks = self.marks.get(place(from.saturating_sub(1))..place(to).min(self.marks.len()));
        marks.unwrap_or_default().iter().copied().max().flatten()
    }

    /// When each version had happened, from the first one on, never earlier than the one before it.
    pub(super) fn times(&self) -> &[Timestamp] {
        &self.times
    }

    pub(super) fn timeline(&self) -> &Timeline<Cart> {
        &self.timeline
    }

    pub(super) fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// Whether the state after this version is known.
    pub(super) fn is_folded(&self, version: u64) -> bool {
        self.broken.as_ref().is_none_or(|broken| version < broken.version)
    }

    pub(super) fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// The refusal at a place; none for an event.
    pub(super) fn refusal(&self, place: Place) -> Option<&Refusal> {
        let first = self.refusals.partition_point(|refusal| refusal.version < place.version);
        let refusal = self.refusals.get(first.saturating_add(place.refusal.checked_sub(1)?))?;
        (refusal.version == place.version).then_some(refusal)
    }

    /// Everything on the timeline behind a version, in order. Refusals of versions that are not here yet wait.
    pub(super) fn places_after(&self, version: u64) -> impl Iterator<Item = Place> {
        let mut next = self.refusals.partition_point(|refusal| refusal.version <= version);
        (version.saturating_add(1)..=self.newest()).flat_map(move |version| {
            let first = next;
            while self.refusals.get(next).is_some_and(|refusal| refusal.version == version) {
                next += 1;
            }
            (0..=next - first).map(move |refusal| Place { version, refusal })
        })
    }

    /// When it happened, as it was noted.
    pub(super) fn time(&self, place: Place) -> Option<Timestamp> {
        match self.refusal(place) {
            Some(refusal) => refusal.time,
            None => story::at(&self.event(place.version)?),
        }
    }

    /// When a version had happened, never earlier than the one before it.
    pub(super) fn time_in_order(&self, version: u64) -> Option<Timestamp> {
        self.times.get(usize::try_from(version.checked_sub(1)?).ok()?).copied()
    }

    /// Whether the event says that it happened before the one in front of it.
    pub(super) fn is_out_of_order(&self, version: u64) -> bool {
        let noted = self.event(version).as_ref().and_then(story::at);
        noted.zip(self.time_in_order(version)).is_some_and(|(noted, in_order)| noted < in_order)
    }

    /// The newest version that had happened at a time; of several at once the last one. 0 when none had.
    pub(super) fn version_at(&self, time: Timestamp) -> u64 {
        self.times.partition_point(|happened| *happened <= time) as u64
    }

    pub(super) fn first_time(&self) -> Option<Timestamp> {
        self.times.first().copied()
    }

    pub(super) fn last_time(&self) -> Option<Timestamp> {
        self.times.last().copied()
    }

    /// The cart after a version; none before the first event, and where nothing is folded.
    pub(super) fn view(&self, version: u64) -> Option<CartView> {
        self.moment(version)?.view()
    }

    pub(super) fn moment(&self, version: u64) -> Option<Moment<Cart>> {
        if self.is_folded(version) { self.timeline.at(version) } else { None }
    }

    /// What was to pay after a version.
    pub(super) fn total(&self, version: u64) -> Option<i128> {
        let Some(place) = version.checked_sub(1) else { return Some(0) };
        self.totals.get(usize::try_from(place).ok()?).copied()
    }

    /// By how much a version changed what was to pay.
    pub(super) fn change(&self, version: u64) -> Option<i128> {
        Some(self.total(version)? - self.total(version.checked_sub(1)?)?)
    }

    /// What happened at each place, as sentences, with whether it changed anything. Quick for places that follow each
    /// other.
    pub(super) fn told(&self, places: impl Iterator<Item = Place>) -> impl Iterator<Item = Told> {
        let mut playback: Option<Playback<'_, Cart>> = None;
        places.map(move |place| match self.refusal(place) {
            Some(refusal) => Told { text: in_words(refusal), changed: false },
            None => self.tell(place.version, &mut playback).unwrap_or_default(),
        })
    }

    fn tell<'a>(&'a self, version: u64, playback: &mut Option<Playback<'a, Cart>>) -> Option<Told> {
        let record = self.event(version)?;
        if !self.is_folded(version) {
            let is_the_first = self.broken.as_ref().is_some_and(|broken| broken.version == version);
            let what = if is_the_first { "cannot be read" } else { "after an event that cannot be read" };
            return Some(Told { text: format!("{}: {what}", shown(&record.name)), changed: false });
        }
        let before = version.checked_sub(1)?;
        if playback.as_ref().is_none_or(|playback| playback.moment().head.version != before) {
            *playback = self.timeline.play(before);
        }
        let playback = playback.as_mut()?;
        let then = playback.moment().state.clone();
        playback.advance();
        let now = &playback.moment().state;
        let text = story::sentence(&then, now, &self.persons.event(record.event::<CartEvent>().ok()?));
        Some(Told { text, changed: then != *now })
    }
}

/// A sentence.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) changed: bool,
}

fn in_words(refusal: &Refusal) -> String {
    let why = if refusal.message.is_empty() { &refusal.code } else { &refusal.message };
    format!("{} refused: {}", shown(&refusal.name), shown(why))
}
