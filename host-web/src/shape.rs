//! What types look like to JavaScript, written down once. Each macro here makes the positional writer and reader of a type
//! of the core, and describes it; from the descriptions a test writes `web/cart/src/wasm/generated.ts`, which has the
//! TypeScript types and the other side of the conversion. The compiler holds the descriptions to the core: a field or an
//! alternative that is not listed here does not compile.
//!
//! | macro | in Rust | in JavaScript |
//! |---|---|---|
//! | `object!` | a struct | an object |
//! | `words!` | an enum without fields | a text |
//! | `tagged!` | an enum | an object with the alternative's name as one member, its fields as the others |
//! | `adjacent!` | an enum | an object with two members: the alternative's name, and an object of its fields |
//!
//! Before a type stand `put` where it goes out and `take` where it comes in, `strict` where a member that nobody knows is an
//! error, and `for <T>` where its texts may be owned or borrowed. Behind a field in brackets: `or 1` is taken where it is not there, `skipped` is left out where there is
//! nothing, `flat` has its members among those of the object, `most 25` is the longest list that comes in, `omitted` does
//! not cross because something else says it, `via codec` crosses by another codec than its type's.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::wire::{Put, Reader, Take, Writer};

impl<T: Put + ?Sized> Put for &T {
    fn put(&self, out: &mut Writer) {
        (*self).put(out);
    }
}

impl<T: Put> Put for Arc<T> {
    fn put(&self, out: &mut Writer) {
        (**self).put(out);
    }
}

impl<T: Take> Take for Arc<T> {
    fn take(from: &mut Reader<'_>) -> Self {
        Self::new(T::take(from))
    }
}

impl<T: Put> Put for Option<T> {
    fn put(&self, out: &mut Writer) {
        out.byte(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }
}

impl<T: Take> Take for Option<T> {
    fn take(from: &mut Reader<'_>) -> Self {
        (from.byte() != 0).then(|| T::take(from))
    }
}

impl<T: Put> Put for [T] {
    fn put(&self, out: &mut Writer) {
        out.count(self.len());
        for value in self {
            value.put(out);
        }
    }
}

impl<T: Put> Put for Vec<T> {
    fn put(&self, out: &mut Writer) {
        self.as_slice().put(out);
    }
}

impl<T: Take> Take for Vec<T> {
    fn take(from: &mut Reader<'_>) -> Self {
        let mut values = Self::new();
        for _ in 0..from.count() {
            // What claims to be longer than it is ends here.
            if from.is_at_end() {
                from.misfit(from.at());
                break;
            }
            values.push(T::take(from));
        }
        values
    }
}

/// A struct as an object.
macro_rules! object {
    ($(#[doc = $doc:literal])* [$($way:ident)*] for <$any:ident> $type:ty = $name:ident $body:tt) => {
        $($crate::shape::object! { @$way <$any> $type, $body })*
        $crate::shape::object! { @shape <$any> $type, $name, [$($way)*], [$($doc)*], $body }
    };
    ($(#[doc = $doc:literal])* [$($way:ident)*] $type:ty = $name:ident $body:tt) => {
        $($crate::shape::object! { @$way <> $type, $body })*
        $crate::shape::object! { @shape <> $type, $name, [$($way)*], [$($doc)*], $body }
    };
    (@put <$($any:ident)?> $type:ty, { $($(#[$about:meta])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {
        impl$(<$any: $crate::wire::Put>)? $crate::wire::Put for $type {
            fn put(&self, out: &mut $crate::wire::Writer) {
                let Self { $($field),* } = self;
                $($crate::shape::put_field!(out, $field, $of $(, $($more)*)?);)*
                let _ = out;
            }
        }
    };
    // Its length stands before it, so that whoever reads the same bytes again passes them over.
    (@shared <$($any:ident)?> $type:ty, { $($(#[$about:meta])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {
        impl$(<$any: $crate::wire::Put>)? $crate::wire::Put for $type {
            fn put(&self, out: &mut $crate::wire::Writer) {
                let Self { $($field),* } = self;
                let start = out.begin();
                $($crate::shape::put_field!(out, $field, $of $(, $($more)*)?);)*
                out.end(start);
            }
        }
    };
    (@take <$($any:ident)?> $type:ty, { $($(#[$about:meta])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {
        impl$(<$any: $crate::wire::Take>)? $crate::wire::Take for $type {
            fn take(from: &mut $crate::wire::Reader<'_>) -> Self {
                let _ = &from;
                Self { $($field: <$of as $crate::wire::Take>::take(from)),* }
            }
        }
    };
    (@strict $($rest:tt)*) => {};
    (@shape <$($any:ident)?> $type:ty, $name:ident, $ways:tt, [$($doc:literal)*], $body:tt) => {
        #[cfg(test)]
        impl$(<$any: $crate::describe::Shape>)? $crate::describe::Shape for $type {
            fn shape(types: &mut $crate::describe::Types) -> $crate::describe::Look {
                types.object(stringify!($name), stringify!($ways), &[$($doc),*], |types| $crate::shape::members!(types, $body))
            }
        }
    };
}

/// An enum whose alternatives have no fields, as a text.
macro_rules! words {
    ($(#[doc = $doc:literal])* [$($way:ident)*] $type:ty = $name:ident $body:tt) => {
        $($crate::shape::words! { @$way $type, $body })*
        $crate::shape::words! { @shape $type, $name, [$($doc)*], $body }
    };
    (@put $type:ty, { $($alternative:ident = $word:literal),* $(,)? }) => {
        impl $crate::wire::Put for $type {
            fn put(&self, out: &mut $crate::wire::Writer) {
                enum Number { $($alternative),* }
                out.byte(match self { $(Self::$alternative { .. } => Number::$alternative as u8),* });
            }
        }
    };
    (@take $type:ty, { $($alternative:ident = $word:literal),* $(,)? }) => {
        impl $crate::wire::Take for $type {
            fn take(from: &mut $crate::wire::Reader<'_>) -> Self {
                enum Number { $($alternative),* }
                let (at, number) = (from.at(), from.byte());
                $(if number == Number::$alternative as u8 { return Self::$alternative; })*
                from.misfit(at);
                Self::take(from)
            }
        }
    };
    (@shape $type:ty, $name:ident, [$($doc:literal)*], { $($alternative:ident = $word:literal),* $(,)? }) => {
        #[cfg(test)]
        impl $crate::describe::Shape for $type {
            fn shape(types: &mut $crate::describe::Types) -> $crate::describe::Look {
                types.words(stringify!($name), &[$($doc),*], &[$($word),*])
            }
        }
    };
}

/// An enum as an object with the alternative's name as one member, its fields as the others.
macro_rules! tagged {
    ($(#[doc = $doc:literal])* [$($way:ident)*] for <$any:ident> $type:ty = $name:ident by $tag:literal $body:tt) => {
        $crate::shape::alternatives! { [$($way)*] <$any> $type, $body }
        $crate::shape::tagged! { @shape <$any> $type, $name, [$($way)*], [$($doc)*], $tag, $body }
    };
    ($(#[doc = $doc:literal])* [$($way:ident)*] $type:ty = $name:ident by $tag:literal $body:tt) => {
        $crate::shape::alternatives! { [$($way)*] <> $type, $body }
        $crate::shape::tagged! { @shape <> $type, $name, [$($way)*], [$($doc)*], $tag, $body }
    };
    (@shape <$($any:ident)?> $type:ty, $name:ident, $ways:tt, [$($doc:literal)*], $tag:literal,
        { $($(#[doc = $about:literal])* $alternative:ident = $word:literal $body:tt),* $(,)? }) => {
        #[cfg(test)]
        impl$(<$any: $crate::describe::Shape>)? $crate::describe::Shape for $type {
            fn shape(types: &mut $crate::describe::Types) -> $crate::describe::Look {
                types.tagged(stringify!($name), stringify!($ways), &[$($doc),*], $tag, |types| vec![
                    $(($word, vec![$($about),*], $crate::shape::members!(types, $body))),*
                ])
            }
        }
    };
}

/// An enum as an object with two members: the alternative's name, and an object of its fields.
macro_rules! adjacent {
    ($(#[doc = $doc:literal])* [$($way:ident)*] for <$any:ident> $type:ty = $name:ident by $tag:literal and $content:literal $body:tt) => {
        $crate::shape::alternatives! { [$($way)*] <$any> $type, $body }
        $crate::shape::adjacent! { @shape <$any> $type, $name, [$($way)*], [$($doc)*], $tag, $content, $body }
    };
    ($(#[doc = $doc:literal])* [$($way:ident)*] $type:ty = $name:ident by $tag:literal and $content:literal $body:tt) => {
        $crate::shape::alternatives! { [$($way)*] <> $type, $body }
        $crate::shape::adjacent! { @shape <> $type, $name, [$($way)*], [$($doc)*], $tag, $content, $body }
    };
    (@shape <$($any:ident)?> $type:ty, $name:ident, $ways:tt, [$($doc:literal)*], $tag:literal, $content:literal,
        { $($(#[doc = $about:literal])* $alternative:ident = $word:literal $body:tt),* $(,)? }) => {
        #[cfg(test)]
        impl$(<$any: $crate::describe::Shape>)? $crate::describe::Shape for $type {
            fn shape(types: &mut $crate::describe::Types) -> $crate::describe::Look {
                types.adjacent(stringify!($name), stringify!($ways), &[$($doc),*], [$tag, $content], |types| vec![
                    $(($word, vec![$($about),*], $crate::shape::members!(types, $body))),*
                ])
            }
        }
    };
}

/// The alternatives of an enum, by number and then field by field.
macro_rules! alternatives {
    ([$($way:ident)*] <$any:ident> $type:ty, $body:tt) => {
        $($crate::shape::alternatives! { @$way <$any> $type, $body })*
    };
    ([$($way:ident)*] <> $type:ty, $body:tt) => {
        $($crate::shape::alternatives! { @$way <> $type, $body })*
    };
    (@put <$($any:ident)?> $type:ty, { $($(#[$about:meta])* $alternative:ident = $word:literal $body:tt),* $(,)? }) => {
        impl$(<$any: $crate::wire::Put>)? $crate::wire::Put for $type {
            fn put(&self, out: &mut $crate::wire::Writer) {
                enum Number { $($alternative),* }
                match self {
                    $($crate::shape::fields_of!(Self, $alternative, inner, $body) => {
                        out.byte(Number::$alternative as u8);
                        $crate::shape::put_fields!(out, inner, $body);
                    })*
                }
            }
        }
    };
    (@take <$($any:ident)?> $type:ty, { $($(#[$about:meta])* $alternative:ident = $word:literal $body:tt),* $(,)? }) => {
        impl$(<$any: $crate::wire::Take>)? $crate::wire::Take for $type {
            fn take(from: &mut $crate::wire::Reader<'_>) -> Self {
                enum Number { $($alternative),* }
                let (at, number) = (from.at(), from.byte());
                $(if number == Number::$alternative as u8 {
                    return $crate::shape::take_fields!(from, Self, $alternative, $body);
                })*
                from.misfit(at);
                Self::take(from)
            }
        }
    };
    (@strict $($rest:tt)*) => {};
}

/// The pattern of an alternative: with a struct in it, or with fields of its own.
macro_rules! fields_of {
    ($self:ident, $alternative:ident, $inner:ident, ($of:ty)) => {
        $self::$alternative($inner)
    };
    ($self:ident, $alternative:ident, $inner:ident, { $($(#[$about:meta])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {
        $self::$alternative { $($field),* }
    };
}

macro_rules! put_fields {
    ($out:ident, $inner:ident, ($of:ty)) => {
        <$of as $crate::wire::Put>::put($inner, $out)
    };
    ($out:ident, $inner:ident, { $($(#[$about:meta])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {
        $($crate::shape::put_field!($out, $field, $of $(, $($more)*)?);)*
    };
}

macro_rules! put_field {
    ($out:ident, $field:ident, $of:ty, omitted) => {
        let _: &$of = $field;
    };
    ($out:ident, $field:ident, $of:ty $(, $($more:tt)*)?) => {
        <$of as $crate::wire::Put>::put($field, $out)
    };
}

macro_rules! take_fields {
    ($from:ident, $self:ident, $alternative:ident, ($of:ty)) => {
        $self::$alternative(<$of as $crate::wire::Take>::take($from))
    };
    ($from:ident, $self:ident, $alternative:ident, { $($(#[$about:meta])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {
        $self::$alternative { $($field: <$of as $crate::wire::Take>::take($from)),* }
    };
}

/// The members of an object, described.
#[cfg(test)]
macro_rules! members {
    ($types:ident, ($of:ty)) => {
        $crate::describe::Members::Of(<$of as $crate::describe::Shape>::shape($types))
    };
    ($types:ident, { $($(#[doc = $about:literal])* $field:ident $(as $json:literal)? : $of:ty $([$($more:tt)*])?),* $(,)? }) => {{
        let _ = &$types;
        $crate::describe::Members::These(vec![$($crate::describe::Member {
            name: $crate::describe::name(stringify!($field), &[$($json)?]),
            about: vec![$($about),*],
            look: <$of as $crate::describe::Shape>::shape($types),
            more: stringify!($($($more)*)?),
        }),*])
    }};
}

#[cfg(test)]
pub(crate) use members;
pub(crate) use {adjacent, alternatives, fields_of, object, put_field, put_fields, tagged, take_fields, words};
