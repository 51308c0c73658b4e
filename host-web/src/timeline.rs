//! `CartTimeline`: any moment of a packed history. The bytes are read once; what is handed out are single moments,
//! differences and columns.

use js_sys::JSON;
use serde::{Serialize, Serializer};
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::packed::{Content, History, Packed as _};
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{self, Pointer, Timeline, diff};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{Failure, Misfit};
use crate::write;

/// What [`CartTimeline::kinds`] has for an event that this build does not know. The others have their numbers of the
/// packed layout.
const KIND_UNKNOWN: u8 = 255;
/// Most events of one column: so many bytes are reserved at most, whatever is asked for.
const COLUMN_MAX: usize = 1 << 20;

/// All of one cart's history, any moment of it at once.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CartTimeline(Timeline<Cart>);

#[derive(Serialize)]
struct Happened<'a> {
    version: u64,
    r#type: &'static str,
    data: Happening<'a>,
}

struct Happening<'a>(&'a CartEvent);

impl Serialize for Happening<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_data(serializer)
    }
}

#[wasm_bindgen]
impl CartTimeline {
    /// Reads a packed history that begins with the cart's first event.
    #[wasm_bindgen(constructor)]
    pub fn new(history: &[u8]) -> Result<Self, Failure> {
        Ok(Self(Timeline::of(&History::open(history)?)?))
    }

    /// Goes on with a packed history that begins where this one ends. After an error it ends at the last event before
    /// what is damaged.
    pub fn append(&mut self, history: &[u8]) -> Result<(), Failure> {
        Ok(self.0.append(&History::open(history)?)?)
    }

    /// The cart's id.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn cart(&self) -> String {
        // Not by formatting, which would have to be loaded.
        let id = self.0.newest().head.stream.uuid().hyphenated();
        id.encode_lower(&mut [0; 36]).to_owned()
    }

    /// How many events there are: the newest version.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn length(&self) -> f64 {
        write::number(self.0.newest().head.version)
    }

    /// The cart at a version: null before it was opened, undefined when it never came that far.
    pub fn at(&self, version: f64) -> Result<JsValue, Failure> {
        let moment = version_of(version).and_then(|version| self.0.at(version));
        moment.map_or(Ok(JsValue::UNDEFINED), |moment| Ok(write::value(&moment.view())?))
    }

    /// What must be done to the cart at `from` to get the one at `to`, as a list of `{path, from, to}`; undefined when it
    /// never came that far.
    pub fn diff(&self, from: f64, to: f64) -> Result<JsValue, Failure> {
        let view = |version| Some(self.0.at(version_of(version)?)?.view());
        let (Some(before), Some(after)) = (view(from), view(to)) else { return Ok(JsValue::UNDEFINED) };
        Ok(write::value(&diff(&Cart::value(&before), &Cart::value(&after)))?)
    }

    /// How the value at a JSON Pointer changed by the events `from` to `to`, as a list of `{version, from, to}`.
    pub fn life(&self, pointer: &str, from: f64, to: f64) -> Result<JsValue, Failure> {
        let wrong = |name: &'static str| Misfit::new(Misfit::WRONG_VALUE).under(name);
        let place: Pointer = pointer.parse().map_err(|_| wrong("pointer"))?;
        let first = version_of(from).ok_or_else(|| wrong("from"))?;
        let last = version_of(to).ok_or_else(|| wrong("to"))?;
        Ok(write::value(&timeline::life(&self.0, &place, first..=last))?)
    }

    /// The event of a version, `{version, type, data}`; undefined when there is none.
    pub fn event(&self, version: f64) -> Result<JsValue, Failure> {
        let before = version_of(version).and_then(|version| version.checked_sub(1));
        let Some((version, content)) = before.and_then(|before| self.0.contents(before).next()) else {
            return Ok(JsValue::UNDEFINED);
        };
        let (name, data) = match content {
            Content::Known(event) => {
                let event = Cart::own(&event);
                let data = Happening(&event);
                return Ok(write::value(&Happened { version, r#type: event.name(), data })?);
            }
            Content::Unknown { name, data } => (name, data),
        };
        let data = core::str::from_utf8(data).ok().and_then(|text| JSON::parse(text).ok()).unwrap_or(JsValue::NULL);
        let event = js_sys::Object::new().into();
        write::set(&event, "version", &write::number(version).into());
        write::set(&event, "type", &name.into());
        write::set(&event, "data", &data);
        Ok(event)
    }

    /// What kind each event after a version is, at most `limit` of them and 2^20: a byte each, numbered as in the packed
    /// layout, 255 for one that this build does not know.
    #[must_use]
    pub fn kinds(&self, after: f64, limit: f64) -> Vec<u8> {
        let most = version_of(limit).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(COLUMN_MAX);
        let Some(after) = version_of(after) else { return Vec::new() };
        self.0.contents(after).take(most.min(COLUMN_MAX)).map(|(_, content)| kind(&content)).collect()
    }
}

/// The version that a number names, if it can name one.
pub(crate) fn version_of(number: f64) -> Option<u64> {
    crate::read::integer(number).and_then(|whole| u64::try_from(whole).ok())
}

const fn kind(content: &Content<'_, CartEvent<&str>>) -> u8 {
    match content {
        Content::Known(CartEvent::CartOpened(_)) => 0,
        Content::Known(CartEvent::CartClaimed(_)) => 1,
        Content::Known(CartEvent::ItemAdded(_)) => 2,
        Content::Known(CartEvent::ItemQuantityChanged(_)) => 3,
        Content::Known(CartEvent::ItemRemoved(_)) => 4,
        Content::Known(CartEvent::DiscountApplied(_)) => 5,
        Content::Known(CartEvent::DiscountRemoved(_)) => 6,
        Content::Known(CartEvent::CartClosed(_)) => 7,
        Content::Unknown { .. } => KIND_UNKNOWN,
    }
}
