//! The last row: what is typed, what has to be known, or the first keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::super::output::shown;
use super::super::filter::SYNTAX;
use super::super::model::{Ask, Model};
use super::super::phrase;
use super::super::whatif::Wanted;
use super::look::Look;
use super::text::{fit, width};

/// The keys that are named while the timeline is shown.
const TIMELINE_KEYS: [(&str, &str); 13] = [
    ("←→", "event"),
    ("?", "keys"),
    ("q", "quit"),
    ("Space", "play"),
    ("/", "filter"),
    ("G", "go to"),
    ("D", "diff"),
    ("W", "what if"),
    ("Tab", "pane"),
    ("[ ]", "pins"),
    ("⇧←→", "change of the field"),
    ("S", "state"),
    ("I", "inspect"),
];
const QUESTION_KEYS: [(&str, &str); 13] = [
    ("←→", "step"),
    ("?", "keys"),
    ("Esc", "back"),
    ("X", "leave out"),
    ("C", "change"),
    ("I", "insert"),
    ("A", "ask for"),
    ("U", "take back"),
    ("S", "fold or re-decide"),
    ("D", "first difference"),
    ("M", "move"),
    ("K", "stop here"),
    ("W", "save"),
];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let room = area.width - 2;
    if let Some(prompt) = &model.prompt {
        let (name, hint) = match prompt.ask {
            Ask::Filter => ("filter: ", SYNTAX),
            Ask::GoTo => ("go to: ", "a number, 14:03, 2026-03-02 14:03, +90s"),
            Ask::Reason => ("show persons, because: ", "a ticket, a question; it is written down"),
            Ask::Palette => ("command: ", "↑↓ chooses, Enter does it"),
            Ask::WhatIf(wanted) => wanted_words(wanted),
        };
        let typed = shown(&prompt.text).into_owned();
        let hint = match &model.message {
            Some(message) => message.as_str(),
            None if typed.is_empty() => hint,
            None => "",
        };
        let hint_style = if model.message.is_some() { look.warning() } else { look.quiet() };
        // The end of what is typed is what one looks at.
        let skipped = width(&typed).saturating_sub(usize::from(room).saturating_sub(width(name) + 2));
        let tail: String = typed.chars().skip(skipped).collect();
        let line = Line::from(vec![
            Span::styled(name, Look::strong()),
            Span::raw(tail),
            Span::styled(" ", Look::chosen()),
            Span::styled(format!(" {hint}"), hint_style),
        ]);
        buffer.set_line(area.x + 1, area.y, &line, room);
        return;
    }
    if let Some(message) = &model.message {
        buffer.set_stringn(area.x + 1, area.y, fit(message, room.into()), room.into(), look.warning());
        return;
    }
    let mut keys = if model.what_if.is_some() { QUESTION_KEYS.to_vec() } else { TIMELINE_KEYS.to_vec() };
    if model.what_if.is_none() && !model.filter.shows_all() {
        keys.insert(0, ("Esc", "show all again"));
    }
    let mut spans = Vec::new();
    let mut taken = 0;
    for (key, does) in keys {
        taken += width(key) + width(does) + 3;
        if taken > usize::from(room) {
            break;
        }
        spans.push(Span::styled(key, Look::strong()));
        spans.push(Span::styled(format!(" {does}  "), look.quiet()));
    }
    buffer.set_line(area.x + 1, area.y, &Line::from(spans), room);
}

/// What is wanted, and how it is written.
fn wanted_words(wanted: Wanted) -> (&'static str, &'static str) {
    match wanted {
        Wanted::Change(_) => ("instead: ", phrase::SYNTAX),
        Wanted::Insert(_) => ("insert: ", phrase::SYNTAX),
        Wanted::Ask(_) => ("ask for: ", phrase::SYNTAX),
        Wanted::Move(_) => ("behind event: ", "a number, 0 for the beginning"),
        Wanted::Save => ("file: ", "its name"),
    }
}
