//! Whether a training has gone on long enough to decide a claim.
//!
//! The learning rate is constant over the first 60 % of the steps and then falls, and a falling rate lowers the loss of any
//! training. So the loss is compared where the rate is still constant: at 40 % and at 60 % of the epochs. The unit is the
//! variance of the samples, which is the loss of always answering their mean. Denoising autoencoders must also do better than
//! the best linear denoiser: one that does not has not learned from its noise what the claims are about.

use super::statistic::Statistic;
use serde::Serialize;

/// The schedule of the learning rate of every model.
pub(super) const SCHEDULE: &str = "linear:0.6";
/// A training has converged if a fifth of it lowered the loss by less than this share of the variance. On scenes, models
/// above it had few edges yet (0.9 %: 48 % of filters), models below had many (0.6 %: 92 %, 0.1 %: 95 %).
pub(super) const STILL_FALLING: f64 = 0.008;
/// A loss that rises by more has diverged. Weight decay makes it rise a little, by up to 1.2 % as measured.
const MOST_RISE: f64 = 0.05;
/// With fewer epochs the two losses cannot be told apart.
pub(super) const FEWEST_EPOCHS: usize = 10;

/// How far a training has converged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Convergence {
    /// By which share of the samples' variance the loss fell from 40 % to 60 % of the epochs.
    pub(super) fall: f64,
    /// Whether that is little.
    pub(super) is_flat: bool,
    /// Whether the model restores better than the best linear denoiser; `None` without noise.
    pub(super) beats_linear: Option<bool>,
}

impl Convergence {
    /// Of a training with these losses on samples of this variance; `ratio` is its test loss divided by the best linear
    /// denoiser's.
    pub(super) fn measure(losses: &[f64], variance: f64, ratio: Option<Statistic>) -> Self {
        let at = |tenths: usize| losses.get((losses.len() * tenths / 10).saturating_sub(1)).copied();
        let fall = match (at(4), at(6)) {
            (Some(before), Some(after)) if losses.len() >= FEWEST_EPOCHS => (before - after) / variance,
            _ => f64::NAN,
        };
        Self {
            fall,
            is_flat: (-MOST_RISE..STILL_FALLING).contains(&fall),
            beats_linear: ratio.map(|ratio| ratio.high < 1.0),
        }
    }

    /// Why the training of `name` decides nothing.
    pub(super) fn problem(&self, name: &str) -> Option<String> {
        let percent =
            |share: f64| format!("{:.1} % of the variance in a fifth of the training", 100.0 * share);
        if !self.fall.is_finite() {
            return Some(format!("the loss of {name} is not finite"));
        }
        if self.fall < -MOST_RISE {
            return Some(format!("the loss of {name} was rising, by {}", percent(-self.fall)));
        }
        if !self.is_flat {
            let most = 100.0 * STILL_FALLING;
            let fall = percent(self.fall);
            return Some(format!(
                "trained too briefly: the loss of {name} was still falling, by {fall} (at most {most:.1} % is allowed)"
            ));
        }
        (self.beats_linear == Some(false)).then(|| {
            format!("{name} restores no better than the best linear denoiser; longer training may help, or other data")
        })
    }
}

/// The sum of the variances of all components of samples `(n, d)`: the loss of always answering their mean.
pub(super) fn variance(values: &[f32], d: usize) -> f64 {
    let n = (values.len() / d).max(1) as f64;
    let (mut sums, mut squares) = (vec![0.0; d], vec![0.0; d]);
    for row in values.chunks_exact(d) {
        for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += f64::from(value);
            *square += f64::from(value).powi(2);
        }
    }
    sums.iter().zip(&squares).map(|(sum, square)| square / n - (sum / n).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten epochs with these losses at 40 % and 60 %.
    fn losses(before: f64, after: f64) -> Vec<f64> {
        vec![90.0, 80.0, 70.0, before, before, after, 10.0, 8.0, 6.0, 4.0]
    }

    #[test]
    fn a_training_has_converged_if_its_loss_is_flat_before_the_rate_falls() {
        let of = |before, after| Convergence::measure(&losses(before, after), 200.0, None);
        assert_eq!(of(30.0, 28.5).problem("q"), None);
        assert_eq!(of(30.0, 28.5).fall, 1.5 / 200.0);
        let steep = of(30.0, 28.0);
        assert_eq!(
            steep.problem("the model").unwrap(),
            "trained too briefly: the loss of the model was still falling, by 1.0 % of the variance in a fifth of the training (at most \
             0.8 % is allowed)"
        );
        // A loss that rises, as with a strong penalty, is not about to get lower.
        assert_eq!(of(28.0, 30.0).problem("q"), None);
    }

    #[test]
    fn losses_that_diverge_decide_nothing() {
        let problem =
            |before, after| Convergence::measure(&losses(before, after), 200.0, None).problem("q").unwrap();
        assert_eq!(problem(f64::INFINITY, f64::INFINITY), "the loss of q is not finite");
        assert_eq!(
            problem(28.0, 48.0),
            "the loss of q was rising, by 10.0 % of the variance in a fifth of the training"
        );
        assert!(!Convergence::measure(&losses(30.0, 30.0)[..9], 200.0, None).is_flat);
    }

    #[test]
    fn a_denoising_model_must_beat_the_linear_one() {
        let of = |low, high| {
            let ratio = Statistic { value: (low + high) / 2.0, low, high };
            Convergence::measure(&losses(30.0, 29.0), 200.0, Some(ratio))
        };
        assert_eq!(of(0.7, 0.8).problem("q"), None);
        let same = of(0.9, 1.0);
        assert!(same.is_flat);
        assert_eq!(
            same.problem("q").unwrap(),
            "q restores no better than the best linear denoiser; longer training may help, or other data"
        );
    }

    #[test]
    fn the_variance_is_the_loss_of_the_mean() {
        // Means 2 and 5; squared distances 1 + 1 and 4 + 4.
        assert_eq!(variance(&[1.0, 3.0, 3.0, 7.0], 2), 1.0 + 4.0);
    }
}
