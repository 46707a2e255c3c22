//! Penalties on the first layer's code and on weights: their contributions to gradients.
//!
//! With `s'` the slope of unit `i` for a sample, and `n` samples, a step adds
//!
//! - to the gradient by the pre-activation: `s' (ρ' + κ s'')`, where `ρ'` is the derivative of the sparsity penalty by
//!   the unit's output, and `κ = (2λ/n) ‖W_i‖²` comes from the contraction;
//! - to the gradient of weights: `π W_i` with `π = (2λ/n) Σ s'²`, the contraction's direct dependence on the first
//!   layer's weights, and `λ sign(w)` for the l1 penalty.
//!
//! `ρ'`, `κ` and `π` are per unit. They are computed between the forward and the backward pass, one panel of units per
//! part, over all samples in order.

use super::arithmetic::Stage;
use super::isa::{InstructionSet, kernel};
use super::panel::{Row, WIDTH, floats, floats_mut};
use super::pieces::Pieces;
use super::place::{Place, RowsAre};
use super::weights::Matrix;
use crate::network::{Activation, Network};
use crate::objective::{MEAN_MARGIN, Objective, Penalties, SparsityPenalty};

/// The coefficients of each unit of the first layer, in whole panels; empty without a penalty on the code.
#[derive(Default)]
pub(super) struct CodePenalty {
    /// ρ'.
    mean: Vec<f32>,
    /// κ.
    bend: Vec<f32>,
    /// π.
    pull: Vec<f32>,
}

impl CodePenalty {
    pub(super) fn new(network: &Network, objective: &Objective) -> Self {
        let Penalties { contraction, sparsity, .. } = objective.penalties;
        if contraction == 0.0 && sparsity.is_none() {
            return Self::default();
        }
        let zeros = || vec![0.0; network.layers[0].outputs.next_multiple_of(WIDTH)];
        Self { mean: zeros(), bend: zeros(), pull: zeros() }
    }

    fn is_there(&self) -> bool {
        !self.mean.is_empty()
    }

    /// Adds the penalty's gradient to a block of the deltas of layer `l`, given its output.
    pub(super) fn add_to(
        &self,
        isa: InstructionSet,
        (l, place): (usize, &Place),
        (delta, y): (&mut [Row], &[Row]),
        activation: Activation,
    ) {
        if l > 0 || !self.is_there() {
            return;
        }
        match place.rows_are {
            RowsAre::Samples => {
                let of = |all: &[f32]| all.as_chunks::<WIDTH>().0[place.unit / WIDTH];
                let (mean, bend) = (of(&self.mean), of(&self.bend));
                add(isa, delta, y, Units::Along { mean: &mean, bend: &bend }, activation);
            }
            RowsAre::Units => {
                let [mean, bend] = [&self.mean, &self.bend].map(|all| &all[place.unit..]);
                add(isa, delta, y, Units::Down { mean, bend }, activation);
                delta.iter_mut().for_each(|row| row.0[place.n_columns..].fill(0.0));
            }
        }
    }

    /// Computes the coefficients of each unit after the forward pass of a batch, for a step of `total` samples.
    pub(super) fn measure(&mut self, stage: Stage<'_>, matrix: &Matrix, penalties: Penalties, total: usize) {
        if !self.is_there() {
            return;
        }
        let Stage { isa, team, network, n, layers, .. } = stage;
        let Penalties { contraction, sparsity, .. } = penalties;
        let y = &layers[0].y_by_sample;
        let activation = network.layers[0].activation;
        let (stride, n_rows) = (n.next_multiple_of(WIDTH), matrix.n_rows);
        let Self { mean, bend, pull } = self;
        let pieces = (Pieces::new(mean, WIDTH), Pieces::new(bend, WIDTH), Pieces::new(pull, WIDTH));
        team.each(pieces, |part, _, (mean, bend, pull)| {
            let y = &y[part * stride..][..n];
            if let Some(sparsity) = sparsity {
                let sums = column_sums(isa, y, Summed::Values);
                let of_unit = |sum: f64| mean_slope(sparsity, sum / n as f64) / total as f64;
                mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean = of_unit(sum) as f32);
            }
            if contraction > 0.0 {
                let scale = 2.0 * contraction / total as f64;
                let weights = &matrix.weights[part * n_rows..][..n_rows];
                let norms = column_sums(isa, weights, Summed::Squares);
                bend.iter_mut().zip(norms).for_each(|(bend, norm)| *bend = (scale * norm) as f32);
                let slopes = column_sums(isa, y, Summed::SquaredSlopes(activation));
                pull.iter_mut().zip(slopes).for_each(|(pull, slopes)| *pull = (scale * slopes) as f32);
            }
        });
    }
}

/// `λ ∂KL(ρ ‖ ρ̂)/∂ρ̂`, with the mean clamped away from 0 and 1.
fn mean_slope(SparsityPenalty { target, weight }: SparsityPenalty, mean: f64) -> f64 {
    let mean = mean.clamp(MEAN_MARGIN, 1.0 - MEAN_MARGIN);
    weight * ((1.0 - target) / (1.0 - mean) - target / mean)
}

/// What is summed in each column.
#[derive(Clone, Copy)]
enum Summed {
    Values,
    Squares,
    /// Squared slopes of the activation that gave this output.
    SquaredSlopes(Activation),
}

kernel! {
    /// The sum of each column, in f32 over 32 rows and in f64 over these sums.
    fn column_sums(rows: &[Row], summed: Summed) -> [f64; WIDTH] {
        match summed {
            Summed::Values => sums(rows, |y| y),
            Summed::Squares => sums(rows, |w| w * w),
            Summed::SquaredSlopes(Activation::Sigmoid) => sums(rows, |y| (y * (1.0 - y)) * (y * (1.0 - y))),
            Summed::SquaredSlopes(Activation::Tanh) => sums(rows, |y| (1.0 - y * y) * (1.0 - y * y)),
            Summed::SquaredSlopes(Activation::Relu) => sums(rows, |y| if y > 0.0 { 1.0 } else { 0.0 }),
            Summed::SquaredSlopes(Activation::Linear | Activation::Softmax) => sums(rows, |_| 1.0),
        }
    }
}

#[inline(always)]
fn sums(rows: &[Row], of: impl Fn(f32) -> f32) -> [f64; WIDTH] {
    let mut totals = [0.0f64; WIDTH];
    for rows in rows.chunks(WIDTH) {
        let mut sums = [0.0f32; WIDTH];
        for row in rows {
            sums.iter_mut().zip(&row.0).for_each(|(sum, &value)| *sum += of(value));
        }
        totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += f64::from(sum));
    }
    totals
}

/// The coefficients of a block's units.
#[derive(Clone, Copy)]
enum Units<'a> {
    /// Rows are samples: the same coefficients along every row.
    Along { mean: &'a [f32; WIDTH], bend: &'a [f32; WIDTH] },
    /// Rows are units: one coefficient of each kind per row.
    Down { mean: &'a [f32], bend: &'a [f32] },
}

kernel! {
    /// `delta += s' (ρ' + κ s'')`, with slope and curvature as functions of the activation's output `y`.
    fn add(delta: &mut [Row], y: &[Row], units: Units<'_>, activation: Activation) {
        match activation {
            // s'' = s' (1 − 2y)
            Activation::Sigmoid => add_with(delta, y, units, |y, mean, bend| {
                let slope = y * (1.0 - y);
                slope * (mean + bend * (slope * (1.0 - 2.0 * y)))
            }),
            // s'' = −2y s'; the sparsity penalty applies to sigmoids only.
            Activation::Tanh => add_with(delta, y, units, |y, _, bend| {
                let slope = 1.0 - y * y;
                slope * (bend * (-2.0 * y * slope))
            }),
            // s'' = 0 wherever it exists.
            Activation::Relu | Activation::Linear | Activation::Softmax => {}
        }
    }
}

#[inline(always)]
fn add_with(delta: &mut [Row], y: &[Row], units: Units<'_>, gradient: impl Fn(f32, f32, f32) -> f32) {
    match units {
        Units::Along { mean, bend } => {
            for (delta, y) in delta.iter_mut().zip(y) {
                for c in 0..WIDTH {
                    delta.0[c] += gradient(y.0[c], mean[c], bend[c]);
                }
            }
        }
        Units::Down { mean, bend } => {
            for ((delta, y), (&mean, &bend)) in delta.iter_mut().zip(y).zip(mean.iter().zip(bend)) {
                for c in 0..WIDTH {
                    delta.0[c] += gradient(y.0[c], mean, bend);
                }
            }
        }
    }
}

/// The terms added to the gradient of a weight matrix.
#[derive(Clone, Copy)]
pub(super) struct WeightPenalty<'a> {
    l1: f32,
    /// π of each column, or empty.
    pull: &'a [f32],
}

impl<'a> WeightPenalty<'a> {
    /// The terms for the matrix of layer `l` and a batch that holds `share` of its step's samples; `None` if there are
    /// none.
    pub(super) fn new(penalties: Penalties, l: usize, code: &'a CodePenalty, share: f64) -> Option<Self> {
        let Penalties { l1, contraction, .. } = penalties;
        let pull = if l == 0 && contraction > 0.0 { &code.pull[..] } else { &[] };
        (l1 > 0.0 || !pull.is_empty()).then_some(Self { l1: (share * l1) as f32, pull })
    }

    /// Adds the terms to the gradient of some rows of panel `panel`.
    pub(super) fn add(self, isa: InstructionSet, panel: usize, weights: &[Row], gradient: &mut [Row]) {
        if let Some(pull) = self.pull.as_chunks().0.get(panel) {
            add_pull(isa, weights, pull, gradient);
        }
        if self.l1 > 0.0 {
            add_signs(isa, weights, self.l1, gradient);
        }
    }
}

kernel! {
    /// `gradient += π w`.
    fn add_pull(weights: &[Row], pull: &[f32; WIDTH], gradient: &mut [Row]) {
        for (gradient, weights) in gradient.iter_mut().zip(weights) {
            let terms = pull.iter().zip(&weights.0).map(|(pull, w)| pull * w);
            gradient.0.iter_mut().zip(terms).for_each(|(gradient, term)| *gradient += term);
        }
    }
}

kernel! {
    /// `gradient += λ sign(w)`, where the sign of zero is zero.
    fn add_signs(weights: &[Row], l1: f32, gradient: &mut [Row]) {
        for (gradient, &w) in floats_mut(gradient).iter_mut().zip(floats(weights)) {
            *gradient += if w > 0.0 { l1 } else { 0.0 } - if w < 0.0 { l1 } else { 0.0 };
        }
    }
}
