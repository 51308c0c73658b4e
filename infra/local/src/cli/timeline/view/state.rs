//! The cart as it was: its lines and how the total comes about, its fields as a tree, or the State JSON.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tillroll_core::cart::view::LineView;
use tillroll_core::cart::{Cart, CartView};
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Pointer, diff};

use super::super::super::diff::in_words;
use super::super::super::output::{count, money, money_with_code, shown};
use super::super::super::state::{price_in_words, rule_in_words};
use super::super::fields::{self, Field};
use super::super::model::{Model, Pane, StateTab};
use super::derivation::derivation;
use super::look::Look;
use super::pane;
use super::text::{around, broken, left, right, width, wrapped};

/// Lines of raw text that are made at most; more is not read on a screen.
const RAW_LINES_MAX: usize = 20_000;
const AMOUNT_WIDTH: usize = 11;
/// A pane that is narrower shows no prices.
const PRICE_WIDTH_MIN: usize = 44;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let open = model.state_tab;
    let tabs = [
        ("Lines and total", open == StateTab::Lines),
        ("Tree", open == StateTab::Tree),
        ("Raw", open == StateTab::Raw),
    ];
    let version = model.at.version;
    let note = format!("at {}", count(version));
    let inner = pane::frame(buffer, area, &tabs, &note, model.focus == Pane::State, look);
    if let Some(broken_at) = model.recording.broken().filter(|broken| version >= broken.version) {
        let text = format!(
            "Event {} cannot be read, so nothing from it on is folded: {}. The state before it is known.",
            count(broken_at.version),
            shown(&broken_at.why)
        );
        let lines = wrapped(&text, inner.width.into()).into_iter().map(|line| Line::styled(line, look.bad()));
        return pane::lines(buffer, inner, lines);
    }
    let Some(view) = model.recording.view(version) else {
        return pane::lines(buffer, inner, [Line::styled("Nobody has opened it yet.", look.quiet())]);
    };
    match open {
        StateTab::Lines => {
            let receipt = Receipt { model, view: &view, changes: changed(model), room: usize::from(inner.width), look };
            receipt.draw(buffer, inner);
        }
        StateTab::Tree => draw_tree(buffer, inner, model, look),
        StateTab::Raw => {
            let text = serde_json::to_string_pretty(&model.recording.persons.view(view)).unwrap_or_default();
            raw(buffer, inner, &text, model.state_scroll);
        }
    }
}

fn raw(buffer: &mut Buffer, area: Rect, text: &str, scroll: usize) {
    let lines = text.lines().take(RAW_LINES_MAX).flat_map(|line| broken(&shown(line), area.width.into()));
    let lines: Vec<_> = lines.collect();
    let first = scroll.min(lines.len().saturating_sub(area.height.into()));
    pane::lines(buffer, area, lines.into_iter().skip(first).map(|line| Line::styled(line, Look::plain())));
}

/// What the event at a version changed.
fn changed(model: &Model) -> Vec<Pointer> {
    let version = model.at.version;
    let Some((before, after)) = version
        .checked_sub(1)
        .and_then(|before| Some((model.recording.moment(before)?, model.recording.moment(version)?)))
    else {
        return Vec::new();
    };
    if model.at.refusal > 0 {
        return Vec::new();
    }
    let (before, after) = (Cart::view(&before), Cart::view(&after));
    diff(&Cart::value(&before), &Cart::value(&after)).into_iter().map(|change| change.path).collect()
}

/// Whether one of the changes is at a place or below it, or the place came with one.
fn touches(changes: &[Pointer], place: &Pointer) -> bool {
    let place = place.segments();
    changes.iter().any(|change| change.segments().starts_with(place) || place.starts_with(change.segments()))
}

/// The marks in front of a row: selected, changed by this event.
fn marks(model: &Model, changes: &[Pointer], place: &Pointer, look: Look) -> [Span<'static>; 2] {
    let selected = if model.field == *place { "▸" } else { " " };
    let touched = if touches(changes, place) { "•" } else { " " };
    [Span::styled(selected, look.accent()), Span::styled(touched, look.warning())]
}

/// The cart as a till writes it.
struct Receipt<'a> {
    model: &'a Model,
    view: &'a CartView,
    changes: Vec<Pointer>,
    room: usize,
    look: Look,
}

impl Receipt<'_> {
    fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let head = receipt_row(["qty", "item", "price", "total"], self.room, self.look.quiet());
        pane::lines(buffer, area, [head]);
        let sums = self.sums();
        let rows_max = usize::from(area.height).saturating_sub(sums.len() + 2).max(1);
        let lines = &self.view.lines;
        let selected = lines.iter().position(|line| self.model.field == line_pointer(&line.sku)).unwrap_or(0);
        let range = around(selected, lines.len(), rows_max);
        let mut rows: Vec<Line<'_>> = lines.get(range).unwrap_or_default().iter().map(|line| self.line(line)).collect();
        if lines.is_empty() {
            rows.push(Line::styled("  empty", self.look.quiet()));
        }
        let hidden = lines.len().saturating_sub(rows_max) as u64;
        let more = if hidden > 0 { format!("── {} more, ↑↓ ", count(hidden)) } else { String::new() };
        rows.push(Line::styled(more.clone() + &"─".repeat(self.room.saturating_sub(width(&more))), self.look.quiet()));
        rows.extend(sums);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        pane::lines(buffer, below, rows);
    }

    fn line(&self, line: &LineView) -> Line<'static> {
        let currency = self.view.currency.as_deref();
        let price = line.price.map_or_else(|| "no price".to_owned(), |price| price_in_words(price, currency));
        let total = money(line.total_minor.get().into(), currency);
        let (quantity, name) = (count(line.quantity.get()), shown(&line.item_name));
        let mut row = receipt_row([&quantity, &name, &price, &total], self.room, Look::plain());
        row.spans.splice(0..1, marks(self.model, &self.changes, &line_pointer(&line.sku), self.look));
        row
    }

    /// How the total comes about.
    fn sums(&self) -> Vec<Line<'static>> {
        let (view, root, currency) = (self.view, Pointer::default(), self.view.currency.as_deref());
        let mut sums = Vec::new();
        if !view.discounts.is_empty() {
            let subtotal = money(view.subtotal_minor.get().into(), currency);
            sums.push(self.sum("subtotal", &subtotal, &root.under("subtotal_minor"), Look::plain()));
        }
        for discount in &view.discounts {
            let amount = money(-i128::from(discount.amount_minor.get()), currency);
            let name = format!("{}  {}", shown(&discount.code), rule_in_words(&discount.rule, currency));
            sums.push(self.sum(&name, &amount, &root.under("discounts").under(&discount.code), Look::plain()));
        }
        let total = money_with_code(view.total_minor.get().into(), currency);
        sums.push(self.sum("total", &total, &root.under("total_minor"), Look::strong()));
        let why = derivation(&self.model.field, view);
        sums.extend(why.map(|why| Line::styled(format!("  {why}"), self.look.quiet())));
        sums
    }

    fn sum(&self, name: &str, amount: &str, pointer: &Pointer, style: Style) -> Line<'static> {
        let [selected, touched] = marks(self.model, &self.changes, pointer, self.look);
        let amount_width = AMOUNT_WIDTH + 4;
        let name = left(name, self.room.saturating_sub(amount_width + 2));
        Line::from(vec![selected, touched, Span::styled(name, style), Span::styled(right(amount, amount_width), style)])
    }
}

fn line_pointer(sku: &str) -> Pointer {
    Pointer::default().under("lines").under(sku)
}

/// Quantity, item, price and total. Where it is narrow, prices are left out.
fn receipt_row([quantity, item, price, total]: [&str; 4], room: usize, style: Style) -> Line<'static> {
    let price_width = if room >= PRICE_WIDTH_MIN { AMOUNT_WIDTH + 2 } else { 0 };
    let item_width = room.saturating_sub(2 + 5 + 1 + price_width + AMOUNT_WIDTH);
    let cells = [
        "  ".to_owned(),
        right(quantity, 5),
        " ".to_owned(),
        left(item, item_width),
        right(price, price_width),
        right(total, AMOUNT_WIDTH),
    ];
    Line::from(cells.map(|cell| Span::styled(cell, style)).to_vec())
}

fn draw_tree(buffer: &mut Buffer, area: Rect, model: &Model, look: Look) {
    let fields = fields::tree(&model.recording, model.at.version);
    let changes = changed(model);
    let selected = fields.iter().position(|field| field.pointer == model.field).unwrap_or(0);
    let range = around(selected, fields.len(), area.height.into());
    let rows = fields.get(range).unwrap_or_default().iter();
    let lines = rows.map(|field| {
        let [selected, touched] = marks(model, &changes, &field.pointer, look);
        let indent = "  ".repeat(field.depth);
        let name =
            if field.value.is_some() { format!("{}: ", shown(&field.name)) } else { shown(&field.name).into_owned() };
        let name_style = if model.field == field.pointer { Look::strong() } else { Look::plain() };
        let value = value_in_words(field, model);
        Line::from(vec![
            selected,
            touched,
            Span::raw(" "),
            Span::raw(indent),
            Span::styled(name, name_style),
            Span::styled(value, look.accent()),
        ])
    });
    pane::lines(buffer, area, lines);
}

fn value_in_words(field: &Field, model: &Model) -> String {
    let Some(value) = &field.value else { return String::new() };
    let segments: Vec<&str> = field.pointer.segments().iter().map(String::as_str).collect();
    let value = serde_json::to_value(value).unwrap_or_default();
    let value = model.recording.persons.member(segments.last().unwrap_or(&""), value);
    in_words(&segments, &value, model.currency())
}
