//! The band over everything: the life at a glance, and the slider.
//!
//! From the top: bars (what was to pay after each event, or by time how many events), marks (what was refused, discounts,
//! what is odd), the rail with position and pins, the labels of the axis. Lower bands have fewer of them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::super::output::{count, counted, money};
use super::super::clock::duration;
use super::super::model::{Axis, Link, Model};
use super::super::recording::Mark;
use super::look::Look;
use super::scale::Scale;
use super::text::{fit, width};

const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// What is on one column.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    height: u64,
    /// Something on it passes the filter.
    shown: bool,
    /// Something on it is not folded: its height is not known.
    unknown: bool,
    mark: Option<Mark>,
}

fn sign(mark: Mark, look: Look) -> (&'static str, Style) {
    match mark {
        Mark::Discount => ("%", look.good()),
        Mark::Closed => ("■", Look::strong()),
        Mark::OutOfOrder => ("⇅", look.warning()),
        Mark::UnknownEvent => ("?", look.warning()),
        Mark::Note => ("✎", look.accent()),
        Mark::Refused => ("×", look.bad()),
        Mark::Broken => ("!", look.bad()),
    }
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let inner = Rect { x: area.x + 1, width: area.width - 2, ..area };
    let scale = Scale::of(model, inner.width);
    let columns = columns(model, &scale, inner.width);
    let (bars, marks, labels) = match inner.height {
        ..3 => (1, false, false),
        3 => (1, false, true),
        4 => (1, true, true),
        5.. => (2, true, true),
    };
    let row = |y: u16, height: u16| Rect { y: inner.y + y, height, ..inner };
    draw_bars(buffer, row(0, bars), &columns, look);
    for fold in scale.folds() {
        let cells = fold.columns.len();
        let label = fit(&duration(fold.ms), cells.saturating_sub(2));
        let x = inner.x + fold.columns.start;
        buffer.set_stringn(x, inner.y + bars - 1, format!("┄{label}┄"), cells, look.quiet());
    }
    if marks {
        draw_marks(buffer, row(bars, 1), &columns, look);
    }
    let rail = bars + u16::from(marks);
    draw_rail(buffer, row(rail, 1), model, &scale, &columns, !marks, look);
    if labels {
        draw_labels(buffer, row(rail + 1, 1), model, &columns, look);
    }
}

/// Column by column, not version by version: what it costs hardly grows with the life.
fn columns(model: &Model, scale: &Scale<'_>, width: u16) -> Vec<Column> {
    let mut columns = vec![Column::default(); width.into()];
    let recording = &model.recording;
    if recording.newest() == 0 {
        return columns;
    }
    let (from, to) = model.shown_versions();
    let (mut next, mut newest) = (from, (0, false));
    for (place, column) in (0..width).zip(&mut columns) {
        let last = scale.version(place).min(to);
        let own = (next <= last && scale.column(last) == Some(place)).then_some((next, last));
        if let Some((first, last)) = own {
            newest = match recording.total(last) {
                Some(total) => (u64::try_from(total).unwrap_or(u64::MAX), false),
                None => (newest.0, true),
            };
            column.mark = recording.mark(first, last);
            let behind = |version: u64| model.rows.partition_point(|place| place.version <= version);
            column.shown = behind(first - 1) < behind(last);
            next = last + 1;
        }
        // What was to pay stays so until the next event.
        (column.height, column.unknown) = match model.axis {
            Axis::Number => newest,
            Axis::Time => (own.map_or(0, |(first, last)| last - first + 1), false),
        };
    }
    let noted = recording.notes.iter().map(|note| (note.version, Mark::Note));
    let refused = recording.refusals().iter().map(|refusal| (refusal.version, Mark::Refused));
    for (version, mark) in noted.chain(refused) {
        if let Some(column) = scale.column(version).and_then(|column| columns.get_mut(usize::from(column))) {
            column.mark = column.mark.max(Some(mark));
        }
    }
    columns
}

fn draw_bars(buffer: &mut Buffer, area: Rect, columns: &[Column], look: Look) {
    let highest = columns.iter().map(|column| column.height).max().unwrap_or(0).max(1);
    let levels = u64::from(area.height) * 8;
    for (x, column) in (area.x..).zip(columns) {
        let exact = u128::from(column.height) * u128::from(levels) / u128::from(highest);
        let level = u64::try_from(exact).unwrap_or(levels).max(u64::from(column.height > 0));
        let style = if column.shown { look.accent() } else { look.quiet() };
        for y in 0..area.height {
            let below = u64::from(area.height - 1 - y) * 8;
            let part = usize::try_from(level.saturating_sub(below).min(8)).unwrap_or(8);
            let sign = if column.unknown { "░" } else { BARS.get(part).copied().unwrap_or("█") };
            buffer.set_stringn(x, area.y + y, sign, 1, style);
        }
    }
}

fn draw_marks(buffer: &mut Buffer, area: Rect, columns: &[Column], look: Look) {
    for (x, column) in (area.x..).zip(columns) {
        if let Some(mark) = column.mark {
            let (sign, style) = sign(mark, look);
            buffer.set_stringn(x, area.y, sign, 1, style);
        }
    }
}

fn draw_rail(
    buffer: &mut Buffer,
    area: Rect,
    model: &Model,
    scale: &Scale<'_>,
    columns: &[Column],
    with_marks: bool,
    look: Look,
) {
    let here = scale.column(model.at.version);
    for (place, column) in (0_u16..).zip(columns) {
        let behind = here.is_some_and(|here| place <= here);
        let (sign, style) = match column.mark.filter(|_| with_marks) {
            Some(mark) => sign(mark, look),
            None if behind => ("━", look.accent()),
            None => ("─", look.quiet()),
        };
        buffer.set_stringn(area.x + place, area.y, sign, 1, style);
    }
    if let Link::Loading { versions } = model.link
        && model.window.is_none()
        && versions > model.recording.newest()
    {
        buffer.set_stringn(area.right().saturating_sub(1), area.y, "┄", 1, look.quiet());
    }
    for (pin, name) in model.pins.iter().zip(["A", "B"]) {
        if let Some(column) = pin.and_then(|pin| scale.column(pin)) {
            buffer.set_stringn(area.x + column, area.y, name, 1, look.pin());
        }
    }
    if let Some(here) = here {
        // On a pin the pin's letter stays, turned around.
        if let Some(cell) = buffer.cell_mut((area.x + here, area.y)) {
            if !matches!(cell.symbol(), "A" | "B") {
                cell.set_symbol("●");
            }
            cell.set_style(Look::strong().patch(Look::chosen()));
        }
    }
}

/// What the ends of the axis are, and how high the highest bar is.
fn draw_labels(buffer: &mut Buffer, area: Rect, model: &Model, columns: &[Column], look: Look) {
    let (from, to) = model.shown_versions();
    let recording = &model.recording;
    let name = |version: u64| match (model.axis, recording.time_in_order(version)) {
        (Axis::Time, Some(time)) => {
            let (first, last) = (recording.first_time().unwrap_or(time), recording.last_time().unwrap_or(time));
            model.clock.short(time, model.clock.detail(first, last))
        }
        (Axis::Time | Axis::Number, _) => count(version),
    };
    if recording.newest() == 0 {
        return;
    }
    let (first, last) = (name(from), name(to));
    let highest = columns.iter().map(|column| column.height).max().unwrap_or(0);
    let bars = match model.axis {
        Axis::Number => format!("bars: what is to pay, at most {}", money(highest.into(), model.currency())),
        Axis::Time => format!("bars: events, at most {} at once", count(highest)),
    };
    let zoomed = model.window.map(|(from, to)| format!(", zoomed to {}", counted(to - from + 1, "event")));
    let middle = bars + &zoomed.unwrap_or_default();
    let cells = usize::from(area.width);
    buffer.set_stringn(area.x, area.y, &first, cells, look.quiet());
    let start = area.right().saturating_sub(u16::try_from(width(&last)).unwrap_or(0));
    buffer.set_stringn(start, area.y, &last, cells, look.quiet());
    let room = cells.saturating_sub(width(&first) + width(&last) + 4);
    if width(&middle) <= room {
        let left = (cells - width(&middle)) / 2;
        let left = left.clamp(width(&first) + 2, cells - width(&last) - 2 - width(&middle));
        buffer.set_stringn(area.x + u16::try_from(left).unwrap_or(0), area.y, &middle, room, look.quiet());
    }
}
