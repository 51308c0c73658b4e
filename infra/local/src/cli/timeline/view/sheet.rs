//! The sheet of all keys, drawn from the table that is used.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::keys::Offer;
use super::look::Look;
use super::text::{left, width};

const NAME_WIDTH: usize = 10;
const GAP: usize = 3;

/// Draws it from a row on: a small screen has not all of it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, offers: &[Offer], from: usize, look: Look) {
    let longest = offers.iter().map(|binding| width(binding.does)).max().unwrap_or(0);
    let column = NAME_WIDTH + longest + GAP;
    let columns = (usize::from(area.width.saturating_sub(4)) / column).clamp(1, 3);
    let rows = offers.len().div_ceil(columns);
    let height = u16::try_from(rows + 4).unwrap_or(area.height).min(area.height);
    let wide = u16::try_from(column * columns + 4 - GAP + 1).unwrap_or(area.width).min(area.width);
    let sheet =
        Rect { x: area.x + (area.width - wide) / 2, y: area.y + (area.height - height) / 2, width: wide, height };
    let seen = usize::from(height.saturating_sub(4));
    let from = from.min(rows.saturating_sub(seen));
    let end = if seen < rows { " ↑↓ shows more, any other key closes this " } else { " any key closes this " };
    frame(buffer, sheet, " Keys; the same as in the browser ", end, look);
    for (place, binding) in offers.iter().enumerate() {
        let (at, Some(row)) = (place / rows, (place % rows).checked_sub(from)) else { continue };
        if row >= seen {
            continue;
        }
        let x = sheet.x + 2 + u16::try_from(at * column).unwrap_or(0);
        let y = sheet.y + 2 + u16::try_from(row).unwrap_or(0);
        let line = Line::from(vec![
            Span::styled(left(binding.name, NAME_WIDTH), Look::strong()),
            Span::raw(left(binding.does, longest)),
        ]);
        buffer.set_line(x, y, &line, sheet.right().saturating_sub(x + 1));
    }
}

/// An empty box over what is there.
pub(super) fn frame(buffer: &mut Buffer, area: Rect, title: &str, end: &str, look: Look) {
    let inner = usize::from(area.width.saturating_sub(2));
    for y in area.y..area.bottom() {
        let (start, fill, end) = match y {
            y if y == area.y => ("╭", "─", "╮"),
            y if y + 1 == area.bottom() => ("╰", "─", "╯"),
            _ => ("│", " ", "│"),
        };
        for x in area.x..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
        buffer.set_stringn(area.x, y, start.to_owned() + &fill.repeat(inner) + end, area.width.into(), look.quiet());
    }
    buffer.set_stringn(area.x + 2, area.y, title, inner, Look::strong());
    if let Some(y) = area.bottom().checked_sub(1) {
        buffer.set_stringn(area.x + 2, y, end, inner, look.quiet());
    }
}
