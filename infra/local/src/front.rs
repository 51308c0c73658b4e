//! The API over the system of this machine, on a socket, and pages beside it.

use std::sync::Arc;

use tillroll_core::cart::Catalogue;
use tillroll_host_lambda::api::audience::Everybody;
use tillroll_host_lambda::api::{self, Api, Settings};
use tillroll_host_lambda::memory::ProcessNews;
use tillroll_host_lambda::ports::Clock as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::archive::LocalArchive;
use crate::bus::LocalBus;
use crate::callers::Callers;
use crate::clock::LocalClock;
use crate::functions::LocalRows;
use crate::host_check::{Hosts, Key};
use crate::http;
use crate::pages::Pages;
use crate::progress::LocalProgress;
use crate::queue::LocalQueue;
use crate::runs::LocalRuns;
use crate::system::Ports;
use crate::table::LocalTable;

/// Version of this build.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Serves the API until it is stopped; dropped, it stops at once.
#[derive(Debug)]
pub struct Front {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Front {
    /// Starts to serve those who name this machine.
    #[must_use]
    pub fn start(listener: TcpListener, ports: &Ports) -> Self {
        Self::start_for(Hosts::default(), Callers::default(), &Pages::default(), listener, ports)
    }

    /// Starts to serve those of `callers` who name one of `hosts`, and pages beside the API.
    #[must_use]
    pub fn start_for(hosts: Hosts, callers: Callers, pages: &Pages, listener: TcpListener, ports: &Ports) -> Self {
        let catalogue = ports.catalogue.as_deref().cloned();
        Self::serve((hosts, callers), pages, listener, ports.clone(), catalogue)
    }

    /// Starts to serve a system that lives elsewhere, with the rights of this process: only those who show its key.
    #[must_use]
    pub fn start_with_key<P: api::Ports>(key: Key, listener: TcpListener, ports: P) -> Self {
        let doors = (Hosts::default().with_key(key), Callers::default());
        Self::serve(doors, &Pages::default(), listener, ports, None)
    }

    fn serve<P: api::Ports>(
        (hosts, callers): (Hosts, Callers),
        pages: &Pages,
        listener: TcpListener,
        ports: P,
        catalogue: Option<Catalogue>,
    ) -> Self {
        let settings = Settings {
            catalogue,
            reducer: api::built_in_reducer(),
            version: VERSION.to_owned(),
            check_owner: callers.are_checked(),
            cart_rate: None,
        };
        let started = ports.clock().now();
        let front = Arc::new((hosts, callers, Api::new(ports, settings)));
        let answer = move |mut request| {
            let front = Arc::clone(&front);
            async move {
                let (hosts, callers, api) = &*front;
                if let Some(refused) = hosts.refuse(&request) {
                    return refused;
                }
                match callers.name(&mut request, api.ports().clock()).await {
                    Ok(()) => api.answer(&request).await,
                    Err(problem) => problem.into_response(request.trace_id()),
                }
            }
        };
        let pages = pages.routes();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let until = async {
                // Told, or left behind by whoever would tell.
                let _ = stopped.await;
            };
            if let Err(error) = http::serve(listener, pages, answer, started, until).await {
                tracing::error!(%error, "the HTTP front ended");
            }
        });
        Self { stop, serving }
    }

    /// Takes no more connections, lets requests under way end if they do so soon, and then is gone.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the HTTP front broke");
        }
    }
}

impl api::Ports for Ports {
    type Audience = Everybody;
    type Table = LocalTable;
    type Rows = LocalRows;
    type Runs = LocalRuns;
    type Progress = LocalProgress;
    type Archive = LocalArchive;
    type Queue = LocalQueue;
    type Clock = LocalClock;
    type News = ProcessNews<LocalClock>;
    type Feed = LocalBus;
    type Pipeline = LocalProgress;
    type DeadLetters = LocalQueue;
    type Verifications = Self;
    type Starter = Self;

    fn table(&self) -> &LocalTable {
        &self.table
    }

    fn rows(&self) -> &LocalRows {
        &self.rows
    }

    fn runs(&self) -> &LocalRuns {
        &self.runs
    }

    fn progress(&self) -> &LocalProgress {
        &self.progress
    }

    fn archive(&self) -> &LocalArchive {
        &self.archive
    }

    fn queue(&self) -> &LocalQueue {
        &self.queue
    }

    fn clock(&self) -> &LocalClock {
        &self.clock
    }

    fn news(&self) -> &ProcessNews<LocalClock> {
        &self.news
    }

    fn feed(&self) -> &LocalBus {
        &self.bus
    }

    fn pipeline(&self) -> &LocalProgress {
        &self.progress
    }

    fn dead_letters(&self) -> &LocalQueue {
        &self.queue
    }

    fn verifications(&self) -> &Self {
        self
    }

    fn starter(&self) -> &Self {
        self
    }
}
