//! Which cart, where in it, how sure; and below everything what was said, what is typed, or what keys there are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tillroll_core::cart::view::Status;

use super::super::super::output::{count, money_with_code, shown};
use super::super::clock::{Detail, duration};
use super::super::model::{Link, Model, SPEEDS, Source};
use super::look::Look;
use super::text::{fit, width};

/// Something to say, as long as there is room. The first ones stay longest.
struct Piece {
    text: String,
    style: Style,
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let link = link(model, look);
    let link_width = u16::try_from(width(&link.text)).unwrap_or(u16::MAX).min(area.width / 2);
    let room = area.width.saturating_sub(link_width + 3);
    buffer.set_line(area.x + 1, area.y, &row(first_row(model, room, look), room), room);
    let x = area.right().saturating_sub(link_width + 1);
    buffer.set_stringn(x, area.y, fit(&link.text, link_width.into()), link_width.into(), link.style);
    if area.height > 1 {
        let room = area.width - 2;
        buffer.set_line(area.x + 1, area.y + 1, &row(second_row(model, look), room), room);
    }
}

/// The pieces that fit, with dots between them.
fn row(pieces: Vec<Piece>, room: u16) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut taken = 0;
    for piece in pieces {
        let gap = if spans.is_empty() { 0 } else { 3 };
        taken += gap + width(&piece.text);
        if taken > usize::from(room) && !spans.is_empty() {
            break;
        }
        if gap > 0 {
            spans.push(Span::raw(" · "));
        }
        spans.push(Span::styled(fit(&piece.text, room.into()), piece.style));
    }
    Line::from(spans)
}

fn first_row(model: &Model, room: u16, look: Look) -> Vec<Piece> {
    // Whose life it is stands in the file.
    if let (Link::Reading { .. }, Source::File(name)) = (&model.link, &model.source) {
        return vec![Piece { text: shown(name).into_owned(), style: Look::strong() }];
    }
    let (version, newest) = (model.at.version, model.recording.newest());
    let cart = model.recording.cart.to_string();
    let cart = if room < 80 { short_id(&cart) } else { cart };
    let mut pieces = Vec::new();
    if model.recording.hypothetical {
        pieces.push(Piece { text: "HYPOTHETICAL, never happened".to_owned(), style: look.warning() });
    }
    pieces.push(Piece { text: format!("Cart {cart}"), style: Look::strong() });
    let refused = if model.at.refusal > 0 { "refused at " } else { "" };
    let text = format!("{refused}event {} of {}", count(version), count(newest));
    pieces.push(Piece { text, style: if model.at.refusal > 0 { look.bad() } else { look.accent() } });
    match model.recording.view(version) {
        Some(view) => {
            let total = money_with_code(view.total_minor.get().into(), view.currency.as_deref());
            pieces.push(Piece { text: total, style: Look::strong() });
            let (status, style) = match view.status {
                Status::Open => ("open", look.good()),
                Status::Closed => ("closed", look.warning()),
            };
            pieces.push(Piece { text: status.to_owned(), style });
        }
        None if version > 0 => pieces.push(Piece { text: "state unknown".to_owned(), style: look.bad() }),
        None => {}
    }
    pieces
}

fn second_row(model: &Model, look: Look) -> Vec<Piece> {
    let recording = &model.recording;
    let mut pieces = Vec::new();
    if let Some((first, last)) = recording.first_time().zip(recording.last_time()) {
        let length = duration(last.unix_ms() - first.unix_ms());
        let from = model.clock.short(first, Detail::Year);
        let detail = if model.clock.detail(first, last) == Detail::Time { Detail::Time } else { Detail::Year };
        let text = format!("{from} – {}, {length}, {}", model.clock.short(last, detail), model.clock.name());
        pieces.push(Piece { text, style: Look::plain() });
    }
    match model.compared {
        Some((version, true)) => {
            let text = format!("✓ state hash agrees at {}", count(version));
            pieces.push(Piece { text, style: look.good() });
        }
        Some((version, false)) => {
            let text = format!("✗ state hash differs at {}: this build folds differently", count(version));
            pieces.push(Piece { text, style: look.bad() });
        }
        None => {}
    }
    let refused = recording.refusals().len() as u64;
    if refused > 0 {
        pieces.push(Piece { text: format!("× {} refused", count(refused)), style: look.bad() });
    }
    let event = recording.event(model.at.version.max(1));
    if let Some(reducer) = event.and_then(|event| event.circumstances.reducer) {
        pieces.push(Piece { text: format!("reducer {}", shown(&reducer)), style: look.quiet() });
    }
    if let Source::System(base) = &model.source {
        pieces.push(Piece { text: shown(base).into_owned(), style: look.quiet() });
    }
    pieces
}

fn link(model: &Model, look: Look) -> Piece {
    if model.playing {
        let speed = SPEEDS.get(model.speed).copied().unwrap_or(1.0);
        return Piece { text: format!("▶ playing, {speed} events a second"), style: look.accent() };
    }
    let newest = model.recording.newest();
    match (&model.link, &model.source) {
        (Link::Reading { bytes }, _) => Piece { text: format!("◌ {}", reading(*bytes)), style: look.warning() },
        (Link::Loading { versions }, _) => {
            Piece { text: format!("◌ loading {} of {}", count(newest), count(*versions)), style: look.warning() }
        }
        (Link::Live, _) if model.follows => Piece { text: "● live, following".to_owned(), style: look.good() },
        (Link::Live, _) => Piece { text: "● live".to_owned(), style: look.good() },
        (Link::Lost { since }, _) => {
            let lost = duration((model.now.unix_ms() - since.unix_ms()).max(0) / 1_000 * 1_000);
            Piece { text: format!("○ connection lost {lost} ago, trying again"), style: look.bad() }
        }
        (Link::File, Source::File(name) | Source::System(name)) => {
            Piece { text: format!("▪ {}", shown(name)), style: look.quiet() }
        }
    }
}

pub(super) fn reading(bytes: u64) -> String {
    const MB: u64 = 1_000_000;
    if bytes < MB { "reading the file".to_owned() } else { format!("reading {} MB", count(bytes / MB)) }
}

fn short_id(id: &str) -> String {
    match (id.get(..8), id.get(id.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if id.len() > 14 => format!("{head}…{tail}"),
        _ => id.to_owned(),
    }
}
