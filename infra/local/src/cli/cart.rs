//! One cart as several commands ask for it: how a person names it and a moment in its life, how its state is fetched,
//! and what is said when there is no such thing.

use std::str::FromStr;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use tillroll_core::cart::CartView;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::record::EventRecord;

use super::client::{Answer, Client};
use super::failure::Failure;
use super::lists::List;
use super::output::{count, shown};

/// A cart as a person named it. What is no cart id names no cart.
#[derive(Clone, Debug)]
pub(crate) struct CartName(String);

impl FromStr for CartName {
    type Err = std::convert::Infallible;

    /// People paste ids with blanks around them, and from tools that write them in capitals.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_ascii_lowercase()))
    }
}

impl CartName {
    /// The cart's id, or the failure that there is no such cart.
    pub(crate) fn id(&self) -> Result<StreamId, Failure> {
        self.0.parse().map_err(|_| no_such_cart(&self.0))
    }
}

/// A moment in a cart's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Version(u64),
    Time(Timestamp),
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.parse(), text.parse()) {
            (Ok(version), _) => Ok(Self::Version(version)),
            (_, Ok(time)) => Ok(Self::Time(time)),
            _ => Err("write a version such as 3, or a time such as 2017-01-31T12:00:00Z"),
        }
    }
}

/// The State JSON of one cart, as the API wrote it.
#[derive(Debug)]
pub(crate) struct State(Box<RawValue>);

impl State {
    /// The state at `moment`, or now. A closed cart has one too.
    pub(crate) async fn fetch(client: &Client, cart: StreamId, moment: Option<Moment>) -> Result<Self, Failure> {
        let query = moment.map(|moment| match moment {
            Moment::Version(version) => ("version", version.to_string()),
            Moment::Time(time) => ("at", time.to_string()),
        });
        let answer = client.get(&format!("/carts/{cart}"), &Vec::from_iter(query)).await?;
        if let Some(state) = Self::of(&answer)? {
            return Ok(state);
        }
        Err(match (answer.problem().code.as_str(), moment) {
            ("cart_not_found", None) => no_such_cart(&cart.to_string()),
            ("cart_not_found" | "version_not_found", Some(moment)) => not_then(client, cart, moment).await?,
            _ => answer.failure(),
        })
    }

    /// The state in an answer: its body, or what a closed cart's problem carries along.
    fn of(answer: &Answer) -> Result<Option<Self>, Failure> {
        #[derive(Deserialize)]
        struct Gone {
            state: Box<RawValue>,
        }

        Ok(match answer.status {
            status if status.is_success() => Some(Self(answer.read()?)),
            StatusCode::GONE => Some(Self(answer.read::<Gone>()?.state)),
            _ => None,
        })
    }

    /// The JSON text.
    pub(crate) fn json(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn view(&self) -> Result<CartView, Failure> {
        serde_json::from_str(self.json()).map_err(|error| Failure::of(&error))
    }
}

/// All events of a cart, from the first one on.
pub(crate) async fn history(client: &Client, cart: StreamId) -> Result<Vec<EventRecord>, Failure> {
    // Asked first, because it says in a person's words that there is no such cart.
    State::fetch(client, cart, Some(Moment::Version(1))).await?;
    let mut list = List::new(client, format!("/carts/{cart}/events"), "events", "after");
    let mut events = Vec::new();
    loop {
        let page = list.next().await?;
        if page.is_empty() {
            return Ok(events);
        }
        for entry in page {
            events.push(EventRecord::from_json(entry.json().as_bytes()).map_err(|error| Failure::of(&error))?);
        }
    }
}

/// There is no state at this moment: either there is no such cart, or it had not come so far.
pub(crate) async fn not_then(client: &Client, cart: StreamId, moment: Moment) -> Result<Failure, Failure> {
    let answer = client.get(&format!("/carts/{cart}"), &[]).await?;
    let Some(now) = State::of(&answer)? else {
        return Ok(no_such_cart(&cart.to_string()));
    };
    let newest = now.view()?.version;
    Ok(match moment {
        Moment::Version(version) => Failure::new(format!("cart {cart} has no version {}", count(version)))
            .hint(format!("its versions are 1 to {}", count(newest))),
        Moment::Time(time) => Failure::new(format!("cart {cart} was not there yet at {time}"))
            .hint(format!("`tillroll events {cart}` shows when what happened")),
    })
}

/// The failure that says so.
pub(crate) fn no_such_cart(name: &str) -> Failure {
    Failure::new(format!("there is no cart {}", shown(name))).hint("`tillroll carts` lists the carts there are")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn a_moment_is_a_version_or_a_time() {
        assert_eq!("3".parse(), Ok(Moment::Version(3)));
        assert_eq!("0".parse(), Ok(Moment::Version(0)));
        let time = "2017-01-31T12:00:00Z".parse().unwrap();
        assert_eq!("2017-01-31T13:00:00+01:00".parse(), Ok(Moment::Time(time)));
        for text in ["", "-1", "1.5", "yesterday", "2017-01-31"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_cart_is_named_by_its_id_however_it_was_pasted() {
        let id = "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21";
        for text in [id.to_owned(), format!(" {id}\n"), id.to_uppercase()] {
            assert_eq!(text.parse::<CartName>().unwrap().id().unwrap().to_string(), id);
        }
        for text in ["", "x", "../../etc", "0b5e8a8e6d0f5c539a4e6f3f1c9d9f21"] {
            assert!(text.parse::<CartName>().unwrap().id().is_err(), "{text}");
        }
    }
}
