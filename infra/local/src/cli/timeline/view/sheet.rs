//! The sheet of all keys, drawn from the table that is used.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::keys::BINDINGS;
use super::look::Look;
use super::text::{left, width};

const NAME_WIDTH: usize = 10;
const GAP: usize = 3;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, look: Look) {
    let longest = BINDINGS.iter().map(|binding| width(binding.does)).max().unwrap_or(0);
    let column = NAME_WIDTH + longest + GAP;
    let room = usize::from(area.width.saturating_sub(4));
    // On a small screen the columns are as wide as they can be, and cut.
    let rows_max = usize::from(area.height.saturating_sub(4)).max(1);
    let needed = BINDINGS.len().div_ceil(rows_max);
    let columns = (room / column).clamp(1, 3).max(needed);
    let column = column.min(room / columns.max(1));
    let rows = BINDINGS.len().div_ceil(columns);
    let height = u16::try_from(rows + 4).unwrap_or(area.height).min(area.height);
    let wide = u16::try_from(column * columns + 4).unwrap_or(area.width).min(area.width);
    let sheet =
        Rect { x: area.x + (area.width - wide) / 2, y: area.y + (area.height - height) / 2, width: wide, height };
    frame(buffer, sheet, look);
    for (place, binding) in BINDINGS.iter().enumerate() {
        let (at, row) = (place / rows, place % rows);
        let x = sheet.x + 2 + u16::try_from(at * column).unwrap_or(0);
        let y = sheet.y + 2 + u16::try_from(row).unwrap_or(0);
        let text = column.saturating_sub(NAME_WIDTH + 1);
        let line = Line::from(vec![
            Span::styled(left(binding.name, NAME_WIDTH), look.strong()),
            Span::raw(left(binding.does, text)),
        ]);
        if y < sheet.bottom() - 1 {
            buffer.set_line(x, y, &line, u16::try_from(column).unwrap_or(0));
        }
    }
}

fn frame(buffer: &mut Buffer, area: Rect, look: Look) {
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
    buffer.set_stringn(area.x + 2, area.y, " Keys; the same as in the browser ", inner, look.strong());
    let end = " any key closes this ";
    if let Some(y) = area.bottom().checked_sub(1) {
        buffer.set_stringn(area.x + 2, y, end, inner, look.quiet());
    }
}
