//! Both histories side by side, event by event.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use uuid::Uuid;

use super::asked::request_of;
use super::plan::{Addition, Mark, Numbered, Plan};
use super::stated::Stated;
use super::{Alternative, EVENTS_MAX, Edit, Fate, Mode, SOURCE, Step, WhatIfError};
use crate::aggregate::Aggregate as _;
use crate::cart::{Cart, CartEvent, CartRefusal, CartRequest, Terms};
use crate::id::{CommandId, EventId, StreamId};
use crate::packed::{Content, Entry, Frame, Header, History, Packed as _, Writer};
use crate::recorded::Circumstances;
use crate::time::Timestamp;
use crate::timeline::Moment;

type PackedEvent<'a> = Entry<'a, CartEvent<&'a str>>;
type Decision = Result<Vec<CartEvent>, CartRefusal>;

/// What a recorded history would have become with these edits. `beside` is kept beside the events of the alternative, in
/// the host's own format; the host says there that they are hypothetical.
pub fn what_if(history: &History<'_>, mode: Mode, edits: &[Edit], beside: Vec<u8>) -> Result<Alternative, WhatIfError> {
    let Header { stream, after, .. } = *history.header();
    if after != 0 {
        return Err(WhatIfError::NotWhole { after });
    }
    let plan = Plan::of(edits)?;
    let survey = Survey::of(history, &plan, edits)?;
    plan.check(survey.newest)?;
    let mut run = Run {
        mode,
        survey,
        recorded: Moment::before(stream),
        alternative: Moment::before(stream),
        writer: Writer::new(&Header { stream, after: 0, beside })?,
        times: (None, None),
        steps: Vec::new(),
        divergence: None,
    };
    run.add(&plan, 0)?;
    for frame in history.frames() {
        run.step(&plan, &frame?)?;
    }
    let Run { recorded, alternative, writer, steps, divergence, survey, .. } = run;
    let untouched = plan.untouched.min(survey.newest);
    Ok(Alternative { untouched, steps, divergence, recorded, alternative, packed: writer.finish() })
}

/// What has to be known of the whole history before its first event.
struct Survey<'a> {
    newest: u64,
    stated: Stated,
    moved: BTreeMap<u64, Moved<'a>>,
}

/// An event that is to stand elsewhere.
struct Moved<'a> {
    entry: PackedEvent<'a>,
    /// Whether the rules bring it about where it was recorded.
    explained: bool,
}

impl<'a> Survey<'a> {
    fn of(history: &History<'a>, plan: &Plan<'_>, edits: &[Edit]) -> Result<Self, WhatIfError> {
        let issues = edits.iter().any(|edit| matches!(edit, Edit::Issue { .. }));
        let mut survey = Self { newest: 0, stated: Stated::default(), moved: BTreeMap::new() };
        let mut moment = Moment::<Cart>::before(history.header().stream);
        for frame in history.frames() {
            let frame = frame?;
            if frame.version > EVENTS_MAX {
                return Err(WhatIfError::TooManyEvents);
            }
            let content = frame.content::<Cart>()?;
            if plan.moves(frame.version) {
                let explained = matches!(explanation(&moment, &content), Some((_, Ok(events))) if !events.is_empty());
                survey.moved.insert(frame.version, Moved { entry: frame.entry::<Cart>()?, explained });
            }
            if let (true, Content::Known(event)) = (issues, &content) {
                survey.stated.note(frame.version, event);
            }
            moment.step(&content);
            survey.newest = frame.version;
        }
        Ok(survey)
    }
}

struct Run<'a> {
    mode: Mode,
    survey: Survey<'a>,
    recorded: Moment<Cart>,
    alternative: Moment<Cart>,
    writer: Writer<Cart>,
    /// When the newest event of the alternative happened, and when it was recorded.
    times: (Option<Timestamp>, Option<Timestamp>),
    steps: Vec<Step>,
    divergence: Option<usize>,
}

/// What a step is about.
#[derive(Clone, Copy, Default)]
struct About {
    origin: Option<u64>,
    edit: Option<usize>,
}

impl Run<'_> {
    /// Goes on by a recorded event, and by what stands behind it.
    fn step(&mut self, plan: &Plan<'_>, frame: &Frame<'_>) -> Result<(), WhatIfError> {
        let content = frame.content::<Cart>()?;
        if frame.version <= plan.untouched {
            self.writer.copy(frame)?;
            self.alternative.step(&content);
            // Until here the one is the other.
            if frame.version == plan.untouched || frame.version == self.survey.newest {
                self.recorded = self.alternative.clone();
                let Circumstances { happened_at, recorded_at, .. } = frame.entry::<Cart>()?.circumstances;
                self.times = (happened_at, recorded_at);
            }
        } else {
            let entry = frame.entry::<Cart>()?;
            let mark = plan.mark_of(frame.version);
            let about = About { origin: Some(frame.version), edit: mark.map(|(edit, _)| edit) };
            match mark {
                None => self.go_on(&entry, about)?,
                Some((_, Mark::Drop)) => {
                    self.recorded.step(&content);
                    self.note(about, Fate::Dropped);
                }
                Some((_, Mark::MoveAway)) => {
                    self.recorded.step(&content);
                    self.note(about, Fate::MovedAway);
                }
                Some((_, Mark::Replace(event))) => {
                    let decided = self.decide_as(event);
                    self.recorded.step(&content);
                    self.happen_instead(&entry, decided, about)?;
                }
            }
        }
        self.add(plan, frame.version)
    }

    /// An event that no edit is about.
    fn go_on(&mut self, entry: &PackedEvent<'_>, about: About) -> Result<(), WhatIfError> {
        let judged = match self.mode {
            Mode::AsItIs => Judged::Same,
            Mode::DecideAgain => self.judge(&entry.content),
        };
        self.recorded.step(&entry.content);
        match judged {
            Judged::Same => self.keep(entry, about, Fate::Same),
            Judged::Unjudged => self.keep(entry, about, Fate::Unjudged),
            Judged::Otherwise(decided) => self.happen_instead(entry, decided, about),
        }
    }

    /// What the rules say about a recorded event, on both states.
    fn judge(&self, content: &Content<'_, CartEvent<&str>>) -> Judged {
        let Some((request, Ok(then))) = explanation(&self.recorded, content) else { return Judged::Unjudged };
        if then.is_empty() {
            return Judged::Unjudged;
        }
        match decide(&self.alternative, &request) {
            Ok(now) if now == then => Judged::Same,
            decided => Judged::Otherwise(decided),
        }
    }

    /// What happens when an edit says that an event happened.
    fn decide_as(&self, event: &CartEvent) -> Decision {
        match self.mode {
            Mode::AsItIs => Ok([event.clone()].into()),
            Mode::DecideAgain => decide(&self.alternative, &request_of(event)),
        }
    }

    /// Other events in the place of a recorded one, with its times and causes.
    fn happen_instead(&mut self, entry: &PackedEvent<'_>, decided: Decision, about: About) -> Result<(), WhatIfError> {
        let cause = entry.circumstances.event_id.uuid();
        let circumstances = Circumstances { command: None, reducer: None, ..entry.circumstances.clone() };
        self.happen(decided, about, &Fate::Changed, cause, &circumstances)
    }

    /// What the edits put behind a recorded event.
    fn add(&mut self, plan: &Plan<'_>, version: u64) -> Result<(), WhatIfError> {
        for &(edit, addition) in plan.additions_after(version) {
            let about = About { origin: None, edit: Some(edit) };
            let decided = match addition {
                Addition::Insert(event) => self.decide_as(event),
                Addition::Issue(request) => {
                    let request = self.survey.stated.complete(request, version);
                    request.and_then(|request| decide(&self.alternative, &request))
                }
                Addition::Move(origin) => {
                    self.arrive((edit, origin))?;
                    continue;
                }
            };
            // It has no time of its own; with its neighbour's it stands where it belongs on every axis.
            let (happened_at, recorded_at) = self.times;
            let bare = Circumstances::bare(EventId::new(Uuid::nil()));
            let circumstances = Circumstances { happened_at, recorded_at, ..bare };
            let number = u32::try_from(edit).unwrap_or(u32::MAX);
            let cause = EventId::of(self.stream(), CommandId::new(Uuid::nil()), number).uuid();
            self.happen(decided, about, &Fate::Inserted, cause, &circumstances)?;
        }
        Ok(())
    }

    /// A recorded event at its new place.
    fn arrive(&mut self, (edit, origin): Numbered<u64>) -> Result<(), WhatIfError> {
        let about = About { origin: Some(origin), edit: Some(edit) };
        let Some(Moved { entry, explained }) = self.survey.moved.remove(&origin) else { return Ok(()) };
        let refused = match (&entry.content, self.mode) {
            (Content::Known(event), Mode::DecideAgain) if explained => {
                decide(&self.alternative, &request_of(event)).map(|events| events.is_empty())
            }
            (Content::Known(_) | Content::Unknown { .. }, _) => Ok(false),
        };
        match refused {
            Ok(false) => self.keep(&entry, about, Fate::Moved)?,
            Ok(true) => self.note(about, Fate::AlreadySo),
            Err(refusal) => self.note(about, Fate::Refused(refusal)),
        }
        Ok(())
    }

    /// A recorded event, as it is.
    fn keep(&mut self, entry: &PackedEvent<'_>, about: About, fate: Fate) -> Result<(), WhatIfError> {
        let owned;
        let content = match &entry.content {
            Content::Known(event) => {
                owned = Cart::own(event);
                Content::Known(&owned)
            }
            Content::Unknown { name, data } => Content::Unknown { name, data },
        };
        self.writer.push(&content, entry.stored, &entry.circumstances)?;
        self.times = (entry.circumstances.happened_at, entry.circumstances.recorded_at);
        self.alternative.step(&entry.content);
        self.note(about, fate);
        Ok(())
    }

    /// Events that were never recorded, or why there are none.
    fn happen(
        &mut self,
        decided: Decision,
        about: About,
        fate: &Fate,
        cause: Uuid,
        circumstances: &Circumstances,
    ) -> Result<(), WhatIfError> {
        let events = match decided {
            Ok(events) => events,
            Err(refusal) => {
                self.note(about, Fate::Refused(refusal));
                return Ok(());
            }
        };
        if events.is_empty() {
            self.note(about, Fate::AlreadySo);
        }
        for (index, event) in (0..).zip(&events) {
            let circumstances = Circumstances {
                event_id: EventId::of(self.stream(), CommandId::new(cause), index),
                source: Some(SOURCE.into()),
                ..circumstances.clone()
            };
            self.writer.push(&Content::Known(event), None, &circumstances)?;
            self.times = (circumstances.happened_at, circumstances.recorded_at);
            self.alternative.state.evolve(event);
            self.alternative.head.version = self.alternative.head.version.saturating_add(1);
            self.note(about, fate.clone());
        }
        Ok(())
    }

    fn note(&mut self, About { origin, edit }: About, fate: Fate) {
        // Carts that are equal stay equal by an event that happens to both.
        let both = matches!(fate, Fate::Same | Fate::Unjudged);
        if self.divergence.is_none() && !both && self.recorded.state != self.alternative.state {
            self.divergence = Some(self.steps.len());
        }
        let (recorded, alternative) = (self.recorded.head.version, self.alternative.head.version);
        self.steps.push(Step { origin, edit, fate, recorded, alternative });
    }

    fn stream(&self) -> StreamId {
        self.alternative.head.stream
    }
}

/// What the rules say about an event that no edit is about.
enum Judged {
    Same,
    Unjudged,
    Otherwise(Decision),
}

/// The command of an event, and what the rules make of it; none for an event that has no command here.
fn explanation(moment: &Moment<Cart>, content: &Content<'_, CartEvent<&str>>) -> Option<(CartRequest, Decision)> {
    match content {
        Content::Known(event) => {
            let request = request_of(event);
            let decided = decide(moment, &request);
            Some((request, decided))
        }
        Content::Unknown { .. } => None,
    }
}

fn decide(moment: &Moment<Cart>, request: &CartRequest) -> Decision {
    moment.state.decide(moment.head, &request.check()?, Terms::HISTORY)
}
