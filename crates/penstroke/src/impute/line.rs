//! Corrects the mean of the networks' answers: in noisy columns they spread too far, because each network learned some of the noise.
//!
//! The truth is regressed on the mean of the answers, for cells that were held out. A held-out row is answered by few networks that did
//! not learn from it, often by one; still the variance of the mean of all follows from the variance of one answer and the covariance of two.
//! One of the two may have learned from the row: the noise that it learned is independent of the other, so the covariance stays unbiased.

use serde::{Deserialize, Serialize};

/// `offset + slope · answer`, of standardised numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) offset: f64,
    pub(super) slope: f64,
}

impl Line {
    pub(super) const IDENTITY: Line = Line { offset: 0.0, slope: 1.0 };

    pub(super) fn of(&self, answer: f64) -> f64 {
        self.offset + self.slope * answer
    }
}

/// The best line for the mean of all networks' answers. `answers` has those of each network for all cells, `is_outside(k, cell)` tells
/// whether network `k` did not learn from the cell's row.
pub(super) fn line(answers: &[Vec<f64>], truth: &[f64], is_outside: impl Fn(usize, usize) -> bool) -> Line {
    let n_networks = answers.len();
    let outside: Vec<(usize, usize)> = (0..truth.len())
        .flat_map(|cell| (0..n_networks).map(move |k| (k, cell)))
        .filter(|&(k, cell)| is_outside(k, cell))
        .collect();
    let n = outside.len() as f64;
    if n < 2.0 {
        return Line::IDENTITY;
    }
    let mean =
        |of: &dyn Fn(usize, usize) -> f64| outside.iter().map(|&(k, cell)| of(k, cell)).sum::<f64>() / n;
    let (of_answers, of_truth) = (mean(&|k, cell| answers[k][cell]), mean(&|_, cell| truth[cell]));
    let answer = |k: usize, cell: usize| answers[k][cell] - of_answers;
    let variance = mean(&|k, cell| answer(k, cell).powi(2));
    let with_truth = mean(&|k, cell| answer(k, cell) * (truth[cell] - of_truth));
    let sum = |cell: usize| (0..n_networks).map(|k| answer(k, cell)).sum::<f64>();
    let with_mean = mean(&|k, cell| answer(k, cell) * sum(cell)) / n_networks as f64;
    if !(variance > 0.0 && with_mean > 0.0) {
        return Line::IDENTITY;
    }
    let residual =
        mean(&|k, cell| (truth[cell] - of_truth - with_truth / variance * answer(k, cell)).powi(2));
    // A row that several networks answer counts once.
    let n_cells =
        (0..truth.len()).filter(|&cell| (0..n_networks).any(|k| is_outside(k, cell))).count() as f64;
    let slope = 1.0 + surely(with_truth / with_mean - 1.0, residual / (with_mean * n_cells));
    let shift = surely(of_truth - of_answers, residual / n_cells);
    let slope = slope.clamp(0.0, 2.0);
    Line { offset: of_answers + shift - slope * of_answers, slope }
}

/// What is left of an estimate with this squared standard error, when it is drawn to 0 so that errors are small on average
/// (positive-part James–Stein; Baranchik, 1964).
fn surely(estimate: f64, squared_error: f64) -> f64 {
    if estimate == 0.0 { 0.0 } else { estimate * (1.0 - squared_error / estimate.powi(2)).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    #[test]
    fn noise_in_the_answers_is_shrunk_as_the_best_linear_predictor_shrinks_it() {
        // Network k answers f + noise, with variances 1 and 2: the mean of four has variance 1 + 2/4, so the slope is 1 / 1.5.
        let mut draws = Draws::new(5, Purpose::Resample).at(0, 0).sequence();
        let mut normal = || (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0;
        let n = 40_000;
        let f: Vec<f64> = (0..n).map(|_| normal()).collect();
        let noise: Vec<f64> = (0..n).map(|_| 0.5 * normal()).collect();
        let truth: Vec<f64> = f.iter().zip(&noise).map(|(f, noise)| f + noise + 0.3).collect();
        let mut answers: Vec<Vec<f64>> =
            (0..4).map(|_| f.iter().map(|f| f + 2f64.sqrt() * normal()).collect()).collect();
        // A network that learned from a row knows half of its noise.
        let is_outside = |k: usize, cell: usize| cell % 4 == k;
        for (k, answers) in answers.iter_mut().enumerate() {
            for cell in (0..n).filter(|&cell| !is_outside(k, cell)) {
                answers[cell] += 0.5 * noise[cell];
            }
        }
        let line = line(&answers, &truth, is_outside);
        // Four standard errors, of about 0.009 and 0.009.
        assert!((line.slope - 1.0 / 1.5).abs() < 0.04, "{line:?}");
        assert!((line.offset - 0.3).abs() < 0.04, "{line:?}");
    }

    #[test]
    fn few_cells_change_little() {
        let truth = [0.9, -1.2, 0.4, 0.1, -0.3, 1.4];
        let answers = vec![vec![1.0, -1.0, 0.3, 0.3, -0.5, 1.2]; 2];
        assert_eq!(line(&answers, &truth, |_, _| true), Line::IDENTITY);
        assert_eq!(line(&answers, &truth, |_, _| false), Line::IDENTITY);
    }
}
