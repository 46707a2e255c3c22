//! The cells that make a row unusual, and what was expected in their place.

use super::columns::{Kind, RowCells};
use super::detector::{Detector, Opened, Seen};
use super::pieces::in_pieces;
use super::usual::doubt;
use crate::Result;
use crate::data::TypedTable;
use crate::tabular::{Code, check_fits};
use std::ops::Range;

/// The part of the distribution of a number that its expected range leaves out on each side.
const OUTSIDE: f64 = 0.05;

/// What was expected of a cell, given the other cells of its row.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A number, in the units of its column.
    Number {
        /// The median of what is likely, to the accuracy of 8 to 32 intervals; whole if all observed cells of the column are.
        value: f64,
        /// The range that holds at least the middle 90 % of what is likely: whole intervals.
        range: [f64; 2],
    },
    /// A category.
    Category {
        /// The most likely one, by its index in the categories of the column.
        category: usize,
        /// Its probability.
        probability: f64,
    },
}

/// A cell that makes its row unusual.
#[derive(Clone, Debug, PartialEq)]
pub struct UnusualCell {
    /// The column, by its index in the schema.
    pub column: usize,
    /// How unusual the cell is, as [`Detector::score_cells`] gives it.
    pub score: f64,
    /// What was expected.
    pub expected: Expected,
}

/// A row with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedRow {
    /// As [`Detector::score`] gives it.
    pub score: f64,
    /// The share of the learned rows with a larger score, in `0..=1`.
    pub share_above: f64,
    /// The cells with the largest scores, the largest first.
    pub cells: Vec<UnusualCell>,
}

impl Detector {
    /// The score of each cell, `(rows, columns of the schema)`: −ln of the probability that the cell belongs to its row, rather than to any
    /// other, given the other cells, in units of its mean over learned cells, so that usual cells are near 1. For the five most
    /// unusual cells of a row it also counts by how much less unusual the others are without them. Missing cells and columns that are
    /// left out have NaN.
    ///
    /// # Errors
    /// As [`Detector::score`].
    pub fn score_cells(&self, table: &TypedTable) -> Result<Vec<f64>> {
        check_fits(&self.schema, table)?;
        let (opened, width) = (self.open()?, self.schema.columns.len());
        let d = self.columns.len();
        let rows = in_pieces(self.config.threads, (table.n_rows(), d), |rows| {
            let cells = self.cells(table, rows);
            let mut predicted = opened.local.predict(&self.columns, &cells);
            let odds = self.log_odds(&opened, &cells, &mut predicted);
            let scores = self.cell_scores(&opened, &cells, odds);
            let mut all = vec![f64::NAN; cells.n * width];
            for (row, scores) in all.chunks_exact_mut(width).zip(scores.chunks_exact(d)) {
                for (coded, score) in self.columns.encoding.columns.iter().zip(scores) {
                    row[coded.column] = *score;
                }
            }
            Ok(all)
        });
        Ok(rows?.concat())
    }

    /// Rows with their scores and the `n_cells` cells with the largest scores of each, the largest first.
    ///
    /// # Errors
    /// As [`Detector::score`].
    pub fn explain(&self, table: &TypedTable, n_cells: usize) -> Result<Vec<ExplainedRow>> {
        check_fits(&self.schema, table)?;
        let opened = self.open()?;
        let rows = in_pieces(self.config.threads, (table.n_rows(), self.columns.len()), |rows| {
            Ok(self.explain_rows(&opened, table, rows, n_cells))
        });
        Ok(rows?.concat())
    }

    fn explain_rows(
        &self,
        opened: &Opened,
        table: &TypedTable,
        rows: Range<usize>,
        n_cells: usize,
    ) -> Vec<ExplainedRow> {
        let mut seen = self.see(opened, self.cells(table, rows.clone()));
        let scores = self.row_scores(&seen);
        let odds = self.log_odds(opened, &seen.cells, &mut seen.predicted);
        let (d, of_cells) = (self.columns.len(), self.cell_scores(opened, &seen.cells, odds));
        let each = scores.into_iter().zip(of_cells.chunks_exact(d)).enumerate();
        each.map(|(row, (score, of_cells))| {
            let mut order: Vec<usize> = (0..d).filter(|&at| !of_cells[at].is_nan()).collect();
            order.sort_by(|&a, &b| of_cells[b].total_cmp(&of_cells[a]).then(a.cmp(&b)));
            order.truncate(n_cells);
            let cell = |at: usize| UnusualCell {
                column: self.columns.encoding.columns[at].column,
                score: of_cells[at],
                expected: self.expected(&seen, row, at),
            };
            let share_above = self.usual.share_above(score);
            ExplainedRow { score, share_above, cells: order.into_iter().map(cell).collect() }
        })
        .collect()
    }

    /// The scores of cells by their log odds, `(n, columns)`; NaN where missing.
    fn cell_scores(&self, opened: &Opened, cells: &RowCells, mut odds: Vec<f32>) -> Vec<f64> {
        opened.local.add_gains(&self.columns, cells, &mut odds);
        let score = |(&odds, &observed): (&f32, &bool)| match observed {
            true => doubt(odds) / self.usual.doubt,
            false => f64::NAN,
        };
        odds.iter().zip(&cells.observed).map(score).collect()
    }

    fn expected(&self, seen: &Seen, row: usize, at: usize) -> Expected {
        let coded = &self.columns.encoding.columns[at];
        let probabilities = seen.predicted.probabilities(seen.cells.n, row, at);
        match (&coded.code, &self.columns.seen[at].kind) {
            (Code::Number { mean, deviation, .. }, Kind::Number { edges, centres, ends, .. }) => {
                let number = |z: f32| self.in_column(coded.column, mean + deviation * f64::from(z));
                let [lowest, middle, highest] =
                    [OUTSIDE, 0.5, 1.0 - OUTSIDE].map(|share| quantile(probabilities, share));
                // Below the first class is the least number of the column.
                let low = lowest.checked_sub(1).map_or(f32::NEG_INFINITY, |below| edges[below]);
                let [value, low, high] = [centres[middle], low, ends[highest]].map(number);
                Expected::Number { value, range: [low.min(value), high.max(value)] }
            }
            _ => {
                let best = (0..probabilities.len())
                    .reduce(|best, k| if probabilities[k] > probabilities[best] { k } else { best })
                    .unwrap_or_default();
                let probability = f64::from(probabilities.get(best).copied().unwrap_or_default());
                Expected::Category { category: best, probability }
            }
        }
    }

    /// A number as its column has them: whole if all observed ones are, and within them.
    fn in_column(&self, column: usize, value: f64) -> f64 {
        let column = &self.schema.columns[column];
        let value = if column.is_whole { value.round() } else { value };
        column.range.map_or(value, |[low, high]| value.clamp(low, high))
    }
}

/// The class in which the distribution over classes reaches `share`.
fn quantile(probabilities: &[f32], share: f64) -> usize {
    let mut below = 0.0;
    let class = probabilities.iter().position(|&probability| {
        below += f64::from(probability);
        below >= share
    });
    class.unwrap_or(probabilities.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_the_class_that_reaches_it() {
        let probabilities = [0.0625, 0.1875, 0.5, 0.25];
        let classes =
            [0.0, 0.0625, 0.0626, 0.25, 0.75, 0.76, 1.0].map(|share| quantile(&probabilities, share));
        assert_eq!(classes, [0, 0, 1, 1, 2, 3, 3]);
        assert_eq!(quantile(&[0.5, 0.4], 0.95), 1, "rounded probabilities may add up to less than 1");
    }
}
