//! A system in this process with its HTTP front: what `dev` keeps running, and what other commands start for
//! themselves when none is there.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tillroll_local::callers::Callers;
use tillroll_local::front::Front;
use tillroll_local::host_check::Hosts;
use tillroll_local::pages::Pages;
use tillroll_local::system::{NotDrained, Options, System};
use tokio::net::TcpListener;

use super::failure::Failure;

/// Ports that are tried after a taken one.
const PORTS_TRIED_MAX: u16 = 50;

/// A running system that is reached over loopback HTTP.
pub(crate) struct Running {
    system: System,
    front: Front,
    port: u16,
}

impl Running {
    /// Starts the system and serves it on `port` or the next free one; on any free one for 0.
    pub(crate) async fn start(options: Options, port: u16) -> Result<Self, Failure> {
        Self::start_for(Hosts::default(), Callers::default(), &Pages::default(), options, port).await
    }

    /// The same with pages, for requests that name one of `hosts` and come from one of `callers`.
    pub(crate) async fn start_for(
        hosts: Hosts,
        callers: Callers,
        pages: &Pages,
        options: Options,
        port: u16,
    ) -> Result<Self, Failure> {
        let mut system = System::start(options).await.map_err(|error| Failure::of(&error))?;
        match listen(&mut system, port).await {
            Ok((listener, port)) => {
                Ok(Self { front: Front::start_for(hosts, callers, pages, listener, system.ports()), system, port })
            }
            Err(failure) => {
                system.shutdown().await;
                Err(failure)
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Lets every stage finish what is there at once, instead of waiting for batches to fill.
    pub(crate) async fn drain(&self, limit: Duration) -> Result<(), NotDrained> {
        self.system.drain(limit).await
    }

    /// Takes no more requests, ends the work at hand, and gives the data folder back.
    pub(crate) async fn end(self) {
        self.front.stop().await;
        self.system.shutdown().await;
    }
}

/// A listener on the port or the next free one, announced in the data folder.
async fn listen(system: &mut System, port: u16) -> Result<(TcpListener, u16), Failure> {
    let listener = bind(port).await?;
    let port = listener.local_addr().map_err(|error| Failure::of(&error))?.port();
    system.folder().announce(Some(port)).map_err(|error| Failure::of(&error))?;
    Ok((listener, port))
}

async fn bind(first: u16) -> Result<TcpListener, Failure> {
    let last = if first == 0 { 0 } else { first.saturating_add(PORTS_TRIED_MAX) };
    let mut port = first;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if port == last => return Err(none_free(first, last, &error)),
            Err(_) => port += 1,
        }
    }
}

fn none_free(first: u16, last: u16, error: &io::Error) -> Failure {
    Failure::new(format!("no port from {first} to {last} can be had on 127.0.0.1: {error}"))
        .hint("name another with --port")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[tokio::test]
    async fn a_taken_port_picks_the_next_free_one() {
        let taken = bind(0).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let next = bind(port).await.unwrap().local_addr().unwrap().port();
        assert!(next > port && next - port <= PORTS_TRIED_MAX, "{next} after {port}");
    }
}
