//! Writes `web/cart/src/wasm/generated.ts`, and `generated-timeline.ts` with what only timelines need, from the descriptions
//! that `crate::shape` takes, and checks that the committed ones are fresh. To write them anew: `cargo xtask types`.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use alloc::sync::Arc;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::error::Failure;
use crate::session::{Named as NamedCommand, SessionCall};
use crate::timeline::TimelineCall;
use crate::types::event::{Event, Known, Named, Past};
use crate::types::past::{Columns, Fact, Reals, Stated, Totals, Wholes};
use crate::types::snapshot::{Discarded, Dispatched, Sending, Shown};
use crate::types::whatif::Answer;
use crate::wire::{Real, Written};
use tillroll_core::cart::{CartEvent, CartView};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces};
use tillroll_core::session::{Arrival, Happenings, Settlement, Unsaved};
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
    /// The type of what comes out.
    typed: String,
    /// The type of what may be given, where less will do.
    given: String,
    /// What converts it.
    codec: String,
}

impl Look {
    fn new(typed: &str, codec: &str) -> Self {
        Self { typed: typed.into(), given: typed.into(), codec: codec.into() }
    }

    /// Both types made into another one alike.
    fn map(self, codec: &str, typed: impl Fn(&str) -> String) -> Self {
        Self { typed: typed(&self.typed), given: typed(&self.given), codec: format!("{codec}({})", self.codec) }
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
    /// By name, the name of what may be given.
    defined: BTreeMap<&'static str, String>,
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
    match lines[..] {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        _ => {
            let lines: Vec<_> = lines.iter().map(|line| format!("{indent} * {line}\n")).collect();
            format!("{indent}/**\n{}{indent} */\n", lines.concat())
        }
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

    /// As a member of a type. What comes in may be left out where nothing stands for it.
    fn typed(&self, comes_in: bool) -> Typed {
        let Self { name, about, look, .. } = self;
        let typed = if comes_in { &look.given } else { &look.typed };
        let (left_out, typed) = match self.more.split_whitespace().next() {
            Some("skipped") => (true, typed.trim_end_matches(" | null").to_owned()),
            Some("json") => (true, "unknown".to_owned()),
            Some("or") => (comes_in, typed.clone()),
            _ => (comes_in && typed.ends_with(" | null"), typed.clone()),
        };
        let mark = if left_out { "?" } else { "" };
        Typed { about: about.clone(), typed: format!("readonly {name}{mark}: {typed}") }
    }
}

/// A member of a type.
#[derive(Clone)]
struct Typed {
    about: Vec<&'static str>,
    typed: String,
}

/// The declaration of a type.
fn declared(name: &str, typed: &str) -> String {
    match typed.as_bytes() {
        [b'{', .., b'}'] if !typed.contains("} & ") => format!("interface {name} {typed}"),
        [b'\n', ..] => format!("type {name} ={typed}"),
        _ => format!("type {name} = {typed}"),
    }
}

/// A type of these members: in one line where nothing is said of them.
fn braces(members: &[Typed], lines: bool, indent: &str) -> String {
    if members.is_empty() {
        return "{}".into();
    }
    if !lines && members.iter().all(|member| member.about.is_empty()) {
        let members: Vec<_> = members.iter().map(|member| member.typed.as_str()).collect();
        return format!("{{ {} }}", members.join("; "));
    }
    let within = format!("{indent}  ");
    let members = members.iter().map(|member| format!("{}{within}{}\n", comment(&member.about, &within), member.typed));
    format!("{{\n{}{indent}}}", members.collect::<String>())
}

impl Members {
    /// The types of an object with these members and `tag`, and its codec.
    fn object(&self, tag: Option<&Typed>, ways: &str, indent: &str) -> Look {
        let strict = if ways.contains("strict") { ", true" } else { "" };
        let [typed, given] = [false, true].map(|comes_in| self.typed(tag, comes_in, indent));
        let members = match self {
            Self::Of(look) => return Look { typed, given, codec: look.codec.clone() },
            Self::These(members) => members.iter().filter(|member| !member.is("omitted")),
        };
        let codecs = members.map(|member| {
            let name = if member.is("flat") { "'...'" } else { &member.name };
            format!("{name}: {}", member.codec())
        });
        let codecs = codecs.collect::<Vec<_>>().join(", ");
        let codec = if codecs.is_empty() { "{}".into() } else { format!("{{ {codecs} }}") };
        Look { typed, given, codec: format!("object({codec}{strict})") }
    }

    fn typed(&self, tag: Option<&Typed>, comes_in: bool, indent: &str) -> String {
        let of = |look: &Look| if comes_in { look.given.clone() } else { look.typed.clone() };
        let members = match self {
            Self::Of(look) => {
                let tag = tag
                    .map_or_else(String::new, |tag| format!("{} & ", braces(std::slice::from_ref(tag), false, indent)));
                return tag + &of(look);
            }
            Self::These(members) => members.iter().filter(|member| !member.is("omitted")),
        };
        let own = members.clone().filter(|member| !member.is("flat")).map(|member| member.typed(comes_in));
        let own: Vec<_> = tag.cloned().into_iter().chain(own).collect();
        let flat = members.filter(|member| member.is("flat")).map(|member| format!(" & {}", of(&member.look)));
        braces(&own, indent.is_empty(), indent) + &flat.collect::<String>()
    }
}

type Alternatives = Vec<(&'static str, Vec<&'static str>, Members)>;

impl Types {
    fn define(
        &mut self,
        name: &'static str,
        ways: &str,
        codec_type: &str,
        about: &[&str],
        build: impl FnOnce(&mut Self) -> Look,
    ) -> Look {
        if !self.defined.contains_key(name) {
            let Look { typed, given, codec } = build(self);
            let (about, value) = (comment(about, ""), value_name(name));
            let comes_out = ways.contains("put") || ways.contains("shared");
            let comes_in = ways.contains("take");
            let of_codec = if comes_out { &typed } else { &given };
            let declared = declared(name, of_codec);
            write!(self.text, "\n{about}export {declared}\n").unwrap();
            let given_as =
                if comes_out && comes_in && typed != given { format!("Given{name}") } else { name.to_owned() };
            if given_as != name {
                write!(self.text, "/** What may be given for one. */\nexport {}\n", self::declared(&given_as, &given))
                    .unwrap();
            }
            writeln!(self.text, "export const {value}: {codec_type}<{name}> = {codec}").unwrap();
            self.defined.insert(name, given_as);
        }
        let given = self.defined.get(name).map_or(name, String::as_str).to_owned();
        Look { given, ..Look::new(name, &value_name(name)) }
    }

    /// A struct.
    pub(crate) fn object(
        &mut self,
        name: &'static str,
        ways: &str,
        about: &[&str],
        members: impl FnOnce(&mut Self) -> Members,
    ) -> Look {
        self.define(name, ways, "Codec", about, |types| {
            let look = members(types).object(None, ways, "");
            if ways.contains("shared") { look.map("shared", str::to_owned) } else { look }
        })
    }

    /// An enum without fields.
    pub(crate) fn words(&mut self, name: &'static str, about: &[&str], words: &[&str]) -> Look {
        self.define(name, "put take", "Codec", about, |_| {
            let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
            Look::new(&words.join(" | "), &format!("words([{}])", words.join(", ")))
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
        self.define(name, ways, "Codec", about, |types| {
            let (mut typed, mut given, mut codec) = (String::new(), String::new(), String::new());
            for (word, about, members) in alternatives(types) {
                let tag = Typed { about: Vec::new(), typed: format!("readonly {tag}: {}", quoted(word)) };
                let look = members.object(Some(&tag), ways, "    ");
                for (text, look) in [(&mut typed, &look.typed), (&mut given, &look.given)] {
                    write!(text, "\n{}  | {look}", comment(&about, "  ")).unwrap();
                }
                writeln!(codec, "  {word}: {},", look.codec).unwrap();
            }
            Look { typed, given, codec: format!("tagged({}, {{\n{codec}}})", quoted(tag)) }
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
        self.define(name, ways, "Adjacent", about, |types| {
            let (mut typed, mut given, mut codec) = (String::new(), String::new(), String::new());
            for (word, about, members) in alternatives(types) {
                let look = members.object(None, ways, "    ");
                let (about, name) = (comment(&about, "  "), quoted(word));
                for (text, within) in [(&mut typed, &look.typed), (&mut given, &look.given)] {
                    write!(text, "\n{about}  | {{ readonly {tag}: {name}; readonly {content}: {within} }}").unwrap();
                }
                writeln!(codec, "  {word}: {},", look.codec).unwrap();
            }
            let strict = if ways.contains("strict") { ", true" } else { "" };
            Look {
                typed,
                given,
                codec: format!("adjacent({}, {}, {{\n{codec}}}{strict})", quoted(tag), quoted(content)),
            }
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
    "string" text: &str, String, SmolStr, Pointer, StreamId, CommandId, NamedCommand, EventId, Uuid, Fingerprint, Cow<'_, str>;
    "string" instant: Written;
    "number" whole: u64, u32, usize, Minor, Pieces, Per;
    "number" integer: i64, Timestamp;
    "number" real: Real;
    "boolean" truth: bool;
    "Uint8Array" bytes: Vec<u8>;
    "Float64Array" reals: Reals;
    "Uint32Array" wholes: Wholes;
    "string" moment: Stated;
    "Value" value: Value<'_>;
}

impl<T: Shape> Shape for &T {
    fn shape(types: &mut Types) -> Look {
        T::shape(types)
    }
}

impl<T: Shape> Shape for Option<T> {
    fn shape(types: &mut Types) -> Look {
        T::shape(types).map("nullable", |typed| format!("{typed} | null"))
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn shape(types: &mut Types) -> Look {
        T::shape(types).map("list", |typed| format!("readonly {typed}[]"))
    }
}

impl<T: Shape> Shape for &[T] {
    fn shape(types: &mut Types) -> Look {
        Vec::<T>::shape(types)
    }
}

impl<T: Shape> Shape for Arc<T> {
    fn shape(types: &mut Types) -> Look {
        T::shape(types)
    }
}

impl Shape for Happenings<'_> {
    fn shape(types: &mut Types) -> Look {
        Vec::<CartEvent>::shape(types)
    }
}

/// An event with its data as they are.
impl Shape for Fact {
    fn shape(types: &mut Types) -> Look {
        let Look { codec, .. } = <CartEvent>::shape(types);
        Look::new("{ readonly type: string; readonly data: unknown }", &format!("fact({codec})"))
    }
}

/// An event whose name may be unknown, told by its name behind a prefix.
impl Shape for Named {
    fn shape(types: &mut Types) -> Look {
        let Look { codec, .. } = <CartEvent>::shape(types);
        Look::new("{ readonly type: string; readonly data: unknown }", &format!("named({codec}, 'tillroll.cart.')"))
    }
}

impl Shape for Known<'_> {
    fn shape(types: &mut Types) -> Look {
        <CartEvent>::shape(types).map("named", |typed| format!("({typed} | UnknownEvent)"))
    }
}

const HEAD: &str = "\
// Written by `cargo xtask types` from host-web/src/types: do not change it by hand. What crosses between JavaScript and the
// wasm";
const UNKNOWN_EVENT: &str = "
/** An event of a newer build. */
export interface UnknownEvent {
  readonly type: string
  readonly data: unknown
}
";
/// What `codec.ts` has.
const CODECS: [&str; 23] = [
    "type Adjacent",
    "adjacent",
    "bytes",
    "type Codec",
    "instant",
    "integer",
    "json",
    "list",
    "most",
    "named",
    "nullable",
    "object",
    "or",
    "real",
    "shared",
    "skipped",
    "tagged",
    "text",
    "truth",
    "type Value",
    "value",
    "whole",
    "words",
];

/// What `codec-timeline.ts` has.
const TIMELINE_CODECS: [&str; 4] = ["fact", "moment", "reals", "wholes"];

/// Both files: what every page needs, and what only timelines need.
fn generated() -> [(&'static str, String); 2] {
    let mut types = Types::default();
    SessionCall::shape(&mut types);
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
        Past::shape,
        Event::shape,
    ] {
        result(&mut types);
    }
    let common = std::mem::take(&mut types.text);
    TimelineCall::shape(&mut types);
    for result in [Change::shape, Turn::shape, Columns::shape, Totals::shape, Answer::shape] {
        result(&mut types);
    }
    let timeline = types.text;
    let exported: Vec<_> = common.lines().filter_map(exported).collect();
    let [codecs, codecs_again] = [&common, &timeline].map(|text| imports(&CODECS, text, "codec"));
    let more_codecs = imports(&TIMELINE_CODECS, &timeline, "codec-timeline");
    let types = imports(&exported.iter().map(String::as_str).collect::<Vec<_>>(), &timeline, "generated");
    [
        ("generated", format!("{HEAD}: each type, and beside it what converts it.\n{codecs}{UNKNOWN_EVENT}{common}")),
        (
            "generated-timeline",
            format!("{HEAD}, of what only timelines need.\n{codecs_again}{more_codecs}{types}{timeline}"),
        ),
    ]
}

/// What a line exports, as it is imported.
fn exported(line: &str) -> Option<String> {
    let (kind, rest) = line.strip_prefix("export ")?.split_once(' ')?;
    let name = rest.split(|letter: char| !letter.is_alphanumeric()).next()?;
    Some(if kind == "const" { name.to_owned() } else { format!("type {name}") })
}

/// The line that imports what a text uses.
fn imports(exported: &[&str], text: &str, from: &str) -> String {
    // What a colon follows is a member's name, and what is quoted a word.
    let within = |letter: char| letter.is_alphanumeric() || letter == ':' || letter == '\'';
    let code = text.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
    let used: BTreeSet<_> = code.flat_map(|line| line.split(|letter| !within(letter))).collect();
    let mut named = exported.to_vec();
    named.retain(|name| used.contains(name.trim_start_matches("type ")));
    named.sort_by_key(|name| (name.trim_start_matches("type ").to_lowercase(), !name.starts_with("type ")));
    if named.is_empty() {
        return String::new();
    }
    format!("import {{ {} }} from './{from}.js'\n", named.join(", "))
}

mod tests {
    use super::*;

    #[test]
    fn the_committed_types_are_the_generated_ones() {
        for (name, generated) in generated() {
            let path = format!("{}/../web/cart/src/wasm/{name}.ts", env!("CARGO_MANIFEST_DIR"));
            if std::env::var_os("TILLROLL_WRITE_TYPES").is_some() {
                std::fs::write(&path, &generated).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == generated, "{name}.ts is not what host-web says: run `cargo xtask types`");
        }
    }
}
