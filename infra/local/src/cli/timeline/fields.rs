//! The fields of a state: which can be selected, and what they are called.

use tillroll_core::cart::Cart;
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Pointer, Value};

use super::super::diff;
use super::model::StateTab;
use super::recording::Recording;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) pointer: Pointer,
    pub(super) depth: usize,
    pub(super) name: String,
    /// None for what has members.
    pub(super) value: Option<Value<'static>>,
}

/// A field as people call it.
pub(super) fn name(field: &Pointer) -> String {
    let segments: Vec<_> = field.segments().iter().map(String::as_str).collect();
    diff::named(&segments)
}

/// What can be selected in a state, from the top.
pub(super) fn selectable(recording: &Recording, version: u64, tab: StateTab) -> Vec<Pointer> {
    match tab {
        StateTab::Tree => tree(recording, version).into_iter().map(|field| field.pointer).collect(),
        StateTab::Lines | StateTab::Raw => receipt(recording, version),
    }
}

/// The lines, and how the total comes about.
fn receipt(recording: &Recording, version: u64) -> Vec<Pointer> {
    let Some(view) = recording.view(version) else { return Vec::new() };
    let root = Pointer::default();
    let (lines, discounts) = (root.under("lines"), root.under("discounts"));
    let lines = view.lines.iter().map(|line| lines.under(&line.sku));
    let discounts = view.discounts.iter().map(|discount| discounts.under(&discount.code));
    let all = lines.chain([root.under("subtotal_minor")]).chain(discounts);
    all.chain([root.under("total_minor")]).collect()
}

/// Every field of a state, parents before their members.
pub(super) fn tree(recording: &Recording, version: u64) -> Vec<Field> {
    let Some(moment) = recording.moment(version) else { return Vec::new() };
    let view = Cart::view(&moment);
    let mut fields = Vec::new();
    below(&Pointer::default(), 0, &Cart::value(&view), &mut fields);
    fields
}

fn below(parent: &Pointer, depth: usize, value: &Value<'_>, fields: &mut Vec<Field>) {
    let (Value::Object(members) | Value::Keyed(members)) = value else { return };
    for (name, member) in members {
        let pointer = parent.under(name);
        let has_members = matches!(member, Value::Object(_) | Value::Keyed(_));
        let value = (!has_members).then(|| member.clone().into_owned());
        fields.push(Field { pointer: pointer.clone(), depth, name: name.clone().into_owned(), value });
        below(&pointer, depth + 1, member, fields);
    }
}
