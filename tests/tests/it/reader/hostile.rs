//! Pages that nobody should send: both readers judge them alike, and none takes more memory than its length warrants.

use proptest::prelude::*;
use tillroll_core::cart::CartEvent;
use tillroll_host_lambda::dynamodb::events_of_answer;
use tillroll_tests::canned::Answer;
use tillroll_tests::contracts::event_table::stream;

use super::{answer, both, history, in_a_runtime, item, items};

/// Bodies that are nearly right, each wrong in one way.
#[test]
fn what_is_unusual_in_a_page_is_judged_as_the_sdks_items_are() {
    let text = item(&history(stream(1))[3]).to_string();
    let cart = stream(1).to_string();
    let nested = |depth: usize| format!(r#"{}{{"N":"1"}}{}"#, r#"{"M":{"x":"#.repeat(depth), "}}".repeat(depth));
    let mut changed = Vec::new();
    for (from, to) in [
        (r#"{"N":"4"}"#, r#"{"N":"18446744073709551616"}"#),
        (r#"{"N":"4"}"#, r#"{"N":"4.0"}"#),
        (r#"{"N":"4"}"#, r#"{"N":"04"}"#),
        (r#"{"N":"4"}"#, r#"{"N":"-4"}"#),
        (r#"{"N":"4"}"#, r#"{"N":4}"#),
        (r#"{"N":"4"}"#, r#"{"S":"4"}"#),
        (r#"{"N":"4"}"#, r#"{"N":"4","S":"4"}"#),
        (r#"{"N":"4"}"#, r#"{"N":"4","S":null}"#),
        (r#"{"N":"4"}"#, r#"{"__type":"x","N":"4"}"#),
        (r#"{"N":"4"}"#, "null"),
        (r#"{"N":"4"}"#, "{}"),
        (r#"{"N":"4"}"#, r#"{"N":"4"},"Version":{"N":"5"}"#),
        (r#"{"N":"4"}"#, r#"{"N":"4"},"Version":{"N":"4"}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"N":"9007199254740992"}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"N":"99999999999999999999999999999999999999"}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"N":"1E400"}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"N":"1E2"}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"S":"1"}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"NULL":true}"#),
        (r#"{"N":"9007199254740991"}"#, r#"{"L":[]}"#),
        (r#"{"N":"9007199254740991"}"#, &nested(30)),
        (r#"{"N":"9007199254740991"}"#, &nested(200)),
        (r#"{"N":"9007199254740991"}"#, &nested(100_000)),
        (r#"{"NULL":true}"#, r#"{"NULL":false}"#),
        (r#"{"NULL":true}"#, r#"{"B":"AAA="}"#),
        (r#"{"NULL":true}"#, r#"{"B":"?"}"#),
        (r#"{"NULL":true}"#, r#"{"SS":["a","b"]}"#),
        (r#"{"NULL":true}"#, r#"{"NS":["1"]}"#),
        (r#"{"NULL":true}"#, r#"{"NEW":[{}]}"#),
        (r#"{"NULL":true}"#, &nested(31)),
        (r#"{"NULL":true}"#, &nested(60)),
        (r#"{"NULL":true}"#, &nested(64)),
        (r#"{"NULL":true}"#, &nested(100_000)),
        (r#"{"NULL":true}"#, r#"{"N":"-0"}"#),
        (r#"{"NULL":true}"#, r#"{"N":"1e9"}"#),
        (r#"{"NULL":true}"#, r#"{"N":"+1"}"#),
        (r#"{"NULL":true}"#, r#"{"N":" 1"}"#),
        (r#"{"NULL":true}"#, r#"{"N":"\u0031"}"#),
        (r#"{"M":{"minor""#, r#"{"M":{"$serde_json::private::RawValue":{"S":"1"},"minor""#),
        (r#"{"M":{"minor":{"N":"0"},"per":{"N":"3"}}}"#, r#"{"L":[{"N":"0"},{"N":"3"}]}"#),
        (r#"{"M":{"minor":{"N":"0"},"per":{"N":"3"}}}"#, r#"{"L":[{"N":"0"},{"N":"3"},{"N":"3"}]}"#),
        (r#""minor":{"N":"0"}"#, r#""minor":{"N":"0"},"minor":{"N":"1"}"#),
        (r#""minor":{"N":"0"}"#, r#""mi\u006eor":{"N":"0"}"#),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"S":"a\/b"}"#),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"S":"\ud83c\udf75"}"#),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"S":"\ud83c"}"#),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"S":"\udf75\ud83c"}"#),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"S":"\x"}"#),
        (r#""sku":{"S":"a/b"}"#, "\"sku\":{\"S\":\"a\tb\"}"),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"NULL":true}"#),
        (r#""sku":{"S":"a/b"}"#, r#""sku":{"M":{}}"#),
        (r#"{"S":"ItemAdded"}"#, r#"{"S":"ItemEaten"}"#),
        (r#"{"S":"ItemAdded"}"#, r#"{"S":"CartClosed"}"#),
        (r#"{"S":"ItemAdded"}"#, r#"{"N":"1"}"#),
        (cart.as_str(), "00000000-0000-0000-0000-000000000000"),
        (cart.as_str(), "00000000"),
        (r#""Data":"#, r#""Date":"#),
        (r#""EventUuid":"#, r#""EventUUID":"#),
        (r#""Name":"#, r#""Name":{"S":"CartOpened"},"Name":"#),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        changed.push(format!(r#"{{"Items":[{}]}}"#, text.replacen(from, to, 1)));
    }
    for whole in [
        "null".to_owned(),
        format!(r#"{{"Items":[{text}]}} x"#),
        format!(r#"{{"Items":[{text}],}}"#),
        format!(r#"{{"Items":[{text},]}}"#),
        format!(r#"{{"Items":[{text},null]}}"#),
        format!(r#"{{"Items":[{text}],"Items":[]}}"#),
        format!(r#"{{"Items":[{text}],"Items":[{text}]}}"#),
        format!(r#"{{"Items":[{text},{text}]}}"#),
        format!(r#"{{"Items":[{text}],"Count":"one"}}"#),
        format!(r#"{{"Items":[{text}],"Count":1.5}}"#),
        format!(r#"{{"Items":[{text}],"Count":99999999999}}"#),
        format!(r#"{{"Items":[{text}],"Count":null}}"#),
        format!(r#"{{"Items":[{text}],"LastEvaluatedKey":null}}"#),
        format!(r#"{{"Items":[{text}],"Extra":{}1{}}}"#, "[".repeat(400), "]".repeat(400)),
        format!(r#"{{"Items":[{text}],"Extra":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        r#"{"Items":null}"#.to_owned(),
        r#"{"Items":{}}"#.to_owned(),
        r#"{"Count":0}"#.to_owned(),
    ] {
        changed.push(whole);
    }
    let threads: Vec<_> = changed
        .into_iter()
        .map(|body| std::thread::spawn(move || drop(in_a_runtime(both(&[Answer::ok(body)], stream(1))))))
        .collect();
    for thread in threads {
        thread.join().expect("both readers come to the same");
    }
}

/// A page and what is done to its bytes.
fn mutated_page() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "0",
        "-",
        "1e9",
        "\\u",
        "\\ud83c",
        "\u{e9}",
        "\0",
        "{\"S\":\"",
        "{\"N\":\"",
        "{\"M\":{",
        "{\"L\":[",
        "{\"NULL\":true}",
        "{\"BOOL\":false}",
        "\"Version\":",
        "\"Data\":",
        "\"Name\":",
        "\"Items\":",
        "99999999999999999999",
    ];
    let change = prop_oneof![
        (any::<prop::sample::Index>(), 0..9_usize, prop::sample::select(pieces.to_vec()))
            .prop_map(|(at, cut, piece)| (at, cut, piece.as_bytes().to_vec())),
        (any::<prop::sample::Index>(), 0..3_usize, prop::collection::vec(any::<u8>(), 0..3)),
    ];
    (prop::sample::subsequence((0..11_usize).collect::<Vec<_>>(), 1..4), prop::collection::vec(change, 0..4)).prop_map(
        |(chosen, changes)| {
            let history = history(stream(1));
            let records: Vec<_> = chosen.into_iter().map(|index| history[index].clone()).collect();
            let mut page = answer(&items(&records)).into_bytes();
            for (at, cut, piece) in changes {
                let at = at.index(page.len());
                let end = (at + cut).min(page.len());
                page.splice(at..end, piece);
            }
            page
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_page_is_the_same_events_or_the_same_fault_to_both(page in mutated_page()) {
        drop(in_a_runtime(both(&[Answer::ok(page)], stream(1))));
    }

    #[test]
    fn any_bytes_are_the_same_to_both(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(in_a_runtime(both(&[Answer::ok(bytes)], stream(1))));
    }

    #[test]
    fn a_hostile_page_takes_no_more_memory_than_a_few_times_its_length(page in mutated_page(), times in 1..50_usize) {
        let body = page.repeat(times);
        let taken = allocation_counter::measure(|| drop(events_of_answer::<CartEvent>(&body, stream(1))));
        prop_assert!(taken.bytes_max <= 4 * body.len() as u64 + 4_096, "{} for {}", taken.bytes_max, body.len());
    }
}
