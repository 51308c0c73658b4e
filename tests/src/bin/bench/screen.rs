//! `tillroll timeline` in a terminal of its own, with carts of many events: how soon something is there and when all of
//! it is, what a key takes until the terminal has the new picture, and memory.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::measure::{memory_mb, percentile, program};
use crate::timeline::long_life;

const STEPS: usize = 300;
const SEEKS: usize = 100;
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// A picture is written in pieces; behind its last one nothing comes for so long.
const QUIET: Duration = Duration::from_millis(60);
/// What the status says once all is there.
const ALL_THERE: &str = "▪";

pub(crate) fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    for events in [100_000, 1_000_000] {
        let file = folder.path().join("long.timeline.bin");
        fs::write(&file, long_life(events)).expect("a file");
        measure(events, &file);
    }
}

fn measure(events: u64, file: &Path) {
    let begun = Instant::now();
    let mut screen = Screen::start(file);
    screen.until(|text| text.contains("happened"));
    let first = begun.elapsed();
    screen.until(|text| text.contains(ALL_THERE));
    let all = begun.elapsed();
    println!(
        "timeline of {events} events in a terminal of 140 x 40: something after {:.0} ms, all of it after {:.2} s, {:.0} MB, at most {:.0}",
        first.as_secs_f64() * 1e3,
        all.as_secs_f64(),
        memory_mb(screen.child.id(), "VmRSS"),
        memory_mb(screen.child.id(), "VmHWM"),
    );
    screen.quiet();
    for (name, keys) in [("a step", "\u{1b}[D"), ("with its tree", "s"), ("by time", "x")] {
        if keys.len() == 1 {
            screen.pressed(keys);
        }
        let times = (0..STEPS).map(|_| screen.pressed("\u{1b}[D")).collect();
        told(name, times);
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let seek = |_| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        screen.pressed("g");
        screen.press(&format!("{}", 1 + (random >> 11) % events));
        screen.quiet();
        screen.pressed("\r")
    };
    told("a seek", (0..SEEKS).map(seek).collect());
    screen.press("q");
    let _ = screen.child.wait();
}

/// `times` in milliseconds.
fn told(name: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    println!(
        "  {name:<14} key to picture p50 {:>5.1} ms, p99 {:>5.1} ms",
        percentile(&times, 50),
        percentile(&times, 99)
    );
}

/// The program in a terminal.
struct Screen {
    child: Child,
    terminal: File,
    /// What it draws, with when it came.
    drawn: Receiver<(Instant, Vec<u8>)>,
}

impl Screen {
    fn start(file: &Path) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&terminal).expect("a terminal");
        unlockpt(&terminal).expect("a terminal");
        let name = ptsname(&terminal, Vec::new()).expect("a terminal's name");
        let name = PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes()));
        let program_side = File::options().read(true).write(true).open(name).expect("the program's side");
        let size = Winsize { ws_row: 40, ws_col: 140, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&program_side, size).expect("a size");
        let child = Command::new(program("tillroll"))
            .args(["timeline", "--file"])
            .arg(file)
            .env("TERM", "xterm-256color")
            .stdin(program_side.try_clone().expect("the program's side"))
            .stdout(program_side)
            .stderr(Stdio::null())
            .spawn()
            .expect("tillroll is built beside the benchmarks");
        let terminal = File::from(terminal);
        let mut reader = terminal.try_clone().expect("our side");
        let (to, drawn) = channel();
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if to.send((Instant::now(), bytes[..read].to_vec())).is_err() {
                    return;
                }
            }
        });
        Self { child, terminal, drawn }
    }

    fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("a key");
    }

    fn until(&self, shows: impl Fn(&str) -> bool) {
        let mut text = Vec::new();
        while !shows(&String::from_utf8_lossy(&text)) {
            text.extend(self.drawn.recv_timeout(ANSWER_MAX).expect("a picture").1);
            // What is waited for is short.
            let old = text.len().saturating_sub(1 << 17);
            text.drain(..old);
        }
    }

    /// Waits until nothing more comes.
    fn quiet(&self) {
        while self.drawn.recv_timeout(QUIET).is_ok() {}
    }

    /// From the key to the last piece of the picture that follows, in milliseconds.
    fn pressed(&mut self, keys: &str) -> f64 {
        let begun = Instant::now();
        self.press(keys);
        let (mut last, _) = self.drawn.recv_timeout(ANSWER_MAX).expect("a picture");
        while let Ok((at, _)) = self.drawn.recv_timeout(QUIET) {
            last = at;
        }
        last.duration_since(begun).as_secs_f64() * 1e3
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
