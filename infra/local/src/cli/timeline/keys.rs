//! Which key does what. One table for each screen: it is read when a key is pressed, drawn as the sheet that `?` shows, and
//! searched by the palette. Order and words are those of the page in the browser; below those is what only a terminal
//! needs.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::model::{Action, Command, Model};
use super::whatif::Deed;

/// Keys that do one thing.
pub(super) struct Binding<C> {
    pub(super) presses: &'static [Press],
    /// How the sheet names them.
    pub(super) name: &'static str,
    pub(super) does: &'static str,
    pub(super) command: C,
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

const fn bind<C>(presses: &'static [Press], name: &'static str, does: &'static str, command: C) -> Binding<C> {
    Binding { presses, name, does, command }
}

/// The keys of the timeline.
pub(super) const BINDINGS: [Binding<Command>; 40] = [
    bind(&[Plain(KeyCode::Left)], "←", "Previous event", Command::Previous),
    bind(&[Plain(KeyCode::Right)], "→", "Next event", Command::Next),
    bind(&[Shift(KeyCode::Left)], "Shift+←", "Previous change of the picked field", Command::PreviousChange),
    bind(&[Shift(KeyCode::Right)], "Shift+→", "Next change of the picked field", Command::NextChange),
    bind(&[Plain(KeyCode::Home)], "Home", "Before the first event", Command::First),
    bind(&[Plain(KeyCode::End)], "End", "Last event", Command::Last),
    bind(&[key(' ')], "Space", "Play or pause", Command::Play),
    bind(&[key('[')], "[", "Pin A", Command::PinA),
    bind(&[key(']')], "]", "Pin B", Command::PinB),
    bind(&[key('d')], "D", "Diff; again: with A, A with B", Command::Diff),
    bind(&[key('/')], "/", "Filter", Command::Filter),
    bind(&[key('g')], "G", "Go to a number or a time", Command::GoTo),
    bind(&[key('r')], "R", "Next refused command", Command::NextRefusal),
    bind(&[key('f')], "F", "Show all of the band", Command::Fit),
    bind(&[key('+'), key('=')], "+", "Zoom in", Command::ZoomIn),
    bind(&[key('-')], "-", "Zoom out", Command::ZoomOut),
    bind(&[key('w')], "W", "What if, from here", Command::WhatIf),
    bind(&[key('l')], "L", "Follow live", Command::Follow),
    bind(&[key('y')], "Y", "Copy link", Command::CopyLink),
    bind(&[key('t')], "T", "Copy as text for a ticket", Command::CopyText),
    bind(&[Plain(KeyCode::Esc)], "Esc", "Back", Command::Back),
    bind(&[Control('k')], "Ctrl+K", "Commands", Command::Palette),
    bind(&[key('?'), Plain(KeyCode::F(1))], "?", "All keys", Command::Keys),
    bind(&[key('<'), key(',')], "<", "Play slower", Command::Slower),
    bind(&[key('>'), key('.')], ">", "Play faster", Command::Faster),
    bind(&[key('x')], "X", "Axis by number, by time", Command::Axis),
    bind(&[key('z')], "Z", "Times: UTC, local, since the first", Command::Times),
    bind(&[Plain(KeyCode::Tab)], "Tab", "Next pane", Command::NextPane),
    bind(&[Plain(KeyCode::BackTab), Shift(KeyCode::BackTab)], "Shift+Tab", "Previous pane", Command::PreviousPane),
    bind(&[Plain(KeyCode::Up), key('k')], "↑", "Up in the pane: event, field, text", Command::Up),
    bind(&[Plain(KeyCode::Down), key('j')], "↓", "Down in the pane", Command::Down),
    bind(&[Plain(KeyCode::PageUp)], "PgUp", "A page up", Command::PageUp),
    bind(&[Plain(KeyCode::PageDown)], "PgDn", "A page down", Command::PageDown),
    bind(&[key('s')], "S", "State: lines, tree, raw", Command::StateTab),
    bind(&[key('i')], "I", "Event, diff, life, causes, delivery", Command::InspectorTab),
    bind(&[key('h')], "H", "Life of the picked field", Command::Life),
    bind(&[key('c')], "C", "Delivery, asked anew", Command::Receipt),
    bind(&[key('p')], "P", "Personal data: masked, shown", Command::Persons),
    bind(&[key('o')], "O", "Copy the command that opens this", Command::CopyInvocation),
    bind(&[key('q'), Control('c')], "Q", "Quit", Command::Quit),
];

/// The keys of a question.
pub(super) const WHAT_IF: [Binding<Deed>; 22] = [
    bind(&[Plain(KeyCode::Left), Plain(KeyCode::Up)], "←", "Previous step", Deed::Previous),
    bind(&[Plain(KeyCode::Right), Plain(KeyCode::Down), key('j')], "→", "Next step", Deed::Next),
    bind(&[key('x')], "X", "Leave the event out", Deed::Drop),
    bind(&[key('c')], "C", "Change the event", Deed::Change),
    bind(&[key('m')], "M", "Move the event", Deed::Move),
    bind(&[key('i')], "I", "Insert an event behind it", Deed::Insert),
    bind(&[key('a')], "A", "Ask for something behind it", Deed::Ask),
    bind(&[key('k')], "K", "Nothing happened after it", Deed::Stop),
    bind(&[key('u')], "U", "Take the newest edit back", Deed::Undo),
    bind(&[key('s')], "S", "Fold as they are, or re-decide", Deed::Mode),
    bind(&[key('d')], "D", "First difference", Deed::Divergence),
    bind(&[key('r')], "R", "Next refused command", Deed::NextRefusal),
    bind(&[key('y')], "Y", "Copy link", Deed::CopyLink),
    bind(&[Plain(KeyCode::Esc)], "Esc", "Back to the timeline", Deed::Back),
    bind(&[Control('k')], "Ctrl+K", "Commands", Deed::Palette),
    bind(&[key('?'), Plain(KeyCode::F(1))], "?", "All keys", Deed::Keys),
    bind(&[key('w')], "W", "Save as a file", Deed::Save),
    bind(&[Plain(KeyCode::Home)], "Home", "First step", Deed::First),
    bind(&[Plain(KeyCode::End)], "End", "Last step", Deed::Last),
    bind(&[Plain(KeyCode::PageUp)], "PgUp", "A page up", Deed::PageUp),
    bind(&[Plain(KeyCode::PageDown)], "PgDn", "A page down", Deed::PageDown),
    bind(&[key('q'), Control('c')], "Q", "Quit", Deed::Quit),
];

/// A key of the screen that is open.
pub(super) struct Offer {
    pub(super) name: &'static str,
    pub(super) does: &'static str,
    pub(super) action: Action,
}

/// What the keys of the screen that is open do.
pub(super) fn offers(model: &Model) -> Vec<Offer> {
    fn all<C: Copy>(table: &'static [Binding<C>], action: fn(C) -> Action) -> Vec<Offer> {
        let offer = |it: &'static Binding<C>| Offer { name: it.name, does: it.does, action: action(it.command) };
        table.iter().map(offer).collect()
    }
    if model.what_if.is_some() { all(&WHAT_IF, Action::Ask) } else { all(&BINDINGS, Action::Do) }
}

/// Those whose words have all that was typed.
pub(super) fn sought(model: &Model, typed: &str) -> Vec<Offer> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let has = |offer: &Offer| {
        let text = format!("{} {}", offer.does, offer.name).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    offers(model).into_iter().filter(has).collect()
}

/// What a key does while nothing is typed.
pub(super) fn action(event: KeyEvent, model: &Model) -> Option<Action> {
    if model.what_if.is_some() { found(&WHAT_IF, event).map(Action::Ask) } else { command(event).map(Action::Do) }
}

fn command(event: KeyEvent) -> Option<Command> {
    found(&BINDINGS, event)
}

fn found<C: Copy>(table: &[Binding<C>], event: KeyEvent) -> Option<C> {
    let press = press(event)?;
    table.iter().find(|binding| binding.presses.contains(&press)).map(|binding| binding.command)
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
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn assert_each_does_one_thing<C: std::fmt::Debug>(table: &[Binding<C>]) {
        let presses: Vec<_> = table.iter().flat_map(|binding| binding.presses).collect();
        for (index, press) in presses.iter().enumerate() {
            assert!(!presses[..index].contains(press), "{press:?} is bound twice");
        }
        let mut commands: Vec<_> = table.iter().map(|binding| format!("{:?}", binding.command)).collect();
        commands.sort();
        commands.dedup();
        assert_eq!(commands.len(), table.len(), "a command is bound twice");
    }

    #[test]
    fn every_command_has_a_key_and_every_key_does_one_thing() {
        assert_each_does_one_thing(&BINDINGS);
        assert_each_does_one_thing(&WHAT_IF);
    }

    /// The code in a folder.
    fn code_in(folder: &Path) -> Vec<String> {
        let entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        let code =
            |path: &PathBuf| if path.is_dir() { code_in(path) } else { fs::read_to_string(path).into_iter().collect() };
        entries.iter().flat_map(code).collect()
    }

    /// The keys of a part of the page in the browser, in its order, each with what it does.
    fn keys_of_the_page(part: &str) -> Vec<(String, String)> {
        let begin = format!("useKeys('{part}', [");
        let code = code_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/timeline/src"));
        let keys = code.iter().find_map(|code| code.split_once(&begin)).map_or("", |(_, keys)| keys);
        let (keys, _) = keys.split_once("])").unwrap_or_default();
        let texts: Vec<&str> = keys.split('\'').collect();
        let after = |label: &str| -> Vec<String> {
            let both = texts.iter().zip(texts.iter().skip(1));
            both.filter(|(before, _)| before.trim_end().ends_with(label)).map(|(_, text)| (*text).to_owned()).collect()
        };
        after("key:").into_iter().zip(after("does:")).collect()
    }

    fn as_the_page_names_it(name: &str) -> String {
        let named = [("←", "ArrowLeft"), ("→", "ArrowRight"), ("Space", " "), ("Esc", "Escape"), ("Ctrl+K", "Ctrl+k")];
        let name = named.iter().fold(name.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs));
        if name.chars().count() == 1 { name.to_lowercase() } else { name }
    }

    #[test]
    fn the_sheet_has_the_order_and_the_words_of_the_page() {
        let ours =
            |name: &str, does: &str| (as_the_page_names_it(name), does.split(';').next().unwrap_or("").to_owned());
        let timeline: Vec<_> = BINDINGS.iter().map(|it| ours(it.name, it.does)).collect();
        let what_if: Vec<_> = WHAT_IF.iter().map(|it| ours(it.name, it.does)).collect();
        let everywhere = keys_of_the_page("Everywhere");
        for (ours, part) in [(timeline, "Timeline"), (what_if, "What if")] {
            let mut theirs = keys_of_the_page(part);
            assert!(theirs.len() > 10, "the keys of {part} were found");
            theirs.extend(everywhere.clone());
            for (place, (key, does)) in theirs.into_iter().enumerate() {
                // There are no carts to go back to here.
                let does = if does == "Back to the carts" { "Back".to_owned() } else { does };
                assert_eq!(ours.get(place), Some(&(key, does)), "{part}");
            }
        }
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
