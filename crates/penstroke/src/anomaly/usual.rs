//! What is usual among the rows that were learned, and the score of a row beside it.
//!
//! A *view* gives each observed cell of a row an error: each of the levels is one, and the local prediction. Errors are divided by their
//! means over the learned rows, and averaged over the observed cells of a row; so every view has the mean 1. The score is the weighted
//! mean of the views, each weighing 1 / its standard deviation over the learned rows: a view in which usual rows differ little tells more
//! by the same excess.

use serde::{Deserialize, Serialize};

/// Added to errors and to their means, so that a column that is always restored does not divide by 0.
pub(super) const LEAST: f64 = 1e-9;

/// Means, weights and scores over the rows that were learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Usual {
    /// For each view, the mean error of each column.
    pub(super) means: Vec<Vec<f64>>,
    /// For each view; their sum is 1.
    pub(super) weights: Vec<f64>,
    /// The mean [`doubt`] of a cell; that of even odds if there are none.
    pub(super) doubt: f64,
    /// The scores, ascending.
    pub(super) scores: Vec<f64>,
}

/// The errors of some rows in each view, each `(n, columns)`, and which of their cells are observed.
pub(super) struct Views<'a> {
    pub(super) errors: Vec<&'a [f32]>,
    pub(super) observed: &'a [bool],
    pub(super) n_columns: usize,
}

impl Views<'_> {
    fn n(&self) -> usize {
        self.observed.len() / self.n_columns.max(1)
    }

    /// The mean error of each column over rows in which it is observed.
    fn means(&self, errors: &[f32]) -> Vec<f64> {
        let d = self.n_columns;
        let of_column = |at: usize| {
            let cells = (at..self.observed.len()).step_by(d).filter(|&cell| self.observed[cell]);
            let (n, sum) = cells.fold((0u64, 0.0), |(n, sum), cell| (n + 1, sum + f64::from(errors[cell])));
            sum / n.max(1) as f64
        };
        (0..d).map(of_column).collect()
    }

    /// A row in one view: the mean over its observed cells of error / mean error; 1 if it has none.
    fn row(&self, row: usize, errors: &[f32], means: &[f64]) -> f64 {
        let cells = row * self.n_columns..(row + 1) * self.n_columns;
        let (mut n, mut sum) = (0u64, 0.0);
        for (cell, mean) in cells.zip(means).filter(|(cell, _)| self.observed[*cell]) {
            (n, sum) = (n + 1, sum + relative(f64::from(errors[cell]), *mean));
        }
        if n == 0 { 1.0 } else { sum / n as f64 }
    }
}

/// An error beside the mean one.
fn relative(error: f64, mean: f64) -> f64 {
    (error + LEAST) / (mean + LEAST)
}

/// −ln of the probability that a cell belongs to its row, in nats, if that and the contrary are equally likely beforehand.
pub(super) fn doubt(log_odds: f32) -> f64 {
    let odds = f64::from(log_odds);
    // Of large odds 1 is nothing.
    if odds > 40.0 { odds } else { odds.exp().ln_1p() }
}

impl Usual {
    /// Learns from rows and the log odds of their cells.
    pub(super) fn learn(views: &Views<'_>, odds: &[f32]) -> Self {
        let means: Vec<Vec<f64>> = views.errors.iter().map(|errors| views.means(errors)).collect();
        let spread = |(errors, means): (&&[f32], &Vec<f64>)| {
            let rows: Vec<f64> = (0..views.n()).map(|row| views.row(row, errors, means)).collect();
            deviation(&rows)
        };
        let spreads: Vec<f64> = views.errors.iter().zip(&means).map(spread).collect();
        let observed = odds.iter().zip(views.observed).filter(|(_, observed)| **observed);
        let (n, sum) = observed.fold((0u64, 0.0), |(n, sum), (&odds, _)| (n + 1, sum + doubt(odds)));
        let doubt = if n > 0 { (sum / n as f64).max(LEAST) } else { doubt(0.0) };
        let mut usual = Self { means, weights: weights(&spreads), doubt, scores: Vec::new() };
        usual.scores = usual.score(views);
        usual.scores.sort_by(f64::total_cmp);
        usual
    }

    /// The score of each row: near 1 for usual ones, larger for unusual ones.
    pub(super) fn score(&self, views: &Views<'_>) -> Vec<f64> {
        let each = || views.errors.iter().zip(&self.means).zip(&self.weights);
        let of_row =
            |row| each().map(|((errors, means), weight)| weight * views.row(row, errors, means)).sum();
        (0..views.n()).map(of_row).collect()
    }

    /// The share of the learned rows with a larger score.
    pub(super) fn share_above(&self, score: f64) -> f64 {
        let below = self.scores.partition_point(|&learned| learned <= score);
        (self.scores.len() - below) as f64 / self.scores.len().max(1) as f64
    }
}

/// 1 / spread of each view, with the sum 1. A view that says the same of all rows has no weight.
fn weights(spreads: &[f64]) -> Vec<f64> {
    let raw: Vec<f64> =
        spreads.iter().map(|&spread| if spread > LEAST { spread.recip() } else { 0.0 }).collect();
    let sum: f64 = raw.iter().sum();
    match sum > 0.0 {
        true => raw.iter().map(|weight| weight / sum).collect(),
        false => vec![1.0 / spreads.len().max(1) as f64; spreads.len()],
    }
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views<'a>(errors: Vec<&'a [f32]>, observed: &'a [bool]) -> Views<'a> {
        Views { errors, observed, n_columns: 2 }
    }

    #[test]
    fn usual_rows_score_one_and_views_weigh_by_their_spread() {
        // Two columns; the second view has the same errors, ten times as far from their means.
        let one = [1.0, 20.0, 3.0, 20.0, 2.0, 20.0, 2.0, 20.0];
        let other = [0.0, 1.0, 10.0, 1.0, 5.0, 1.0, 5.0, 1.0];
        let usual = Usual::learn(&views(vec![&one, &other], &[true; 8]), &[0.0; 8]);
        assert_eq!(usual.means, [[2.0, 20.0], [5.0, 1.0]]);
        assert_eq!(usual.doubt, std::f64::consts::LN_2);
        // The spreads are √½/4 and √2/4: rows deviate by ¼ or ½ twice.
        // But for what is added to errors.
        assert!((usual.weights[0] - 2.0 / 3.0).abs() < 1e-9 && (usual.weights[1] - 1.0 / 3.0).abs() < 1e-9);
        let mean = usual.scores.iter().sum::<f64>() / 4.0;
        assert!((mean - 1.0).abs() < 1e-12);
        assert_eq!([0.0, usual.scores[3]].map(|score| usual.share_above(score)), [1.0, 0.0]);
        assert_eq!(usual.share_above(usual.scores[1]), 0.25);
    }

    #[test]
    fn missing_cells_add_nothing() {
        let errors = [1.0, 9.0, 3.0, 9.0];
        let usual = Usual::learn(&views(vec![&errors], &[true, false, true, false]), &[0.0; 4]);
        assert!(usual.scores.iter().zip([0.5, 1.5]).all(|(score, expected)| (score - expected).abs() < 1e-9));
        assert_eq!(usual.score(&views(vec![&[9.0, 9.0]], &[false, false])), [1.0]);
        assert_eq!(usual.doubt, std::f64::consts::LN_2);
    }

    #[test]
    fn doubt_is_the_logarithm_of_the_probability() {
        for odds in [-9.0f32, -1.0, 0.0, 2.0, 30.0, 39.9, 40.1] {
            let probability = 1.0 / (1.0 + f64::from(odds).exp());
            assert!((doubt(odds) / -probability.ln() - 1.0).abs() < 1e-3, "{odds}");
        }
        assert_eq!(doubt(500.0), 500.0);
    }

    #[test]
    fn a_view_that_says_the_same_of_all_rows_has_no_weight() {
        assert_eq!(weights(&[0.0, 0.5, 0.25]), [0.0, 1.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(weights(&[0.0, 0.0]), [0.5, 0.5]);
    }
}
