//! Whole screens, as somebody reads them. The expected ones lie in `screens/`; with `TILLROLL_SCREENS=write` they are
//! written anew, to be read before they are committed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::json;
use tillroll_host_lambda::timeline_file::{Hypothetical, HypotheticalMode, TimelineFile};

use super::super::keys::BINDINGS;
use super::super::model::{Action, Command, Link, Model, Source};
use super::super::tests::{CART, event, events, model, of_file, screen};
use super::super::whatif::Deed;

fn assert_screen(name: &str, model: &Model, width: u16, height: u16) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/timeline/view/screens").join(format!("{name}.txt"));
    let shown = screen(model, width, height);
    if std::env::var_os("TILLROLL_SCREENS").is_some_and(|wanted| wanted == "write") {
        fs::write(&path, &shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == expected, "{name} is\n{shown}\nand should be\n{expected}");
}

fn at(version: u64) -> Model {
    let mut model = model();
    model.update(Action::Slide(version));
    model
}

#[test]
fn a_wide_terminal_has_everything_side_by_side() {
    assert_screen("wide", &at(5), 150, 30);
}

#[test]
fn a_usual_terminal_has_state_over_inspector() {
    assert_screen("usual", &at(6), 80, 24);
}

#[test]
fn a_narrow_terminal_has_one_pane_at_a_time() {
    let mut model = at(4);
    assert_screen("narrow", &model, 60, 15);
    model.update(Action::Do(Command::NextPane));
    assert_screen("narrow-state", &model, 60, 15);
}

#[test]
fn a_refusal_stands_where_it_was_judged_and_says_why() {
    let mut model = at(1);
    model.update(Action::Do(Command::NextRefusal));
    assert_screen("refusal", &model, 150, 30);
}

#[test]
fn a_diff_has_money_first() {
    let mut model = at(2);
    model.update(Action::Do(Command::PinA));
    model.update(Action::Slide(7));
    model.update(Action::Do(Command::PinB));
    for _ in 0..3 {
        model.update(Action::Do(Command::Diff));
    }
    assert_screen("diff", &model, 150, 30);
}

#[test]
fn long_gaps_are_folded_on_an_axis_of_time_and_the_life_of_a_field_is_a_list() {
    let mut model = at(5);
    for command in [Command::Axis, Command::Life, Command::StateTab] {
        model.update(Action::Do(command));
    }
    assert_screen("time", &model, 150, 30);
}

#[test]
fn a_cart_without_events_says_so() {
    let source = Source::System("http://127.0.0.1:7070".to_owned());
    let model = Model::new(CART.parse().unwrap(), source, Link::Live, TimeZone::UTC, None);
    assert_screen("empty", &model, 80, 24);
}

#[test]
fn what_is_still_loading_says_how_much() {
    let source = Source::System("http://127.0.0.1:7070".to_owned());
    let link = Link::Loading { versions: 100_000 };
    let mut model = Model::new(CART.parse().unwrap(), source, link, TimeZone::UTC, None);
    model.update(Action::Arrived(events()));
    assert_screen("loading", &model, 80, 24);
}

#[test]
fn an_event_that_cannot_be_read_ends_the_fold_and_says_so() {
    let source = Source::File("cart.timeline.json".to_owned());
    let mut model = Model::new(CART.parse().unwrap(), source, Link::File, TimeZone::UTC, None);
    let mut events = events();
    events[5] = event(6, "2026-03-05T18:00:00Z", "ItemAdded", &json!({"item_name": 7}));
    model.update(Action::Arrived(events));
    model.update(Action::Slide(6));
    assert_screen("unreadable", &model, 120, 30);
}

#[test]
fn a_life_that_never_was_says_so_on_every_screen() {
    let of = |hypothetical| {
        let written = "2026-03-06T09:00:00Z".parse().unwrap();
        let file = TimelineFile { hypothetical, ..TimelineFile::new(CART.parse().unwrap(), written, events()) };
        of_file("fork.timeline.json", file, None)
    };
    let asked = Hypothetical { mode: HypotheticalMode::AsItIs, recorded_version: 9, edits: Vec::new() };
    for (model, says) in [(of(Some(asked)), true), (of(None), false)] {
        for (width, height) in [(150, 30), (80, 24), (60, 15)] {
            let shown = screen(&model, width, height);
            assert_eq!(shown.contains("HYPOTHETICAL"), says, "{shown}");
        }
    }
}

#[test]
fn a_connection_that_was_lost_says_since_when() {
    let mut model = at(9);
    let since = "2026-03-05T18:05:00Z".parse().unwrap();
    model.update(Action::Link(Link::Lost { since }));
    model.update(Action::Now(since.plus_ms(12_345)));
    assert_screen("lost", &model, 80, 24);
}

#[test]
fn the_sheet_shows_every_key_of_the_table() {
    let mut model = at(5);
    model.update(Action::Do(Command::Keys));
    assert_screen("keys", &model, 150, 30);
    let sheet = screen(&model, 150, 30);
    for binding in &BINDINGS {
        assert!(sheet.contains(binding.name) && sheet.contains(binding.does), "{}", binding.does);
    }
}

#[test]
fn a_question_stands_beside_what_was_and_says_that_nothing_is_written() {
    let mut model = at(3);
    model.update(Action::Do(Command::WhatIf));
    model.update(Action::Ask(Deed::Drop));
    model.update(Action::Ask(Deed::NextRefusal));
    assert_screen("question", &model, 150, 30);
    assert_screen("question-narrow", &model, 80, 24);
}

#[test]
fn the_palette_offers_what_can_be_done_here() {
    let mut model = at(3);
    model.update(Action::Do(Command::Palette));
    assert_screen("palette", &model, 80, 24);
}
