//! The best linear predictor of a column from the others, with which the networks are compared.
//!
//! Ridge regression on the networks' own inputs without the piecewise-linear code: standardised numbers, one-hot categories, both 0
//! where missing, and for each column with gaps whether its cell is missing. A category's target is its one-hot code, and the largest
//! answer is the prediction. Each network's bag of rows gives one predictor, which answers for the rows outside, as the network does.

use super::hiding::{Hiding, evenly};
use crate::tabular::ridge::{NormalEquations, PENALTIES, answer};
use crate::tabular::{Code, CodedColumn, Encoding, Rows};
use crate::{Result, interrupt};
use rayon::prelude::*;

/// Most inputs: the work grows with their cube.
const MOST_INPUTS: usize = 512;

/// Most rows that a predictor is fitted on.
const MOST_ROWS: usize = 4000;

/// The inputs of another column.
struct Part {
    /// Its values among the network's inputs.
    first: usize,
    n_values: usize,
    /// The network's input that is 1 if the cell is observed.
    observed: usize,
    has_gaps: bool,
}

/// The question: the cells of column `coded` in the rows `judged`, whose `inputs` hide them.
pub(super) struct Question<'a> {
    pub(super) encoding: &'a Encoding,
    pub(super) rows: &'a Rows,
    pub(super) hiding: &'a Hiding<'a>,
    pub(super) coded: usize,
    pub(super) judged: &'a [u32],
    pub(super) inputs: &'a [f32],
    /// For each network, whether a row is outside its bag.
    pub(super) left_out: &'a [Vec<bool>],
}

impl Question<'_> {
    /// For each penalty the answers `(judged, units)`, averaged over the predictors whose bag lacks the row; `None` if the table is too
    /// wide or the equations cannot be solved.
    pub(super) fn answer(&self) -> Result<Option<Vec<Vec<f64>>>> {
        let parts = self.parts();
        let p = 1 + parts.iter().map(|part| part.n_values + usize::from(part.has_gaps)).sum::<usize>();
        if p > MOST_INPUTS {
            return Ok(None);
        }
        let predictors: Vec<Option<Vec<Vec<f64>>>> =
            self.left_out.par_iter().map(|left_out| self.fit(&parts, p, left_out)).collect::<Result<_>>()?;
        let Some(predictors) = predictors.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let n_units = self.n_units();
        let mut answers = vec![vec![0.0; self.judged.len() * n_units]; PENALTIES.len()];
        let mut linear = Vec::new();
        for (at, &row) in self.judged.iter().enumerate() {
            linear_inputs(&parts, &self.inputs[at * self.encoding.n_inputs..], &mut linear);
            let outside = |left_out: &&Vec<bool>| left_out[row as usize];
            let n = self.left_out.iter().filter(outside).count().max(1) as f64;
            for (answers, penalty) in answers.iter_mut().zip(0..) {
                let answers = &mut answers[at * n_units..][..n_units];
                for (predictor, _) in
                    predictors.iter().zip(self.left_out).filter(|(_, out)| out[row as usize])
                {
                    let coefficients: &Vec<f64> = &predictor[penalty as usize];
                    answer(coefficients, &linear, answers);
                }
                answers.iter_mut().for_each(|answer| *answer /= n);
            }
        }
        Ok(Some(answers))
    }

    fn n_units(&self) -> usize {
        self.encoding.columns[self.coded].units.len()
    }

    fn parts(&self) -> Vec<Part> {
        let n = self.rows.data.n_samples();
        let others = self.encoding.columns.iter().enumerate().filter(|(other, _)| *other != self.coded);
        let part = |(other, column): (usize, &CodedColumn)| Part {
            first: column.inputs.start,
            n_values: match column.code {
                Code::Number { .. } => 1,
                Code::Category { n, .. } => n,
            },
            observed: column.inputs.end - 1,
            has_gaps: (0..n).any(|row| !self.hiding.is_observed(row, other)),
        };
        others.map(part).collect()
    }

    /// The coefficients for each penalty, from the rows of a bag.
    fn fit(&self, parts: &[Part], p: usize, left_out: &[bool]) -> Result<Option<Vec<Vec<f64>>>> {
        interrupt::check()?;
        let n = self.rows.data.n_samples() as u32;
        let known = (0..n)
            .filter(|&row| !left_out[row as usize] && self.hiding.is_observed(row as usize, self.coded));
        let known: Vec<u32> = known.collect();
        let known = evenly(&known, MOST_ROWS);
        let inputs = self.hiding.inputs(&known)?;
        let mut equations = NormalEquations::new(p, self.n_units());
        let (mut linear, mut targets) = (Vec::new(), Vec::new());
        for (inputs, &row) in inputs.chunks_exact(self.encoding.n_inputs.max(1)).zip(&known) {
            linear_inputs(parts, inputs, &mut linear);
            targets.clear();
            self.hiding.push_truth(row as usize, &mut targets);
            equations.add(&linear, &targets);
        }
        Ok(PENALTIES.iter().map(|&penalty| equations.solve(penalty)).collect())
    }
}

/// The linear inputs of a row of the network's `inputs`.
fn linear_inputs(parts: &[Part], inputs: &[f32], out: &mut Vec<f64>) {
    out.clear();
    out.push(1.0);
    for part in parts {
        out.extend(inputs[part.first..][..part.n_values].iter().map(|&value| f64::from(value)));
        if part.has_gaps {
            out.push(1.0 - f64::from(inputs[part.observed]));
        }
    }
}
