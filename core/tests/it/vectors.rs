//! `tests/vectors`: one behaviour per file, input and expected output side by side, run by every host.
//!
//! * `decided/`: given, when, then, and the state after it, with its hash
//! * `refused/`: given, when, the refusal's code and details
//! * `wire/`: every stored shape ever released, and how today's build writes it where that differs (`again`)

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tillroll_core::aggregate::{Aggregate, Event, Head, Versioned};
use tillroll_core::cart::catalogue::Actor;
use tillroll_core::cart::{Cart, CartEvent, CartRefusal, CartRequest, CartView, Catalogue, Tariff, Terms};
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::recorded::{Circumstances, Recorded, Stored};

#[derive(Deserialize)]
struct Vector {
    given: Vec<Named>,
    tariff: NamedTariff,
    when: Asked,
    then: Option<Vec<Named>>,
    state: Option<Value>,
    refused: Option<Refused>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    data: Value,
    again: Option<Value>,
}

#[derive(Deserialize)]
struct Asked {
    r#type: String,
    data: Value,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    details: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum NamedTariff {
    AsGiven,
    History,
    Catalogue(Box<Catalogue>),
}

impl NamedTariff {
    fn terms(&self) -> Terms<'_> {
        let tariff = match self {
            Self::AsGiven => Tariff::AsGiven,
            Self::History => Tariff::History,
            Self::Catalogue(catalogue) => Tariff::Catalogue(catalogue),
        };
        Terms { tariff, actor: Actor::Trusted }
    }
}

impl Named {
    fn event(&self) -> CartEvent {
        CartEvent::deserialize_data(&self.name, &self.data).expect("data").expect("a known name")
    }
}

pub(crate) fn cart_id() -> StreamId {
    "00000000-0000-4000-8000-000000000001".parse().unwrap()
}

fn history(events: &[Named]) -> Versioned<Cart> {
    let mut cart = Versioned::new(cart_id());
    for (version, named) in (1..).zip(events) {
        let circumstances =
            Circumstances::bare(EventId::of(cart_id(), CommandId::new(uuid::Uuid::from_u128(version.into())), 0));
        let event = Stored::Known(named.event());
        cart.replay(&Recorded { stream: cart_id(), version, event, circumstances }).unwrap();
    }
    cart
}

fn decide(vector: &Vector, cart: &Versioned<Cart>) -> Result<Vec<CartEvent>, CartRefusal> {
    let request = CartRequest::deserialize_data(&vector.when.r#type, &vector.when.data);
    let command = request.expect("data").expect("a known request").check()?;
    let head = Head { stream: cart_id(), version: cart.head().version };
    cart.state().decide(head, &command, vector.tariff.terms())
}

pub(crate) fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no vectors in {}", folder.display());
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn decided_vectors() {
    for (path, text) in files("decided") {
        let vector: Vector = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let expected: Vec<CartEvent> = vector.then.as_deref().unwrap().iter().map(Named::event).collect();
        let decided = decide(&vector, &history(&vector.given));
        assert_eq!(decided.as_deref(), Ok(expected.as_slice()), "{}", path.display());

        let whole: Vec<Named> = vector.given.into_iter().chain(vector.then.unwrap()).collect();
        let view = serde_json::to_value(CartView::of(&history(&whole)).unwrap()).unwrap();
        assert_eq!(Some(view), vector.state, "{}", path.display());
    }
}

#[test]
fn refused_vectors() {
    for (path, text) in files("refused") {
        let vector: Vector = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let refusal = decide(&vector, &history(&vector.given)).expect_err(&path.display().to_string());
        let expected = vector.refused.unwrap();
        assert_eq!(refusal.code(), expected.code, "{}", path.display());
        assert_eq!(serde_json::to_value(&refusal).unwrap(), expected.details, "{}", path.display());
    }
}

#[test]
fn wire_vectors() {
    for (path, text) in files("wire") {
        let named: Named = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let event = named.event();
        let written = event.serialize_data(serde_json::value::Serializer).unwrap();
        assert_eq!(event.name(), named.name, "{}", path.display());
        assert_eq!(&written, named.again.as_ref().unwrap_or(&named.data), "{}", path.display());
    }
}
