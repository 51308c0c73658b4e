//! A cart's story up to a moment, as text for a ticket.

use super::super::output::{count, counted, money_with_code};
use super::clock::{Clock, Detail, Times};
use super::model::Model;
use super::recording::Place;

/// A ticket with more lines is not read.
const LINES_MAX: usize = 200;

pub(super) fn text(model: &Model) -> String {
    let recording = &model.recording;
    let places: Vec<Place> = recording.places_after(0).take_while(|place| *place <= model.at).collect();
    let earlier = places.len().saturating_sub(LINES_MAX);
    let shown = places.get(earlier..).unwrap_or_default();
    // Whoever reads a ticket reads it later: times since the first event would say nothing then.
    let times = if model.clock.times == Times::Since { Times::Utc } else { model.clock.times };
    let clock = Clock { times, ..model.clock.clone() };
    let mut lines = vec![format!("Cart {}", recording.cart)];
    lines.push(model.link_to_here().unwrap_or_else(|| model.command_to_here()));
    if recording.hypothetical {
        lines.push("HYPOTHETICAL: this never happened so.".to_owned());
    }
    lines.push(format!("Times are in {}.", clock.name()));
    if earlier > 0 {
        lines.push(format!("({} before that are left out)", counted(earlier as u64, "event")));
    }
    let mut today = String::new();
    for (place, told) in shown.iter().zip(recording.told(shown.iter().copied())) {
        let moment = recording.time(*place).map(|time| clock.short(time, Detail::Year)).unwrap_or_default();
        let (date, time) = moment.split_once(' ').unwrap_or((today.as_str(), "--:--:--"));
        if date != today {
            lines.extend([String::new(), date.to_owned()]);
        }
        lines.push(format!("  {time}  {}", told.text));
        today = date.to_owned();
    }
    lines.extend([String::new(), ending(model)]);
    lines.join("\n")
}

fn ending(model: &Model) -> String {
    let (version, newest) = (model.at.version, model.recording.newest());
    let place = format!("At version {} of {}", count(version), count(newest));
    let Some(view) = model.recording.view(version) else { return format!("{place} nobody had opened it.") };
    let pieces = view.lines.iter().fold(0_u64, |sum, line| sum.saturating_add(line.quantity.get()));
    let held = format!("{} in {}", counted(pieces, "piece"), counted(view.lines.len() as u64, "line"));
    let total = money_with_code(view.total_minor.get().into(), view.currency.as_deref());
    let status = if view.status == tillroll_core::cart::view::Status::Closed { "closed" } else { "open" };
    format!("{place} it is {status} with {held}, total {total}.")
}
