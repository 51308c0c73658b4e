//! The palette: what can be done here, by its name.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::keys::Offer;
use super::look::Look;
use super::sheet;
use super::text::{around, left, right};

const WIDTH_MAX: u16 = 64;
const ROWS_MAX: u16 = 12;
const NAME_WIDTH: usize = 9;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, offers: &[Offer], chosen: usize, look: Look) {
    let width = area.width.saturating_sub(2).min(WIDTH_MAX);
    let rows = u16::try_from(offers.len().max(1)).unwrap_or(ROWS_MAX).min(ROWS_MAX).min(area.height.saturating_sub(4));
    // Right above the line that is typed.
    let y = area.bottom().saturating_sub(rows + 3);
    let over = Rect { x: area.x + 1, y, width, height: rows + 2 };
    sheet::frame(buffer, over, " Commands ", " Enter does it, Esc closes this ", look);
    let room = usize::from(width.saturating_sub(4));
    if offers.is_empty() {
        buffer.set_stringn(over.x + 2, over.y + 1, "There is no such command.", room, look.quiet());
    }
    let seen = around(chosen, offers.len(), rows.into());
    for (y, nth) in (over.y + 1..).zip(seen) {
        let Some(offer) = offers.get(nth) else { continue };
        let does = left(offer.does, room.saturating_sub(NAME_WIDTH));
        let line = Line::from(vec![Span::raw(does), Span::styled(right(offer.name, NAME_WIDTH), Look::strong())]);
        buffer.set_line(over.x + 2, y, &line, over.width.saturating_sub(4));
        if nth == chosen {
            let row = Rect { x: over.x + 1, y, width: over.width.saturating_sub(2), height: 1 };
            buffer.set_style(row, Look::chosen());
        }
    }
}
