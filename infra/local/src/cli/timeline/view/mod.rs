//! The model, drawn. Nothing here changes anything, and only what is seen is made.

mod band;
mod derivation;
mod details;
mod footer;
mod header;
pub(super) mod layout;
pub(super) mod list;
pub(super) mod look;
mod palette;
mod pane;
mod question;
pub(super) mod scale;
mod sheet;
mod state;
pub(super) mod text;

#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use super::keys;
use super::model::{Ask, Model, Pane};
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
    if let Some(asked) = &model.what_if {
        question::draw(buffer, area, model, asked, look);
    } else {
        draw_timeline(buffer, &layout, model, look);
    }
    footer::draw(buffer, layout.footer, model, look);
    if let Some(from) = model.keys_from {
        sheet::draw(buffer, area, &keys::offers(model), from, look);
    }
    if let Some(prompt) = model.prompt.as_ref().filter(|prompt| prompt.ask == Ask::Palette) {
        palette::draw(buffer, area, &keys::sought(model, &prompt.text), prompt.offer, look);
    }
}

fn draw_timeline(buffer: &mut Buffer, layout: &Layout, model: &Model, look: Look) {
    header::draw(buffer, layout.header, model, look);
    band::draw(buffer, layout.band, model, look);
    for (pane, area) in layout.panes() {
        match pane {
            Pane::List => list::draw(buffer, area, model, look),
            Pane::State => state::draw(buffer, area, model, look),
            Pane::Inspector => details::draw(buffer, area, model, look),
        }
    }
}
