//! A stock of one item, as a second aggregate: a page of code, and everything around it is the same.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tillroll_core::aggregate::{Aggregate, Event, Head, Versioned};
use tillroll_core::given::given;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::recorded::CommandMark;
use uuid::Uuid;

#[derive(Clone, Debug, Default, PartialEq)]
struct Stock {
    pieces: u32,
}

#[derive(Clone, Debug, PartialEq)]
enum StockEvent {
    Received(Moved),
    Shipped(Moved),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Moved {
    pieces: u32,
}

#[derive(Clone, Debug)]
enum StockCommand {
    Receive(u32),
    Ship(u32),
}

#[derive(Clone, Debug, PartialEq)]
enum StockRefusal {
    NotEnough { left: u32 },
    CommandReused,
}

impl Event for StockEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Received(_) => "StockReceived",
            Self::Shipped(_) => "StockShipped",
        }
    }

    fn serialize_data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Received(moved) | Self::Shipped(moved) => moved.serialize(serializer),
        }
    }

    fn deserialize_data<'de, D: Deserializer<'de>>(name: &str, data: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(match name {
            "StockReceived" => Self::Received(Deserialize::deserialize(data)?),
            "StockShipped" => Self::Shipped(Deserialize::deserialize(data)?),
            _ => return Ok(None),
        }))
    }
}

impl Aggregate for Stock {
    type Event = StockEvent;
    type Command = StockCommand;
    type Refusal = StockRefusal;
    type Terms<'a> = ();

    fn decide(&self, _: Head, command: &StockCommand, (): ()) -> Result<Vec<StockEvent>, StockRefusal> {
        match *command {
            StockCommand::Receive(0) | StockCommand::Ship(0) => Ok(vec![]),
            StockCommand::Receive(pieces) => Ok(vec![StockEvent::Received(Moved { pieces })]),
            StockCommand::Ship(pieces) if pieces > self.pieces => Err(StockRefusal::NotEnough { left: self.pieces }),
            StockCommand::Ship(pieces) => Ok(vec![StockEvent::Shipped(Moved { pieces })]),
        }
    }

    fn evolve(&mut self, event: &StockEvent) {
        match event {
            StockEvent::Received(moved) => self.pieces = self.pieces.saturating_add(moved.pieces),
            StockEvent::Shipped(moved) => self.pieces = self.pieces.saturating_sub(moved.pieces),
        }
    }

    fn command_reused() -> StockRefusal {
        StockRefusal::CommandReused
    }
}

#[test]
fn what_is_there_is_shipped() {
    let after = given::<Stock>([StockEvent::Received(Moved { pieces: 5 })])
        .when(&StockCommand::Ship(2), ())
        .then([StockEvent::Shipped(Moved { pieces: 2 })]);
    assert_eq!(after, Stock { pieces: 3 });
}

#[test]
fn more_than_there_is_is_refused() {
    given::<Stock>([]).when(&StockCommand::Ship(1), ()).then_refused(&StockRefusal::NotEnough { left: 0 });
}

#[test]
fn nothing_to_do_is_nothing() {
    given::<Stock>([]).when(&StockCommand::Receive(0), ()).then_nothing();
}

#[test]
fn the_judge_knows_nothing_of_carts() {
    let mut stock = Versioned::<Stock>::new(StreamId::new(Uuid::from_u128(1)));
    let asked = |id, content: &str, command| Asked {
        mark: CommandMark::new(CommandId::new(Uuid::from_u128(id)), Fingerprint::of(content)),
        command: Ok(command),
    };
    let request = [
        asked(1, "receive 5", StockCommand::Receive(5)),
        asked(2, "ship 9", StockCommand::Ship(9)),
        asked(1, "receive 5", StockCommand::Receive(5)),
        asked(1, "receive 6", StockCommand::Receive(6)),
    ];
    let outcomes = judge(&mut stock, &request, (), Atomicity::EachOnItsOwn);
    assert_eq!(
        outcomes,
        [
            Outcome::Accepted { first_version: 1, last_version: 1 },
            Outcome::Refused(StockRefusal::NotEnough { left: 5 }),
            Outcome::Resent { first_version: 1, last_version: 1 },
            Outcome::Refused(StockRefusal::CommandReused),
        ]
    );
    assert_eq!((stock.changes().len(), stock.state()), (1, &Stock { pieces: 5 }));
}
