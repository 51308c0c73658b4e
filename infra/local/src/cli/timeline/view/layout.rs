//! What stands where. Narrow terminals lose panes one by one; the keys stay the same.

use ratatui::layout::Rect;

use super::super::model::Pane;

/// Below this nothing can be shown.
pub(in super::super) const WIDTH_MIN: u16 = 40;
const HEIGHT_MIN: u16 = 8;
/// From here on list, state and inspector stand side by side.
const THREE_COLUMNS_WIDTH_MIN: u16 = 124;
/// From here on two columns do.
const TWO_COLUMNS_WIDTH_MIN: u16 = 76;
/// Rows below which state and inspector do not share a column.
const STACKED_HEIGHT_MIN: u16 = 14;

/// Where everything stands. Panes that have no room are not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Layout {
    pub(in super::super) header: Rect,
    pub(in super::super) band: Rect,
    pub(in super::super) list: Option<Rect>,
    pub(in super::super) state: Option<Rect>,
    pub(in super::super) inspector: Option<Rect>,
    pub(in super::super) footer: Rect,
}

impl Layout {
    /// The layout of an area; none if it is too small for any.
    pub(in super::super) fn of(area: Rect, focus: Pane) -> Option<Self> {
        if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
            return None;
        }
        let (header, band) = match area.height {
            ..12 => (1, 2),
            12..20 => (1, 3),
            20..28 => (2, 4),
            28.. => (2, 5),
        };
        let rows = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
        // An empty row sets the band apart where there is room.
        let gap = u16::from(area.height >= 28);
        let top = header + gap + band + gap;
        let body = rows(top, area.height - top - 1);
        let layout = Self {
            header: rows(0, header),
            band: rows(header + gap, band),
            footer: rows(area.height - 1, 1),
            ..Self::default()
        };
        Some(layout.with_panes(body, focus))
    }

    fn with_panes(self, body: Rect, focus: Pane) -> Self {
        let columns = |x: u16, width: u16| Rect { x: body.x + x, width, ..body };
        if body.width >= THREE_COLUMNS_WIDTH_MIN {
            let list = body.width * 43 / 100;
            let state = (body.width - list) / 2;
            let inspector = list + state;
            return Self {
                list: Some(columns(0, list)),
                state: Some(columns(list, state)),
                inspector: Some(columns(inspector, body.width - inspector)),
                ..self
            };
        }
        if body.width < TWO_COLUMNS_WIDTH_MIN {
            return match focus {
                Pane::List => Self { list: Some(body), ..self },
                Pane::State => Self { state: Some(body), ..self },
                Pane::Inspector => Self { inspector: Some(body), ..self },
            };
        }
        let list = body.width * 11 / 20;
        let right = columns(list, body.width - list);
        let beside = Self { list: Some(columns(0, list)), ..self };
        if body.height >= STACKED_HEIGHT_MIN {
            let upper = Rect { height: right.height / 2, ..right };
            let lower = Rect { y: right.y + upper.height, height: right.height - upper.height, ..right };
            return Self { state: Some(upper), inspector: Some(lower), ..beside };
        }
        if focus == Pane::Inspector {
            Self { inspector: Some(right), ..beside }
        } else {
            Self { state: Some(right), ..beside }
        }
    }

    /// The panes that are there.
    pub(in super::super) fn panes(&self) -> impl Iterator<Item = (Pane, Rect)> {
        let panes = [(Pane::List, self.list), (Pane::State, self.state), (Pane::Inspector, self.inspector)];
        panes.into_iter().filter_map(|(pane, area)| Some((pane, area?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_go_one_by_one_and_nothing_lies_over_anything() {
        for (width, height, panes) in
            [(160, 45, 3), (124, 30, 3), (100, 30, 3), (80, 24, 3), (80, 16, 2), (60, 15, 1), (40, 8, 1)]
        {
            for focus in [Pane::List, Pane::State, Pane::Inspector] {
                let area = Rect::new(0, 0, width, height);
                let layout = Layout::of(area, focus).unwrap_or_default();
                assert_eq!(layout.panes().count(), panes, "{width}x{height}");
                assert!(layout.panes().any(|(pane, _)| pane == focus), "{width}x{height}: {focus:?}");
                let mut all: Vec<_> = layout.panes().map(|(_, area)| area).collect();
                all.extend([layout.header, layout.band, layout.footer]);
                for (index, one) in all.iter().enumerate() {
                    assert!(area.union(*one) == area && one.height > 0 && one.width > 0, "{width}x{height}: {one:?}");
                    assert!(all[..index].iter().all(|other| !other.intersects(*one)), "{width}x{height}: {one:?}");
                }
            }
        }
        assert_eq!(Layout::of(Rect::new(0, 0, 39, 30), Pane::List), None);
        assert_eq!(Layout::of(Rect::new(0, 0, 80, 7), Pane::List), None);
    }
}
