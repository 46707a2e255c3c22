//! Hides observed cells as missing ones are: a cell is rarely missing alone.
//!
//! When a cell is hidden to see whether it is found again, its row also hides the other cells that a random row with this gap lacks.
//! So an error is that of the circumstances in which such cells are filled.

use crate::Result;
use crate::data::{Samples, Values};
use crate::tabular::{Encoding, Rows};
use penstroke_engine::BitRows;
use penstroke_engine::philox::{Draws, Purpose};

/// At most `most` of these, spread evenly.
pub(super) fn evenly<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let n = all.len().min(most);
    (0..n).map(|k| all[k * all.len() / n]).collect()
}

/// For each of `n` rows, the one among `lacking` whose gaps it takes over when it hides its cell of column `coded`; empty if no row
/// lacks that cell.
pub(super) fn likenesses(seed: u64, coded: usize, lacking: &[usize], n: usize) -> Vec<usize> {
    if lacking.is_empty() {
        return Vec::new();
    }
    let mut draws = Draws::new(seed, Purpose::Resample).at(u32::MAX, coded as u32).sequence();
    (0..n).map(|_| lacking[draws.below(lacking.len() as u32) as usize]).collect()
}

/// Hides the cells of one column of the rows that were learned.
pub(super) struct Hiding<'a> {
    encoding: &'a Encoding,
    rows: &'a Rows,
    coded: usize,
    likenesses: Vec<usize>,
}

impl<'a> Hiding<'a> {
    pub(super) fn new(seed: u64, encoding: &'a Encoding, rows: &'a Rows, coded: usize) -> Self {
        let mut hiding = Self::of_own(encoding, rows, coded);
        let n = rows.data.n_samples();
        let lacking: Vec<usize> = (0..n).filter(|&row| !hiding.is_observed(row, coded)).collect();
        hiding.likenesses = likenesses(seed, coded, &lacking, n);
        hiding
    }

    /// Hides only the cells of the column themselves.
    pub(super) fn of_own(encoding: &'a Encoding, rows: &'a Rows, coded: usize) -> Self {
        Self { encoding, rows, coded, likenesses: Vec::new() }
    }

    pub(super) fn is_observed(&self, row: usize, coded: usize) -> bool {
        BitRows::new(&self.rows.encoded.observed, self.encoding.n_outputs)
            .get(row, self.encoding.columns[coded].units.start)
    }

    /// Appends what is hidden in a row: a standardised number, or 1 for the row's category and 0 for each other.
    pub(super) fn push_truth(&self, row: usize, truth: &mut Vec<f64>) {
        let (encoding, encoded) = (self.encoding, &self.rows.encoded);
        if self.coded < encoding.n_numbers {
            truth.push(f64::from(encoded.targets[row * encoding.n_numbers + self.coded]));
            return;
        }
        let label = encoded.labels[self.coded - encoding.n_numbers][row];
        truth.extend(
            (0..encoding.columns[self.coded].units.len() as u32).map(|k| f64::from(u8::from(k == label))),
        );
    }

    /// The inputs of some rows without the hidden cells, `(rows, inputs)`.
    pub(super) fn inputs(&self, rows: &[u32]) -> Result<Vec<f32>> {
        let mut values = Values::Floats(Vec::new());
        self.rows.data.read(rows, &mut values)?;
        let mut inputs = values.rows().to_floats();
        for (inputs, &row) in inputs.chunks_exact_mut(self.encoding.n_inputs.max(1)).zip(rows) {
            inputs[self.encoding.columns[self.coded].inputs.clone()].fill(0.0);
            let Some(&like) = self.likenesses.get(row as usize) else { continue };
            for (other, column) in self.encoding.columns.iter().enumerate() {
                if !self.is_observed(like, other) {
                    inputs[column.inputs.clone()].fill(0.0);
                }
            }
        }
        Ok(inputs)
    }
}
