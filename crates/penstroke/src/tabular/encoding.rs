//! How the cells of a table become inputs and targets of a network.
//!
//! | column | input components of its cell | output units |
//! | --- | --- | --- |
//! | number | `z = (x − μ)/s`, a piecewise-linear code of `z`, 1 if observed | 1: `z` under squared error |
//! | category | one-hot, 1 if observed | one for each category: softmax |
//!
//! All components of a missing cell are 0. `μ` and `s` are the mean and standard deviation of the observed cells. The piecewise-linear code
//! is that of Gorishniy et al. (2022): `clip((z − e_b)/(e_{b+1} − e_b), 0, 1)` between quantiles `e` of the observed cells.
//!
//! Columns are sorted by name, numbers first, so that the order of the columns in a file changes nothing.

use crate::data::{Cells, ColumnKind, ColumnSchema, TypedTable};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Least and most intervals of the piecewise-linear code, if the quantiles differ, and about how many all columns have together. Fine codes
/// tell recurring values apart, which many tables have; wide inputs take long.
const INTERVALS: (usize, usize, usize) = (12, 48, 1024);

/// A column of the table as the network has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CodedColumn {
    /// Its index in the schema.
    pub(crate) column: usize,
    pub(crate) code: Code,
    pub(crate) inputs: Range<usize>,
    pub(crate) units: Range<usize>,
    /// The factor of its loss: 1 / the loss of always answering the mean, or the frequencies, of the observed cells.
    pub(crate) weight: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Code {
    Number {
        mean: f64,
        deviation: f64,
        edges: Vec<f64>,
    },
    /// A one-hot code of `n` categories, of which `other` stands for all rare ones and is never filled in.
    Category {
        n: usize,
        other: Option<usize>,
    },
}

/// The columns of a table as a network has them: all that are not left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Encoding {
    pub(crate) columns: Vec<CodedColumn>,
    pub(crate) n_inputs: usize,
    pub(crate) n_numbers: usize,
    pub(crate) n_outputs: usize,
}

/// The rows of a table, ready for a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Encoded {
    /// `(n, inputs)`.
    pub(crate) inputs: Vec<f32>,
    /// Standardised numbers, `(n, numbers)`; 0 where missing.
    pub(crate) targets: Vec<f32>,
    /// For each category column the code of each row; 0 where missing.
    pub(crate) labels: Vec<Vec<u32>>,
    /// For each row and output unit, whether its cell is observed, as [`BitRows`](penstroke_engine::BitRows).
    pub(crate) observed: Vec<u8>,
}

/// Whether a column tells what a row is like: labels and columns that are left out do not.
pub(crate) fn is_feature(column: &ColumnSchema) -> bool {
    !column.kind.is_left() && column.kind != ColumnKind::Label
}

impl Encoding {
    /// Learns the encoding of the observed cells of the columns that are `learned`.
    pub(crate) fn learn(table: &TypedTable, learned: impl Fn(&ColumnSchema) -> bool) -> Self {
        let mut used: Vec<(usize, &ColumnSchema, &Cells)> = (0..)
            .zip(table.each_column())
            .map(|(at, (column, cells))| (at, column, cells))
            .filter(|(_, column, cells)| !matches!(cells, Cells::Left) && learned(column))
            .collect();
        let is_category = |cells: &Cells| matches!(cells, Cells::Codes(_));
        used.sort_by(|a, b| (is_category(a.2), &a.1.name).cmp(&(is_category(b.2), &b.1.name)));
        let n_numbers = used.iter().filter(|(_, _, cells)| !is_category(cells)).count();
        let (least, most, all) = INTERVALS;
        let n_intervals = (all / n_numbers.max(1)).clamp(least, most);
        let learned: Vec<_> =
            used.par_iter().map(|(at, column, cells)| (*at, learn(column, cells, n_intervals))).collect();
        Self::of(learned.into_iter().map(|(column, (code, weight))| (column, code, weight)).collect())
    }

    /// Lays out the inputs and output units of columns: each one's index in the schema, its code, and the factor of its loss.
    pub(crate) fn of(all: Vec<(usize, Code, f64)>) -> Self {
        let (mut columns, mut n_inputs, mut n_outputs, mut n_numbers) = (Vec::new(), 0, 0, 0);
        for (column, code, weight) in all {
            let (width, n_units) = match &code {
                Code::Number { edges, .. } => (edges.len() + 1, 1),
                Code::Category { n, .. } => (n + 1, *n),
            };
            n_numbers += usize::from(matches!(code, Code::Number { .. }));
            let (inputs, units) = (n_inputs..n_inputs + width, n_outputs..n_outputs + n_units);
            (n_inputs, n_outputs) = (inputs.end, units.end);
            columns.push(CodedColumn { column, code, inputs, units, weight });
        }
        Self { columns, n_inputs, n_numbers, n_outputs }
    }

    /// Encodes some rows of the columns of a table with the same schema.
    pub(crate) fn encode(&self, all: &[Cells], rows: &[usize]) -> Encoded {
        let stride = self.n_outputs.div_ceil(8);
        let mut inputs = vec![0.0; rows.len() * self.n_inputs];
        let mut targets = vec![0.0; rows.len() * self.n_numbers];
        let mut observed = vec![0; rows.len() * stride];
        inputs
            .par_chunks_mut(self.n_inputs.max(1))
            .zip(observed.par_chunks_mut(stride.max(1)))
            .zip(rows)
            .for_each(|((inputs, observed), &row)| self.encode_row(all, row, inputs, observed));
        if self.n_numbers > 0 {
            targets.par_chunks_mut(self.n_numbers).zip(rows).for_each(|(targets, &row)| {
                for (target, coded) in targets.iter_mut().zip(&self.columns) {
                    if let (Code::Number { mean, deviation, .. }, Cells::Numbers(numbers)) =
                        (&coded.code, &all[coded.column])
                        && !numbers[row].is_nan()
                    {
                        *target = ((numbers[row] - mean) / deviation) as f32;
                    }
                }
            });
        }
        let of_column = |coded: &CodedColumn| match (&coded.code, &all[coded.column]) {
            (Code::Category { n, .. }, Cells::Codes(codes)) => Some(
                rows.iter().map(|&row| if (codes[row] as usize) < *n { codes[row] } else { 0 }).collect(),
            ),
            _ => None,
        };
        let labels = self.columns.iter().filter_map(of_column).collect();
        Encoded { inputs, targets, labels, observed }
    }

    fn encode_row(&self, all: &[Cells], row: usize, inputs: &mut [f32], observed: &mut [u8]) {
        for coded in &self.columns {
            let inputs = &mut inputs[coded.inputs.clone()];
            let last = inputs.len() - 1;
            match (&coded.code, &all[coded.column]) {
                (Code::Number { mean, deviation, edges }, Cells::Numbers(numbers))
                    if !numbers[row].is_nan() =>
                {
                    let z = (numbers[row] - mean) / deviation;
                    inputs[0] = z as f32;
                    for (input, edge) in inputs[1..last].iter_mut().zip(edges.windows(2)) {
                        *input = ((z - edge[0]) / (edge[1] - edge[0])).clamp(0.0, 1.0) as f32;
                    }
                }
                (Code::Category { n, .. }, Cells::Codes(codes)) if (codes[row] as usize) < *n => {
                    inputs[codes[row] as usize] = 1.0;
                }
                _ => continue,
            }
            inputs[last] = 1.0;
            coded.units.clone().for_each(|unit| observed[unit / 8] |= 1 << (unit % 8));
        }
    }
}

/// The code of a column and the weight of its loss. Sums run over sorted values, so that the order of the rows changes no bit.
fn learn(column: &ColumnSchema, cells: &Cells, n_intervals: usize) -> (Code, f64) {
    match cells {
        Cells::Numbers(numbers) => {
            let mut sorted: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            let n = sorted.len().max(1) as f64;
            let mean = sorted.iter().map(|x| x / n).sum::<f64>();
            // Divided by the largest, because squares of large numbers overflow.
            let largest = sorted.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
            let deviation =
                largest * sorted.iter().map(|x| ((x - mean) / largest).powi(2) / n).sum::<f64>().sqrt();
            // Less is rounding of the mean, as in a constant column.
            let least = 1e-12 * mean.abs();
            let deviation = if deviation > least && deviation > 0.0 { deviation } else { least.max(1.0) };
            let at = |share: f64| {
                let place = share * (sorted.len().max(1) - 1) as f64;
                let (low, high) = (place.floor() as usize, place.ceil() as usize);
                let value = |at: usize| sorted.get(at).copied().unwrap_or_default();
                let number = value(low) + (place - place.floor()) * (value(high) - value(low));
                (number - mean) / deviation
            };
            let mut edges: Vec<f64> = (0..=n_intervals).map(|b| at(b as f64 / n_intervals as f64)).collect();
            edges.dedup_by(|next, edge| *next - *edge < 1e-9);
            (Code::Number { mean, deviation, edges }, 1.0)
        }
        Cells::Codes(codes) => {
            let n = column.categories.len().max(1);
            let mut counts = vec![0u64; n];
            codes.iter().filter(|&&code| (code as usize) < n).for_each(|&code| counts[code as usize] += 1);
            let all = counts.iter().sum::<u64>().max(1) as f64;
            let entropy: f64 = counts
                .iter()
                .filter(|&&count| count > 0)
                .map(|&count| -(count as f64 / all) * (count as f64 / all).ln())
                .sum();
            let other = column.other();
            // A column with one category has nothing to learn.
            (Code::Category { n, other }, if entropy > 1e-6 { 1.0 / entropy } else { 1.0 })
        }
        Cells::Left => (Code::Category { n: 1, other: None }, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{GivenColumn, SchemaOptions};

    fn codes(texts: Vec<String>) -> Code {
        let columns = vec![GivenColumn::Texts(texts.into_iter().map(Some).collect())];
        let table =
            TypedTable::from_columns("frame", vec!["c".into()], columns, &SchemaOptions::default()).unwrap();
        Encoding::learn(&table, |_| true).columns.remove(0).code
    }

    #[test]
    fn only_merged_categories_are_never_filled_in() {
        let own = ["(other)", "x", "(other)"].map(String::from).to_vec();
        assert_eq!(codes(own), Code::Category { n: 2, other: None });
        let many = (0..200).chain(0..200).map(|k| format!("c{k}")).collect();
        assert_eq!(codes(many), Code::Category { n: 128, other: Some(0) });
    }
}
