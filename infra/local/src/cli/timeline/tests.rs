//! The model by what is done to it, drawn and read: whatever is pressed, slider, list, state and inspector show one
//! moment.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use jiff::tz::TimeZone;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use serde_json::{Value, json};
use tillroll_core::id::StreamId;
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::timeline_file::TimelineFile;
use uuid::Uuid;

use super::super::output::count;
use super::keys::BINDINGS;
use super::model::{Action, Axis, Command, Effect, Link, Model, Source, Stage, Tab};
use super::recording::{Place, Refusal};
use super::view::layout::Layout;
use super::view::look::Look;
use super::view::scale::Scale;
use super::{input, told_by, view};

pub(super) const CART: &str = "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21";

pub(super) fn event(version: u64, time: &str, name: &str, data: &Value) -> EventRecord {
    let mut data = data.clone();
    data.as_object_mut().unwrap().insert("shopping_cart_uuid".to_owned(), json!(CART));
    let event = json!({
        "id": format!("00000000-0000-4000-8000-{version:012}"), "source": "tillroll:api",
        "type": format!("tillroll.cart.{name}"), "subject": CART, "sequence": version, "time": time,
        "actor": "till 7", "reducer": "73e4e42bd7f39517", "data": data,
    });
    EventRecord::from_json(event.to_string().as_bytes()).unwrap()
}

/// A cart that has everything: discounts, an event out of order, one that this build does not know, hostile names.
pub(super) fn events() -> Vec<EventRecord> {
    let milk = json!({"item_name": "Oat milk", "sku": "oat-milk", "quantity": 2, "price": {"minor": 199}});
    let bread = json!({"item_name": "Rye bread", "sku": "rye-bread", "quantity": 1, "price": {"minor": 320}});
    let evil =
        json!({"item_name": "牛乳\u{202e}\u{1b}[2J", "sku": "m", "quantity": 7, "price": {"minor": 1000, "per": 3}});
    let ten = json!({"code": "SAVE10", "rule": {"kind": "percent_off", "basis_points": 1000}});
    let told = [
        ("2026-03-02T09:14:00Z", "CartOpened", json!({"currency": "EUR"})),
        ("2026-03-02T09:14:20Z", "ItemAdded", milk),
        ("2026-03-02T09:14:41.250Z", "ItemAdded", bread),
        ("2026-03-02T09:15:02Z", "ItemQuantityChanged", json!({"sku": "oat-milk", "quantity": 3})),
        ("2026-03-02T09:15:30Z", "DiscountApplied", ten),
        ("2026-03-05T18:00:00Z", "ItemAdded", evil),
        ("2026-03-05T17:59:00Z", "ItemRemoved", json!({"sku": "rye-bread"})),
        ("2026-03-05T18:01:00Z", "ItemWeighed", json!({"grams": 12})),
        ("2026-03-05T18:02:00Z", "CartClosed", json!({"reason": "checked_out"})),
    ];
    (1..).zip(told).map(|(version, (time, name, data))| event(version, time, name, &data)).collect()
}

pub(super) fn refusals() -> Vec<Refusal> {
    let refusal = |version: u64, time: &str, name: &str, code: &str, message: &str| Refusal {
        time: Some(time.parse().unwrap()),
        command_id: "22222222-2222-4222-8222-222222222222".to_owned(),
        name: name.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
        details: json!({"code": "BIG"}),
        version,
        actor: Some("till 7".to_owned()),
    };
    vec![
        refusal(9, "2026-03-05T18:03:00Z", "AddItem", "cart_closed", "the cart is closed"),
        refusal(4, "2026-03-02T09:15:10Z", "ApplyDiscount", "discount_unknown", "there is no discount \"BIG\""),
    ]
}

pub(super) fn model() -> Model {
    let source = Source::System("http://127.0.0.1:7070".to_owned());
    let mut model = Model::new(CART.parse().unwrap(), source, Link::Live, TimeZone::UTC, None);
    model.update(Action::Arrived(events()));
    model.update(Action::Refused(refusals()));
    model
}

pub(super) fn of_file(name: &str, file: TimelineFile, at: Option<u64>) -> Model {
    let source = Source::File(name.to_owned());
    let mut model = Model::new(StreamId::new(Uuid::nil()), source, Link::Reading { bytes: 0 }, TimeZone::UTC, at);
    for action in told_by(file) {
        model.update(action);
    }
    model
}

pub(super) fn screen(model: &Model, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, model, Look { colour: false })).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..width {
            let symbol = buffer.cell((x, y)).unwrap().symbol();
            if covered == 0 {
                line.push_str(symbol);
                // The second cell of a wide character is not printed.
                covered = view::text::width(symbol).saturating_sub(1);
            } else {
                covered -= 1;
            }
        }
        text = text + line.trim_end() + "\n";
    }
    text
}

pub(super) fn press(model: &mut Model, keys: &[Command]) -> Option<Effect> {
    keys.iter().fold(None, |_, key| model.update(Action::Do(*key)))
}

/// Reads the screen and checks that all of it shows one moment.
pub(super) fn assert_one_moment(model: &Model) {
    let screen = screen(model, 160, 40);
    let version = model.at.version;
    if model.rows.is_empty() {
        return;
    }
    let newest = model.recording.newest();
    assert!(screen.contains(&format!("event {} of {}", count(version), count(newest))), "{screen}");
    if model.is_before {
        assert!(version == 0 && screen.contains("Nobody has opened it yet."), "{screen}");
        return;
    }
    assert!(model.row().is_ok(), "{:?} is no row of {:?}", model.at, model.rows);
    let marked: Vec<&str> = screen.lines().filter(|line| line.starts_with(" ▶")).collect();
    let row = marked.first().unwrap_or_else(|| panic!("no row is marked: {screen}"));
    let expected = if model.at.refusal > 0 { "×".to_owned() } else { count(version) };
    assert!(row.split_whitespace().take(3).any(|word| word == expected), "{row}");
    assert!(
        screen.contains(&format!("─ at {} ", count(version))) || screen.contains(&format!("━ at {} ", count(version))),
        "{screen}"
    );
    let inner = 158;
    let rail = screen.lines().nth(6).unwrap();
    let place = rail.chars().position(|char| char == '●').or_else(|| rail.chars().position(|char| "AB".contains(char)));
    let column = Scale::of(model, inner).column(version).unwrap_or_else(|| panic!("{version} is not on the band"));
    if !model.pins.contains(&Some(version)) {
        assert_eq!(place, Some(usize::from(column) + 1), "{rail}");
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    let commands: Vec<Command> = BINDINGS
        .iter()
        .map(|binding| binding.command)
        // What lies over the timeline hides it.
        .filter(|command| !matches!(command, Command::Quit | Command::Keys | Command::Palette | Command::WhatIf))
        .collect();
    prop_oneof![
        6 => proptest::sample::select(commands).prop_map(Action::Do),
        2 => (0_u64..15).prop_map(Action::Slide),
        1 => Just(Action::Beat),
        1 => proptest::sample::select(vec!['m', 'i', '4', '-', ':', '牛', '\u{1b}', ' ']).prop_map(Action::Type),
        1 => Just(Action::Enter),
        1 => (1_u64..12, 0_usize..3).prop_map(|(version, refusal)| Action::Choose(Place { version, refusal })),
        1 => proptest::sample::select(vec![true, false]).prop_map(|all| {
            Action::Refused(if all { refusals() } else { Vec::new() })
        }),
        1 => Just(Action::Arrived(vec![event(10, "2026-03-05T18:04:00Z", "CartClaimed", &json!({"owner_ref": "own_1"}))])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slider_list_and_state_agree_whatever_is_done(actions in proptest::collection::vec(any_action(), 1..24)) {
        let mut model = model();
        for action in actions {
            model.update(action);
            assert_one_moment(&model);
        }
    }
}

#[test]
fn it_begins_at_the_newest_event_and_goes_along_until_somebody_looks_back() {
    let mut model = model();
    assert_eq!((model.at, model.follows), (Place { version: 9, refusal: 1 }, true));
    let claimed = |version| event(version, "2026-03-05T18:04:00Z", "CartClaimed", &json!({"owner_ref": "own_1"}));
    model.update(Action::Arrived(vec![claimed(10)]));
    assert_eq!(model.at, Place::event(10));
    press(&mut model, &[Command::Previous]);
    model.update(Action::Arrived(vec![claimed(11)]));
    assert_eq!((model.at, model.follows), (Place { version: 9, refusal: 1 }, false));
    press(&mut model, &[Command::Follow]);
    assert_eq!((model.at, model.follows), (Place::event(11), true));
    // What does not follow is left out: an event twice, and one after a hole.
    model.update(Action::Arrived(vec![claimed(11), claimed(13)]));
    assert_eq!(model.recording.newest(), 11);
}

#[test]
fn it_begins_where_the_command_line_says_as_soon_as_that_is_there() {
    let source = Source::System(String::new());
    let mut model = Model::new(CART.parse().unwrap(), source, Link::Loading { versions: 9 }, TimeZone::UTC, Some(6));
    let (first, rest) = {
        let mut events = events();
        let rest = events.split_off(4);
        (events, rest)
    };
    model.update(Action::Arrived(first));
    model.update(Action::Arrived(rest));
    assert_eq!((model.at, model.follows), (Place::event(6), false));
}

#[test]
fn playing_ends_at_the_end_and_begins_again_at_the_first_event() {
    let mut model = model();
    press(&mut model, &[Command::Play]);
    assert_eq!((model.at.version, model.playing), (1, true));
    for _ in 0..20 {
        model.update(Action::Beat);
    }
    assert_eq!((model.at, model.playing), (Place { version: 9, refusal: 1 }, false));
}

#[test]
fn the_next_change_of_the_selected_field_is_found_both_ways() {
    let mut model = model();
    press(&mut model, &[Command::First]);
    model.field = "/lines/rye-bread".parse().unwrap();
    let mut found = Vec::new();
    for command in [Command::NextChange, Command::NextChange, Command::NextChange, Command::PreviousChange] {
        press(&mut model, &[command]);
        found.push(model.at.version);
    }
    assert_eq!(found, [3, 7, 7, 3]);
    press(&mut model, &[Command::PreviousChange]);
    assert_eq!(model.message.as_deref(), Some("no earlier change of rye-bread"));
}

#[test]
fn refusals_are_found_one_after_the_other_with_the_state_they_were_judged_on() {
    let mut model = model();
    press(&mut model, &[Command::First, Command::NextRefusal]);
    assert_eq!(model.at, Place { version: 4, refusal: 1 });
    let shown = screen(&model, 160, 40);
    assert!(shown.contains("ApplyDiscount refused: ") && shown.contains("there is no discount \"BIG\""), "{shown}");
    press(&mut model, &[Command::NextRefusal]);
    assert_eq!(model.at, Place { version: 9, refusal: 1 });
    press(&mut model, &[Command::NextRefusal]);
    assert_eq!(model.message.as_deref(), Some("no later refusal"));
}

#[test]
fn a_number_or_a_time_is_gone_to_and_events_of_one_moment_are_gone_to_together() {
    let mut model = model();
    let mut go = |text: &str| {
        model.update(Action::Do(Command::GoTo));
        for char in text.chars() {
            model.update(Action::Type(char));
        }
        model.update(Action::Enter);
        (model.at.version, model.message.clone())
    };
    for (text, version) in [
        ("4", 4),
        ("09:14:41", 3),
        ("09:14", 3),
        ("2026-03-02 09:15:29", 4),
        ("2026-03-03", 5),
        // Of two events of one time the later one: 7 says that it was before 6, and did not happen before it.
        ("2026-03-05T18:00:00Z", 7),
        ("+80s", 4),
    ] {
        assert_eq!(go(text), (version, None), "{text}");
    }
    assert_eq!(go("2026-03-01"), (1, Some("that is before the first event".to_owned())));
    assert_eq!(go("77"), (1, Some("the newest event is 9".to_owned())));
    assert!(go("soon").1.unwrap().starts_with("soon is no place on the timeline; write a number"));
}

#[test]
fn a_filter_hides_rows_and_esc_shows_them_again_and_the_position_stays_on_a_row() {
    let mut model = model();
    let all = model.rows.len();
    for (text, versions) in [
        ("type:item", vec![2, 3, 4, 6, 7, 8, 9]),
        ("rye", vec![3, 7]),
        ("took", vec![7]),
        ("is:refused", vec![4, 9]),
        ("is:unchanged", vec![8]),
        ("field:/discounts", vec![5, 6, 7]),
        ("actor:till -type:item -is:refused", vec![1, 5, 9]),
        ("nothing-like-it", vec![]),
    ] {
        press(&mut model, &[Command::Filter]);
        text.chars().for_each(|char| drop(model.update(Action::Type(char))));
        model.update(Action::Enter);
        let shown: Vec<u64> = model.rows.iter().map(|place| place.version).collect();
        assert_eq!(shown, versions, "{text}");
        assert!(model.rows.is_empty() || model.row().is_ok());
        press(&mut model, &[Command::Back]);
        assert_eq!(model.rows.len(), all);
    }
}

#[test]
fn pins_are_compared_with_each_other_and_with_the_position() {
    let mut model = model();
    model.update(Action::Slide(2));
    press(&mut model, &[Command::PinA]);
    model.update(Action::Slide(4));
    press(&mut model, &[Command::PinB]);
    model.update(Action::Slide(6));
    press(&mut model, &[Command::Diff]);
    assert_eq!(model.compared_versions(), (5, 6));
    press(&mut model, &[Command::Diff]);
    assert_eq!(model.compared_versions(), (2, 6));
    press(&mut model, &[Command::Diff]);
    assert_eq!(model.compared_versions(), (2, 4));
    assert!(screen(&model, 160, 40).contains("from A (2) to B (4)"));
    model.update(Action::Slide(2));
    press(&mut model, &[Command::PinA]);
    assert_eq!((model.pins[0], model.compared_versions()), (None, (1, 2)));
}

#[test]
fn a_receipt_is_asked_for_once_when_it_is_looked_at_and_never_of_a_file() {
    let mut model = model();
    model.update(Action::Slide(3));
    assert_eq!(press(&mut model, &[Command::Receipt]), Some(Effect::FetchReceipt(3)));
    assert_eq!(model.update(Action::Now(model.now)), None);
    let stage = Stage { name: "table".into(), state: "done".into(), at: None, detail: "\u{1b}[2J".into() };
    model.update(Action::Receipt { version: 3, stages: Ok(vec![stage]) });
    let shown = screen(&model, 160, 40);
    assert!(shown.contains("✓ table  done") && shown.contains("\\u{1b}[2J"), "{shown}");
    assert_eq!(press(&mut model, &[Command::Next]), Some(Effect::FetchReceipt(4)));
    model.update(Action::Receipt { version: 4, stages: Err("the system answered with status 500".into()) });
    assert!(screen(&model, 160, 40).contains("status 500"));
    model.source = Source::File("cart.json".to_owned());
    assert_eq!(press(&mut model, &[Command::Next]), None);
}

#[test]
fn the_copied_link_opens_the_same_in_the_browser_and_without_a_page_the_command_does() {
    let mut model = model();
    model.update(Action::Slide(3));
    let copied = |model: &mut Model, key| match press(model, &[key]) {
        Some(Effect::Copy(_, text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(copied(&mut model, Command::CopyLink), format!("tillroll timeline {CART} --at 3"));
    model.page = Some("http://127.0.0.1:7070".to_owned());
    press(&mut model, &[Command::PinA, Command::Next, Command::Next, Command::Axis]);
    let link = format!("http://127.0.0.1:7070/timeline/cart/{CART}?v=4&a=3");
    let refused = "&r=22222222-2222-4222-8222-222222222222&axis=time";
    assert_eq!(copied(&mut model, Command::CopyLink), link + refused);
    model.source = Source::File("my cart.json".to_owned());
    let command = "tillroll timeline --file 'my cart.json' --at 4";
    assert_eq!(copied(&mut model, Command::CopyInvocation), command);
}

#[test]
fn a_ticket_has_the_story_up_to_the_moment_with_what_was_refused() {
    let mut model = model();
    model.update(Action::Slide(5));
    let Some(Effect::Copy(_, text)) = press(&mut model, &[Command::Times, Command::Times, Command::CopyText]) else {
        panic!("nothing was copied");
    };
    let expected = format!(
        "\
Cart {CART}
tillroll timeline {CART} --at 5
Times are in UTC.

2026-03-02
  09:14:00  opened
  09:14:20  added 2 Oat milk (3.98)
  09:14:41  added 1 Rye bread (3.20)
  09:15:02  Oat milk: 3 instead of 2 (5.97)
  09:15:10  ApplyDiscount refused: there is no discount \"BIG\"
  09:15:30  discount SAVE10 (10 % off) applied: -0.92

At version 5 of 9 it is open with 4 pieces in 2 lines, total EUR 8.25."
    );
    assert_eq!(text, expected);
}

#[test]
fn the_palette_does_what_is_chosen_by_its_name() {
    let mut model = model();
    press(&mut model, &[Command::Palette]);
    for char in "refused next".chars() {
        model.update(Action::Type(char));
    }
    let shown = screen(&model, 100, 30);
    assert!(shown.contains("Next refused command") && !shown.contains("Zoom in"), "{shown}");
    press(&mut model, &[]);
    model.update(Action::Enter);
    assert_eq!((model.prompt.is_none(), model.message.as_deref()), (true, Some("no later refusal")));
    press(&mut model, &[Command::Palette]);
    model.update(Action::Offer(1));
    model.update(Action::Enter);
    assert_eq!(model.message, None, "the second one goes to the next event");
}

#[test]
fn letters_are_text_while_something_is_typed_and_the_mouse_finds_what_is_drawn() {
    let mut model = model();
    let area = Rect::new(0, 0, 160, 40);
    let key = |code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
    let mut act = |event: Event| {
        for action in input::actions(event, &model, area) {
            model.update(action);
        }
        (model.at, model.prompt.as_ref().map(|prompt| prompt.text.clone()))
    };
    act(key(KeyCode::Char('/')));
    assert_eq!(act(key(KeyCode::Char('q'))).1.as_deref(), Some("q"));
    assert_eq!(act(key(KeyCode::Esc)).1, None);
    let click = |x, y| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        Event::Mouse(MouseEvent { kind, column: x, row: y, modifiers: KeyModifiers::NONE })
    };
    let list = Layout::of(area, super::model::Pane::List).unwrap().list.unwrap();
    assert_eq!(act(click(list.x + 5, list.y + 3)).0, Place::event(3));
    assert_eq!(act(click(1, 6)).0, Place::event(1));
    assert_eq!(act(click(158, 6)).0, Place::event(9));
    assert_eq!(act(click(80, 6)).0, Place { version: 5, refusal: 0 });
}

#[test]
fn a_long_life_is_looked_at_row_by_row() {
    let opened = event(1, "2026-03-02T09:14:00Z", "CartOpened", &json!({"currency": "EUR"}));
    let item = |version: u64| {
        let data = json!({"item_name": "Tea", "sku": "tea", "quantity": 1, "price": {"minor": 100}});
        event(version, "2026-03-02T09:14:01Z", "ItemAdded", &data)
    };
    let mut model = Model::new(CART.parse().unwrap(), Source::File("x".into()), Link::File, TimeZone::UTC, None);
    model.update(Action::Arrived([opened].into_iter().chain((2..=3_000).map(item)).collect()));
    for axis in [Axis::Number, Axis::Time] {
        model.axis = axis;
        for version in [1, 2, 1_500, 2_999, 3_000] {
            model.update(Action::Slide(version));
            press(&mut model, &[Command::ZoomIn, Command::ZoomIn, Command::Life]);
            assert_one_moment(&model);
            press(&mut model, &[Command::Fit]);
            assert_one_moment(&model);
        }
    }
    assert_eq!(model.tab, Tab::Life);
}

#[test]
fn a_file_of_either_form_is_looked_at_with_what_stands_beside_its_events() {
    let file = TimelineFile::new(CART.parse().unwrap(), "2026-03-06T00:00:00Z".parse().unwrap(), events());
    for bytes in [file.to_json(), file.to_packed().unwrap()] {
        let file = TimelineFile::read(&bytes).unwrap();
        let mut model = of_file("a\u{1b}.json", file, Some(4));
        assert_eq!((model.at, model.follows), (Place::event(4), false));
        assert!(screen(&model, 100, 30).contains("▪ a\\u{1b}.json"));
        press(&mut model, &[Command::Follow]);
        assert!(model.message.as_deref().unwrap().starts_with("a file has no later events") && !model.follows);
    }
}

#[test]
fn nothing_is_told_by_colour_alone_and_no_text_drives_the_terminal() {
    let mut model = model();
    for version in 1..=9 {
        model.update(Action::Slide(version));
        let shown = screen(&model, 160, 40);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
    for size in [(160, 40), (80, 24), (60, 15), (40, 8), (10, 3), (1, 1)] {
        screen(&model, size.0, size.1);
        press(&mut model, &[Command::Keys]);
        screen(&model, size.0, size.1);
        press(&mut model, &[Command::Back]);
    }
}
