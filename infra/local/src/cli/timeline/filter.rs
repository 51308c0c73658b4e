//! Which events and refusals are shown: words that must all apply, each of which can be turned around with `-`.

use std::collections::BTreeSet;

use serde_json::Value;
use tillroll_core::timeline::{Pointer, life};

use super::recording::{Place, Recording, Told};

/// What the prompt says about itself.
pub(super) const SYNTAX: &str = "words, type:ItemAdded, actor:me, field:/total_minor, is:refused, is:unchanged, -not";

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// As it was typed.
    pub(super) text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    turned_around: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// In lower case, as all below.
    Type(String),
    Actor(String),
    Field(Pointer),
    Refused,
    Unchanged,
    Text(String),
}

impl Filter {
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.trim().to_owned(), terms: text.split_whitespace().filter_map(term).collect() }
    }

    pub(super) fn shows_all(&self) -> bool {
        self.terms.is_empty()
    }

    /// The places behind a version that are shown.
    pub(super) fn places_after(&self, recording: &Recording, version: u64) -> Vec<Place> {
        let places = recording.places_after(version);
        if self.shows_all() {
            return places.collect();
        }
        let turns = self.terms.iter().map(|term| match &term.what {
            What::Field(pointer) => {
                let turns = life(recording.timeline(), pointer, version.saturating_add(1)..=recording.newest());
                turns.into_iter().map(|turn| turn.version).collect()
            }
            What::Type(_) | What::Actor(_) | What::Refused | What::Unchanged | What::Text(_) => BTreeSet::new(),
        });
        let turns: Vec<BTreeSet<u64>> = turns.collect();
        let needs_words = self.terms.iter().any(|term| matches!(term.what, What::Unchanged | What::Text(_)));
        let shows = |place: Place, told: &Told| {
            let mut terms = self.terms.iter().zip(&turns);
            terms.all(|(term, turns)| term.applies(recording, place, told, turns) != term.turned_around)
        };
        if needs_words {
            let told = recording.told(recording.places_after(version));
            places.zip(told).filter(|(place, told)| shows(*place, told)).map(|(place, _)| place).collect()
        } else {
            places.filter(|place| shows(*place, &Told::default())).collect()
        }
    }
}

fn term(word: &str) -> Option<Term> {
    let (turned_around, word) = match word.strip_prefix('-') {
        Some(word) => (true, word),
        None => (false, word),
    };
    let lower = word.to_lowercase();
    let what = match lower.split_once(':') {
        Some(("type", name)) => What::Type(name.to_owned()),
        Some(("actor", actor)) => What::Actor(actor.to_owned()),
        Some(("field", _)) => match word.get("field:".len()..).and_then(|path| path.parse().ok()) {
            Some(pointer) => What::Field(pointer),
            None => What::Text(lower),
        },
        Some(("is", "refused")) => What::Refused,
        Some(("is", "unchanged")) => What::Unchanged,
        Some(_) | None => What::Text(lower),
    };
    (!word.is_empty()).then_some(Term { turned_around, what })
}

impl Term {
    fn applies(&self, recording: &Recording, place: Place, told: &Told, turns: &BTreeSet<u64>) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(part);
        let refusal = recording.refusal(place);
        let event = if refusal.is_some() { None } else { recording.event(place.version) };
        let event = event.as_ref();
        let name = refusal.map(|refusal| &refusal.name).or(event.map(|event| &event.name));
        let actor = match refusal {
            Some(refusal) => refusal.actor.as_deref(),
            None => event.and_then(|event| event.circumstances.actor.as_deref()),
        };
        match &self.what {
            What::Type(part) => name.is_some_and(|name| has(name, part)),
            What::Actor(part) => actor.is_some_and(|actor| has(actor, part)),
            What::Field(_) => refusal.is_none() && turns.contains(&place.version),
            What::Refused => refusal.is_some(),
            What::Unchanged => refusal.is_none() && !told.changed,
            What::Text(part) => {
                let details = refusal.map(|refusal| &refusal.details).or(event.map(|event| &event.data));
                let texts = [Some(told.text.as_str()), name.map(String::as_str), actor];
                texts.into_iter().flatten().any(|text| has(text, part))
                    || refusal.is_some_and(|refusal| has(&refusal.code, part))
                    || details.is_some_and(|details| has_text(details, part))
            }
        }
    }
}

/// Whether a text or number in the JSON has these letters.
fn has_text(value: &Value, part: &str) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => number.to_string().contains(part),
        Value::String(text) => text.to_lowercase().contains(part),
        Value::Array(values) => values.iter().any(|value| has_text(value, part)),
        Value::Object(members) => members.values().any(|value| has_text(value, part)),
    }
}
