//! Keys and mouse become actions.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::{Position, Rect};

use super::keys;
use super::model::{Action, Command, Model, Pane};
use super::view::layout::Layout;
use super::view::list;
use super::view::scale::Scale;
use super::whatif::Deed;

/// What somebody did, as actions on what is on the screen.
pub(super) fn actions(event: Event, model: &Model, area: Rect) -> Vec<Action> {
    match event {
        // Some terminals also tell when a key is let go.
        Event::Key(key) if key.kind != KeyEventKind::Release => key_action(key, model).into_iter().collect(),
        Event::Mouse(mouse) => mouse_action(mouse, model, area).into_iter().collect(),
        Event::Paste(text) if model.prompt.is_some() => text.chars().map(Action::Type).collect(),
        Event::Key(_) | Event::Paste(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost => Vec::new(),
    }
}

fn key_action(key: KeyEvent, model: &Model) -> Option<Action> {
    if model.prompt.is_none() {
        return match keys::action(key, model) {
            None if model.keys_from.is_some() && model.what_if.is_some() => Some(Action::Ask(Deed::Back)),
            None if model.keys_from.is_some() => Some(Action::Do(Command::Back)),
            action => action,
        };
    }
    // Single letters are text while something is typed.
    if let KeyCode::Char(char) = key.code {
        return match (char, key.modifiers.contains(KeyModifiers::CONTROL)) {
            ('c', true) => Some(Action::Do(Command::Quit)),
            ('u', true) => Some(Action::EraseAll),
            (_, true) => None,
            (_, false) if key.modifiers.contains(KeyModifiers::ALT) => None,
            (char, false) => Some(Action::Type(char)),
        };
    }
    let known = [
        (KeyCode::Backspace, Action::Erase),
        (KeyCode::Enter, Action::Enter),
        (KeyCode::Up, Action::Offer(-1)),
        (KeyCode::Down, Action::Offer(1)),
        (KeyCode::Esc, Action::Do(Command::Back)),
    ];
    known.into_iter().find(|(code, _)| *code == key.code).map(|(_, action)| action)
}

fn mouse_action(mouse: MouseEvent, model: &Model, area: Rect) -> Option<Action> {
    if model.what_if.is_some() {
        let turns = [(MouseEventKind::ScrollUp, Deed::Previous), (MouseEventKind::ScrollDown, Deed::Next)];
        return turns.into_iter().find(|(kind, _)| *kind == mouse.kind).map(|(_, deed)| Action::Ask(deed));
    }
    let layout = Layout::of(area, model.focus)?;
    let place = Position::new(mouse.column, mouse.row);
    let pane = layout.panes().find(|(_, area)| area.contains(place));
    let on = pane.map_or(Pane::List, |(pane, _)| pane);
    if mouse.kind == MouseEventKind::ScrollUp {
        return Some(Action::Scroll(on, -1));
    }
    if mouse.kind == MouseEventKind::ScrollDown {
        return Some(Action::Scroll(on, 1));
    }
    let is_pressed = mouse.kind == MouseEventKind::Down(MouseButton::Left);
    let is_dragged = mouse.kind == MouseEventKind::Drag(MouseButton::Left);
    if (is_pressed || is_dragged) && layout.band.contains(place) && !model.rows.is_empty() {
        let inner = layout.band.width - 2;
        let column = mouse.column.saturating_sub(layout.band.x + 1).min(inner.saturating_sub(1));
        return Some(Action::Slide(Scale::of(model, inner).version(column)));
    }
    match pane.filter(|_| is_pressed)? {
        (Pane::List, area) => {
            let row = mouse.row.checked_sub(area.y + 1)?;
            let nth = list::visible(model, area.height - 1).nth(row.into())?;
            model.rows.get(nth).copied().map(Action::Choose)
        }
        (pane, _) => Some(Action::Focus(pane)),
    }
}
