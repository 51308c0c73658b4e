//! `tillroll-command`: shoppers' routes, and the calls of the Ruby system.

// What the futures of a request hold in each other is deeper than the compiler looks by itself.
#![recursion_limit = "256"]

use std::process::ExitCode;

use tillroll_host_lambda::api::audience::Shoppers;
use tillroll_host_lambda::api::{self, Settings, built_in_reducer};
use tillroll_host_lambda::derived::TableNews;
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::lambda::absent::Absent;
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::configuration::Endpoint;
use tillroll_host_lambda::lambda::web::{CATALOGUE_REFRESH, Parts, Web};
use tillroll_host_lambda::lambda::{BUILD, Configuration, configuration, run};
use tillroll_host_lambda::s3::S3Catalogue;

/// The event table, and the rows that shoppers see.
#[derive(Clone, Debug)]
struct Ports {
    table: Events<SystemClock>,
    rows: RowTable<SystemClock>,
    news: TableNews<Events<SystemClock>, SystemClock>,
    clock: SystemClock,
    absent: Absent,
}

impl api::Ports for Ports {
    type Audience = Shoppers;
    type Table = Events<SystemClock>;
    type Rows = RowTable<SystemClock>;
    type Runs = Absent;
    type Progress = Absent;
    type Archive = Absent;
    type Queue = Absent;
    type Clock = SystemClock;
    type News = TableNews<Events<SystemClock>, SystemClock>;
    type Feed = Absent;
    type Pipeline = Absent;
    type DeadLetters = Absent;
    type Verifications = Absent;
    type Starter = Absent;

    fn table(&self) -> &Self::Table {
        &self.table
    }

    fn rows(&self) -> &Self::Rows {
        &self.rows
    }

    fn runs(&self) -> &Absent {
        &self.absent
    }

    fn progress(&self) -> &Absent {
        &self.absent
    }

    fn archive(&self) -> &Absent {
        &self.absent
    }

    fn queue(&self) -> &Absent {
        &self.absent
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn news(&self) -> &Self::News {
        &self.news
    }

    fn feed(&self) -> &Absent {
        &self.absent
    }

    fn pipeline(&self) -> &Absent {
        &self.absent
    }

    fn dead_letters(&self) -> &Absent {
        &self.absent
    }

    fn verifications(&self) -> &Absent {
        &self.absent
    }

    fn starter(&self) -> &Absent {
        &self.absent
    }
}

fn main() -> ExitCode {
    run("command", async |Configuration { aws, own }: &Configuration<configuration::Command>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let dynamodb = clients.dynamodb();
        let table = Events::new(dynamodb.clone(), own.events.clone(), Tokens::Send, clock);
        let rows = RowTable::new(dynamodb, own.rows.clone(), Tokens::Send, clock);
        let news = TableNews::new(table.clone(), clock);
        let catalogue = own.web.catalogue.as_ref();
        let catalogue = catalogue.map(|Endpoint(url)| S3Catalogue::new(clients.object(url), CATALOGUE_REFRESH, clock));
        let parts = Parts {
            settings: Settings {
                catalogue: None,
                reducer: built_in_reducer(),
                version: BUILD.to_owned(),
                check_owner: true,
                cart_rate: own.cart_rate,
            },
            catalogue,
            issuer: own.issuer.clone(),
            operators: own.operators.clone(),
            cors_origins: own.web.cors_origins.clone(),
            streaming: own.web.streaming,
            direct: own.direct.clone(),
            clock,
        };
        Web::new(Ports { table, rows, news, clock, absent: Absent }, parts).await
    })
}
