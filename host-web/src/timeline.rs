//! What can be asked of a timeline: any moment of a packed history. What is handed out are single moments, differences,
//! single events and columns.
//!
//! A history comes in pieces, so that it is never here whole: of its events only what happened is kept, not the
//! circumstances, which are half of it or more. Who wants those keeps the bytes, and asks with a place in them.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Content, Frame, Header, Incoming, Noted, PackedError, PackedErrorKind, Writer as Packing};
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{self, Pointer, Timeline, diff};
use tillroll_core::whatif::{Edit, Mode};

use crate::abi;
use crate::error::Failure;
use crate::shape::tagged;
use crate::types::event::Past;
use crate::types::past::{Columns, Recording, RulesFrom, Totals};
use crate::whatif;
use crate::wire::{Put, Real, Writer};

/// What the column of kinds has for an event that this build does not know. The others have their numbers of the packed
/// layout.
const KIND_UNKNOWN: u8 = 255;
/// Most events of one column: so many numbers are reserved at most, whatever is asked for.
const COLUMN_MAX: usize = 1 << 20;
/// Most texts at once: some 2 MB of them.
const TEXTS_MAX: usize = 1 << 16;

/// A timeline.
#[derive(Default)]
pub struct Kept {
    /// Once there is a history.
    timeline: Option<Box<Timeline<Cart>>>,
    /// What of a history came and was not read yet.
    incoming: Incoming,
}

impl abi::Kept for Kept {
    fn call(&mut self, said: &[u8], given: Vec<u8>) -> Vec<u8> {
        abi::answer(said, given, |said, behind, out| self.answer(said, behind, out))
    }
}

/// A call, with what is said in it.
pub(crate) enum TimelineCall {
    Append { first: bool, last: bool },
    Columns { first: bool, last: bool },
    Entry { version: u64 },
    Pack { cart: StreamId, after: u64, events: Vec<Recording> },
    Cart {},
    Length {},
    At { version: Real },
    Diff { from: Real, to: Real },
    Life { pointer: Pointer, from: u64, to: u64 },
    Event { version: Real },
    Kinds { after: Real, limit: Real },
    Totals { after: Real, limit: Real },
    Texts { after: Real, limit: Real },
    WhatIf { mode: Mode, edits: Vec<Edit>, beside: String },
    Join { lengths: Vec<u64>, beside: String },
}

tagged! {
    /// A call of a timeline.
    [take] TimelineCall = TimelineCall by "call" {
        Append = "append" { first: bool, last: bool },
        Columns = "columns" { first: bool, last: bool },
        Entry = "entry" { version: u64 },
        // As many as a session takes as objects.
        Pack = "pack" { cart: StreamId, after: u64, events: Vec<Recording> [most 100_000] },
        Cart = "cart" {},
        Length = "length" {},
        At = "at" { version: Real },
        Diff = "diff" { from: Real, to: Real },
        Life = "life" { pointer: Pointer, from: u64, to: u64 },
        Event = "event" { version: Real },
        Kinds = "kinds" { after: Real, limit: Real },
        Totals = "totals" { after: Real, limit: Real },
        Texts = "texts" { after: Real, limit: Real },
        WhatIf = "what_if" { mode: Mode, edits: Vec<Edit>, beside: String },
        Join = "join" { lengths: Vec<u64>, beside: String },
    }
}

impl Kept {
    /// Does a call and writes what it gives. A packed history, or a piece of one, lies behind the call.
    fn answer(&mut self, call: TimelineCall, behind: &[u8], out: &mut Writer) -> Result<(), Failure> {
        match call {
            TimelineCall::Append { first, last } => self.append(first, behind, last)?,
            TimelineCall::Columns { first, last } => self.columns(first, behind, last)?.put(out),
            TimelineCall::Entry { version } => {
                if let Some(timeline) = &self.timeline {
                    let cart = timeline.newest().head.stream;
                    Recording::of(cart, Frame::cut_out(cart, version, behind)?.entry::<Cart>()?).put(out);
                }
            }
            TimelineCall::Pack { cart, after, events } => pack(cart, after, events)?.put(out),
            TimelineCall::WhatIf { mode, edits, beside } => whatif::ask(behind, mode, &edits, beside, out)?,
            TimelineCall::Join { lengths, beside } => whatif::join(behind, &lengths, beside)?.put(out),
            TimelineCall::Cart {}
            | TimelineCall::Length {}
            | TimelineCall::At { .. }
            | TimelineCall::Diff { .. }
            | TimelineCall::Life { .. }
            | TimelineCall::Event { .. }
            | TimelineCall::Kinds { .. }
            | TimelineCall::Totals { .. }
            | TimelineCall::Texts { .. } => {
                if let Some(timeline) = &self.timeline {
                    look(timeline, &call, out);
                }
            }
        }
        Ok(())
    }

    /// Goes on with a piece of a history that begins where this timeline ends.
    fn append(&mut self, first: bool, piece: &[u8], last: bool) -> Result<(), PackedError> {
        let Self { timeline, incoming } = self;
        begin(incoming, first, piece);
        let Some(header) = incoming.open()? else { return end(incoming, last) };
        let timeline = timeline.get_or_insert_with(|| Box::new(Timeline::new(header.stream)));
        let newest = timeline.newest().head;
        if first && (header.stream, header.after) != (newest.stream, newest.version) {
            return Err(PackedError { at: 0, kind: PackedErrorKind::DoesNotFollow });
        }
        incoming.each(|frame| timeline.append_frame(frame))?;
        end(incoming, last)
    }

    /// What can be said of the events in a piece of a history.
    fn columns(&mut self, first: bool, piece: &[u8], last: bool) -> Result<Columns, PackedError> {
        let incoming = &mut self.incoming;
        begin(incoming, first, piece);
        let mut columns = Columns::default();
        incoming.each(|frame| add(&mut columns, frame))?;
        end(incoming, last)?;
        Ok(columns)
    }
}

/// Takes a piece of a history; the first one begins a new one, whatever became of the one before.
fn begin(incoming: &mut Incoming, first: bool, piece: &[u8]) {
    if first {
        *incoming = Incoming::default();
    }
    incoming.push(piece);
}

/// After the last piece nothing may be missing, and nothing is kept.
fn end(incoming: &mut Incoming, last: bool) -> Result<(), PackedError> {
    if last { core::mem::take(incoming).finish() } else { Ok(()) }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of the years 0 to 9999 are exact")]
fn add(columns: &mut Columns, frame: &Frame<'_>) -> Result<(), PackedError> {
    let ms = |moment: Option<Timestamp>| moment.map_or(f64::NAN, |moment| moment.unix_ms() as f64);
    let Noted { content, happened_at, recorded_at, reducer } = frame.noted::<Cart>()?;
    if columns.reducers.last().is_none_or(|last| last.reducer.as_deref() != reducer) {
        let nth = u32::try_from(columns.kinds.len()).unwrap_or(u32::MAX);
        columns.reducers.push(RulesFrom { nth, reducer: reducer.map(String::from) });
    }
    columns.kinds.push(kind(&content));
    columns.recorded_ms.0.push(ms(recorded_at));
    columns.happened_ms.0.push(ms(happened_at));
    columns.offsets.0.push(u32::try_from(frame.at()).unwrap_or(u32::MAX));
    Ok(())
}

fn pack(cart: StreamId, after: u64, events: Vec<Recording>) -> Result<Vec<u8>, Failure> {
    let mut packing = Packing::<Cart>::new(&Header { stream: cart, after, beside: Vec::new() })?;
    for (expected, event) in (after.saturating_add(1)..).zip(events) {
        let (found_cart, found) = event.place();
        if found_cart != cart {
            return Err(Failure::ForeignCart { cart, found: found_cart });
        }
        if found != expected {
            return Err(Failure::WrongSequence { expected, found });
        }
        event.pack(&mut packing)?;
    }
    Ok(packing.finish())
}

/// Does a call that only looks.
fn look(timeline: &Timeline<Cart>, call: &TimelineCall, out: &mut Writer) {
    match *call {
        TimelineCall::Append { .. }
        | TimelineCall::Columns { .. }
        | TimelineCall::Entry { .. }
        | TimelineCall::Pack { .. }
        | TimelineCall::WhatIf { .. }
        | TimelineCall::Join { .. } => {}
        TimelineCall::Cart {} => timeline.newest().head.stream.put(out),
        TimelineCall::Length {} => timeline.newest().head.version.put(out),
        TimelineCall::At { version } => {
            let moment = version.version().and_then(|version| timeline.at(version));
            moment.map(|moment| moment.view()).put(out);
        }
        TimelineCall::Diff { from, to } => {
            let view = |version: Real| Some(timeline.at(version.version()?)?.view());
            let views = view(from).zip(view(to));
            let changes = views.as_ref().map(|(before, after)| diff(&Cart::value(before), &Cart::value(after)));
            changes.put(out);
        }
        TimelineCall::Life { ref pointer, from, to } => timeline::life(timeline, pointer, from..=to).put(out),
        TimelineCall::Event { version } => {
            let before = version.version().and_then(|version| version.checked_sub(1));
            let event = before.and_then(|before| timeline.contents(before).next());
            event.map(|(version, content)| Past::of(version, content)).put(out);
        }
        TimelineCall::Kinds { after, limit } => {
            let contents = timeline.contents(version_or_end(after)).take(most(limit, COLUMN_MAX));
            contents.map(|(_, content)| kind(&content)).collect::<Vec<u8>>().put(out);
        }
        TimelineCall::Totals { after, limit } => totals(timeline, after, most(limit, COLUMN_MAX)).put(out),
        TimelineCall::Texts { after, limit } => {
            let contents = timeline.contents(version_or_end(after)).take(most(limit, TEXTS_MAX));
            contents.map(|(_, content)| text(&content)).collect::<Vec<_>>().put(out);
        }
    }
}

/// Behind whatever is no version there is nothing.
fn version_or_end(after: Real) -> u64 {
    after.version().unwrap_or(u64::MAX)
}

fn most(limit: Real, most: usize) -> usize {
    limit.version().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(most).min(most)
}

#[allow(clippy::cast_precision_loss, reason = "amounts are below 2^53")]
fn totals(timeline: &Timeline<Cart>, after: Real, limit: usize) -> Totals {
    let mut totals = Totals::default();
    let Some(mut playback) = timeline.play(version_or_end(after)) else { return totals };
    let mut before = playback.moment().state.clone();
    for _ in 0..limit {
        if !playback.advance() {
            break;
        }
        let moment = playback.moment();
        let changed = moment.state != before;
        if changed {
            before = moment.state.clone();
        }
        totals.total_minor.0.push(moment.total().get() as f64);
        totals.changed.push(u8::from(changed));
    }
    totals
}

const fn kind(content: &Content<'_, CartEvent<&str>>) -> u8 {
    match content {
        Content::Known(CartEvent::CartOpened(_)) => 0,
        Content::Known(CartEvent::CartClaimed(_)) => 1,
        Content::Known(CartEvent::ItemAdded(_)) => 2,
        Content::Known(CartEvent::ItemQuantityChanged(_)) => 3,
        Content::Known(CartEvent::ItemRemoved(_)) => 4,
        Content::Known(CartEvent::DiscountApplied(_)) => 5,
        Content::Known(CartEvent::DiscountRemoved(_)) => 6,
        Content::Known(CartEvent::CartClosed(_)) => 7,
        Content::Unknown { .. } => KIND_UNKNOWN,
    }
}

/// What an event names, for whoever searches: an item by its name and its sku, a line by its sku, a code, an owner, and an
/// event that this build does not know by its name.
fn text<'a>(content: &Content<'a, CartEvent<&'a str>>) -> Cow<'a, str> {
    let Content::Known(event) = content else {
        let Content::Unknown { name, .. } = content else { return Cow::default() };
        return Cow::Borrowed(name);
    };
    Cow::Borrowed(match event {
        CartEvent::CartOpened(opened) => opened.owner_ref.unwrap_or_default(),
        CartEvent::CartClaimed(claimed) => claimed.owner_ref,
        CartEvent::ItemAdded(added) => match added.sku {
            Some(sku) if sku != added.item_name => return Cow::Owned([added.item_name, sku].join("\n")),
            _ => added.item_name,
        },
        CartEvent::ItemQuantityChanged(changed) => changed.sku,
        CartEvent::ItemRemoved(removed) => removed.sku,
        CartEvent::DiscountApplied(applied) => applied.code,
        CartEvent::DiscountRemoved(removed) => removed.code,
        CartEvent::CartClosed(_) => "",
    })
}
