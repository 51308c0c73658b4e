//! A reducer as bytes in and bytes out: what a module without imports answers, so that two versions of the rules can be
//! run side by side on one history. The module itself (allocator, pointers, JSON) is `host-web/reducer`; everything that
//! is decided or laid out is here. docs/reducers.md tells hosts the same.
//!
//! **The layouts are an ABI.** They belong to [`ABI_VERSION`], which also fixes the packed layout in which histories go in
//! and decided events come out ([`crate::packed`]); a change to any line below is a new version. All of it is postcard of
//! types that exist for this alone, as packed histories are.
//!
//! A state: what a reducer knows after a version. Only the module that wrote it reads it again.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `tillfold` |
//! | 1 | ABI version, 1 |
//! | 8 | mark of the reducer that wrote it |
//! | | stream: UUID · version · unknown events · cart: 0 empty, 1 open (contents), 2 closed (contents, reason: option of the event's numbers) |
//! | 8 | xxh3-64 of everything before these 8 bytes, little-endian |
//!
//! Contents: currency, owner ref, token hash: option of text · lines: list of (sku, item name, quantity, price: option of
//! (minor, per)) · discounts: list of (code, rule as in the event).
//!
//! A command: where prices and rules come from, and then the request in the layout of its fingerprint
//! ([`CartRequest::fingerprint`]).
//!
//! | | tariff | fields |
//! |---|---|---|
//! | 0 | as given | |
//! | 1 | history | |
//! | 2 | catalogue | version, currency: text · items: list of (sku, item name, (minor, per)) · discounts: list of (code, rule as in the event) |
//!
//! Reading trusts nothing: no bytes make it panic, and what it allocates is bounded by what it was given.

mod error;
mod layout;

use alloc::vec::Vec;

use uuid::Uuid;

pub use error::AbiError;
use layout::{StateLayout, TariffLayout};

use crate::aggregate::Aggregate as _;
use crate::cart::catalogue::Actor;
use crate::cart::{Cart, CartEvent, CartRefusal, CartRequest, CartView, Catalogue, Tariff, Terms};
use crate::hash::Fingerprint;
use crate::id::EventId;
use crate::packed::{Content, Header, History, Writer};
use crate::recorded::Circumstances;
use crate::timeline::Moment;

/// Version of everything that crosses: the calls, their errors, states, commands, and the packed layout of histories.
pub const ABI_VERSION: u8 = 1;
/// The first bytes of a state.
pub const STATE_MAGIC: [u8; 8] = *b"tillfold";
/// The checksum at the end of a state.
const CHECKSUM_BYTES: usize = 8;

/// Which reducer wrote a state. Equal for equal modules, and for no others by odds that accidents do not beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub [u8; 8]);

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// What happens, as a packed history that follows the state; it may be empty, when all is so already. Nobody recorded
    /// these events: their ids are nil, and nothing else is noted.
    Events(Vec<u8>),
    /// The domain says no.
    Refused(CartRefusal),
}

/// The state after a packed history. `state` is what an earlier fold answered, or no bytes at all: then the history
/// begins at the beginning of its stream.
pub fn fold(mark: Mark, state: &[u8], history: &[u8]) -> Result<Vec<u8>, AbiError> {
    let history = History::open(history).map_err(AbiError::of_history)?;
    let mut moment = if state.is_empty() { Moment::before(history.header().stream) } else { read(mark, state)? };
    history.fold(&mut moment).map_err(AbiError::of_history)?;
    Ok(write(mark, &moment))
}

/// The cart as readers see it; `None` before it was opened.
pub fn view(mark: Mark, state: &[u8]) -> Result<Option<CartView>, AbiError> {
    Ok(read(mark, state)?.view())
}

/// The state's fingerprint: that of its view, and 0 before the cart was opened.
pub fn hash(mark: Mark, state: &[u8]) -> Result<Fingerprint, AbiError> {
    let view = view(mark, state)?;
    Ok(view.map_or(Fingerprint::new(0), |view| view.state_hash))
}

/// What a command causes on a state, whoever asks being trusted. Commands seen before are not remembered in a state, so
/// a resent one is decided again.
pub fn decide(mark: Mark, state: &[u8], command: &[u8]) -> Result<Decided, AbiError> {
    let moment = read(mark, state)?;
    if moment.unknown_events > 0 {
        return Err(AbiError::UnknownEvents);
    }
    let (tariff, request) = read_command(command)?;
    let tariff = match &tariff {
        OwnTariff::AsGiven => Tariff::AsGiven,
        OwnTariff::History => Tariff::History,
        OwnTariff::Catalogue(catalogue) => Tariff::Catalogue(catalogue),
    };
    let terms = Terms { tariff, actor: Actor::Trusted };
    match request.check().and_then(|command| moment.state.decide(moment.head, &command, terms)) {
        Ok(events) => packed(&moment, &events).map(Decided::Events),
        Err(refusal) => Ok(Decided::Refused(refusal)),
    }
}

/// A command as [`decide`] reads it.
#[must_use]
pub fn command(tariff: Tariff<'_>, request: &CartRequest) -> Vec<u8> {
    let tariff = TariffLayout::of(tariff);
    // Writing plain types to a growing vector fails for nothing.
    postcard::to_allocvec(&(tariff, request)).unwrap_or_default()
}

/// The mark of the reducer that wrote a state; `None` of bytes that are none.
#[must_use]
pub fn mark_of(state: &[u8]) -> Option<Mark> {
    state.strip_prefix(&STATE_MAGIC)?.get(1..)?.first_chunk().copied().map(Mark)
}

/// Where prices and rules come from, read from bytes.
enum OwnTariff {
    AsGiven,
    History,
    Catalogue(Catalogue),
}

fn read_command(bytes: &[u8]) -> Result<(OwnTariff, CartRequest), AbiError> {
    let malformed = AbiError::MalformedCommand;
    let (tariff, rest) = postcard::take_from_bytes::<TariffLayout<'_>>(bytes).map_err(|_| malformed)?;
    let tariff = tariff.tariff().map_err(|_| malformed)?;
    let (number, rest) = postcard::take_from_bytes::<u32>(rest).map_err(|_| malformed)?;
    let shape = usize::try_from(number).ok().and_then(|number| CartRequest::SHAPES.get(number));
    let (name, _) = shape.ok_or(malformed)?;
    let mut data = postcard::Deserializer::from_bytes(rest);
    let request = CartRequest::deserialize_data(name, &mut data).ok().flatten().ok_or(malformed)?;
    let surplus = data.finalize().map_err(|_| malformed)?;
    if surplus.is_empty() { Ok((tariff, request)) } else { Err(malformed) }
}

fn read(mark: Mark, state: &[u8]) -> Result<Moment<Cart>, AbiError> {
    let rest = state.strip_prefix(&STATE_MAGIC).ok_or(AbiError::NotAState)?;
    match rest.split_first() {
        Some((&ABI_VERSION, _)) => {}
        Some(_) => return Err(AbiError::OtherAbi),
        None => return Err(AbiError::DamagedState),
    }
    match mark_of(state) {
        Some(wrote) if wrote == mark => {}
        Some(_) => return Err(AbiError::OtherReducer),
        None => return Err(AbiError::DamagedState),
    }
    let (summed, checksum) = state.split_last_chunk::<CHECKSUM_BYTES>().ok_or(AbiError::DamagedState)?;
    if Fingerprint::of_bytes(summed).get() != u64::from_le_bytes(*checksum) {
        return Err(AbiError::DamagedState);
    }
    let layout = summed.get(head(mark).len()..).ok_or(AbiError::DamagedState)?;
    match postcard::take_from_bytes::<StateLayout<'_>>(layout) {
        Ok((layout, [])) => layout.moment().map_err(|_| AbiError::DamagedState),
        Ok(_) | Err(_) => Err(AbiError::DamagedState),
    }
}

fn write(mark: Mark, moment: &Moment<Cart>) -> Vec<u8> {
    // Writing plain types to a growing vector fails for nothing.
    let mut state = postcard::to_extend(&StateLayout::of(moment), head(mark).to_vec()).unwrap_or_default();
    let checksum = Fingerprint::of_bytes(&state).get();
    state.extend_from_slice(&checksum.to_le_bytes());
    state
}

/// What stands before the layout.
fn head(mark: Mark) -> [u8; 17] {
    let mut head = [ABI_VERSION; 17];
    let (magic, rest) = head.split_at_mut(STATE_MAGIC.len());
    magic.copy_from_slice(&STATE_MAGIC);
    rest.iter_mut().skip(1).zip(mark.0).for_each(|(place, byte)| *place = byte);
    head
}

fn packed(moment: &Moment<Cart>, events: &[CartEvent]) -> Result<Vec<u8>, AbiError> {
    let header = Header { stream: moment.head.stream, after: moment.head.version, beside: Vec::new() };
    let nobody = Circumstances::bare(EventId::new(Uuid::nil()));
    let mut writer = Writer::<Cart>::new(&header).map_err(|_| AbiError::EventTooLarge)?;
    for event in events {
        writer.push(&Content::Known(event), None, &nobody).map_err(|_| AbiError::EventTooLarge)?;
    }
    Ok(writer.finish())
}
