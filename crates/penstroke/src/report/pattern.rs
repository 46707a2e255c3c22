//! The pattern of gaps of a table: which columns are missing together, and how often.

use super::panel::shortened;
use super::svg::{Anchor, Drawing, coordinate, text, text_width};
use crate::error::counted;
use maud::html;

/// Size of a cell, in pixels.
const CELL: f64 = 20.0;
/// Most height of the names of columns, in pixels.
const NAMES: f64 = 130.0;

/// Sets of missing columns, one per row.
///
/// ```
/// use penstroke::report::GapPatterns;
/// let drawing = GapPatterns::new("Gaps", ["age", "income"], 100)
///     .pattern([false, false], 90)
///     .pattern([false, true], 10)
///     .draw();
/// assert_eq!(drawing.description(), "Missing: none in 90 rows; income in 10 rows.");
/// ```
#[derive(Clone, Debug)]
pub struct GapPatterns {
    title: String,
    columns: Vec<String>,
    n_rows: usize,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    missing: Vec<bool>,
    /// Gaps in columns that are not drawn.
    n_more: usize,
    n: usize,
}

impl GapPatterns {
    /// No patterns yet, of columns with these names, in a table of `n_rows` rows.
    pub fn new<S: Into<String>>(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = S>,
        n_rows: usize,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { title: title.into(), columns, n_rows, patterns: Vec::new() }
    }

    /// Adds a pattern: for each column whether its cell is missing, and in how many rows.
    #[must_use]
    pub fn pattern(self, missing: impl IntoIterator<Item = bool>, n: usize) -> Self {
        self.pattern_and_more(missing, 0, n)
    }

    /// Adds a pattern of rows that lack `n_more` columns beside those of the grid, which is written beside its line.
    #[must_use]
    pub fn pattern_and_more(
        mut self,
        missing: impl IntoIterator<Item = bool>,
        n_more: usize,
        n: usize,
    ) -> Self {
        self.patterns.push(Pattern { missing: missing.into_iter().collect(), n_more, n });
        self
    }

    /// The words beside a line.
    fn beside(&self, pattern: &Pattern) -> String {
        let n = pattern.n;
        let share = 100.0 * n as f64 / self.n_rows.max(1) as f64;
        let more = match pattern.n_more {
            0 => String::new(),
            more => format!("; {} not shown", counted(more, "gap")),
        };
        format!("{}, {share:.1} %{more}", counted(n, "row"))
    }

    /// A pattern in words.
    fn described(&self, pattern: &Pattern) -> String {
        let missing = pattern.missing.iter().zip(&self.columns).filter(|(is, _)| **is);
        let mut names: Vec<String> = missing.map(|(_, name)| name.clone()).collect();
        if pattern.n_more > 0 {
            names.push(counted(pattern.n_more, "column") + " not shown");
        }
        let names = if names.is_empty() { "none".to_owned() } else { names.join(" and ") };
        format!("{names} in {}", counted(pattern.n, "row"))
    }

    /// Draws the grid.
    pub fn draw(&self) -> Drawing {
        let names: Vec<String> = self.columns.iter().map(|name| shortened(name, NAMES)).collect();
        let above = names.iter().map(|name| text_width(name, 13.0)).fold(20.0, f64::max) + 10.0;
        let words: Vec<String> = self.patterns.iter().map(|pattern| self.beside(pattern)).collect();
        let widest = words.iter().map(|words| text_width(words, 12.0)).fold(60.0, f64::max);
        let grid = CELL * names.len() as f64;
        let middle = |index: usize| CELL * (index as f64 + 0.5);
        let y = |index: usize| above + CELL * (index as f64 + 0.5);
        let body = html! {
            @for (index, name) in names.iter().enumerate() {
                @let turn = format!("translate({} {}) rotate(-90)", coordinate(middle(index) + 4.5), coordinate(above - 6.0));
                g transform=(turn) { (text("label", (0.0, 0.0), Anchor::Start, name)) }
            }
            @for (row, (pattern, words)) in self.patterns.iter().zip(&words).enumerate() {
                @for (index, is_missing) in pattern.missing.iter().enumerate() {
                    @if *is_missing {
                        rect class="column" x=(coordinate(middle(index) - 8.0)) y=(coordinate(y(row) - 8.0)) width="16" height="16" {}
                    } @else {
                        circle class="faint" cx=(coordinate(middle(index))) cy=(coordinate(y(row))) r="2.2" {}
                    }
                }
                (text("tick", (grid + 10.0, y(row) + 4.0), Anchor::Start, words))
            }
        };
        let listed: Vec<String> = self.patterns.iter().map(|pattern| self.described(pattern)).collect();
        Drawing {
            width: (grid + 10.0 + widest + 6.0).ceil(),
            height: above + CELL * self.patterns.len() as f64 + 4.0,
            title: self.title.clone(),
            description: format!("Missing: {}.", listed.join("; ")),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_cell_is_a_square_and_each_observed_one_a_dot() {
        let grid = GapPatterns::new("g", ["<a>", "b", "c"], 10);
        let svg = grid.pattern([false, true, true], 4).pattern([true, false, false], 6).draw().to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let count =
            |class: &str| document.descendants().filter(|n| n.attribute("class") == Some(class)).count();
        assert_eq!((count("column"), count("faint")), (3, 3));
        assert!(svg.contains("4 rows, 40.0 %") && !svg.contains("<a>"), "{svg}");
    }

    #[test]
    fn gaps_outside_the_grid_are_told_beside_the_line() {
        let drawing = GapPatterns::new("g", ["a"], 10)
            .pattern_and_more([true], 2, 3)
            .pattern_and_more([false], 1, 1)
            .draw();
        let told = "Missing: a and 2 columns not shown in 3 rows; 1 column not shown in 1 row.";
        assert_eq!(drawing.description(), told);
        assert!(drawing.to_svg().contains("3 rows, 30.0 %; 2 gaps not shown"));
    }
}
