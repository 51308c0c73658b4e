//! What can be asked of a timeline: any moment of a packed history. The bytes are read once; what is handed out are single
//! moments, differences and columns.

use alloc::boxed::Box;
use alloc::vec::Vec;

use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::packed::{Content, History};
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{self, Pointer, Timeline, diff};

use crate::abi;
use crate::error::Failure;
use crate::shape::tagged;
use crate::types::event::Past;
use crate::wire::{Put, Real, Writer};

/// What the column of kinds has for an event that this build does not know. The others have their numbers of the packed
/// layout.
const KIND_UNKNOWN: u8 = 255;
/// Most events of one column: so many bytes are reserved at most, whatever is asked for.
const COLUMN_MAX: usize = 1 << 20;

/// A timeline, once there is a history.
pub type Kept = Option<Box<Timeline<Cart>>>;

impl abi::Kept for Kept {
    fn call(&mut self, said: &[u8], given: Vec<u8>) -> Vec<u8> {
        abi::answer(said, given, |said, history, out| call(self, said, history, out))
    }
}

/// A call, with what is said in it.
pub(crate) enum TimelineCall {
    Append {},
    Cart {},
    Length {},
    At { version: Real },
    Diff { from: Real, to: Real },
    Life { pointer: Pointer, from: u64, to: u64 },
    Event { version: Real },
    Kinds { after: Real, limit: Real },
}

tagged! {
    /// A call of a timeline.
    [take] TimelineCall = TimelineCall by "call" {
        Append = "append" {},
        Cart = "cart" {},
        Length = "length" {},
        At = "at" { version: Real },
        Diff = "diff" { from: Real, to: Real },
        Life = "life" { pointer: Pointer, from: u64, to: u64 },
        Event = "event" { version: Real },
        Kinds = "kinds" { after: Real, limit: Real },
    }
}

/// Does a call and writes what it gives. The first one appends; a packed history lies behind the call, where it need not be
/// copied.
fn call(timeline: &mut Kept, call: TimelineCall, history: &[u8], out: &mut Writer) -> Result<(), Failure> {
    if matches!(call, TimelineCall::Append {}) {
        let history = History::open(history)?;
        // Nothing is kept of a first history that is damaged.
        let Some(timeline) = timeline else {
            *timeline = Some(Box::new(Timeline::of(&history)?));
            return Ok(());
        };
        return Ok(timeline.append(&history)?);
    }
    let Some(timeline) = timeline else { return Ok(()) };
    match call {
        TimelineCall::Append {} => {}
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
        TimelineCall::Life { pointer, from, to } => timeline::life(timeline, &pointer, from..=to).put(out),
        TimelineCall::Event { version } => {
            let before = version.version().and_then(|version| version.checked_sub(1));
            let event = before.and_then(|before| timeline.contents(before).next());
            event.map(|(version, content)| Past::of(version, &content)).put(out);
        }
        TimelineCall::Kinds { after, limit } => {
            let most = limit.version().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(COLUMN_MAX);
            let after = after.version().unwrap_or(u64::MAX);
            let contents = timeline.contents(after).take(most.min(COLUMN_MAX));
            contents.map(|(_, content)| kind(&content)).collect::<Vec<u8>>().put(out);
        }
    }
    Ok(())
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
