//! `tillroll tail`: followed as a person does, through a restart, and stopped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::{Background, Desk, Ran, send_signal, shop_and_larger_cart, wait_for};

/// A `tail` in the background, read line by line.
struct Tail {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Tail {
    fn start(desk: &Desk, args: &[&str]) -> Self {
        let mut command: Command = desk.command(&[&["tail"], args].concat());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn event(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Ctrl+C; how it ended and what it said.
    fn interrupted(mut self) -> (Option<i32>, String) {
        send_signal(&self.child, "INT");
        let status = wait_for("the end of tail", || self.child.try_wait().unwrap());
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (status.code(), stderr)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a cart over the API.
fn open(desk: &Desk, api: &str, command_id: &str) -> String {
    let body = format!("{{\"command_id\": \"{command_id}\", \"currency\": \"EUR\"}}");
    let url = format!("{api}/carts");
    let args = ["-sS", "-f", &url, "-H", "content-type: application/json", "-d", &body];
    let ran = Ran::of(desk.command_of("curl", &args), "").fine();
    ran.json()["cart_id"].as_str().unwrap().to_owned()
}

#[test]
fn the_life_of_a_cart_is_followed_from_any_version() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let ran = desk.run(&["tail", &cart, "--from", "1", "--limit", "6"]).fine();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{ran:?}");
    assert!(lines[1].contains("ItemAdded") && lines[1].ends_with("2 x milk at 2.38 for 2"), "{}", lines[1]);
    let last = desk.run(&["tail", &cart, "--from", "6", "--limit", "1", "--json"]).fine().json();
    assert_eq!((&last["sequence"], &last["type"]), (&6.into(), &"tillroll.cart.CartClosed".into()));
    let only = desk.run(&["tail", &cart, "--from", "1", "--type", "CartClosed", "--limit", "1"]).fine();
    assert!(only.stdout.contains("checked out"), "{only:?}");

    desk.run(&["tail", &cart, "--from", "8"]).failed(&["not come as far"]);
    desk.run(&["tail", &cart, "--from", "oldest"]).misused(&["must be a version"]);
    desk.run(&["tail", "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21"]).failed(&["there is no cart"]);
    desk.run(&["tail", "--from", "nonsense"]).misused(&["must be the id of an event"]);
    desk.run(&["tail", "--limit", "0"]).ended(2);
}

#[test]
fn a_tail_goes_on_over_a_restart_and_loses_and_doubles_nothing() {
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    let port = dev.port().to_string();
    let mut tail = Tail::start(&desk, &["--json", "--from", "oldest"]);
    let mut carts = Vec::new();
    for n in 1..=3 {
        carts.push(open(&desk, &dev.api(), &format!("00000000-0000-4000-8000-00000000000{n}")));
    }
    let mut seen: Vec<String> = (0..3).map(|_| tail.event()["subject"].as_str().unwrap().to_owned()).collect();
    dev.kill();
    let again = Background::start(desk.command(&["dev", "--port", &port, "--json", "--no-demo"]));
    assert_eq!(again.port().to_string(), port);
    for n in 4..=6 {
        carts.push(open(&desk, &again.api(), &format!("00000000-0000-4000-8000-00000000000{n}")));
    }
    seen.extend((0..3).map(|_| tail.event()["subject"].as_str().unwrap().to_owned()));
    carts.sort();
    seen.sort();
    assert_eq!(seen, carts);

    let (status, said) = tail.interrupted();
    assert_eq!(status, Some(130));
    let place = said
        .trim()
        .strip_prefix("go on with: `tillroll tail --from ")
        .and_then(|said| said.strip_suffix('`'))
        .expect(&said)
        .to_owned();
    let next = open(&desk, &again.api(), "00000000-0000-4000-8000-000000000007");
    let more = desk.run(&["tail", "--from", &place, "--limit", "1", "--json"]).fine().json();
    assert_eq!(more["subject"], next.as_str());
}

#[test]
fn a_tail_of_one_cart_says_after_ctrl_c_with_which_version_to_go_on() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let mut tail = Tail::start(&desk, &[&cart, "--from", "5"]);
    assert!(tail.line().contains("DiscountApplied"));
    assert!(tail.line().contains("checked out"));
    let (status, said) = tail.interrupted();
    assert_eq!((status, said.trim()), (Some(130), format!("go on with: `tillroll tail {cart} --from 7`").as_str()));
}
