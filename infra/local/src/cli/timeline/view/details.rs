//! The inspector: the event itself, what it changed, the life of the selected field, what led to it and what it led to,
//! and how far it was delivered.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tillroll_core::cart::Cart;
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Change, Pointer, Value, diff};
use tillroll_host_lambda::record::EventRecord;

use super::super::super::diff::{in_words, named};
use super::super::super::output::{count, shown};
use super::super::clock::duration;
use super::super::fields;
use super::super::model::{Against, Model, Pane, Tab};
use super::super::recording::Refusal;
use super::look::Look;
use super::pane;
use super::text::{broken, fit, left, width, wrapped};

/// Lines that are made at most; an event has at most some thousands.
const LINES_MAX: usize = 20_000;
/// Events on each side that are searched for what belongs together.
const KIN_REACH: u64 = 500;
const NAME_WIDTH: usize = 13;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let names = [
        ("Event", Tab::Event),
        ("Diff", Tab::Diff),
        ("Life", Tab::Life),
        ("Causes", Tab::Causes),
        ("Delivery", Tab::Delivery),
    ];
    let tabs = names.map(|(name, tab)| (name, tab == model.tab));
    let inner = pane::frame(buffer, area, &tabs, "", model.focus == Pane::Inspector, look);
    let page = Page { model, look, room: inner.width.into() };
    let refusal = model.recording.refusal(model.at);
    let event = model.recording.event(model.at.version);
    let lines = match (model.tab, refusal, event) {
        (Tab::Life, _, Some(_)) => page.life(usize::from(inner.height)),
        (Tab::Event | Tab::Causes, Some(refusal), _) => page.refusal(refusal),
        (Tab::Diff, Some(_), _) if model.against == Against::Previous => {
            vec![page.quiet("It was refused, so it changed nothing.")]
        }
        (Tab::Delivery, Some(_), _) => vec![page.quiet("A refusal is no event: it is kept, and sent nowhere.")],
        (Tab::Diff, _, Some(_)) => page.diff(),
        (Tab::Event, None, Some(event)) => page.event(&event),
        (Tab::Causes, None, Some(event)) => page.causes(&event),
        (Tab::Delivery, None, Some(event)) => page.delivery(&event),
        (Tab::Event | Tab::Diff | Tab::Life | Tab::Causes | Tab::Delivery, _, None) => {
            vec![page.quiet("Nothing is here yet.")]
        }
    };
    let first = model.inspector_scroll.min(lines.len().saturating_sub(inner.height.into()));
    pane::lines(buffer, inner, lines.into_iter().skip(first));
}

/// What a tab is made of.
struct Page<'a> {
    model: &'a Model,
    look: Look,
    room: usize,
}

impl Page<'_> {
    fn quiet(&self, text: &str) -> Line<'static> {
        Line::styled(text.to_owned(), self.look.quiet())
    }

    /// A name and what it is, in as many lines as it takes.
    fn fact(&self, name: &str, value: &str, style: Style) -> Vec<Line<'static>> {
        let value = wrapped(value, self.room.saturating_sub(NAME_WIDTH));
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        let line = |(name, value): (&str, String)| {
            Line::from(vec![Span::styled(left(name, NAME_WIDTH), self.look.quiet()), Span::styled(value, style)])
        };
        names.zip(value).map(line).collect()
    }

    fn fact_if(&self, name: &str, value: Option<&str>) -> Vec<Line<'static>> {
        value.map(|value| self.fact(name, &shown(value), Look::plain())).unwrap_or_default()
    }

    fn person(&self, name: &str, value: Option<&str>) -> Vec<Line<'static>> {
        self.fact_if(name, value.map(|value| self.model.recording.persons.name(value)))
    }

    fn json(&self, value: &serde_json::Value) -> impl Iterator<Item = Line<'static>> {
        let value = self.model.recording.persons.value(value.clone());
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        let lines: Vec<String> =
            text.lines().take(LINES_MAX).flat_map(|line| broken(&shown(line), self.room)).collect();
        lines.into_iter().map(Line::from)
    }

    fn event(&self, event: &EventRecord) -> Vec<Line<'static>> {
        let noted = &event.circumstances;
        let plain = Look::plain();
        let mut lines = self.fact("type", &shown(&event.name), Look::strong());
        lines.extend(self.fact("version", &count(event.version), plain));
        if let Some(time) = noted.happened_at {
            lines.extend(self.fact("happened", &self.model.clock.full(time), plain));
        }
        if let Some(time) = noted.recorded_at.filter(|time| Some(*time) != noted.happened_at) {
            lines.extend(self.fact("recorded", &self.model.clock.full(time), plain));
        }
        if self.model.recording.is_out_of_order(event.version) {
            let text = "its time is before that of the event in front of it";
            lines.extend(self.fact("⇅", text, self.look.warning()));
        }
        lines.extend(self.person("actor", noted.actor.as_deref()));
        lines.extend(self.fact_if("source", noted.source.as_deref()));
        for note in self.model.recording.notes.iter().filter(|note| note.version == event.version) {
            let author = note.author.as_deref().map(|author| format!("{}: ", shown(author))).unwrap_or_default();
            lines.extend(self.fact("✎ note", &format!("{author}{}", shown(&note.text)), self.look.accent()));
        }
        if let Some(broken) = self.model.recording.broken().filter(|broken| broken.version == event.version) {
            lines.extend(self.fact("! unreadable", &shown(&broken.why), self.look.bad()));
        }
        lines.push(Line::default());
        lines.extend(self.json(&event.data));
        lines
    }

    fn refusal(&self, refusal: &Refusal) -> Vec<Line<'static>> {
        let plain = Look::plain();
        let mut lines = self.fact("refused", &shown(&refusal.name), self.look.bad());
        lines.extend(self.fact("why", &shown(&refusal.message), Look::strong()));
        lines.extend(self.fact("code", &shown(&refusal.code), plain));
        lines.extend(self.fact("judged at", &format!("version {}", count(refusal.version)), plain));
        if let Some(time) = refusal.time {
            lines.extend(self.fact("when", &self.model.clock.full(time), plain));
        }
        lines.extend(self.person("actor", refusal.actor.as_deref()));
        lines.extend(self.fact("command", &shown(&refusal.command_id), plain));
        lines.push(Line::default());
        lines.extend(self.json(&refusal.details));
        lines
    }

    fn diff(&self) -> Vec<Line<'static>> {
        let model = self.model;
        let (from, to) = model.compared_versions();
        let name = |version: u64| {
            let pin = model.pins.iter().zip(["A", "B"]).find(|(pin, _)| **pin == Some(version));
            pin.map_or_else(|| count(version), |(_, pin)| format!("{pin} ({})", count(version)))
        };
        let title = match model.against {
            Against::Previous => format!("what event {} changed", count(to)),
            Against::A | Against::Pins => format!("from {} to {}", name(from), name(to)),
        };
        let mut lines = vec![Line::styled(title, Look::strong())];
        let known = model.recording.moment(from).zip(model.recording.moment(to));
        let Some((before, after)) = known else {
            lines.push(Line::styled("An event before it cannot be read, so the state is not known.", self.look.bad()));
            return lines;
        };
        let (before, after) = (Cart::view(&before), Cart::view(&after));
        let (before, after) = (Cart::value(&before), Cart::value(&after));
        let mut changes = diff(&before, &after);
        changes.sort_by_key(|change| !is_money(&change.path));
        if changes.is_empty() {
            lines.push(self.quiet("nothing"));
        }
        lines.extend(changes.iter().take(LINES_MAX).flat_map(|change| self.change(change)));
        if model.pins[0].is_none() && model.against == Against::Previous {
            lines.push(Line::default());
            lines.push(self.quiet("[ pins A here; D then compares with it"));
        }
        lines
    }

    fn change(&self, change: &Change<'_>) -> [Line<'static>; 2] {
        let (from, to) = (self.value(&change.path, &change.from), self.value(&change.path, &change.to));
        let (sign, style) = match (&change.from, &change.to) {
            (Value::Null, _) => ("+", self.look.good()),
            (_, Value::Null) => ("-", self.look.bad()),
            _ => ("~", self.look.warning()),
        };
        let strength = if is_money(&change.path) { Look::strong() } else { Look::plain() };
        let values =
            if width(&from) + width(&to) + 7 <= self.room { format!("{from} → {to}") } else { format!("→ {to}") };
        [
            Line::from(vec![
                Span::styled(format!("{sign} "), style),
                Span::styled(fit(&fields::name(&change.path), self.room.saturating_sub(2)), strength),
            ]),
            Line::from(Span::styled(format!("    {}", fit(&values, self.room.saturating_sub(4))), strength)),
        ]
    }

    fn value(&self, path: &Pointer, value: &Value<'_>) -> String {
        let segments: Vec<&str> = path.segments().iter().map(String::as_str).collect();
        let value = serde_json::to_value(value).unwrap_or_default();
        let value = self.model.recording.persons.member(segments.last().unwrap_or(&""), value);
        in_words(&segments, &value, self.model.currency())
    }

    fn life(&self, height: usize) -> Vec<Line<'static>> {
        let model = self.model;
        let segments: Vec<&str> = model.field.segments().iter().map(String::as_str).collect();
        let life = &model.life;
        let mut lines = vec![Line::styled(fit(&named(&segments), self.room), Look::strong())];
        if life.turns.is_empty() {
            lines.push(self.quiet("Nothing ever set it."));
            return lines;
        }
        let numbers: Vec<u64> = life.turns.iter().filter_map(|turn| number(&turn.to)).collect();
        if numbers.len() > 1 && numbers.len() == life.turns.len() {
            lines.push(Line::styled(chart(&numbers, self.room), self.look.accent()));
        }
        let here = life.turns.partition_point(|turn| turn.version <= model.at.version).saturating_sub(1);
        let room = height.saturating_sub(lines.len() + 2).max(1);
        for place in super::text::around(here, life.turns.len(), room) {
            let Some(turn) = life.turns.get(place) else { continue };
            let is_here = place == here && turn.version <= model.at.version;
            let style = if is_here { Look::strong() } else { Look::plain() };
            let change = format!("{} → {}", self.value(&model.field, &turn.from), self.value(&model.field, &turn.to));
            let text = format!("{} {:>7}  {change}", if is_here { "▶" } else { " " }, count(turn.version));
            lines.push(Line::styled(fit(&text, self.room), style));
        }
        let is_whole = life.from <= 1 && life.to >= model.recording.newest();
        let of = if is_whole { String::new() } else { format!(" from {} to {}", count(life.from), count(life.to)) };
        let times = if life.turns.len() == 1 { "time" } else { "times" };
        lines.push(self.quiet(&format!("set {} {times}{of}; Shift+← → go there", count(life.turns.len() as u64))));
        lines
    }

    fn causes(&self, event: &EventRecord) -> Vec<Line<'static>> {
        let noted = &event.circumstances;
        let plain = Look::plain();
        let mut lines = Vec::new();
        match noted.command {
            Some(mark) => {
                lines.extend(self.fact("command", &mark.id.to_string(), plain));
                lines.extend(self.fact("its hash", &mark.hash.to_string(), plain));
            }
            None => lines.extend(self.fact("command", "none was noted", self.look.quiet())),
        }
        lines.extend(self.fact_if("correlation", noted.correlation_id.as_deref()));
        lines.extend(self.fact_if("causation", noted.causation_id.as_deref()));
        lines.extend(self.fact_if("trace", noted.traceparent.as_deref()));
        lines.extend(self.person("actor", noted.actor.as_deref()));
        lines.extend(self.fact_if("source", noted.source.as_deref()));
        lines.extend(self.fact_if("reducer", noted.reducer.as_deref()));
        lines.extend(self.fact("event id", &noted.event_id.to_string(), plain));
        lines.extend(self.fact("schema", &noted.schema_version.to_string(), plain));
        let kin: Vec<u64> =
            self.near(event.version).filter(|other| is_kin(event, other)).map(|other| other.version).collect();
        if !kin.is_empty() {
            let versions: Vec<String> = kin.into_iter().map(count).collect();
            lines.push(Line::default());
            lines.extend(self.fact("same cause", &versions.join(", "), plain));
        }
        lines
    }

    fn near(&self, version: u64) -> impl Iterator<Item = EventRecord> {
        let versions = version.saturating_sub(KIN_REACH)..=version.saturating_add(KIN_REACH);
        versions.filter(move |other| *other != version).filter_map(|version| self.model.recording.event(version))
    }

    fn delivery(&self, event: &EventRecord) -> Vec<Line<'static>> {
        if self.model.is_of_a_file() {
            return vec![self.quiet("A file does not know where its events were delivered.")];
        }
        let stages = match &self.model.receipt {
            Some((version, Ok(stages))) if *version == event.version && !stages.is_empty() => stages,
            Some((version, Err(why))) if *version == event.version => {
                let text = format!("{}; C asks again", shown(why));
                return wrapped(&text, self.room).into_iter().map(|line| Line::styled(line, self.look.bad())).collect();
            }
            _ => return vec![self.quiet("Asking…")],
        };
        let mut lines = Vec::new();
        let begin = stages.iter().find_map(|stage| stage.at);
        for stage in stages {
            let (sign, style) = match stage.state.as_str() {
                "done" => ("✓", self.look.good()),
                "pending" => ("◌", self.look.warning()),
                "missing" => ("✗", self.look.bad()),
                "parked" => ("‖", self.look.bad()),
                _ => ("·", self.look.quiet()),
            };
            let after = stage.at.zip(begin).map(|(at, begin)| at.unix_ms() - begin.unix_ms()).filter(|ms| *ms != 0);
            let after = after.map(|ms| format!("  +{}", duration(ms))).unwrap_or_default();
            lines.push(Line::from(vec![
                Span::styled(format!("{sign} "), style),
                Span::styled(shown(&stage.name).into_owned(), Look::strong()),
                Span::styled(format!("  {}", shown(&stage.state)), style),
                Span::styled(after, self.look.quiet()),
            ]));
            if let Some(at) = stage.at {
                lines.push(self.quiet(&format!("    {}", self.model.clock.full(at))));
            }
            if !stage.detail.is_empty() {
                let detail = wrapped(&shown(&stage.detail), self.room.saturating_sub(4));
                lines.extend(detail.into_iter().map(|line| self.quiet(&format!("    {line}"))));
            }
        }
        lines
    }
}

fn is_money(path: &Pointer) -> bool {
    matches!(path.segments(), [name] if name.ends_with("_minor"))
}

/// Events of one command, or of one story.
fn is_kin(event: &EventRecord, other: &EventRecord) -> bool {
    let (one, two) = (&event.circumstances, &other.circumstances);
    let same_command = one.command.is_some() && one.command.map(|mark| mark.id) == two.command.map(|mark| mark.id);
    let same_story = one.correlation_id.is_some() && one.correlation_id == two.correlation_id;
    same_command || same_story
}

fn number(value: &Value<'_>) -> Option<u64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Null => Some(0),
        Value::Text(_) | Value::List(_) | Value::Object(_) | Value::Keyed(_) => None,
    }
}

/// The newest numbers as bars.
fn chart(numbers: &[u64], room: usize) -> String {
    let highest = numbers.iter().copied().max().unwrap_or(0).max(1);
    let newest = numbers.get(numbers.len().saturating_sub(room)..).unwrap_or_default();
    let bar = |number: &u64| {
        let level = u128::from(*number) * 7 / u128::from(highest);
        usize::try_from(level).ok().and_then(|level| BARS.get(level)).copied().unwrap_or('█')
    };
    newest.iter().map(bar).collect()
}
