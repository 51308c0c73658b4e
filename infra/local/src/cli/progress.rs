//! Progress of long work, to standard error: a bar on a terminal, otherwise a plain line every tenth of the way or ten
//! seconds, so that a log shows that something moves. Nothing at all beside `--json`.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::say;
use super::output::count;

const LINE_EVERY: Duration = Duration::from_secs(10);
const LINE_EVERY_TENTH: u64 = 10;

/// A stretch of work with a measurable end.
#[derive(Debug)]
pub(crate) struct Progress(Shape);

#[derive(Debug)]
enum Shape {
    Hidden,
    Bar(ProgressBar),
    Lines { started: Instant, lines: PlainLines },
}

impl Progress {
    /// Begins; `what` is a participle (`importing`), `unit` a plural (`carts`). A `quiet` one shows nothing.
    pub(crate) fn start(what: &'static str, unit: &'static str, quiet: bool) -> Self {
        if quiet {
            return Self(Shape::Hidden);
        }
        if !io::stderr().is_terminal() {
            return Self(Shape::Lines { started: Instant::now(), lines: PlainLines::new(what, unit) });
        }
        let template = "{msg} {bar:30} {human_pos}/{human_len} {prefix}, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
        Self(Shape::Bar(bar.with_message(what).with_prefix(unit)))
    }

    /// So much of `total` is done. Either may change from call to call.
    pub(crate) fn at(&mut self, done: u64, total: u64) {
        match &mut self.0 {
            Shape::Hidden => {}
            Shape::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Shape::Lines { started, lines } => {
                if let Some(line) = lines.at(started.elapsed(), done, total) {
                    say(&line);
                }
            }
        }
    }

    /// Says something beside the progress.
    pub(crate) fn note(&self, note: &str) {
        match &self.0 {
            Shape::Hidden => {}
            Shape::Bar(bar) => bar.println(note),
            Shape::Lines { .. } => say(note),
        }
    }

    /// The end: the bar goes, the lines stay.
    pub(crate) fn end(self) {
        if let Shape::Bar(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// When a line is due, and what it says; told the time.
#[derive(Debug)]
struct PlainLines {
    what: &'static str,
    unit: &'static str,
    last: Duration,
    last_tenth: u64,
}

impl PlainLines {
    fn new(what: &'static str, unit: &'static str) -> Self {
        Self { what, unit, last: Duration::ZERO, last_tenth: 0 }
    }

    fn at(&mut self, elapsed: Duration, done: u64, total: u64) -> Option<String> {
        let tenth = done.saturating_mul(LINE_EVERY_TENTH).checked_div(total).unwrap_or(0);
        let due = tenth > self.last_tenth || elapsed.saturating_sub(self.last) >= LINE_EVERY;
        if !due {
            return None;
        }
        (self.last, self.last_tenth) = (elapsed, tenth);
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(0);
        let mut line = format!("{}: {percent} %, {} of {} {}", self.what, count(done), count(total), self.unit);
        if let Some(rate) = per_second(done, elapsed).filter(|rate| *rate > 0) {
            let left = total.saturating_sub(done) / rate;
            // Writing to a string cannot fail.
            let _ = write!(line, ", {} a second, {} left", count(rate), duration(Duration::from_secs(left)));
        }
        Some(line)
    }
}

/// Things a second, rounded down; `None` before any time has passed.
pub(crate) fn per_second(done: u64, elapsed: Duration) -> Option<u64> {
    let ms = elapsed.as_millis();
    u64::try_from((u128::from(done) * 1_000).checked_div(ms)?).ok()
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 if duration.subsec_millis() > 0 => format!("{seconds}.{} s", duration.subsec_millis() / 100),
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600.. => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_comes_every_tenth_of_the_way_or_ten_seconds() {
        let mut lines = PlainLines::new("importing", "carts");
        let secs = Duration::from_secs;
        assert_eq!(lines.at(secs(0), 0, 1_000), None);
        assert_eq!(lines.at(secs(1), 99, 1_000), None);
        let tenth = lines.at(secs(2), 150, 1_000);
        assert_eq!(tenth.as_deref(), Some("importing: 15 %, 150 of 1,000 carts, 75 a second, 11 s left"));
        assert_eq!(lines.at(secs(3), 160, 1_000), None);
        assert_eq!(lines.at(secs(11), 170, 1_000), None);
        let late = lines.at(secs(12), 170, 1_000);
        assert_eq!(late.as_deref(), Some("importing: 17 %, 170 of 1,000 carts, 14 a second, 59 s left"));
        assert!(lines.at(secs(13), 1_000, 1_000).is_some());
        assert_eq!(lines.at(secs(13), 1_000, 1_000), None);
    }

    #[test]
    fn progress_without_a_known_end_divides_by_nothing() {
        let mut lines = PlainLines::new("replaying", "events");
        assert_eq!(lines.at(Duration::ZERO, 0, 0), None);
        let line = lines.at(LINE_EVERY, 0, 0);
        assert_eq!(line.as_deref(), Some("replaying: 0 %, 0 of 0 events"));
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let ms = Duration::from_millis;
        let cases = [
            (ms(0), "0 s"),
            (ms(430), "0.4 s"),
            (ms(12_700), "12 s"),
            (ms(200_000), "3 min 20 s"),
            (ms(7_500_000), "2 h 5 min"),
        ];
        for (time, text) in cases {
            assert_eq!(duration(time), text);
        }
    }
}
