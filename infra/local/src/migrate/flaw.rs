//! What can be wrong with an event of the original system, each with what it means for whoever migrates.

use serde::Serialize;

/// One kind of thing that is wrong. Its name in JSON is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// A record holds an `Events` list, the layout before there was an item for each event.
    EventsList,
    /// The key `AggregateUuid` is null or missing. Closing a cart forgot its id before it was stored.
    NullKey,
    /// The version is written as text or with a point or exponent: `"0.1e1"` is how Ruby prints a big decimal.
    VersionForm,
    /// There is no version, or it is none.
    NoVersion,
    /// A uuid is written in capitals, without hyphens or otherwise unusually.
    UuidForm,
    /// There is no `EventUuid`, or it is no uuid.
    NoEventUuid,
    /// Neither key nor data name a cart.
    NoCart,
    /// Key and data name different carts.
    OtherCart,
    /// There is no name.
    NoName,
    /// The name is no event's.
    UnknownName,
    /// There is no data, or it is no map.
    NoData,
    /// The data does not read as what the name says.
    WrongData,
    /// A cart has no event of a version below its newest.
    Hole,
    /// A cart has the same version twice, with different content.
    Doubled,
    /// It cannot be read as JSON, or is no event at all.
    NotAnEvent,
}

impl Flaw {
    /// What it means, for people: a clause without a full stop.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::EventsList => "an `Events` list, which no reader of single items understands",
            Self::NullKey => "no `AggregateUuid`; the cart is taken from the data",
            Self::VersionForm => "a version that is not plain digits",
            Self::NoVersion => "no version",
            Self::UuidForm => "a uuid in another form than lower case with hyphens",
            Self::NoEventUuid => "no `EventUuid`; one is made from cart and version",
            Self::NoCart => "nothing says which cart it belongs to",
            Self::OtherCart => "key and data name different carts",
            Self::NoName => "no name",
            Self::UnknownName => "a name that no event has; kept, and no state changes by it",
            Self::NoData => "no data",
            Self::WrongData => "data that is not what the name says",
            Self::Hole => "a version is missing below the cart's newest",
            Self::Doubled => "the same version twice, with different content",
            Self::NotAnEvent => "not JSON, or no event at all",
        }
    }

    /// Whether Tillroll reads a table with this in it as it is.
    #[must_use]
    pub const fn is_read_in_place(self) -> bool {
        matches!(self, Self::UnknownName | Self::OtherCart)
    }

    /// Whether `migrate archive` puts it right; what it cannot put right it leaves and names.
    #[must_use]
    pub const fn is_mended(self) -> bool {
        match self {
            Self::EventsList
            | Self::NullKey
            | Self::VersionForm
            | Self::UuidForm
            | Self::NoEventUuid
            | Self::UnknownName => true,
            Self::NoVersion
            | Self::NoCart
            | Self::OtherCart
            | Self::NoName
            | Self::NoData
            | Self::WrongData
            | Self::Hole
            | Self::Doubled
            | Self::NotAnEvent => false,
        }
    }
}
