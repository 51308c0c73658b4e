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
        return match keys::command(key) {
            Some(command) => Some(Action::Do(command)),
            None if model.shows_keys => Some(Action::Do(Command::Back)),
            None => None,
        };
    }
    // Single letters are text while something is typed.
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Action::Do(Command::Quit)),
        KeyCode::Char(_) if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => None,
        KeyCode::Char(char) => Some(Action::Type(char)),
        KeyCode::Backspace => Some(Action::Erase),
        KeyCode::Enter => Some(Action::Enter),
        KeyCode::Esc => Some(Action::Do(Command::Back)),
        _ => None,
    }
}

fn mouse_action(mouse: MouseEvent, model: &Model, area: Rect) -> Option<Action> {
    let layout = Layout::of(area, model.focus)?;
    let place = Position::new(mouse.column, mouse.row);
    let pane = layout.panes().find(|(_, area)| area.contains(place));
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left)
            if layout.band.contains(place) && !model.rows.is_empty() =>
        {
            let inner = layout.band.width - 2;
            let column = mouse.column.saturating_sub(layout.band.x + 1).min(inner.saturating_sub(1));
            Some(Action::Slide(Scale::of(model, inner).version(column)))
        }
        MouseEventKind::Down(MouseButton::Left) => match pane? {
            (Pane::List, area) => {
                let row = mouse.row.checked_sub(area.y + 1)?;
                let nth = list::visible(model, area.height - 1).nth(row.into())?;
                model.rows.get(nth).copied().map(Action::Choose)
            }
            (pane, _) => Some(Action::Focus(pane)),
        },
        MouseEventKind::ScrollUp => Some(Action::Scroll(pane.map_or(Pane::List, |(pane, _)| pane), -1)),
        MouseEventKind::ScrollDown => Some(Action::Scroll(pane.map_or(Pane::List, |(pane, _)| pane), 1)),
        _ => None,
    }
}
