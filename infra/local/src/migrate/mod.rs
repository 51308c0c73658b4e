//! From the original Ruby system to this one: its tables and archives are read where they lie, what is broken in them is
//! said, and archives are converted.
//!
//! | module | what it knows |
//! |---|---|
//! | [`legacy`] | the forms in which the old system left events |
//! | [`flaw`] | what can be wrong with one, and what that means |
//! | `number` | how Ruby writes a version |
//! | [`history`] | versions that are missing or come twice |
//! | [`source`] | objects of an archive and items of a table, one after the other |
//! | [`check`], [`convert`] | the two things to do |
//! | [`report`] | counts and places |

pub mod check;
pub mod convert;
pub mod flaw;
pub mod history;
pub mod legacy;
mod number;
pub mod report;
pub mod source;
#[cfg(test)]
mod tests;
