//! `tests/vectors` through the module: what the core says natively, it says here.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{CartEvent, CartRequest, Catalogue, Tariff};
use tillroll_core::id::StreamId;
use tillroll_reducers::Trust;

use crate::both::{Both, built, pack};

#[derive(Deserialize)]
struct Vector {
    given: Vec<Named>,
    tariff: NamedTariff,
    when: Asked,
    then: Option<Vec<Named>>,
    state: Option<Value>,
    refused: Option<Value>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    data: Value,
}

#[derive(Deserialize)]
struct Asked {
    r#type: String,
    data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum NamedTariff {
    AsGiven,
    History,
    Catalogue(Box<Catalogue>),
}

fn cart() -> StreamId {
    "00000000-0000-4000-8000-000000000001".parse().unwrap()
}

fn events(named: &[Named]) -> Vec<Result<CartEvent, String>> {
    let event = |named: &Named| CartEvent::deserialize_data(&named.name, &named.data).unwrap();
    named.iter().map(|named| event(named).ok_or_else(|| named.name.clone())).collect()
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no vectors in {}", folder.display());
    paths.into_iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_decision_and_refusal_of_the_vectors_is_the_modules_too() {
    let Some(built) = built() else { return };
    let mut both = Both::new(built, "decisions", Trust::Trusted);
    for (file, text) in files("decided").into_iter().chain(files("refused")) {
        let vector: Vector = serde_json::from_str(&text).unwrap();
        let request = CartRequest::deserialize_data(&vector.when.r#type, &vector.when.data).unwrap().unwrap();
        let tariff = match &vector.tariff {
            NamedTariff::AsGiven => Tariff::AsGiven,
            NamedTariff::History => Tariff::History,
            NamedTariff::Catalogue(catalogue) => Tariff::Catalogue(catalogue),
        };
        both.begin();
        both.fold(&pack(cart(), 0, &events(&vector.given)));
        let said = both.decide(tariff, &request);
        match (vector.then, vector.refused) {
            (Some(then), None) => {
                assert_eq!(said, json!(then.len()), "{file}");
                assert_eq!(Some(both.fold_decided(tariff, &request)), vector.state, "{file}");
            }
            (None, Some(refused)) => assert_eq!(said, refused, "{file}"),
            _ => panic!("{file}: decided or refused"),
        }
    }
    both.finish();
}

#[test]
fn every_history_of_the_vectors_folds_alike() {
    let Some(built) = built() else { return };
    let mut both = Both::new(built, "histories", Trust::Dropped);
    for (_, text) in files("wire") {
        let named: Named = serde_json::from_str(&text).unwrap();
        both.begin();
        both.fold(&pack(cart(), 0, &events(&[named])));
    }
    for (_, text) in files("timeline") {
        let vector: Value = serde_json::from_str(&text).unwrap();
        let given: Vec<Named> = serde_json::from_value(vector["given"].clone()).unwrap();
        both.begin();
        for (after, event) in (0..).zip(events(&given)) {
            both.fold(&pack(cart(), after, &[event]));
        }
    }
    for (_, text) in files("packed") {
        let vector: Value = serde_json::from_str(&text).unwrap();
        let digits: String = vector["bytes"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let byte = |place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
        // A page from the middle follows nothing that is here.
        if vector["after"] == 0 {
            both.begin();
            both.fold(&bytes);
        }
    }
    both.finish();
}
