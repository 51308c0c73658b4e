//! The cart as it was: its lines and how the total comes about, its fields as a tree, or the State JSON.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tillroll_core::cart::rule::Rule;
use tillroll_core::cart::view::{DiscountView, LineView};
use tillroll_core::cart::{Cart, CartView};
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Pointer, diff};

use super::super::super::diff::in_words;
use super::super::super::output::{count, money, shown};
use super::super::super::state::{price_in_words, rule_in_words};
use super::super::fields::{self, Field};
use super::super::model::{Model, Pane, StateTab};
use super::look::Look;
use super::pane;
use super::text::{around, broken, left, right};

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
    let note =
        if model.at.refusal > 0 { format!("judged at {}", count(version)) } else { format!("at {}", count(version)) };
    let inner = pane::frame(buffer, area, &tabs, &note, model.focus == Pane::State, look);
    if let Some(broken_at) = model.recording.broken().filter(|broken| version >= broken.version) {
        let text = format!(
            "Event {} cannot be read, so nothing from it on is folded: {}. The state before it is known.",
            count(broken_at.version),
            shown(&broken_at.why)
        );
        let lines = broken(&text, inner.width.into()).into_iter().map(|line| Line::styled(line, look.bad()));
        return pane::lines(buffer, inner, lines);
    }
    let Some(view) = model.recording.view(version) else {
        return pane::lines(buffer, inner, [Line::styled("Nobody has opened it yet.", look.quiet())]);
    };
    match open {
        StateTab::Lines => draw_receipt(buffer, inner, model, &view, look),
        StateTab::Tree => draw_tree(buffer, inner, model, look),
        StateTab::Raw => {
            let text = serde_json::to_string_pretty(&view).unwrap_or_default();
            raw(buffer, inner, &text, model.state_scroll, look);
        }
    }
}

fn raw(buffer: &mut Buffer, area: Rect, text: &str, scroll: usize, look: Look) {
    let lines = text.lines().take(RAW_LINES_MAX).flat_map(|line| broken(&shown(line), area.width.into()));
    let lines: Vec<_> = lines.collect();
    let first = scroll.min(lines.len().saturating_sub(area.height.into()));
    pane::lines(buffer, area, lines.into_iter().skip(first).map(|line| Line::styled(line, look.plain())));
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

fn draw_receipt(buffer: &mut Buffer, area: Rect, model: &Model, view: &CartView, look: Look) {
    let root = Pointer::default();
    let changes = changed(model);
    let currency = view.currency.as_deref();
    let room = usize::from(area.width);
    let line_of = |pointer: &Pointer| marks(model, &changes, pointer, look);
    let mut below = vec![Line::styled("─".repeat(room), look.quiet())];
    let sum = |name: String, rule: String, amount: String, pointer: &Pointer, style: Style| {
        let [selected, touched] = line_of(pointer);
        let text = if rule.is_empty() { name } else { format!("{name}  {rule}") };
        let text = left(&text, room.saturating_sub(AMOUNT_WIDTH + 6));
        let amount = right(&amount, AMOUNT_WIDTH + 4);
        Line::from(vec![selected, touched, Span::styled(text, style), Span::styled(amount, style)])
    };
    let subtotal = money(view.subtotal_minor.get().into(), currency);
    if !view.discounts.is_empty() {
        below.push(sum("subtotal".into(), String::new(), subtotal, &root.under("subtotal_minor"), look.plain()));
    }
    for discount in &view.discounts {
        let amount = money(-i128::from(discount.amount_minor.get()), currency);
        let pointer = root.under("discounts").under(&discount.code);
        let rule = rule_in_words(&discount.rule, currency);
        below.push(sum(shown(&discount.code).into_owned(), rule, amount, &pointer, look.plain()));
    }
    let total = super::super::super::output::money_with_code(view.total_minor.get().into(), currency);
    below.push(sum("total".into(), String::new(), total, &root.under("total_minor"), look.strong()));
    if let Some(why) = derivation(model, view) {
        below.push(Line::styled(format!("  {why}"), look.quiet()));
    }
    let height = usize::from(area.height);
    let for_lines = height.saturating_sub(below.len() + 1).max(1);
    let (top, rest) =
        (Rect { height: 1, ..area }, Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area });
    let with_prices = room >= PRICE_WIDTH_MIN;
    pane::lines(buffer, top, [receipt_row("qty", "item", "price", "total", room, with_prices, look.quiet())]);
    let selected = view.lines.iter().position(|line| model.field == root.under("lines").under(&line.sku));
    let shown_lines = around(selected.unwrap_or(0), view.lines.len(), for_lines);
    let mut rows: Vec<Line<'_>> = Vec::new();
    for line in view.lines.get(shown_lines.clone()).unwrap_or_default() {
        let [selected, touched] = line_of(&root.under("lines").under(&line.sku));
        let mut row = receipt_row(
            &count(line.quantity.get()),
            &shown(&line.item_name),
            &line.price.map_or_else(|| "no price".to_owned(), |price| price_in_words(price, currency)),
            &money(line.total_minor.get().into(), currency),
            room,
            with_prices,
            look.plain(),
        );
        row.spans.splice(0..1, [selected, touched]);
        rows.push(row);
    }
    if view.lines.is_empty() {
        rows.push(Line::styled("  empty", look.quiet()));
    }
    let hidden = view.lines.len().saturating_sub(shown_lines.len());
    if hidden > 0
        && let Some(rule) = below.first_mut()
    {
        let text = left(&format!("── {} more, ↑↓ ", count(hidden as u64)), room).replace("  ", "──");
        *rule = Line::styled(text, look.quiet());
    }
    rows.extend(below);
    pane::lines(buffer, rest, rows);
}

fn receipt_row(
    quantity: &str,
    item: &str,
    price: &str,
    total: &str,
    room: usize,
    with_prices: bool,
    style: Style,
) -> Line<'static> {
    let price_width = if with_prices { AMOUNT_WIDTH + 2 } else { 0 };
    let item_width = room.saturating_sub(2 + 5 + 1 + price_width + AMOUNT_WIDTH);
    let mut spans = vec![
        Span::raw("  "),
        Span::styled(right(quantity, 5), style),
        Span::raw(" "),
        Span::styled(left(item, item_width), style),
    ];
    if with_prices {
        spans.push(Span::styled(right(price, price_width), style));
    }
    spans.push(Span::styled(right(total, AMOUNT_WIDTH), style));
    Line::from(spans)
}

/// How the amount of the selected field comes about.
fn derivation(model: &Model, view: &CartView) -> Option<String> {
    let currency = view.currency.as_deref();
    let amount = |minor: u64| money(minor.into(), currency);
    let segments: Vec<&str> = model.field.segments().iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["lines", sku, ..] => line_derivation(view.lines.iter().find(|line| line.sku == *sku)?, currency),
        ["discounts", code, ..] => {
            discount_derivation(view, view.discounts.iter().find(|discount| discount.code == *code)?)
        }
        ["subtotal_minor"] => {
            Some(format!("sum of {}", super::super::super::output::counted(view.lines.len() as u64, "line")))
        }
        ["total_minor" | "discount_minor"] if !view.discounts.is_empty() => Some(format!(
            "{} - {} = {}",
            amount(view.subtotal_minor.get()),
            amount(view.discount_minor.get()),
            amount(view.total_minor.get())
        )),
        ["total_minor"] => {
            Some(format!("sum of {}", super::super::super::output::counted(view.lines.len() as u64, "line")))
        }
        _ => None,
    }
}

fn line_derivation(line: &LineView, currency: Option<&str>) -> Option<String> {
    let price = line.price?;
    let (quantity, each) = (count(line.quantity.get()), money(price.minor.get().into(), currency));
    let total = money(line.total_minor.get().into(), currency);
    Some(match price.per.get() {
        1 => format!("{quantity} × {each} = {total}"),
        per => format!("{quantity} × {each} / {} = {total}, rounded half to even", count(per)),
    })
}

fn discount_derivation(view: &CartView, discount: &DiscountView) -> Option<String> {
    let currency = view.currency.as_deref();
    let least = discount.rule.min_subtotal();
    let amount = |minor: u64| money(minor.into(), currency);
    if view.subtotal_minor < least {
        return Some(format!("needs {}, has {}", amount(least.get()), amount(view.subtotal_minor.get())));
    }
    let earlier = view.discounts.iter().take_while(|earlier| earlier.code != discount.code);
    let taken: u64 = earlier.map(|earlier| earlier.amount_minor.get()).fold(0, u64::saturating_add);
    let left = view.subtotal_minor.get().saturating_sub(taken);
    let taken = amount(discount.amount_minor.get());
    match (&discount.rule, discount.rule.sku()) {
        (Rule::PercentOff { .. } | Rule::AmountOff { .. }, None) => {
            Some(format!("takes {taken} off the {} that the ones before it left", amount(left)))
        }
        (Rule::PercentOff { .. } | Rule::AmountOff { .. }, Some(sku)) => {
            Some(format!("takes {taken} off {}", shown(sku)))
        }
    }
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
        let name_style = if model.field == field.pointer { look.strong() } else { look.plain() };
        let value = value_in_words(field, model.currency());
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

fn value_in_words(field: &Field, currency: Option<&str>) -> String {
    let Some(value) = &field.value else { return String::new() };
    let segments: Vec<&str> = field.pointer.segments().iter().map(String::as_str).collect();
    in_words(&segments, &serde_json::to_value(value).unwrap_or_default(), currency)
}
