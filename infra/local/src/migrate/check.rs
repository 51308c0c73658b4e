//! Looks at a table or an archive of the original system, and says what is wrong in it. Changes nothing.

use futures_util::stream::{Stream, StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use serde_json::Value;
use tillroll_host_lambda::ports::{Archive, Fault};

use super::flaw::Flaw;
use super::history::{History, Seen};
use super::legacy::{self, Read};
use super::report::Flaws;
use super::source::{Content, Document, TableUnreadable, documents};

/// What there is, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// Items of a table, objects of an archive.
    pub records: u64,
    /// Events in them, readable or not.
    pub events: u64,
    /// Carts of those events that name one.
    pub carts: u64,
    /// Events that came again, the same in everything that matters. Archives have them by nature.
    pub repeated: u64,
    /// Objects of Tillroll's own among them.
    pub ours: u64,
    /// Events with something in them that keeps Tillroll from reading them where they lie.
    pub unreadable_in_place: u64,
    /// Whether holes and doubles were looked for in everything; not above
    /// [`REMEMBERED_MAX`](super::history::REMEMBERED_MAX) events.
    pub histories_complete: bool,
    /// What is wrong.
    pub flaws: Flaws,
}

#[derive(Debug, Default)]
struct Check {
    report: Checked,
    history: History,
}

/// Checks all objects of an archive; `seen` is told how many it has read.
pub async fn check_archive<A: Archive>(archive: &A, mut seen: impl FnMut(u64)) -> Result<Checked, Fault> {
    let mut check = Check::default();
    let mut documents = std::pin::pin!(documents(archive, None));
    while let Some(Document { key, content }) = documents.try_next().await? {
        check.report.records += 1;
        match content {
            Content::Old(events) => events.into_iter().for_each(|read| check.take(read, || key.clone())),
            Content::Ours => check.report.ours += 1,
            Content::Unreadable(why) => check.report.flaws.add(Flaw::NotAnEvent, || format!("{key}: {why}")),
        }
        seen(check.report.records);
    }
    Ok(check.end())
}

/// Checks all items of a table.
pub async fn check_table(
    pages: impl Stream<Item = Result<Vec<Value>, TableUnreadable>>,
    mut seen: impl FnMut(u64),
) -> Result<Checked, TableUnreadable> {
    let mut check = Check::default();
    let mut pages = std::pin::pin!(pages);
    while let Some(items) = pages.next().await.transpose()? {
        for item in items {
            check.report.records += 1;
            let place = place_of(&item);
            for read in legacy::read(item) {
                check.take(read, || place.clone());
            }
        }
        seen(check.report.records);
    }
    Ok(check.end())
}

/// The key of an item, as it stands there.
fn place_of(item: &Value) -> String {
    let cart = ["AggregateUuid", "Uuid"].iter().find_map(|key| item.get(key));
    match (cart, item.get("Version")) {
        (Some(cart), Some(version)) => format!("cart {cart}, version {version}"),
        (Some(cart), None) => format!("cart {cart}"),
        (None, _) => "an item without a key of an event".to_owned(),
    }
}

impl Check {
    fn take(&mut self, read: Read, place: impl Fn() -> String) {
        self.report.events += 1;
        let mut flaws = read.flaws;
        if let Some(event) = &read.event {
            match self.history.see(event) {
                Seen::First | Seen::Forgotten => {}
                Seen::Again => self.report.repeated += 1,
                Seen::Doubled => flaws.push(Flaw::Doubled),
            }
        }
        if flaws.iter().any(|flaw| !flaw.is_read_in_place()) {
            self.report.unreadable_in_place += 1;
        }
        for flaw in flaws {
            self.report.flaws.add(flaw, &place);
        }
    }

    fn end(self) -> Checked {
        let Self { mut report, history } = self;
        for (cart, first, missing) in history.holes() {
            report.flaws.add(Flaw::Hole, || format!("cart {cart}, from version {first} on: {missing} missing"));
        }
        report.carts = history.carts();
        report.histories_complete = history.is_complete();
        report.ok = report.flaws.is_empty();
        report
    }
}
