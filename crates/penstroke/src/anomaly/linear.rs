//! The linear prediction of numbers: what a normal distribution with the learned correlations expects of a cell.
//!
//! The number of a class is replaced by the quantile of a standard normal distribution at the middle of its share of the rows, so only the
//! order of numbers counts (the nonparanormal distribution: Liu, Lafferty and Wasserman, 2009). Categories are centred one-hot codes. The
//! covariance `S` is shrunk towards the identity (Ledoit and Wolf, 2004). With `P = S⁻¹` and `r = P x`, component `j` given the others is
//! normal with mean `x_j − r_j / P_jj` and variance `1 / P_jj`.
//!
//! Networks need many rows for what this tells from few, and learn what this cannot tell. Each has half of the probability.

use super::columns::{Columns, Kind, RowCells};
use crate::tabular::ridge::inverse;
use special::Error as _;
use std::f64::consts::SQRT_2;

/// Most values of a row; wider tables have no linear prediction.
const WIDEST: usize = 256;

/// Most missing values of a row; with more it has no linear prediction. A category has a value for each level.
const MOST_MISSING: usize = 64;

/// Most rows, evenly spaced, from which the covariance is learned.
const MOST_ROWS: usize = 10_000;

/// A learned linear prediction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Linear {
    /// `P`, `(values, values)`.
    pub(super) precision: Vec<f32>,
}

/// The normal scores of the classes of a number, and those of the ends between them.
pub(super) struct Quantiles {
    scores: Vec<f64>,
    ends: Vec<f64>,
}

impl Quantiles {
    fn of(shares: &[f32]) -> Self {
        let all: f64 = shares.iter().map(|&share| f64::from(share)).sum::<f64>().max(f64::MIN_POSITIVE);
        let (mut below, mut scores, mut ends) = (0.0, Vec::new(), Vec::new());
        for &share in shares {
            let share = f64::from(share) / all;
            scores.push(quantile(below + share / 2.0));
            below += share;
            ends.push(quantile(below));
        }
        ends.pop();
        // With variance 1, as the ends have, a column that depends on nothing is predicted by its shares.
        let moment = |power: i32| -> f64 {
            let terms = scores.iter().zip(shares);
            terms.map(|(score, &share)| score.powi(power) * f64::from(share) / all).sum()
        };
        let mean = moment(1);
        let deviation = (moment(2) - mean * mean).max(0.0).sqrt().max(1e-6);
        scores.iter_mut().for_each(|score| *score = (*score - mean) / deviation);
        Self { scores, ends }
    }

    /// The probability of each class under a normal distribution.
    fn probabilities(&self, mean: f64, deviation: f64) -> Vec<f64> {
        let mut before = 0.0;
        let ends = self.ends.iter().map(|end| normal((end - mean) / deviation)).chain([1.0]);
        ends.map(|below| (below - std::mem::replace(&mut before, below)).max(0.0)).collect()
    }
}

/// The distribution function of standard normal numbers.
fn normal(z: f64) -> f64 {
    0.5 * (-z / SQRT_2).compl_error()
}

/// Its inverse, within ±8.
fn quantile(share: f64) -> f64 {
    (SQRT_2 * (2.0 * share - 1.0).inv_error()).clamp(-8.0, 8.0)
}

/// The prediction, ready to be applied.
pub(super) struct LinearRows<'a> {
    linear: &'a Linear,
    columns: &'a Columns,
    quantiles: &'a [Option<Quantiles>],
}

impl Linear {
    /// Learns from rows; nothing if they have too many values, or all numbers depend on each other within rounding.
    pub(super) fn learn(columns: &Columns, cells: &RowCells) -> Option<Self> {
        let v = columns.n_values;
        if v > WIDEST || cells.n == 0 {
            return None;
        }
        let (rows, quantiles) = (cells.n.min(MOST_ROWS), quantiles(columns));
        let (mut sums, mut counts) = (vec![0.0; v * v], vec![0u32; v * v]);
        // Σ |x|⁴, for the error of the covariance; a row with gaps stands for a whole one.
        let mut fourth = 0.0;
        for row in (0..rows).map(|k| k * cells.n / rows) {
            let (x, observed) = values(columns, &quantiles, cells, row);
            let known: Vec<usize> = (0..v).filter(|&i| observed[i]).collect();
            for &i in &known {
                for &j in known.iter().take_while(|&&j| j <= i) {
                    sums[i * v + j] += x[i] * x[j];
                    counts[i * v + j] += 1;
                }
            }
            let squares: f64 = x.iter().map(|value| value * value).sum();
            fourth += (squares * v as f64 / known.len().max(1) as f64).powi(2);
        }
        let mut pairs = 0.0;
        for i in 0..v {
            for j in 0..=i {
                let n = f64::from(counts[i * v + j]);
                pairs += if i == j { n } else { 2.0 * n } / (v * v) as f64;
                sums[i * v + j] /= n.max(1.0);
                sums[j * v + i] = sums[i * v + j];
            }
        }
        Self::inverted(&sums, v, error(&sums, (fourth / rows as f64, pairs)))
    }

    /// From a covariance with an estimate of its squared error.
    fn inverted(covariance: &[f64], v: usize, error: f64) -> Option<Self> {
        let mut share = share(covariance, v, error);
        loop {
            // Covariances of pairs that were observed in different rows need not fit together; shrunk enough, they do.
            if let Some(precision) = inverse(shrunk(covariance, v, share), v) {
                return Some(Self { precision: precision.into_iter().map(|value| value as f32).collect() });
            }
            if share >= 1.0 {
                return None;
            }
            share = (2.0 * share).min(1.0);
        }
    }

    pub(super) fn rows<'a>(
        &'a self,
        columns: &'a Columns,
        quantiles: &'a [Option<Quantiles>],
    ) -> LinearRows<'a> {
        LinearRows { linear: self, columns, quantiles }
    }
}

/// The squared error of a covariance, by the mean of `|x|⁴` over rows and the mean number of rows behind a component.
fn error(covariance: &[f64], (fourth, rows): (f64, f64)) -> f64 {
    let squares: f64 = covariance.iter().map(|value| value * value).sum();
    (fourth - squares).max(0.0) / rows.max(1.0)
}

fn mean_variance(covariance: &[f64], v: usize) -> f64 {
    (0..v).map(|i| covariance[i * v + i]).sum::<f64>() / v as f64
}

/// How far a covariance is shrunk towards the identity times its mean variance: its squared error beside its squared distance from that.
fn share(covariance: &[f64], v: usize, error: f64) -> f64 {
    let (squares, mean) =
        (covariance.iter().map(|value| value * value).sum::<f64>(), mean_variance(covariance, v));
    let distance = (squares - v as f64 * mean * mean).max(0.0);
    // At least a little, so that columns that follow from others exactly leave a matrix that can be inverted.
    if distance > 0.0 { (error / distance).clamp(1e-3, 1.0) } else { 1.0 }
}

fn shrunk(covariance: &[f64], v: usize, share: f64) -> Vec<f64> {
    let mean = mean_variance(covariance, v);
    let of = |(at, value): (usize, &f64)| {
        (1.0 - share) * value + if at / v == at % v { share * mean } else { 0.0 }
    };
    covariance.iter().enumerate().map(of).collect()
}

/// Those of each column that is a number.
pub(super) fn quantiles(columns: &Columns) -> Vec<Option<Quantiles>> {
    let of = |kind: &Kind| match kind {
        Kind::Number { shares, .. } => Some(Quantiles::of(shares)),
        Kind::Category { .. } => None,
    };
    columns.seen.iter().map(|seen| of(&seen.kind)).collect()
}

/// The values of a row, 0 where missing, and which are observed.
fn values(
    columns: &Columns,
    quantiles: &[Option<Quantiles>],
    cells: &RowCells,
    row: usize,
) -> (Vec<f64>, Vec<bool>) {
    let (mut x, mut observed) = (vec![0.0; columns.n_values], vec![false; columns.n_values]);
    for (at, (seen, quantiles)) in columns.seen.iter().zip(quantiles).enumerate() {
        let cell = row * columns.len() + at;
        if !cells.observed[cell] {
            continue;
        }
        observed[seen.values.clone()].fill(true);
        let (x, class) = (&mut x[seen.values.clone()], cells.classes[cell] as usize);
        match (&seen.kind, quantiles) {
            (Kind::Category { shares }, _) => {
                for (k, (x, share)) in x.iter_mut().zip(shares).enumerate() {
                    let hot = if k == class { 1.0 } else { 0.0 };
                    *x = f64::from((hot - share) * seen.kind.scale());
                }
            }
            (Kind::Number { .. }, Some(quantiles)) => x[0] = quantiles.scores[class],
            (Kind::Number { .. }, None) => {}
        }
    }
    (x, observed)
}

impl LinearRows<'_> {
    /// For each number of a row the probability of its classes; nothing for categories, and for all columns if too many cells are missing.
    pub(super) fn predict(&self, cells: &RowCells, row: usize) -> Option<Vec<Option<Vec<f64>>>> {
        let v = self.columns.n_values;
        let p = |i: usize, j: usize| f64::from(self.linear.precision[i * v + j]);
        let (mut x, observed) = values(self.columns, self.quantiles, cells, row);
        let missing: Vec<usize> = (0..v).filter(|&i| !observed[i]).collect();
        let product = |x: &[f64], i: usize| -> f64 {
            self.linear.precision[i * v..][..v].iter().zip(x).map(|(&p, x)| f64::from(p) * x).sum()
        };
        // The variance of the missing values given the others.
        let m = missing.len();
        let spread = match m {
            0 => Vec::new(),
            1..=MOST_MISSING => {
                inverse(missing.iter().flat_map(|&i| missing.iter().map(move |&j| p(i, j))).collect(), m)?
            }
            _ => return None,
        };
        let pulls: Vec<f64> = missing.iter().map(|&i| product(&x, i)).collect();
        for (k, &i) in missing.iter().enumerate() {
            x[i] = -(0..m).map(|l| spread[k * m + l] * pulls[l]).sum::<f64>();
        }
        let of_column = |(at, quantiles): (usize, &Option<Quantiles>)| {
            let (quantiles, j) = (quantiles.as_ref()?, self.columns.seen[at].values.start);
            let to: Vec<f64> = missing.iter().map(|&i| p(i, j)).collect();
            // A missing cell is predicted from the observed ones.
            let (mean, precision) = match missing.iter().position(|&i| i == j) {
                Some(k) => (x[j], 1.0 / spread[k * m + k]),
                None => {
                    let known: f64 = (0..m * m).map(|at| to[at / m] * spread[at] * to[at % m]).sum();
                    let precision = p(j, j) - known;
                    (x[j] - product(&x, j) / precision, precision)
                }
            };
            (precision > 0.0).then(|| quantiles.probabilities(mean, precision.recip().sqrt()))
        };
        Some(self.quantiles.iter().enumerate().map(of_column).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{in_order, quick};
    use super::*;
    use crate::anomaly::Detector;
    use crate::data::{GivenColumn, SchemaOptions, TypedTable};
    use crate::tabular::{Encoded, Encoding, canonical, is_feature};
    use penstroke_engine::philox::{Draws, Purpose};

    fn learned(given: Vec<GivenColumn>) -> (Columns, RowCells) {
        let names = (0..given.len()).map(|k| format!("x{k}")).collect();
        let table = TypedTable::from_columns("t", names, given, &SchemaOptions::default()).unwrap();
        let encoding = Encoding::learn(&table, is_feature);
        let (rows, _) = canonical(&encoding, &table).unwrap();
        let columns = Columns::learn(encoding, &rows.encoded);
        let cells = columns.cells(Encoded { inputs: rows.data.to_floats(), ..rows.encoded });
        (columns, cells)
    }

    /// Pairs of normal numbers with correlation 0.8, and one of its own; every hundredth cell of the last is missing.
    fn normals(n: usize) -> Vec<GivenColumn> {
        let draws = Draws::new(5, Purpose::Resample);
        let normal = |row: usize, k: u32| {
            let word = f64::from(draws.at(0, row as u32).word(k)) + 0.5;
            SQRT_2 * (word / 2f64.powi(31) - 1.0).inv_error()
        };
        let x: Vec<f64> = (0..n).map(|row| normal(row, 0)).collect();
        let y = (0..n).map(|row| 0.8 * x[row] + 0.6 * normal(row, 1)).collect();
        let z = (0..n).map(|row| if row % 100 == 0 { f64::NAN } else { normal(row, 2) }).collect();
        vec![GivenColumn::Numbers(x), GivenColumn::Numbers(y), GivenColumn::Numbers(z)]
    }

    #[test]
    fn correlated_normal_numbers_are_predicted_as_their_distribution_says() {
        let (columns, cells) = learned(normals(4000));
        let linear = Linear::learn(&columns, &cells).unwrap();
        let quantiles = quantiles(&columns);
        let rows = linear.rows(&columns, &quantiles);
        for row in [3, 700, 2222] {
            let predicted = rows.predict(&cells, row).unwrap();
            let (x, _) = values(&columns, &quantiles, &cells, row);
            let scores = quantiles[1].as_ref().unwrap();
            let [classes, expected] = [predicted[1].clone().unwrap(), scores.probabilities(0.8 * x[0], 0.6)];
            assert!((classes.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            // Of 4000 rows the correlation is known to 0.006, and 32 classes lose some of it.
            let distance: f64 = classes.iter().zip(&expected).map(|(a, b)| (a - b).abs()).sum();
            assert!(distance < 0.1, "{row}: {distance}");
        }
    }

    #[test]
    fn a_missing_cell_is_left_out_exactly() {
        let (columns, mut cells) = learned(normals(400));
        let covariance = [1.0, 0.6, 0.3, 0.6, 1.0, 0.5, 0.3, 0.5, 1.0];
        let precision = inverse(covariance.to_vec(), 3).unwrap().into_iter().map(|p| p as f32).collect();
        let (linear, quantiles) = (Linear { precision }, quantiles(&columns));
        let rows = linear.rows(&columns, &quantiles);
        let row = (0..400).find(|&row| cells.observed[row * 3..][..3] == [true; 3]).unwrap();
        cells.observed[row * 3 + 2] = false;
        let (x, _) = values(&columns, &quantiles, &cells, row);
        let predicted = rows.predict(&cells, row).unwrap();
        // Of a pair with correlation 0.6; and the missing one given both: 0.3 = a + 0.6 b and 0.5 = 0.6 a + b.
        let expected = [(0.6 * x[1], 0.64), (0.6 * x[0], 0.64), (0.5 * x[1], 0.75)];
        for (at, (mean, variance)) in expected.into_iter().enumerate() {
            let expected = quantiles[at].as_ref().unwrap().probabilities(mean, f64::sqrt(variance));
            for (p, expected) in predicted[at].as_ref().unwrap().iter().zip(expected) {
                assert!((p - expected).abs() < 1e-5, "{at}: {p} {expected}");
            }
        }
    }

    #[test]
    fn wide_rows_and_rows_with_many_gaps_have_none() {
        let number =
            |k: usize| GivenColumn::Numbers((0..40).map(|row| (row * (k + 1) % 13) as f64).collect());
        let (columns, cells) = learned((0..WIDEST + 1).map(number).collect());
        assert_eq!(Linear::learn(&columns, &cells), None);
        let (columns, mut cells) = learned((0..100).map(number).collect());
        let (linear, quantiles) = (Linear::learn(&columns, &cells).unwrap(), quantiles(&columns));
        cells.observed[..MOST_MISSING].fill(false);
        assert!(linear.rows(&columns, &quantiles).predict(&cells, 0).is_some());
        cells.observed[..=MOST_MISSING].fill(false);
        assert!(linear.rows(&columns, &quantiles).predict(&cells, 0).is_none());
    }

    #[test]
    fn a_covariance_is_shrunk_by_the_share_of_its_error() {
        let told = |covariance: &[f64], fourth| {
            shrunk(covariance, 2, share(covariance, 2, error(covariance, (fourth, 2.0))))
        };
        // Two rows (1, 1) and (−1, −1): S = (1, 1; 1, 1), and every row agrees with it, so nothing is shrunk but the least.
        assert_eq!(told(&[1.0, 1.0, 1.0, 1.0], 4.0), [1.0, 0.999, 0.999, 1.0]);
        // Rows (2, 0) and (0, 1): S = diag(2, ½), mean 1.25, distance 1.125, error (17/2 − 4.25)/2 = 2.125 beyond it.
        assert_eq!(told(&[2.0, 0.0, 0.0, 0.5], 8.5), [1.25, 0.0, 0.0, 1.25]);
    }

    #[test]
    fn pairs_that_do_not_fit_together_are_shrunk_until_they_do() {
        // Of three numbers, two correlate with the third by 0.9 and with each other by −0.9: no law has that.
        let impossible = [1.0, -0.9, 0.9, -0.9, 1.0, 0.9, 0.9, 0.9, 1.0];
        assert!(inverse(impossible.to_vec(), 3).is_none());
        assert!(Linear::inverted(&impossible, 3, 0.0).is_some());
        assert_eq!(Linear::inverted(&[0.0; 4], 2, 0.0), None);
    }

    #[test]
    fn a_number_that_depends_on_nothing_is_predicted_by_its_shares() {
        for shares in [vec![0.97, 0.01, 0.01, 0.01], vec![0.9, 0.1], vec![0.1, 0.8, 0.1], vec![1.0]] {
            let quantiles = Quantiles::of(&shares);
            let predicted = quantiles.probabilities(0.0, 1.0);
            let differ = |(a, b): (&f64, &f32)| (a - f64::from(*b)).abs();
            assert!(predicted.iter().zip(&shares).map(differ).all(|d| d < 1e-7), "{shares:?} {predicted:?}");
            let terms = quantiles.scores.iter().zip(&shares);
            let variance: f64 = terms.map(|(score, &share)| score * score * f64::from(share)).sum();
            assert!(shares.len() == 1 || (variance - 1.0).abs() < 1e-6, "{variance}");
        }
    }

    #[test]
    fn gaps_do_not_weaken_what_is_learned() {
        let given = |gaps: bool| {
            let mut given = normals(4000);
            for (k, column) in given.iter_mut().enumerate() {
                let GivenColumn::Numbers(numbers) = column else { unreachable!() };
                let is_gap = |row: &usize| gaps && (row * (k + 3) / 7 + row).is_multiple_of(2);
                (0..4000).filter(is_gap).for_each(|row| numbers[row] = f64::NAN);
            }
            given
        };
        let [whole, with_gaps] = [false, true].map(|gaps| {
            let (columns, cells) = learned(given(gaps));
            let covariance: Vec<f64> =
                Linear::learn(&columns, &cells).unwrap().precision.iter().map(|&p| p.into()).collect();
            let covariance = inverse(covariance, 3).unwrap();
            covariance[1] / (covariance[0] * covariance[4]).sqrt()
        });
        assert!((whole - 0.8).abs() < 0.03 && (with_gaps - 0.8).abs() < 0.05, "{whole} {with_gaps}");
    }

    #[test]
    fn what_no_covariance_has_is_refused_row_by_row() {
        let (columns, mut cells) = learned(normals(400));
        let quantiles = quantiles(&columns);
        let row = (0..400).find(|&row| cells.observed[row * 3..][..3] == [true; 3]).unwrap();
        let negative = Linear { precision: vec![-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0] };
        let predicted = negative.rows(&columns, &quantiles).predict(&cells, row).unwrap();
        assert!(predicted[0].is_none() && predicted[1].is_some());
        cells.observed[row * 3] = false;
        assert!(negative.rows(&columns, &quantiles).predict(&cells, row).is_none());
    }

    #[test]
    fn it_is_learned_and_kept() {
        let detector = Detector::fit(&quick(), &in_order(), &mut crate::Run::new()).unwrap();
        assert!(detector.linear.is_some());
        let read = Detector::from_bytes("m", &detector.to_bytes().unwrap()).unwrap();
        assert_eq!(read.linear, detector.linear);
    }
}
