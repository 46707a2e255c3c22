//! How the networks of a detector have the columns of a table.
//!
//! | column | the level networks restore | the local networks predict |
//! | --- | --- | --- |
//! | number | its standardised value `z` | `z` under squared error, and its class under cross-entropy: one of up to 32 intervals with about as many rows each |
//! | category | the one-hot code, centred and divided by the root of its total variance | the category under cross-entropy |
//!
//! So every column has variance 1 in what is restored, and counts alike.

use crate::tabular::{Code, Encoded, Encoding};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use xxhash_rust::xxh3::Xxh3;

/// Fewest and most classes of a number, and about how many all numbers have together.
const CLASSES: (usize, usize, usize) = (8, 32, 1024);

/// The largest number of standard deviations that is told from larger ones, so that squares stay finite.
const FARTHEST: f32 = 1e9;

/// A column as the networks of a detector have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    /// Its components among what is restored.
    pub(super) values: Range<usize>,
    /// Its output units in a local network: for a number `z`, then a unit for each class.
    pub(super) units: Range<usize>,
    pub(super) kind: Kind,
}

/// What a column holds, as learned from its observed cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// All in units of `z`.
    Number {
        /// The lower ends of all classes but the first.
        edges: Vec<f32>,
        /// The mean of each class.
        centres: Vec<f32>,
        /// The largest observed number of each class.
        ends: Vec<f32>,
        /// The share of each class.
        shares: Vec<f32>,
        /// The mean distance of the cells of the first and of the last class from the edge of the class.
        tails: [f32; 2],
    },
    Category {
        /// The share of each category.
        shares: Vec<f32>,
    },
}

impl Kind {
    pub(super) fn n_classes(&self) -> usize {
        match self {
            Kind::Number { centres, .. } => centres.len(),
            Kind::Category { shares } => shares.len(),
        }
    }

    /// The share of each class.
    pub(super) fn shares(&self) -> &[f32] {
        match self {
            Kind::Number { shares, .. } | Kind::Category { shares } => shares,
        }
    }

    /// The factor by which centred one-hot codes have a total variance of 1.
    pub(super) fn scale(&self) -> f32 {
        match self {
            Kind::Number { .. } => 1.0,
            Kind::Category { shares } => {
                let variance = 1.0 - shares.iter().map(|share| share * share).sum::<f32>();
                // A column with one category has none.
                if variance > 1e-6 { variance.sqrt().recip() } else { 1.0 }
            }
        }
    }

    /// The class of a number.
    pub(super) fn class_of(&self, z: f32) -> usize {
        match self {
            Kind::Number { edges, .. } => edges.partition_point(|&edge| edge <= z),
            Kind::Category { .. } => 0,
        }
    }

    /// How many nats less likely `z` is than a typical cell of its class, if that is one of the outermost: beyond their edges the
    /// distribution is taken for an exponential one, whose mean is learned.
    pub(super) fn beyond(&self, z: f32) -> f32 {
        let Kind::Number { edges, tails, centres, .. } = self else { return 0.0 };
        // A column that always holds one number has one class, and no edges.
        let [first, last] = [edges.first(), edges.last()].map(|edge| edge.unwrap_or(&centres[0]));
        let excess = ((first - z) / tails[0]).max((z - last) / tails[1]);
        (excess - 1.0).max(0.0)
    }
}

/// All columns of a table as the networks of a detector have them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    /// The inputs of the local networks, and what cells hold.
    pub(super) encoding: Encoding,
    /// In the order of the encoding.
    pub(super) seen: Vec<Seen>,
    pub(super) n_values: usize,
    pub(super) n_units: usize,
}

impl Columns {
    /// Learns what the columns hold from all rows of a table.
    pub(super) fn learn(encoding: Encoding, rows: &Encoded) -> Self {
        let n_rows = rows.observed.len() / encoding.n_outputs.div_ceil(8).max(1);
        let (fewest, most, all) = CLASSES;
        let n_classes = (all / encoding.n_numbers.max(1)).clamp(fewest, most);
        let is_observed = |row: usize, unit: usize| {
            rows.observed[row * encoding.n_outputs.div_ceil(8) + unit / 8] >> (unit % 8) & 1 == 1
        };
        let mut labels = rows.labels.iter();
        let kinds = encoding.columns.iter().enumerate().map(|(at, coded)| {
            let observed = (0..n_rows).filter(|&row| is_observed(row, coded.units.start));
            match coded.code {
                Code::Number { .. } => number(
                    observed.map(|row| rows.targets[row * encoding.n_numbers + at]).collect(),
                    n_classes,
                ),
                Code::Category { n, .. } => {
                    let labels = labels.next().map_or(&[][..], Vec::as_slice);
                    category(observed.filter_map(|row| labels.get(row).copied()), n)
                }
            }
        });
        let kinds = kinds.collect();
        Self::of(encoding, kinds)
    }

    /// Lays out columns of these kinds.
    pub(super) fn of(encoding: Encoding, kinds: Vec<Kind>) -> Self {
        let (mut seen, mut n_values, mut n_units) = (Vec::new(), 0, 0);
        for kind in kinds {
            let (values, units) = match &kind {
                Kind::Number { .. } => (1, 1 + kind.n_classes()),
                Kind::Category { .. } => (kind.n_classes(), kind.n_classes()),
            };
            let (values, units) = (n_values..n_values + values, n_units..n_units + units);
            (n_values, n_units) = (values.end, units.end);
            seen.push(Seen { values, units, kind });
        }
        Self { encoding, seen, n_values, n_units }
    }

    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// What rows hold, with nothing in the place of missing cells.
    pub(super) fn cells(&self, encoded: Encoded) -> RowCells {
        let (encoding, n_columns) = (&self.encoding, self.len());
        let n = encoded.inputs.len().checked_div(encoding.n_inputs).unwrap_or(0);
        let mut cells = RowCells {
            n,
            observed: vec![false; n * n_columns],
            numbers: vec![0.0; n * n_columns],
            classes: vec![0; n * n_columns],
            inputs: encoded.inputs,
        };
        cells.inputs.iter_mut().for_each(|input| *input = input.clamp(-FARTHEST, FARTHEST));
        let mut labels = encoded.labels.iter();
        for (at, (coded, seen)) in encoding.columns.iter().zip(&self.seen).enumerate() {
            let labels = if matches!(coded.code, Code::Category { .. }) { labels.next() } else { None };
            for row in 0..n {
                let cell = row * n_columns + at;
                cells.observed[cell] = cells.inputs[row * encoding.n_inputs + coded.inputs.end - 1] != 0.0;
                match labels {
                    Some(labels) => cells.classes[cell] = labels[row],
                    None => {
                        let z = encoded.targets[row * encoding.n_numbers + at];
                        cells.numbers[cell] = z.clamp(-FARTHEST, FARTHEST);
                        cells.classes[cell] = seen.kind.class_of(cells.numbers[cell]) as u32;
                    }
                }
            }
        }
        cells
    }

    /// What the level networks restore: `(n, values)`. In the place of a missing cell is the expected one; `expected` gives, for a
    /// row and a column, the expected number, or a probability for each category.
    pub(super) fn values(&self, cells: &RowCells, expected: impl Fn(usize, usize) -> Vec<f32>) -> Vec<f32> {
        let mut values = vec![0.0; cells.n * self.n_values];
        for (at, seen) in self.seen.iter().enumerate() {
            let scale = seen.kind.scale();
            for row in 0..cells.n {
                let cell = row * self.len() + at;
                let values = &mut values[row * self.n_values..][seen.values.clone()];
                let given = if cells.observed[cell] { Vec::new() } else { expected(row, at) };
                match &seen.kind {
                    Kind::Number { .. } => {
                        values[0] = given.first().copied().unwrap_or(cells.numbers[cell]);
                    }
                    Kind::Category { shares } => {
                        for (k, (value, share)) in values.iter_mut().zip(shares).enumerate() {
                            let hot = if k as u32 == cells.classes[cell] { 1.0 } else { 0.0 };
                            *value = (given.get(k).copied().unwrap_or(hot) - share) * scale;
                        }
                    }
                }
            }
        }
        values
    }
}

/// What some rows hold: all `(n, columns)` but the inputs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RowCells {
    pub(super) n: usize,
    pub(super) observed: Vec<bool>,
    /// `z` of numbers; 0 for categories and missing cells.
    pub(super) numbers: Vec<f32>,
    pub(super) classes: Vec<u32>,
    /// `(n, inputs)` of the local networks.
    pub(super) inputs: Vec<f32>,
}

impl RowCells {
    /// The fold of each row, one of `n_folds`, by its content.
    pub(super) fn folds(&self, columns: &Columns, n_folds: usize) -> Vec<usize> {
        let fold = |row: &[f32]| {
            let mut hash = Xxh3::new();
            row.iter().for_each(|value| hash.update(&value.to_bits().to_le_bytes()));
            (hash.digest() % n_folds as u64) as usize
        };
        self.inputs.chunks_exact(columns.encoding.n_inputs).map(fold).collect()
    }

    /// Some of the rows.
    pub(super) fn select(&self, rows: &[usize], columns: &Columns) -> Self {
        fn of<T: Copy>(all: &[T], width: usize, rows: &[usize]) -> Vec<T> {
            rows.iter().flat_map(|&row| all[row * width..(row + 1) * width].iter().copied()).collect()
        }
        let d = columns.len();
        Self {
            n: rows.len(),
            observed: of(&self.observed, d, rows),
            numbers: of(&self.numbers, d, rows),
            classes: of(&self.classes, d, rows),
            inputs: of(&self.inputs, columns.encoding.n_inputs, rows),
        }
    }
}

/// The classes of a number, from its observed cells.
fn number(mut observed: Vec<f32>, n_classes: usize) -> Kind {
    observed.sort_by(f32::total_cmp);
    let n = observed.len();
    let edges = edges(&observed, n_classes);
    let starts: Vec<usize> =
        edges.iter().map(|edge| observed.partition_point(|value| value < edge)).collect();
    let classes = [0].into_iter().chain(starts.iter().copied()).zip(starts.iter().copied().chain([n]));
    let last = |of: &[f32]| of.last().copied().unwrap_or_default();
    let mean = |of: &[f32], from: f32| {
        of.iter().map(|value| f64::from(value - from)).sum::<f64>() / of.len().max(1) as f64
    };
    let shares =
        classes.clone().map(|(start, end)| ((end - start) as f64 / n.max(1) as f64) as f32).collect();
    let (centres, ends) = classes
        .map(|(start, end)| (mean(&observed[start..end], 0.0) as f32, last(&observed[start..end])))
        .unzip();
    let tail = |of: &[f32], edge: Option<&f32>| {
        let distance = edge.map_or(0.0, |&edge| mean(of, edge).abs() as f32);
        // A class of one value, as of integers, says nothing of the distribution beyond it.
        distance.max(LEAST_TAIL)
    };
    let tails = [
        tail(&observed[..starts.first().copied().unwrap_or(n)], edges.first()),
        tail(&observed[starts.last().copied().unwrap_or(0)..], edges.last()),
    ];
    Kind::Number { edges, centres, ends, shares, tails }
}

/// The lower ends of all classes but the first. A class takes whole values until it has its part of the rows that are left. A value that
/// recurs so often is a class of its own, and takes no room from the others.
fn edges(ascending: &[f32], n_classes: usize) -> Vec<f32> {
    let (mut edges, mut left) = (Vec::new(), ascending);
    while edges.len() + 1 < n_classes {
        let part = left.len().div_ceil(n_classes - edges.len());
        let Some(&last) = part.checked_sub(1).and_then(|at| left.get(at)) else { break };
        let (start, end) =
            (left.partition_point(|&value| value < last), left.partition_point(|&value| value <= last));
        left = &left[if start > 0 && end - start >= part { start } else { end }..];
        let Some(&edge) = left.first() else { break };
        edges.push(edge);
    }
    edges
}

/// The least scale of a tail, in standard deviations.
pub(super) const LEAST_TAIL: f32 = 0.1;

/// The shares of `n` categories.
fn category(observed: impl Iterator<Item = u32>, n: usize) -> Kind {
    let mut counts = vec![0u64; n];
    observed.for_each(|class| counts[class as usize] += 1);
    let all = counts.iter().sum::<u64>().max(1);
    Kind::Category { shares: counts.iter().map(|&count| (count as f64 / all as f64) as f32).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(kind: &Kind) -> (&[f32], &[f32], &[f32], [f32; 2]) {
        match kind {
            Kind::Number { edges, centres, ends, tails, .. } => (edges, centres, ends, *tails),
            Kind::Category { .. } => unreachable!(),
        }
    }

    #[test]
    fn classes_have_about_as_many_rows_each() {
        let kind = number((0..800).rev().map(|k| k as f32 / 100.0).collect(), 8);
        let (edges, centres, ends, tails) = parts(&kind);
        assert_eq!(edges, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(ends, [0.99, 1.99, 2.99, 3.99, 4.99, 5.99, 6.99, 7.99]);
        for (k, centre) in centres.iter().enumerate() {
            assert!((centre - (k as f32 + 0.495)).abs() < 1e-5);
        }
        assert!((tails[0] - 0.505).abs() < 1e-5 && (tails[1] - 0.495).abs() < 1e-5);
        for (z, class) in [(-9.0, 0), (0.99, 0), (1.0, 1), (6.99, 6), (7.0, 7), (99.0, 7)] {
            assert_eq!(kind.class_of(z), class, "{z}");
        }
        // 10 means beyond the last edge, a typical cell of the class being one beyond.
        assert!((kind.beyond(7.0 + 11.0 * 0.495) - 10.0).abs() < 1e-4);
        assert!((kind.beyond(1.0 - 3.0 * 0.505) - 2.0).abs() < 1e-4);
        assert_eq!(kind.beyond(4.0), 0.0);
        let constant = number(vec![2.0; 9], 8);
        assert_eq!((constant.beyond(2.0), constant.beyond(3.0) > 5.0), (0.0, true));
    }

    #[test]
    fn recurring_values_are_one_class_and_none_is_empty() {
        for (values, expected_edges, expected_centres) in [
            (vec![0.0; 50], vec![], vec![0.0]),
            ([vec![0.0; 45], vec![1.0; 5]].concat(), vec![1.0], vec![0.0, 1.0]),
            ([vec![-1.0; 5], vec![0.0; 45]].concat(), vec![0.0], vec![-1.0, 0.0]),
            (vec![], vec![], vec![0.0]),
        ] {
            let kind = number(values, 8);
            let (edges, centres, ends, _) = parts(&kind);
            assert_eq!((edges, centres), (&expected_edges[..], &expected_centres[..]));
            assert_eq!(ends, centres, "each class has one value");
        }
    }

    #[test]
    fn a_category_has_variance_one() {
        let kind = category([0, 0, 0, 1, 2, 2].into_iter(), 3);
        let Kind::Category { shares } = &kind else { unreachable!() };
        let variance: f32 = (0..3)
            .map(|class| {
                let of_class = (0..3).map(|k| if k == class { 1.0 } else { 0.0 } - shares[k]);
                shares[class] * of_class.map(|value| (value * kind.scale()).powi(2)).sum::<f32>()
            })
            .sum();
        assert!((variance - 1.0).abs() < 1e-6);
        assert_eq!(category([0].into_iter(), 1).scale(), 1.0);
    }
}
