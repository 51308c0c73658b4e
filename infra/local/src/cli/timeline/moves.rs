//! How the position moves: over the rows that the filter shows, and nowhere else.

use super::fields;
use super::model::Model;
use super::recording::Place;
use super::seek;

/// The smallest part of the life that zooming shows.
const WINDOW_VERSIONS_MIN: u64 = 8;

impl Model {
    pub(super) fn step(&mut self, by: i64) {
        let Some(last) = self.rows.len().checked_sub(1) else { return };
        let distance = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
        if by < 0 && self.row().is_ok_and(|row| row < distance) {
            return self.go_before();
        }
        let row = match (self.row(), by < 0) {
            (Ok(row) | Err(row), true) => row.saturating_sub(distance),
            (Ok(row), false) => row.saturating_add(distance),
            // The first one behind is already a step.
            (Err(row), false) => row.saturating_add(distance.saturating_sub(1)),
        };
        self.go_to_row(row.min(last));
    }

    /// Before the first event, where nothing is.
    pub(super) fn go_before(&mut self) {
        (self.at, self.is_before, self.follows, self.inspector_scroll) = (Place::default(), true, false, 0);
    }

    fn go_to_row(&mut self, row: usize) {
        if let Some(place) = self.rows.get(row) {
            self.go(*place);
        }
    }

    /// Puts the position on a row; what is not shown is none.
    pub(super) fn go(&mut self, place: Place) {
        let Ok(row) = self.rows.binary_search(&place) else { return };
        self.follows = row + 1 == self.rows.len() && (self.follows || self.at == place);
        (self.at, self.is_before, self.inspector_scroll) = (place, false, 0);
        if let Some((from, to)) = self.window
            && !(from..=to).contains(&place.version)
        {
            let length = to - from;
            let from = place.version.saturating_sub(length / 2).max(1);
            self.window = Some((from, from.saturating_add(length)));
        }
    }

    /// Puts the position on the last row that is not behind a version, or on the first one.
    pub(super) fn slide(&mut self, version: u64) {
        let behind = self.rows.partition_point(|place| *place <= Place::event(version));
        self.go_to_row(behind.saturating_sub(1));
    }

    pub(super) fn change(&mut self, onwards: bool) {
        let shown_versions = |version: u64| self.rows.binary_search(&Place::event(version)).is_ok();
        let found = seek::change(&self.recording, &self.field, self.at.version, onwards, shown_versions);
        if let Some(version) = found {
            self.go(Place::event(version));
        } else {
            let (when, name) = (if onwards { "later" } else { "earlier" }, fields::name(&self.field));
            self.message = Some(format!("no {when} change of {name}"));
        }
    }

    pub(super) fn next_refusal(&mut self) {
        let behind = self.rows.partition_point(|place| *place <= self.at);
        let later = self.rows.get(behind..).unwrap_or_default();
        match later.iter().find(|place| place.refusal > 0) {
            Some(place) => self.go(*place),
            None if self.recording.refusals().is_empty() => self.message = Some("nothing was refused".to_owned()),
            None => self.message = Some("no later refusal".to_owned()),
        }
    }

    pub(super) fn follow(&mut self) {
        self.follows = !self.follows && !self.is_of_a_file();
        if self.is_of_a_file() {
            self.message = Some("a file has no later events; `tillroll timeline CART` follows a cart".to_owned());
        } else if self.follows {
            self.step(i64::MAX);
            self.follows = true;
        }
    }

    pub(super) fn zoom(&mut self, closer: bool) {
        let newest = self.recording.newest();
        let (from, to) = self.shown_versions();
        let length = to.saturating_sub(from).saturating_add(1);
        let length = if closer { length / 2 } else { length.saturating_mul(2) }.max(WINDOW_VERSIONS_MIN);
        self.window = if length >= newest {
            None
        } else {
            let from = self.at.version.saturating_sub(length / 2).clamp(1, newest - length + 1);
            Some((from, from + length - 1))
        };
    }

    pub(super) fn refresh_rows(&mut self) {
        self.rows = self.filter.places_after(&self.recording, 0);
        self.stay_on_a_row();
    }

    /// Where the position is not shown any more, the row before it is taken, or else the first one.
    pub(super) fn stay_on_a_row(&mut self) {
        if self.follows {
            self.step(i64::MAX);
            self.follows = true;
        } else if let (Err(behind), false) = (self.row(), self.is_before) {
            self.go_to_row(behind.saturating_sub(1));
        }
    }
}
