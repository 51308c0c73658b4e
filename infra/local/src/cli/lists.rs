//! Lists of the API, page by page: `{"<name>": [entry, …], "cursor": null or text}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::client::Client;
use super::failure::{Ending, Failure, say};
use super::output::{Output, shown};
use super::table::Table;

/// Most entries the API gives at once.
const PAGE_MAX: u64 = 1_000;

/// A list that is read page by page, as many entries as asked for.
pub(crate) struct List<'a> {
    client: &'a Client,
    path: String,
    name: &'static str,
    position: &'static str,
    keep: Box<dyn Fn(&Entry) -> bool + Send + Sync>,
    /// Where the next page begins; `None` at the beginning, and at the end, see `ended`.
    cursor: Option<String>,
    ended: bool,
    left: u64,
    page_max: u64,
    more: Vec<(&'static str, String)>,
}

/// An entry of a list as the API wrote it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Entry(Box<RawValue>);

impl Entry {
    /// The JSON text.
    pub(crate) fn json(&self) -> &str {
        self.0.get()
    }

    /// The entry, read.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(self.json()).map_err(|error| Failure::of(&error))
    }
}

/// Some cursors are versions.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cursor {
    Number(u64),
    Text(String),
}

impl<'a> List<'a> {
    /// The list at `path` whose entries stand under `name`. The query member `position` says where a page begins.
    pub(crate) fn new(client: &'a Client, path: String, name: &'static str, position: &'static str) -> Self {
        Self {
            client,
            path,
            name,
            position,
            keep: Box::new(|_| true),
            cursor: None,
            ended: false,
            left: u64::MAX,
            page_max: PAGE_MAX,
            more: Vec::new(),
        }
    }

    /// Begins at `cursor` instead of the beginning.
    pub(crate) fn from(mut self, cursor: Option<String>) -> Self {
        self.cursor = cursor;
        self
    }

    /// Reads at most so many entries.
    pub(crate) fn limit(mut self, limit: u64) -> Self {
        self.left = limit;
        self
    }

    /// The list gives at most so many entries at once.
    pub(crate) fn page(mut self, page_max: u64) -> Self {
        self.page_max = page_max;
        self
    }

    /// Asks with one more member in the query.
    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.more.push((name, value));
        self
    }

    /// Asks with this member in the query, if it has a value.
    pub(crate) fn with_some(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value.to_owned()),
            None => self,
        }
    }

    /// Leaves out other entries.
    pub(crate) fn keep(mut self, keep: impl Fn(&Entry) -> bool + Send + Sync + 'static) -> Self {
        self.keep = Box::new(keep);
        self
    }

    /// The entries of the next page that has any; none at the end of the list or the limit.
    pub(crate) async fn next(&mut self) -> Result<Vec<Entry>, Failure> {
        while !self.ended && self.left > 0 {
            // Never more than are still wanted, so that the cursor stands right behind the last one.
            let mut query = vec![("limit", self.left.min(self.page_max).to_string())];
            query.extend(self.more.iter().cloned());
            query.extend(self.cursor.take().map(|cursor| (self.position, cursor)));
            let answer = self.client.get(&self.path, &query).await?.accepted()?;
            let mut members: BTreeMap<String, Box<RawValue>> = answer.read()?;
            let entries: Vec<Entry> = self.member(&mut members, self.name)?;
            self.cursor = self.member::<Option<Cursor>>(&mut members, "cursor")?.map(|cursor| match cursor {
                Cursor::Number(version) => version.to_string(),
                Cursor::Text(text) => text,
            });
            self.ended = self.cursor.is_none() || entries.is_empty();
            let kept: Vec<Entry> = entries.into_iter().filter(|entry| (self.keep)(entry)).collect();
            self.left = self.left.saturating_sub(kept.len() as u64);
            if !kept.is_empty() {
                return Ok(kept);
            }
        }
        Ok(Vec::new())
    }

    /// Reads all that is left and gives it to `take`, entry by entry.
    pub(crate) async fn each<T: DeserializeOwned>(&mut self, mut take: impl FnMut(T)) -> Result<(), Failure> {
        loop {
            let entries = self.next().await?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                take(entry.read()?);
            }
        }
    }

    fn member<T: DeserializeOwned>(
        &self,
        members: &mut BTreeMap<String, Box<RawValue>>,
        name: &str,
    ) -> Result<T, Failure> {
        let Some(member) = members.remove(name) else {
            return Err(Failure::new(format!("the system's answer to {} has no `{name}`", self.path)));
        };
        serde_json::from_str(member.get()).map_err(|error| Failure::of(&error))
    }

    /// Where to go on after the entries read so far; `None` at the end of the list.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Prints what was read as a table, or `nothing` in place of an empty one, and says where the list goes on.
    pub(crate) fn print_table(&self, table: &Table, nothing: &str) -> Result<Ending, Failure> {
        let mut output = Output::new();
        if table.is_empty() {
            output.line(nothing)?;
        } else {
            output.text(&table.render())?;
        }
        output.end()?;
        if let Some(cursor) = self.cursor() {
            say(&format!("there are more: the same command with --cursor {}", shown(cursor)));
        }
        Ok(Ending::Fine)
    }

    /// Prints all entries as one document of the API's shape; holds one page at a time.
    pub(crate) async fn print_json(mut self) -> Result<Ending, Failure> {
        // The first page is had before anything is printed, so that a refusal leaves standard output empty.
        let mut page = self.next().await?;
        let mut output = Output::new();
        output.text(&format!("{{\"{}\":[", self.name))?;
        let mut between = "";
        while !page.is_empty() {
            for entry in &page {
                output.text(between)?;
                output.text(entry.json())?;
                between = ",";
            }
            page = self.next().await?;
        }
        let cursor = serde_json::to_string(&self.cursor).map_err(|error| Failure::of(&error))?;
        output.line(&format!("],\"cursor\":{cursor}}}"))?;
        output.end()?;
        Ok(Ending::Fine)
    }
}
