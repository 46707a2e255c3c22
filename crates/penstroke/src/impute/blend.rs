//! What becomes of the networks' answers: they are blended with those of the linear [regressions](super::regression). Those for a number are
//! also moved along a line, because in noisy columns they spread too far: each network learned some of the noise.
//!
//! The truth is regressed on the mean of the answers, for cells that were held out. A held-out row is answered by few networks that did
//! not learn from it, often by one; still the variance of the mean of all follows from the variance of one answer and the covariance of two.
//! One of the two may have learned from the row: the noise that it learned is independent of the other, so the covariance stays unbiased.

use serde::{Deserialize, Serialize};

/// `offset + slope · ((1 − share) · network + share · regression)`, of standardised numbers or of probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Blend {
    pub(super) share: f64,
    pub(super) offset: f64,
    pub(super) slope: f64,
}

impl Blend {
    /// The networks' answer as it is.
    pub(super) const NETWORKS: Blend = Blend { share: 0.0, offset: 0.0, slope: 1.0 };

    pub(super) fn of(&self, network: f64, regression: f64) -> f64 {
        let blended = if self.share == 0.0 { network } else { network + self.share * (regression - network) };
        self.offset + self.slope * blended
    }
}

/// The answers for held-out cells.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    /// Those of each network for all cells.
    pub(super) networks: Vec<Vec<f64>>,
    /// Those of the regression beside each network, or of the network again where there is none.
    pub(super) regressions: Vec<Vec<f64>>,
    pub(super) truth: Vec<f64>,
    /// Number of successive entries above that are of one cell: 1, or the number of its categories.
    pub(super) n_units: usize,
    /// For each network, whether it did not learn from the cell's row.
    pub(super) is_outside: Vec<Vec<bool>>,
}

impl Answers {
    /// The best blend for the mean of all networks.
    pub(super) fn blend(mut self) -> Blend {
        let share = self.share();
        for (networks, regressions) in self.networks.iter_mut().zip(&self.regressions) {
            networks.iter_mut().zip(regressions).for_each(|(one, other)| *one += share * (other - *one));
        }
        Blend { share, ..self.line() }
    }

    /// The share of the regressions in the mean of all that is nearest to the truth, from 0 to 1.
    ///
    /// With `f̄` and `d̄` the means of networks and of differences, regression − network, the squared error `(t − f̄ − share · d̄)²` is
    /// smallest on average for `share = E[(t − f̄) d̄] / E[d̄²]`.
    pub(super) fn share(&self) -> f64 {
        let difference = |k: usize, cell: usize| self.regressions[k][cell] - self.networks[k][cell];
        let (mut with_truth, mut squares) = (0.0, 0.0);
        for (k, cell) in self.outside() {
            let own = difference(k, cell);
            let (network, apart) =
                (self.mean(|l| self.networks[l][cell]), self.mean(|l| difference(l, cell)));
            with_truth += self.truth[cell] * own - 0.5 * (self.networks[k][cell] * apart + network * own);
            squares += own * apart;
        }
        let share = with_truth / squares;
        if !(squares > 0.0 && share.is_finite()) {
            return 0.0;
        }
        let residual = |(k, cell): (usize, usize)| {
            self.truth[cell] - self.networks[k][cell] - share * difference(k, cell)
        };
        let residuals: f64 = self.outside().map(|at| residual(at).powi(2)).sum();
        // Both are sums over all answers.
        surely(share, residuals / (squares * self.n_cells())).clamp(0.0, 1.0)
    }

    /// The best line for the mean of all networks.
    fn line(&self) -> Blend {
        let n = self.outside().count() as f64;
        if n < 2.0 {
            return Blend::NETWORKS;
        }
        let mean =
            |of: &dyn Fn(usize, usize) -> f64| self.outside().map(|(k, cell)| of(k, cell)).sum::<f64>() / n;
        let of_answers = mean(&|k, cell| self.networks[k][cell]);
        let of_truth = mean(&|_, cell| self.truth[cell]);
        let answer = |k: usize, cell: usize| self.networks[k][cell] - of_answers;
        let variance = mean(&|k, cell| answer(k, cell).powi(2));
        let with_truth = mean(&|k, cell| answer(k, cell) * (self.truth[cell] - of_truth));
        let with_mean = mean(&|k, cell| answer(k, cell) * self.mean(|l| answer(l, cell)));
        if !(variance > 0.0 && with_mean > 0.0) {
            return Blend::NETWORKS;
        }
        let residual =
            |k: usize, cell: usize| self.truth[cell] - of_truth - with_truth / variance * answer(k, cell);
        let residual = mean(&|k, cell| residual(k, cell).powi(2)) / self.n_cells();
        let slope = 1.0 + surely(with_truth / with_mean - 1.0, residual / with_mean);
        let shift = surely(of_truth - of_answers, residual);
        let slope = slope.clamp(0.0, 2.0);
        Blend { share: 0.0, offset: of_answers + shift - slope * of_answers, slope }
    }

    /// The networks and cells of all answers for rows that the network did not learn from.
    fn outside(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = (0..self.truth.len()).flat_map(|cell| (0..self.networks.len()).map(move |k| (k, cell)));
        all.filter(|&(k, cell)| self.is_outside[k][cell])
    }

    /// Number of independent cells that were held out; a row that several networks answer counts once, and of n probabilities, whose sum
    /// is 1, n − 1 are independent.
    fn n_cells(&self) -> f64 {
        let is_held_out = |&cell: &usize| self.is_outside.iter().any(|of| of[cell]);
        let n = (0..self.truth.len()).filter(is_held_out).count() as f64;
        if self.n_units > 1 { n * (self.n_units - 1) as f64 / self.n_units as f64 } else { n }
    }

    /// The mean over networks.
    fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        let n = self.networks.len();
        (0..n).map(of).sum::<f64>() / n as f64
    }
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

    /// Four networks that answer `f` + noise of variance 2 for a truth of `f` + noise + 0.3, and left out a quarter of the rows each; `f` has
    /// variance 1. A network that learned from a row knows half of the truth's noise. The regressions answer `f`.
    fn noisy(n: usize) -> Answers {
        let mut draws = Draws::new(5, Purpose::Resample).at(0, 0).sequence();
        let mut normal = || (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0;
        let f: Vec<f64> = (0..n).map(|_| normal()).collect();
        let noise: Vec<f64> = (0..n).map(|_| 0.5 * normal()).collect();
        let is_outside: Vec<Vec<bool>> = (0..4).map(|k| (0..n).map(|cell| cell % 4 == k).collect()).collect();
        let mut answer = |k: usize, cell: usize| {
            let known = if is_outside[k][cell] { 0.0 } else { 0.5 * noise[cell] };
            f[cell] + 2f64.sqrt() * normal() + known
        };
        let networks = (0..4).map(|k| (0..n).map(|cell| answer(k, cell)).collect()).collect();
        let truth = f.iter().zip(&noise).map(|(f, noise)| f + noise + 0.3).collect();
        Answers { networks, regressions: vec![f; 4], truth, n_units: 1, is_outside }
    }

    #[test]
    fn noise_in_the_answers_is_shrunk_as_the_best_linear_predictor_shrinks_it() {
        // The mean of four has variance 1 + 2/4, so the slope is 1 / 1.5.
        let all = noisy(40_000);
        let line = Answers { regressions: all.networks.clone(), ..all }.blend();
        // Four standard errors, of about 0.009 and 0.009.
        assert!((line.slope - 1.0 / 1.5).abs() < 0.04, "{line:?}");
        assert!((line.offset - 0.3).abs() < 0.04, "{line:?}");
        assert_eq!(line.share, 0.0);
    }

    #[test]
    fn the_share_of_the_regressions_is_that_of_the_smallest_error() {
        let mut all = noisy(40_000);
        // Independent errors of the mean, 2/4, and of regressions that all err by the same noise of variance 1/4: the share is 2/3.
        let mut draws = Draws::new(6, Purpose::Resample).at(0, 0).sequence();
        let mut normal = || (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0;
        let wrong: Vec<f64> = all.regressions[0].iter().map(|f| f + 0.5 * normal()).collect();
        all.regressions = vec![wrong; 4];
        // Five standard errors, of about 0.007.
        assert!((all.share() - 2.0 / 3.0).abs() < 0.035, "{}", all.share());
        // Of one network the error is 2: its share is 1/9, and the regression's 8/9.
        let one = Answers {
            networks: vec![(0..40_000).map(|cell| all.networks[cell % 4][cell]).collect()],
            regressions: vec![all.regressions[0].clone()],
            is_outside: vec![vec![true; 40_000]],
            ..all.clone()
        };
        assert!((one.share() - 8.0 / 9.0).abs() < 0.02, "{}", one.share());
        let blend = all.blend();
        assert!((blend.of(2.0, 2.0) - blend.offset - 2.0 * blend.slope).abs() < 1e-12);
        assert!((blend.of(1.0, 0.0) - blend.of(0.0, 0.0) - blend.slope * (1.0 - blend.share)).abs() < 1e-12);
    }

    #[test]
    fn few_cells_change_little() {
        let answers = vec![vec![1.0, -1.0, 0.3, 0.3, -0.5, 1.2]; 2];
        for is_outside in [true, false] {
            let few = Answers {
                networks: answers.clone(),
                regressions: answers.clone(),
                truth: vec![0.9, -1.2, 0.4, 0.1, -0.3, 1.4],
                n_units: 1,
                is_outside: vec![vec![is_outside; 6]; 2],
            };
            assert_eq!(few.blend(), Blend::NETWORKS);
        }
    }
}
