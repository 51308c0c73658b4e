//! Whose life is looked at, and until when: a cart of the system, or what a timeline file holds.

use std::path::{Path, PathBuf};

use tillroll_core::id::StreamId;

use super::cart::CartName;
use super::failure::Failure;

// No documentation here: the command that takes these arguments would have it as its own.
#[derive(Debug, clap::Args)]
pub(crate) struct Subject {
    /// The cart's id
    #[arg(value_name = "CART", required_unless_present = "file", conflicts_with = "file")]
    cart: Option<CartName>,
    /// A timeline file instead of the running system; - for standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// As it was at this version; at the newest one without it
    #[arg(long, value_name = "VERSION")]
    pub(crate) at: Option<u64>,
}

impl Subject {
    /// The cart of the system.
    pub(crate) fn cart(&self) -> Result<StreamId, Failure> {
        self.cart.as_ref().ok_or_else(|| Failure::misuse("no cart was named"))?.id()
    }

    pub(crate) fn path(&self) -> Result<&Path, Failure> {
        self.file().ok_or_else(|| Failure::misuse("no file was named"))
    }

    /// The file; then no system is needed.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}
