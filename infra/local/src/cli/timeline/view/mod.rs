//! The model, drawn. Nothing here changes anything, and only what is seen is made.

mod band;
mod derivation;
mod details;
mod header;
pub(super) mod layout;
pub(super) mod list;
pub(super) mod look;
mod pane;
pub(super) mod scale;
mod sheet;
mod state;
pub(super) mod text;

#[cfg(test)]
mod tests;

use ratatui::Frame;

use super::model::{Model, Pane};
use layout::Layout;
use look::Look;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, look: Look) {
    let area = frame.area();
    let Some(layout) = Layout::of(area, model.focus) else {
        let line = "The window is too small for a timeline.";
        frame.buffer_mut().set_stringn(area.x, area.y, line, area.width.into(), Look::plain());
        return;
    };
    let buffer = frame.buffer_mut();
    header::draw(buffer, layout.header, model, look);
    band::draw(buffer, layout.band, model, look);
    for (pane, area) in layout.panes() {
        match pane {
            Pane::List => list::draw(buffer, area, model, look),
            Pane::State => state::draw(buffer, area, model, look),
            Pane::Inspector => details::draw(buffer, area, model, look),
        }
    }
    header::draw_footer(buffer, layout.footer, model, look);
    if let Some(from) = model.keys_from {
        sheet::draw(buffer, area, from, look);
    }
}
