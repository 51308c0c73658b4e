//! The terminal: taken over, and given back as it was, however this ends.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::layout::Rect;

use super::super::failure::Failure;
use super::model::Model;
use super::view;
use super::view::look::Look;

/// Whether the terminal is ours. There is one terminal, and a panic in any thread has to give it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that was taken over. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    look: Look,
}

impl Screen {
    pub(super) fn open() -> Result<Self, Failure> {
        let before = panic::take_hook();
        // First the terminal, so that what the panic says can be read.
        panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        let terminal = taken().map_err(|error| {
            give_back();
            Failure::new(format!("cannot draw on this terminal: {error}"))
        })?;
        // https://no-color.org: any value but an empty one.
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ok(Self { terminal, look: Look { colour } })
    }

    pub(super) fn draw(&mut self, model: &Model) -> Result<(), Failure> {
        let drawn = self.terminal.draw(|frame| view::draw(frame, model, self.look));
        drawn.map(drop).map_err(|error| Failure::new(format!("cannot draw on this terminal: {error}")))
    }

    /// Whether it is still ours: a panic elsewhere has given it back.
    pub(super) fn is_taken() -> bool {
        TAKEN.load(Ordering::SeqCst)
    }

    /// How large it is.
    pub(super) fn area() -> Rect {
        let (width, height) = size().unwrap_or((0, 0));
        Rect::new(0, 0, width, height)
    }

    /// Asks the terminal to put a text on the clipboard (OSC 52), which also works over SSH. Not every terminal does.
    pub(super) fn copy(text: &str) -> Result<(), Failure> {
        let mut out = io::stdout();
        write!(out, "\x1b]52;c;{}\x07", STANDARD.encode(text))
            .and_then(|()| out.flush())
            .map_err(|error| Failure::new(format!("cannot write to this terminal: {error}")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Takes the terminal over; what fails in the middle has to be given back.
fn taken() -> io::Result<Terminal<CrosstermBackend<BufWriter<Stdout>>>> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)?;
    Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout())))
}

/// Gives the terminal back, once.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
        let _ = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
    }
}
