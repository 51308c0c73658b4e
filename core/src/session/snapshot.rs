//! All that can be seen of a session at once. It says what is, not how to draw it.

use alloc::vec::Vec;

use serde::Serialize;

use super::Session;
use super::caused::Happenings;
use super::confirm::Divergence;
use super::queue::{Entry, Said, Stage};
use super::rebase::Cause;
use crate::cart::{CartCommand, CartRefusal, CartRequest, CartView};
use crate::id::CommandId;
use crate::text::SmolStr;

/// A session as it is seen. Equal as long as [`Session::revision`] is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot<'a> {
    /// The cart with everything pending done.
    pub cart: Option<CartView>,
    /// What is under way for each of its lines, in their order.
    pub lines: Vec<LineMarks>,
    /// Commands on their way, in their order.
    pub pending: Vec<Pending<'a>>,
    /// Commands that the server refused, until they are tried again or discarded.
    pub attention: Vec<Attention<'a>>,
    /// How the session stands with the server.
    pub sync: Sync,
}

/// What is under way for a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LineMarks {
    /// Pending commands for it.
    pub pending: Vec<CommandId>,
    /// Refused commands for it.
    pub refused: Vec<CommandId>,
}

/// A command on its way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pending<'a> {
    /// Its id.
    pub id: CommandId,
    /// Its content.
    pub request: &'a CartRequest,
    /// What it is about.
    pub subject: Subject,
    /// When it was dispatched, in milliseconds since 1970.
    pub dispatched_at_ms: i64,
    /// How far it is.
    pub progress: Progress,
    /// What it would be now.
    pub standing: Standing<'a>,
    /// The events it was meant to become.
    pub meant: Happenings<'a>,
    /// The events it would become now; once it is answered, those it became.
    pub now: Happenings<'a>,
}

/// A command that the server refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attention<'a> {
    /// Its id.
    pub id: CommandId,
    /// Its content.
    pub request: &'a CartRequest,
    /// What it is about.
    pub subject: Subject,
    /// When it was dispatched, in milliseconds since 1970.
    pub dispatched_at_ms: i64,
    /// What the server said.
    pub said: &'a Said,
    /// What made it one that is refused, where the session saw that.
    pub cause: Option<Cause>,
}

/// What a command is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Subject {
    /// The cart as a whole.
    Cart,
    /// A line.
    Line {
        /// Its key.
        sku: SmolStr,
    },
    /// A discount.
    Discount {
        /// Its code.
        code: SmolStr,
    },
}

/// How far a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It waits to be sent.
    Waiting,
    /// It is on its way.
    Sending,
    /// It was sent, and nobody knows what became of it: it will be sent again, with the same id.
    Doubtful,
    /// The server has it; its events are to come.
    Answered,
}

/// What a pending command would be now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing<'a> {
    /// What it was meant to be.
    AsMeant,
    /// Something else than was meant: other events, or none.
    Changed,
    /// The server would refuse it, as far as is known here. It does nothing, and is sent all the same: only the server's
    /// answer settles it.
    Refused {
        /// The stable code.
        code: &'static str,
        /// What a person needs to know.
        details: &'a CartRefusal,
        /// What made it so.
        cause: Option<Cause>,
    },
}

/// How a session stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sync {
    /// Version of the newest confirmed event.
    pub confirmed_version: u64,
    /// The newest version that the server was heard to be at.
    pub known_version: u64,
    /// A newer build is needed to fold or decide as the server does: reload.
    pub update_needed: bool,
    /// The session and the server make different carts of the same events.
    pub diverged: Option<Divergence>,
}

impl Session {
    /// All that can be seen. A host keeps it until the [`revision`](Self::revision) moves.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        let cart = self.visible();
        let (mut pending, mut attention) = (Vec::new(), Vec::new());
        let mut lines = Vec::new();
        lines.resize(cart.as_ref().map_or(0, |cart| cart.lines.len()), LineMarks::default());
        for entry in &self.queue {
            let subject = entry.subject();
            let line = match (&cart, &subject) {
                (Some(cart), Subject::Line { sku }) => cart.lines.iter().position(|line| line.sku == *sku),
                _ => None,
            };
            let marks: Option<&mut LineMarks> = line.and_then(|index| lines.get_mut(index));
            let (id, request, dispatched_at_ms) = (entry.id, &entry.request, entry.dispatched_at.unix_ms());
            if let Stage::Refused(said) = &entry.stage {
                if let Some(marks) = marks {
                    marks.refused.push(id);
                }
                let cause = entry.refusal.as_ref().and_then(|(_, cause)| *cause);
                attention.push(Attention { id, request, subject, dispatched_at_ms, said, cause });
            } else {
                if let Some(marks) = marks {
                    marks.pending.push(id);
                }
                let (progress, standing) = (entry.progress(), entry.standing());
                let (meant, now) = (entry.meant.of(self.cart()), entry.now.of(self.cart()));
                pending.push(Pending { id, request, subject, dispatched_at_ms, progress, standing, meant, now });
            }
        }
        Snapshot { cart, lines, pending, attention, sync: self.sync() }
    }

    /// How the session stands with the server.
    #[must_use]
    pub fn sync(&self) -> Sync {
        Sync {
            confirmed_version: self.confirmed_version(),
            known_version: self.known_version,
            update_needed: self.update_needed(),
            diverged: self.diverged,
        }
    }
}

impl Entry {
    fn subject(&self) -> Subject {
        match &self.command {
            Some(
                CartCommand::AddItem { sku, .. }
                | CartCommand::ChangeQuantity { sku, .. }
                | CartCommand::RemoveItem { sku },
            ) => Subject::Line { sku: sku.clone().into() },
            Some(CartCommand::ApplyDiscount { code, .. } | CartCommand::RemoveDiscount { code }) => {
                Subject::Discount { code: code.clone().into() }
            }
            Some(CartCommand::OpenCart { .. } | CartCommand::ClaimCart { .. } | CartCommand::CloseCart { .. })
            | None => Subject::Cart,
        }
    }

    fn progress(&self) -> Progress {
        match self.stage {
            Stage::Waiting => Progress::Waiting,
            Stage::InFlight { .. } => Progress::Sending,
            // Those that were refused are told of elsewhere.
            Stage::Doubtful | Stage::Refused(_) => Progress::Doubtful,
            Stage::Answered { .. } => Progress::Answered,
        }
    }

    fn standing(&self) -> Standing<'_> {
        match &self.refusal {
            Some((details, cause)) => Standing::Refused { code: details.code(), details, cause: *cause },
            None if self.now == self.meant => Standing::AsMeant,
            None => Standing::Changed,
        }
    }
}
