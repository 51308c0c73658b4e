//! `tillroll doctor`, `completions` and what is logged.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;

use serde_json::{Value, json};

use super::{Background, Desk, SALES, archive_objects, import};

/// The state of one check.
fn state<'a>(examined: &'a Value, check: &str) -> &'a Value {
    let found = examined["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
    &found.unwrap_or_else(|| panic!("no check {check}: {examined}"))["state"]
}

#[test]
fn doctor_finds_nothing_wrong_where_nothing_is_with_a_running_system_and_without() {
    let desk = Desk::new();
    let examined = desk.run(&["doctor", "--json", "--port", "0"]).fine().json();
    assert_eq!((&examined["ok"], state(&examined, "data folder")), (&json!(true), &json!("note")), "{examined}");
    assert!(!desk.path("data").exists(), "looking makes nothing");
    let dev = desk.dev(&["--no-demo"]);
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    let port = dev.port().to_string();
    let examined = desk.run(&["doctor", "--json", "--port", &port]).fine().json();
    for check in ["data folder", "lock", "port", "dynamodb.sqlite", "pipeline.sqlite", "clock", "archive"] {
        assert_eq!(state(&examined, check), "fine", "{examined}");
    }
    assert_eq!(state(&examined, "running system"), "fine", "{examined}");
    dev.kill();
    let examined = desk.run(&["doctor", "--json", "--port", "0"]).fine().json();
    assert_eq!(state(&examined, "lock"), "fine", "a lock that was left behind stops nobody: {examined}");
}

#[test]
fn doctor_asks_the_system_that_the_environment_names() {
    let (desk, elsewhere) = (Desk::new(), Desk::new());
    let dev = elsewhere.dev(&["--no-demo"]);
    let mut doctor = desk.command(&["doctor", "--json", "--port", "0"]);
    let ran = doctor.env("TILLROLL_URL", format!("http://127.0.0.1:{}", dev.port())).output().unwrap();
    let examined: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let ready = examined["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "running system");
    let says = ready.unwrap()["says"].as_str().unwrap();
    assert!(says.contains(&format!(":{} is ready", dev.port())), "{examined}");
}

#[test]
fn doctor_says_what_is_wrong_and_what_to_do() {
    let desk = Desk::new();
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let wrong = |check: &str, advice: &str| {
        let ran = desk.run(&["doctor", "--port", &port]).ended(1);
        let line = ran.stdout.lines().find(|line| line.starts_with("PROBLEM") && line.contains(check));
        assert!(line.is_some() && ran.stdout.contains(advice), "{check}: {ran:?}");
    };
    assert_eq!(state(&desk.run(&["doctor", "--json", "--port", &port]).fine().json(), "port"), "note");

    let object = archive_objects(&desk.path("data/archive")).remove(0);
    let whole = fs::read(&object).unwrap();
    fs::write(&object, &whole[..whole.len() / 2]).unwrap();
    wrong("archive", "tillroll verify");
    fs::write(&object, whole).unwrap();

    let lock = desk.path("data/dev.lock");
    let kept = fs::read(&lock).unwrap();
    fs::write(&lock, "mine").unwrap();
    wrong("lock", "remove it");
    fs::write(&lock, kept).unwrap();

    let ahead = std::time::SystemTime::now() + std::time::Duration::from_hours(1);
    fs::File::options().write(true).open(desk.path("data/pipeline.sqlite")).unwrap().set_modified(ahead).unwrap();
    wrong("clock", "set the clock");

    // SQLite mends a file from its write-ahead log, so that one goes too.
    fs::write(desk.path("data/dynamodb.sqlite"), "not SQLite at all, and long enough to be looked at").unwrap();
    for beside in ["dynamodb.sqlite-wal", "dynamodb.sqlite-shm"] {
        let _ = fs::remove_file(desk.path("data").join(beside));
    }
    wrong("dynamodb.sqlite", "--fresh");
    let file = desk.file("folder", "none");
    desk.run(&["doctor", "--port", "0", "--data-dir", &file]).ended(1);
}

#[test]
fn every_shell_gets_its_completions() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = desk.run(&["completions", shell]).fine();
        assert!(ran.stdout.contains("tillroll") && ran.stdout.contains("doctor"), "{shell}");
    }
    desk.run(&["completions", "nonsense"]).ended(2);
}

#[test]
fn the_log_has_a_line_for_each_request_and_no_item_and_no_token() {
    let desk = Desk::new();
    let mut command = desk.command(&["dev", "--port", "0", "--json", "--no-demo", "--log-format", "json"]);
    command.env("TILLROLL_LOG", "trace");
    let mut dev = Background::start(command);
    let (item, token) = ("canary-in-a-coal-mine", "f3a1c0ffee");
    let cart = "0a0b0c0e-9dad-41d1-80b4-00c04fd430c8";
    let open = json!({"command_id": "11111111-9dad-41d1-80b4-00c04fd430c8", "cart_id": cart}).to_string();
    let add = json!({"commands": [
        {"command_id": "11111112-9dad-41d1-80b4-00c04fd430c8", "type": "AddItem", "data": {"item_name": item}},
        {"command_id": "11111113-9dad-41d1-80b4-00c04fd430c8", "type": "RemoveItem", "data": {"sku": format!("{item}!")}},
    ]});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let base = dev.api();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let post = |path: String, body: String| {
            let request = client.post(format!("{base}{path}")).header("tillroll-cart-token", token);
            request.header("content-type", "application/json").body(body).send()
        };
        assert_eq!(post("/carts".to_owned(), open).await.unwrap().status(), 201);
        assert_eq!(post(format!("/carts/{cart}/commands"), add.to_string()).await.unwrap().status(), 200);
        assert_eq!(post(format!("/carts/{cart}/commands"), format!("{{\"{item}\": 1}}")).await.unwrap().status(), 400);
        for path in [format!("/carts/{item}"), format!("/suggestions?sku={item}"), format!("/carts/{cart}?{item}")] {
            client.get(format!("{base}{path}")).send().await.unwrap();
        }
    });
    let mut stderr = dev.child.stderr.take().unwrap();
    assert_eq!(dev.signal("INT"), Some(0));
    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    for secret in [item, token] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |status: u16| {
        let found = lines.iter().find(|line| line["message"] == "answered" && line["status"] == status);
        found.unwrap_or_else(|| panic!("no line of status {status}: {log}"))
    };
    assert_eq!((&of(200)["route"], &of(200)["method"]), (&json!("/carts/{cart_id}/commands"), &json!("POST")));
    assert_eq!(of(400)["code"], "unknown_field");
    assert!(of(400)["trace_id"].is_string() && of(400)["duration_ms"].is_u64());
}
