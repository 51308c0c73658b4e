//! Which key does what. One table: it is read when a key is pressed, and drawn as the sheet that `?` shows.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::model::Command;

/// Keys that do one thing.
pub(super) struct Binding {
    pub(super) presses: &'static [Press],
    /// How the sheet names them.
    pub(super) name: &'static str,
    pub(super) does: &'static str,
    pub(super) command: Command,
}

/// A key with or without Shift or Control. A letter is the same with Caps Lock on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    Plain(KeyCode),
    Shift(KeyCode),
    Control(char),
}

use Press::{Control, Plain, Shift};

const fn key(char: char) -> Press {
    Plain(KeyCode::Char(char))
}

const fn bind(presses: &'static [Press], name: &'static str, does: &'static str, command: Command) -> Binding {
    Binding { presses, name, does, command }
}

/// The keys of the timeline, the same as in the browser, and below those what only a terminal needs.
pub(super) const BINDINGS: [Binding; 35] = [
    bind(&[Plain(KeyCode::Left)], "←", "one event back", Command::Previous),
    bind(&[Plain(KeyCode::Right)], "→", "one event on", Command::Next),
    bind(&[Shift(KeyCode::Left)], "Shift+←", "previous change of the field", Command::PreviousChange),
    bind(&[Shift(KeyCode::Right)], "Shift+→", "next change of the field", Command::NextChange),
    bind(&[Plain(KeyCode::Home)], "Home", "first event", Command::First),
    bind(&[Plain(KeyCode::End)], "End", "last event", Command::Last),
    bind(&[key(' ')], "Space", "play, pause", Command::Play),
    bind(&[key('<'), key(',')], "<", "play slower", Command::Slower),
    bind(&[key('>'), key('.')], ">", "play faster", Command::Faster),
    bind(&[key('r')], "R", "next refusal", Command::NextRefusal),
    bind(&[key('g')], "G", "go to a number or a time", Command::GoTo),
    bind(&[key('l')], "L", "follow live", Command::Follow),
    bind(&[key('[')], "[", "pin A here", Command::PinA),
    bind(&[key(']')], "]", "pin B here", Command::PinB),
    bind(&[key('d')], "D", "diff; again: with A, A with B", Command::Diff),
    bind(&[key('/')], "/", "filter", Command::Filter),
    bind(&[key('f')], "F", "fit the whole life", Command::Fit),
    bind(&[key('+'), key('=')], "+", "zoom in", Command::ZoomIn),
    bind(&[key('-')], "-", "zoom out", Command::ZoomOut),
    bind(&[key('x')], "X", "axis: by number, by time", Command::Axis),
    bind(&[key('t')], "T", "times: UTC, local, since the first", Command::Times),
    bind(&[Plain(KeyCode::Tab)], "Tab", "next pane", Command::NextPane),
    bind(&[Plain(KeyCode::BackTab), Shift(KeyCode::BackTab)], "Shift+Tab", "previous pane", Command::PreviousPane),
    bind(&[Plain(KeyCode::Up), key('k')], "↑", "up in the pane: event, field, text", Command::Up),
    bind(&[Plain(KeyCode::Down), key('j')], "↓", "down in the pane", Command::Down),
    bind(&[Plain(KeyCode::PageUp)], "PgUp", "a page up", Command::PageUp),
    bind(&[Plain(KeyCode::PageDown)], "PgDn", "a page down", Command::PageDown),
    bind(&[key('s')], "S", "state: lines, tree, raw", Command::StateTab),
    bind(&[key('i')], "I", "inspect: event, diff, life, causes, delivery", Command::InspectorTab),
    bind(&[key('h')], "H", "life of the field: what set it", Command::Life),
    bind(&[key('c')], "C", "delivery receipt, fetched again", Command::Receipt),
    bind(&[key('y')], "Y", "copy the command that opens this", Command::CopyLink),
    bind(&[key('?'), Plain(KeyCode::F(1))], "?", "all keys", Command::Keys),
    bind(&[Plain(KeyCode::Esc)], "Esc", "back", Command::Back),
    bind(&[key('q'), Control('c')], "q", "quit", Command::Quit),
];

/// What a key does while nothing is typed.
pub(super) fn command(event: KeyEvent) -> Option<Command> {
    let press = press(event)?;
    BINDINGS.iter().find(|binding| binding.presses.contains(&press)).map(|binding| binding.command)
}

fn press(event: KeyEvent) -> Option<Press> {
    let modifiers = event.modifiers;
    if modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META | KeyModifiers::HYPER) {
        return None;
    }
    if let KeyCode::Char(char) = event.code {
        let char = char.to_ascii_lowercase();
        return Some(if modifiers.contains(KeyModifiers::CONTROL) { Control(char) } else { key(char) });
    }
    Some(if modifiers.contains(KeyModifiers::SHIFT) { Shift(event.code) } else { Plain(event.code) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_key_and_every_key_does_one_thing() {
        let mut presses: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.presses).collect();
        let all = presses.len();
        presses.dedup();
        for (index, press) in presses.iter().enumerate() {
            assert!(!presses[..index].contains(press), "{press:?} is bound twice");
        }
        assert_eq!(presses.len(), all);
        let mut commands: Vec<_> = BINDINGS.iter().map(|binding| format!("{:?}", binding.command)).collect();
        commands.sort();
        commands.dedup();
        assert_eq!(commands.len(), BINDINGS.len(), "a command is bound twice");
    }

    #[test]
    fn the_keys_of_the_browser_do_the_same_here() {
        let promised = [
            (KeyCode::Left, KeyModifiers::NONE, Command::Previous),
            (KeyCode::Right, KeyModifiers::NONE, Command::Next),
            (KeyCode::Left, KeyModifiers::SHIFT, Command::PreviousChange),
            (KeyCode::Right, KeyModifiers::SHIFT, Command::NextChange),
            (KeyCode::Home, KeyModifiers::NONE, Command::First),
            (KeyCode::End, KeyModifiers::NONE, Command::Last),
            (KeyCode::Char(' '), KeyModifiers::NONE, Command::Play),
            (KeyCode::Char('['), KeyModifiers::NONE, Command::PinA),
            (KeyCode::Char(']'), KeyModifiers::NONE, Command::PinB),
            (KeyCode::Char('D'), KeyModifiers::SHIFT, Command::Diff),
            (KeyCode::Char('/'), KeyModifiers::NONE, Command::Filter),
            (KeyCode::Char('g'), KeyModifiers::NONE, Command::GoTo),
            (KeyCode::Char('F'), KeyModifiers::SHIFT, Command::Fit),
            (KeyCode::Char('+'), KeyModifiers::SHIFT, Command::ZoomIn),
            (KeyCode::Char('-'), KeyModifiers::NONE, Command::ZoomOut),
            (KeyCode::Char('L'), KeyModifiers::SHIFT, Command::Follow),
            (KeyCode::Char('R'), KeyModifiers::SHIFT, Command::NextRefusal),
            (KeyCode::Char('y'), KeyModifiers::NONE, Command::CopyLink),
            (KeyCode::Char('?'), KeyModifiers::SHIFT, Command::Keys),
            (KeyCode::Esc, KeyModifiers::NONE, Command::Back),
            (KeyCode::Char('q'), KeyModifiers::NONE, Command::Quit),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, Command::Quit),
        ];
        for (code, modifiers, expected) in promised {
            assert_eq!(command(KeyEvent::new(code, modifiers)), Some(expected), "{code:?}");
        }
        assert_eq!(command(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT)), None);
    }
}
