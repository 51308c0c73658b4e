//! `tillroll timeline` in a terminal of its own: what it draws, what keys do, and that the terminal is given back.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use serde_json::json;

use super::{Desk, send_signal, shop_and_larger_cart, wait_for};

/// How a terminal leaves the screen that a program had, and shows its cursor again.
const GIVEN_BACK: [&str; 2] = ["\u{1b}[?1049l", "\u{1b}[?25h"];

/// The program in a terminal.
pub(super) struct Screen {
    child: Child,
    terminal: File,
    drawn: Arc<Mutex<Vec<u8>>>,
}

impl Screen {
    fn start(desk: &Desk, args: &[&str]) -> Self {
        Self::of(desk.command(&[&["timeline"], args].concat()))
    }

    pub(super) fn of(mut command: Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes()));
        let program_side = File::options().read(true).write(true).open(name).unwrap();
        tcsetwinsize(&program_side, Winsize { ws_row: 40, ws_col: 140, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        command.env("TERM", "xterm-256color").env_remove("NO_COLOR");
        command.stdin(program_side.try_clone().unwrap()).stdout(program_side).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        // The command holds the program's side; reading ends when the program does.
        drop(command);
        let terminal = File::from(terminal);
        let drawn = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, to) = (terminal.try_clone().unwrap(), Arc::clone(&drawn));
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                to.lock().unwrap().extend_from_slice(&bytes[..read]);
            }
        });
        Self { child, terminal, drawn }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.drawn.lock().unwrap()).into_owned()
    }

    /// Waits for a word: only cells that change are drawn, so blanks between words need not be.
    #[track_caller]
    pub(super) fn shows(&self, word: &str) {
        wait_for(word, || self.text().contains(word).then_some(()));
    }

    pub(super) fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// How it ended, and that the terminal is as it was.
    pub(super) fn ended(mut self) -> Option<i32> {
        let status = wait_for("the end of the timeline", || self.child.try_wait().unwrap());
        for sequence in GIVEN_BACK {
            self.shows(sequence);
        }
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO), "{modes:?}");
        status.code()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_cart_is_looked_at_live_and_the_terminal_is_given_back() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let mut screen = Screen::start(&desk, &[&cart, "--at", "2"]);
    screen.shows("happened");
    screen.shows("live");
    screen.shows("agrees");
    screen.press("?");
    screen.shows("browser");
    screen.press("\u{1b}[C");
    // What the terminal is asked to copy, and the same to be read.
    screen.press("y");
    screen.shows("\u{1b}]52;c;");
    screen.shows("copied");
    screen.press("w");
    screen.shows("HYPOTHETICAL");
    screen.press("x");
    screen.shows("left");
    screen.press("q");
    assert_eq!(screen.ended(), Some(0));
}

#[test]
fn a_timeline_file_needs_no_system_and_a_polite_kill_gives_the_terminal_back() {
    let (desk, dev, cart) = shop_and_larger_cart();
    let file = desk.path("cart.timeline.bin");
    desk.run(&["export", &cart, "--packed", "-o", file.to_str().unwrap()]).fine();
    drop(dev);
    let screen = Screen::start(&desk, &["--file", file.to_str().unwrap()]);
    screen.shows("happened");
    send_signal(&screen.child, "TERM");
    assert_eq!(screen.ended(), Some(130));
}

/// Opens a cart that somebody took over, and gives its id.
fn taken_over(base: &str, owner: &str) -> String {
    let cart = "0a0b0c0e-9dad-41d1-80b4-00c04fd430c8";
    let claim = json!({"type": "ClaimCart", "data": {"owner_ref": owner}, "command_id": "11111112-9dad-41d1-80b4-00c04fd430c8"});
    let told = [
        ("/carts".to_owned(), json!({"command_id": "11111111-9dad-41d1-80b4-00c04fd430c8", "cart_id": cart})),
        (format!("/carts/{cart}/commands"), json!({"commands": [claim]})),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for (path, body) in told {
            let request = client.post(format!("{base}{path}")).header("content-type", "application/json");
            assert!(request.body(body.to_string()).send().await.unwrap().status().is_success());
        }
    });
    cart.to_owned()
}

#[test]
fn who_is_behind_a_cart_is_shown_on_a_screen_after_the_system_has_written_down_why() {
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    let cart = taken_over(&dev.api(), "own_4711");
    let mut screen = Screen::start(&desk, &[&cart]);
    screen.shows("•••");
    screen.press("p");
    screen.shows("because");
    assert!(!screen.text().contains("own_4711"));
    screen.press("ticket-1\r");
    screen.shows("own_4711");
    screen.press("q");
    assert_eq!(screen.ended(), Some(0));
    let pipeline = desk.run(&["pipeline"]).fine();
    assert!(pipeline.stdout.contains("disclose") && pipeline.stdout.contains("ticket-1"), "{pipeline:?}");
}

#[test]
fn without_a_terminal_a_timeline_says_what_to_use_instead() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    for args in [&["timeline", &cart][..], &["timeline", &cart, "--json"], &["timeline", "--file", "x.json"]] {
        let ran = desk.run(args).ended(2);
        assert!(ran.stderr.contains("hint: `tillroll explain") && ran.stdout.is_empty(), "{ran:?}");
    }
    desk.run(&["timeline"]).ended(2);
    desk.run(&["timeline", &cart, "--file", "x.json"]).ended(2);
}
