//! What happened, a sentence each. Sentences are made for the rows that are seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::super::output::{count, counted, money, shown};
use super::super::clock::{Detail, Times};
use super::super::model::{Link, Model, Pane};
use super::super::recording::{Place, Told};
use super::header::reading;
use super::look::Look;
use super::pane;
use super::text::{around, fit, left, right, width};

/// Cells of the change in what is to pay.
const CHANGE_WIDTH: usize = 10;
/// A list that is narrower shows no date.
const DATE_WIDTH_MIN: usize = 64;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let total = model.recording.newest().saturating_add(model.recording.refusals().len() as u64);
    let note = if model.filter.shows_all() {
        String::new()
    } else {
        format!("{} of {}: {}", count(model.rows.len() as u64), count(total), shown(&model.filter.text))
    };
    let inner = pane::frame(buffer, area, &[("What happened", true)], &note, model.focus == Pane::List, look);
    if model.rows.is_empty() {
        let line = nothing(model);
        buffer.set_stringn(inner.x, inner.y, fit(&line, inner.width.into()), inner.width.into(), look.quiet());
        return;
    }
    let range = visible(model, inner.height);
    let rows = model.rows.get(range).unwrap_or_default();
    let told = model.recording.told(rows.iter().copied());
    let columns = Columns::of(model, inner.width.into());
    for (y, (place, told)) in (inner.y..).zip(rows.iter().zip(told)) {
        let line = columns.line(model, *place, &told, look);
        buffer.set_line(inner.x, y, &line, inner.width);
        if *place == model.at {
            buffer.set_style(Rect { x: inner.x, y, width: inner.width, height: 1 }, Look::chosen());
        }
    }
}

/// The rows that are seen.
pub(in super::super) fn visible(model: &Model, height: u16) -> std::ops::Range<usize> {
    let (Ok(row) | Err(row)) = model.row();
    around(row.min(model.rows.len().saturating_sub(1)), model.rows.len(), height.into())
}

fn nothing(model: &Model) -> String {
    match model.link {
        _ if !model.filter.shows_all() => "Nothing is like that. Esc shows all again.".to_owned(),
        Link::Reading { bytes } => format!("◌ {}…", reading(bytes)),
        Link::Loading { versions } => format!("Loading {}…", counted(versions, "event")),
        Link::File | Link::Live | Link::Lost { .. } => "Nothing has happened yet.".to_owned(),
    }
}

/// What each row has room for.
struct Columns {
    version: usize,
    time: usize,
    detail: Detail,
    text: usize,
    change: usize,
}

impl Columns {
    fn of(model: &Model, room: usize) -> Self {
        let recording = &model.recording;
        let version = width(&count(recording.newest())).max(3);
        let ends = recording.first_time().zip(recording.last_time());
        let detail = ends.map_or(Detail::Time, |(first, last)| model.clock.detail(first, last));
        let detail = if room < DATE_WIDTH_MIN && detail == Detail::Year { Detail::Day } else { detail };
        let time = match (model.clock.times, detail) {
            (Times::Since, _) => 9,
            (_, Detail::Time) => 8,
            (_, Detail::Day) => 14,
            (_, Detail::Year) => 19,
        };
        let change = if room >= 50 { CHANGE_WIDTH } else { 0 };
        // Two cells for marks, one for the place, and the gaps.
        let text = room.saturating_sub(version + time + change + 7);
        Self { version, time, detail, text, change }
    }

    fn line(&self, model: &Model, place: Place, told: &Told, look: Look) -> Line<'static> {
        let recording = &model.recording;
        let refusal = recording.refusal(place);
        let is_here = place == model.at;
        let version = if refusal.is_some() { "×".to_owned() } else { count(place.version) };
        let time = recording.time(place).map_or_else(String::new, |time| model.clock.short(time, self.detail));
        let is_readable = recording.is_folded(place.version);
        let style = match (refusal, is_readable) {
            (Some(_), _) | (None, false) => look.bad(),
            (None, true) if !told.changed => look.quiet(),
            (None, true) => Look::plain(),
        };
        let change = recording.change(place.version).filter(|change| refusal.is_none() && *change != 0);
        let (change, change_style) = change.map_or((String::new(), Look::plain()), |change| {
            let sign = if change > 0 { "+" } else { "" };
            let style = if change > 0 { look.good() } else { look.warning() };
            (format!("{sign}{}", money(change, model.currency())), style)
        });
        let (mark, mark_style) = Self::mark(model, place, look);
        let mut spans = vec![
            Span::styled(if is_here { "▶" } else { " " }, Look::strong()),
            Span::styled(mark, mark_style),
            Span::styled(right(&version, self.version), if refusal.is_some() { look.bad() } else { Look::strong() }),
            Span::raw("  "),
            Span::styled(left(&time, self.time), look.quiet()),
            Span::raw("  "),
            Span::styled(left(&told.text, self.text), style),
        ];
        if self.change > 0 {
            spans.push(Span::styled(right(&change, self.change), change_style));
        }
        Line::from(spans)
    }

    /// Pins first, then what is odd.
    fn mark(model: &Model, place: Place, look: Look) -> (&'static str, Style) {
        let is_event = place.refusal == 0;
        let noted = || model.recording.notes.iter().any(|note| note.version == place.version);
        match model.pins {
            [Some(a), Some(b)] if is_event && a == b && a == place.version => ("=", look.pin()),
            [Some(a), _] if is_event && a == place.version => ("A", look.pin()),
            [_, Some(b)] if is_event && b == place.version => ("B", look.pin()),
            _ if is_event && noted() => ("✎", look.accent()),
            _ if is_event && model.recording.is_out_of_order(place.version) => ("⇅", look.warning()),
            _ => (" ", Look::plain()),
        }
    }
}
