//! The Terraform, applied to a stand-in of AWS with the real programs in the zips, and the founding text's story through
//! the API: open, add, close, read back; captured, on the bus, in the archive; replayed, and replayed again at once.
//!
//! What the stand-in does not model is tested elsewhere: partial failures and bisecting of stream batches, tokens at the
//! gateway, rights. It takes policies and does not ask them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_tests::ministack::Ministack;
use tillroll_tests::terraform::Terraform;
use uuid::Uuid;

use super::root;

/// Each function of the description.
const FUNCTIONS: [&str; 8] = ["command", "operate", "publish", "archive", "replay", "project", "remind", "sweep"];
/// Far longer than a stage takes; the stand-in polls every second and shares the machine.
const PATIENCE: Duration = Duration::from_mins(4);
const LOOK_EVERY: Duration = Duration::from_millis(200);

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "tillroll";
/// A key for this test alone: PKCS #8, and its public half.
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZPouYqnINoepc08+b+qGwH5iyUBoUbIJTZFB9gj54zyhRANCAAQk\
                   IoT6BbmbSrBY5D227jbhScr9v4HiLOPI4z9/Cf9OgjRodO89L4QAeckB5+EX5WcIQoE3vgHLR+Pkb3rpirNV";
const KEY_X: &str = "JCKE-gW5m0qwWOQ9tu424UnK_b-B4izjyOM_fwn_ToI";
const KEY_Y: &str = "NGh07z0vhAB5yQHn4RflZwhCgTe-ActH4-RveumKs1U";

/// What the stand-in gives back otherwise than it was given; nothing else may differ after an apply. It forgets the tags
/// of a bus that is made with some, and how alarms are acted upon.
const FORGETS: [(&str, &[&str]); 2] = [
    ("aws_kinesis_stream", &["tags_all"]),
    (
        "aws_cloudwatch_metric_alarm",
        &[
            "actions_enabled",
            "alarm_actions",
            "alarm_description",
            "dimensions",
            "ok_actions",
            "period",
            "statistic",
            "treat_missing_data",
        ],
    ),
];

/// The zips that `cargo xtask package --dev` makes; `None`, said on standard error, without them.
#[allow(clippy::print_stderr, reason = "a skipped test says so to whoever runs it")]
fn packages() -> Option<BTreeMap<&'static str, PathBuf>> {
    if std::env::var_os("TILLROLL_TEST_WITHOUT_PEERS").is_some_and(|value| value == "1") {
        eprintln!("skipped: TILLROLL_TEST_WITHOUT_PEERS=1");
        return None;
    }
    let folder = root().join("target/lambda/dev");
    let packages: BTreeMap<_, _> = FUNCTIONS.map(|name| (name, folder.join(format!("{name}.zip")))).into();
    let Some(missing) = packages.values().find(|zip| !zip.is_file()) else { return Some(packages) };
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{} is missing, and CI must not skip the tests that need it", missing.display());
    eprintln!("skipped: {} is missing; `cargo xtask package --dev` makes it", missing.display());
    None
}

/// The system on the stand-in.
struct System {
    stand_in: Ministack,
    terraform: Terraform,
    outputs: Value,
    http: reqwest::Client,
}

impl System {
    async fn apply(packages: &BTreeMap<&str, PathBuf>) -> Option<Self> {
        let terraform = Terraform::of_a_copy()?;
        let stand_in = Ministack::start().await;
        let keys = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "test", "x": KEY_X, "y": KEY_Y},
        ]});
        let variables = json!({
            "environment": "peer",
            "region": "us-east-1",
            "endpoint": format!("http://{}", stand_in.address()),
            "deletion_protection": false,
            "gateway_checks_tokens": false,
            "anonymous_carts": true,
            "budget_usd": 10,
            "log_level": "debug",
            "tokens": {"issuer": ISSUER, "audience": AUDIENCE, "jwks": keys.to_string()},
            "packages": packages,
        });
        fs::write(terraform.folder().join("test.auto.tfvars.json"), variables.to_string()).unwrap();
        // The provider waits half a minute for each queue, so many things at a time.
        let apply = ["apply", "-auto-approve", "-parallelism=40"];
        let (applied, terraform) = blocking(terraform, move |terraform| terraform.run(&apply)).await;
        applied.fine();
        let outputs = serde_json::from_str(&terraform.run(&["output", "-json"]).fine().said).unwrap();
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Some(Self { stand_in, terraform, outputs, http })
    }

    fn output(&self, name: &str) -> &Value {
        &self.outputs[name]["value"]
    }

    fn address(&self) -> SocketAddr {
        self.stand_in.address()
    }

    /// Asks the HTTP API; the status and the JSON of the answer.
    async fn ask(&self, method: Method, path: &str, who: Who, body: Option<&Value>) -> (u16, Value) {
        // Its name does not resolve here; the stand-in looks at the header.
        let host = self.output("api_url").as_str().unwrap().split_once("//").unwrap().1;
        let mut request = self.http.request(method, format!("http://{}{path}", self.address())).header("host", host);
        request = match who {
            Who::Shopper => request.header("tillroll-cart-token", "a-secret-of-256-bits-made-by-the-shopper-itself"),
            Who::Operator => request.bearer_auth(operator_token()),
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str, who: Who) -> (u16, Value) {
        self.ask(Method::GET, path, who, None).await
    }

    async fn post(&self, path: &str, who: Who, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, path, who, Some(body)).await
    }

    /// Asks until the answer is the one that is waited for.
    async fn until(&self, path: &str, who: Who, is_it: impl Fn(&(u16, Value)) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.ask(Method::GET, path, who, None).await;
            if is_it(&answer) {
                return answer.1;
            }
            assert!(started.elapsed() < PATIENCE, "{path} still answers {} {:#}", answer.0, answer.1);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Keys of the archive's objects.
    async fn archived(&self) -> Vec<String> {
        let bucket = self.output("environment")["TILLROLL_ARCHIVE_BUCKET"].as_str().unwrap();
        let client = tillroll_host_lambda::s3::client::emulator_client(self.address());
        let listed = client.list_objects_v2().bucket(bucket).prefix("v1/").send().await.unwrap();
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }
}

#[derive(Clone, Copy)]
enum Who {
    Shopper,
    Operator,
}

fn operator_token() -> String {
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "operator", "exp": now_s + 600, "iat": now_s, "cognito:groups": ["operators"],
    });
    let header = Header { kid: Some("test".to_owned()), ..Header::new(Algorithm::ES256) };
    let key = EncodingKey::from_ec_der(&STANDARD.decode(KEY).unwrap());
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

/// Terraform waits for its processes; that is no work for a thread of the runtime.
async fn blocking<T: Send + 'static>(
    terraform: Terraform,
    work: impl FnOnce(&Terraform) -> T + Send + 'static,
) -> (T, Terraform) {
    tokio::task::spawn_blocking(move || (work(&terraform), terraform)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_a_cart_goes_through_everything_that_terraform_built() {
    let Some(packages) = packages() else { return };
    let Some(system) = System::apply(&packages).await else { return };

    the_tables_are_those_of_the_code(&system).await;
    every_function_has_the_environment_of_the_documentation(&system);
    let cart = a_cart_is_opened_filled_closed_and_read_back(&system).await;
    its_events_are_archived_and_projected(&system, &cart).await;
    for subscription in ["suggestions", "reminders"] {
        let first = replayed(&system, subscription).await;
        let again = replayed(&system, subscription).await;
        assert_eq!(first, again, "a second replay within five minutes delivers everything again");
    }

    nothing_differs_but_what_the_stand_in_forgets(&system);
    let System { terraform, stand_in, .. } = system;
    let destroy = ["destroy", "-auto-approve", "-parallelism=40"];
    let (destroyed, terraform) = blocking(terraform, move |terraform| terraform.run(&destroy)).await;
    destroyed.fine();
    assert_eq!(terraform.run(&["state", "list"]).fine().said.trim(), "", "everything is gone");
    drop(stand_in);
}

/// What describes a table, without what differs between any two.
async fn layout(system: &System, table: &str) -> (String, String, String, String) {
    let client = emulator_client(system.address());
    let table = client.describe_table().table_name(table).send().await.unwrap().table.unwrap();
    let mut attributes: Vec<_> = table.attribute_definitions().iter().map(|each| format!("{each:?}")).collect();
    attributes.sort_unstable();
    let indexes = table
        .global_secondary_indexes()
        .iter()
        .map(|index| format!("{:?} {:?} {:?}", index.index_name(), index.key_schema(), index.projection()));
    (
        format!("{attributes:?}"),
        format!("{:?}", table.key_schema()),
        format!("{:?}", indexes.collect::<Vec<_>>()),
        format!("{:?}", table.stream_specification()),
    )
}

async fn the_tables_are_those_of_the_code(system: &System) {
    let of_the_code = TableNames { events: "made-by-the-code".to_owned(), rows: "rows-of-the-code".to_owned() };
    create_tables(&emulator_client(system.address()), &of_the_code).await.unwrap();
    let named = |name: &str| system.output("environment")[name].as_str().unwrap().to_owned();
    for (terraform, code) in
        [(named("TILLROLL_EVENTS_TABLE"), of_the_code.events), (named("TILLROLL_ROWS_TABLE"), of_the_code.rows)]
    {
        assert_eq!(layout(system, &terraform).await, layout(system, &code).await, "{terraform}");
    }
}

/// docs/aws.md says what each function needs and may have; Terraform gives it all of the first and nothing beside.
fn every_function_has_the_environment_of_the_documentation(system: &System) {
    let text = fs::read_to_string(root().join("docs/aws.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `TILLROLL_"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect();
    assert!(rows.len() > 20, "the table of variables in docs/aws.md");
    let columns = ["command", "operate", "publish", "archive", "project", "replay", "remind", "sweep"];
    let state: Value = serde_json::from_str(&system.terraform.run(&["show", "-json"]).fine().said).unwrap();
    let mut functions = Vec::new();
    collect(&state["values"]["root_module"], "aws_lambda_function", &mut functions);
    assert!(functions.len() >= FUNCTIONS.len());
    for function in functions {
        let name = function["function_name"].as_str().unwrap();
        let name = name.strip_prefix("tillroll-peer-").unwrap();
        let kind = match name {
            "stream-carts" => "command",
            "stream-events" => "operate",
            name => name.split('-').next().unwrap(),
        };
        let column = columns.iter().position(|column| *column == kind).unwrap();
        let given = function["environment"][0]["variables"].as_object().unwrap();
        let given: BTreeSet<&str> = given.keys().map(String::as_str).filter(|key| *key != "AWS_ENDPOINT_URL").collect();
        let marked = |marks: &[&str]| -> BTreeSet<&str> {
            let marked = rows.iter().filter(|row| marks.contains(&row[column + 2]));
            marked.map(|row| row[0].trim_matches('`')).collect()
        };
        let missing: Vec<_> = marked(&["x"]).difference(&given).copied().collect::<Vec<_>>();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
        let unknown: Vec<_> = given.difference(&marked(&["x", "o"])).copied().collect::<Vec<_>>();
        assert!(unknown.is_empty(), "{name} does not know {unknown:?}");
    }
}

/// All resources of a type, in a module and those below.
fn collect(module: &Value, kind: &str, found: &mut Vec<Value>) {
    let resources = module["resources"].as_array().into_iter().flatten();
    found.extend(resources.filter(|resource| resource["type"] == kind).map(|resource| resource["values"].clone()));
    for child in module["child_modules"].as_array().into_iter().flatten() {
        collect(child, kind, found);
    }
}

async fn a_cart_is_opened_filled_closed_and_read_back(system: &System) -> String {
    let cart = Uuid::from_u128(0x7ba7_b811_9dad_41d1_80b4_00c0_4fd4_30c8).to_string();
    let command = |kind: &str, data: Value| json!({"command_id": Uuid::new_v4(), "type": kind, "data": data});
    let open = json!({"command_id": Uuid::new_v4(), "cart_id": cart, "currency": "EUR"});
    let (status, opened) = system.post("/carts", Who::Shopper, &open).await;
    assert_eq!(status, 201, "{opened}");
    let (status, resent) = system.post("/carts", Who::Shopper, &open).await;
    assert_eq!((status, &resent["version"]), (201, &json!(1)), "{resent}");

    let path = format!("/carts/{cart}/commands");
    let items = ["apple", "bread"].map(|name| command("AddItem", json!({"item_name": name})));
    let (status, added) = system.post(&path, Who::Shopper, &json!({"commands": items})).await;
    assert_eq!((status, &added["version"]), (200, &json!(3)), "{added}");
    let close = command("CloseCart", json!({"reason": "checked_out"}));
    let (status, closed) = system.post(&path, Who::Shopper, &json!({"commands": [close]})).await;
    assert_eq!((status, &closed["version"]), (200, &json!(4)), "{closed}");

    let (status, gone) = system.get(&format!("/carts/{cart}"), Who::Shopper).await;
    assert_eq!(
        (status, &gone["code"], &gone["state"]["status"]),
        (410, &json!("cart_closed"), &json!("closed")),
        "{gone}"
    );
    let (status, before) = system.get(&format!("/carts/{cart}?version=3"), Who::Shopper).await;
    assert_eq!((status, before["lines"].as_array().map(Vec::len)), (200, Some(2)), "{before}");
    let (status, history) = system.get(&format!("/carts/{cart}/events"), Who::Shopper).await;
    let types = history["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap());
    let types: Vec<_> = types.map(|name| name.trim_start_matches("tillroll.cart.")).collect();
    assert_eq!((status, types), (200, vec!["CartOpened", "ItemAdded", "ItemAdded", "CartClosed"]));
    cart
}

async fn its_events_are_archived_and_projected(system: &System, cart: &str) {
    let listed = |answer: &(u16, Value)| {
        let carts = answer.1["carts"].as_array();
        carts.is_some_and(|carts| carts.iter().any(|each| each["cart_id"] == cart && each["version"] == 4))
    };
    system.until("/carts", Who::Operator, listed).await;
    let together = |answer: &(u16, Value)| answer.1["suggestions"][0]["sku"] == "bread";
    system.until("/suggestions?sku=apple", Who::Shopper, together).await;
    let started = Instant::now();
    let today = Timestamp::from_unix_ms(i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()).date().0;
    loop {
        let keys = system.archived().await;
        let events: usize = keys.iter().map(|key| key.rsplit('-').nth(1).unwrap().parse::<usize>().unwrap()).sum();
        if events >= 4 {
            assert!(keys.iter().all(|key| key.starts_with(&format!("v1/dt={today:04}-"))), "{keys:?}");
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the archive has {keys:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Replays everything to a subscription; how many events were sent.
async fn replayed(system: &System, subscription: &str) -> u64 {
    let (status, run) = system.post("/replays", Who::Operator, &json!({"subscription": subscription})).await;
    assert_eq!(status, 202, "{run}");
    let path = format!("/replays/{}", run["id"].as_str().unwrap());
    let ended = |answer: &(u16, Value)| answer.1["phase"] == "finished" || answer.1["error"].is_string();
    let run = system.until(&path, Who::Operator, ended).await;
    assert_eq!(run["phase"], "finished", "{run:#}");
    let sent = run["events_sent"].as_u64().unwrap();
    assert!(sent >= 4, "{run:#}");
    sent
}

fn nothing_differs_but_what_the_stand_in_forgets(system: &System) {
    let planned = system.terraform.run(&["plan", "-out=drift", "-detailed-exitcode", "-parallelism=40"]);
    assert!(matches!(planned.status, Some(0 | 2)), "{}", planned.said);
    let plan: Value = serde_json::from_str(&system.terraform.run(&["show", "-json", "drift"]).fine().said).unwrap();
    for resource in plan["resource_changes"].as_array().unwrap() {
        let change = &resource["change"];
        if change["actions"] == json!(["no-op"]) || change["actions"] == json!(["read"]) {
            continue;
        }
        let address = resource["address"].as_str().unwrap();
        assert_eq!(change["actions"], json!(["update"]), "{address}");
        let forgets = FORGETS.iter().find(|(kind, _)| resource["type"] == *kind).map_or(&[][..], |(_, names)| names);
        let after = change["after"].as_object().unwrap();
        let differing = after.iter().filter(|(name, value)| change["before"][name.as_str()] != **value);
        let differing: Vec<_> =
            differing.map(|(name, _)| name.as_str()).filter(|name| !forgets.contains(name)).collect();
        assert!(differing.is_empty(), "{address} differs in {differing:?}");
    }
}
