//! What is different between two values: a list of places, each with what was there and what is there now.
//!
//! Members that come and go are compared by key, not by place: a line that moved up because another one left is the same
//! line. A change of their order that nothing coming or going explains is a change of its own, at the place of the whole,
//! from the keys in their old order to the keys in their new one.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use serde::Serialize;

use super::value::{Pointer, Value};
use crate::index::Index;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change<'a> {
    /// Where.
    pub path: Pointer,
    /// What was there; null for a member that came.
    pub from: Value<'a>,
    /// What is there now; null for a member that went.
    pub to: Value<'a>,
}

/// Everything that is different, in the order of the values. Made to `from` in this order, the changes give `to`.
#[must_use]
pub fn diff<'a>(from: &Value<'a>, to: &Value<'a>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    compare(&Pointer::default(), from, to, &mut changes);
    changes
}

type Members<'a> = [(Cow<'a, str>, Value<'a>)];

fn compare<'a>(path: &Pointer, from: &Value<'a>, to: &Value<'a>, changes: &mut Vec<Change<'a>>) {
    match (from, to) {
        (Value::Object(before), Value::Object(after)) if same_names(before, after) => {
            for ((name, from), (_, to)) in before.iter().zip(after) {
                compare(&path.under(name), from, to, changes);
            }
        }
        (Value::Keyed(before), Value::Keyed(after)) => compare_keyed(path, before, after, changes),
        (from, to) if from == to => {}
        (from, to) => changes.push(Change { path: path.clone(), from: from.clone(), to: to.clone() }),
    }
}

fn same_names(before: &Members<'_>, after: &Members<'_>) -> bool {
    before.iter().map(|(name, _)| name).eq(after.iter().map(|(name, _)| name))
}

fn compare_keyed<'a>(path: &Pointer, before: &Members<'a>, after: &Members<'a>, changes: &mut Vec<Change<'a>>) {
    let now = Index::of(after.iter().map(|(key, _)| key.as_ref()));
    let then = Index::of(before.iter().map(|(key, _)| key.as_ref()));
    for (key, from) in before {
        match now.get(key).and_then(|place| after.get(place)) {
            Some((_, to)) => compare(&path.under(key), from, to, changes),
            None => changes.push(Change { path: path.under(key), from: from.clone(), to: Value::Null }),
        }
    }
    let came = || after.iter().filter(|(key, _)| then.get(key).is_none());
    for (key, to) in came() {
        changes.push(Change { path: path.under(key), from: Value::Null, to: to.clone() });
    }
    let stayed = before.iter().filter(|(key, _)| now.get(key).is_some());
    if !stayed.chain(came()).map(|(key, _)| key).eq(after.iter().map(|(key, _)| key)) {
        changes.push(Change { path: path.clone(), from: keys(before), to: keys(after) });
    }
}

fn keys<'a>(members: &Members<'a>) -> Value<'a> {
    Value::List(members.iter().map(|(key, _)| Value::Text(key.clone())).collect())
}
