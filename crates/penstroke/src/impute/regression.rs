//! A linear predictor beside each network: many columns depend on others almost linearly, and there it errs less than a network of few rows.
//!
//! Ridge regression of each number on all other columns: standardised numbers and one-hot categories. Where a cell is missing, it has the
//! network's answer in its place: if the truth is linear, the regression on conditional means has the coefficients of the regression on
//! the values themselves, whatever is missing.

use super::blend::Answers;
use super::hiding::{Hiding, evenly};
use super::ridge::{NormalEquations, PENALTIES};
use crate::tabular::{Code, Encoding, Rows};
use crate::{Result, interrupt};
use penstroke_engine::{Apply, Rows as EngineRows};

/// Most units of an encoding with regressions: the work grows with their cube.
const MOST_UNITS: usize = 512;

/// Most rows that a regression is fitted on.
const MOST_ROWS: usize = 2000;

/// Most rows that judge it.
const MOST_JUDGED: usize = 1000;

/// The regressions beside one network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Regression {
    /// `(numbers, 1 + units)`: for each number a constant, and the coefficients of all output units; 0 for its own.
    pub(super) coefficients: Vec<f32>,
    /// For each number the regression's share in what is drawn around; the network has the rest.
    pub(super) shares: Vec<f64>,
}

/// What a network was given to learn, and what it learned.
pub(super) struct Learned<'a> {
    pub(super) encoding: &'a Encoding,
    pub(super) rows: &'a Rows,
    pub(super) seed: u64,
    /// How often the network was given each row.
    pub(super) counts: &'a [f32],
    pub(super) engine: &'a dyn Apply,
}

/// Rows without their cell of one column, whose truth is known.
struct Hidden {
    /// [`complete`] rows, `(rows, units)`.
    completed: Vec<f32>,
    /// The network's answers.
    answers: Vec<f64>,
    truth: Vec<f64>,
}

impl Regression {
    /// Fits the regressions on the rows that the network learned from, and chooses penalties and shares by the others; `None` if there are
    /// no others or no numbers, or the table is too wide.
    pub(super) fn fit(learned: &Learned<'_>) -> Result<Option<Self>> {
        let encoding = learned.encoding;
        if encoding.n_numbers == 0
            || encoding.n_outputs > MOST_UNITS
            || learned.counts.iter().all(|&count| count > 0.0)
        {
            return Ok(None);
        }
        let mut all = Self { coefficients: Vec::new(), shares: Vec::new() };
        for coded in 0..encoding.n_numbers {
            interrupt::check()?;
            let (coefficients, share) = learned.column(coded)?;
            all.coefficients.extend(coefficients);
            all.shares.push(share);
        }
        Ok(Some(all))
    }

    /// The answer for number `coded` of a completed row.
    pub(super) fn answer(&self, coded: usize, completed: &[f32]) -> f64 {
        let n = 1 + completed.len();
        linear(&self.coefficients[coded * n..][..n], completed)
    }
}

/// A network's answer for number `coded` of a row of `inputs` and `outputs`, blended with that of the regression, as it is drawn around.
pub(super) fn blended(
    regression: Option<&Regression>,
    encoding: &Encoding,
    coded: usize,
    (inputs, outputs): (&[f32], &[f32]),
    completed: &mut Vec<f32>,
) -> f32 {
    let Some(regression) = regression.filter(|of| of.shares[coded] > 0.0) else { return outputs[coded] };
    let share = regression.shares[coded];
    complete(encoding, inputs, outputs, completed);
    ((1.0 - share) * f64::from(outputs[coded]) + share * regression.answer(coded, completed)) as f32
}

impl Learned<'_> {
    /// The coefficients of number `coded`, and its share.
    fn column(&self, coded: usize) -> Result<(Vec<f32>, f64)> {
        let p = 1 + self.encoding.n_outputs;
        let hiding = Hiding::new(self.seed, self.encoding, self.rows, coded);
        let known = (0..self.counts.len() as u32).filter(|&row| hiding.is_observed(row as usize, coded));
        let (bag, outside): (Vec<u32>, Vec<u32>) = known.partition(|&row| self.counts[row as usize] > 0.0);
        let (bag, outside) = (evenly(&bag, MOST_ROWS), evenly(&outside, MOST_JUDGED));
        let learned = self.hidden(coded, &bag, &Hiding::of_own(self.encoding, self.rows, coded))?;
        let mut equations = NormalEquations::new(p, 1);
        let mut inputs = vec![0.0; p];
        let rows = learned.completed.chunks_exact(self.encoding.n_outputs);
        for ((completed, truth), &row) in rows.zip(&learned.truth).zip(&bag) {
            let weight = f64::from(self.counts[row as usize]).sqrt();
            inputs[0] = weight;
            inputs[1..]
                .iter_mut()
                .zip(completed)
                .for_each(|(input, value)| *input = weight * f64::from(*value));
            inputs[1 + coded] = 0.0;
            equations.add(&inputs, &[weight * truth]);
        }
        let judged = self.hidden(coded, &outside, &hiding)?;
        let mut best: Option<(f64, Vec<f64>, Vec<f64>)> = None;
        for coefficients in PENALTIES.iter().filter_map(|&penalty| equations.solve(penalty)) {
            let rows = judged.completed.chunks_exact(self.encoding.n_outputs);
            let answers: Vec<f64> = rows.map(|completed| linear(&coefficients, completed)).collect();
            let error: f64 =
                answers.iter().zip(&judged.truth).map(|(answer, truth)| (truth - answer).powi(2)).sum();
            if error.is_finite() && best.as_ref().is_none_or(|(least, ..)| error < *least) {
                best = Some((error, coefficients, answers));
            }
        }
        let Some((_, coefficients, answers)) = best else { return Ok((vec![0.0; p], 0.0)) };
        let is_outside = vec![vec![true; outside.len()]];
        let share = Answers {
            networks: vec![judged.answers],
            regressions: vec![answers],
            truth: judged.truth,
            is_outside,
        }
        .share();
        Ok((coefficients.into_iter().map(|coefficient| coefficient as f32).collect(), share))
    }

    fn hidden(&self, coded: usize, rows: &[u32], hiding: &Hiding<'_>) -> Result<Hidden> {
        let encoding = self.encoding;
        let inputs = hiding.inputs(rows)?;
        let mut outputs = vec![0.0; rows.len() * encoding.n_outputs];
        let n_layers = self.engine.network().layers.len();
        self.engine.apply(EngineRows::Floats(&inputs), 0..n_layers, &mut outputs);
        let mut hidden = Hidden { completed: Vec::new(), answers: Vec::new(), truth: Vec::new() };
        let mut completed = Vec::new();
        let each = inputs.chunks_exact(encoding.n_inputs).zip(outputs.chunks_exact(encoding.n_outputs));
        for ((inputs, outputs), &row) in each.zip(rows) {
            complete(encoding, inputs, outputs, &mut completed);
            hidden.completed.extend(&completed);
            hidden.answers.push(f64::from(outputs[coded]));
            let at = row as usize * encoding.n_numbers + coded;
            hidden.truth.push(f64::from(self.rows.encoded.targets[at]));
        }
        Ok(hidden)
    }
}

/// `coefficients[0] + coefficients[1..] · completed`.
fn linear<T: Copy + Into<f64>>(coefficients: &[T], completed: &[f32]) -> f64 {
    let products = coefficients[1..].iter().zip(completed).map(|(&by, &value)| by.into() * f64::from(value));
    coefficients[0].into() + products.sum::<f64>()
}

/// A row's standardised numbers and one-hot categories, `(units)`, with the network's answers for cells that the row lacks.
pub(super) fn complete(encoding: &Encoding, inputs: &[f32], outputs: &[f32], completed: &mut Vec<f32>) {
    completed.clear();
    for column in &encoding.columns {
        let outputs = &outputs[column.units.clone()];
        let is_observed = inputs[column.inputs.end - 1] != 0.0;
        if is_observed {
            completed.extend(&inputs[column.inputs.start..][..outputs.len()]);
            continue;
        }
        let first = completed.len();
        completed.extend(outputs);
        if matches!(column.code, Code::Category { .. }) {
            softmax(&mut completed[first..]);
        }
    }
}

/// Probabilities in place of logits.
pub(super) fn softmax(values: &mut [f32]) {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter_mut().for_each(|value| *value = (*value - largest).exp());
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= sum);
}
