//! Terminal, system and model together: what comes in changes the model, what the model wants is done, and what it
//! shows is drawn, once for everything that came together.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, MouseEventKind};
use tillroll_core::id::StreamId;
use tillroll_host_lambda::ports::Clock as _;
use tillroll_local::clock::LocalClock;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::client::Client;
use super::super::export;
use super::super::failure::{Ending, Failure};
use super::super::interrupt::Interrupt;
use super::model::{Action, Effect, Link, Model, SPEEDS};
use super::screen::Screen;
use super::{feed, input};

/// Keys that wait: a fast hand and a slow terminal.
const KEYS_WAITING_MAX: usize = 256;
/// What is done before the screen is drawn again.
const TOGETHER_MAX: usize = 256;
/// How often whoever reads keys looks whether it is over.
const KEYS_POLL: Duration = Duration::from_millis(200);
const SECOND: Duration = Duration::from_secs(1);

/// The running system, and where its answers go.
pub(super) struct System {
    pub(super) client: Client,
    pub(super) cart: StreamId,
    pub(super) to: Sender<Action>,
}

/// Shows a timeline until it is left. `source` tells what happens; it may end, and fail.
pub(super) async fn run(
    mut model: Model,
    mut told: Receiver<Action>,
    source: impl Future<Output = Result<(), Failure>>,
    system: Option<System>,
    interrupt: &Interrupt,
) -> Result<Ending, Failure> {
    let mut screen = Screen::open()?;
    let mut source = pin!(source);
    let mut goes_on = true;
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
            ended = &mut source, if goes_on => {
                ended?;
                goes_on = false;
            }
            () = pause(&model) => {
                actions.push(Action::Now(LocalClock::system().now()));
                actions.push(Action::Beat);
            }
            () = interrupt.raised() => return Ok(Ending::Interrupted),
        }
        for action in actions {
            if let Some(effect) = model.update(action)
                && perform(effect, &mut model, system.as_ref())?
            {
                return Ok(Ending::Fine);
            }
        }
        // What has come meanwhile is drawn together.
        for _ in 0..TOGETHER_MAX {
            let Ok(key) = keys.try_recv() else { break };
            for action in input::actions(key, &model, Screen::area()) {
                if let Some(effect) = model.update(action)
                    && perform(effect, &mut model, system.as_ref())?
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
fn perform(effect: Effect, model: &mut Model, system: Option<&System>) -> Result<bool, Failure> {
    match effect {
        Effect::Quit => return Ok(true),
        Effect::Copy(what, text) => {
            Screen::copy(&text)?;
            let shown = if text.contains('\n') { String::new() } else { format!(": {text}") };
            model.update(Action::Say(format!("copied {what}{shown}")));
        }
        Effect::Save(name, mut file) => {
            file.exported_at = Some(LocalClock::system().now());
            let said = match export::write(Path::new(&name), &file.to_json(), false) {
                Ok(()) => format!("saved as {name}, which says that it never happened; `tillroll open` reads it"),
                Err(Failure::Said { what, .. }) => what,
                Err(Failure::OutputClosed) => String::new(),
            };
            model.update(Action::Say(said));
        }
        Effect::FetchReceipt(version) => {
            ask(system, move |client, cart| async move {
                Action::Receipt { version, stages: feed::receipt(&client, cart, version).await }
            });
        }
        Effect::Disclose(reason) => {
            ask(system, |client, cart| async move { Action::Disclosed(feed::disclose(&client, cart, &reason).await) });
        }
    }
    Ok(false)
}

/// Asks the system something without waiting for it.
fn ask<F>(system: Option<&System>, question: impl FnOnce(Client, StreamId) -> F)
where
    F: Future<Output = Action> + Send + 'static,
{
    let Some(System { client, cart, to }) = system else { return };
    let (answer, to) = (question(client.clone(), *cart), to.clone());
    tokio::spawn(async move {
        // Nobody looks any more when this fails.
        let _ = to.send(answer.await).await;
    });
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
