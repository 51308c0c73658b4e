//! Tables for people: aligned columns under a head, two spaces between them. On a terminal a table fits the width;
//! elsewhere nothing is cut, so that `grep` and `awk` see everything.

use console::{Term, measure_text_width};

/// Columns narrower than this say nothing any more.
const CUT_WIDTH_MIN: usize = 9;
const GAP: &str = "  ";

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    align: Align,
    cut: Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Never,
    /// Ids differ at their ends.
    Middle,
    End,
}

impl Column {
    /// Text that is short, or must stand whole.
    pub(crate) const fn word(title: &'static str) -> Self {
        Self { title, align: Align::Left, cut: Cut::Never }
    }

    /// Numbers and money.
    pub(crate) const fn number(title: &'static str) -> Self {
        Self { title, align: Align::Right, cut: Cut::Never }
    }

    /// Text of any length.
    pub(crate) const fn text(title: &'static str) -> Self {
        Self { title, align: Align::Left, cut: Cut::End }
    }

    /// An id: when it must be, its middle goes.
    pub(crate) const fn id(title: &'static str) -> Self {
        Self { title, align: Align::Left, cut: Cut::Middle }
    }
}

/// Rows under a head.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row with as many cells as there are columns. The cells must be fit to be shown, see
    /// [`super::output::shown`].
    pub(crate) fn row(&mut self, cells: impl Into<Vec<String>>) {
        self.rows.push(cells.into());
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as lines that fit standard output.
    pub(crate) fn render(&self) -> String {
        self.render_within(terminal_width())
    }

    fn render_within(&self, width_max: Option<usize>) -> String {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| measure_text_width(column.title)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(measure_text_width(cell));
            }
        }
        if let Some(width_max) = width_max {
            self.shrink(&mut widths, width_max);
        }
        let has_head = self.columns.iter().any(|column| !column.title.is_empty());
        let head: Vec<String> = self.columns.iter().map(|column| column.title.to_owned()).collect();
        let lines = has_head.then_some(&head).into_iter().chain(&self.rows);
        lines.map(|cells| self.line(cells, &widths)).collect()
    }

    /// Takes from the widest column that may be cut until the line fits, or nothing more can be taken.
    fn shrink(&self, widths: &mut [usize], width_max: usize) {
        let gaps = GAP.len() * self.columns.len().saturating_sub(1);
        loop {
            let excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width_max);
            let cuttable = widths.iter_mut().zip(&self.columns).filter(|(_, column)| column.cut != Cut::Never);
            match cuttable.map(|(width, _)| width).max() {
                Some(width) if excess > 0 && *width > CUT_WIDTH_MIN => *width -= 1,
                _ => return,
            }
        }
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((column, cell), width) in self.columns.iter().zip(cells).zip(widths) {
            if !line.is_empty() {
                line.push_str(GAP);
            }
            let cell = cut(cell, *width, column.cut);
            let padding = " ".repeat(width.saturating_sub(measure_text_width(&cell)));
            match column.align {
                Align::Left => line.extend([cell, padding]),
                Align::Right => line.extend([padding, cell]),
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

/// `None` when standard output is no terminal.
fn terminal_width() -> Option<usize> {
    let terminal = Term::stdout();
    terminal.is_term().then(|| terminal.size().1.into())
}

fn cut(text: &str, width: usize, how: Cut) -> String {
    if measure_text_width(text) <= width || how == Cut::Never {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let tail = if how == Cut::Middle { kept / 2 } else { 0 };
    let start = fitting(text.chars(), kept - tail);
    let end: String = fitting(text.chars().rev(), tail).chars().rev().collect();
    format!("{start}…{end}")
}

fn fitting(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut kept = String::new();
    for char in chars {
        kept.push(char);
        if measure_text_width(&kept) > width {
            kept.pop();
            break;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carts() -> Table {
        let mut table = Table::new([Column::id("CART"), Column::text("ITEM"), Column::number("TOTAL")]);
        table.row(["0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21".into(), "Milk".into(), "9.90".into()]);
        table.row(["short".into(), "牛乳, a whole crate of it".into(), "1,234.50".into()]);
        table
    }

    #[test]
    fn columns_are_aligned_and_money_stands_right() {
        let expected = "\
CART                                  ITEM                          TOTAL
0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21  Milk                           9.90
short                                 牛乳, a whole crate of it  1,234.50
";
        assert_eq!(carts().render_within(None), expected);
    }

    #[test]
    fn a_narrow_terminal_cuts_ids_in_the_middle_and_text_at_the_end_and_never_numbers() {
        let lines = carts().render_within(Some(48));
        assert!(lines.lines().all(|line| measure_text_width(line) <= 48), "{lines}");
        assert!(lines.contains("0b5e8a8e") && lines.contains('…') && lines.contains("1,234.50"), "{lines}");
    }

    #[test]
    fn a_terminal_too_narrow_for_anything_still_gets_lines() {
        assert_eq!(carts().render_within(Some(1)).lines().count(), 3);
    }

    #[test]
    fn a_cut_keeps_both_ends_of_an_id() {
        assert_eq!(cut("0123456789abcdef", 9, Cut::Middle), "0123…cdef");
        assert_eq!(cut("0123456789abcdef", 9, Cut::End), "01234567…");
        assert_eq!(cut("0123456789abcdef", 9, Cut::Never), "0123456789abcdef");
        assert_eq!(cut("牛乳牛乳", 4, Cut::End), "牛…");
    }
}
