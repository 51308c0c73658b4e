//! A pane: a rule with its name above what is in it, and a line on its left where another pane stands there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::look::Look;
use super::text::width;

/// Draws the frame of a pane and gives what is inside. The tab that is open stands between brackets; the rule of the
/// pane that has the keys is heavy.
pub(super) fn frame(
    buffer: &mut Buffer,
    area: Rect,
    tabs: &[(&str, bool)],
    note: &str,
    has_keys: bool,
    look: Look,
) -> Rect {
    let is_right = area.x > 0;
    let rule = if has_keys { "━" } else { "─" };
    let rule_style = if has_keys { look.accent() } else { look.quiet() };
    buffer.set_stringn(area.x, area.y, rule.repeat(area.width.into()), area.width.into(), rule_style);
    if is_right {
        let above = area.y.checked_sub(1).and_then(|y| buffer.cell((area.x, y)));
        let goes_on = above.is_some_and(|cell| cell.symbol() == "│");
        for y in area.y..area.bottom() {
            let sign = match (y == area.y, goes_on, has_keys) {
                (true, true, true) => "┝",
                (true, true, false) => "├",
                (true, false, true) => "┍",
                (true, false, false) => "┬",
                (false, ..) => "│",
            };
            buffer.set_stringn(area.x, y, sign, 1, look.quiet());
        }
    }
    let room = area.width.saturating_sub(4);
    let mut title = title(tabs, has_keys, look);
    if title.width() > usize::from(room) {
        title = short_title(tabs);
    }
    buffer.set_line(area.x + 2, area.y, &title, room);
    let taken = u16::try_from(title.width()).unwrap_or(room);
    let note_width = u16::try_from(width(note)).unwrap_or(u16::MAX).saturating_add(2);
    if !note.is_empty() && taken.saturating_add(note_width).saturating_add(2) <= room {
        let x = area.right() - 1 - note_width;
        buffer.set_stringn(x, area.y, format!(" {note} "), note_width.into(), look.quiet());
    }
    let inset = u16::from(is_right) + 1;
    Rect { x: area.x + inset, y: area.y + 1, width: area.width - inset - 1, height: area.height - 1 }
}

fn title<'a>(tabs: &[(&'a str, bool)], has_keys: bool, look: Look) -> Line<'a> {
    let strength = if has_keys { Look::strong() } else { Look::plain() };
    let mut spans = vec![Span::raw(" ")];
    for (name, is_open) in tabs {
        if *is_open && tabs.len() > 1 {
            spans.push(Span::styled(format!("[{name}]"), strength));
        } else if tabs.len() > 1 {
            spans.push(Span::styled(*name, look.quiet()));
        } else {
            spans.push(Span::styled(*name, strength));
        }
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

/// Only the tab that is open, and which one of how many it is.
fn short_title(tabs: &[(&str, bool)]) -> Line<'static> {
    let open = tabs.iter().position(|(_, is_open)| *is_open).unwrap_or(0);
    let name = tabs.get(open).map_or("", |(name, _)| name);
    Line::styled(format!(" [{name}] {} of {} ", open + 1, tabs.len()), Look::strong())
}

/// Lines below each other, as many as fit.
pub(super) fn lines<'a>(buffer: &mut Buffer, area: Rect, lines: impl IntoIterator<Item = Line<'a>>) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        buffer.set_line(area.x, y, &line, area.width);
    }
}
