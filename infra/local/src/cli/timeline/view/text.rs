//! Text in cells: how wide it is, and what of it fits. What comes from outside went through [`shown`] before.
//!
//! [`shown`]: super::super::super::output::shown

use ratatui::text::Span;

/// How many cells it takes.
pub(in super::super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The text in at most so many cells; what was cut off is said by `…`.
pub(super) fn fit(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut taken = 0;
    for char in text.chars() {
        let mut buffer = [0; 4];
        taken += width(char.encode_utf8(&mut buffer));
        if taken >= cells {
            break;
        }
        kept.push(char);
    }
    if cells > 0 {
        kept.push('…');
    }
    kept
}

/// The same, filled with blanks behind it.
pub(super) fn left(text: &str, cells: usize) -> String {
    let text = fit(text, cells);
    let blanks = cells.saturating_sub(width(&text));
    text + &" ".repeat(blanks)
}

/// The same, filled with blanks in front of it.
pub(super) fn right(text: &str, cells: usize) -> String {
    let text = fit(text, cells);
    " ".repeat(cells.saturating_sub(width(&text))) + &text
}

/// The text in lines of so many cells, broken anywhere: no part of an event is cut off.
pub(super) fn broken(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for char in text.chars() {
        let mut buffer = [0; 4];
        let wide = width(char.encode_utf8(&mut buffer));
        if taken + wide > cells.max(2) {
            lines.push(String::new());
            taken = 0;
        }
        taken += wide;
        if let Some(line) = lines.last_mut() {
            line.push(char);
        }
    }
    lines
}

/// The text in lines of so many cells, broken between words where it can be.
pub(super) fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        for (nth, part) in broken(word, cells).into_iter().enumerate() {
            let Some(line) = lines.last_mut() else { return lines };
            let gap = usize::from(!line.is_empty() && nth == 0);
            if nth == 0 && width(line) + gap + width(&part) <= cells {
                line.push_str(" ".get(..gap).unwrap_or_default());
                line.push_str(&part);
            } else {
                lines.push(part);
            }
        }
    }
    lines
}

/// The part of a list of `length` that `height` rows show around a row.
pub(super) fn around(row: usize, length: usize, height: usize) -> std::ops::Range<usize> {
    let first = row.saturating_sub(height / 2).min(length.saturating_sub(height));
    first..first.saturating_add(height).min(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_no_more_cells_than_it_has() {
        for (text, cells, expected) in
            [("milk", 4, "milk"), ("milks", 4, "mil…"), ("牛乳牛乳", 5, "牛乳…"), ("牛乳", 2, "…"), ("x", 0, "")]
        {
            assert_eq!(fit(text, cells), expected);
            assert_eq!(width(&left(text, cells)), cells);
            assert_eq!(width(&right(text, cells)), cells);
        }
        assert_eq!(broken("牛乳牛乳x", 5), ["牛乳", "牛乳x"]);
        assert_eq!(wrapped("a bread and milk of 牛乳牛乳", 7), ["a bread", "and", "milk of", "牛乳牛", "乳"]);
    }

    #[test]
    fn what_is_shown_of_a_list_has_the_chosen_row_in_it() {
        for length in 0..40 {
            for row in 0..length {
                for height in 1..12 {
                    let shown = around(row, length, height);
                    assert!(shown.contains(&row) && shown.len() == height.min(length), "{row} {length} {height}");
                }
            }
        }
    }
}
