//! The linear probe: how well a linear classifier predicts labels from features.
//!
//! Multinomial logistic regression with an L2 penalty, full batch, trained to its optimum, so that the comparison is between
//! features rather than training schedules. With features `u` centred and divided by one number (mean variance one), it
//! minimises the convex
//!
//! `f(V, b) = (1/n) Σ_i −ln softmax(u_i V + b)[y_i] + (penalty/2) ‖V‖²`, `V` of shape `(d, k)`, `b` of shape `(k)`.
//!
//! # When it stops
//!
//! `f` is strongly convex in `V`, with modulus `penalty`. With the best biases for the weights, a gradient `g` therefore
//! bounds how far the optimum `V*` is: `‖V − V*‖ ≤ ‖g‖ / penalty` and `f − f* ≤ ‖g‖² / (2 penalty)`. Training ends when
//! `‖g‖ ≤ tolerance · penalty · ‖V‖`: the weights are within the share `tolerance` of their optimum, whatever the
//! penalty. A bound on `‖g‖` alone is not enough: for scikit-learn's 8×8 digits and a penalty of 1e-6, a ten-thousandth of
//! the first gradient leaves 69 test errors where the optimum makes 53. The products are in single precision while its
//! rounding is far below `g`, and in double precision at the end.
//!
//! L-BFGS is preconditioned by `M = κ C + penalty·I`, where `C` is the covariance of `u`. Böhning, "Multinomial
//! logistic regression algorithm" (1992), bounds the Hessian by such a product with κ = ½; here `κ` only sets the
//! balance of the two terms, because L-BFGS finds the scale itself. Without `M`, raw pixels of MNIST take thousands of
//! steps.
//!
//! ```
//! use penstroke::eval::{Probe, ProbeData, ProbeOptions, SampleMatrix};
//! let features = [0.0, 0.1, 0.2, 0.8, 0.9, 1.0];
//! let data = ProbeData::new(SampleMatrix::new(&features, 1)?, &[0, 0, 0, 1, 1, 1], 2)?;
//! let probe = Probe::fit(data, &ProbeOptions::default())?;
//! assert!(probe.convergence().converged);
//! assert_eq!(probe.error_rate(data)?.errors, 0);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod data;
mod objective;

use super::algebra::{Cholesky, map_panels, map_rows};
use super::lbfgs::{Minimisation, norm};
use super::moments::moments;
use super::{ErrorRate, SampleMatrix};
use crate::{Error, Result};
use faer::{Mat, MatMut, MatRef};
use objective::{Objective, Scaling};

pub use data::ProbeData;

/// How a probe is trained.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeOptions {
    /// Weight of `‖V‖²/2` relative to the mean loss; above 0, so that the optimum is finite even for separable data.
    pub penalty: f64,
    /// Training ends when the weights are within this share of their optimum, by the bound of
    /// [`Convergence::distance`]; 1e-8..1.
    pub tolerance: f64,
    /// Maximum number of steps; [`Probe::convergence`] reports whether they sufficed.
    pub max_iterations: usize,
}

impl Default for ProbeOptions {
    /// On MNIST's pixels the test error is 7.4 % with this penalty.
    fn default() -> Self {
        Self { penalty: 1e-3, tolerance: 1e-2, max_iterations: 1000 }
    }
}

impl ProbeOptions {
    fn check(&self) -> Result<()> {
        if !(self.penalty.is_finite() && self.penalty > 0.0) {
            return Err(Error::input("probe", format!("penalty {} is not above 0", self.penalty)));
        }
        if !(1e-8..1.0).contains(&self.tolerance) {
            return Err(Error::input("probe", format!("tolerance {} is outside 1e-8..1", self.tolerance)));
        }
        Ok(())
    }
}

/// How the training of a probe ended.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Convergence {
    /// Steps taken.
    pub iterations: usize,
    /// Values and gradients computed.
    pub evaluations: usize,
    /// Norm of the last gradient, in double precision.
    pub gradient_norm: f64,
    /// The optimal weights are at most this far away, as a share of the norm of the weights:
    /// `gradient_norm / (penalty · ‖V‖)`. Infinite if the weights are zero and need not be.
    pub distance: f64,
    /// Whether that is within the tolerance.
    pub converged: bool,
}

/// A trained linear classifier of `d` features and `k` classes.
#[derive(Clone, Debug)]
pub struct Probe {
    mean: Vec<f64>,
    /// `(d, k)`, for features that are centred but not scaled.
    weights: Mat<f64>,
    bias: Vec<f64>,
    options: ProbeOptions,
    convergence: Convergence,
}

impl Probe {
    /// Trains on `data`.
    ///
    /// # Errors
    /// If an option is out of range, or a value becomes infinite or NaN. Stopping before convergence is not an error: see
    /// [`Probe::convergence`].
    pub fn fit(data: ProbeData<'_>, options: &ProbeOptions) -> Result<Self> {
        options.check()?;
        let parts = [data];
        let problem = Problem::new(&parts);
        let mut parameters = problem.start();
        let convergence = problem.minimise(&mut parameters, options)?;
        Ok(problem.probe(&parameters, options, convergence))
    }

    /// Selects the penalty with the fewest errors on `valid` (the largest, if tied) and then trains with it on both
    /// parts together. Each candidate is trained on `train` alone, starting from the optimum of the next larger
    /// penalty. The penalty in `options` is not used.
    ///
    /// # Errors
    /// If there is no penalty, an option is out of range, the two parts differ in shape, or a value becomes infinite or
    /// NaN.
    pub fn select(
        train: ProbeData<'_>,
        valid: ProbeData<'_>,
        penalties: &[f64],
        options: &ProbeOptions,
    ) -> Result<SelectedProbe> {
        valid.samples.check_components("probe", train.samples.n_components())?;
        if valid.n_classes != train.n_classes {
            return Err(Error::input(
                "probe",
                "training and validation data differ in their number of classes",
            ));
        }
        let mut penalties = penalties.to_vec();
        penalties.sort_by(|a, b| b.total_cmp(a));
        let train_only = [train];
        let problem = Problem::new(&train_only);
        let mut parameters = problem.start();
        let mut path = Vec::new();
        let mut best: Option<(ErrorRate, f64, Vec<f64>)> = None;
        for penalty in penalties {
            let options = ProbeOptions { penalty, ..*options };
            options.check()?;
            let convergence = problem.minimise(&mut parameters, &options)?;
            let error = problem.probe(&parameters, &options, convergence).error_rate(valid)?;
            path.push(PenaltyTried { penalty, error, convergence });
            if best.as_ref().is_none_or(|(least, ..)| error.errors < least.errors) {
                best = Some((error, penalty, parameters.clone()));
            }
        }
        let Some((_, penalty, mut parameters)) = best else {
            return Err(Error::input("probe", "there is no penalty to choose from; give at least one"));
        };
        let options = ProbeOptions { penalty, ..*options };
        let both = [train, valid];
        let problem = Problem::new(&both);
        let convergence = problem.minimise(&mut parameters, &options)?;
        Ok(SelectedProbe { probe: problem.probe(&parameters, &options, convergence), path })
    }

    /// How the training ended.
    pub fn convergence(&self) -> Convergence {
        self.convergence
    }

    /// The options of the training; after [`Probe::select`] they contain the selected penalty.
    pub fn options(&self) -> ProbeOptions {
        self.options
    }

    /// The scores `(x − mean) V + b`, `(n, k)`; their softmax is the probability of each class.
    ///
    /// # Errors
    /// If the samples do not have as many components as the training samples.
    pub fn scores(&self, samples: SampleMatrix<'_>) -> Result<Vec<f32>> {
        samples.check_components("probe", self.mean.len())?;
        Ok(map_rows(samples, &self.mean, self.weights.as_ref(), &self.bias))
    }

    /// The class with the largest score for each sample (the first, if tied), `(n)`.
    ///
    /// # Errors
    /// If the samples do not have as many components as the training samples.
    pub fn predict(&self, samples: SampleMatrix<'_>) -> Result<Vec<u32>> {
        samples.check_components("probe", self.mean.len())?;
        let k = self.bias.len();
        let panels = map_panels(samples, &self.mean, self.weights.as_ref(), |_, scores| {
            scores.chunks_exact(k).map(|scores| self.class(scores)).collect::<Vec<u32>>()
        });
        Ok(panels.concat())
    }

    fn class(&self, scores: &[f64]) -> u32 {
        let mut best = (0, f64::NEG_INFINITY);
        for (class, (score, bias)) in scores.iter().zip(&self.bias).enumerate() {
            if score + bias > best.1 {
                best = (class as u32, score + bias);
            }
        }
        best.0
    }

    /// The share of samples whose predicted class is not their label.
    ///
    /// # Errors
    /// If the samples do not have as many components as the training samples.
    pub fn error_rate(&self, data: ProbeData<'_>) -> Result<ErrorRate> {
        let predicted = self.predict(data.samples)?;
        let errors =
            predicted.iter().zip(data.labels).filter(|(predicted, label)| predicted != label).count();
        Ok(ErrorRate { errors, n: data.labels.len() })
    }
}

/// The result of [`Probe::select`].
#[derive(Clone, Debug)]
pub struct SelectedProbe {
    /// Trained on training and validation data with the selected penalty.
    pub probe: Probe,
    /// Every penalty tried, from the largest to the smallest.
    pub path: Vec<PenaltyTried>,
}

/// One candidate penalty.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct PenaltyTried {
    /// The penalty.
    pub penalty: f64,
    /// Error on the validation data after training on the training data.
    pub error: ErrorRate,
    /// How that training ended.
    pub convergence: Convergence,
}

/// Single precision is used while the gradient's norm is above this share of its norm at zero weights. Its rounding is
/// about a hundredth of that.
const SINGLE: f64 = 1e-5;
/// The share of its norm at zero weights below which rounding hides the gradient even in double precision.
const ROUNDING: f64 = 1e-12;

/// `κ` of the preconditioner. On MNIST's pixels, with penalties of 1e-2 to 1e-5 and a tolerance of 1e-4, 0.02 takes 51
/// to 110 steps, 0.1 takes 54 to 128, and 0.005 takes 45 to 119 but more evaluations.
const KAPPA: f64 = 0.02;

/// Data, and what is computed from them once for all penalties.
struct Problem<'a> {
    parts: &'a [ProbeData<'a>],
    scaling: Scaling,
    /// Covariance of the scaled features, `(d, d)`.
    covariance: Mat<f64>,
}

impl<'a> Problem<'a> {
    /// `parts` is not empty, and all have the same shape; scaling and covariance come from the first, larger one.
    fn new(parts: &'a [ProbeData<'a>]) -> Self {
        let moments = moments(parts[0].samples);
        let d = moments.mean.len();
        let variance = (0..d).map(|j| moments.covariance[(j, j)]).sum::<f64>() / d as f64;
        // Constant features carry no information at any scale.
        let scale = if variance > 0.0 { 1.0 / variance.sqrt() } else { 1.0 };
        let covariance = moments.covariance * faer::Scale(scale * scale);
        Self { parts, scaling: Scaling { mean: moments.mean, scale }, covariance }
    }

    /// All weights and biases zero, `(d+1, k)`.
    fn start(&self) -> Vec<f64> {
        vec![0.0; (self.scaling.mean.len() + 1) * self.parts[0].n_classes]
    }

    fn minimise(&self, parameters: &mut Vec<f64>, options: &ProbeOptions) -> Result<Convergence> {
        let (d, k) = (self.scaling.mean.len(), self.parts[0].n_classes);
        let objective = Objective { parts: self.parts, scaling: &self.scaling, penalty: options.penalty };
        let diagonal = |i, j| if i == j { options.penalty } else { 0.0 };
        let hessian = Mat::from_fn(d, d, |i, j| KAPPA * self.covariance[(i, j)] + diagonal(i, j));
        let hessian = Cholesky::new("probe", hessian).map_err(|_| {
            let problem = format!(
                "penalty {:e} is too small for linearly dependent features; use a larger one",
                options.penalty
            );
            Error::input("probe", problem)
        })?;
        let precondition = |vector: &mut [f64]| {
            let (weights, bias) = vector.split_at_mut(d * k);
            hessian.solve(MatMut::from_row_major_slice_mut(weights, d, k));
            bias.iter_mut().for_each(|b| *b /= KAPPA);
        };
        let mut first = self.start();
        objective.evaluate::<f32>(&self.start(), &mut first);
        let first = norm(&first);
        // The gradient's norm at which weights are within the tolerance.
        let scale = |at: &[f64]| options.penalty * norm(&at[..d * k]);
        let target = |at: &[f64]| (options.tolerance * scale(at)).max(ROUNDING * first);
        let limit = options.max_iterations;
        let mut at = Minimisation::at(std::mem::take(parameters));
        let single = |at: &[f64], out: &mut [f64]| objective.evaluate::<f32>(at, out);
        let norm_in_single = at.run(single, precondition, |at| target(at).max(SINGLE * first), limit);
        let double = |at: &[f64], out: &mut [f64]| objective.evaluate::<f64>(at, out);
        let gradient_norm = at.run(double, precondition, target, limit);
        if !norm_in_single.is_finite() || !gradient_norm.is_finite() {
            return Err(Error::numerical("probe: the gradient is not finite; the features may be too large"));
        }
        let distance = match scale(&at.x) {
            // Features that never change need no weights.
            0.0 if gradient_norm <= ROUNDING * first => 0.0,
            scale => gradient_norm / scale,
        };
        let Minimisation { x, iterations, evaluations, .. } = at;
        *parameters = x;
        let converged = distance <= options.tolerance;
        Ok(Convergence { iterations, evaluations, gradient_norm, distance, converged })
    }

    fn probe(&self, parameters: &[f64], options: &ProbeOptions, convergence: Convergence) -> Probe {
        let (d, k) = (self.scaling.mean.len(), self.parts[0].n_classes);
        let scaled = MatRef::from_row_major_slice(&parameters[..d * k], d, k);
        Probe {
            mean: self.scaling.mean.clone(),
            weights: Mat::from_fn(d, k, |i, j| scaled[(i, j)] * self.scaling.scale),
            bias: parameters[d * k..].to_vec(),
            options: *options,
            convergence,
        }
    }
}

#[cfg(test)]
mod tests;
