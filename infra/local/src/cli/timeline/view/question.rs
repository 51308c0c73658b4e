//! What if: the life as it was beside the one that never was, and that nothing is written.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tillroll_core::whatif::{Fate, Mode};

use super::super::super::output::{count, counted, money, money_with_code, shown};
use super::super::model::Model;
use super::super::whatif::{Row, WhatIf};
use super::look::Look;
use super::pane;
use super::text::{around, fit, left, right, width, wrapped};

/// Edits that are listed; the newest ones.
const EDITS_SHOWN_MAX: usize = 4;
const FATE_WIDTH: usize = 17;
/// Below this only one side has room.
const TWO_SIDES_WIDTH_MIN: usize = 96;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, question: &WhatIf, look: Look) {
    let room = usize::from(area.width.saturating_sub(2));
    let row = |y: u16| Rect { x: area.x + 1, y: area.y + y, width: area.width.saturating_sub(2), height: 1 };
    let banner = format!("▒▒▒ HYPOTHETICAL, nothing is written ▒▒▒ what if, of cart {}", model.recording.cart);
    pane::lines(buffer, row(0), [Line::styled(fit(&banner, room), look.warning().patch(Look::strong()))]);
    pane::lines(buffer, row(1), [Line::styled(fit(&headline(model, question), room), Look::strong())]);
    let edits = edits(question, room, look);
    let note = note(model, question, room, look);
    let below = u16::try_from(edits.len() + note.len() + 1).unwrap_or(0);
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(3 + below).max(2), ..area };
    draw_rows(buffer, body, model, question, look);
    let under = Rect { y: body.bottom(), height: area.bottom().saturating_sub(body.bottom() + 1), ..row(0) };
    let rule = Line::styled("─".repeat(room), look.quiet());
    pane::lines(buffer, under, note.into_iter().chain([rule]).chain(edits));
}

/// Money first.
fn headline(model: &Model, question: &WhatIf) -> String {
    let comes = question.answer.money();
    let amount = |minor: u64| money_with_code(minor.into(), model.currency());
    let mode = match question.mode {
        Mode::DecideAgain => "later commands decided again",
        Mode::AsItIs => "events folded as they are",
    };
    let (was, would) = (amount(comes.recorded.get()), amount(comes.alternative.get()));
    let difference = match comes.difference {
        Some(0) => "the same total".to_owned(),
        Some(minor) => {
            let sign = if minor > 0 { "+" } else { "" };
            format!("{sign}{}", money(minor.into(), model.currency()))
        }
        None => "in another currency".to_owned(),
    };
    let refused = question.answer.refusals().count() as u64;
    let refused = if refused > 0 { format!(" · {} would be refused now", count(refused)) } else { String::new() };
    format!("{was} as recorded, {would} so: {difference}{refused} · {mode}")
}

fn draw_rows(buffer: &mut Buffer, area: Rect, model: &Model, question: &WhatIf, look: Look) {
    let title = format!("As recorded, and with {}", counted(question.edits.len() as u64, "edit"));
    let inner = pane::frame(buffer, area, &[(&title, true)], "", true, look);
    let room = usize::from(inner.width);
    let number = width(&count(model.recording.newest().max(question.life.newest()))).max(2);
    let text = if room >= TWO_SIDES_WIDTH_MIN {
        room.saturating_sub(FATE_WIDTH + 2 * number + 7) / 2
    } else {
        room.saturating_sub(FATE_WIDTH + 2 * number + 6)
    };
    let rows = around(question.row, question.rows(), inner.height.into());
    for (y, nth) in (inner.y..).zip(rows) {
        let Some(row) = question.row(nth) else { continue };
        let is_here = nth == question.row;
        let line = line(model, question, &row, is_here, [room, text, number], look);
        buffer.set_line(inner.x, y, &line, inner.width);
        if is_here {
            buffer.set_style(Rect { x: inner.x, y, width: inner.width, height: 1 }, Look::chosen());
        }
    }
}

fn line(
    model: &Model,
    question: &WhatIf,
    row: &Row<'_>,
    is_here: bool,
    [room, text, number]: [usize; 3],
    look: Look,
) -> Line<'static> {
    let version = |version: Option<u64>| right(&version.map(count).unwrap_or_default(), number);
    let (sign, fate, style) = fate(row, look);
    let recorded = WhatIf::told(&model.recording, row.recorded);
    let alternative = WhatIf::told(&question.life, row.alternative);
    let here = Span::styled(if is_here { "▶" } else { " " }, Look::strong());
    let fate = Span::styled(left(&format!("{sign} {fate}"), FATE_WIDTH), style);
    let numbers = [row.recorded, row.alternative].map(|one| Span::styled(version(one), look.quiet()));
    let [a, b] = numbers;
    if room < TWO_SIDES_WIDTH_MIN {
        let told = if row.alternative.is_some() { alternative } else { recorded };
        let gap = || Span::raw(" ");
        return Line::from(vec![here, a, gap(), fate, gap(), Span::styled(left(&told, text), style), gap(), b]);
    }
    let gap = || Span::raw("  ");
    let recorded = Span::raw(left(&recorded, text));
    let alternative = Span::styled(left(&alternative, text), style);
    Line::from(vec![here, a, gap(), recorded, gap(), fate, alternative, Span::raw(" "), b])
}

/// What became of it, with a sign: colour is never alone.
fn fate(row: &Row<'_>, look: Look) -> (&'static str, &'static str, Style) {
    match row.step.map(|step| &step.fate) {
        None | Some(Fate::Same) => ("=", "as it was", look.quiet()),
        Some(Fate::Unjudged) => ("≈", "stays a fact", look.quiet()),
        Some(Fate::Changed) => ("≠", "changed", look.accent()),
        Some(Fate::Refused(_)) => ("!", "refused now", look.bad()),
        Some(Fate::AlreadySo) => ("·", "changes nothing", look.quiet()),
        Some(Fate::Dropped) => ("−", "left out", look.warning()),
        Some(Fate::Inserted) => ("+", "new", look.good()),
        Some(Fate::Moved) => ("↳", "moved here", look.accent()),
        Some(Fate::MovedAway) => ("↷", "moved away", look.warning()),
    }
}

/// How both carts stand where one is, and why something was refused.
fn note(model: &Model, question: &WhatIf, room: usize, look: Look) -> Vec<Line<'static>> {
    let Some(row) = question.row(question.row) else { return Vec::new() };
    let both = |version: u64| (version, version);
    let (a, b) = row.step.map_or_else(|| both(row.recorded.unwrap_or(0)), |step| (step.recorded, step.alternative));
    let total = |minor: Option<i128>| minor.map_or_else(|| "?".to_owned(), |minor| money(minor, model.currency()));
    let (was, would) = (total(model.recording.total(a)), total(question.life.total(b)));
    let text = format!("here to pay: {was} as recorded, {would} so");
    let mut lines = vec![Line::styled(fit(&text, room), Look::plain())];
    if let Some(Fate::Refused(refusal)) = row.step.map(|step| &step.fate) {
        let why = format!("refused now: {}", shown(&refusal.to_string()));
        lines.extend(wrapped(&why, room).into_iter().map(|line| Line::styled(line, look.bad())));
    }
    lines
}

fn edits(question: &WhatIf, room: usize, look: Look) -> Vec<Line<'static>> {
    if question.edits.is_empty() {
        let hint = "No edits yet. X leaves this event out, C changes it, I and A put something behind it.";
        return vec![Line::styled(fit(hint, room), look.quiet())];
    }
    let first = question.edits.len().saturating_sub(EDITS_SHOWN_MAX);
    let numbered = question.edits.iter().enumerate().skip(first);
    numbered.map(|(nth, made)| Line::raw(fit(&format!("{}. {}", nth + 1, shown(&made.words)), room))).collect()
}
