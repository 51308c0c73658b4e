//! Terminal, system and model together: what comes in changes the model, what the model wants is done, and what it
//! shows is drawn, once for everything that came together.

use std::time::Duration;

use ratatui::crossterm::event::{self, Event, MouseEventKind};
use tillroll_host_lambda::ports::Clock as _;
use tillroll_local::clock::LocalClock;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::again::completed;
use super::super::client::Client;
use super::super::failure::{Ending, Failure};
use super::super::interrupt::Interrupt;
use super::model::{Action, Effect, Link, Model, SPEEDS};
use super::screen::Screen;
use super::{feed, input};

/// What waits to be shown. Whoever brings more waits: a page has a thousand events.
const WAITING_MAX: usize = 16;
/// Keys that wait: a fast hand and a slow terminal.
const KEYS_WAITING_MAX: usize = 256;
/// What is done before the screen is drawn again.
const TOGETHER_MAX: usize = 256;
/// How often whoever reads keys looks whether it is over.
const KEYS_POLL: Duration = Duration::from_millis(200);
const SECOND: Duration = Duration::from_secs(1);

/// Shows a timeline until it is left.
pub(super) async fn run(mut model: Model, client: Option<&Client>, interrupt: &Interrupt) -> Result<Ending, Failure> {
    let mut screen = Screen::open()?;
    let (to, mut told) = channel(WAITING_MAX);
    if let Some(client) = client {
        tokio::spawn(feed::follow(client.clone(), model.recording.cart, to.clone()));
    }
    let mut keys = read_keys();
    screen.draw(&model)?;
    while Screen::is_taken() {
        let mut actions = Vec::new();
        tokio::select! {
            key = keys.recv() => match key {
                Some(key) => actions.extend(input::actions(key, &model, Screen::area())),
                None => return Err(Failure::new("the terminal went away")),
            },
            Some(action) = told.recv() => actions.push(action),
            () = pause(&model) => {
                actions.push(Action::Now(LocalClock::system().now()));
                actions.push(Action::Beat);
            }
            () = interrupt.raised() => return Ok(Ending::Interrupted),
        }
        for action in actions {
            if let Some(effect) = model.update(action)
                && perform(effect, &mut model, client, &to)?
            {
                return Ok(Ending::Fine);
            }
        }
        // What has come meanwhile is drawn together.
        for _ in 0..TOGETHER_MAX {
            let Ok(key) = keys.try_recv() else { break };
            for action in input::actions(key, &model, Screen::area()) {
                if let Some(effect) = model.update(action)
                    && perform(effect, &mut model, client, &to)?
                {
                    return Ok(Ending::Fine);
                }
            }
        }
        screen.draw(&model)?;
    }
    Err(Failure::new("a part of the program failed, see above"))
}

/// Until time changes what is shown.
async fn pause(model: &Model) {
    if model.playing {
        let speed = SPEEDS.get(model.speed).copied().unwrap_or(1.0);
        tokio::time::sleep(SECOND.div_f64(speed)).await;
    } else if matches!(model.link, Link::Lost { .. }) {
        tokio::time::sleep(SECOND).await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// Does what the model wants; true when it wants to end.
fn perform(effect: Effect, model: &mut Model, client: Option<&Client>, to: &Sender<Action>) -> Result<bool, Failure> {
    match effect {
        Effect::Quit => return Ok(true),
        Effect::Copy(command) => {
            let command = completed(&command).replace('`', "");
            Screen::copy(&command)?;
            model.update(Action::Say(format!("copied: {command}")));
        }
        Effect::FetchReceipt(version) => {
            let Some(client) = client.cloned() else { return Ok(false) };
            let (to, cart) = (to.clone(), model.recording.cart);
            tokio::spawn(async move {
                let stages = feed::receipt(&client, cart, version).await;
                // Nobody looks any more when this fails.
                let _ = to.send(Action::Receipt { version, stages }).await;
            });
        }
    }
    Ok(false)
}

/// Reads keys in a thread of its own: a terminal can only be waited for.
fn read_keys() -> Receiver<Event> {
    let (to, keys) = channel(KEYS_WAITING_MAX);
    std::thread::spawn(move || {
        while !to.is_closed() {
            let read = match event::poll(KEYS_POLL) {
                Ok(true) => event::read(),
                Ok(false) => continue,
                Err(error) => Err(error),
            };
            let Ok(event) = read else { return };
            // Of a mouse that only moves nothing follows, and it says so often.
            if matches!(event, Event::Mouse(mouse) if mouse.kind == MouseEventKind::Moved) {
                continue;
            }
            if to.blocking_send(event).is_err() {
                return;
            }
        }
    });
    keys
}
