//! The document against the code: the router's addresses, what the strict readers know, the codes that are given.
//! That a running system answers as it says is for the tests of the whole (`tests/tests/it/openapi.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::CartEvent;

use super::*;
use crate::api::openapi::document;
use crate::api::openapi::problems::PROBLEMS;
use crate::api::openapi::shapes::refusals;
use crate::api::openapi::table::{Operation, PATHS, Verb, operations, template};
use crate::api::routes::{Method, Route};

/// Set to 1, the document is written instead of compared.
const WRITE: &str = "TILLROLL_WRITE_OPENAPI";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `/carts/{}/events`, with ids left open.
fn outline(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// An address that fits, with an id wherever there can be any.
fn address(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{version}" => "1".to_owned(),
        id if id.starts_with('{') => id_text(),
        word => word.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn id_text() -> String {
    id(0x7777_7777_7777_4777_8777_7777_7777_7777)
}

fn operation<'a>(document: &'a Value, operation: &Operation) -> &'a Value {
    &document["paths"][operation.path][operation.verb.word()]
}

/// Follows references, so that a schema can be looked into.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(document, document.pointer(reference.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

fn properties(document: &Value, schema: &Value) -> BTreeSet<String> {
    resolved(document, schema)["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_route_of_the_router_is_described_and_nothing_else() {
    let source = include_str!("../mod.rs");
    let patterns = source.lines().filter_map(|line| line.trim().strip_prefix('[')?.split_once("] => Self::"));
    let routed: BTreeSet<String> = patterns
        .map(|(pattern, _)| {
            let segment =
                |part: &str| part.trim().strip_prefix('"').map_or("{}", |word| word.trim_end_matches('"')).to_owned();
            pattern.split(',').fold(String::new(), |path, part| path + "/" + &segment(part))
        })
        .collect();
    // The router may leave a segment open that the document spells out.
    let fits = |path: &str, pattern: &str| {
        let (path, pattern) = (path.split('/'), pattern.split('/'));
        path.clone().count() == pattern.clone().count() && path.zip(pattern).all(|(is, may)| is == may || may == "{}")
    };
    let described: BTreeSet<String> = operations().map(|operation| outline(operation.path)).collect();
    for pattern in &routed {
        assert!(described.iter().any(|path| fits(path, pattern)), "the table of operations lacks {pattern}");
    }
    for path in operations().map(|operation| operation.path) {
        let route = Route::of(&address(path)).unwrap_or_else(|problem| panic!("{path}: {problem:?}"));
        let verbs = |method| operations().any(|op| op.path == path && op.verb == method);
        assert_eq!(
            (route.methods().contains(&Method::Get), route.methods().contains(&Method::Post)),
            (verbs(Verb::Get), verbs(Verb::Post)),
            "{path}"
        );
        assert_eq!(template(&address(path)), Some(path));
    }
    assert_eq!((template("/nowhere"), template("/carts/"), template("/carts/x/y")), (None, None, None));
}

#[tokio::test]
async fn the_parameters_of_every_query_are_those_that_are_read_within_their_bounds() {
    let (shop, document) = (shop_with(|settings| settings.catalogue = Some(catalogue())), document());
    for one in operations() {
        let ask = async |query: &str| {
            let asked = format!("{}?{query}", address(one.path));
            let method = one.verb.word().to_uppercase();
            let body = if operation(&document, one)["requestBody"].is_object() { "{}" } else { "" };
            let reply = shop.send(ApiRequest { method, ..posting(&asked, body) }).await;
            assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{} {query}: {}", one.id, reply.text);
            reply.json()["detail"].as_str().unwrap().to_owned()
        };
        let parameters = operation(&document, one)["parameters"].as_array().unwrap();
        let in_query: Vec<&Value> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
        let detail = ask("nonsense=1").await;
        let read = detail.strip_prefix("unknown parameter; this address takes ").unwrap();
        let read: BTreeSet<&str> = read.split(", ").filter(|name| *name != "none").collect();
        let written = in_query.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(read, written, "{}: left is what is read", one.id);
        for parameter in in_query.iter().filter(|parameter| parameter["schema"]["type"] == "integer") {
            let name = parameter["name"].as_str().unwrap();
            let (min, max) = (&parameter["schema"]["minimum"], &parameter["schema"]["maximum"]);
            // What an address needs is there, so that only this one is wrong.
            let needed = in_query.iter().filter(|other| other["required"] == true && other["name"] != name);
            let needed: Vec<_> = needed.map(|other| ["&", other["name"].as_str().unwrap(), "=1"].concat()).collect();
            let needed = needed.concat();
            let detail = ask(&format!("{name}=x{needed}")).await;
            assert_eq!(detail, format!("{name} must be a whole number from {min} to {max}"));
        }
    }
}

#[tokio::test]
async fn the_members_of_every_body_are_those_that_are_read() {
    let (shop, document) = (shop(), document());
    let cart = shop.open(7).await;
    let schemas = &document["components"]["schemas"];
    let commands = |command: Value| json!({ "commands": [command] });
    let to_cart = format!("/carts/{cart}/commands");
    let nonsense = json!({"nonsense": 1});
    let with_price = json!({"item_name": "milk", "price": nonsense});
    let with_rule = json!({"code": "X", "rule": nonsense});
    let rules = schemas["Rule"]["oneOf"].as_array().unwrap();
    let of_rules: BTreeSet<_> = rules.iter().flat_map(|rule| properties(&document, rule)).collect();
    let replays = ["ReplayEvents", "ReplayCarts", "ReplayBack"].map(|name| properties(&document, &schemas[name]));
    let of_replays = replays.into_iter().flatten().collect();
    let mut cases = vec![
        ("/carts".to_owned(), nonsense.clone(), properties(&document, &schemas["OpenCartRequest"])),
        ("/replays".to_owned(), nonsense.clone(), of_replays),
        (format!("/replays/{}/resume", id_text()), nonsense.clone(), properties(&document, &schemas["ResumeRequest"])),
        ("/verify".to_owned(), nonsense.clone(), properties(&document, &schemas["VerifyRequest"])),
        ("/dead-letters/redrive".to_owned(), nonsense.clone(), properties(&document, &schemas["RedriveRequest"])),
        (format!("/carts/{cart}/disclosures"), nonsense.clone(), properties(&document, &schemas["DisclosureRequest"])),
        (format!("/parked/{cart}/resume"), nonsense.clone(), properties(&document, &schemas["ResumeParkedRequest"])),
        (to_cart.clone(), nonsense.clone(), properties(&document, &schemas["CommandsRequest"])),
        (to_cart.clone(), commands(nonsense.clone()), properties(&document, &schemas["Command"]["oneOf"][0])),
        (to_cart.clone(), commands(sent(1, "AddItem", with_price)), properties(&document, &schemas["StatedPrice"])),
        (to_cart.clone(), commands(sent(1, "ApplyDiscount", with_rule)), of_rules),
    ];
    for (name, _) in tillroll_core::cart::CartRequest::SHAPES {
        let members = properties(&document, &schemas[name]);
        cases.push((to_cart.clone(), commands(sent(1, name, nonsense.clone())), members));
    }
    for (path, body, written) in cases {
        let reply = shop.post(&path, &body).await;
        assert_eq!(reply.problem(), (400, "unknown_field".to_owned()), "{body}");
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        let read = detail.rsplit_once("expected ").unwrap().1.trim_start_matches("one of ");
        let read: BTreeSet<String> = read.split(", ").map(str::to_owned).collect();
        assert_eq!(read, written, "{body}: left is what is read");
    }
    let reply = shop.post(&to_cart, &commands(json!({"command_id": id(1), "type": "Nonsense"}))).await;
    let names: BTreeSet<&str> = tillroll_core::cart::CartRequest::SHAPES.iter().map(|(name, _)| *name).collect();
    let each = schemas["Command"]["oneOf"].as_array().unwrap().iter();
    assert_eq!(each.map(|one| one["title"].as_str().unwrap()).collect::<BTreeSet<_>>(), names);
    assert_eq!(reply.problem().1, "unknown_command");
}

#[tokio::test]
async fn the_members_of_an_import_line_are_those_that_are_read() {
    let (shop, document) = (shop(), document());
    let schemas = &document["components"]["schemas"];
    for (line, schema) in [
        (json!({"nonsense": 1}), &schemas["ImportLine"]),
        (
            json!({"cart_id": id(7), "source": "x", "commands": [{"nonsense": 1}]}),
            &schemas["ImportCommand"]["oneOf"][0],
        ),
    ] {
        let sent = posting("/imports", line.to_string());
        let headers = vec![("content-type".to_owned(), "application/x-ndjson".to_owned())];
        let reply = shop.send(ApiRequest { headers, ..sent }).await;
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        let read = detail.strip_prefix("unknown member: expected one of ").unwrap();
        assert_eq!(read.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), properties(&document, schema));
    }
}

#[test]
fn every_refusal_is_described_with_its_details() {
    let document = document();
    let each = document["components"]["schemas"]["RefusedCommand"]["oneOf"].as_array().unwrap();
    let described: BTreeMap<&str, BTreeSet<String>> = each
        .iter()
        .map(|one| {
            let details = &one["properties"]["details"];
            let members = details["properties"].as_object().map(|members| members.keys().cloned().collect());
            (one["properties"]["code"]["const"].as_str().unwrap(), members.unwrap_or_default())
        })
        .collect();
    let given: BTreeMap<&str, BTreeSet<String>> = refusals::samples::all()
        .into_iter()
        .map(|(code, refusal)| {
            let details = serde_json::to_value(refusal).unwrap();
            (code, details.as_object().unwrap().keys().cloned().collect())
        })
        .collect();
    assert_eq!(described, given, "left: the document; right: core");
}

#[test]
fn every_event_is_described_with_its_members() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let cart = json!({"shopping_cart_uuid": id(7)});
    let rule = json!({"kind": "percent_off", "basis_points": 1, "sku": "x", "min_subtotal_minor": 1});
    for (name, data) in [
        ("CartOpened", json!({"currency": "EUR", "owner_ref": "o", "token_hash": "t"})),
        ("CartClaimed", json!({"owner_ref": "o"})),
        ("ItemAdded", json!({"item_name": "x", "sku": "x", "quantity": 1, "price": {"minor": 1, "per": 1}})),
        ("ItemQuantityChanged", json!({"sku": "x", "quantity": 1})),
        ("ItemRemoved", json!({"sku": "x"})),
        ("DiscountApplied", json!({"code": "x", "rule": rule})),
        ("DiscountRemoved", json!({"code": "x"})),
        ("CartClosed", json!({"reason": "checked_out"})),
    ] {
        let mut data = data;
        data.as_object_mut().unwrap().extend(cart.as_object().cloned().unwrap());
        let event = CartEvent::deserialize_data(name, &data).unwrap().unwrap();
        let stored = event.serialize_data(serde_json::value::Serializer).unwrap();
        let stored: BTreeSet<String> = stored.as_object().unwrap().keys().cloned().collect();
        assert_eq!(properties(&document, &schemas[name]), stored, "{name}");
        assert_eq!(stored.len(), data.as_object().unwrap().len(), "{name}: the sample has every member");
    }
}

#[test]
fn the_limits_are_those_that_guard_commands() {
    let document = document();
    let at = |pointer: &str| {
        let bounds = document.pointer(&format!("/components/schemas/{pointer}")).unwrap();
        (bounds["minimum"].as_u64().unwrap(), bounds["maximum"].as_u64().unwrap())
    };
    assert_eq!(at("AddItem/properties/quantity"), (1, 1_000_000));
    assert_eq!(at("ChangeQuantity/properties/quantity"), (1, 1_000_000));
    assert_eq!(at("StatedPrice/properties/minor"), (0, 9_007_199_254_740_991));
    assert_eq!(at("StatedPrice/properties/per"), (1, 1_000_000));
    assert_eq!(at("Rule/oneOf/0/properties/basis_points"), (1, 10_000));
    let commands = &document["components"]["schemas"]["CommandsRequest"]["properties"]["commands"];
    assert_eq!((&commands["minItems"], &commands["maxItems"]), (&json!(1), &json!(25)));
    assert_eq!(document["components"]["schemas"]["Text"]["maxLength"], 256);
}

/// `Problem::new(404, "not_found"` in production code, wherever it stands.
fn given_codes(text: &str) -> Vec<(u16, String)> {
    let production = text.split("#[cfg(test)]").next().unwrap_or(text);
    let starts = ["Problem::new(", "Self::new("].into_iter().flat_map(|start| production.split(start).skip(1));
    let read = |rest: &str| {
        let (status, rest) = rest.split_once(',')?;
        let code = rest.trim_start().strip_prefix('"')?.split_once('"')?.0;
        Some((status.trim().parse().ok()?, code.to_owned()))
    };
    starts.filter_map(read).collect()
}

#[test]
fn every_code_that_is_given_is_in_the_catalogue_and_the_other_way_round() {
    let mut folders = vec![root().join("host-lambda/src"), root().join("infra/local/src")];
    let mut given = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.extend((!path.ends_with("tests")).then_some(path));
            } else if path.extension().is_some_and(|end| end == "rs") {
                given.extend(given_codes(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    // A refusal that ends a request; its code comes from core.
    given.insert((409, "cart_already_open".to_owned()));
    let catalogue = PROBLEMS.iter().map(|known| (known.status, known.code.to_owned())).collect();
    assert_eq!(given, catalogue, "left: what the code gives; right: the catalogue");
}

#[test]
fn the_list_of_addresses_is_that_of_the_table() {
    let of_table: BTreeSet<&str> = operations().map(|operation| operation.path).collect();
    assert_eq!(of_table.into_iter().collect::<Vec<_>>(), PATHS);
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let file = root().join("docs/openapi.json");
    let generated = format!("{:#}\n", document());
    if std::env::var(WRITE).is_ok_and(|value| value == "1") {
        fs::write(&file, generated).unwrap();
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let same = committed == generated;
    assert!(same, "docs/openapi.json is not what the types say: run `cargo xtask openapi` and look at the difference");
}

#[tokio::test]
async fn the_document_is_served_and_whoever_has_it_is_told() {
    let shop = shop();
    let reply = shop.get("/openapi.json").await;
    assert_eq!((reply.status, reply.json()), (200, document()));
    let etag = reply.header("etag").unwrap().to_owned();
    let again = shop.send(request("GET", "/openapi.json").with("if-none-match", &etag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[test]
fn no_name_stands_for_two_shapes() {
    let (taken, answered) = crate::api::openapi::shapes_of_both_rules();
    for (name, shape) in &taken {
        assert!(answered.get(name).is_none_or(|other| other == shape), "{name} is taken and answered in two shapes");
    }
}
