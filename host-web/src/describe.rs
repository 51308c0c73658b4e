//! Writes `web/cart/src/wasm/generated.ts` from the descriptions that `crate::shape` takes, and checks that the committed
//! one is fresh. To write it anew: `cargo xtask types`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::error::Failure;
use crate::session::{Named as NamedCommand, SessionCall};
use crate::timeline::TimelineCall;
use crate::types::event::{Event, Known, Named, Past};
use crate::types::snapshot::{Discarded, Dispatched, Sending, Shown};
use crate::wire::{Real, Written};
use tillroll_core::cart::{CartEvent, CartView};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces};
use tillroll_core::session::{Arrival, Settlement, Unsaved};
use tillroll_core::text::SmolStr;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::{Change, Pointer, Turn, Value};
use uuid::Uuid;

/// A type that has a side in JavaScript.
pub(crate) trait Shape {
    /// How it looks there. Types that it is made of are defined first.
    fn shape(types: &mut Types) -> Look;
}

/// How a type looks in TypeScript.
#[derive(Clone)]
pub(crate) struct Look {
    /// The type.
    typed: String,
    /// What converts it.
    codec: String,
}

impl Look {
    fn new(typed: &str, codec: &str) -> Self {
        Self { typed: typed.into(), codec: codec.into() }
    }
}

/// A member of an object.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) about: Vec<&'static str>,
    pub(crate) look: Look,
    /// What stands in brackets behind the field.
    pub(crate) more: &'static str,
}

/// The members of an alternative.
pub(crate) enum Members {
    /// Those of a type.
    Of(Look),
    These(Vec<Member>),
}

/// The definitions so far.
#[derive(Default)]
pub(crate) struct Types {
    defined: BTreeSet<&'static str>,
    text: String,
}

/// The name that a field has in JavaScript.
pub(crate) fn name(field: &str, other: &[&str]) -> String {
    other.first().map_or(field, |other| other).to_owned()
}

/// `AddItem` as the name of a value.
fn value_name(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_lowercase())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn comment(about: &[&str], indent: &str) -> String {
    let lines: Vec<_> = about.iter().map(|line| line.trim()).collect();
    match *lines {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        _ => format!("{indent}/**\n{}{indent} */\n", lines.iter().fold(String::new(), |text, line| text + indent + " * " + line + "\n")),
    }
}

impl Member {
    fn is(&self, word: &str) -> bool {
        self.more.split_whitespace().next() == Some(word)
    }

    /// What follows the word in the brackets.
    fn behind(&self, word: &str) -> Option<&str> {
        self.more.strip_prefix(word).map(str::trim)
    }

    fn codec(&self) -> String {
        let codec = &self.look.codec;
        if let Some(otherwise) = self.behind("or ") {
            format!("or({codec}, {})", otherwise.replace('"', "'"))
        } else if let Some(most) = self.behind("most ") {
            format!("most({}, {codec})", most.replace(' ', ""))
        } else if self.is("skipped") {
            codec.replacen("nullable(", "skipped(", 1)
        } else if self.is("json") {
            "json".to_owned()
        } else {
            codec.clone()
        }
    }

    /// As a line of an interface. What comes in may be left out where nothing stands for it.
    fn typed(&self, comes_in: bool) -> String {
        let Self { name, about, look, .. } = self;
        let (left_out, typed) = match self.more.split_whitespace().next() {
            Some("skipped") => (true, look.typed.trim_end_matches(" | null").to_owned()),
            Some("json") => (true, "unknown".to_owned()),
            Some("or") => (comes_in, look.typed.clone()),
            _ => (comes_in && look.typed.ends_with(" | null"), look.typed.clone()),
        };
        let mark = if left_out { "?" } else { "" };
        format!("{}  readonly {name}{mark}: {typed}\n", comment(about, "  "))
    }
}

impl Members {
    /// The type of an object with these members and `first`, and its codec.
    fn object(&self, first: &str, ways: &str) -> Look {
        let strict = if ways.contains("strict") { ", true" } else { "" };
        match self {
            Self::Of(look) if first.is_empty() => look.clone(),
            Self::Of(look) => Look { typed: format!("{{\n{first}}} & {}", look.typed), codec: look.codec.clone() },
            Self::These(members) => {
                let crossing = || members.iter().filter(|member| !member.is("omitted"));
                let flat = crossing().filter(|member| member.is("flat")).map(|member| format!(" & {}", member.look.typed));
                let own = crossing().filter(|member| !member.is("flat")).map(|member| member.typed(ways.contains("take")));
                let own: String = own.collect();
                let typed = if own.is_empty() && first.is_empty() { "{}".to_owned() } else { format!("{{\n{first}{own}}}") };
                let codecs = crossing().map(|member| {
                    let name = if member.is("flat") { "'...'" } else { &member.name };
                    format!("{name}: {}", member.codec())
                });
                let codecs = codecs.collect::<Vec<_>>().join(", ");
                let codec = if codecs.is_empty() { format!("object({{}}{strict})") } else { format!("object({{ {codecs} }}{strict})") };
                Look { typed: typed + &flat.collect::<String>(), codec }
            }
        }
    }
}

type Alternatives = Vec<(&'static str, Vec<&'static str>, Members)>;

impl Types {
    fn define(&mut self, name: &'static str, about: &[&str], build: impl FnOnce(&mut Self) -> Look) -> Look {
        if self.defined.insert(name) {
            let Look { typed, codec } = build(self);
            let (about, value) = (comment(about, ""), value_name(name));
            let declared = match typed.strip_prefix('{') {
                Some(members) if !typed.contains("} & ") && !typed.contains("} | ") => format!("interface {name} {{{members}"),
                _ => format!("type {name} = {typed}"),
            };
            write!(self.text, "\n{about}export {declared}\nexport const {value}: Codec<{name}> = {codec}\n").unwrap();
        }
        Look::new(name, &value_name(name))
    }

    /// A struct.
    pub(crate) fn object(
        &mut self,
        name: &'static str,
        ways: &str,
        about: &[&str],
        members: impl FnOnce(&mut Self) -> Members,
    ) -> Look {
        self.define(name, about, |types| {
            let Look { typed, codec } = members(types).object("", ways);
            Look { typed, codec: if ways.contains("shared") { format!("shared({codec})") } else { codec } }
        })
    }

    /// An enum without fields.
    pub(crate) fn words(&mut self, name: &'static str, about: &[&str], words: &[&str]) -> Look {
        self.define(name, about, |_| {
            let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
            Look { typed: words.join(" | "), codec: format!("words([{}])", words.join(", ")) }
        })
    }

    /// An enum that is told by one member.
    pub(crate) fn tagged(
        &mut self,
        name: &'static str,
        ways: &str,
        about: &[&str],
        tag: &str,
        alternatives: impl FnOnce(&mut Self) -> Alternatives,
    ) -> Look {
        self.define(name, about, |types| {
            let (mut typed, mut codec) = (String::new(), String::new());
            for (word, about, members) in alternatives(types) {
                let tag = format!("{}  readonly {tag}: {}\n", comment(&about, "  "), quoted(word));
                let look = members.object(&tag, ways);
                write!(typed, "\n  | {}", look.typed).unwrap();
                writeln!(codec, "  {word}: {},", look.codec).unwrap();
            }
            Look { typed, codec: format!("tagged({}, {{\n{codec}}})", quoted(tag)) }
        })
    }

    /// An enum that is told by one member and has its fields in another one.
    pub(crate) fn adjacent(
        &mut self,
        name: &'static str,
        ways: &str,
        about: &[&str],
        [tag, content]: [&str; 2],
        alternatives: impl FnOnce(&mut Self) -> Alternatives,
    ) -> Look {
        self.define(name, about, |types| {
            let (mut typed, mut codec) = (String::new(), String::new());
            for (word, about, members) in alternatives(types) {
                let tag = format!("{}  readonly {tag}: {}\n", comment(&about, "  "), quoted(word));
                let look = members.object("", ways);
                write!(typed, "\n  | {{\n{tag}  readonly {content}: {}\n}}", look.typed).unwrap();
                writeln!(codec, "  {word}: {},", look.codec).unwrap();
            }
            let strict = if ways.contains("strict") { ", true" } else { "" };
            Look { typed, codec: format!("adjacent({}, {}, {{\n{codec}}}{strict})", quoted(tag), quoted(content)) }
        })
    }
}

/// Types that need no definition.
macro_rules! plain {
    ($($typed:literal $codec:ident: $($of:ty),*;)*) => {$($(
        impl Shape for $of {
            fn shape(_: &mut Types) -> Look {
                Look::new($typed, stringify!($codec))
            }
        }
    )*)*};
}

plain! {
    "string" text: &str, String, SmolStr, Pointer, StreamId, CommandId, NamedCommand, EventId, Uuid, Fingerprint, Written;
    "number" whole: u64, u32, usize, Minor, Pieces, Per;
    "number" integer: i64, Timestamp;
    "number" real: Real;
    "boolean" truth: bool;
    "Uint8Array" bytes: Vec<u8>;
    "Value" value: Value<'_>;
}

impl<T: Shape> Shape for &T {
    fn shape(types: &mut Types) -> Look {
        T::shape(types)
    }
}

impl<T: Shape> Shape for Option<T> {
    fn shape(types: &mut Types) -> Look {
        let Look { typed, codec } = T::shape(types);
        Look { typed: format!("{typed} | null"), codec: format!("nullable({codec})") }
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn shape(types: &mut Types) -> Look {
        let Look { typed, codec } = T::shape(types);
        Look { typed: format!("readonly {typed}[]"), codec: format!("list({codec})") }
    }
}

impl<T: Shape> Shape for &[T] {
    fn shape(types: &mut Types) -> Look {
        Vec::<T>::shape(types)
    }
}

/// An event whose name may be unknown, told by its name behind a prefix.
impl Shape for Named {
    fn shape(types: &mut Types) -> Look {
        let Look { codec, .. } = CartEvent::shape(types);
        Look { typed: "{ readonly type: string; readonly data: unknown }".into(), codec: format!("named({codec}, 'tillroll.cart.')") }
    }
}

impl Shape for Known<'_> {
    fn shape(types: &mut Types) -> Look {
        let Look { typed, codec } = CartEvent::shape(types);
        Look { typed: format!("({typed} | UnknownEvent)"), codec: format!("named({codec})") }
    }
}

const HEAD: &str = "\
// Written by `cargo xtask types` from host-web/src/types: do not change it by hand. What crosses between JavaScript and the
// wasm: each type, and beside it what converts it.
import {
  adjacent, bytes, type Codec, integer, json, list, most, named, nullable, object, or, real, shared, skipped, tagged, text,
  truth, type Value, value, whole, words,
} from './codec.js'

/** An event of a newer build. */
export interface UnknownEvent {
  readonly type: string
  readonly data: unknown
}
";

/// All of the file.
fn generated() -> String {
    let mut types = Types::default();
    SessionCall::shape(&mut types);
    TimelineCall::shape(&mut types);
    Failure::shape(&mut types);
    for result in [
        Shown::shape,
        Dispatched::shape,
        Discarded::shape,
        Arrival::shape,
        Sending::shape,
        Unsaved::shape,
        Settlement::shape,
        CartView::shape,
        Change::shape,
        Turn::shape,
        Past::shape,
        Event::shape,
    ] {
        result(&mut types);
    }
    format!("{HEAD}{}", types.text)
}

mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn the_committed_types_are_the_generated_ones() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/cart/src/wasm/generated.ts");
        let generated = generated();
        if std::env::var_os("TILLROLL_WRITE_TYPES").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(committed == generated, "generated.ts is not what host-web says: run `cargo xtask types`");
    }
}
