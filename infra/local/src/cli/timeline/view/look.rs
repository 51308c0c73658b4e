//! Colours and strengths. The sixteen colours that a terminal's own theme decides, and nothing that is said by colour
//! alone: without them everything is still told by letters, signs and strength.

use ratatui::style::{Color, Modifier, Style};

/// How things look.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Look {
    pub(in super::super) colour: bool,
}

impl Look {
    fn colour(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// Beside the point.
    pub(super) fn quiet(self) -> Style {
        if self.colour { Style::new().fg(Color::DarkGray) } else { Style::new().add_modifier(Modifier::DIM) }
    }

    pub(super) fn plain() -> Style {
        Style::new()
    }

    pub(super) fn strong() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Where one is.
    pub(super) fn chosen() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn good(self) -> Style {
        self.colour(Color::Green)
    }

    pub(super) fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn warning(self) -> Style {
        self.colour(Color::Yellow)
    }

    pub(super) fn accent(self) -> Style {
        self.colour(Color::Cyan)
    }

    pub(super) fn pin(self) -> Style {
        self.colour(Color::Magenta).add_modifier(Modifier::BOLD)
    }
}
